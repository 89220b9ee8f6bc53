"""What training makes small: the recognition loss, and whatever the recipe adds to it.

    total = R + consistency * C                     of the recognizer's head
          + auxiliary * mean (R + consistency * C)  of the own heads of frontend and body
          + intermediate * mean R                   of the heads between the blocks
          + isolated_weight * P                     of the pooled head
          + distill * D                             from a teacher

R is CTC or cross-entropy, C the consistency of two views, P the cross-entropy of clips of a single
gloss in a continuous recipe, D the divergence from the teacher. Heads between the blocks: Lee and
Watanabe 2021, arXiv:2102.03216, who give the recognizer's head 0.7 and those 0.3. Consistency on
the convolutional and the recurrent head: Min et al. 2025 (VIPL-SLP), who weigh all heads alike.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from signkit.batch import Batch
from signkit.models.heads import Logits
from signkit.models.recognizer import POOLED
from signkit.recipe import Recipe
from signkit.train.losses import (
    consistency_loss,
    distillation_loss,
    pooled_loss,
    recognition_loss,
)
from signkit.train.teacher import Teacher

INTERMEDIATE = "block-"
"""Outputs between the blocks of a body are called `block-1`, `block-2`, ..."""


@dataclass(frozen=True, eq=False)
class Loss:
    """The loss of a batch, a mean over its clips.

    Args:
        total: Scalar to go down.
        parts: Its unweighted parts by name, detached scalars, for the record.
    """

    total: Tensor
    parts: dict[str, Tensor]


class Objective:
    """The loss that a recipe asks for.

    Args:
        recipe: Task and weights.
        teacher: Further runs to learn from.
    """

    def __init__(self, recipe: Recipe, teacher: Teacher | None = None) -> None:
        self.task = recipe.task
        self.config = recipe.train
        self.teacher = teacher

    @property
    def n_views(self) -> int:
        """Augmented views of each clip that a batch must hold, one view after the other."""
        return 2 if self.config.consistency else 1

    def __call__(self, logits: Logits, batch: Batch) -> Loss:
        """The loss of what the recognizer says about an augmented batch; the teacher reads the same
        batch.
        """
        config = self.config
        heads = {name: head for name, head in logits.auxiliary.items() if name != POOLED}
        between = [head for name, head in heads.items() if name.startswith(INTERMEDIATE)]
        own = [head for name, head in heads.items() if not name.startswith(INTERMEDIATE)]
        parts = {"recognition": (1.0, self._recognition(logits, batch))}
        if own:
            parts["auxiliary"] = (config.auxiliary, _mean(self._recognition, own, batch))
        if between:
            parts["intermediate"] = (config.intermediate, _mean(self._recognition, between, batch))
        if config.consistency:
            parts["consistency"] = (config.consistency, consistency_loss(logits, batch))
        if config.consistency and own:
            weight = config.consistency * config.auxiliary
            parts["auxiliary_consistency"] = (weight, _mean(consistency_loss, own, batch))
        if POOLED in logits.auxiliary:
            pooled = pooled_loss(logits.auxiliary[POOLED], batch, config=config)
            parts["pooled"] = (config.isolated_weight, pooled)
        if self.teacher is not None:
            parts["distill"] = (config.distill, self._distillation(self.teacher, logits, batch))
        total = torch.stack([weight * value for weight, value in parts.values()]).sum()
        return Loss(total, {name: value.detach() for name, (_, value) in parts.items()})

    def _recognition(self, logits: Logits, batch: Batch) -> Tensor:
        return recognition_loss(logits, batch, task=self.task, config=self.config)

    def _distillation(self, teacher: Teacher, logits: Logits, batch: Batch) -> Tensor:
        temperature = self.config.distill_temperature
        decisions = teacher(batch, n_steps=logits.values.shape[1], temperature=temperature)
        return distillation_loss(logits, batch, decisions, temperature=temperature)


def _mean(loss: Callable[[Logits, Batch], Tensor], heads: list[Logits], batch: Batch) -> Tensor:
    return torch.stack([loss(head, batch) for head in heads]).mean()
