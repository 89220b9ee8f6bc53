"""The steps of a clip as the beam search reads them: glosses from the best down, as far as needed.

Where a recognizer is sure of the blank, the search asks for no gloss, and none is sorted.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from signkit.recognize.fusion import Row

N_FIRST = 16
"""Glosses that are put in order at once; the others are when the search comes to them."""

Lattice = NDArray[np.float32]
Ordered = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Gloss ids and their log probabilities, best first; of equal ones the lower id."""


class Frame:
    """One step of a clip.

    Args:
        log_probs: (V,).
        best: That of the best gloss.
    """

    __slots__ = ("_first", "_glosses", "_least", "_others", "best", "value_of")

    def __init__(self, log_probs: Lattice, best: float) -> None:
        self.value_of: Callable[[int], float] = log_probs.item
        self.best = best
        self._glosses = log_probs[1:]
        self._first: list[tuple[int, float]] | None = None
        self._others: Ordered | None = None

    def glosses(
        self, total: float, extra: float, row: Row | None, scores: list[float]
    ) -> Iterator[tuple[int, float]]:
        """Glosses that a prefix may grow by and their log probabilities, best first.

        Those that are not among the first come only where they score more than `scores[0]`.

        Args:
            total: ln P of the prefix.
            extra: What is added to the score whatever the gloss is.
            row: What the language model adds.
            scores: A heap; looked at after the first glosses.
        """
        if self._first is None:
            self._first = self._sorted_first()
        yield from self._first
        if len(self._first) == len(self._glosses):
            return
        if self._others is None:
            self._others = self._sorted(self._glosses < self._least)
        ids, values = self._others
        more = extra if row is None else extra + row.values[ids - 1]
        may_do = np.flatnonzero(values + total + more > scores[0])
        yield from zip(ids[may_do].tolist(), values[may_do].tolist(), strict=True)

    def _sorted_first(self) -> list[tuple[int, float]]:
        n = min(N_FIRST, len(self._glosses))
        self._least = np.partition(self._glosses, -n)[-n]
        ids, values = self._sorted(self._glosses >= self._least)
        return list(zip(ids.tolist(), values.tolist(), strict=True))

    def _sorted(self, wanted: NDArray[np.bool_]) -> Ordered:
        places = np.flatnonzero(wanted)
        values = self._glosses[places].astype(np.float64)
        order = np.argsort(-values, kind="stable")
        return places[order] + 1, values[order]


def frames(log_probs: Lattice) -> Iterator[Frame]:
    """The steps of (T', V) log probabilities."""
    best = log_probs[:, 1:].max(axis=1).tolist()
    return map(Frame, log_probs, best)
