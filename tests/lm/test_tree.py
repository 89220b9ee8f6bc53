import numpy as np
import pytest

from signkit.lm.tree import NgramTree

A, B, C = range(3)


@pytest.fixture
def tree():
    """Words A B C; `A B`, `B A`, `B C`; `A B A`. Node numbers are 1 to 7, in that order."""
    return NgramTree(np.array([A, B, C, 3 * 1 + B, 3 * 2 + A, 3 * 2 + C, 3 * 4 + A]), 3)


def test_levels_and_links(tree):
    assert tree.order == 3
    assert [len(range(tree.n_nodes)[tree.level(n)]) for n in range(4)] == [1, 3, 3, 1]
    assert tree.words_of(3).tolist() == [[A, B, A]]
    assert tree.words_of(2).tolist() == [[A, B], [B, A], [B, C]]
    assert tree.suffix.tolist() == [0, 0, 0, 0, 2, 1, 3, 5]  # A B A ends with B A
    assert tree.n_children.tolist() == [3, 1, 2, 0, 1, 0, 0, 0]


def test_n_grams_are_found_by_their_words(tree):
    found = tree.find(np.array([0, 1, 1, 4, 7]), np.array([C, B, C, A, A]))
    assert found.tolist() == [3, 4, -1, 7, -1]


def test_children_know_their_parents(tree):
    owner, children = tree.children(np.array([2, 3, 4]))
    assert owner.tolist() == [0, 0, 2]
    assert children.tolist() == [5, 6, 7]


def test_a_missing_suffix_is_skipped():
    """`A B C` without `B C`: it ends with `C` at least."""
    tree = NgramTree(np.array([A, B, C, 3 * 1 + B, 3 * 4 + C]), 3)
    assert tree.suffix.tolist() == [0, 0, 0, 0, 2, 3]
