"""How well an extractor found landmarks that are known: detection rates and distances."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.pose import PoseSequence
from signkit.synth.truth import HIDDEN, hand_is_visible

_SIDES = ("left", "right")
_TIPS = ("thumb", "index", "middle", "ring", "pinky")
GROUPS: dict[str, tuple[str, ...]] = {
    "shoulders": tuple(f"{side}_shoulder" for side in _SIDES),
    "elbows": tuple(f"{side}_elbow" for side in _SIDES),
    "wrists": tuple(f"{side}_hand_wrist" for side in _SIDES),
    "fingertips": tuple(f"{side}_hand_{tip}_tip" for side in _SIDES for tip in _TIPS),
}


@dataclass(frozen=True)
class DetectionRate:
    """How often a part was found: `rate` of `n_frames` frames in which it should have been."""

    part: str
    rate: float
    n_frames: int


@dataclass(frozen=True)
class LandmarkDistance:
    """Distances from the truth in percent of shoulder width, over `n` landmarks that were found."""

    group: str
    median: float
    p95: float
    n: int


@dataclass(frozen=True)
class AccuracyTable:
    """Detection rates per part, distances per group of landmarks, and over how much."""

    detection: tuple[DetectionRate, ...]
    distances: tuple[LandmarkDistance, ...]
    n_clips: int
    n_frames: int

    def __str__(self) -> str:
        lines = [f"{self.n_clips} clips, {self.n_frames} frames"]
        lines += [
            f"{d.part:<12} found in {d.rate:7.2%} of {d.n_frames} frames" for d in self.detection
        ]
        lines.append("distance in % of shoulder width")
        lines += [
            f"{d.group:<12} median {d.median:5.2f}   95 % below {d.p95:6.2f}   n {d.n}"
            for d in self.distances
        ]
        return "\n".join(lines)


def extraction_accuracy(truth: PoseDataset, extracted: PoseDataset) -> AccuracyTable:
    """Compare extracted landmarks with known ones, frame by frame in time and by landmark name.

    A frame of the truth without a partner within half a frame counts as not detected. Hands count
    in frames where they are visible (`truth.hand_is_visible`); distances leave out what the camera
    cannot see.

    Raises:
        DatasetError: The two have no clip in common.
    """
    ids = [clip_id for clip_id in truth.ids_with_poses if extracted.has_pose(clip_id)]
    if not ids:
        raise DatasetError(
            f"{truth.path} and {extracted.path} have no clip in common; compare the truth of a "
            "generated corpus with poses extracted from its videos"
        )
    found: dict[str, list[NDArray[np.bool_]]] = {}
    distances: dict[str, list[NDArray[np.float64]]] = {group: [] for group in GROUPS}
    n_frames = 0
    for clip_id in ids:
        known = truth.pose(clip_id)
        other = _aligned(extracted.pose(clip_id), known)
        n_frames += known.n_frames
        for part, detected in _detections(known, other):
            found.setdefault(part, []).append(detected)
        for group, distance in _distances(known, other):
            distances[group].append(distance)
    return AccuracyTable(
        detection=tuple(_rate(part, np.concatenate(d)) for part, d in found.items()),
        distances=tuple(_summary(group, np.concatenate(d)) for group, d in distances.items()),
        n_clips=len(ids),
        n_frames=n_frames,
    )


@dataclass(frozen=True, eq=False)
class _Aligned:
    """Extracted coordinates (T, L, 2) at the times of the truth, NaN where no frame is near."""

    pose: PoseSequence
    coords: NDArray[np.float32]

    def seen(self, part: str) -> NDArray[np.bool_]:
        where = self.pose.skeleton.part_indices(part)
        seen: NDArray[np.bool_] = (~np.isnan(self.coords[:, where, 0])).any(axis=1)
        return seen


def _aligned(extracted: PoseSequence, known: PoseSequence) -> _Aligned:
    if not extracted.n_frames:
        nothing = np.full((known.n_frames, extracted.skeleton.n_landmarks, 2), np.nan, np.float32)
        return _Aligned(extracted, nothing)
    nearest = np.abs(extracted.time_s[None] - known.time_s[:, None]).argmin(axis=1)
    gap = np.abs(extracted.time_s[nearest] - known.time_s)
    coords = extracted.coords[nearest, :, :2].copy()
    coords[gap > 0.5 / known.fps] = np.nan
    return _Aligned(extracted, coords)


def _detections(known: PoseSequence, other: _Aligned) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    parts = other.pose.skeleton.parts
    for part in ("pose", "face"):
        if part in parts:
            yield part, other.seen(part)
    for part in ("left_hand", "right_hand"):
        if part in parts:
            yield part, other.seen(part)[_hand_visible(known, part)]


def _hand_visible(known: PoseSequence, part: str) -> NDArray[np.bool_]:
    return hand_is_visible(known.confidence[:, known.skeleton.part_indices(part)])


def _distances(known: PoseSequence, other: _Aligned) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Per group, distances of the landmarks that both have, in % of the clip's shoulder width."""
    shoulders = known.coords[:, known.skeleton.indices(GROUPS["shoulders"]), :2]
    width = np.median(np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1))
    names = set(other.pose.skeleton.landmarks)
    for group, landmarks in GROUPS.items():
        for name in (name for name in landmarks if name in names):
            there = known.skeleton.index(name)
            offset = other.coords[:, other.pose.skeleton.index(name)] - known.coords[:, there, :2]
            in_sight = known.confidence[:, there] > HIDDEN
            if "_hand_" in name:
                in_sight &= _hand_visible(
                    known, "left_hand" if name.startswith("left") else "right_hand"
                )
            distance = 100 * np.linalg.norm(offset.astype(np.float64), axis=-1) / width
            yield group, distance[in_sight & ~np.isnan(distance)]


def _rate(part: str, detected: NDArray[np.bool_]) -> DetectionRate:
    return DetectionRate(
        part, float(detected.mean()) if len(detected) else float("nan"), len(detected)
    )


def _summary(group: str, distances: NDArray[np.float64]) -> LandmarkDistance:
    if not len(distances):
        return LandmarkDistance(group, float("nan"), float("nan"), 0)
    median, p95 = np.percentile(distances, [50, 95])
    return LandmarkDistance(group, float(median), float(p95), len(distances))
