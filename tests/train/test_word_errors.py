import math

import numpy as np
import pytest

from signkit.train.word_errors import WordErrors, count_errors, error_rate, standard_error


@pytest.mark.parametrize(
    ("reference", "hypothesis", "n_errors"),
    [
        ("A B C", "A B C", 0),
        ("A B C", "A X C", 1),
        ("A B C", "A C", 1),
        ("A B C", "A B X C", 1),
        ("A B C", "", 3),
        ("A", "B C", 2),
        ("A B", "C D E", 3),
    ],
)
def test_errors_of_a_clip(reference, hypothesis, n_errors):
    found = count_errors([reference.split()], [hypothesis.split()])
    assert found == [WordErrors(n_errors, len(reference.split()))]


def test_clips_are_counted_one_by_one():
    found = count_errors([["A", "B"], ["C"]], [["A"], ["C"]])
    assert found == [WordErrors(1, 2), WordErrors(0, 1)]
    assert error_rate(found) == pytest.approx(1 / 3)


def test_no_clips_have_no_errors():
    assert count_errors([], []) == []


def test_the_standard_error_is_that_of_a_ratio():
    """Rate 3/6; residuals 1 - 1, 2 - 1, 0 - 1: sqrt(3/2 * 2) / 6."""
    errors = [WordErrors(1, 2), WordErrors(2, 2), WordErrors(0, 2)]
    assert standard_error(errors) == pytest.approx(math.sqrt(3) / 6)


def test_the_standard_error_agrees_with_resampled_clips():
    rng = np.random.default_rng(0)
    refs = rng.integers(1, 9, 200)
    wrong = rng.binomial(refs, 0.3)
    errors = [WordErrors(int(e), int(n)) for e, n in zip(wrong, refs, strict=True)]
    draws = rng.integers(0, 200, (3000, 200))
    resampled = (wrong[draws].sum(axis=1) / refs[draws].sum(axis=1)).std()
    assert standard_error(errors) == pytest.approx(resampled, rel=0.08)


def test_a_single_clip_has_no_standard_error():
    assert standard_error([WordErrors(1, 2)]) == 0.0
