#!/bin/sh
# Every result of RESULTS.md on real data, from import to score, or only the named parts:
#
#     SIGNKIT_DATA=.../data sh benchmarks/real_data.sh OUT [videos] [words] [letters] [boston]
#
# The data are not part of signkit. Test clips are used once, at the end of each training.
set -eu
data=${SIGNKIT_DATA:-../shared/data}
out=$1
shift
here=$(dirname "$0")
export PATH="$PWD/.venv/bin:$PATH"
mkdir -p "$out"

train_and_score() { # recipe, dataset, run, seed
    signkit train "$1" "$2" --out "$3" --seed "$4" --resume --quiet
    signkit score "$3" "$2" --split test
}
copy() { # corpus, copy
    [ -d "$out/$2" ] || signkit import arrays "$data/$1" "$out/$2" --quiet
}

videos() {
    signkit extract "$data/videos" "$out/videos"
    signkit inspect "$out/videos"
}

words() { # later sessions of the same signer, then a signer the same runs never saw
    copy asl-words words
    copy asl-words words-c
    python "$here/later_sessions.py" "$out/words" signer-a
    signkit split "$out/words-c" --by signer --holdout-signers signer-c
    for seed in 0 1 2; do
        train_and_score isolated "$out/words" "$out/run-words-$seed" $seed
        signkit score "$out/run-words-$seed" "$out/words-c" --split test
    done
}

letters() { # each signer unseen in turn
    for signer in signer-c signer-b; do
        copy asl-letters "letters-$signer"
        signkit split "$out/letters-$signer" --by signer --holdout-signers $signer
        for seed in 0 1 2; do
            train_and_score isolated "$out/letters-$signer" "$out/run-letters-$signer-$seed" $seed
        done
    done
}

boston() { # three random splits by clip
    for seed in 0 1 2; do
        copy boston104 "boston-$seed"
        signkit split "$out/boston-$seed" --by random --test 0.2 --seed $seed
        train_and_score continuous "$out/boston-$seed" "$out/run-boston-$seed" $seed
    done
}

for part in "${@:-all}"; do
    case $part in
        all) videos; words; letters; boston ;;
        videos | words | letters | boston) $part ;;
        *) echo "unknown part $part; use videos, words, letters or boston" >&2; exit 2 ;;
    esac
done
