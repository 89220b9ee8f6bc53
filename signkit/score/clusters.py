"""What is drawn together when the interval of a score is found: signers, sentences or clips.

Clips of one signer are hard or easy together, and so are clips of one sentence, so an interval over
clips alone is too narrow. Signers are drawn where there are ten or more, else sentences (clips with
the same glosses), else clips. One unit alone says nothing about others: then, and in every slice
where it is so, the next kind is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ScoreError
from signkit.report import Interval, Slice
from signkit.score.bootstrap import bootstrap_interval, wilson_interval

KINDS = ("signer", "sentence", "clip")
ENOUGH = 10

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """N clips and what they are drawn by.

    Args:
        kind: signer, sentence or clip.
        codes: Kind to the (N,) number of each clip's signer, sentence, or itself.
        notes: What a reader of the interval should know.
        draws: Bootstrap replicates.
        seed: Of the draws.
        is_auto: `kind` was not asked for, so a slice with few signers may choose another one.
    """

    kind: str
    codes: Mapping[str, Integers]
    notes: tuple[str, ...]
    draws: int
    seed: int
    is_auto: bool = True

    @property
    def n(self) -> int:
        """How many units there are to draw."""
        return len(np.unique(self.codes[self.kind]))

    def slice(self, errors: Integers, n_ref: Integers, chosen: NDArray[np.bool_]) -> Slice:
        """The rate of some of the clips, with the interval that their own clusters give."""
        total = int(n_ref[chosen].sum())
        wer = int(errors[chosen].sum()) / total if total else None
        return Slice(wer, total, int(chosen.sum()), self.interval(errors, n_ref, chosen))

    def interval(
        self, errors: Integers, n_ref: Integers, chosen: NDArray[np.bool_] | None = None
    ) -> Interval | None:
        """Interval of sum(errors) / sum(n_ref) over all clips, or over some of them."""
        keep = np.ones(len(errors), dtype=bool) if chosen is None else chosen
        codes = self.codes[self.kind_in(keep)][keep]
        sums = _sums(codes, errors[keep], n_ref[keep])
        return bootstrap_interval(*sums.T, draws=self.draws, seed=self.seed)

    def kind_in(self, chosen: NDArray[np.bool_]) -> str:
        """What is drawn in some of the clips: a slice may have too few signers for them."""
        for kind in KINDS[KINDS.index(self.kind) :]:
            least = ENOUGH if kind == "signer" and self.is_auto else 2
            if len(np.unique(self.codes[kind][chosen])) >= least:
                return kind
        return "clip"

    def accuracy_interval(self, is_right: NDArray[np.bool_]) -> Interval | None:
        """Interval of a share of clips: Wilson's where each is its own cluster."""
        if self.n == len(is_right):
            return wilson_interval(int(is_right.sum()), len(is_right))
        return self.interval(is_right.astype(np.int64), np.ones(len(is_right), dtype=np.int64))


def choose_clusters(
    signers: Sequence[str],
    sentences: Sequence[tuple[str, ...]],
    *,
    kind: str = "auto",
    draws: int,
    seed: int,
) -> Clusters:
    """How the clips are drawn.

    Args:
        signers: N names; empty where unknown.
        sentences: N gloss sequences.
        kind: auto, signer, sentence or clip.
        draws: Bootstrap replicates.
        seed: Of the draws.

    Raises:
        ScoreError: There is no such kind, or signers shall be drawn and are not known.
    """
    if kind not in ("auto", *KINDS):
        raise ScoreError(f"there is no cluster {kind!r}; expected auto, {', '.join(KINDS)}")
    if kind == "signer" and not all(signers):
        raise ScoreError(
            f"{list(signers).count('')} of {len(signers)} clips have no signer, so signers cannot "
            "be drawn; fill in the column or use --cluster sentence"
        )
    codes = {
        "signer": _codes(signers),
        "sentence": _codes([" ".join(glosses) for glosses in sentences]),
        "clip": np.arange(len(signers)),
    }
    counts = {name: len(np.unique(column)) for name, column in codes.items()}
    chosen = kind
    if kind == "auto":
        chosen = "signer" if all(signers) and counts["signer"] >= ENOUGH else "sentence"
    used = next((k for k in KINDS[KINDS.index(chosen) :] if counts[k] > 1), "clip")
    return Clusters(used, codes, _notes(chosen, used, counts), draws, seed, kind == "auto")


def _notes(chosen: str, used: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    notes = []
    if used != chosen:
        notes.append(f"there is only one {chosen}, so the interval is over {used}s")
    if counts[used] < ENOUGH:
        notes.append(
            f"the interval is over {counts[used]} {used}s only; with fewer than {ENOUGH} it is too "
            "narrow to be trusted"
        )
    return tuple(notes)


def _codes(names: Sequence[str]) -> Integers:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _sums(codes: Integers, errors: Integers, n_ref: Integers) -> Integers:
    """(clusters, 2) errors and reference glosses of each cluster."""
    _, owners = np.unique(codes, return_inverse=True)
    n = int(owners.max(initial=-1)) + 1
    sums = [np.bincount(owners, weights=column, minlength=n) for column in (errors, n_ref)]
    return np.stack(sums, axis=1).astype(np.int64)
