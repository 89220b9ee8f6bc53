from collections.abc import Sequence

import pytest

from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.report import TopAccuracy
from signkit.score.clusters import choose_clusters
from signkit.score.top import top_accuracies

REFERENCES = [("TEA",), ("TEA",), ("TEA",), ("HOME",)]


def hypothesis(*glosses: str) -> Hypothesis:
    n_best = tuple(((gloss,), -float(rank)) for rank, gloss in enumerate(glosses))
    return Hypothesis("c", glosses[:1], n_best=n_best)


def accuracies(found: Sequence[Hypothesis | None], ks: Sequence[int]) -> dict[int, TopAccuracy]:
    clusters = choose_clusters(["a"] * 4, REFERENCES, draws=200, seed=0)
    tops = top_accuracies(REFERENCES, found, ks=ks, clusters=clusters, apply=tuple)
    return {top.k: top for top in tops}


FOUND = [
    hypothesis("TEA", "HOME", "A"),
    hypothesis("HOME", "TEA", "A"),
    None,
    hypothesis("A", "B", "HOME"),
]


def test_per_instance_and_per_class() -> None:
    found = accuracies(FOUND, (1, 2, 3))
    assert {k: top.per_instance for k, top in found.items()} == {1: 1 / 4, 2: 2 / 4, 3: 3 / 4}
    assert {k: top.per_class for k, top in found.items()} == {
        1: pytest.approx((1 / 3 + 0) / 2),
        2: pytest.approx((2 / 3 + 0) / 2),
        3: pytest.approx((2 / 3 + 1) / 2),
    }


def test_every_accuracy_has_an_interval() -> None:
    for top in accuracies(FOUND, (1, 2)).values():
        low, high = top.interval or (1, 0)
        assert low <= top.per_instance <= high


def test_what_was_recognized_is_first_whatever_the_list_says() -> None:
    odd = Hypothesis("c", ("TEA",), n_best=((("HOME",), 0.0), (("TEA",), -1.0)))
    assert accuracies([odd, None, None, None], (1, 2))[1].per_instance == 1 / 4


def test_without_lists_there_is_top_1_only() -> None:
    assert list(accuracies([Hypothesis("c", ("TEA",)), None, None, None], (1, 5))) == [1]


def test_lists_that_are_too_short_are_not_taken_for_longer_ones() -> None:
    """Two candidates of six signs say nothing about the best five; two of two say all."""
    references = [(gloss,) for gloss in "ABCDEF"]
    clusters = choose_clusters(["a"] * 6, references, draws=20, seed=0)
    two = [hypothesis("A", "B")] * 6
    found = top_accuracies(references, two, ks=(1, 5), clusters=clusters, apply=tuple)
    assert [top.k for top in found] == [1]
    assert list(accuracies([hypothesis("TEA", "HOME")] * 4, (1, 5))) == [1, 5]


@pytest.mark.parametrize(
    ("k", "message"),
    [
        (
            10,
            "top 10 needs as many candidates and the hypotheses have 3 at most; recognize with a "
            "longer n-best list",
        ),
        (0, "top 0 has no meaning; expected 1 or more"),
    ],
)
def test_more_candidates_than_there_are_are_refused(k: int, message: str) -> None:
    with pytest.raises(ScoreError) as caught:
        accuracies(FOUND, (1, 5, k))
    assert str(caught.value) == message
