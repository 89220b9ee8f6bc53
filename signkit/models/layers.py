"""Layers that know about padding: what a clip gives does not depend on the clips beside it.

No layer mixes clips (no batch norm), attention never looks at padding, convolutions see zeros
there. Rotary positions (Su et al. 2021, arXiv:2104.09864) make attention depend on distances in
time only.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class FeedForward(nn.Module):
    """Norm, expansion, SiLU, projection, on each frame alone."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, hidden),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        out: Tensor = self.layers(x)
        return out


class SelfAttention(nn.Module):
    """Norm and multi-head attention over the frames of a clip, with rotary positions."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, is_frame: Tensor) -> Tensor:
        """Mix frames of (B, T, D); `is_frame` is (B, T), False on padding."""
        n_clips, n_frames, width = x.shape
        heads = self.qkv(self.norm(x)).reshape(n_clips, n_frames, 3, self.n_heads, -1)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # each (B, H, T, D / H)
        q, k = rotate(q), rotate(k)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=is_frame[:, None, None])
        mixed = mixed.transpose(1, 2).reshape(n_clips, n_frames, width)
        out: Tensor = self.dropout(self.project(mixed))
        return out


def rotate(x: Tensor) -> Tensor:
    """Rotary positions: turn pairs of features of (B, H, T, D) by angles that grow with time."""
    half = x.shape[-1] // 2
    frequency = 10_000.0 ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angle = torch.arange(x.shape[-2], device=x.device, dtype=torch.float32)[:, None] * frequency
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class ConvolutionModule(nn.Module):
    """Norm, pointwise gate, depthwise convolution over time, norm, SiLU, pointwise (Gulati et al.
    2020, fig. 2).

    Departure: layer norm in place of batch norm, whose statistics would mix clips and padding.
    """

    def __init__(self, width: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(
            width, width, kernel_size, padding=kernel_size // 2, groups=width, bias=False
        )
        self.depthwise_norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, is_frame: Tensor) -> Tensor:
        """Mix neighbouring frames of (B, T, D); `is_frame` is (B, T), False on padding."""
        x = functional.glu(self.gate(self.norm(x)), dim=-1)  # (B, T, D)
        x = x.masked_fill(~is_frame[..., None], 0.0)
        x = self.depthwise(x.transpose(1, 2)).transpose(1, 2)  # (B, T, D)
        x = functional.silu(self.depthwise_norm(x))
        out: Tensor = self.dropout(self.project(x))
        return out


class Residual(nn.Module):
    """Adds `share` of a branch; in training the whole branch of a clip is left out with probability
    `drop`.
    """

    def __init__(self, branch: nn.Module, *, drop: float, share: float = 1.0) -> None:
        super().__init__()
        self.branch = branch
        self.drop = drop
        self.share = share

    def forward(self, x: Tensor, *masks: Tensor) -> Tensor:
        """x + share * branch(x)."""
        out: Tensor = self.branch(x, *masks)
        if self.training and self.drop:
            kept = (torch.rand(len(x), 1, 1, device=x.device) >= self.drop).to(x.dtype)
            out = out * kept / (1 - self.drop)
        return x + self.share * out


class Subsampling(nn.Module):
    """One frame out of two: depthwise convolution of stride 2 and a pointwise layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 3, stride=2, padding=1, groups=width)
        self.pointwise = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, is_frame: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, D) and its mask to (B, ceil(T / 2), D) and its mask."""
        x = x.masked_fill(~is_frame[..., None], 0.0)
        x = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        x = functional.silu(self.norm(self.pointwise(x)))
        return x, is_frame[:, ::2]
