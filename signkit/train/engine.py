"""One update: forward passes, their gradients added up over passes and processes, one step.

A pass counts by its share of the clips of the update, so one big pass, several small ones, and
several processes give the same gradient up to rounding, but for what every pass has of its own:
its draws of augmentation and dropout, and the statistics of a batch norm. A pass that does not fit
into memory is tried again in halves, and passes stay that small for the rest of the run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from signkit.batch import Batch, twice
from signkit.encode.augment import Augment
from signkit.models.recognizer import Recognizer
from signkit.sections import TrainConfig
from signkit.train.feed import Feed, Pass, Share
from signkit.train.memory import free_memory, is_out_of_memory, smaller_pass
from signkit.train.objective import Objective
from signkit.train.optimizer import Average, adamw, copy_weights
from signkit.train.order import pass_seed
from signkit.train.processes import Processes

Values = dict[str, Tensor]
"""Scalars by name, still on the device: `loss` and its parts, means over the clips of an update."""


@dataclass(frozen=True, eq=False)
class _Attempt:
    """Values of the passes that fitted into memory; padded frames of the one that did not, and
    whether that was a clip alone.
    """

    values: Values
    unfit_frames: int = 0
    is_alone: bool = False


class Engine:
    """Weights, optimizer and averaged weights of a run, and what an update does to them.

    Args:
        model: Its encoder is fitted.
        objective: What to make small.
        augment: Random changes of the clips.
        config: Clipping, averages, seed.
        processes: Devices.
        say: Called with one line when passes become smaller.
    """

    def __init__(
        self,
        model: Recognizer,
        objective: Objective,
        augment: Augment,
        config: TrainConfig,
        processes: Processes,
        *,
        say: Callable[[str], None],
    ) -> None:
        self.model = model.to(processes.device)
        self.optimizer = processes.accelerator.prepare(adamw(self.model, config))
        self.scaler: Any = processes.accelerator.scaler
        self.average = Average(self.model, config.ema_decay)
        self.frames_per_pass = config.frames_per_pass
        self._config = config
        self._objective, self._augment = objective, augment
        self._processes, self._say = processes, say
        self._parameters = list(self.model.parameters())
        self._names: tuple[str, ...] = ()
        if config.compile and isinstance(self.model.body, nn.Module):
            self.model.body.compile(dynamic=True)

    def update(self, share: Share, feed: Feed, *, update: int, lr: float) -> Values:
        """Move the weights once; returns the loss, its parts, and the norm of the gradient.

        Args:
            share: What this process does for the update.
            feed: Cuts it into smaller passes, if it must be.
            update: Its number, from 0.
            lr: Learning rate.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        own = self._gradients(share, feed, update)
        sums = self._processes.sum_gradients(self._parameters, own)
        accelerator = self._processes.accelerator
        norm = accelerator.clip_grad_norm_(self._parameters, self._config.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.average.follow(self.model, n_updates=update + 1)
        return {**dict(zip(self._names, sums, strict=True)), "gradient_norm": norm}

    def weights(self) -> dict[str, Tensor]:
        """The weights to keep and to recognize with, averaged if they are; they go on changing."""
        return self.average.weights or self.model.state_dict()

    @contextmanager
    def with_weights(self) -> Iterator[Recognizer]:
        """The model with the weights to recognize with, while the block runs; tables that each
        process measures for itself are those of the first one.
        """
        current = copy_weights(self.model) if self.average.weights else {}
        if current:
            self.model.load_state_dict(self.average.weights)
        self._processes.share(self.model.buffers())
        try:
            yield self.model
        finally:
            if current:
                self.model.load_state_dict(current)

    def _gradients(self, share: Share, feed: Feed, update: int) -> Tensor:
        """Leave the gradients of this process in the parameters; returns its part of the values."""
        while True:
            if share.max_frames != self.frames_per_pass:  # made before passes became smaller
                share = feed.share(share.update, share.own, max_frames=self.frames_per_pass)
            attempt = self._attempt(share, update)
            frames, is_alone = self._processes.largest(attempt.unfit_frames, attempt.is_alone)
            if not frames:
                return self._in_order(attempt.values)
            self._shrink(frames, is_alone=bool(is_alone))

    def _attempt(self, share: Share, update: int) -> _Attempt:
        values: Values = {}
        for index, one in enumerate(share.passes):
            weight = len(one.batch.clip_ids) / len(share.update)
            try:
                own = self._pass(one, update, index, weight)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                frames = one.n_frames * self._objective.n_views
                return _Attempt(values, frames, len(one.batch.clip_ids) == 1)
            values = {name: value + values.get(name, 0.0) for name, value in own.items()}
        return _Attempt(values)

    def _pass(self, one: Pass, update: int, index: int, weight: float) -> Values:
        """Add the gradients of one forward pass; it weighs `weight` in the update."""
        rank, config = self._processes.rank, self._config
        seed = pass_seed(config.seed, update=update, rank=rank, index=index)
        torch.manual_seed(seed)
        batch = self._augmented(one, torch.Generator().manual_seed(seed + 1))
        with self._processes.autocast():
            logits = self.model(batch.coords, batch.is_frame, n_views=self._objective.n_views)
        loss = self._objective(logits, batch)
        self._processes.accelerator.backward(loss.total * weight)
        values = {"loss": loss.total.detach(), **loss.parts}
        return {name: weight * value for name, value in values.items()}

    def _augmented(self, one: Pass, generator: torch.Generator) -> Batch:
        """The clips as they are trained on: one changed view of each, or two equal in time."""
        batch = one.batch.to(self._processes.device)
        coords, lengths = self._augment.retime(batch.coords, batch.lengths, one.pace, generator)
        batch = replace(batch, coords=coords, lengths=lengths)
        if self._objective.n_views == 2:
            batch = twice(batch)
        return replace(batch, coords=self._augment.disturb(batch.coords, batch.lengths, generator))

    def _in_order(self, values: Values) -> Tensor:
        """(N,) the values in the order of their names, which all processes agree on once; 0 for
        those of a process without a clip.
        """
        if not self._names:
            self._names = tuple(dict.fromkeys(self._processes.gathered(list(values))))
        nothing = torch.zeros((), device=self._processes.device)
        return torch.stack([values.get(name, nothing) for name in self._names])

    def _shrink(self, n_frames: int, *, is_alone: bool) -> None:
        self.optimizer.zero_grad()
        free_memory(self._processes.device)
        self.frames_per_pass = smaller_pass(n_frames, is_alone=is_alone)
        self._say(
            f"memory is full with {n_frames} padded frames in a pass; from now on passes hold "
            f"{self.frames_per_pass} (train.frames_per_pass={self.frames_per_pass} does so from "
            "the start); what is learned stays the same"
        )
