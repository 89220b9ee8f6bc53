"""What an encoder keeps of a dataset and what it throws away, part by part and axis by axis.

The encoder is fitted on train clips, as in training, which takes their mirror images, too, where it
mirrors; then clips of any split are encoded and decoded. Continuous parts have no codes, and lose
nothing.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor

from signkit.dataset import PoseDataset
from signkit.encode.anchors import level_group
from signkit.encode.encoder import RelativeEncoder
from signkit.encode.layout import FeatureLayout
from signkit.errors import DatasetError
from signkit.pose import resample_frames
from signkit.sections import DataConfig, EncoderConfig

_CLIPS = 1000
"""Clips that are looked at, evenly spread over a split."""
_FRAMES = 20_000
"""Frames of them that codes are counted in."""


@dataclass(frozen=True)
class AxisStats:
    """One axis of one part.

    Args:
        part: Landmarks that share their levels, such as `left_hand` or `arms`.
        axis: `x`, `y` or `z`.
        n_landmarks: Of the part.
        n_bins: Codes there are, the mean over landmarks; None: continuous, or without end.
        n_used: Different codes that occur; None: continuous.
        entropy_bits: Of the codes of one landmark, the mean over landmarks; None: continuous.
        missing: Share of places that are unseen.
        clipped: Share of the seen ones outside the bins.
        error_units: Mean distance between a place and what its code stands for, in units of scale.
        error_px: The same in pixels.
    """

    part: str
    axis: str
    n_landmarks: int
    n_bins: float | None
    n_used: int | None
    entropy_bits: float | None
    missing: float
    clipped: float
    error_units: float
    error_px: float


@dataclass(frozen=True)
class EncodingStats:
    """Of one encoder on one dataset.

    Args:
        preset: Base values of the encoder.
        split: Clips that were measured; the tables are of train.
        n_clips: How many were.
        n_frames: Frames of them that were counted.
        fps: Working rate.
        axes: Every axis of every part.
    """

    preset: str
    split: str
    n_clips: int
    n_frames: int
    fps: float
    axes: tuple[AxisStats, ...]

    def to_json(self) -> dict[str, Any]:
        """A plain record."""
        return asdict(self)


def encoding_stats(
    dataset: PoseDataset,
    config: EncoderConfig,
    data: DataConfig,
    *,
    split: str = "train",
    progress: Callable[[int, int], None] | None = None,
) -> EncodingStats:
    """Fit an encoder on the train clips of a dataset and measure it on one of its splits.

    Args:
        dataset: Poses.
        config: The encoder.
        data: Landmarks, dimensions and frame rate.
        split: Clips to measure.
        progress: Called with (clips read, clips to read).

    Raises:
        DatasetError: The train split or `split` has no clip with poses.
    """
    train, measured = clips_of(dataset, "train"), clips_of(dataset, split)
    fps = data.fps or dataset.usual_fps(train)
    n_clips, n_read = len(train) + len(measured) * (split != "train"), 0

    def read(clip_ids: list[str]) -> Iterator[Tensor]:
        nonlocal n_read
        for clip_id in clip_ids:
            coords = resample_frames(dataset.pose(clip_id), fps)
            n_read += 1
            if progress is not None:
                progress(n_read, n_clips)
            yield torch.from_numpy(np.array(coords))[None]

    encoder = RelativeEncoder(dataset.skeleton, config, data, fps=fps)
    clips = list(read(train))
    encoder.fit(clips)
    clips = clips if split == "train" else list(read(measured))
    frames = _frames(encoder, clips)
    axes = tuple(_axis_stats(encoder, frames))
    return EncodingStats(config.preset, split, len(clips), len(frames.offsets), fps, axes)


def feature_layout(dataset: PoseDataset, config: EncoderConfig, data: DataConfig) -> FeatureLayout:
    """What a clip of a dataset is encoded to; nothing is fitted."""
    return RelativeEncoder(dataset.skeleton, config, data, fps=data.fps or 1.0).layout


def clips_of(dataset: PoseDataset, split: str) -> list[str]:
    """Ids of a split's clips with poses of a frame or more, evenly spread if there are many.

    Raises:
        DatasetError: There is none.
    """
    known = [c.clip_id for c in dataset.clips.where(split=split) if dataset.has_pose(c.clip_id)]
    known = [i for i, n in zip(known, dataset.lengths(known)[0], strict=True) if n]
    if not known:
        raise DatasetError(
            f"{dataset.path} has no clip with poses in split {split!r}; set the split column of "
            "clips.csv or run 'signkit split'"
        )
    return known[:: math.ceil(len(known) / _CLIPS)]


@dataclass(frozen=True, eq=False)
class _Frames:
    """N single frames: (N, L, C) offsets, NaN where unseen; what is left of them when they are
    quantized; their codes, NaN where continuous; whether they lie outside the bins. And the
    (N, L, C) pixels in a unit.
    """

    offsets: Tensor
    rounded: Tensor
    codes: Tensor
    is_outside: Tensor
    unit_px: Tensor


@torch.no_grad()
def _frames(encoder: RelativeEncoder, clips: list[Tensor]) -> _Frames:
    every = max(1, math.ceil(sum(clip.shape[1] for clip in clips) / _FRAMES))
    found = [encoder.measure(clip) for clip in clips]  # (1, T, L, C) each
    before = accumulate((clip.shape[1] for clip in clips), initial=0)
    taken = [slice(-n % every, None, every) for n in before][: len(clips)]
    offsets = torch.cat([clip[0, some] for clip, some in zip(found, taken, strict=True)])
    units = [encoder.unit_px(clip) for clip in clips]
    groups = zip(units, found, taken, strict=True)
    unit_px = torch.cat([unit.expand_as(clip)[0, some] for unit, clip, some in groups])
    bins, nowhere = encoder.bins, torch.zeros_like(offsets, dtype=torch.bool)
    if bins is None:
        return _Frames(offsets, offsets, torch.full_like(offsets, torch.nan), nowhere, unit_px)
    is_binned = encoder.is_binned > 0
    return _Frames(
        offsets=offsets,
        rounded=torch.where(is_binned, bins.rounded(offsets), offsets),
        codes=torch.where(is_binned, bins.codes(offsets), torch.nan),
        is_outside=is_binned & ((offsets < bins.low) | (offsets > bins.high)),
        unit_px=unit_px,
    )


def _axis_stats(encoder: RelativeEncoder, frames: _Frames) -> Iterator[AxisStats]:
    groups = [level_group(landmark) for landmark in encoder.skeleton.landmarks]
    for part in dict.fromkeys(groups):
        own = [i for i, group in enumerate(groups) if group == part]
        for axis in range(encoder.skeleton.n_dims):
            at = (slice(None), own, axis)
            seen = ~frames.offsets[at].isnan()  # (N, landmarks)
            error = (frames.rounded[at] - frames.offsets[at]).abs()
            is_coded = bool(encoder.is_binned[own[0], axis])
            yield AxisStats(
                part=part,
                axis="xyz"[axis],
                n_landmarks=len(own),
                n_bins=_n_bins(encoder, own, axis) if is_coded else None,
                n_used=len(np.unique(frames.codes[at][seen].numpy())) if is_coded else None,
                entropy_bits=_entropy_bits(frames.codes[at]) if is_coded else None,
                missing=1 - float(seen.float().mean()),
                clipped=_mean(frames.is_outside[at].float(), seen),
                error_units=_mean(error, seen),
                error_px=_mean(error * frames.unit_px[at], seen),
            )


def _n_bins(encoder: RelativeEncoder, landmarks: list[int], axis: int) -> float | None:
    if encoder.bins is None:
        return None
    mean = float(encoder.bins.n_codes[landmarks, axis].mean())
    return mean if math.isfinite(mean) else None


def _entropy_bits(codes: Tensor) -> float:
    """Mean entropy of the columns of (N, L) codes, NaN left out."""
    entropies = []
    for column in codes.T:
        seen = column[~column.isnan()].numpy()
        _, counts = np.unique(seen, return_counts=True)
        shares = counts / max(1, len(seen))
        entropies.append(-float((shares * np.log2(shares)).sum()))
    return sum(entropies) / len(entropies) + 0.0  # no -0


def _mean(values: Tensor, seen: Tensor) -> float:
    """Mean of (N, L) values where they were seen; 0 where none was."""
    return float(values[seen].mean()) if bool(seen.any()) else 0.0
