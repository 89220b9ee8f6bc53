"""Replace what was recognized by the nearest train sentence.

Where dev and test sentences are those of train (most clips of the signer-independent splits of
Isharah), this lowers the error rate without recognizing anything better, and it raises it where
sentences are new. So nobody gets it unasked, and the recognized glosses are kept beside.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from signkit.dataset import PoseDataset
from signkit.errors import RecognitionError
from signkit.hypothesis import Hypothesis

Sentence = tuple[str, ...]

SNAP_WARNING = (
    "hypotheses were replaced by the nearest train sentence (--snap-to-train): this helps where "
    "test sentences occur in train and hurts where they do not; publish the score without it, too"
)
_SURROGATES, _N_SURROGATES = 0xD800, 0x800


def train_sentences(dataset: PoseDataset) -> Counter[Sentence]:
    """How often the train split has each sentence.

    Raises:
        RecognitionError: It has none.
    """
    clips = dataset.clips.where(split="train")
    count = Counter(clip.glosses for clip in clips if clip.glosses)
    if not count:
        raise RecognitionError(
            f"there is no sentence to snap to: {dataset.path} has no labelled train clip; leave "
            "out --snap-to-train, or give the dataset that the run was trained on"
        )
    return count


def snap_to_train(
    hypotheses: Sequence[Hypothesis], count: Mapping[Sentence, int]
) -> list[Hypothesis]:
    """Hypotheses whose glosses are the train sentence with the least edits from what was found.

    Of equally near sentences the one that train has most often is taken, then the one whose
    glosses sort first. Times and confidences belong to what was recognized: they stay only where
    snapping changed nothing.

    Args:
        hypotheses: As recognized.
        count: How often the train split has each sentence.
    """
    ranked = sorted(count, key=lambda sentence: (-count[sentence], sentence))
    nearest = _nearest([hypothesis.glosses for hypothesis in hypotheses], ranked)
    return [_snapped(*pair) for pair in zip(hypotheses, nearest, strict=True)]


def _snapped(hypothesis: Hypothesis, nearest: Sentence) -> Hypothesis:
    if nearest == hypothesis.glosses:
        return replace(hypothesis, unsnapped=hypothesis.glosses)
    return replace(
        hypothesis, glosses=nearest, unsnapped=hypothesis.glosses, times_s=(), confidence=()
    )


def _nearest(found: Sequence[Sentence], ranked: Sequence[Sentence]) -> list[Sentence]:
    """For each found sentence the first of the ranked ones at the least edit distance."""
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cdist

    different = list(dict.fromkeys(found))
    glosses = {g for sentence in (*different, *ranked) for g in sentence}
    letter_of = {gloss: _letter(i) for i, gloss in enumerate(sorted(glosses))}
    ours, theirs = (
        ["".join(letter_of[gloss] for gloss in sentence) for sentence in sentences]
        for sentences in (different, ranked)
    )
    best: dict[Sentence, Sentence] = {}
    for first in range(0, len(ours), 256):  # the table of distances stays small
        rows = cdist(ours[first : first + 256], theirs, scorer=Levenshtein.distance, dtype=np.int32)
        for sentence, place in zip(different[first:], rows.argmin(axis=1).tolist(), strict=False):
            best[sentence] = ranked[place]
    return [best[sentence] for sentence in found]


def _letter(number: int) -> str:
    """A character of its own for each gloss, so that texts stand for gloss sequences."""
    return chr(number if number < _SURROGATES else number + _N_SURROGATES)
