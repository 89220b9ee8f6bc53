from dataclasses import replace

import pytest

from signkit.comparison import ALL, Match, Paired, SliceDifference, p_text, points

NO_CLIPS = Paired(0.0, (0.0, 0.0), 1.0)


def match(
    difference: float,
    interval: tuple[float, float] | None = (-0.05, 0.012),
    *,
    p: float = 0.61,
    n_better: int = 8,
    n_worse: int = 5,
    n_clusters: int = 200,
) -> Match:
    paired = Paired(difference, interval, p)
    whole = SliceDifference(320, 900, "sentence", n_clusters, 0.3, 0.3 + difference, paired, p)
    return Match("B", "A", {ALL: whole}, 0.5, 0.5, NO_CLIPS, 1.0, n_better, n_worse, 10)


@pytest.mark.parametrize(
    ("found", "finding", "verdict"),
    [
        (
            match(-0.031, (-0.05, -0.012), p=0.004),
            "better",
            "B makes 3.1 points [1.2, 5.0] fewer errors than A (p 0.004): better",
        ),
        (
            match(0.031, (0.012, 0.05), p=0.0001),
            "worse",
            "B makes 3.1 points [1.2, 5.0] more errors than A (p < 0.001): worse",
        ),
        (
            match(-0.004, (-0.02, 0.012)),
            "unclear",
            "no difference shown: B makes 0.4 points [-1.2, 2.0] fewer errors than A (p 0.610), "
            "and 320 clips can show differences of about 2.3 points",
        ),
        (
            match(0.0, (-0.02, 0.02), p=1.0),
            "unclear",
            "no difference shown: B makes as many errors as A (p 1.000), and 320 clips can show "
            "differences of about 2.9 points",
        ),
        (
            match(-0.3, (-0.4, -0.2), p=0.0625, n_clusters=5),
            "unclear",
            "no difference shown: B makes 30.0 points [20.0, 40.0] fewer errors than A (p 0.062), "
            "and 5 sentences cannot show one, as p is 0.062 at least",
        ),
        (
            match(0.0, (0.0, 0.0), p=1.0, n_better=0, n_worse=0),
            "equal",
            "B and A make as many errors in every clip: no difference",
        ),
        (
            match(-0.3, None, p=1.0, n_clusters=1),
            "unclear",
            "no difference shown: B makes 30.0 points fewer errors than A (p 1.000), and 1 "
            "sentence cannot show one, as p is 1.000 at least",
        ),
    ],
)
def test_the_verdict_says_it_in_plain_words(found: Match, finding: str, verdict: str) -> None:
    assert found.finding == finding
    assert found.verdict == verdict


def test_the_adjusted_p_value_decides() -> None:
    found = match(-0.031, (-0.05, -0.012), p=0.03)
    assert found.finding == "better"
    adjusted = replace(found.whole, p_adjusted=0.06)
    assert replace(found, slices={ALL: adjusted}).finding == "unclear"


def test_what_can_be_shown_is_told_from_the_width_of_the_interval() -> None:
    # A standard error of 0.01: 1.96 of them are beyond chance, 0.84 more make it four of five.
    assert Paired(0.0, (-0.0196, 0.0196), 1.0).detectable == pytest.approx(0.028)
    assert Paired(0.0, None, 1.0).detectable is None


def test_points_are_told_from_the_side_of_the_difference() -> None:
    assert points(Paired(-0.031, (-0.05, 0.01), 0.1), ("fewer", "more")) == (
        "3.1 points [-1.0, 5.0] fewer"
    )
    assert points(Paired(0.031, None, 0.1), ("lower", "higher")) == "3.1 points higher"


def test_p_is_never_written_as_nothing() -> None:
    assert [p_text(p) for p in (0.0, 0.0009, 0.001, 0.05, 1.0)] == [
        "< 0.001",
        "< 0.001",
        "0.001",
        "0.050",
        "1.000",
    ]
