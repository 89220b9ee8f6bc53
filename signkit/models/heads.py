"""Heads: decisions over the vocabulary, one a clip or one a step.

The cosine classifier is that of the winner of SignEval 2025 (Min et al., VIPL-SLP): how far a step
points into the direction of a gloss, whatever its length.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

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


_COSINE_SCALE = 32.0


class CosineClassifier(nn.Module):
    """Cosine between features and the weights of each id, times 32.

    Args:
        width: D.
        n_ids: V.
    """

    def __init__(self, width: int, n_ids: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(n_ids, width)))

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) to (..., V) logits from -32 to 32."""
        directions = functional.normalize(self.weight, dim=-1)
        return _COSINE_SCALE * functional.linear(functional.normalize(x, dim=-1), directions)


CLASSIFIERS: dict[str, Callable[[int, int], nn.Module]] = {
    "linear": nn.Linear,
    "cosine": CosineClassifier,
}


class PooledHead(nn.Module):
    """One decision a clip: mean and learned attention over its frames, then a classifier."""

    def __init__(
        self, width: int, n_ids: int, dropout: float, *, classifier: str = "linear"
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.weight = nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = CLASSIFIERS[classifier](2 * width, n_ids)

    def forward(self, x: Tensor, is_step: Tensor) -> Logits:
        """(B, T', D) to one step of logits."""
        x = self.norm(x)
        attention = self.weight(x).masked_fill(~is_step[..., None], -torch.inf).softmax(dim=1)
        frames = is_step[..., None].to(x.dtype)
        mean = (x * frames).sum(dim=1) / frames.sum(dim=1)
        pooled = torch.cat([mean, (x * attention).sum(dim=1)], dim=-1)
        return Logits(
            self.classifier(self.dropout(pooled))[:, None],
            torch.ones_like(is_step[:, 0], dtype=torch.long),
        )

    @staticmethod
    def decode(logits: Logits) -> list[list[int]]:
        """The best class of each clip."""
        return [[i] for i in logits.values[:, 0].argmax(dim=-1).tolist()]


class CTCHead(nn.Module):
    """One decision a step, blank included, for connectionist temporal classification (Graves et al.
    2006).
    """

    def __init__(
        self, width: int, n_ids: int, dropout: float, *, classifier: str = "linear"
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.classifier = CLASSIFIERS[classifier](width, n_ids)

    def forward(self, x: Tensor, is_step: Tensor) -> Logits:
        """(B, T', D) to (B, T', V) logits."""
        return Logits(self.classifier(self.dropout(self.norm(x))), is_step.sum(dim=1))

    @staticmethod
    def decode(logits: Logits) -> list[list[int]]:
        """Greedy: the ids of the best path of each clip."""
        log_probs = logits.values.float().log_softmax(dim=-1).cpu()
        return [
            list(greedy_path(row[:n]).ids)
            for row, n in zip(log_probs, logits.lengths.tolist(), strict=True)
        ]
