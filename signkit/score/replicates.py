"""Sums over units drawn with replacement, many times: the bootstrap's inner loop.

Units with equal rows are interchangeable, so what is drawn is how often each distinct row (a
*cell*) occurs. These numbers are multinomial; they are drawn as independent Poisson numbers with a
total a little below N, of which N - total more units are drawn one by one (Poisson numbers are
multinomial given their total, so the result is exactly what drawing N units gives; a replicate
whose total exceeds N is drawn again). A Poisson number of a fixed mean comes out of a table of the
inverse of its distribution, which costs far less than the binomial numbers of changing size of
which `Generator.multinomial` makes its draws (benchmarks/bootstrap.py has both).
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_N_SLOTS = 4096
_ENTRIES_AT_ONCE = 4_000_000
_SINGLES_AT_ONCE = 30_000  # stay in the processor's cache
_SLACK = 1.5  # standard deviations that the Poisson total lies below N


def resampled_sums(rows: Integers, *, draws: int, seed: int) -> Integers:
    """(draws, 2) sums of N rows drawn from (N, 2) `rows`; their order does not matter."""
    cells, n_in_cell = np.unique(rows, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    is_few = 3 * len(cells) > len(rows)  # then units themselves are drawn faster
    draw = _unit_sums if is_few else _cell_sums
    at_once = max(1, _ENTRIES_AT_ONCE // (len(rows) if is_few else len(cells)))
    parts: list[Integers] = []
    n_done = 0
    while n_done < draws:
        parts.append(draw(cells, n_in_cell, min(at_once, draws - n_done), rng))
        n_done += len(parts[-1])
    return np.concatenate(parts)


def two_way_sums(
    rows: Integers, first: Integers, second: Integers, *, draws: int, seed: int
) -> Integers:
    """(draws, K) sums of (N, K) `rows` that belong to two kinds of clusters at once.

    Clusters of both kinds are drawn independently; a row counts as often as its first cluster times
    as often as its second one (the pigeonhole bootstrap of Owen 2007, "The pigeonhole bootstrap").

    Args:
        rows: (N, K).
        first: (N,) cluster of each row, 0 ... n - 1.
        second: (N,) its cluster of the other kind.
        draws: Replicates.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, _ENTRIES_AT_ONCE // len(rows))
    parts = []
    for n in (min(at_once, draws - done) for done in range(0, draws, at_once)):
        times = _times_drawn(first, n, rng) * _times_drawn(second, n, rng)  # (n, N)
        parts.append(times @ rows)
    return np.concatenate(parts)


def _times_drawn(owners: Integers, n_draws: int, rng: np.random.Generator) -> Integers:
    """(draws, N) how often the cluster of each row is drawn."""
    n = int(owners.max()) + 1
    drawn = rng.integers(0, n, (n_draws, n)) + n * np.arange(n_draws)[:, None]
    times = np.bincount(drawn.ravel(), minlength=n * n_draws).reshape(n_draws, n)
    return times[:, owners]


def _unit_sums(
    cells: Integers, n_in_cell: Integers, n_draws: int, rng: np.random.Generator
) -> Integers:
    """One random index for every unit of every draw."""
    units = np.repeat(cells, n_in_cell, axis=0)
    chosen = rng.integers(0, len(units), (n_draws, len(units)), dtype=np.int32)
    return np.stack([column[chosen].sum(axis=1) for column in units.T], axis=1)


def _cell_sums(
    cells: Integers, n_in_cell: Integers, n_draws: int, rng: np.random.Generator
) -> Integers:
    """Poisson numbers of each cell, and single units until there are N; at most `n_draws`."""
    n_units = int(n_in_cell.sum())
    n_tries = n_draws + n_draws // 10 + 10  # some of them have too large a total
    share = 1 - _SLACK / sqrt(n_units)
    numbers = np.empty((len(cells), n_tries))
    for row, n in zip(numbers, n_in_cell.tolist(), strict=True):
        _poisson(max(0.0, share) * n, row, rng)
    weights = np.column_stack([np.ones(len(cells)), cells])  # (cells, 3)
    totals = (weights.T @ numbers).astype(np.int64).T  # floats are exact here
    totals = totals[totals[:, 0] <= n_units][:n_draws]
    n_more = n_units - totals[:, 0]
    return totals[:, 1:] + _single_units(cells, n_in_cell, n_more, rng)


def _single_units(
    cells: Integers, n_in_cell: Integers, n_more: Integers, rng: np.random.Generator
) -> Integers:
    """(draws, 2) sums of `n_more` units each; a pair is one complex number."""
    units = np.repeat(cells[:, 0] + 1j * cells[:, 1], n_in_cell)
    sums = np.empty(len(n_more), dtype=complex)
    step = max(1, _SINGLES_AT_ONCE * len(n_more) // (int(n_more.sum()) + 1))
    for first in range(0, len(n_more), step):
        ends = np.append(0, np.cumsum(n_more[first : first + step]))
        running = np.zeros(ends[-1] + 1, dtype=complex)
        chosen = rng.integers(0, len(units), ends[-1], dtype=np.int32)
        np.cumsum(units[chosen], out=running[1:])
        sums[first : first + step] = np.diff(running[ends])
    pairs: Integers = np.stack([sums.real, sums.imag], axis=1).round().astype(np.int64)
    return pairs


def _poisson(mean: float, out: Floats, rng: np.random.Generator) -> None:
    """Fill `out` with Poisson numbers.

    The unit interval has 4,096 slots; most lie within one step of the distribution function and
    have its number in a table. In the others the place within the slot is drawn, too.
    """
    from scipy.special import pdtr

    reach = 12 * sqrt(mean) + 30  # beyond lies less than the last digit of a float
    first = max(0, int(mean - reach))
    steps = pdtr(np.arange(first, int(mean + reach)), mean)  # the distribution function
    reached = np.ceil(steps * _N_SLOTS).astype(np.int64)
    edges = np.cumsum(np.bincount(reached, minlength=_N_SLOTS + 1))  # steps up to each edge
    table = np.where(edges[1:] == edges[:-1], first + edges[:-1], np.nan)
    slots = rng.integers(0, _N_SLOTS, len(out), dtype=np.uint16)
    np.take(table, slots, out=out)
    unsure = np.flatnonzero(np.isnan(out))
    places = (slots[unsure] + rng.random(len(unsure))) / _N_SLOTS
    out[unsure] = first + np.searchsorted(steps, places, side="right")
