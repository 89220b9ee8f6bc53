"""The Signer-Invariant Conformer as its code has it (Haque et al. 2025, arXiv:2508.09372; class
`SOTA_CSLR` of `rezwanh001/MSLR-Pose86K-CSLR-Isharah`), beside our own `conformer`.

Frontend `convolution`: four convolutions over time. Body `published-conformer`: absolute positions,
a depthwise kernel of 3, no norm before attention, batch norm. At its sizes (width 512, six blocks,
eight heads) 41.7 million parameters.

Departures: padding is masked everywhere; positions have no longest clip, and sines stand before
cosines, not between them.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from signkit.encode.layout import FeatureLayout
from signkit.models.batch_norm import MaskedBatchNorm
from signkit.models.bodies import Stack
from signkit.models.hidden import Body, Hidden
from signkit.models.layers import FeedForward, convolve_depthwise
from signkit.models.plain_attention import PlainAttention
from signkit.sections import ModelConfig


class StridedConvolution(nn.Module):
    """Convolution over three frames, batch norm, ReLU."""

    def __init__(self, n_in: int, n_out: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.convolution = nn.Conv1d(n_in, n_out, 3, stride=stride, padding=1)
        self.norm = MaskedBatchNorm(n_out)

    def forward(self, x: Tensor, is_frame: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, n_in) and its mask to (B, ceil(T / stride), n_out) and its mask."""
        x = x.masked_fill(~is_frame[..., None], 0.0).transpose(1, 2)
        x = self.convolution(x).transpose(1, 2)
        is_step = is_frame[:, :: self.stride]
        return functional.relu(self.norm(x, is_step)), is_step


class ConvolutionFrontend(nn.Module):
    """Four convolutions that widen to twice the model width and slow down, then a projection.

    The first keeps the pace, the next ones halve it until `subsampling` is reached.
    """

    def __init__(self, layout: FeatureLayout, config: ModelConfig) -> None:
        super().__init__()
        self.auxiliary_widths: dict[str, int] = {}
        width = config.width
        widths = (layout.n_features, width, width, 3 * width // 2, 2 * width)
        self.dropout = nn.Dropout(config.input_dropout)
        self.convolutions = nn.ModuleList(
            StridedConvolution(n_in, n_out, stride=2 if i and 2**i <= config.subsampling else 1)
            for i, (n_in, n_out) in enumerate(pairwise(widths))
        )
        self.project = nn.Linear(2 * width, width)

    def forward(self, features: Tensor, is_frame: Tensor, *, n_views: int = 1) -> Hidden:
        """(B, T, F) and (B, T) mask to steps; the batch holds `n_views` views of B / n_views clips,
        one view after the other.
        """
        x = self.dropout(features)
        for convolution in self.convolutions:
            x, is_frame = convolution(x, is_frame)
        return Hidden(self.project(x), is_frame)


class PublishedConvolution(nn.Module):
    """Norm, pointwise gate, depthwise convolution, batch norm, SiLU, pointwise."""

    def __init__(self, width: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(
            width, width, kernel_size, padding=kernel_size // 2, groups=width
        )
        self.depthwise_norm = MaskedBatchNorm(width)
        self.project = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, is_step: Tensor) -> Tensor:
        """(B, T', D) to (B, T', D)."""
        x = functional.glu(self.gate(self.norm(x)), dim=-1)
        x = x.masked_fill(~is_step[..., None], 0.0)
        x = convolve_depthwise(x, self.depthwise)
        x = functional.silu(self.depthwise_norm(x, is_step))
        out: Tensor = self.dropout(self.project(x))
        return out


class PublishedConformerBlock(nn.Module):
    """Half feed-forward, attention, convolution, half feed-forward, norm, in the published order;
    attention has neither a norm before it nor dropout behind it.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, dropout, hidden = config.width, config.dropout, config.feedforward * config.width
        self.before = FeedForward(width, hidden, dropout, activation=nn.GELU)
        self.attention = PlainAttention(width, config.n_heads, dropout)
        self.convolution = PublishedConvolution(width, config.kernel_size, dropout)
        self.after = FeedForward(width, hidden, dropout, activation=nn.GELU)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, is_step: Tensor, mask: Tensor | None) -> Tensor:
        """(B, T', D) to (B, T', D)."""
        x = x + 0.5 * self.before(x)
        x = x + self.attention(x, mask)
        x = x + self.convolution(x, is_step)
        out: Tensor = self.norm(x + 0.5 * self.after(x))
        return out


def published_conformer(config: ModelConfig) -> Body:
    """Sinusoidal positions are added to the steps, then `n_blocks` blocks mix them."""
    config = config.model_copy(update={"positions": "sinusoidal"})
    return Stack((PublishedConformerBlock(config) for _ in range(config.n_blocks)), config)
