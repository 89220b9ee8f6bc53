"""The recognizer: encoder, frontend, body, head; raw pixel landmarks in, logits out.

With `model.members` several recognizers are trained side by side on the same features, and the mean
of their probabilities decides. They begin differently, so their errors differ, most of all where
train clips are few.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from signkit.encode.encoder import RelativeEncoder
from signkit.encode.layout import FeatureLayout
from signkit.models import BODIES, FRONTENDS
from signkit.models.heads import CTCHead, Logits, PooledHead
from signkit.models.hidden import Hidden
from signkit.recipe import Recipe
from signkit.skeleton import Skeleton
from signkit.vocabulary import Vocabulary

POOLED = "pooled"
"""Name of the auxiliary output that decides on a clip as a whole, beside CTC."""
MEMBER = "member/"
"""Of several branches, `member/0`, `member/1`, ...: what each says by itself."""


class Branch(nn.Module):
    """Frontend, body and heads over the encoded features: one opinion on a clip."""

    def __init__(self, layout: FeatureLayout, recipe: Recipe, n_ids: int) -> None:
        super().__init__()
        config = recipe.model
        self.frontend = FRONTENDS[config.frontend](layout, config)
        self.body = BODIES[config.body](config)
        kind: type[PooledHead] | type[CTCHead] = (
            PooledHead if recipe.task == "isolated" else CTCHead
        )
        head = partial(kind, dropout=config.head_dropout, classifier=config.classifier)
        self.head = head(config.width, n_ids)
        widths = {**self.frontend.auxiliary_widths, **self.body.auxiliary_widths}
        self.auxiliary_heads = nn.ModuleDict(
            {name: head(width, n_ids) for name, width in widths.items()}
        )

    def forward(self, features: Tensor, is_frame: Tensor, *, n_views: int) -> tuple[Logits, Hidden]:
        """What the heads say of (B, T, F) features, the auxiliary ones in training only, and the
        steps that the last head looked at.
        """
        front: Hidden = self.frontend(features, is_frame, n_views=n_views)
        hidden: Hidden = self.body(front.x, front.is_step)
        logits: Logits = self.head(hidden.x, hidden.is_step)
        if not self.training:
            return logits, hidden
        auxiliary = {
            name: head(source.auxiliary[name], source.is_step)
            for source in (front, hidden)
            for name, head in self.auxiliary_heads.items()
            if name in source.auxiliary
        }
        return Logits(logits.values, logits.lengths, auxiliary), hidden


class Recognizer(nn.Module):
    """Landmarks of any supported skeleton to logits over a vocabulary.

    Args:
        recipe: All sizes and choices.
        skeleton: Landmarks of the incoming clips.
        vocabulary: Decides the number of logits.
        fps: Frames per second of the incoming clips.
        pooled: Train a further head beside a CTC head that decides on a clip as a whole, for clips
            of one gloss; it knows no blank, and does not exist when recognizing.
    """

    def __init__(
        self,
        recipe: Recipe,
        skeleton: Skeleton,
        vocabulary: Vocabulary,
        *,
        fps: float,
        pooled: bool = False,
    ) -> None:
        super().__init__()
        config = recipe.model
        self.encoder = RelativeEncoder(skeleton, recipe.encoder, recipe.data, fps=fps)
        self.branches = nn.ModuleList(
            Branch(self.encoder.layout, recipe, vocabulary.n_ids) for _ in range(config.members)
        )
        n_glosses = len(vocabulary.glosses)
        one_a_clip = partial(PooledHead, dropout=config.head_dropout, classifier=config.classifier)
        self.pooled = one_a_clip(config.width, n_glosses) if pooled else None
        self.decode = CTCHead.decode if recipe.task == "continuous" else PooledHead.decode

    def forward(self, coords: Tensor, is_frame: Tensor, *, n_views: int = 1) -> Logits:
        """Logits of (B, T, L, C) pixels with a (B, T) mask; the batch holds `n_views` views of each
        clip, one view after the other.
        """
        features = self.encoder(coords, is_frame)
        opinions = [branch(features, is_frame, n_views=n_views) for branch in self.branches]
        members: list[Logits] = [logits for logits, _ in opinions]
        logits = members[0] if len(members) == 1 else mean_decision(members)
        if not self.training:
            return logits
        auxiliary = dict(members[0].auxiliary)
        if len(members) > 1:
            auxiliary = _all_heads(members)
        if self.pooled is not None:
            hidden: Hidden = opinions[0][1]
            auxiliary[POOLED] = self.pooled(hidden.x, hidden.is_step)
        return Logits(logits.values, logits.lengths, auxiliary)

    @property
    def n_parameters(self) -> int:
        """Trained numbers in a run folder: all but the pooled head's. Those of auxiliary heads are
        among them, though recognition does without.
        """
        kept = for_recognition(dict(self.named_parameters()))
        return sum(p.numel() for p in kept.values())


def mean_decision(members: Sequence[Logits]) -> Logits:
    """Logarithm of the mean probability (Lakshminarayanan et al. 2017, arXiv:1612.01474)."""
    log_probs = torch.stack([member.values.float().log_softmax(dim=-1) for member in members])
    mean = log_probs.logsumexp(dim=0) - math.log(len(members))
    return Logits(mean, members[0].lengths)


def _all_heads(members: Sequence[Logits]) -> dict[str, Logits]:
    """`member/0`, `block-1/0`, ..., `member/1`, ...: what all heads of all branches say."""
    heads = {}
    for i, member in enumerate(members):
        heads[f"{MEMBER}{i}"] = Logits(member.values, member.lengths)
        heads |= {f"{name}/{i}": head for name, head in member.auxiliary.items()}
    return heads


def for_recognition(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights without those of the pooled head, which only training has."""
    return {name: v for name, v in weights.items() if not name.startswith(f"{POOLED}.")}


def shortest_clip(target: list[int], subsampling: int) -> int:
    """Frames that CTC needs for a target: one step a gloss, one more between equal neighbours, all
    subsampled.
    """
    repeats = sum(a == b for a, b in itertools.pairwise(target))
    return (len(target) + repeats - 1) * subsampling + 1
