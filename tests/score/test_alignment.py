from itertools import product

import numpy as np
import pytest

from signkit.score.alignment import align, count_errors


@pytest.mark.parametrize(
    ("reference", "hypothesis", "pairs"),
    [
        ("A B", "A B", [("A", "A"), ("B", "B")]),
        ("A B C", "A X C", [("A", "A"), ("B", "X"), ("C", "C")]),
        ("A B", "B", [("A", None), ("B", "B")]),
        ("B", "A B", [(None, "A"), ("B", "B")]),
        ("A", "", [("A", None)]),
        ("", "A", [(None, "A")]),
        ("", "", []),
        ("سلام أنا", "سلام", [("سلام", "سلام"), ("أنا", None)]),
    ],
)
def test_worked_cases(reference: str, hypothesis: str, pairs: list[tuple[str, str]]) -> None:
    assert align([(reference.split(), hypothesis.split())]) == [tuple(pairs)]


def test_both_sides_can_be_read_off_again() -> None:
    words = [w for n in range(5) for w in product("AB", repeat=n)]
    both = list(product(words, words))
    for (reference, hypothesis), pairs in zip(both, align(both), strict=True):
        assert tuple(r for r, _ in pairs if r is not None) == reference
        assert tuple(h for _, h in pairs if h is not None) == hypothesis
        assert (None, None) not in pairs


def test_counts_are_those_of_the_alignment() -> None:
    counts = count_errors(align([("ABC", "AXCD"), ("AB", ""), ("", "")]))
    assert counts.dtype == np.int64
    assert counts.T.tolist() == [[1, 0, 1, 3], [0, 2, 0, 2], [0, 0, 0, 0]]


def test_nothing_is_aligned_with_nothing() -> None:
    assert align([]) == []
    assert count_errors([]).shape == (4, 0)
