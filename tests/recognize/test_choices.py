import numpy as np
import pytest

from signkit.recognize.choices import Grid, best_columns, best_glosses


def test_of_equal_glosses_the_lower_ids_are_chosen():
    lattice = np.full((1, 2, 9), -2.0, dtype=np.float32)
    lattice[0, 1, 7] = -1.0
    ids, values = best_glosses(lattice, 3)
    assert ids[0].tolist() == [[1, 2, 3], [7, 1, 2]]
    assert values[0].tolist() == [[-2.0, -2.0, -2.0], [-1.0, -2.0, -2.0]]


def test_the_blank_is_no_gloss():
    lattice = np.array([[[0.0, -3.0, -2.0]]], dtype=np.float32)
    assert best_glosses(lattice, 2)[0].tolist() == [[[2, 1]]]


@pytest.mark.parametrize("n_columns", [20, 300])
def test_the_best_columns_are_those_of_a_stable_sort(n_columns):
    rng = np.random.default_rng(0)
    score = rng.integers(0, n_columns, size=(50, n_columns)).astype(float)  # many are equal
    score[rng.uniform(size=score.shape) < 0.2] = -np.inf
    score[0] = -np.inf
    expected = np.argsort(-score, axis=1, kind="stable")[:, :10]
    np.testing.assert_array_equal(best_columns(score, 10), expected)


def test_pairs_of_low_rank_that_cannot_be_chosen_are_left_out():
    grid = Grid.of(10, 11, all_pairs=False)
    assert grid.n_pairs == 37
    assert Grid.of(10, 11, all_pairs=True).n_pairs == 110
    pairs = set(zip(grid.prefix.tolist(), grid.rank.tolist(), strict=True))
    assert {(0, 10), (9, 0), (9, 1), (4, 2)} <= pairs
    assert not {(5, 2), (1, 6), (9, 2)} & pairs
