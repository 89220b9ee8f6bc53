"""The recognizer: encoder, frontend, body, head; raw pixel landmarks in, logits out."""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from signkit.encode.encoder import RelativeEncoder
from signkit.models.bodies import BODIES
from signkit.models.greedy import greedy_path
from signkit.models.layers import Subsampling
from signkit.recipe import ModelConfig, Recipe
from signkit.skeleton import Skeleton
from signkit.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Logits:
    """What a head says.

    Args:
        values: (B, T', V) for CTC, (B, 1, V) for one gloss a clip.
        lengths: (B,) valid steps on axis T'.
    """

    values: Tensor
    lengths: Tensor


class Frontend(nn.Module):
    """Features to model width, then /2 in time as often as the settings say."""

    def __init__(self, n_features: int, config: ModelConfig) -> None:
        super().__init__()
        self.dropout = nn.Dropout(config.input_dropout)
        self.project = nn.Linear(n_features, config.width)
        self.norm = nn.LayerNorm(config.width)
        n_halvings = config.subsampling.bit_length() - 1
        self.halvings = nn.ModuleList(Subsampling(config.width) for _ in range(n_halvings))

    def forward(self, features: Tensor, is_frame: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, F) and mask to (B, T', D) and mask."""
        x = self.norm(self.project(self.dropout(features)))
        for halving in self.halvings:
            x, is_frame = halving(x, is_frame)
        return x, is_frame


class PooledHead(nn.Module):
    """One decision a clip: mean and learned attention over its frames, then a linear classifier."""

    def __init__(self, width: int, n_ids: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.weight = nn.Linear(width, 1)
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, n_ids))

    def forward(self, x: Tensor, is_frame: Tensor) -> Logits:
        """(B, T, D) to one step of logits."""
        x = self.norm(x)
        attention = self.weight(x).masked_fill(~is_frame[..., None], -torch.inf).softmax(dim=1)
        frames = is_frame[..., None].to(x.dtype)
        mean = (x * frames).sum(dim=1) / frames.sum(dim=1)
        pooled = torch.cat([mean, (x * attention).sum(dim=1)], dim=-1)
        return Logits(
            self.classify(pooled)[:, None], torch.ones_like(is_frame[:, 0], dtype=torch.long)
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

    def forward(self, x: Tensor, is_frame: Tensor) -> Logits:
        """(B, T', D) to (B, T', V) logits."""
        return Logits(self.classify(x), is_frame.sum(dim=1))

    @staticmethod
    def decode(logits: Logits) -> list[list[int]]:
        """Greedy: the ids of the best path of each clip."""
        log_probs = logits.values.float().log_softmax(dim=-1).cpu()
        return [
            list(greedy_path(row[:n]).ids)
            for row, n in zip(log_probs, logits.lengths.tolist(), strict=True)
        ]


class Recognizer(nn.Module):
    """Landmarks of any supported skeleton to logits over a vocabulary.

    Args:
        recipe: All sizes and choices.
        skeleton: Landmarks of the incoming clips.
        vocabulary: Decides the number of logits.
        fps: Frames per second of the incoming clips.
    """

    def __init__(
        self, recipe: Recipe, skeleton: Skeleton, vocabulary: Vocabulary, *, fps: float
    ) -> None:
        super().__init__()
        config = recipe.model
        self.encoder = RelativeEncoder(skeleton, recipe.encoder, recipe.data, fps=fps)
        self.frontend = Frontend(self.encoder.n_features, config)
        self.body = BODIES[config.body](config)
        head = PooledHead if recipe.task == "isolated" else CTCHead
        self.head: PooledHead | CTCHead = head(config.width, vocabulary.n_ids, config.head_dropout)

    def forward(self, coords: Tensor, is_frame: Tensor) -> Logits:
        """Logits of (B, T, L, C) pixels with a (B, T) mask."""
        x, is_frame = self.frontend(self.encoder(coords, is_frame), is_frame)
        out: Logits = self.head(self.body(x, is_frame), is_frame)
        return out

    @property
    def n_parameters(self) -> int:
        return sum(p.numel() for p in self.parameters())


def shortest_clip(target: list[int], subsampling: int) -> int:
    """Frames that CTC needs for a target: one step a gloss, one more between equal neighbours, all
    subsampled.
    """
    repeats = sum(a == b for a, b in itertools.pairwise(target))
    return (len(target) + repeats - 1) * subsampling + 1
