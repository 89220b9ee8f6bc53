"""How sure a word error rate is: percentile bootstrap over clips or clusters of clips.

The statistic is a ratio of sums, errors over reference glosses (Bisani and Ney 2004, "Bootstrap
estimates for confidence intervals in ASR performance evaluation"). Units with equal (errors,
length) are interchangeable, so what is drawn is how often each distinct pair occurs: one
multinomial a replicate, the same distribution as drawing units, in a fraction of the time, and
independent of the order of the clips.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
LEVEL = 0.95
_CELLS_AT_ONCE = 4_000_000


def bootstrap_interval(
    errors: NDArray[np.int64],
    n_ref: NDArray[np.int64],
    *,
    clusters: Sequence[str] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Percentile interval of sum(errors) / sum(n_ref).

    Args:
        errors: (N,) errors of each clip.
        n_ref: (N,) reference glosses of each clip.
        clusters: N names; clips of one name are drawn together. By default every clip is its own.
        draws: Replicates.
        seed: Of the draws; the same seed gives the same interval.

    Returns:
        (low, high) fractions, or None with fewer than two units or no reference gloss.
    """
    sums = np.stack([errors, n_ref], axis=1)  # (N, 2)
    if clusters is not None:
        sums = cluster_sums(sums, clusters)
    n_units = len(sums)
    if n_units < 2 or not n_ref.sum():
        return None
    rates = _replicates(sums, draws=draws, seed=seed)
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(rates, [tail, 1 - tail])  # a draw without references is left out
    return float(low), float(high)


def _replicates(sums: NDArray[np.int64], *, draws: int, seed: int) -> NDArray[np.float64]:
    """(draws,) resampled rates; NaN where a draw has no reference gloss."""
    cells, n_in_cell = np.unique(sums, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS_AT_ONCE // len(cells))
    totals = []
    for first in range(0, draws, at_once):
        n_draws = min(at_once, draws - first)
        drawn = rng.multinomial(len(sums), n_in_cell / len(sums), size=n_draws)  # (draws, cells)
        totals.append(drawn @ cells)
    errors, n_ref = np.concatenate(totals).T
    return np.where(n_ref > 0, errors / np.maximum(n_ref, 1), np.nan)


def cluster_sums(sums: NDArray[np.int64], clusters: Sequence[str]) -> NDArray[np.int64]:
    """(clusters, K) sums of the (N, K) rows of each cluster."""
    _, cluster_of = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    totals = np.zeros((cluster_of.max(initial=-1) + 1, sums.shape[1]), dtype=np.int64)
    np.add.at(totals, cluster_of, sums)
    return totals
