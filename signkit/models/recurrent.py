"""Recurrent bodies: LSTM layers (Hochreiter and Schmidhuber 1997) over the real steps of each clip.

`lstm` is the baseline of many tutorials, which read forward in time only (64, 128 and 64 wide
there; here all layers are as wide as the model). `bilstm` reads both ways, the long-term part of
the winner of SignEval 2025 (two layers). `bilstm-attention` is the recognizer of BdSLW60 (Rubaiyeat
et al. 2024, `hasanssl/BdSLW60_Code`): one bidirectional LSTM looks at another one.

Departures: padding counts for nothing, where the published code runs over zeros; a head pools over
time or decides at each step, where BdSLW60 flattens 164 frames.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from signkit.models.hidden import Body, Hidden
from signkit.sections import ModelConfig


class MaskedLSTM(nn.Module):
    """LSTM layers that begin and end with each clip.

    To read backward, each clip is turned around within its own length. That gives what packed
    sequences give, two to three times as fast on a CPU.

    Args:
        n_in: Width of the steps.
        n_out: Width of what comes out, both directions together.
        n_layers: Layers one above the other.
        both_ways: Also from the last step to the first.
        dropout: Between layers.
    """

    def __init__(
        self, n_in: int, n_out: int, *, n_layers: int, both_ways: bool, dropout: float
    ) -> None:
        super().__init__()
        n_units = n_out // 2 if both_ways else n_out
        widths = (n_in, *[n_out] * (n_layers - 1))
        self.ahead = nn.ModuleList(nn.LSTM(n, n_units, batch_first=True) for n in widths)
        self.back = nn.ModuleList(
            nn.LSTM(n, n_units, batch_first=True) for n in widths[: n_layers * both_ways]
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, is_step: Tensor) -> Tensor:
        """(B, T', n_in) to (B, T', n_out), 0 on padding."""
        for i, ahead in enumerate(self.ahead):
            x = x if i == 0 else self.dropout(x)
            ways = [ahead(x)[0]]
            if self.back:
                ways.append(reverse(self.back[i](reverse(x, is_step))[0], is_step))
            x = torch.cat(ways, dim=-1)
        return x.masked_fill(~is_step[..., None], 0.0)


def reverse(x: Tensor, is_step: Tensor) -> Tensor:
    """(B, T', D) with the valid steps of each clip in reverse order; padding stays where it is."""
    steps = torch.arange(x.shape[1], device=x.device)[None]
    order = torch.where(is_step, is_step.sum(dim=1, keepdim=True) - 1 - steps, steps)
    return x.gather(1, order[..., None].expand_as(x))


class Recurrent(nn.Module):
    """A stack of LSTM layers."""

    def __init__(self, config: ModelConfig, *, both_ways: bool) -> None:
        super().__init__()
        self.auxiliary_widths: dict[str, int] = {}
        self.lstm = MaskedLSTM(
            config.width,
            config.width,
            n_layers=config.n_blocks,
            both_ways=both_ways,
            dropout=config.dropout,
        )

    def forward(self, x: Tensor, is_step: Tensor) -> Hidden:
        """Mix the steps of (B, T', D); `is_step` is (B, T'), False on padding."""
        return Hidden(self.lstm(x, is_step), is_step)


class BiLSTMAttention(nn.Module):
    """Two bidirectional LSTMs side by side; the second looks at the first, whose output is thinned
    out by dropout, and both answers are handed on: the second's own and what it found.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.auxiliary_widths: dict[str, int] = {}
        self.first, self.second = (
            MaskedLSTM(config.width, config.width // 2, n_layers=1, both_ways=True, dropout=0.0)
            for _ in range(2)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, is_step: Tensor) -> Hidden:
        """Mix the steps of (B, T', D); `is_step` is (B, T'), False on padding."""
        query = self.second(x, is_step)  # (B, T', D / 2)
        value = self.dropout(self.first(x, is_step))
        found = functional.scaled_dot_product_attention(
            query, value, value, attn_mask=is_step[:, None]
        )
        return Hidden(torch.cat([query, found], dim=-1), is_step)


def lstm(config: ModelConfig) -> Body:
    """LSTM layers that read forward."""
    return Recurrent(config, both_ways=False)


def bilstm(config: ModelConfig) -> Body:
    """LSTM layers that read both ways."""
    return Recurrent(config, both_ways=True)
