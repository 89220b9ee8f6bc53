"""Heads: decisions over the vocabulary, one a clip or one a step."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from signkit.models.greedy import greedy_path


@dataclass(frozen=True, eq=False)
class Logits:
    """What a head says.

    Args:
        values: (B, T', V) for CTC, (B, 1, V) for one gloss a clip.
        lengths: (B,) valid steps on axis T'.
        auxiliary: What the heads on further outputs say, by name; in training only.
    """

    values: Tensor
    lengths: Tensor
    auxiliary: "dict[str, Logits]" = field(default_factory=dict)


class PooledHead(nn.Module):
    """One decision a clip: mean and learned attention over its frames, then a linear classifier."""

    def __init__(self, width: int, n_ids: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.weight = nn.Linear(width, 1)
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, n_ids))

    def forward(self, x: Tensor, is_step: Tensor) -> Logits:
        """(B, T', D) to one step of logits."""
        x = self.norm(x)
        attention = self.weight(x).masked_fill(~is_step[..., None], -torch.inf).softmax(dim=1)
        frames = is_step[..., None].to(x.dtype)
        mean = (x * frames).sum(dim=1) / frames.sum(dim=1)
        pooled = torch.cat([mean, (x * attention).sum(dim=1)], dim=-1)
        return Logits(
            self.classify(pooled)[:, None], torch.ones_like(is_step[:, 0], dtype=torch.long)
        )

    @staticmethod
    def decode(logits: Logits) -> list[list[int]]:
        """The best class of each clip."""
        return [[i] for i in logits.values[:, 0].argmax(dim=-1).tolist()]


class CTCHead(nn.Module):
    """One decision a step, blank included, for connectionist temporal classification (Graves et al.
    2006).
    """

    def __init__(self, width: int, n_ids: int, dropout: float) -> None:
        super().__init__()
        self.classify = nn.Sequential(
            nn.LayerNorm(width), nn.Dropout(dropout), nn.Linear(width, n_ids)
        )

    def forward(self, x: Tensor, is_step: Tensor) -> Logits:
        """(B, T', D) to (B, T', V) logits."""
        return Logits(self.classify(x), is_step.sum(dim=1))

    @staticmethod
    def decode(logits: Logits) -> list[list[int]]:
        """Greedy: the ids of the best path of each clip."""
        log_probs = logits.values.float().log_softmax(dim=-1).cpu()
        return [
            list(greedy_path(row[:n]).ids)
            for row, n in zip(log_probs, logits.lengths.tolist(), strict=True)
        ]
