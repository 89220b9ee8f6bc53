import numpy as np
import pytest

from signkit.errors import ScoreError
from signkit.score.bootstrap import bootstrap_interval, wilson_interval
from signkit.score.clusters import choose_clusters

A, B = ("A",), ("B",)


@pytest.mark.parametrize(
    ("n_signers", "n_sentences", "kind", "used"),
    [
        (10, 10, "auto", "signer"),
        (9, 10, "auto", "sentence"),  # too few signers
        (9, 1, "auto", "clip"),  # one sentence says nothing about others
        (1, 10, "signer", "sentence"),  # one signer does not, either
        (1, 1, "signer", "clip"),
        (9, 10, "signer", "signer"),  # asked for
        (10, 10, "clip", "clip"),
    ],
)
def test_what_is_drawn(n_signers: int, n_sentences: int, kind: str, used: str) -> None:
    signers = [f"s{i % n_signers}" for i in range(40)]
    sentences = [(f"G{i % n_sentences}",) for i in range(40)]
    assert choose_clusters(signers, sentences, kind=kind, draws=10, seed=0).kind == used


def test_one_signer_is_told_and_sentences_are_drawn() -> None:
    sentences = [(f"G{i}",) for i in range(12)]
    found = choose_clusters(["ann"] * 12, sentences, kind="signer", draws=10, seed=0)
    assert found.notes == ("there is only one signer, so the interval is over sentences",)


def test_the_kind_that_was_chosen_for_one_is_told() -> None:
    sentences = [(f"G{i}",) for i in range(12)]
    one = choose_clusters(["ann"] * 12, sentences, draws=10, seed=0)
    assert one.notes == (
        "with fewer than 10 signers (here 1) the interval is over sentences, which says little "
        "about other signers",
    )
    unknown = choose_clusters([""] * 12, sentences, draws=10, seed=0)
    assert unknown.notes == ()
    enough = choose_clusters([f"s{i}" for i in range(12)], sentences, draws=10, seed=0)
    assert (enough.kind, enough.notes) == ("signer", ())


def test_few_clusters_are_told() -> None:
    found = choose_clusters(["a", "b", "c"] * 4, [A] * 12, kind="signer", draws=10, seed=0)
    assert found.notes == (
        "the interval is over 3 signers only; with fewer than 10 it is too narrow to be trusted",
    )


def test_unknown_signers_cannot_be_drawn() -> None:
    with pytest.raises(ScoreError) as caught:
        choose_clusters(["a", ""], [A, B], kind="signer", draws=10, seed=0)
    assert str(caught.value) == (
        "1 of 2 clips have no signer, so signers cannot be drawn; fill in the column or use "
        "--cluster sentence"
    )
    with pytest.raises(ScoreError, match="there is no cluster 'word'; expected auto, signer"):
        choose_clusters(["a", "b"], [A, B], kind="word", draws=10, seed=0)


def test_a_slice_of_one_signer_is_over_its_sentences() -> None:
    signers = [f"s{i % 10}" for i in range(40)]
    sentences = [(f"G{i // 10}",) for i in range(40)]
    clusters = choose_clusters(signers, sentences, draws=500, seed=0)
    errors, n_ref = np.arange(40) % 4, np.full(40, 5)
    chosen = np.array([signer == "s0" for signer in signers])
    part = clusters.slice(errors, n_ref, chosen)
    assert (part.n_clips, part.n_ref) == (4, 20)
    assert part.wer_ci == bootstrap_interval(errors[chosen], n_ref[chosen], draws=500)


def test_a_slice_of_few_signers_draws_them_only_where_that_was_asked_for() -> None:
    signers, sentences = [f"s{i % 12}" for i in range(48)], [(f"G{i % 5}",) for i in range(48)]
    chosen = np.array([signer in ("s0", "s1", "s2") for signer in signers])
    kinds = [
        choose_clusters(signers, sentences, kind=kind, draws=10, seed=0).kind_in(chosen)
        for kind in ("auto", "signer")
    ]
    assert kinds == ["sentence", "signer"]


