"""What training makes small: the recognition loss, and whatever the recipe adds to it."""

from dataclasses import dataclass

from torch import Tensor

from signkit.batch import Batch
from signkit.models.heads import Logits
from signkit.recipe import Recipe
from signkit.train.losses import consistency_loss, recognition_loss


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
    """

    def __init__(self, recipe: Recipe) -> None:
        self.task = recipe.task
        self.config = recipe.train

    @property
    def n_views(self) -> int:
        """Augmented views of each clip that a batch must hold, one view after the other."""
        return 2 if self.config.consistency else 1

    def __call__(self, logits: Logits, batch: Batch) -> Loss:
        """The loss of what the recognizer says about an augmented batch."""
        recognition = recognition_loss(logits, batch, task=self.task, config=self.config)
        parts = {"recognition": (1.0, recognition)}
        if self.config.consistency:
            parts["consistency"] = (self.config.consistency, consistency_loss(logits))
        total = sum((weight * value for weight, value in parts.values()), start=0 * recognition)
        return Loss(total, {name: value.detach() for name, (_, value) in parts.items()})
