"""The interval of a word error rate: signkit against a NumPy loop that draws clips by their index.

Both draw 10,000 times from 10,000 clips with replacement, and so does the multinomial of NumPy over
distinct (errors, length) cells, the usual way to make it faster; all three are exact, so their
intervals agree up to chance. Corpora differ in the number of cells: sentences of 1 to 9 glosses
(Isharah), 1 to 14, and 1 to 28 (PHOENIX). They run in turns, on one thread. Run with:

    python benchmarks/bootstrap.py
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from signkit.score.bootstrap import bootstrap_interval

N_CLIPS, DRAWS, ROUNDS = 10_000, 10_000, 5
Integers = NDArray[np.int64]
Interval = tuple[float, float]


def corpus(longest: int, rate: float) -> tuple[Integers, Integers]:
    """Errors and reference glosses of each clip."""
    rng = np.random.default_rng(0)
    n_ref = rng.integers(1, longest + 1, N_CLIPS)
    return rng.binomial(n_ref, rate), n_ref


def by_index(errors: Integers, n_ref: Integers) -> Interval:
    """The textbook: N random indices for every draw."""
    rng = np.random.default_rng(0)
    rates = np.empty(DRAWS)
    for draw in range(DRAWS):
        chosen = rng.integers(0, N_CLIPS, N_CLIPS)
        rates[draw] = errors[chosen].sum() / n_ref[chosen].sum()
    low, high = np.quantile(rates, [0.025, 0.975])
    return float(low), float(high)


def by_multinomial(errors: Integers, n_ref: Integers) -> Interval:
    """How often each distinct clip is drawn, as NumPy draws it."""
    cells, counts = np.unique(np.stack([errors, n_ref], axis=1), axis=0, return_counts=True)
    drawn = np.random.default_rng(0).multinomial(N_CLIPS, counts / N_CLIPS, size=DRAWS) @ cells
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(low), float(high)


def by_signkit(errors: Integers, n_ref: Integers) -> Interval:
    """What `signkit score` does."""
    found = bootstrap_interval(errors, n_ref, draws=DRAWS)
    assert found is not None
    return found


def seconds(
    interval: Callable[[Integers, Integers], Interval], data: tuple[Integers, Integers]
) -> float:
    """Processor time of one interval: other work on the machine does not count."""
    started = time.process_time()
    interval(*data)
    return time.process_time() - started


def main() -> None:
    """One line for every corpus: seconds, and medians of the ratios of neighbouring runs."""
    by_signkit(*corpus(3, 0.2))  # imports
    for longest, rate in ((9, 0.2), (14, 0.2), (14, 0.3), (28, 0.2)):
        data = corpus(longest, rate)
        rounds = [
            [seconds(f, data) for f in (by_index, by_multinomial, by_signkit)]
            for _ in range(ROUNDS)
        ]
        loop, multinomial, ours = (
            statistics.median(column) for column in zip(*rounds, strict=True)
        )
        ratio = statistics.median(r[0] / r[2] for r in rounds)
        other = statistics.median(r[0] / r[1] for r in rounds)
        n_cells = len(np.unique(np.stack(data, axis=1), axis=0))
        exact, found = by_index(*data), by_signkit(*data)
        apart = max(abs(a - b) for a, b in zip(exact, found, strict=True))
        print(
            f"1 to {longest} glosses, WER {rate:.0%}, {n_cells} cells: index loop {loop:.3f} s, "
            f"multinomial {multinomial:.3f} s ({other:.1f} x), signkit {ours:.3f} s "
            f"({ratio:.1f} x); limits differ by {apart:.5f} at most"
        )


if __name__ == "__main__":
    main()