def two_way_rates(seed: int) -> tuple[list[str], list[tuple[str, ...]], np.ndarray]:
    """Errors of 20 signers who all sign the same 20 sentences; some of both are hard."""
    rng = np.random.default_rng(seed)
    rate = np.clip(0.4 + 0.1 * rng.normal(size=(20, 1)) + 0.1 * rng.normal(size=20), 0, 1)
    errors = rng.binomial(10, rate).ravel()
    places = range(400)
    return [f"s{i // 20}" for i in places], [(f"G{i % 20}",) for i in places], errors


def test_two_ways_are_wider_than_either_and_cover_the_truth() -> None:
    n_ref, n_covered = np.full(400, 10), 0
    for seed in range(40):
        signers, sentences, errors = two_way_rates(seed)
        found = {
            kind: choose_clusters(signers, sentences, kind=kind, draws=400, seed=0)
            for kind in ("signer", "sentence", "two-way")
        }
        width = {}
        for kind, clusters in found.items():
            low, high = clusters.interval(errors, n_ref) or (0, 0)
            width[kind] = high - low
        n_covered += low <= 0.4 <= high  # of the last kind
        assert width["two-way"] > max(width["signer"], width["sentence"])
    assert found["two-way"].n == 20
    assert n_covered >= 34


def test_two_ways_are_drawn_as_a_plain_loop_draws_them() -> None:
    signers, sentences, errors = two_way_rates(0)
    n_ref = np.arange(400) % 7 + 10
    clusters = choose_clusters(signers, sentences, kind="two-way", draws=4000, seed=0)
    rng = np.random.default_rng(9)
    rates = []
    for _ in range(4000):
        times = np.outer(*(np.bincount(rng.integers(0, 20, 20), minlength=20) for _ in range(2)))
        rates.append((times.ravel() @ errors) / (times.ravel() @ n_ref))
    expected = np.quantile(rates, [0.025, 0.975])
    assert clusters.interval(errors, n_ref) == pytest.approx(tuple(expected), abs=0.005)


def test_where_there_is_one_of_a_kind_the_other_is_drawn() -> None:
    sentences = [(f"G{i}",) for i in range(12)]
    one_signer = choose_clusters(["ann"] * 12, sentences, kind="two-way", draws=10, seed=0)
    assert (one_signer.kind, one_signer.notes[0]) == (
        "sentence",
        "there is only one signer, so the interval is over sentences",
    )
    one_sentence = choose_clusters(["ann", "ben"] * 6, [A] * 12, kind="two-way", draws=10, seed=0)
    assert (one_sentence.kind, one_sentence.notes[0]) == (
        "signer",
        "there is only one sentence, so the interval is over signers",
    )
    few = choose_clusters(["ann", "ben"] * 6, sentences, kind="two-way", draws=10, seed=0)
    assert few.notes == (
        "the interval is over signers and sentences, 2 of the fewer only; with fewer than 10 it "
        "is too narrow to be trusted",
    )
    part = np.array([name == "ann" for name in ["ann", "ben"] * 6])
    assert (few.kind_in(~part), few.kind_in(part | ~part)) == ("sentence", "two-way")


def test_accuracy_has_wilsons_interval_where_every_clip_is_its_own_cluster() -> None:
    right = np.array([True] * 8 + [False] * 4)
    each = choose_clusters(["a"] * 12, [(f"G{i}",) for i in range(12)], draws=500, seed=0)
    assert each.accuracy_interval(right) == wilson_interval(8, 12)
    pairs = choose_clusters(["a"] * 12, [(f"G{i // 2}",) for i in range(12)], draws=500, seed=0)
    assert pairs.accuracy_interval(right) != wilson_interval(8, 12)


@pytest.mark.parametrize(
    ("n_right", "n", "interval"),
    [
        (0, 10, (0.0, 0.2775)),  # tables of Brown, Cai and DasGupta 2001
        (5, 10, (0.2366, 0.7634)),
        (10, 10, (0.7225, 1.0)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_wilson_against_a_table(n_right: int, n: int, interval: tuple[float, float]) -> None:
    assert wilson_interval(n_right, n) == pytest.approx(interval, abs=1e-4)
