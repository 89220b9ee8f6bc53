import numpy as np
import pytest

from signkit.lm.discounts import FALLBACK, find_discounts


def counts(*n_of):
    """Counts of which there are `n_of[0]` ones, `n_of[1]` twos, and so on."""
    return np.repeat(np.arange(1, len(n_of) + 1), n_of)


def test_discounts_by_hand():
    """t = 8, 4, 2, 1: Y = 8/16; D = 1 - 2/2*4/8, 2 - 3/2*2/4, 3 - 4/2*1/2."""
    found = find_discounts(2, counts(8, 4, 2, 1, 7))
    assert found.values == pytest.approx((0.5, 1.25, 2.0))
    assert not found.is_fallback
    assert found.of(np.array([0, 1, 2, 3, 9])).tolist() == [0, 0.5, 1.25, 2.0, 2.0]


def test_zeros_do_not_count():
    assert find_discounts(1, np.concatenate([[0, 0], counts(8, 4, 2, 1)])).values == pytest.approx(
        (0.5, 1.25, 2.0)
    )


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (counts(0, 4, 2, 1), "no 2-gram has a count of 1"),
        (counts(8, 0, 2, 1), "no 2-gram has a count of 2"),
        (counts(8, 4, 0, 1), "no 2-gram has a count of 3"),
        (counts(8, 4, 8, 1), "the counts would take -1.000 from 2-grams of count 2"),
        (counts(6, 3, 4, 1), "the counts would take 0.000 from 2-grams of count 2"),
    ],
)
def test_counts_that_give_no_discounts_fall_back(found, reason):
    discounts = find_discounts(2, found)
    assert discounts.values == FALLBACK
    assert discounts.reason == reason
    assert discounts.to_json() == {
        "order": 2,
        "values": [0.5, 1.0, 1.5],
        "is_fallback": True,
        "reason": reason,
    }
