#!/bin/sh
# Every result of RESULTS.md on real data, from import to score:
#
#     SIGNKIT_DATA=.../data sh benchmarks/real_data.sh OUT
#
# The data are not part of signkit. Test clips are used once, at the end of each training.
set -eu
data=${SIGNKIT_DATA:-../shared/data}
out=$1
here=$(dirname "$0")
export PATH="$PWD/.venv/bin:$PATH"
mkdir -p "$out"

signkit extract "$data/videos" "$out/videos"
signkit inspect "$out/videos"

train_and_score() { # recipe, dataset, run, seed
    signkit train "$1" "$2" --out "$3" --seed "$4" --resume --quiet
    signkit score "$3" "$2" --split test
}
copy() { # corpus, copy
    [ -d "$out/$2" ] || signkit import arrays "$data/$1" "$out/$2" --quiet
}

copy asl-words words
python "$here/later_sessions.py" "$out/words" signer-a
for seed in 0 1 2; do train_and_score isolated "$out/words" "$out/run-words-$seed" $seed; done
# The same runs on a signer they never saw.
copy asl-words words-c
signkit split "$out/words-c" --by signer --holdout-signers signer-c
for seed in 0 1 2; do signkit score "$out/run-words-$seed" "$out/words-c" --split test; done

for signer in signer-c signer-b; do
    copy asl-letters "letters-$signer"
    signkit split "$out/letters-$signer" --by signer --holdout-signers $signer
    for seed in 0 1 2; do
        train_and_score isolated "$out/letters-$signer" "$out/run-letters-$signer-$seed" $seed
    done
done

for seed in 0 1 2; do
    copy boston104 "boston-$seed"
    signkit split "$out/boston-$seed" --by random --dev 0.1 --test 0.2 --seed $seed
    train_and_score continuous "$out/boston-$seed" "$out/run-boston-$seed" $seed
done
