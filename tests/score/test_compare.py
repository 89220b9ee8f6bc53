import json
from pathlib import Path

import numpy as np
import pytest

from signkit.clip import Clip, ClipTable
from signkit.comparison import ALL, Comparison
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.report import Report
from signkit.score import score_dataset
from signkit.score.compare import compare
from signkit.score.paired import paired_test
from signkit.skeletons import MEDIAPIPE_75

WORDS = ("I", "YOU", "EAT", "DRINK", "TEA", "BREAD", "HOME", "GO")


def dataset_of(folder: Path, *, n_signers: int = 12, n_clips: int = 96) -> PoseDataset:
    """Sentences of one to six glosses; half of the signers and sentences are in train."""
    rng = np.random.default_rng(0)
    sentences = [tuple(rng.choice(WORDS, 1 + i % 6).tolist()) for i in range(24)]
    clips = [
        Clip(f"c{i:03d}", glosses=sentences[i % 24], signer=f"s{i % n_signers:02d}", split="test")
        for i in range(n_clips)
    ]
    clips += [
        Clip(
            f"t{i:03d}", glosses=sentences[i], signer=f"s{i % (n_signers // 2):02d}", split="train"
        )
        for i in range(12)
    ]
    info = DatasetInfo(name="labels", skeleton=MEDIAPIPE_75)
    return PoseDataset.create(folder, info, ClipTable.from_clips(clips))


@pytest.fixture
def dataset(tmp_path: Path) -> PoseDataset:
    return dataset_of(tmp_path)


def heard(dataset: PoseDataset, *, error: float, seed: int, **options: object) -> Report:
    """The score of hypotheses in which so many glosses are wrong."""
    rng = np.random.default_rng(seed)
    found = [
        Hypothesis(c.clip_id, tuple("X" if rng.random() < error else g for g in c.glosses))
        for c in dataset.clips.where(split="test")
    ]
    return score_dataset(found, dataset, split="test", draws=50, **options)  # type: ignore[arg-type]


def compared(dataset: PoseDataset, *errors: float, **options: object) -> Comparison:
    reports = {
        "ABCD"[i]: heard(dataset, error=error, seed=i + 10, **options)
        for i, error in enumerate(errors)
    }
    return compare(reports, dataset, draws=500, n_clips=3, **options)  # type: ignore[arg-type]


def test_a_run_against_itself_differs_by_nothing(dataset: PoseDataset) -> None:
    report = heard(dataset, error=0.3, seed=0)
    match = compare({"A": report, "B": report}, dataset, draws=100).matches[0]
    assert {part.paired.p_value for part in match.slices.values()} == {1.0}
    assert {part.paired.difference for part in match.slices.values()} == {0.0}
    assert (match.n_better, match.n_worse, match.n_equal, match.clips) == (0, 0, 96, ())
    assert match.verdict == "B and A make as many errors in every clip: no difference"


def test_much_better_is_found_and_said(dataset: PoseDataset) -> None:
    match = compared(dataset, 0.4, 0.1).matches[0]
    assert match.finding == "better"
    low, high = match.whole.paired.interval or (0, 0)
    assert match.verdict == (
        f"B makes {-100 * match.whole.paired.difference:.1f} points [{-100 * high:.1f}, "
        f"{-100 * low:.1f}] fewer errors than A (p < 0.001): better"
    )
    assert match.accuracy.difference > 0
    assert match.accuracy_b - match.accuracy_a == pytest.approx(match.accuracy.difference)


def test_much_worse_is_found_and_said(dataset: PoseDataset) -> None:
    match = compared(dataset, 0.1, 0.4).matches[0]
    assert match.finding == "worse"
    assert match.verdict.endswith("more errors than A (p < 0.001): worse")


def test_what_the_clips_could_show_is_said_where_nothing_is(dataset: PoseDataset) -> None:
    match = compared(dataset, 0.3, 0.3).matches[0]
    assert match.finding == "unclear"
    detectable = match.whole.paired.detectable
    assert detectable is not None
    assert match.verdict.startswith("no difference shown: B makes ")
    assert match.verdict.endswith(
        f"and 96 clips can show differences of about {100 * detectable:.1f} points"
    )


