"""How long training lasts, and the learning rate of each update."""

import math
from dataclasses import dataclass

from signkit.sections import TrainConfig


@dataclass(frozen=True)
class Schedule:
    """Epochs of a run and its learning rate.

    Args:
        config: Peak, warm-up and epochs.
        per_epoch: Updates of the first epoch; later ones may have a few more or less, since a
            budget of frames is filled by other clips.
    """

    config: TrainConfig
    per_epoch: int

    @property
    def n_epochs(self) -> int:
        """Epochs asked for, or as many as the least number of updates needs."""
        return max(self.config.epochs, math.ceil(self.config.min_updates / self.per_epoch))

    def lr(self, *, epoch: int, done: int, n_updates: int) -> float:
        """Learning rate of the next update, after `done` of the `n_updates` of this epoch."""
        position = epoch + done / n_updates
        return learning_rate(self.config, position * self.per_epoch, self.n_epochs * self.per_epoch)


def learning_rate(config: TrainConfig, update: float, n_updates: int) -> float:
    """Linear warm-up to the peak, then half a cosine down to zero, by number of updates done."""
    n_warmup = max(1, round(config.warmup * n_updates))
    if update < n_warmup:
        return config.peak_lr * min(1.0, (update + 1) / n_warmup)
    share = (update - n_warmup) / max(1, n_updates - n_warmup)
    return config.peak_lr * 0.5 * (1 + math.cos(math.pi * share))
