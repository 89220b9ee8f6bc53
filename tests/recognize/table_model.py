"""A bigram model that is a table: the smallest thing that is a `LanguageModel`."""

from collections.abc import Callable, Sequence

import numpy as np

Prefix = tuple[int, ...]


class TableModel:
    """Made-up probabilities over glosses; state 0 is the start, state i follows gloss id i.

    Args:
        n_glosses: How many.
        seed: Of the table.
        spread: How much more likely some glosses are than others.
    """

    def __init__(self, n_glosses: int, *, seed: int = 0, spread: float = 2.0) -> None:
        logits = np.random.default_rng(seed).normal(0, spread, size=(n_glosses + 1, n_glosses + 1))
        table = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        self.table = table.astype(np.float32)  # the last column is the end of the sentence
        self.n_asked = 0

    def bind(self, glosses: Sequence[str]) -> None:
        assert len(glosses) + 1 == len(self.table)

    def start(self) -> int:
        return 0

    def rows(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.n_asked += len(states)
        n_glosses = len(self.table) - 1
        return self.table[states, :-1], np.tile(np.arange(1, n_glosses + 1), (len(states), 1))

    def end(self, states: np.ndarray) -> np.ndarray:
        return self.table[states, -1]

    def weighted(
        self, weight: float
    ) -> tuple[Callable[[Prefix], Sequence[float]], Callable[[Prefix], float]]:
        """What the plain reference search asks for: rows by id, and the end, both weighted."""
        rows = [[0.0, *(weight * row[:-1].astype(float)).tolist()] for row in self.table]
        ends = [weight * float(row[-1]) for row in self.table]
        return (
            lambda prefix: rows[prefix[-1] if prefix else 0],
            lambda prefix: ends[prefix[-1] if prefix else 0],
        )

    def log_prob(self, prefix: Prefix) -> float:
        """ln P of a whole sentence."""
        steps = zip((0, *prefix), (*prefix, 0), strict=True)
        return sum(float(self.table[one, other - 1]) for one, other in steps)
