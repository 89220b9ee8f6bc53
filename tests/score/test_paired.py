from itertools import product

import numpy as np
import pytest

from signkit.comparison import Paired
from signkit.score.paired import holm, paired_test


def table(*rows):
    return tuple(np.array(row, dtype=np.int64) for row in rows)


def test_the_difference_is_that_of_the_pooled_rates():
    a, b, n_ref = table([1, 0, 2], [0, 0, 3], [4, 5, 1])
    assert paired_test(a, b, n_ref).difference == pytest.approx(3 / 10 - 3 / 10)
    assert paired_test(a, 2 * b, n_ref).difference == pytest.approx(6 / 10 - 3 / 10)


@pytest.mark.parametrize("seed", range(8))
def test_the_p_value_is_that_of_all_exchanges(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 5, (2, 10))
    differences = b - a
    sums = [abs(differences @ np.array(signs)) for signs in product((-1, 1), repeat=10)]
    exact = np.mean([s >= abs(differences.sum()) for s in sums])
    assert paired_test(a, b, np.full(10, 5)).p_value == pytest.approx(exact, abs=1e-12)


def test_drawn_exchanges_give_the_same_p_value():
    rng = np.random.default_rng(0)
    a, b = rng.binomial(8, 0.3, 400), rng.binomial(8, 0.33, 400)
    signs = rng.integers(0, 2, (20_000, 400)) * 2 - 1
    drawn = (np.abs(signs @ (b - a)) >= abs((b - a).sum())).mean()
    assert 0.001 < drawn < 0.5
    assert paired_test(a, b, np.full(400, 8)).p_value == pytest.approx(drawn, abs=0.01)


def test_p_is_never_below_what_so_many_units_can_give():
    n_ref = np.full(10, 5)
    assert paired_test(n_ref, 0 * n_ref, n_ref).p_value == pytest.approx(2 / 2**10)
    many = np.full(5_000, 5)
    assert 0 <= paired_test(many, 0 * many, many).p_value < 1e-12


def test_equal_recognizers_differ_by_nothing_for_sure():
    a, n_ref = table([1, 0, 2], [4, 5, 1])
    found = paired_test(a, a, n_ref)
    assert (found.difference, found.interval) == (0.0, (0.0, 0.0))
    assert (found.p_value, found.p_bootstrap) == (1.0, 1.0)


def test_exchanging_the_recognizers_changes_the_sign_only():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, (2, 60))
    n_ref = np.full(60, 5)
    there, back = paired_test(a, b, n_ref), paired_test(b, a, n_ref)
    assert there.difference == -back.difference
    assert there.p_value == back.p_value
    assert there.interval is not None
    assert back.interval is not None
    # The draws of another order of cells are others.
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]), abs=0.005)


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


def test_better_in_every_cluster_is_better_for_sure():
    rng = np.random.default_rng(0)
    a = rng.integers(2, 6, 300)
    b = a - 1
    clusters = [f"signer {i % 20}" for i in range(300)]
    found = paired_test(a, b, np.full(300, 6), clusters=clusters, draws=2000)
    assert found.p_value < 2 / 2000
    assert found.p_bootstrap is not None
    assert found.p_bootstrap < 2 / 2000
    assert found.interval is not None
    assert found.interval[1] < 0


def test_the_interval_over_clusters_is_wider_where_errors_go_together():
    rng = np.random.default_rng(0)
    signer = rng.integers(0, 20, 600)
    gain = rng.normal(0, 0.15, 20)[signer]  # B is better for some signers, worse for others
    a = rng.binomial(5, 0.4, 600)
    b = rng.binomial(5, np.clip(0.35 + gain, 0, 1))
    names = [str(i) for i in signer]
    naive = paired_test(a, b, np.full(600, 5))
    clustered = paired_test(a, b, np.full(600, 5), clusters=names)
    assert naive.difference == clustered.difference
    assert width(clustered) > 1.5 * width(naive)
    assert clustered.p_value > naive.p_value


def width(paired: Paired) -> float:
    assert paired.interval is not None
    return paired.interval[1] - paired.interval[0]


def test_both_p_values_agree_where_there_are_many_units():
    rng = np.random.default_rng(3)
    a, b = rng.binomial(5, 0.30, 500), rng.binomial(5, 0.32, 500)
    found = paired_test(a, b, np.full(500, 5))
    assert 0.01 < found.p_value < 0.9
    assert found.p_bootstrap == pytest.approx(found.p_value, abs=0.05)


@pytest.mark.slow
def test_nothing_is_found_as_often_as_it_should_be():
    rng = np.random.default_rng(7)
    n_found = 0
    for _ in range(1000):
        a, b = rng.binomial(5, 0.3, (2, 60))
        n_found += paired_test(a, b, np.full(60, 5), draws=10).p_value < 0.05
    assert 0.03 < n_found / 1000 < 0.065


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
