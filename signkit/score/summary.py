"""Further figures of a report: lengths, single clips, snapping, and what a reader should know."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from signkit.clip import Clip
from signkit.hypothesis import Hypothesis
from signkit.report import ClipScore
from signkit.score.alignment import Aligned
from signkit.score.counts import Counts, score
from signkit.score.profiles import Profile

Glosses = tuple[str, ...]

_NO_NUMBER = (("nan",), ("NaN",))


def length_ratio(counts: Counts) -> float | None:
    """Recognized glosses over reference glosses."""
    n_ref = int(counts.n_ref.sum())
    return int(counts.n_hyp.sum()) / n_ref if n_ref else None


def mean_clip_wer(counts: Counts) -> float | None:
    """Mean of the error rates of the clips that have a reference gloss."""
    has = counts.n_ref > 0
    return float((counts.errors[has] / counts.n_ref[has]).mean()) if has.any() else None


def clip_scores(
    clips: Sequence[Clip], alignments: Sequence[Aligned], errors: NDArray[np.int64]
) -> tuple[ClipScore, ...]:
    """Every clip with its alignment."""
    return tuple(
        ClipScore(
            clip_id=clip.clip_id,
            signer=clip.signer,
            glosses=tuple(reference for reference, _ in pairs if reference is not None),
            hypothesis=tuple(hypothesis for _, hypothesis in pairs if hypothesis is not None),
            pairs=pairs,
            errors=n,
        )
        for clip, pairs, n in zip(clips, alignments, errors.tolist(), strict=True)
    )


def wer_unsnapped(
    references: Mapping[str, Glosses], hypotheses: Mapping[str, Hypothesis], profile: Profile
) -> float | None:
    """The rate of what was recognized before it was replaced by sentences of train, if it was."""
    if all(hypothesis.unsnapped is None for hypothesis in hypotheses.values()):
        return None
    before = {
        clip_id: profile.apply(h.glosses if h.unsnapped is None else h.unsnapped)
        for clip_id, h in hypotheses.items()
    }
    return score(references=references, hypotheses=before, allow_empty=True).wer


def snapped_note(wer: float | None) -> tuple[str, ...]:
    """The warning that belongs to hypotheses that were replaced."""
    if wer is None:
        return ()
    return (
        "hypotheses were replaced by the nearest sentences of the train split, which helps only "
        f"where train has the sentences; WER of what was recognized: {100 * wer:.1f}",
    )


def emptied_note(raw: Mapping[str, Glosses], after: Mapping[str, Glosses]) -> tuple[str, ...]:
    """References of which the profile leaves nothing."""
    n = sum(bool(glosses) and not after[clip_id] for clip_id, glosses in raw.items())
    if not n:
        return ()
    return (f"the gloss profile leaves nothing of {n} references; what is found there is inserted",)


def nan_note(
    references: Mapping[str, Glosses], hypotheses: Mapping[str, Hypothesis]
) -> tuple[str, ...]:
    """Hypotheses that some table made of empty cells."""
    n = sum(h.glosses in _NO_NUMBER for h in hypotheses.values())
    if not n or any(glosses in _NO_NUMBER for glosses in references.values()):
        return ()
    return (f"{n} hypotheses are the text 'nan', as some programs write empty cells; empty them",)


def data_hash(references: Mapping[str, Glosses]) -> str:
    """Of ids and references: equal data, equal hash, in whatever order."""
    digest = sha256()
    for clip_id in sorted(references):
        digest.update(f"{clip_id}\t{' '.join(references[clip_id])}\n".encode())
    return digest.hexdigest()[:16]
