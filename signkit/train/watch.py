"""A look at the values of the updates: are they numbers, and what do they come to.

To look at a value of an accelerator is to wait for it, so there it is done for some updates at
once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from signkit.errors import TrainingError
from signkit.train.order import Visit

_UPDATES_PER_LOOK = 10
FIRST_FEW = 3


@dataclass(frozen=True)
class Seen:
    """Values of one update.

    Args:
        update: Its number, from 1.
        lr: Its learning rate.
        values: Loss, its parts, norm of the gradient.
    """

    update: int
    lr: float
    values: dict[str, float]


@dataclass(frozen=True, eq=False)
class _Unseen:
    update: int
    lr: float
    visits: Sequence[Visit]
    values: dict[str, Tensor]


class Watch:
    """Sums over the updates of an epoch.

    Args:
        sums: Those of the updates before.
        is_lazy: Look at several updates at once.
        is_scaled: The gradient may overflow now and then, and the update is left out then.
    """

    def __init__(self, sums: dict[str, float], *, is_lazy: bool, is_scaled: bool) -> None:
        self.sums = dict(sums)
        self._is_scaled = is_scaled
        self._per_look = _UPDATES_PER_LOOK if is_lazy else 1
        self._unseen: list[_Unseen] = []
        self.last_loss = math.nan

    def add(
        self, values: dict[str, Tensor], *, update: int, lr: float, visits: Sequence[Visit]
    ) -> list[Seen]:
        """Take the values of an update; returns those that were looked at now."""
        self._unseen.append(_Unseen(update, lr, visits, values))
        return self.look() if len(self._unseen) >= self._per_look or not self.sums else []

    def look(self) -> list[Seen]:
        """Look at all updates since the last look.

        Raises:
            TrainingError: A loss or gradient is not a number.
        """
        unseen, self._unseen = self._unseen, []
        stacked = [torch.stack([v.float() for v in one.values.values()]) for one in unseen]
        numbers = torch.stack(stacked).tolist() if stacked else []
        seen = []
        for one, row in zip(unseen, numbers, strict=True):
            values = dict(zip(one.values, row, strict=True))
            self._check(values, one)
            self._sum(values, one.visits)
            self.last_loss = values["loss"]
            seen.append(Seen(one.update, one.lr, values))
        return seen

    def _sum(self, values: dict[str, float], visits: Sequence[Visit]) -> None:
        n_clips = len(visits)
        added = {name: n_clips * value for name, value in values.items() if math.isfinite(value)}
        added |= {"clips": n_clips, "frames": sum(visit.n_frames for visit in visits)}
        if not math.isfinite(values["gradient_norm"]):
            added["overflown"] = n_clips
        for name, value in added.items():
            self.sums[name] = self.sums.get(name, 0) + value

    def _check(self, values: dict[str, float], one: _Unseen) -> None:
        wrong = ["loss"] if not math.isfinite(values["loss"]) else []
        if not self._is_scaled and not math.isfinite(values["gradient_norm"]):
            wrong.append("gradient_norm")
        if not wrong:
            return
        names = [visit.example.clip.clip_id for visit in one.visits[:FIRST_FEW]]
        what = "loss" if wrong[0] == "loss" else "norm of the gradient"
        raise TrainingError(
            f"the {what} is {values[wrong[0]]} at update {one.update} (clips {', '.join(names)} "
            "...); lower train.peak_lr, or use train.precision=no; with --resume training goes on "
            "from the last state that was saved, with the same settings"
        )
