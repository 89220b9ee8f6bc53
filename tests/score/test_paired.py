from itertools import product

import numpy as np
import pytest

from signkit.score.paired import holm, paired_test


def table(*rows):
    return tuple(np.array(row, dtype=np.int64) for row in rows)


def test_the_difference_is_that_of_the_pooled_rates():
    a, b, n_ref = table([1, 0, 2], [0, 0, 3], [4, 5, 1])
    assert paired_test(a, b, n_ref).difference == pytest.approx(3 / 10 - 3 / 10)
    assert paired_test(a, 2 * b, n_ref).difference == pytest.approx(6 / 10 - 3 / 10)


def test_the_p_value_is_that_of_all_exchanges():
    a, b, n_ref = table([0, 0, 0, 1, 0, 0], [1, 2, 0, 0, 1, 3], [5] * 6)
    differences = b - a
    sums = [abs(differences @ np.array(signs)) for signs in product((-1, 1), repeat=6)]
    exact = np.mean([s >= abs(differences.sum()) for s in sums])
    assert paired_test(a, b, n_ref, draws=40_000).p_value == pytest.approx(exact, abs=0.01)


def test_equal_recognizers_differ_by_nothing_for_sure():
    a, n_ref = table([1, 0, 2], [4, 5, 1])
    found = paired_test(a, a, n_ref)
    assert (found.difference, found.interval, found.p_value) == (0.0, (0.0, 0.0), 1.0)


def test_exchanging_the_recognizers_changes_the_sign_only():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, (2, 60))
    n_ref = np.full(60, 5)
    there, back = paired_test(a, b, n_ref), paired_test(b, a, n_ref)
    assert there.difference == -back.difference
    assert there.p_value == pytest.approx(back.p_value, abs=0.02)
    assert there.interval is not None
    assert back.interval is not None
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(200):
        a = rng.binomial(5, 0.3, 80)
        b = rng.binomial(5, 0.4, 80)
        interval = paired_test(a, b, np.full(80, 5), draws=400, seed=trial).interval
        assert interval is not None
        hits += interval[0] <= 0.1 <= interval[1]
    assert 0.9 <= hits / 200 <= 0.99


def test_clips_of_one_cluster_count_once():
    a, b, n_ref = table([0] * 40, [1] * 40, [2] * 40)
    alone = paired_test(a, b, n_ref)
    together = paired_test(a, b, n_ref, clusters=["x"] * 20 + ["y"] * 20)
    assert alone.p_value < 0.001
    assert together.p_value > 0.4


def test_holm_multiplies_the_smallest_by_all_and_keeps_the_order():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
