"""Substitutions, deletions and insertions of each clip, counted by jiwer with unit costs.

Counts are kept per clip, so every rate, slice and interval is a ratio of sums over the same
numbers. References and hypotheses are passed by keyword: exchanging them exchanges deletions and
insertions and divides by the wrong length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ScoreError
from signkit.score.alignment import Aligned, Glosses, align, count_errors

UNKNOWN = "<unk>"
"""What some recognizers say for glosses they do not know. It matches nothing."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Errors and reference lengths of N clips, as (N,) int64 arrays.

    Args:
        clip_ids: N clips, in the order of the references.
        substitutions: Reference glosses recognized as another one.
        deletions: Reference glosses that were not recognized.
        insertions: Recognized glosses that are in no reference.
        n_ref: Reference glosses.
        missing: The clips that had no hypothesis; all their references are deletions.
    """

    clip_ids: tuple[str, ...]
    substitutions: NDArray[np.int64]
    deletions: NDArray[np.int64]
    insertions: NDArray[np.int64]
    n_ref: NDArray[np.int64]
    missing: tuple[str, ...] = ()

    @property
    def errors(self) -> NDArray[np.int64]:
        """(N,) substitutions + deletions + insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def n_hyp(self) -> NDArray[np.int64]:
        """(N,) recognized glosses."""
        return self.n_ref - self.deletions + self.insertions

    @property
    def wer(self) -> float | None:
        """Pooled word error rate, a fraction; None where there is no reference gloss at all."""
        n_ref = int(self.n_ref.sum())
        return int(self.errors.sum()) / n_ref if n_ref else None

    def where(self, chosen: Sequence[bool]) -> "Counts":
        """The counts of some of the clips."""
        keep = np.asarray(chosen, dtype=bool)
        ids = tuple(clip_id for clip_id, kept in zip(self.clip_ids, keep, strict=True) if kept)
        id_set = frozenset(ids)
        return Counts(
            ids,
            self.substitutions[keep],
            self.deletions[keep],
            self.insertions[keep],
            self.n_ref[keep],
            tuple(clip_id for clip_id in self.missing if clip_id in id_set),
        )


def score(
    *,
    references: Mapping[str, Glosses],
    hypotheses: Mapping[str, Glosses],
    allow_empty: bool = False,
) -> Counts:
    """Errors of the hypotheses, clip by clip.

    Args:
        references: Clip id to what was signed.
        hypotheses: Clip id to what was recognized; a clip that is missing counts as empty and is
            listed.
        allow_empty: Accept references without any gloss; what is recognized there are insertions.

    Raises:
        ScoreError: No references, an empty one, a hypothesis for an unknown clip, or a gloss with a
            space in it.
    """
    return score_aligned(references=references, hypotheses=hypotheses, allow_empty=allow_empty)[0]


def score_aligned(
    *,
    references: Mapping[str, Glosses],
    hypotheses: Mapping[str, Glosses],
    allow_empty: bool = False,
) -> tuple[Counts, list[Aligned]]:
    """As `score`, with the alignment of every clip, from which the counts were made."""
    _check(references, hypotheses, allow_empty=allow_empty)
    missing = tuple(clip_id for clip_id in references if clip_id not in hypotheses)
    alignments = align(
        [(glosses, hypotheses.get(clip_id, ())) for clip_id, glosses in references.items()]
    )
    substitutions, deletions, insertions, n_ref = count_errors(alignments)
    counts = Counts(tuple(references), substitutions, deletions, insertions, n_ref, missing)
    return counts, alignments


def _check(
    references: Mapping[str, Glosses], hypotheses: Mapping[str, Glosses], *, allow_empty: bool
) -> None:
    if not references:
        raise ScoreError("there are no references to score against; label at least one clip")
    extra = [clip_id for clip_id in hypotheses if clip_id not in references]
    if extra:
        raise ScoreError(
            f"{len(extra)} hypotheses have no reference (first: {extra[0]!r}); "
            "score only the clips of the split"
        )
    empty = [clip_id for clip_id, glosses in references.items() if not glosses]
    if empty and not allow_empty:
        raise ScoreError(
            f"{len(empty)} references are empty (first: {empty[0]!r}); label these clips, take "
            "them out of the split, or allow empty references if nothing is signed there"
        )
    unknown = [clip_id for clip_id, glosses in references.items() if UNKNOWN in glosses]
    if unknown:
        raise ScoreError(
            f"{len(unknown)} references have the gloss {UNKNOWN!r} (first: {unknown[0]!r}), which "
            "stands for no sign and would match itself; write down what is signed"
        )
    for kind, sequences in (("reference", references), ("hypothesis", hypotheses)):
        for clip_id, glosses in sequences.items():
            _check_glosses(kind, clip_id, glosses)


def _check_glosses(kind: str, clip_id: str, glosses: Glosses) -> None:
    if isinstance(glosses, str):
        raise ScoreError(
            f"the {kind} of clip {clip_id!r} is the text {glosses!r}; expected a list of glosses"
        )
    for gloss in glosses:
        if gloss.split() != [gloss]:
            raise ScoreError(
                f"the {kind} of clip {clip_id!r} has the gloss {gloss!r}; a gloss is not empty "
                "and contains no space"
            )
