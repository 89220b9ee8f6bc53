"""Is one recognizer better than another? Paired tests on the same clips.

Two recognizers make errors on the same clips, and what is hard for one is mostly hard for the
other. So the errors are compared clip by clip: an interval of the difference by bootstrap over
clips (Bisani and Ney 2004), and the probability of so large a difference between equals by
approximate randomization (Noreen 1989): the two results of a clip change places at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.score.bootstrap import LEVEL, cluster_sums

DRAWS = 10_000
_CELLS_AT_ONCE = 4_000_000

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Paired:
    """Recognizer B against recognizer A.

    Args:
        difference: WER of B minus WER of A, a fraction; negative where B is better.
        interval: 95 % interval of it; None for fewer than two units.
        p_value: Probability of a difference at least as large, either way, if A and B were equal.
    """

    difference: float
    interval: tuple[float, float] | None
    p_value: float


def paired_test(
    errors_a: Integers,
    errors_b: Integers,
    n_ref: Integers,
    *,
    clusters: Sequence[str] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Paired:
    """Compare two recognizers on N clips.

    Args:
        errors_a: (N,) errors of A in each clip.
        errors_b: (N,) errors of B in the same clips.
        n_ref: (N,) reference glosses, at least one in all.
        clusters: N names; clips of one name stay together. By default every clip is its own.
        draws: Replicates of each of the two procedures.
        seed: Of the draws.
    """
    sums = np.stack([errors_b - errors_a, n_ref], axis=1)  # (N, 2)
    if clusters is not None:
        sums = cluster_sums(sums, clusters)
    difference = float(sums[:, 0].sum() / sums[:, 1].sum())
    rng = np.random.default_rng(seed)
    return Paired(difference, _interval(sums, draws, rng), _p_value(sums[:, 0], draws, rng))


def holm(p_values: Sequence[float]) -> list[float]:
    """P values for several comparisons at once (Holm 1979), in the given order."""
    n = len(p_values)
    adjusted = [0.0] * n
    largest = 0.0
    for rank, i in enumerate(sorted(range(n), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (n - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def _interval(sums: Integers, draws: int, rng: np.random.Generator) -> tuple[float, float] | None:
    n_units = len(sums)
    if n_units < 2:
        return None
    rates = []
    for n_draws in _portions(draws, n_units):
        drawn = sums[rng.integers(0, n_units, (n_draws, n_units))].sum(axis=1)  # (draws, 2)
        rates.append(drawn[:, 0] / np.where(drawn[:, 1] > 0, drawn[:, 1], np.nan))
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(np.concatenate(rates), [tail, 1 - tail])
    return float(low), float(high)


def _p_value(differences: Integers, draws: int, rng: np.random.Generator) -> float:
    """Two-sided, with the observed result counted as one of the draws."""
    observed = abs(int(differences.sum()))
    differences = differences[differences != 0]
    as_large = 0
    for n_draws in _portions(draws, max(1, len(differences))):
        signs = rng.integers(0, 2, (n_draws, len(differences))) * 2 - 1
        as_large += int((np.abs(signs @ differences) >= observed).sum())
    return (as_large + 1) / (draws + 1)


def _portions(draws: int, n_units: int) -> list[int]:
    """So many draws at a time that memory stays small."""
    at_once = max(1, _CELLS_AT_ONCE // n_units)
    return [min(at_once, draws - first) for first in range(0, draws, at_once)]
