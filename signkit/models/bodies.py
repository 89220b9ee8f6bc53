"""Bodies: stacks of blocks that mix the frames of a clip, (B, T, D) to (B, T, D).

`transformer` is the pre-norm encoder of the SLRT recognizer of the RQE paper (3 layers, 8 heads
there), with rotary instead of unpublished positions. `conformer` is the textbook block of Gulati et
al. 2020 (arXiv:2005.08100): half feed-forward, attention, convolution, half feed-forward, norm; the
Signer-Invariant Conformer (Haque et al. 2025, arXiv:2508.09372) is built on it.
"""

from torch import Tensor, nn

from signkit.models.hidden import Body, Hidden
from signkit.models.layers import ConvolutionModule, FeedForward, Residual, SelfAttention
from signkit.sections import ModelConfig


class TransformerBlock(nn.Module):
    """Attention and feed-forward, each after a norm and beside a residual path."""

    def __init__(self, config: ModelConfig, *, drop: float) -> None:
        super().__init__()
        width, dropout = config.width, config.dropout
        self.attention = Residual(SelfAttention(width, config.n_heads, dropout), drop=drop)
        self.feedforward = Residual(
            FeedForward(width, config.feedforward * width, dropout), drop=drop
        )

    def forward(self, x: Tensor, is_frame: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        out: Tensor = self.feedforward(self.attention(x, is_frame))
        return out


class ConformerBlock(nn.Module):
    """Half feed-forward, attention, convolution, half feed-forward, norm (fig. 1)."""

    def __init__(self, config: ModelConfig, *, drop: float) -> None:
        super().__init__()
        width, dropout, hidden = config.width, config.dropout, config.feedforward * config.width
        self.before = Residual(FeedForward(width, hidden, dropout), drop=drop, share=0.5)
        self.attention = Residual(SelfAttention(width, config.n_heads, dropout), drop=drop)
        self.convolution = Residual(
            ConvolutionModule(width, config.kernel_size, dropout), drop=drop
        )
        self.after = Residual(FeedForward(width, hidden, dropout), drop=drop, share=0.5)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, is_frame: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        x = self.before(x)
        x = self.attention(x, is_frame)
        x = self.convolution(x, is_frame)
        out: Tensor = self.norm(self.after(x))
        return out


class Stack(nn.Module):
    """Blocks one after the other; later ones are left out more often in training (Huang et al.
    2016). What comes out after `intermediate` blocks is handed on, too (Lee and Watanabe 2021,
    arXiv:2102.03216).
    """

    def __init__(
        self, block: type[TransformerBlock] | type[ConformerBlock], config: ModelConfig
    ) -> None:
        super().__init__()
        self.auxiliary_widths = {f"block-{i}": config.width for i in config.intermediate}
        self.blocks = nn.ModuleList(
            block(config, drop=config.block_drop * (i + 1) / config.n_blocks)
            for i in range(config.n_blocks)
        )

    def forward(self, x: Tensor, is_step: Tensor) -> Hidden:
        """Mix the steps of (B, T', D); `is_step` is (B, T'), False on padding."""
        auxiliary = {}
        for i, block in enumerate(self.blocks, start=1):
            x = block(x, is_step)
            if f"block-{i}" in self.auxiliary_widths:
                auxiliary[f"block-{i}"] = x
        return Hidden(x, is_step, auxiliary)


def transformer(config: ModelConfig) -> Body:
    """A stack of transformer blocks."""
    return Stack(TransformerBlock, config)


def conformer(config: ModelConfig) -> Body:
    """A stack of conformer blocks."""
    return Stack(ConformerBlock, config)