def test_a_difference_that_can_be_shown_is_shown_four_times_out_of_five() -> None:
    rng = np.random.default_rng(0)
    n_ref = np.full(200, 5)
    a = rng.binomial(5, 0.4, 200)
    detectable = paired_test(a, rng.binomial(5, 0.4, 200), n_ref, draws=500).detectable
    assert detectable is not None
    n_shown = sum(
        paired_test(
            rng.binomial(5, 0.4, 200), rng.binomial(5, 0.4 - detectable, 200), n_ref, draws=10
        ).p_value
        < 0.05
        for _ in range(200)
    )
    assert 0.7 < n_shown / 200 < 0.9


def test_slices_are_those_of_the_score(dataset: PoseDataset) -> None:
    a, b = heard(dataset, error=0.4, seed=0), heard(dataset, error=0.2, seed=1)
    match = compare({"A": a, "B": b}, dataset, draws=100).matches[0]
    ours, theirs = a.slices(), b.slices()
    assert list(match.slices) == [ALL, *ours]
    assert {"signer s03", "4-5 glosses"} < ours.keys()
    for name in ours:
        part = match.slices[name]
        assert (part.n_clips, part.n_ref) == (ours[name].n_clips, ours[name].n_ref)
        assert (part.wer_a, part.wer_b) == (ours[name].wer, theirs[name].wer)
        assert part.paired.difference == pytest.approx(part.wer_b - part.wer_a)


def test_signers_are_drawn_and_sentences_within_one_signer(dataset: PoseDataset) -> None:
    found = compared(dataset, 0.4, 0.2)
    assert (found.cluster, found.n_clusters) == ("signer", 12)
    whole, one = found.matches[0].slices[ALL], found.matches[0].slices["signer s03"]
    assert (whole.cluster, whole.n_clusters) == ("signer", 12)
    assert (one.cluster, one.n_clusters) == ("sentence", 2)


def test_a_slice_draws_what_the_score_draws_there(dataset: PoseDataset) -> None:
    """Six of the twelve signers are in train: too few to be drawn unless that is asked for."""
    name = "signers in train"
    for cluster, drawn in (("auto", ("sentence", 12)), ("signer", ("signer", 6))):
        part = compared(dataset, 0.4, 0.2, cluster=cluster).matches[0].slices[name]
        assert (part.cluster, part.n_clusters) == drawn


def test_another_cluster_than_that_of_the_scores_is_refused(dataset: PoseDataset) -> None:
    report = heard(dataset, error=0.3, seed=0)
    with pytest.raises(ScoreError) as error:
        compare({"A": report, "B": report}, dataset, cluster="clip")
    assert str(error.value) == (
        "the runs were scored with cluster 'signer', and 'clip' draws 'clip'; give the same one "
        "here"
    )


def test_there_is_no_test_over_signers_and_sentences_at_once(dataset: PoseDataset) -> None:
    with pytest.raises(ScoreError, match="compare with cluster signer, sentence or clip"):
        compared(dataset, 0.3, 0.2, cluster="two-way")


def test_the_whole_is_the_paired_test_over_signers(dataset: PoseDataset) -> None:
    a, b = heard(dataset, error=0.4, seed=0), heard(dataset, error=0.2, seed=1)
    whole = compare({"A": a, "B": b}, dataset, draws=100, seed=5).matches[0].whole
    errors_a, errors_b, n_ref = (
        np.array([getter(x, y) for x, y in zip(a.clips, b.clips, strict=True)])
        for getter in (
            lambda x, _: x.errors,
            lambda _, y: y.errors,
            lambda x, _: len(x.glosses),
        )
    )
    signers = [clip.signer for clip in a.clips]
    assert whole.paired == paired_test(
        errors_a, errors_b, n_ref, clusters=signers, draws=100, seed=5
    )


