"""How sure a word error rate is: percentile bootstrap over clips or clusters of clips.

The statistic is a ratio of sums, errors over reference glosses (Bisani and Ney 2004, "Bootstrap
estimates for confidence intervals in ASR performance evaluation"). Units with equal (errors,
length) are interchangeable, so what is drawn is how often each distinct pair occurs
(`signkit.score.replicates`): the same distribution as drawing units, in a fraction of the time, and
independent of the order of the clips.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from signkit.score.replicates import resampled_sums

DRAWS = 2000
LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


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
    return percentile_interval(resampled_sums(sums, draws=draws, seed=seed))


def percentile_interval(sums: NDArray[np.int64]) -> tuple[float, float]:
    """Interval of the ratio of (draws, 2) sums; draws without a reference gloss are left out."""
    drawn = sums[sums[:, 1] > 0]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [tail, 1 - tail])
    return float(low), float(high)


def wilson_interval(n_right: int, n: int) -> tuple[float, float]:
    """Interval of a share of `n` independent items (Wilson 1927); (0, 1) for none."""
    if not n:
        return 0.0, 1.0
    share, z2 = n_right / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def cluster_sums(sums: NDArray[np.int64], clusters: Sequence[str]) -> NDArray[np.int64]:
    """(clusters, K) sums of the (N, K) rows of each cluster."""
    _, cluster_of = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    totals = np.zeros((cluster_of.max(initial=-1) + 1, sums.shape[1]), dtype=np.int64)
    np.add.at(totals, cluster_of, sums)
    return totals
