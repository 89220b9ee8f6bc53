"""Padding: what lies behind the last frame of a clip because a longer clip is beside it."""

import torch
from torch import Tensor


def is_full(is_frame: Tensor) -> bool:
    """Whether a mask is known to hide nothing; asked on a CPU only, where the answer is free."""
    if torch.compiler.is_compiling() or is_frame.device.type != "cpu":
        return False
    return bool(is_frame.all())


def zero_padding(x: Tensor, is_frame: Tensor) -> Tensor:
    """(B, T, ...) with 0 on padding; `is_frame` is (B, T), False there."""
    if is_full(is_frame):
        return x
    return x.masked_fill(~is_frame.reshape(*is_frame.shape, *(1,) * (x.ndim - 2)), 0.0)
