"""Motion: how features change from frame to frame, looking back and looking ahead.

The winners of the SignEval 2025 continuous challenge feed both directions; the second difference is
what the first places of the Kaggle competitions (2023) add.
"""

from math import nan

from torch import Tensor
from torch.nn.functional import pad


def motion_names(order: int) -> tuple[str, ...]:
    """Names of what `motion` returns; those of second differences end in `_2`."""
    return tuple(f"motion_{way}{n}" for n in ("", "_2")[:order] for way in ("back", "ahead"))


def motion(values: Tensor, *, order: int) -> dict[str, Tensor]:
    """Differences of (B, T, F) to earlier and to later frames.

    Args:
        values: NaN where unseen and on padding.
        order: 0: none; 1: first differences; 2: second differences, too.

    Returns:
        (B, T, F) by name; 0 where a frame that it takes is unseen or outside the clip.
    """
    n_frames, changes = values.shape[1], values
    found: list[Tensor] = []
    for reach in range(1, order + 1):
        changes = changes - pad(changes, (0, 0, 1, 0), value=nan)[:, :n_frames]
        beyond = pad(changes.nan_to_num(), (0, 0, 0, reach))  # (B, T + reach, F)
        found += [beyond[:, :n_frames], beyond[:, reach:]]
    return dict(zip(motion_names(order), found, strict=True))
