"""Body `cnn1d-transformer`: groups of three causal convolution blocks and one transformer block.

The network that won Google's isolated sign challenge in 2023 (H. Sohn,
`hoyso48/Google---Isolated-Sign-Language-Recognition-1st-place-solution`), which Kautsar et al. 2024
(arXiv:2409.01975) use for BISINDO as 1DCNNTrans. Attention has no positions: the convolutions,
which look back only, tell it about order. Its dot products are scaled by one over the square root
of D, not of D / H.

Departures: batch norm measures valid frames only, where the published code counts padding. Before
the body stands the frontend of the recipe (a projection with bias and layer norm, where a batch
norm is published), and behind it a pooled head (norm, mean and attention over time, where a
projection to twice the width and a mean are published).
"""

from torch import Tensor, nn
from torch.nn import functional

from signkit.models.batch_norm import MaskedBatchNorm
from signkit.models.bodies import Stack
from signkit.models.hidden import Body
from signkit.models.layers import Residual, convolve_depthwise
from signkit.models.plain_attention import PlainAttention
from signkit.sections import ModelConfig

_CONVOLUTIONS = 3
"""Convolution blocks of a group."""

_EXPANSION = 2
"""Inner width of a convolution block, times the model width."""


def _batch_norm(width: int) -> MaskedBatchNorm:
    # Keras calls what stays 0.95, PyTorch what is new 0.05; 1e-3 is the default of Keras.
    return MaskedBatchNorm(width, momentum=0.05, eps=1e-3)


class ChannelAttention(nn.Module):
    """Efficient channel attention (Wang et al. 2020, arXiv:1910.03151): each channel is weighted by
    what its own mean over time and those of its neighbours are.
    """

    def __init__(self, kernel_size: int = 5) -> None:
        super().__init__()
        self.mix = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor, is_step: Tensor) -> Tensor:
        """(B, T', D) to (B, T', D)."""
        steps = is_step[..., None].to(x.dtype)
        mean = x.masked_fill(~is_step[..., None], 0.0).sum(dim=1) / steps.sum(dim=1)  # (B, D)
        weight: Tensor = self.mix(mean[:, None]).sigmoid()  # (B, 1, D)
        return x * weight


class CausalConvolution(nn.Module):
    """Expansion, depthwise convolution over this and earlier frames, channel attention, projection
    (`Conv1DBlock` there, without its residual path).
    """

    def __init__(self, width: int, kernel_size: int) -> None:
        super().__init__()
        inner = _EXPANSION * width
        self.n_before = kernel_size - 1
        self.expand = nn.Linear(width, inner)
        self.depthwise = nn.Conv1d(inner, inner, kernel_size, groups=inner, bias=False)
        self.norm = _batch_norm(inner)
        self.attention = ChannelAttention()
        self.project = nn.Linear(inner, width)

    def forward(self, x: Tensor, is_step: Tensor) -> Tensor:
        """(B, T', D) to (B, T', D)."""
        x = functional.silu(self.expand(x))  # (B, T', 2 D)
        x = convolve_depthwise(x, self.depthwise, n_before=self.n_before)
        out: Tensor = self.project(self.attention(self.norm(x, is_step), is_step))
        return out


class NormedAttention(nn.Module):
    """Batch norm and attention without biases."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = _batch_norm(config.width)
        self.attention = PlainAttention(
            config.width, config.n_heads, config.dropout, bias=False, scale=config.width**-0.5
        )

    def forward(self, x: Tensor, is_step: Tensor, mask: Tensor | None) -> Tensor:
        """(B, T', D) to (B, T', D)."""
        out: Tensor = self.attention(self.norm(x, is_step), mask)
        return out


class NormedFeedForward(nn.Module):
    """Batch norm, expansion, SiLU, projection, without biases."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm = _batch_norm(width)
        self.expand = nn.Linear(width, hidden, bias=False)
        self.project = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor, is_step: Tensor) -> Tensor:
        """(B, T', D) to (B, T', D)."""
        out: Tensor = self.project(functional.silu(self.expand(self.norm(x, is_step))))
        return out


class ConvTransformerGroup(nn.Module):
    """Three convolution blocks, then attention and feed-forward, each beside a residual path; in
    training each branch is left out with probability `block_drop`, the same in all groups.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, drop = config.width, config.block_drop
        self.convolutions = nn.ModuleList(
            Residual(CausalConvolution(width, config.kernel_size), drop=drop)
            for _ in range(_CONVOLUTIONS)
        )
        self.attention = Residual(NormedAttention(config), drop=drop)
        self.feedforward = Residual(NormedFeedForward(width, config.feedforward * width), drop=drop)

    def forward(self, x: Tensor, is_step: Tensor, mask: Tensor | None) -> Tensor:
        """(B, T', D) to (B, T', D)."""
        for convolution in self.convolutions:
            x = convolution(x, is_step)
        x = self.attention(x, is_step, mask)
        out: Tensor = self.feedforward(x, is_step)
        return out


def conv_transformer(config: ModelConfig) -> Body:
    """`n_blocks` groups, two in the published network."""
    config = config.model_copy(update={"positions": "none"})
    return Stack((ConvTransformerGroup(config) for _ in range(config.n_blocks)), config)
