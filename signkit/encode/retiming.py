"""Changes of time: another speed, locally uneven, and a piece cut out."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from signkit.sections import AugmentConfig


def resample(coords: Tensor, lengths: Tensor, positions: Tensor, new_lengths: Tensor) -> Tensor:
    """Clips read at fractional frame positions, linearly; unseen if the nearer frame is.

    Args:
        coords: (B, T, L, C).
        lengths: (B,) frames.
        positions: (B, T') source frame of each new frame.
        new_lengths: (B,) new frames; later ones become NaN.

    Returns:
        (B, T', L, C).
    """
    last = (lengths - 1)[:, None]
    below = positions.floor().long().clamp(min=0).minimum(last)
    above = (below + 1).minimum(last)
    share = (positions - below).clamp(0, 1)[..., None, None]
    first = torch.arange(len(coords), device=coords.device)[:, None] * coords.shape[1]
    frames = coords.flatten(0, 1)  # whole frames are copied faster than indexed
    a, b = (
        frames.index_select(0, (first + where).flatten()).view(*where.shape, *coords.shape[2:])
        for where in (below, above)
    )  # (B, T', L, C)
    between = torch.lerp(a, b, share)
    out = torch.where(between.isnan(), torch.where(share < 0.5, a, b), between)
    beyond = torch.arange(positions.shape[1], device=coords.device)[None] >= new_lengths[:, None]
    return out.masked_fill(beyond[..., None, None], torch.nan)


@dataclass(frozen=True, eq=False)
class Pace:
    """How long clips become: drawn before they are read, so that like lengths can be put together.

    Args:
        lengths: (B,) new frames.
        kept: (B,) share of each clip that is read.
    """

    lengths: Tensor
    kept: Tensor


def draw_pace(
    lengths: Tensor, least: Tensor, config: AugmentConfig, generator: torch.Generator
) -> Pace:
    """Another speed for each clip, and how much of it is cut out.

    Args:
        lengths: (B,) frames.
        least: (B,) frames that a clip must keep.
        config: How strong the changes may be.
        generator: Source of randomness.
    """
    rate = 1 + uniform(len(lengths), config.speed, generator)
    kept = 1 - config.frame_cut * torch.rand(len(lengths), generator=generator)
    floor = least.clamp(min=2).minimum(lengths)
    return Pace(torch.maximum((lengths * kept / rate).round().long(), floor), kept)


def retimed(
    coords: Tensor, lengths: Tensor, pace: Pace, config: AugmentConfig, generator: torch.Generator
) -> Tensor:
    """Clips at another pace, locally uneven.

    Args:
        coords: (B, T, L, C), NaN where unseen and on padding.
        lengths: (B,) frames.
        pace: Their new lengths, on the CPU.
        config: How strong the changes may be.
        generator: Source of randomness.

    Returns:
        (B, T', L, C), T' the longest of the new lengths.
    """
    if not (config.speed or config.warp or config.frame_cut):
        return coords
    n_clips, device = len(coords), coords.device
    grid = torch.arange(int(pace.lengths.max()), device=device)[None]
    new_lengths, kept = pace.lengths.to(device), pace.kept.to(device)[:, None]
    bend = uniform(n_clips, config.warp, generator).to(device)[:, None]
    phase, where = torch.rand(2, n_clips, 1, generator=generator).to(device)
    share = grid / (new_lengths - 1).clamp(min=1)[:, None]  # (B, T') 0 ... 1 over what is read
    bent = share + bend / (2 * math.pi) * (
        (2 * math.pi * (share + phase)).sin() - (2 * math.pi * phase).sin()
    )
    source = bent.clamp(0, 1) * kept
    source = source + (1 - kept) * (source > where * kept)  # what is cut out is jumped over
    return resample(coords, lengths, source * (lengths - 1)[:, None], new_lengths)


def uniform(size: int | tuple[int, ...], limit: float, generator: torch.Generator) -> Tensor:
    """Uniform numbers in [-limit, limit]."""
    return (torch.rand(size, generator=generator) * 2 - 1) * limit
