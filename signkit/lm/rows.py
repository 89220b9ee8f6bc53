"""Whole rows of a language model: ln P of every gloss of a vocabulary after a state.

The row of a state is the row of its suffix plus its back-off weight, with the n-grams that begin
with the state written over it; so are the states that follow. Rows are made when they are asked
for, with those of their suffixes, all of one length at a time, and kept until there are too many.
"""

import numpy as np
from numpy.typing import NDArray

from signkit.lm.tree import ROOT, Ints, NgramTree

BYTES_KEPT = 256 << 20
_BYTES_PER_CELL = 12  # float32 and int64


class BoundRows:
    """Rows over V glosses, in their order.

    Args:
        tree: The n-grams.
        log_probs: (N,) ln P of each node's last word.
        back_offs: (N,) natural logarithm of each node's back-off weight.
        state_of: (N,) the state that each node leads to.
        columns: (V,) word id of each gloss, -1 for one without any probability.
        bytes_kept: Rows are forgotten when they would need more, unless one question does.
    """

    def __init__(
        self,
        tree: NgramTree,
        log_probs: NDArray[np.float64],
        back_offs: NDArray[np.float64],
        state_of: Ints,
        columns: Ints,
        *,
        bytes_kept: int = BYTES_KEPT,
    ) -> None:
        self._tree, self._log_probs, self._back_offs = tree, log_probs, back_offs
        self._state_of, self._columns = state_of, columns
        # a gloss of the vocabulary may be listed twice, and all unknown ones share <unk>: the
        # rows are made over distinct words and spread over the columns at the end
        self._words, self._spread = np.unique(columns, return_inverse=True)
        self._place_of = np.full(tree.n_words, -1)
        known = self._words >= 0
        self._place_of[self._words[known]] = np.flatnonzero(known)
        self._is_plain = len(self._words) == len(columns) and (np.diff(columns) > 0).all()
        self._max_rows = max(1, bytes_kept // (_BYTES_PER_CELL * max(1, len(self._words))))
        self._forget()

    def rows(self, states: Ints) -> tuple[NDArray[np.float32], Ints]:
        """(n, V) ln P and (n, V) next states."""
        missing = self._missing(states)
        if self._n and self._n + len(missing) > self._max_rows:
            self._forget()
            missing = self._missing(states)
        if len(missing):
            self._make(missing)
        slots = self._slot_of[states]
        log_probs, next_states = self._rows[slots], self._next[slots]
        if self._is_plain:
            return log_probs, next_states
        return log_probs[:, self._spread], next_states[:, self._spread]

    def _forget(self) -> None:
        self._slot_of = np.full(self._tree.n_nodes, -1)
        self._n = 0
        self._rows = np.empty((0, len(self._words)), dtype=np.float32)
        self._next = np.empty((0, len(self._words)), dtype=np.int64)

    def _missing(self, states: Ints) -> Ints:
        """The states without a row, and what they back off to that has none; sorted."""
        chain = [np.zeros(0, dtype=np.int64)]
        found = np.unique(states)
        while (found := found[self._slot_of[found] < 0]).size:
            chain.append(found)
            found = np.unique(self._tree.suffix[found[found != ROOT]])
        return np.unique(np.concatenate(chain))

    def _make(self, states: Ints) -> None:
        """Add the rows of sorted states whose suffixes have a row or are among them."""
        self._make_room(len(states))
        for n in range(self._tree.order + 1):  # suffixes are shorter
            begin, end = np.searchsorted(states, self._tree.starts[n : n + 2])
            if begin < end:
                self._make_level(states[begin:end])

    def _make_level(self, states: Ints) -> None:
        new = slice(self._n, self._n + len(states))
        if states[0] == ROOT:
            self._rows[new], self._next[new] = -np.inf, ROOT
        else:
            slots = self._slot_of[self._tree.suffix[states]]
            weights = self._back_offs[states].astype(np.float32)
            self._rows[new] = self._rows[slots] + weights[:, None]
            self._next[new] = self._next[slots]
        owner, children = self._tree.children(states)
        places = self._place_of[self._tree.word[children]]
        seen = places >= 0
        owner, children, places = owner[seen], children[seen], places[seen]
        self._rows[self._n + owner, places] = self._log_probs[children]
        self._next[self._n + owner, places] = self._state_of[children]
        self._slot_of[states] = np.arange(new.start, new.stop)
        self._n = new.stop

    def _make_room(self, n: int) -> None:
        if self._n + n <= len(self._rows):
            return
        room = max(self._n + n, min(2 * len(self._rows), self._max_rows), 64)
        for name in ("_rows", "_next"):
            old = getattr(self, name)
            larger = np.empty((room, old.shape[1]), dtype=old.dtype)
            larger[: self._n] = old[: self._n]
            setattr(self, name, larger)
