"""Bodies: stacks of blocks that mix the frames of a clip, (B, T, D) to (B, T, D).

`transformer` is the pre-norm encoder of the SLRT recognizer of the RQE paper (3 layers, 8 heads
there), with rotary instead of unpublished positions. `conformer` is the textbook block of Gulati et
al. 2020 (arXiv:2005.08100): half feed-forward, attention, convolution, half feed-forward, norm; the
Signer-Invariant Conformer (Haque et al. 2025, arXiv:2508.09372) is built on it.
"""

from collections.abc import Iterable, Iterator

from torch import Tensor, nn

from signkit.models.attention import SelfAttention, attention_mask, sinusoidal
from signkit.models.hidden import Body, Hidden
from signkit.models.layers import ConvolutionModule, FeedForward, Residual
from signkit.sections import ModelConfig


class TransformerBlock(nn.Module):
    """Attention and feed-forward, each after a norm and beside a residual path."""

    def __init__(self, config: ModelConfig, *, drop: float) -> None:
        super().__init__()
        self.attention = Residual(_attention(config), drop=drop)
        self.feedforward = Residual(_feedforward(config), drop=drop)

    def forward(self, x: Tensor, is_step: Tensor, mask: Tensor | None) -> Tensor:
        """(B, T', D) to (B, T', D); `mask` is that of `attention_mask`."""
        out: Tensor = self.feedforward(self.attention(x, mask))
        return out


class ConformerBlock(nn.Module):
    """Half feed-forward, attention, convolution, half feed-forward, norm (fig. 1)."""

    def __init__(self, config: ModelConfig, *, drop: float) -> None:
        super().__init__()
        convolution = ConvolutionModule(
            config.width, config.kernel_size, config.dropout, causal=config.causal
        )
        self.before = Residual(_feedforward(config), drop=drop, share=0.5)
        self.attention = Residual(_attention(config), drop=drop)
        self.convolution = Residual(convolution, drop=drop)
        self.after = Residual(_feedforward(config), drop=drop, share=0.5)
        self.norm = nn.LayerNorm(config.width)

    def forward(self, x: Tensor, is_step: Tensor, mask: Tensor | None) -> Tensor:
        """(B, T', D) to (B, T', D); `mask` is that of `attention_mask`."""
        x = self.before(x)
        x = self.attention(x, mask)
        x = self.convolution(x, is_step)
        out: Tensor = self.norm(self.after(x))
        return out


class Stack(nn.Module):
    """Blocks one after the other. What comes out after `intermediate` blocks is handed on, too (Lee
    and Watanabe 2021, arXiv:2102.03216).

    Args:
        blocks: Each takes (B, T', D), the mask of the steps and that of `attention_mask`.
        config: Which blocks are handed on, positions, and what each step may see.
    """

    def __init__(self, blocks: Iterable[nn.Module], config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.auxiliary_widths = {f"block-{i}": config.width for i in config.intermediate}
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor, is_step: Tensor) -> Hidden:
        """Mix the steps of (B, T', D); `is_step` is (B, T'), False on padding."""
        auxiliary = {}
        if self.config.positions == "sinusoidal":
            x = x + sinusoidal(x.shape[1], x.shape[2], x)
        mask = attention_mask(is_step, self.config)
        for i, block in enumerate(self.blocks, start=1):
            x = block(x, is_step, mask)
            if f"block-{i}" in self.auxiliary_widths:
                auxiliary[f"block-{i}"] = x
        return Hidden(x, is_step, auxiliary)


def transformer(config: ModelConfig) -> Body:
    """A stack of transformer blocks."""
    return Stack((TransformerBlock(config, drop=drop) for drop in _rising(config)), config)


def conformer(config: ModelConfig) -> Body:
    """A stack of conformer blocks."""
    return Stack((ConformerBlock(config, drop=drop) for drop in _rising(config)), config)


def _rising(config: ModelConfig) -> Iterator[float]:
    """How often each block is left out in training: later ones more often (Huang et al. 2016)."""
    return (config.block_drop * (i + 1) / config.n_blocks for i in range(config.n_blocks))


def _attention(config: ModelConfig) -> SelfAttention:
    return SelfAttention(config.width, config.n_heads, config.dropout, positions=config.positions)


def _feedforward(config: ModelConfig) -> FeedForward:
    return FeedForward(config.width, config.feedforward * config.width, config.dropout)
