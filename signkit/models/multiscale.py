"""Multi-scale frontend: a main path for fine motion and a slower, max-pooled one beside it.

The paper of the Multi-Scale Fusion Transformer (Haque et al. 2025, arXiv:2508.09372) describes a
main block for fine temporal dynamics and an auxiliary max-pooling block, fused before a transformer
encoder; its published code has one path only and says nothing of kernels or scales. So this is an
interpretation: the main path looks at frames by convolutions and slows down by strided ones, the
auxiliary one max-pools first, to half the pace of the steps, where a convolution sees far. The
paper's "joint attention" is left out: in its code that is attention over time, which the encoder
behind has anyway.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from signkit.encode.layout import FeatureLayout
from signkit.models.hidden import Hidden
from signkit.models.layers import Residual, Subsampling, TimeConvolution, pool_pairs
from signkit.sections import ModelConfig

_FINE_KERNEL = 3
_COARSE_KERNEL = 5


class MainPath(nn.Module):
    """Convolutions over neighbouring frames, then strided ones down to the pace of the steps."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.fine = nn.ModuleList(
            Residual(TimeConvolution(width, width, _FINE_KERNEL, causal=config.causal), drop=0.0)
            for _ in range(2)
        )
        n_halvings = config.subsampling.bit_length() - 1
        self.halvings = nn.ModuleList(Subsampling(width) for _ in range(n_halvings))

    def forward(self, x: Tensor, is_frame: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, D) and its mask to (B, T', D) and its mask."""
        for convolution in self.fine:
            x = convolution(x, is_frame)
        for halving in self.halvings:
            x, is_frame = halving(x, is_frame)
        return x, is_frame


class PooledPath(nn.Module):
    """The strongest of neighbouring frames, at half the pace of the steps, and what lies around.

    When causal a step hears of the last pair of steps that is over, never of its own half.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.causal = config.causal
        self.n_halvings = config.subsampling.bit_length()
        self.rectify = nn.Sequential(nn.Linear(config.width, config.width), nn.ReLU())
        self.convolutions = nn.ModuleList(
            TimeConvolution(config.width, config.width, _COARSE_KERNEL, causal=config.causal)
            for _ in range(2)
        )

    def forward(self, x: Tensor, is_frame: Tensor, n_steps: int) -> Tensor:
        """(B, T, D) and its mask to (B, T', D), T' being `n_steps`."""
        x = self.rectify(x)
        for _ in range(self.n_halvings):
            x, is_frame = pool_pairs(x, is_frame)
        for convolution in self.convolutions:
            x = convolution(x, is_frame)
        x = x.repeat_interleave(2, dim=1)
        if self.causal:
            x = functional.pad(x, (0, 0, 1, 0))
        return x[:, :n_steps]


class MultiscaleFrontend(nn.Module):
    """Features to model width, then both paths, fused at the pace of the steps."""

    def __init__(self, layout: FeatureLayout, config: ModelConfig) -> None:
        super().__init__()
        self.auxiliary_widths: dict[str, int] = {}
        width = config.width
        self.dropout = nn.Dropout(config.input_dropout)
        self.project = nn.Linear(layout.n_features, width)
        self.norm = nn.LayerNorm(width)
        self.main = MainPath(config)
        self.pooled = PooledPath(config)
        self.fuse = nn.Linear(2 * width, width)
        self.fused_norm = nn.LayerNorm(width)

    def forward(self, features: Tensor, is_frame: Tensor, *, n_views: int = 1) -> Hidden:
        """(B, T, F) and (B, T) mask to steps; the batch holds `n_views` views of B / n_views clips,
        one view after the other.
        """
        x = self.norm(self.project(self.dropout(features)))
        fine, is_step = self.main(x, is_frame)
        coarse = self.pooled(x, is_frame, fine.shape[1])
        fused = self.fuse(torch.cat([fine, coarse], dim=-1))
        return Hidden(self.fused_norm(fine + fused), is_step)
