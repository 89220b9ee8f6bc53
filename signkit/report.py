"""A score that says how it was computed: counts, interval, slices and signature."""

from dataclasses import asdict, dataclass
from typing import Any

from signkit import __version__


@dataclass(frozen=True)
class Slice:
    """The word error rate of some of the clips; `wer` is None where there is no reference gloss."""

    wer: float | None
    n_ref: int
    n_clips: int


@dataclass(frozen=True)
class Report:
    """What `signkit score` says about one split. Rates are fractions of 1, pooled over clips.

    Args:
        task: isolated or continuous.
        split: The scored split.
        n_clips: Labelled clips of the split; every one of them is scored.
        n_ref: Reference glosses.
        wer: (substitutions + deletions + insertions) / n_ref; None where n_ref is 0.
        wer_ci: 95 % interval of `wer`, bootstrap over clips; None for fewer than two clips.
        substitutions: Reference glosses recognized as another gloss.
        deletions: Reference glosses that were not recognized.
        insertions: Recognized glosses that are in no reference.
        sentence_accuracy: Share of clips without any error.
        by_signer: Signer to the slice of that signer's clips; empty where no signer is known.
        seen_sentences: Clips whose gloss sequence occurs in train.
        unseen_sentences: Clips whose gloss sequence does not; both are empty where train is
            unknown.
        oov_rate: Share of reference glosses that train does not have; None where train is unknown.
        signers: Are the signers of the split in train? seen, unseen, mixed or unknown.
        decoder: How the hypotheses were found.
        missing: Clips without a hypothesis; each counts as an empty one.
        wer_without_missing: `wer` over the clips that have a hypothesis.
        n_empty: Clips whose hypothesis is empty, missing ones included.
        top1: Isolated: share of clips whose best gloss is right.
        top5: Isolated: share of clips with the right gloss among the best five; None without n-best
            lists.
        gloss_profile: What was done to the glosses before counting.
        seed: Of the bootstrap.
    """

    task: str
    split: str
    n_clips: int
    n_ref: int
    wer: float | None
    wer_ci: tuple[float, float] | None
    substitutions: int
    deletions: int
    insertions: int
    sentence_accuracy: float
    by_signer: dict[str, Slice]
    seen_sentences: Slice
    unseen_sentences: Slice
    oov_rate: float | None
    signers: str
    decoder: str
    missing: tuple[str, ...] = ()
    wer_without_missing: float | None = None
    n_empty: int = 0
    top1: float | None = None
    top5: float | None = None
    gloss_profile: str = "none"
    seed: int = 0

    @property
    def signature(self) -> str:
        """One line that makes the rate comparable: `WER 23.4 [21.9, 25.0] | clips:1204 ...`."""
        rate = "undefined" if self.wer is None else f"{100 * self.wer:.1f}"
        if self.wer_ci is not None:
            rate += f" [{100 * self.wer_ci[0]:.1f}, {100 * self.wer_ci[1]:.1f}]"
        missing = f" missing:{len(self.missing)}" if self.missing else ""
        return (
            f"WER {rate} | clips:{self.n_clips}{missing} split:{self.split} signers:{self.signers} "
            f"gloss:{self.gloss_profile} decoder:{self.decoder} seed:{self.seed} "
            f"signkit:{__version__}"
        )

    def to_json(self) -> dict[str, Any]:
        """One plain record; `top1` and `top5` are there for isolated sets only."""
        record = asdict(self) | {
            "wer_ci": list(self.wer_ci) if self.wer_ci else None,
            "missing": list(self.missing),
            "n_missing": len(self.missing),
            "signature": self.signature,
        }
        if self.task != "isolated":
            del record["top1"], record["top5"]
        return record
