from itertools import combinations

import pytest

from signkit.errors import DatasetError
from signkit.synth.lexicon import HANDS, MAX_GLOSSES, MIN_DISTANCE, distance, make_lexicon


def test_same_seed_gives_the_same_lexicon_and_another_seed_another():
    assert make_lexicon(30, seed=4) == make_lexicon(30, seed=4)
    assert make_lexicon(30, seed=4) != make_lexicon(30, seed=5)


def test_smaller_lexicon_is_the_beginning_of_a_larger_one():
    assert make_lexicon(40, seed=1).signs[:12] == make_lexicon(12, seed=1).signs


def test_any_two_signs_differ_in_enough_manual_parameters():
    signs = make_lexicon(MAX_GLOSSES, seed=0).signs
    assert min(distance(a, b) for a, b in combinations(signs, 2)) >= MIN_DISTANCE


def test_glosses_are_pronounceable_distinct_and_without_spaces():
    glosses = make_lexicon(200, seed=2).glosses
    assert len(set(glosses)) == 200
    for gloss in glosses:
        assert gloss.isupper()
        assert gloss.isalpha()
        assert all((letter in "AEIOU") == (i % 2 == 1) for i, letter in enumerate(gloss))


def test_lexicon_uses_every_kind_of_hands():
    assert {sign.hands for sign in make_lexicon(60, seed=0).signs} == set(HANDS)


@pytest.mark.parametrize("n_glosses", [-1, 0, 1, MAX_GLOSSES + 1])
def test_impossible_size_is_refused_in_one_line(n_glosses):
    with pytest.raises(DatasetError, match="expected 2 to") as caught:
        make_lexicon(n_glosses, seed=0)
    assert "\n" not in str(caught.value)
