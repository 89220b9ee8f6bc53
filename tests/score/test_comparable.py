from dataclasses import replace

import pytest

from signkit.errors import ScoreError
from signkit.report import ClipScore, ProfileNote, Report, Slice
from signkit.score.comparable import check_comparable

NOTHING = Slice(None, 0, 0)


def clip(clip_id: str, glosses: str = "I EAT") -> ClipScore:
    reference = tuple(glosses.split())
    return ClipScore(clip_id, "ann", reference, (), tuple((g, None) for g in reference), 2)


REPORT = Report(
    task="continuous",
    split="test",
    n_clips=2,
    n_ref=4,
    wer=1.0,
    wer_ci=None,
    substitutions=0,
    deletions=4,
    insertions=0,
    sentence_accuracy=0.0,
    by_signer={},
    seen_sentences=NOTHING,
    unseen_sentences=NOTHING,
    oov_rate=None,
    signers="seen",
    decoder="greedy",
    clips=(clip("c1"), clip("c2")),
)


def test_the_same_ground_is_accepted():
    assert check_comparable({"a": REPORT, "b": replace(REPORT, decoder="beam10")}) is REPORT


def test_clips_that_nobody_recognized_are_the_same_for_both():
    gone = replace(REPORT, missing=("c1",))
    assert check_comparable({"a": gone, "b": gone}) is gone


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"split": "dev"},
            "a was scored with split 'test', b with 'dev'; score all runs with the same split",
        ),
        (
            {"profile": ProfileNote("phoenix2014/1")},
            "a was scored with gloss profile 'none', b with 'phoenix2014/1'; score all runs with "
            "the same gloss profile",
        ),
        (
            {"cluster": "signer"},
            "a was scored with cluster 'clip', b with 'signer'; score all runs with the same "
            "cluster",
        ),
        (
            {"clips": (clip("c1"), clip("c3"))},
            "b has no hypothesis for 1 clips that a has (first: 'c2'); only the same clips can be "
            "compared, so recognize the whole split with both",
        ),
        (
            {"clips": (clip("c1"), clip("c2"), clip("c3")), "n_clips": 3},
            "a has no hypothesis for 1 clips that b has (first: 'c3'); only the same clips can be "
            "compared, so recognize the whole split with both",
        ),
        (
            {"missing": ("c2",)},
            "b has no hypothesis for 1 clips that a has (first: 'c2'); only the same clips can be "
            "compared, so recognize the whole split with both",
        ),
        (
            {"clips": (clip("c1"), clip("c2", "I DRINK"))},
            "a and b were scored against different references (first clip: 'c2'); score both "
            "against the same dataset",
        ),
        (
            {"clips": (clip("c2"), clip("c1"))},
            "a and b were scored against different references (first clip: 'c1'); score both "
            "against the same dataset",
        ),
        (
            {"clips": ()},
            "the score of b has 0 of 2 clips; score it again with score_dataset",
        ),
    ],
)
def test_other_ground_is_refused(change, message):
    with pytest.raises(ScoreError) as error:
        check_comparable({"a": REPORT, "b": replace(REPORT, **change)})
    assert str(error.value) == message


def test_one_run_alone_is_refused():
    with pytest.raises(ScoreError, match=r"^compare needs two runs or more, found 1; give another"):
        check_comparable({"a": REPORT})


def test_no_reference_gloss_is_refused():
    empty = replace(REPORT, n_ref=0)
    with pytest.raises(ScoreError, match=r"^there is no reference gloss"):
        check_comparable({"a": empty, "b": empty})
