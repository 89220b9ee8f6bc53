"""Changes of time: another speed, locally uneven, and a piece cut out."""

import math

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
    rows = torch.arange(len(coords), device=coords.device)[:, None]
    a, b = coords[rows, below], coords[rows, above]  # (B, T', L, C)
    nearer = torch.where(share < 0.5, a, b)
    out = torch.where((a + b).isnan(), nearer, torch.lerp(a, b, share))
    beyond = torch.arange(positions.shape[1], device=coords.device)[None] >= new_lengths[:, None]
    return out.masked_fill(beyond[..., None, None], torch.nan)


def retimed(
    coords: Tensor,
    lengths: Tensor,
    least: Tensor,
    config: AugmentConfig,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Clips at another pace, and their new lengths.

    Args:
        coords: (B, T, L, C), NaN where unseen and on padding.
        lengths: (B,) frames.
        least: (B,) frames that a clip must keep.
        config: How strong the changes may be.
        generator: Source of randomness.
    """
    if not (config.speed or config.warp or config.frame_cut):
        return coords, lengths
    n_clips, device = len(coords), coords.device
    rate = 1 + uniform(n_clips, config.speed, generator).to(device)
    bend = uniform(n_clips, config.warp, generator).to(device)[:, None]
    phase, cut, where = torch.rand(3, n_clips, 1, generator=generator).to(device)
    kept = 1 - config.frame_cut * cut  # (B, 1) share of the clip that is read
    floor = least.to(device).clamp(min=2).minimum(lengths)
    new_lengths = torch.maximum((lengths * kept[:, 0] / rate).round().long(), floor)
    grid = torch.arange(int(new_lengths.max()), device=device)[None]
    share = grid / (new_lengths - 1).clamp(min=1)[:, None]  # (B, T') 0 ... 1 over what is read
    bent = share + bend / (2 * math.pi) * (
        (2 * math.pi * (share + phase)).sin() - (2 * math.pi * phase).sin()
    )
    source = bent.clamp(0, 1) * kept
    source = source + (1 - kept) * (source > where * kept)  # what is cut out is jumped over
    return resample(coords, lengths, source * (lengths - 1)[:, None], new_lengths), new_lengths


def uniform(size: int | tuple[int, ...], limit: float, generator: torch.Generator) -> Tensor:
    """Uniform numbers in [-limit, limit]."""
    return (torch.rand(size, generator=generator) * 2 - 1) * limit
