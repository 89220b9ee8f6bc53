#!/bin/sh
# The tables of encoders and models in RESULTS.md, all of it or only the named parts:
#
#     SIGNKIT_DATA=.../data sh benchmarks/studies.sh OUT [words] [letters] [boston] [si] [us]
#
# The data are not part of signkit; `si` and `us` are generated. A stopped study goes on, and so does
# one with more seeds (SEEDS=3; by default 2).
set -eu
data=${SIGNKIT_DATA:-../shared/data}
out=$1
shift
here=$(dirname "$0")
export PATH="$PWD/.venv/bin:$PATH"
mkdir -p "$out"

study() { # corpus, task, further lines of the study
    for what in encoders models; do
        { printf 'seeds = %s\n%s\n' "${SEEDS:-2}" "$3"; cat "$here/studies/$what-$2.toml"; } \
            > "$out/$what-$1.toml"
        signkit study "$out/$what-$1.toml" "$out/$1" --out "$out/$what-$1"
    done
}
corpus() { # name, corpus of the data
    [ -d "$out/$1" ] || signkit import arrays "$data/$2" "$out/$1" --quiet
}
generated() { # name
    [ -d "$out/$1" ] || signkit synth "$out/$1" --mode continuous --no-render --signers 8 \
        --glosses 30 --clips 480 --seed 5 --quiet
}

words() { # train: the first session of signer-a; test: later ones
    corpus words asl-words
    python "$here/later_sessions.py" "$out/words" signer-a
    study words isolated ''
}
letters() { # one of two signers unseen
    corpus letters asl-letters
    signkit split "$out/letters" --by signer --holdout-signers signer-c
    study letters isolated ''
}
boston() { # every sentence scored once, in two folds
    corpus boston boston104
    study boston continuous 'folds = 2'
}
si() { # new signers, mostly known sentences
    generated si
    signkit split "$out/si" --by signer --holdout-signers S07,S08
    study si continuous ''
}
us() { # known signers, new sentences
    generated us
    signkit split "$out/us" --by sentence --test 0.25
    study us continuous ''
}

for part in "${@:-all}"; do
    case $part in
        all) words; letters; boston; si; us ;;
        words | letters | boston | si | us) $part ;;
        *) echo "unknown part $part; use words, letters, boston, si or us" >&2; exit 2 ;;
    esac
done