def test_few_signers_cannot_show_anything(tmp_path: Path) -> None:
    few = dataset_of(tmp_path, n_signers=4)
    match = compared(few, 0.4, 0.1, cluster="signer").matches[0]
    assert match.whole.p_adjusted == pytest.approx(2 / 2**4)
    assert match.verdict.endswith("and 4 signers cannot show one, as p is 0.125 at least")
    assert compared(few, 0.4, 0.1).cluster == "sentence"  # so they are not drawn by themselves


def test_what_clusters_can_show_depends_on_the_number_of_runs(tmp_path: Path) -> None:
    """Six signers give p = 2 / 2^6 = 0.031 at least, for two runs twice that."""
    six = dataset_of(tmp_path, n_signers=6)
    alone = compared(six, 0.5, 0.1, cluster="signer").matches[0]
    assert alone.whole.smallest_p == pytest.approx(2 / 2**6)
    assert alone.finding == "better"
    for match in compared(six, 0.5, 0.1, 0.05, cluster="signer").matches:
        assert match.whole.p_adjusted == match.whole.smallest_p == pytest.approx(4 / 2**6)
        assert match.verdict.endswith("and 6 signers cannot show one, as p is 0.062 at least")


def test_p_values_are_adjusted_for_the_runs(dataset: PoseDataset) -> None:
    two = compared(dataset, 0.4, 0.33).matches[0].whole
    three = compared(dataset, 0.4, 0.33, 0.35)
    assert two.p_adjusted == two.paired.p_value
    raw = [match.whole.paired.p_value for match in three.matches]
    assert raw[0] == two.paired.p_value
    assert sorted(match.whole.p_adjusted for match in three.matches)[0] == min(1, 2 * min(raw))
    assert "adjusted for the 2 runs compared with A (Holm)" in three.method


def test_the_best_is_only_the_one_that_beats_all_others(dataset: PoseDataset) -> None:
    assert compared(dataset, 0.4, 0.4, 0.05).best[ALL] == "C"
    assert ALL not in compared(dataset, 0.4, 0.05, 0.05).best


def test_clips_that_differ_most_come_first(dataset: PoseDataset) -> None:
    match = compared(dataset, 0.5, 0.1).matches[0]
    sizes = [abs(clip.errors_a - clip.errors_b) for clip in match.clips]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert match.n_better + match.n_worse + match.n_equal == 96
    first = match.clips[0]
    assert sum(r != h for r, h in zip(first.glosses, first.hypothesis_a, strict=True)) == (
        first.errors_a
    )


def test_isolated_signs_are_compared_by_top_1(tmp_path: Path) -> None:
    clips = [
        Clip(f"c{i}", glosses=(WORDS[i % 8],), signer=f"s{i % 10}", split="test") for i in range(80)
    ]
    info = DatasetInfo(name="labels", skeleton=MEDIAPIPE_75)
    signs = PoseDataset.create(tmp_path, info, ClipTable.from_clips(clips))
    found = compared(signs, 0.5, 0.1)
    match = found.matches[0]
    assert (found.task, found.accuracy_name) == ("isolated", "top 1")
    assert match.accuracy.difference == pytest.approx(-match.whole.paired.difference)
    assert match.accuracy.p_value == match.whole.paired.p_value


def test_another_profile_than_that_of_the_scores_is_refused(dataset: PoseDataset) -> None:
    report = heard(dataset, error=0.3, seed=0)
    with pytest.raises(ScoreError) as error:
        compare({"A": report, "B": report}, dataset, profile="phoenix2014")
    assert str(error.value) == (
        "the runs were scored with gloss profile 'none', not 'phoenix2014/1'; give the same "
        "one here"
    )


def test_the_record_is_plain_and_says_what_was_done(dataset: PoseDataset) -> None:
    record = json.loads(json.dumps(compared(dataset, 0.4, 0.1).to_json()))
    part = record["matches"][0]["slices"][ALL]
    assert part.keys() >= {"difference", "interval", "p_value", "p_bootstrap", "p_adjusted"}
    assert record["matches"][0]["finding"] == "better"
    assert record["best"][ALL] == "B"
    assert record["signature"].startswith("clips:96 split:test gloss:none cluster:signer/12 draws:")
