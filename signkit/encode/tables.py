"""What the bins of an encoder are fitted on: ranges, quantiles and jitter of train offsets."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_NUMBERS = 4_000_000
"""Offsets that quantiles are taken of, those of frames evenly spread over the train clips: of a
hand of 21 landmarks among 65, 0.4 million an axis."""
_STILL = 0.25
"""A part is still in the quarter of its frames in which it moves least."""


@dataclass(frozen=True, eq=False)
class OffsetSample:
    """Offsets of train clips.

    Args:
        offsets: (N, L, C) of evenly spread frames, in units of the encoder's scale; NaN where
            unseen.
        steps: (N', L, C) their change since the frame before.
        low: (L, C) smallest offset of all frames, 0 where a landmark was never seen.
        high: (L, C) largest offset.
    """

    offsets: Tensor
    steps: Tensor
    low: Tensor
    high: Tensor


def sample_offsets(clips: Iterable[Tensor], *, n_frames: int) -> OffsetSample:
    """A sample of batches of (B, T, L, C) offsets that have `n_frames` frames in all."""
    offsets, steps, lows, highs = [], [], [], []
    n_before = n_steps_before = 0  # of all batches so far: the frames of short clips take turns
    for clip in clips:
        frames = clip.flatten(0, 1)  # (B T, L, C)
        changes = (clip[:, 1:] - clip[:, :-1]).flatten(0, 1)
        every = max(1, math.ceil(n_frames * math.prod(clip.shape[2:]) / _NUMBERS))
        offsets.append(frames[-n_before % every :: every])
        steps.append(changes[-n_steps_before % every :: every])
        n_before, n_steps_before = n_before + len(frames), n_steps_before + len(changes)
        lows.append(frames.nan_to_num(torch.inf).amin(dim=0))
        highs.append(frames.nan_to_num(-torch.inf).amax(dim=0))
    low, high = torch.stack(lows).amin(dim=0), torch.stack(highs).amax(dim=0)
    return OffsetSample(
        offsets=torch.cat(offsets),
        steps=torch.cat(steps),
        low=low.masked_fill(low.isinf(), 0.0),
        high=high.masked_fill(high.isinf(), 0.0),
    )


def seen_quantiles(values: Tensor, shares: Sequence[float]) -> Tensor:
    """(Q, ...) quantiles over the first axis of (N, ...), interpolated linearly, NaN left out; 0
    where nothing was seen.
    """
    ordered = values.sort(dim=0).values  # NaN last
    n_seen = (~values.isnan()).sum(dim=0)
    found = []
    for share in shares:
        position = share * (n_seen - 1).clamp(min=0)
        below = position.floor().long()
        above = (below + 1).minimum((n_seen - 1).clamp(min=0))
        one, other = (ordered.gather(0, index[None])[0] for index in (below, above))
        found.append(torch.lerp(one, other, (position - below).to(one)).nan_to_num())
    return torch.stack(found)


def still_jitter(steps: Tensor) -> Tensor:
    """(C,) median change from frame to frame of a part's landmarks while the part is still: what
    the extractor alone moves.

    Args:
        steps: (N, L, C) changes, NaN where unseen.
    """
    moved = steps.nanmean(dim=1).norm(dim=-1)  # (N,) of the part as a whole
    moved = moved[~moved.isnan()]
    if not len(moved):
        return steps.new_zeros(steps.shape[-1])
    limit = seen_quantiles(moved, [_STILL])[0]
    still = steps[steps.nanmean(dim=1).norm(dim=-1) <= limit]
    return seen_quantiles(still.abs().flatten(0, 1), [0.5])[0]


def spread(coords: Tensor) -> Tensor:
    """() median distance of the seen landmarks of (B, T, L, C) from their clips' means, pixels."""
    flat = coords[..., :2].flatten(1, 2)
    away: Tensor = (flat - flat.nanmean(dim=1, keepdim=True)).square().sum(dim=-1).sqrt()
    return away.nanmedian()
