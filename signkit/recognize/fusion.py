"""The language model's say in the beam search: its rows are asked for once a state and kept."""

from collections.abc import Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from signkit.decoding import LanguageModel
from signkit.vocabulary import BLANK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = -99 * float(np.log(10.0))
"""ln P of what a model gives no probability at all; ARPA files write -99 for log10 of zero."""
BYTES_KEPT = 64 << 20


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
        self._lm, self._weight, self._n_glosses = lm, weight, len(glosses)
        self.start = int(lm.start())
        self._known: Ints
        self._place: Ints
        self._rows: Floats
        self._next: Ints
        self._most: Floats
        self._forget(BYTES_KEPT // (16 * self._n_glosses))

    def log_probs(self, places: Ints, ids: Ints) -> Floats:
        """Weighted ln P of each gloss after the state of the row at each place."""
        return self._rows.reshape(-1).take(places * self._n_glosses + (ids - 1))

    def most(self, places: Ints) -> Floats:
        """(...,) the best that any gloss gets after each state."""
        return self._most[places]

    def end(self, states: Ints) -> Floats:
        """(...,) weighted ln P that the sentence ends."""
        log_probs = np.asarray(self._lm.end(states.reshape(-1)), dtype=np.float64)
        weighted: Floats = self._weight * np.maximum(log_probs, LEAST).reshape(states.shape)
        return weighted

    def follow(self, states: Ints, places: Ints, ids: Ints) -> Ints:
        """States after the glosses of these ids; the same state after a blank."""
        at = places * self._n_glosses + np.maximum(ids - 1, 0)
        return np.where(ids == BLANK, states, self._next.reshape(-1).take(at))

    def places(self, states: Ints) -> Ints:
        """Where the rows of the states are kept until the next call; new ones are asked for."""
        found, inverse = np.unique(states, return_inverse=True)
        at = np.searchsorted(self._known, found)
        is_new = np.full(len(found), True)
        if len(self._known):
            is_new = self._known.take(at, mode="clip") != found
        if is_new.any():
            if len(self._known) + is_new.sum() > len(self._rows):
                self._forget(max(len(self._rows), len(found)))
                is_new[:] = True
            self._ask(found[is_new])
            at = np.searchsorted(self._known, found)
        return self._place[at][inverse].reshape(states.shape)

    def _ask(self, states: Ints) -> None:
        n = len(self._known)
        rows, next_states = self._lm.rows(states)
        new = slice(n, n + len(states))
        self._rows[new] = self._weight * np.maximum(rows.astype(np.float64), LEAST)
        self._next[new] = next_states
        self._most[new] = self._rows[new].max(axis=1)
        known = np.concatenate([self._known, states])
        place = np.concatenate([self._place, np.arange(n, n + len(states))])
        order = np.argsort(known)
        self._known, self._place = known[order], place[order]

    def _forget(self, n_rows: int) -> None:
        n_rows = max(n_rows, 1024)
        self._known = self._place = np.zeros(0, dtype=np.int64)
        self._rows = np.empty((n_rows, self._n_glosses))
        self._next = np.empty((n_rows, self._n_glosses), dtype=np.int64)
        self._most = np.empty(n_rows)
