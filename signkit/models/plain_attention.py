"""Multi-head attention as the published recognizers have it: no norm before it, no positions, and
dropout on the attention weights themselves (Vaswani et al. 2017, arXiv:1706.03762).
"""

from torch import Tensor, nn
from torch.nn import functional

from signkit.models.attention import attend


class PlainAttention(nn.Module):
    """Every step asks all steps of its clip.

    Args:
        width: D, a multiple of `n_heads`.
        n_heads: H.
        dropout: On the attention weights.
        bias: Whether the projections have one.
        scale: Factor of the dot products; None: one over the square root of D / H.
    """

    def __init__(
        self,
        width: int,
        n_heads: int,
        dropout: float,
        *,
        bias: bool = True,
        scale: float | None = None,
    ) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.dropout = dropout
        self.factor = 1.0 if scale is None else scale * (width / n_heads) ** 0.5
        self.qkv = nn.Linear(width, 3 * width, bias=bias)
        self.project = nn.Linear(width, width, bias=bias)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Mix the steps of (B, T', D); `mask` fits (B, H, T', T') and is True where a step may be
        looked at, None: everywhere.
        """
        n_clips, n_steps, width = x.shape
        heads = self.qkv(x).reshape(n_clips, n_steps, 3, self.n_heads, -1)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # each (B, H, T', D / H)
        q = q * self.factor
        if self.training and self.dropout:
            mixed = functional.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, dropout_p=self.dropout
            )
        else:
            mixed = attend(q, k, v, mask=mask)
        out: Tensor = self.project(mixed.transpose(1, 2).reshape(n_clips, n_steps, width))
        return out
