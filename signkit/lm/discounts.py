"""How much is taken from what was seen: the three discounts of modified Kneser-Ney.

With t_k n-grams of count k, Y = t_1 / (t_1 + 2 t_2) and D_k = k - (k + 1) Y t_(k+1) / t_k, the last
one for all counts from 3 up (Chen and Goodman 1998, TR-10-98, equation 26). Small or artificial
corpora lack some count, or give a discount outside (0, k]; such an order uses `FALLBACK`, the fixed
discounts of KenLM's `--discount_fallback` (Heafield et al. 2013, ACL). One departure from KenLM: it
takes a discount of exactly 0, which would leave unseen glosses no probability; here that falls
back, too.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FALLBACK = (0.5, 1.0, 1.5)


@dataclass(frozen=True)
class Discounts:
    """What is taken from n-grams of one order.

    Args:
        order: Words in the n-grams.
        values: From counts of 1, of 2, and of 3 or more.
        reason: Why these are the fixed ones; empty where the counts gave them.
    """

    order: int
    values: tuple[float, float, float]
    reason: str = ""

    @property
    def is_fallback(self) -> bool:
        return bool(self.reason)

    def of(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n,) discounts of n-grams by their counts; 0 for a count of 0."""
        taken: NDArray[np.float64] = np.array([0.0, *self.values])[np.minimum(counts, 3)]
        return taken

    def to_json(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "values": [round(value, 6) for value in self.values],
            "is_fallback": self.is_fallback,
            "reason": self.reason,
        }


def find_discounts(order: int, counts: NDArray[np.int64]) -> Discounts:
    """The discounts of one order by its counts of counts, else `FALLBACK`.

    Args:
        order: Words in the n-grams.
        counts: (n,) adjusted counts of all n-grams of the order; zeros are left out.
    """
    t = np.bincount(np.minimum(counts, 5), minlength=6)[:5].tolist()
    for k in (1, 2, 3):
        if t[k] == 0:
            return Discounts(order, FALLBACK, f"no {order}-gram has a count of {k}")
    y = t[1] / (t[1] + 2 * t[2])
    d1, d2, d3 = (k - (k + 1) * y * t[k + 1] / t[k] for k in (1, 2, 3))
    for k, value in ((1, d1), (2, d2), (3, d3)):
        if not 0 < value <= k:
            reason = f"the counts would take {value:.3f} from {order}-grams of count {k}"
            return Discounts(order, FALLBACK, reason)
    return Discounts(order, (d1, d2, d3))
