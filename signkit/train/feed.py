"""Batches made ahead: while one is trained on, a thread reads and pads the next ones.

What comes, and in which order, does not depend on the thread.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import torch

from signkit.batch import Batch
from signkit.encode.retiming import Pace
from signkit.train.loader import ClipLoader, Example
from signkit.train.order import Visit, cut_into_passes, pace_of

AHEAD = 2
_CPU = torch.device("cpu")

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Pass:
    """The clips of one forward pass, not augmented yet, and the pace that was drawn for them."""

    batch: Batch
    pace: Pace

    @property
    def n_frames(self) -> int:
        """Padded frames of one view."""
        return len(self.pace.lengths) * int(self.pace.lengths.max())


@dataclass(frozen=True, eq=False)
class Share:
    """What one process does for an update.

    Args:
        update: The clips of the update, all processes together.
        own: Those of this process.
        max_frames: What the passes were cut by, 0 for one pass.
        passes: Its clips, padded.
    """

    update: Sequence[Visit]
    own: Sequence[Visit]
    max_frames: int
    passes: list[Pass]


class Feed:
    """Makes batches out of clips, ahead of their use.

    Args:
        loader: Reads the clips.
        n_views: Views of each clip that a pass must hold.
        device: Where batches will go; for CUDA they are put where the device fetches them by
            itself.
    """

    def __init__(
        self, loader: ClipLoader, *, n_views: int = 1, device: torch.device = _CPU
    ) -> None:
        self._loader = loader
        self._n_views = n_views
        self._device = device

    def share(self, update: Sequence[Visit], own: Sequence[Visit], *, max_frames: int) -> Share:
        """The own clips of an update, in passes of at most `max_frames` padded frames."""
        cut = cut_into_passes(own, max_frames=max_frames, n_views=self._n_views)
        passes = [Pass(self._batch([v.example for v in one]), pace_of(one)) for one in cut]
        return Share(update, own, max_frames, passes)

    def batches(self, batches: Iterable[Sequence[Example]]) -> Iterator[Batch]:
        """The clips of each batch, padded."""
        return made_ahead(self._batch, batches)

    def _batch(self, examples: Sequence[Example]) -> Batch:
        batch = self._loader.batch(examples)
        if self._device.type != "cuda":
            return batch
        with torch.cuda.device(self._device):  # a thread begins with the first device
            return batch.pinned()


def made_ahead(make: Callable[[Item], Made], items: Iterable[Item]) -> Generator[Made, None, None]:
    """`make` of every item, in order, by a thread that is at most `AHEAD` items ahead."""
    with ThreadPoolExecutor(1, thread_name_prefix="feed") as thread:
        ahead: deque[Future[Made]] = deque()
        try:
            for item in items:
                ahead.append(thread.submit(make, item))
                if len(ahead) > AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()
