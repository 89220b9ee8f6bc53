"""Is one recognizer better than another? Paired tests on the same clips.

Two recognizers make errors on the same clips, and what is hard for one is mostly hard for the
other. So the errors are compared unit by unit, a unit being a clip or all clips of a cluster: an
interval of the difference by bootstrap over units (Bisani and Ney 2004), and the probability of so
large a difference between equals by randomization (Noreen 1989): the two results of a unit change
places. Noreen draws some of the 2^N exchanges at random; here the distribution over all of them is
found exactly, from its characteristic function, which takes less time and needs no seed.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from signkit.comparison import Paired
from signkit.score.bootstrap import cluster_sums, percentile_interval
from signkit.score.replicates import resampled_sums

__all__ = ["DRAWS", "Paired", "exchange_p", "holm", "paired_test"]

DRAWS = 10_000

Integers = NDArray[np.int64]


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
        draws: Replicates of the bootstrap.
        seed: Of the draws.
    """
    sums = np.stack([errors_b - errors_a, n_ref], axis=1)  # (N, 2)
    if clusters is not None:
        sums = cluster_sums(sums, clusters)
    difference = float(sums[:, 0].sum() / sums[:, 1].sum())
    interval, p_bootstrap = _bootstrap(sums, draws=draws, seed=seed)
    return Paired(difference, interval, exchange_p(sums[:, 0]), p_bootstrap)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values for several comparisons at once (Holm 1979), in the given order."""
    n = len(p_values)
    adjusted = [0.0] * n
    largest = 0.0
    for rank, i in enumerate(sorted(range(n), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (n - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def exchange_p(differences: Integers) -> float:
    """Share of all 2^N choices of signs of the (N,) differences whose sum is at least as large.

    With signs at random the sum has the characteristic function prod cos(d t); one inverse Fourier
    transform over as many points as there are sums gives the probability of each of them.
    """
    from scipy.fft import irfft, next_fast_len

    observed = abs(int(differences.sum()))
    sizes, n_of_size = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    if not observed:
        return 1.0
    n_points = next_fast_len(2 * int(sizes @ n_of_size) + 1, real=True)
    angles = 2 * np.pi / n_points * np.arange(n_points // 2 + 1)
    wave = np.ones(len(angles))
    for size, n in zip(sizes.tolist(), n_of_size.tolist(), strict=True):
        wave *= np.cos(size * angles) ** n
    shares = irfft(wave, n_points)  # of the sums 0, 1, ..., and the negative ones backwards
    p_value = float(shares[observed : n_points - observed + 1].sum())
    # Rounding leaves about 1e-16; at least the observed signs and all of them turned are as large.
    return min(1.0, max(p_value, 2.0 ** (1 - int(n_of_size.sum()))))


def _bootstrap(
    sums: Integers, *, draws: int, seed: int
) -> tuple[tuple[float, float] | None, float | None]:
    """Percentile interval of the ratio of the sums of (N, 2), and how surely it is not zero."""
    if len(sums) < 2:
        return None, None
    drawn = resampled_sums(sums, draws=draws, seed=seed)
    drawn = drawn[drawn[:, 1] > 0]  # a draw without references is left out
    smaller = min((drawn[:, 0] <= 0).mean(), (drawn[:, 0] >= 0).mean())
    return percentile_interval(drawn), min(1.0, 2 * float(smaller))
