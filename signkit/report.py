"""A score that says how it was computed: counts, interval, slices and signature."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from signkit import __version__

TWO_WAY = "two-way"
"""Cluster of intervals for which signers and sentences are both drawn."""

Interval = tuple[float, float]
Pair = tuple[str | None, str | None]
"""A reference gloss and what was recognized for it; None on one side: deleted or inserted."""


@dataclass(frozen=True)
class Slice:
    """The word error rate of some of the clips; `wer` is None where there is no reference gloss.

    Args:
        wer: Errors over reference glosses, pooled.
        n_ref: Reference glosses.
        n_clips: Clips.
        wer_ci: 95 % interval of `wer`; None where there are fewer than two units to draw.
    """

    wer: float | None
    n_ref: int
    n_clips: int
    wer_ci: Interval | None = None


@dataclass(frozen=True)
class GlossScore:
    """What became of one gloss, in all clips together.

    Args:
        gloss: The gloss.
        n_ref: How often it is in a reference; hits + deletions + substituted.
        hits: How often it was recognized as itself.
        deletions: How often nothing was recognized for it.
        insertions: How often it was recognized where nothing was.
        substituted: How often another gloss was recognized for it.
        mistaken: How often it was recognized for another gloss.
        in_train: Whether train has it; None where train is unknown.
    """

    gloss: str
    n_ref: int
    hits: int
    deletions: int
    insertions: int
    substituted: int
    mistaken: int
    in_train: bool | None = None

    @property
    def recall(self) -> float | None:
        """Share of its references that were recognized; None where there is none."""
        return self.hits / self.n_ref if self.n_ref else None

    @property
    def precision(self) -> float | None:
        """Share of its recognitions that are right; None where it was never recognized."""
        n_hyp = self.hits + self.insertions + self.mistaken
        return self.hits / n_hyp if n_hyp else None


@dataclass(frozen=True)
class ClipScore:
    """One clip, aligned.

    Args:
        clip_id: The clip.
        signer: Who signs; empty where unknown.
        glosses: Reference, after the gloss profile.
        hypothesis: What was recognized, after the gloss profile.
        pairs: Both, aligned.
        errors: Substitutions, deletions and insertions.
    """

    clip_id: str
    signer: str
    glosses: tuple[str, ...]
    hypothesis: tuple[str, ...]
    pairs: tuple[Pair, ...]
    errors: int


@dataclass(frozen=True)
class OutOfVocabulary:
    """Reference glosses that train does not have.

    Args:
        types: How many different ones.
        tokens: How often they are signed.
        wer_floor: Their share of the reference glosses. Each costs one error at least, so no
            recognizer that can say only the glosses of train has a lower word error rate.
    """

    types: int
    tokens: int
    wer_floor: float


@dataclass(frozen=True)
class TopAccuracy:
    """Isolated: how often the right gloss is among the best `k`.

    Args:
        k: How many candidates may hold it.
        per_instance: Share of clips (P-I).
        per_class: Mean over glosses of the share of their clips (P-C).
        interval: 95 % interval of `per_instance`.
    """

    k: int
    per_instance: float
    per_class: float
    interval: Interval | None = None


@dataclass(frozen=True)
class ProfileNote:
    """What was done to the glosses before they were counted.

    Args:
        name: Of the profile, with its version.
        steps: All of it, in words.
        n_merged: Reference glosses that were removed because they repeat the one before.
    """

    name: str = "none"
    steps: str = "glosses stay as they are"
    n_merged: int = 0


@dataclass(frozen=True)
class Report:
    """What `signkit score` says about one split. Rates are fractions of 1, pooled over clips.

    Args:
        task: isolated or continuous.
        split: The scored split.
        n_clips: Labelled clips of the split; every one of them is scored.
        n_ref: Reference glosses.
        wer: (substitutions + deletions + insertions) / n_ref; None where n_ref is 0.
        wer_ci: 95 % interval of `wer`, bootstrap over clusters; None for fewer than two.
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
        missing_by_signer: Signer to how many clips are missing.
        missing_by_gloss: Gloss to how many of its references are in missing clips.
        n_empty: Clips whose hypothesis is empty, missing ones included.
        top1: Isolated: share of clips whose best gloss is right.
        top5: Isolated: share of clips with the right gloss among the best five; None where n-best
            lists are absent or too short.
        top: Isolated: accuracy for every `k` that was asked for, per instance and per class.
        sentence_accuracy_ci: 95 % interval: Wilson's where every clip is its own cluster, otherwise
            bootstrap.
        length_ratio: Recognized glosses over reference glosses.
        mean_clip_wer: Mean of the clips' own error rates, which is not `wer`; clips without
            reference are left out.
        cluster: What was drawn for the intervals: signer, sentence, clip or two-way (signers and
            sentences).
        n_clusters: How many of them there are; two-way: of the kind that has fewer.
        by_length: Glosses of the reference ("1", "2-3", ...) to the slice of such clips.
        seen_signers: Clips whose signer is in train.
        unseen_signers: Clips whose signer is not.
        with_oov: Clips with a gloss that train does not have.
        without_oov: Clips without one.
        oov: What train does not have; None where train is unknown.
        glosses: Every gloss of references and hypotheses, the most frequent first.
        confusions: (reference, hypothesis, how often), the most frequent first.
        profile: What was done to the glosses before they were counted.
        wer_unsnapped: `wer` of what was recognized before hypotheses were replaced by sentences of
            train; None where they were not.
        clips: Every clip with its alignment, in the order of the clip table.
        notes: What a reader of the numbers should know.
        data_hash: Of the ids and references that were scored.
        vocabulary_hash: Of the recognizer's glosses; empty where unknown.
        seed: Of the bootstrap.
    """

    task: str
    split: str
    n_clips: int
    n_ref: int
    wer: float | None
    wer_ci: Interval | None
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
    missing_by_signer: dict[str, int] = field(default_factory=dict)
    missing_by_gloss: dict[str, int] = field(default_factory=dict)
    n_empty: int = 0
    top1: float | None = None
    top5: float | None = None
    top: tuple[TopAccuracy, ...] = ()
    sentence_accuracy_ci: Interval | None = None
    length_ratio: float | None = None
    mean_clip_wer: float | None = None
    cluster: str = "clip"
    n_clusters: int = 0
    by_length: dict[str, Slice] = field(default_factory=dict)
    seen_signers: Slice = Slice(None, 0, 0)
    unseen_signers: Slice = Slice(None, 0, 0)
    with_oov: Slice = Slice(None, 0, 0)
    without_oov: Slice = Slice(None, 0, 0)
    oov: OutOfVocabulary | None = None
    glosses: tuple[GlossScore, ...] = ()
    confusions: tuple[tuple[str, str, int], ...] = ()
    profile: ProfileNote = ProfileNote()
    wer_unsnapped: float | None = None
    clips: tuple[ClipScore, ...] = ()
    notes: tuple[str, ...] = ()
    data_hash: str = ""
    vocabulary_hash: str = ""
    seed: int = 0

    @property
    def empty_share(self) -> float:
        """Share of clips whose hypothesis is empty."""
        return self.n_empty / self.n_clips if self.n_clips else 0.0

    @property
    def drawn(self) -> str:
        """What the interval was drawn over, in words."""
        return drawn_text(self.cluster, self.n_clusters)

    @property
    def signature(self) -> str:
        """One line that makes the rate comparable: `WER 23.4 [21.9, 25.0] | clips:1204 ...`."""
        rate = "undefined" if self.wer is None else f"{100 * self.wer:.1f}"
        if self.wer_ci is not None:
            rate += f" [{100 * self.wer_ci[0]:.1f}, {100 * self.wer_ci[1]:.1f}]"
        missing = f" missing:{len(self.missing)}" if self.missing else ""
        clusters = f" cluster:{self.cluster}/{self.n_clusters}" if self.n_clusters else ""
        return (
            f"WER {rate} | clips:{self.n_clips}{missing} split:{self.split} signers:{self.signers} "
            f"gloss:{self.profile.name} decoder:{self.decoder}{clusters} seed:{self.seed} "
            f"signkit:{__version__}"
        )

    def slices(self) -> dict[str, Slice]:
        """Every slice by a name that can be read, without those that have no clip."""
        named: dict[str, Slice] = name_slices(vars(self))
        return {name: part for name, part in named.items() if part.n_clips}

    def to_json(self, *, clips: bool = False) -> dict[str, Any]:
        """One plain record; `top...` are there for isolated sets only, `clips` when asked for."""
        record = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name != "clips"}
        if self.task != "isolated":
            del record["top1"], record["top5"], record["top"]
        if clips:
            record["clips"] = [_plain(clip) for clip in self.clips]
        return record | {
            "glosses": [_gloss_record(gloss) for gloss in self.glosses],
            "n_missing": len(self.missing),
            "empty_share": self.empty_share,
            "gloss_profile": self.profile.name,
            "signature": self.signature,
        }


def drawn_text(cluster: str, n: int) -> str:
    """`12 signers`; of two kinds that are both drawn the smaller number."""
    if cluster == TWO_WAY:
        return f"signers and sentences, {n} of the fewer"
    return f"{n:,} {cluster}s" if n else f"{cluster}s"


def name_slices(groups: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields `by_signer`, `by_length`, `seen_sentences`, ... hold, by readable names.

    Each name can be read by itself: a slice without clips is not shown.
    """
    return {
        **{f"signer {name}": part for name, part in groups["by_signer"].items()},
        **{_length_name(length): part for length, part in groups["by_length"].items()},
        "sentences in train": groups["seen_sentences"],
        "sentences not in train": groups["unseen_sentences"],
        "signers in train": groups["seen_signers"],
        "signers not in train": groups["unseen_signers"],
        "with a gloss not in train": groups["with_oov"],
        "all glosses in train": groups["without_oov"],
    }


def _length_name(length: str) -> str:
    return f"{length} gloss" if length == "1" else f"{length} glosses"


def _plain(value: Any) -> Any:
    """Lists and dicts for tuples and records."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if is_dataclass(value):
        return _plain(vars(value))
    return value


def _gloss_record(gloss: GlossScore) -> dict[str, Any]:
    return vars(gloss) | {"precision": gloss.precision, "recall": gloss.recall}
