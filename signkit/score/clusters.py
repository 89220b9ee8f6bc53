"""What is drawn together when the interval of a score is found: signers, sentences or clips.

Clips of one signer are hard or easy together, and so are clips of one sentence, so an interval over
clips alone is too narrow. Signers are drawn where there are ten or more, else sentences (clips with
the same glosses), else clips. One unit alone says nothing about others: then, and in every slice
where it is so, the next kind is drawn. Where it is asked for, signers and sentences are both drawn,
independently of each other ("two-way"), for an interval that means other people and other texts;
it is rather too wide than too narrow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ScoreError
from signkit.report import TWO_WAY, Interval, Slice, drawn_text
from signkit.score.bootstrap import bootstrap_interval, percentile_interval, wilson_interval
from signkit.score.replicates import two_way_sums

KINDS = ("signer", "sentence", "clip")
ENOUGH = 10

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """N clips and what they are drawn by.

    Args:
        kind: signer, sentence, clip or two-way.
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
        """How many units there are to draw; two-way: of the kind that has fewer."""
        kinds = KINDS[:2] if self.kind == TWO_WAY else (self.kind,)
        return min(len(np.unique(self.codes[kind])) for kind in kinds)

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
        kind = self.kind_in(keep)
        if kind == TWO_WAY:
            return self._two_way_interval(errors, n_ref, keep)
        codes = self.codes[kind][keep]
        sums = _sums(codes, errors[keep], n_ref[keep])
        return bootstrap_interval(*sums.T, draws=self.draws, seed=self.seed)

    def kind_in(self, chosen: NDArray[np.bool_]) -> str:
        """What is drawn in some of the clips: a slice may have too few signers for them."""
        coarsest = self.kind
        if coarsest == TWO_WAY:
            if all(len(np.unique(self.codes[kind][chosen])) > 1 for kind in KINDS[:2]):
                return TWO_WAY
            coarsest = KINDS[0]
        for kind in KINDS[KINDS.index(coarsest) :]:
            least = ENOUGH if kind == "signer" and self.is_auto else 2
            if len(np.unique(self.codes[kind][chosen])) >= least:
                return kind
        return "clip"

    def _two_way_interval(
        self, errors: Integers, n_ref: Integers, keep: NDArray[np.bool_]
    ) -> Interval | None:
        if not n_ref[keep].any():
            return None
        rows = np.stack([errors[keep], n_ref[keep]], axis=1)
        signers, sentences = (_owners(self.codes[kind][keep]) for kind in KINDS[:2])
        return percentile_interval(
            two_way_sums(rows, signers, sentences, draws=self.draws, seed=self.seed)
        )

    def accuracy_interval(self, is_right: NDArray[np.bool_]) -> Interval | None:
        """Interval of a share of clips: Wilson's where each is its own cluster."""
        if self.n == len(is_right) and self.kind != TWO_WAY:
            return wilson_interval(int(is_right.sum()), len(is_right))
        return self.interval(is_right.astype(np.int64), np.ones(len(is_right), dtype=np.int64))


def check_kind(kind: str) -> None:
    """Can anything be drawn by this?

    Raises:
        ScoreError: There is no such kind.
    """
    if kind not in ("auto", *KINDS, TWO_WAY):
        raise ScoreError(
            f"there is no cluster {kind!r}; expected auto, {', '.join(KINDS)} or {TWO_WAY}"
        )


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
        kind: auto, signer, sentence, clip or two-way.
        draws: Bootstrap replicates.
        seed: Of the draws.

    Raises:
        ScoreError: There is no such kind, or signers shall be drawn and are not known.
    """
    check_kind(kind)
    if kind in ("signer", TWO_WAY) and not all(signers):
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
    if kind == TWO_WAY:
        n = min(counts["signer"], counts["sentence"])
        if n > 1:
            return Clusters(TWO_WAY, codes, _few_notes(TWO_WAY, n), draws, seed, is_auto=False)
        chosen = "signer" if counts["signer"] == 1 else "sentence"
    finer = KINDS if kind == TWO_WAY else KINDS[KINDS.index(chosen) :]
    used = next((k for k in finer if counts[k] > 1), "clip")
    notes = _notes(chosen, used, counts)
    if kind == "auto" and all(signers) and counts["signer"] < ENOUGH:
        notes = (_few_signers_note(counts["signer"], used), *notes)
    return Clusters(used, codes, notes, draws, seed, kind == "auto")


def _few_signers_note(n: int, used: str) -> str:
    return (
        f"with fewer than {ENOUGH} signers (here {n}) the interval is over {used}s, which says "
        "little about other signers"
    )


def _notes(chosen: str, used: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    notes = []
    if used != chosen:
        notes.append(f"there is only one {chosen}, so the interval is over {used}s")
    return (*notes, *_few_notes(used, counts[used]))


def _few_notes(used: str, n: int) -> tuple[str, ...]:
    if n >= ENOUGH:
        return ()
    return (
        f"the interval is over {drawn_text(used, n)} only; with fewer than {ENOUGH} it is too "
        "narrow to be trusted",
    )


def _codes(names: Sequence[str]) -> Integers:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _owners(codes: Integers) -> Integers:
    """The same clusters, numbered from 0 without gaps."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _sums(codes: Integers, errors: Integers, n_ref: Integers) -> Integers:
    """(clusters, 2) errors and reference glosses of each cluster."""
    owners = _owners(codes)
    n = int(owners.max(initial=-1)) + 1
    sums = [np.bincount(owners, weights=column, minlength=n) for column in (errors, n_ref)]
    return np.stack(sums, axis=1).astype(np.int64)
