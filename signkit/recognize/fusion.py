"""The language model's say in the beam search: its rows are asked for once a state and kept."""

from collections.abc import Callable, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from signkit.decoding import LanguageModel

LEAST = -99 * float(np.log(10.0))
"""ln P of what a model gives no probability at all; ARPA files write -99 for log10 of zero."""
BYTES_KEPT = 64 << 20
_BYTES_PER_CELL = 16  # float64 and int64


class Row:
    """What a language model says after one state.

    Args:
        values: (glosses,) float64 weighted ln P of each gloss; gloss id 1 is the first.
        next_states: (glosses,) the states that follow.
    """

    __slots__ = ("log_prob", "most", "next_state", "values")

    def __init__(self, values: NDArray[np.float64], next_states: NDArray[np.int64]) -> None:
        self.values = values
        self.most = float(values.max())
        self.log_prob: Callable[[int], float] = values.item
        self.next_state: Callable[[int], int] = next_states.item


class Fusion:
    """Weighted rows of a language model.

    Args:
        lm: The model; a copy of it is bound to `glosses`.
        glosses: Of the vocabulary: id 1 is the first.
        weight: Multiplies ln P.
    """

    def __init__(self, lm: LanguageModel, glosses: Sequence[str], weight: float) -> None:
        lm = copy(lm)  # another decoder may bind the model to another vocabulary
        lm.bind(glosses)
        self._lm, self._weight = lm, weight
        self.start = int(lm.start())
        self._rows: dict[int, Row] = {}
        self._max_rows = BYTES_KEPT // (_BYTES_PER_CELL * len(glosses))

    def rows(self, states: Sequence[int]) -> list[Row]:
        """The row of each state; new ones are asked for all at once."""
        missing = sorted(set(states) - self._rows.keys())
        if missing:
            if len(self._rows) + len(missing) > self._max_rows:
                self._rows.clear()
                missing = sorted(set(states))
            self._ask(missing)
        return [self._rows[state] for state in states]

    def ends(self, states: Sequence[int]) -> list[float]:
        """Weighted ln P that the sentence ends in each state."""
        ends: list[float] = self._weighted(self._lm.end(np.array(states))).tolist()
        return ends

    def _ask(self, states: Sequence[int]) -> None:
        log_probs, next_states = self._lm.rows(np.array(states))
        for state, *row in zip(states, self._weighted(log_probs), next_states, strict=True):
            self._rows[state] = Row(*row)

    def _weighted(self, log_probs: NDArray[np.float32]) -> NDArray[np.float64]:
        weighted: NDArray[np.float64] = self._weight * np.maximum(
            log_probs.astype(np.float64), LEAST
        )
        return weighted
