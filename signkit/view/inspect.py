"""What is in a dataset and how good its poses are.

Clips whose extraction recorded their quality are not read again; imported ones are measured here.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signkit.clip import SPLITS, Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.failures import Failure, failures_of
from signkit.files import atomic_path, write_text
from signkit.measures import HANDS, PoseMeasures, pool_measures
from signkit.quality import COMPLETE_FRACTION
from signkit.view.clip_table import Progress, clip_table
from signkit.view.faults import count_faults, worst_by_fault, worst_first
from signkit.view.quality_page import quality_page

if TYPE_CHECKING:
    import pandas as pd

N_WORST = 5


@dataclass(frozen=True)
class SplitCounts:
    """How much a split holds; the split called `none` are the clips that are in no split."""

    clips: int
    with_poses: int
    labelled: int
    signers: int
    glosses: int


@dataclass(frozen=True)
class ExtractionCounts:
    """How the extraction of the clips went that have a record of it.

    Args:
        n_clips: Clips with a record.
        n_decoded: Frames decoded in them.
        n_expected: Frames that their containers promise; clips that promise nothing do not count.
        n_incomplete: Clips with clearly fewer frames than promised.
        n_with_damage: Clips with packets that could not be decoded.
        n_with_others: Clips with other people in them.
        n_with_switches: Clips whose track seems to have jumped from one person to another.
    """

    n_clips: int
    n_decoded: int
    n_expected: int
    n_incomplete: int
    n_with_damage: int
    n_with_others: int
    n_with_switches: int


@dataclass(frozen=True)
class DatasetSummary:
    """What is in a dataset folder.

    Args:
        name: Of the corpus.
        skeleton: Name of the landmark schema; empty where there are annotations only.
        licence: What may be done with the corpus.
        consent: What its signers agreed to.
        extractor: Name and version of what made the landmarks; empty if unknown.
        n_clips: Rows of the clip table.
        n_with_poses: Of these, clips with landmarks.
        n_labelled: Of these, clips with glosses.
        n_frames: Frames of all poses.
        hours: Their duration.
        fps: Lowest, middle and highest frame rate of the clips; None without poses.
        n_signers: Different signers.
        n_glosses: Different glosses.
        n_gloss_tokens: Glosses, counted as often as they are signed.
        splits: Split to what it holds.
        detection_rate: Part of the skeleton to the share of frames in which any of it was seen.
        hand_rate: Share of frames with at least one hand; None if the skeleton has no hands.
        worst_hands: Clip id and hand rate of the clips with the lowest rates.
        n_failed: Clips listed in `failures.csv`.
        unlisted: Clips with landmarks that are not in the clip table.
        measures: Of all poses as if they were one clip.
        extraction: How the extraction went; None where no clip has a record of it.
        faults: What can be wrong with a clip (`view.faults`), and how many clips have it.
        worst: Fault to the clips that have it worst, with the value; faults of no clip are left
            out.
    """

    name: str
    skeleton: str
    licence: str
    consent: str
    extractor: str
    n_clips: int
    n_with_poses: int
    n_labelled: int
    n_frames: int
    hours: float
    fps: tuple[float, float, float] | None
    n_signers: int
    n_glosses: int
    n_gloss_tokens: int
    splits: dict[str, SplitCounts]
    detection_rate: dict[str, float]
    hand_rate: float | None
    worst_hands: tuple[tuple[str, float], ...]
    n_failed: int
    unlisted: tuple[str, ...]
    measures: PoseMeasures
    extraction: ExtractionCounts | None
    faults: dict[str, int]
    worst: dict[str, tuple[tuple[str, float], ...]]

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self)


def inspect_dataset(
    path: Path,
    *,
    html: Path | None = None,
    clips: Path | None = None,
    progress: Progress | None = None,
) -> DatasetSummary:
    """The summary of a dataset folder.

    Args:
        path: The folder.
        html: Where to write a page to look at, worst clips first.
        clips: Where to write a CSV table of all measures, one row a clip with poses.
        progress: Called with (done, total) clips.

    Raises:
        DatasetError: There is no dataset, or one of its files is damaged.
    """
    dataset = PoseDataset.open(path)
    table = clip_table(dataset, progress)
    summary = _summary(dataset, table)
    if clips is not None:
        with atomic_path(clips) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n", float_format="%.6g")
    if html is not None:
        write_text(html, quality_page(dataset, summary, worst_first(table), _failures(dataset)))
    return summary


def has_hand_rate(summary: DatasetSummary, minimum: float) -> bool:
    """Do the poses show a hand often enough?

    Raises:
        DatasetError: The skeleton has no hands, so the question has no answer.
    """
    if summary.hand_rate is None:
        raise DatasetError(
            f"skeleton {summary.skeleton!r} has no hands, so there is no hand rate to check; leave "
            "--min-hand-rate out"
        )
    return summary.hand_rate >= minimum


def _summary(dataset: PoseDataset, table: "pd.DataFrame") -> DatasetSummary:
    clips = list(dataset.clips)
    measures = pool_measures(table)
    hand_rates = table[table["hand_rate"].notna()].sort_values(["hand_rate", "clip_id"])[:N_WORST]
    skeleton = dataset.info.skeleton
    has_hands = any(part in dataset.parts for part in HANDS)
    return DatasetSummary(
        name=dataset.info.name,
        skeleton=skeleton.name if skeleton else "",
        licence=dataset.info.licence,
        consent=dataset.info.consent,
        extractor=_extractor(dataset.info.extractor),
        n_clips=len(clips),
        n_with_poses=sum(dataset.has_pose(clip.clip_id) for clip in clips),
        n_labelled=sum(bool(clip.glosses) for clip in clips),
        n_frames=measures.n_frames,
        hours=measures.duration_s / 3600,
        fps=_low_middle_high(table["fps"].tolist()),
        n_signers=len({clip.signer for clip in clips} - {""}),
        n_glosses=len({gloss for clip in clips for gloss in clip.glosses}),
        n_gloss_tokens=sum(len(clip.glosses) for clip in clips),
        splits=_split_counts(dataset, clips),
        detection_rate={p: measures.detection.get(p, 0.0) for p in dataset.parts},
        hand_rate=(measures.hand_rate or 0.0) if has_hands else None,
        worst_hands=tuple(zip(hand_rates["clip_id"], hand_rates["hand_rate"], strict=True)),
        n_failed=len(_failures(dataset)),
        unlisted=tuple(name for name in dataset.ids_with_poses if name not in dataset.clips),
        measures=measures,
        extraction=_extraction(table[table["n_decoded"].notna()]),
        faults=count_faults(table),
        worst=worst_by_fault(table, N_WORST),
    )


def _extraction(recorded: "pd.DataFrame") -> ExtractionCounts | None:
    if recorded.empty:
        return None
    promised = recorded[recorded["n_expected"].notna()]
    return ExtractionCounts(
        n_clips=len(recorded),
        n_decoded=int(recorded["n_decoded"].sum()),
        n_expected=int(promised["n_expected"].sum()),
        n_incomplete=int((promised["completeness"] < COMPLETE_FRACTION).sum()),
        n_with_damage=int((recorded["n_damaged"] > 0).sum()),
        n_with_others=int((recorded["n_others"] > 0).sum()),
        n_with_switches=int((recorded["n_switches"] > 0).sum()),
    )


def _split_counts(dataset: PoseDataset, clips: list[Clip]) -> dict[str, SplitCounts]:
    by_split: dict[str, list[Clip]] = {split: [] for split in (*SPLITS, "")}
    for clip in clips:
        by_split[clip.split].append(clip)
    return {
        split or "none": SplitCounts(
            clips=len(members),
            with_poses=sum(dataset.has_pose(clip.clip_id) for clip in members),
            labelled=sum(bool(clip.glosses) for clip in members),
            signers=len({clip.signer for clip in members} - {""}),
            glosses=len({gloss for clip in members for gloss in clip.glosses}),
        )
        for split, members in by_split.items()
        if members
    }


def _extractor(record: dict[str, Any]) -> str:
    return " ".join(str(record[key]) for key in ("name", "version") if record.get(key))


def _low_middle_high(values: Sequence[float]) -> tuple[float, float, float] | None:
    ordered = sorted(values)
    return (ordered[0], ordered[len(ordered) // 2], ordered[-1]) if ordered else None


def _failures(dataset: PoseDataset) -> list[Failure]:
    failures = failures_of(dataset.path).values()
    return [failure for failure in failures if not dataset.has_pose(failure.clip_id)]
