"""What is in a dataset and how good its poses are, from one pass over the landmarks."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from signkit.clip import SPLITS, Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.failures import read_failures

HANDS = ("left_hand", "right_hand")
N_WORST = 5

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SplitCounts:
    """How much a split holds; the split called `none` are the clips that are in no split."""

    clips: int
    with_poses: int
    labelled: int
    signers: int
    glosses: int


@dataclass(frozen=True)
class DatasetSummary:
    """What is in a dataset folder.

    Args:
        name: Of the corpus.
        skeleton: Name of the landmark schema.
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
    """

    name: str
    skeleton: str
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

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self)


@dataclass(frozen=True)
class _Poses:
    """Sums over all landmarks of a dataset."""

    n_frames: int
    duration_s: float
    fps: list[float]
    frames_with_part: Counter[str]
    hand_rates: dict[str, float]
    frames_with_hand: int


def inspect_dataset(path: Path, *, progress: Progress | None = None) -> DatasetSummary:
    """The summary of a dataset folder; reads one clip at a time.

    Raises:
        DatasetError: There is no dataset, or one of its files is damaged.
    """
    dataset = PoseDataset.open(path)
    clips = list(dataset.clips)
    poses = _read_poses(dataset, progress)
    has_hands = any(part in dataset.skeleton.parts for part in HANDS)
    worst = sorted(poses.hand_rates.items(), key=lambda item: (item[1], item[0]))[:N_WORST]
    return DatasetSummary(
        name=dataset.info.name,
        skeleton=dataset.skeleton.name,
        extractor=_extractor(dataset.info.extractor),
        n_clips=len(clips),
        n_with_poses=sum(dataset.has_pose(clip.clip_id) for clip in clips),
        n_labelled=sum(bool(clip.glosses) for clip in clips),
        n_frames=poses.n_frames,
        hours=poses.duration_s / 3600,
        fps=_low_middle_high(poses.fps),
        n_signers=len({clip.signer for clip in clips} - {""}),
        n_glosses=len({gloss for clip in clips for gloss in clip.glosses}),
        n_gloss_tokens=sum(len(clip.glosses) for clip in clips),
        splits=_split_counts(dataset, clips),
        detection_rate={
            part: poses.frames_with_part[part] / max(poses.n_frames, 1)
            for part in dataset.skeleton.parts
        },
        hand_rate=poses.frames_with_hand / max(poses.n_frames, 1) if has_hands else None,
        worst_hands=tuple(worst) if has_hands else (),
        n_failed=len(read_failures(path / "failures.csv")),
        unlisted=tuple(name for name in dataset.ids_with_poses if name not in dataset.clips),
    )


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


def _read_poses(dataset: PoseDataset, progress: Progress | None) -> _Poses:
    skeleton = dataset.skeleton
    parts = {part: skeleton.part_indices(part) for part in skeleton.parts}
    hands = skeleton.indices(name for part in HANDS for name in skeleton.parts.get(part, ()))
    frames_with_part: Counter[str] = Counter()
    hand_rates: dict[str, float] = {}
    fps: list[float] = []
    n_frames, n_hand_frames, duration_s = 0, 0, 0.0
    for done, pose in enumerate(dataset.poses(), start=1):
        seen = pose.seen  # (T, L)
        frames_with_part.update(
            {part: int(seen[:, indices].any(axis=1).sum()) for part, indices in parts.items()}
        )
        with_hand = int(seen[:, hands].any(axis=1).sum())
        hand_rates[pose.clip_id] = with_hand / max(pose.n_frames, 1)
        n_hand_frames += with_hand
        n_frames += pose.n_frames
        duration_s += pose.duration_s
        fps.append(pose.fps)
        if progress is not None:
            progress(done, len(dataset.ids_with_poses))
    return _Poses(n_frames, duration_s, fps, frames_with_part, hand_rates, n_hand_frames)


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


def _low_middle_high(values: list[float]) -> tuple[float, float, float] | None:
    ordered = sorted(values)
    return (ordered[0], ordered[len(ordered) // 2], ordered[-1]) if ordered else None
