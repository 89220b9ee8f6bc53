"""Gap filling: short losses of a landmark are bridged by a straight line, long ones stay unseen."""

import torch
from torch import Tensor


def interpolate_gaps(coords: Tensor, *, longest: int) -> Tensor:
    """Fill runs of at most `longest` unseen frames between two seen ones, linearly.

    Args:
        coords: (B, T, L, C), NaN where unseen.
        longest: Frames; 0 fills nothing.

    Returns:
        (B, T, L, C); what lies before the first or after the last seen frame stays NaN.
    """
    if longest == 0:
        return coords
    n_frames = coords.shape[1]
    seen = ~coords[..., 0].isnan()  # (B, T, L)
    frame = torch.arange(n_frames, device=coords.device)[None, :, None]
    before = torch.where(seen, frame, -1).cummax(dim=1).values
    after = torch.where(seen, frame, n_frames).flip(1).cummin(dim=1).values.flip(1)
    fill = ~seen & (before >= 0) & (after < n_frames) & (after - before - 1 <= longest)

    def at(index: Tensor) -> Tensor:
        clamped = index.clamp(0, n_frames - 1)[..., None].expand_as(coords)
        return coords.gather(1, clamped)

    share = ((frame - before) / (after - before).clamp(min=1))[..., None]
    return torch.where(fill[..., None], torch.lerp(at(before), at(after), share), coords)
