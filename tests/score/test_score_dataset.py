from dataclasses import replace
from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.report import OutOfVocabulary, Slice
from signkit.score import Profile, score_dataset, slice_masks
from signkit.score.profile_steps import Drop, Merge
from signkit.skeletons import MEDIAPIPE_75


def dataset_of(folder: Path, clips: list[Clip]) -> PoseDataset:
    info = DatasetInfo(name="labels", skeleton=MEDIAPIPE_75)
    return PoseDataset.create(folder, info, ClipTable.from_clips(clips))


def clip(clip_id: str, glosses: str, signer: str = "", split: str = "test") -> Clip:
    return Clip(clip_id, glosses=tuple(glosses.split()), signer=signer, split=split)


@pytest.fixture
def sentences(tmp_path: Path) -> PoseDataset:
    return dataset_of(
        tmp_path,
        [
            clip("t1", "I DRINK TEA", "ann", "train"),
            clip("t2", "I EAT", "ben", "train"),
            clip("a", "I DRINK TEA", "cem"),
            clip("b", "I EAT BREAD", "cem"),
            clip("c", "I EAT", "dan"),
        ],
    )


def rates(part: Slice) -> tuple[float | None, int, int]:
    return part.wer, part.n_ref, part.n_clips


HYPOTHESES = [
    Hypothesis("a", ("I", "DRINK", "TEA")),
    Hypothesis("b", ("I", "EAT")),
    Hypothesis("c", ("I", "DRINK")),
]


def test_a_continuous_report(sentences: PoseDataset) -> None:
    report = score_dataset(HYPOTHESES, sentences, split="test")
    assert report.task == "continuous"
    assert (report.n_clips, report.n_ref) == (3, 8)
    assert (report.substitutions, report.deletions, report.insertions) == (1, 1, 0)
    assert report.wer == 2 / 8
    assert report.sentence_accuracy == 1 / 3
    assert {signer: rates(part) for signer, part in report.by_signer.items()} == {
        "cem": (1 / 6, 6, 2),
        "dan": (1 / 2, 2, 1),
    }
    assert rates(report.seen_sentences) == (1 / 5, 5, 2)
    assert rates(report.unseen_sentences) == (1 / 3, 3, 1)
    assert report.seen_signers == Slice(None, 0, 0)
    assert rates(report.unseen_signers) == (2 / 8, 8, 3)
    assert rates(report.with_oov) == (1 / 3, 3, 1)
    assert rates(report.without_oov) == (1 / 5, 5, 2)
    assert {name: rates(part) for name, part in report.by_length.items()} == {"2-3": (2 / 8, 8, 3)}
    assert report.oov == OutOfVocabulary(types=1, tokens=1, wer_floor=1 / 8)
    assert report.length_ratio == 7 / 8
    assert report.mean_clip_wer == pytest.approx((0 + 1 / 3 + 1 / 2) / 3)
    assert report.oov_rate == 1 / 8
    assert report.signers == "unseen"
    assert report.missing == ()
    low, high = report.wer_ci or (1, 0)
    assert low <= 2 / 8 <= high


def test_a_clip_without_a_hypothesis_counts_as_wrong(sentences: PoseDataset) -> None:
    report = score_dataset(HYPOTHESES[:2], sentences, split="test")
    assert report.missing == ("c",)
    assert report.n_clips == 3
    assert report.wer == 3 / 8
    assert report.wer_without_missing == 1 / 6
    assert report.missing_by_signer == {"dan": 1}
    assert report.missing_by_gloss == {"EAT": 1, "I": 1}
    assert report.n_empty == 1
    assert report.empty_share == 1 / 3


def test_no_hypotheses_at_all_is_all_wrong(sentences: PoseDataset) -> None:
    assert score_dataset([], sentences, split="test").wer == 1.0


def test_train_glosses_are_those_of_the_recognizer(sentences: PoseDataset) -> None:
    report = score_dataset(HYPOTHESES, sentences, split="test", train_glosses=["I", "EAT"])
    assert report.oov_rate == 3 / 8


def test_without_a_train_split_nothing_is_claimed_about_it(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, [clip("a", "TEA", "ann")])
    report = score_dataset([Hypothesis("a", ("TEA",))], dataset, split="test")
    assert report.oov_rate is None
    assert report.signers == "unknown"
    assert report.seen_sentences == report.unseen_sentences == Slice(None, 0, 0)


@pytest.mark.parametrize(
    ("signers", "word"),
    [
        (("ann", "ann"), "seen"),
        (("new", "new"), "unseen"),
        (("ann", "new"), "mixed"),
        (("ann", ""), "unknown"),
    ],
)
def test_signers_of_the_split_are_seen_or_not(
    tmp_path: Path, signers: tuple[str, str], word: str
) -> None:
    test = [clip(str(i), "TEA", signer) for i, signer in enumerate(signers)]
    dataset = dataset_of(tmp_path, [clip("t", "TEA", "ann", "train"), *test])
    hypotheses = [Hypothesis(str(i), ("TEA",)) for i in range(2)]
    assert score_dataset(hypotheses, dataset, split="test").signers == word


@pytest.fixture
def signs(tmp_path: Path) -> PoseDataset:
    glosses = ("TEA", "BREAD", "HOME", "TEA")
    return dataset_of(tmp_path, [clip(f"c{i}", gloss) for i, gloss in enumerate(glosses)])


def n_best(*glosses: str) -> tuple[tuple[tuple[str, ...], float], ...]:
    return tuple(((gloss,), -float(rank)) for rank, gloss in enumerate(glosses))


def test_an_isolated_report(signs: PoseDataset) -> None:
    hypotheses = [
        Hypothesis("c0", ("TEA",), n_best=n_best("TEA", "HOME")),
        Hypothesis("c1", ("TEA",), n_best=n_best("TEA", "HOME", "A", "B", "BREAD", "C")),
        Hypothesis("c2", ("TEA",), n_best=n_best("TEA", "A", "B", "C", "D", "HOME")),
        Hypothesis("c3", ("TEA",), n_best=n_best("TEA")),
    ]
    report = score_dataset(hypotheses, signs, split="test")
    assert report.task == "isolated"
    assert report.top1 == 0.5
    assert report.wer == pytest.approx(1 - report.top1)
    assert report.top5 == 0.75
    assert report.by_signer == {}


def test_without_n_best_there_is_no_top_5(signs: PoseDataset) -> None:
    report = score_dataset([Hypothesis("c0", ("TEA",))], signs, split="test")
    assert (report.top1, report.top5, report.wer) == (0.25, None, 0.75)


def test_longer_hypotheses_make_single_signs_continuous(signs: PoseDataset) -> None:
    report = score_dataset([Hypothesis("c0", ("TEA", "TEA"))], signs, split="test")
    assert report.task == "continuous"
    assert report.wer == 1.0


def test_the_report_is_the_same_twice(sentences: PoseDataset) -> None:
    one = score_dataset(HYPOTHESES, sentences, split="test", seed=3)
    assert one == score_dataset(HYPOTHESES[::-1], sentences, split="test", seed=3)


def test_unlabelled_clips_are_refused_unless_nothing_is_signed_there(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, [clip("a", "TEA"), clip("b", "")])
    hypotheses = [Hypothesis("a", ("TEA",)), Hypothesis("b", ("HOME",))]
    with pytest.raises(ScoreError) as caught:
        score_dataset(hypotheses, dataset, split="test")
    assert str(caught.value) == (
        "1 of 2 clips of split 'test' have no glosses (first: 'b'); label them, take them out of "
        "the split, or use --allow-empty if nothing is signed there"
    )
    assert score_dataset(hypotheses, dataset, split="test", allow_empty=True).wer == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"clip_id": "t1"},
            "there is a hypothesis for clip 't1', which is in split 'train', not 'test'; recognize "
            "with --split test",
        ),
        (
            {"clip_id": "z"},
            "there is a hypothesis for clip 'z', which {path} does not have; score against the "
            "dataset that was recognized",
        ),
        ({"clip_id": "b"}, "clip 'b' has two hypotheses; keep one"),
    ],
)
def test_hypotheses_of_other_clips_are_refused(
    sentences: PoseDataset, change: dict[str, str], message: str
) -> None:
    hypotheses = [*HYPOTHESES, replace(HYPOTHESES[0], **change)]  # type: ignore[arg-type]
    with pytest.raises(ScoreError) as caught:
        score_dataset(hypotheses, sentences, split="test")
    assert str(caught.value) == message.format(path=sentences.path)


def test_an_empty_split_is_refused(sentences: PoseDataset) -> None:
    with pytest.raises(ScoreError) as caught:
        score_dataset([], sentences, split="dev")
    assert str(caught.value) == (
        f"{sentences.path} has no clip in split 'dev' (train 2, dev 0, test 3); score another "
        "split with --split or make one with 'signkit split'"
    )


def test_every_slice_has_its_own_interval(sentences: PoseDataset) -> None:
    report = score_dataset(HYPOTHESES, sentences, split="test")
    for name, part in report.slices().items():
        if part.n_clips == 1:
            assert part.wer_ci is None, name
        else:
            low, high = part.wer_ci or (1, 0)
            assert low <= (part.wer or 0) <= high, name


def test_slices_and_their_masks_have_the_same_clips(sentences: PoseDataset) -> None:
    report = score_dataset(HYPOTHESES, sentences, split="test")
    masks = slice_masks(sentences, split="test")
    assert {name: int(mask.sum()) for name, mask in masks.items()} == {
        name: part.n_clips for name, part in report.slices().items()
    }
    of_dan = [
        c.clip_id for c, is_in in zip(report.clips, masks["signer dan"], strict=True) if is_in
    ]
    assert of_dan == ["c"]


def test_glosses_and_confusions_are_read_off_the_alignment(sentences: PoseDataset) -> None:
    report = score_dataset(HYPOTHESES, sentences, split="test")
    table = {gloss.gloss: gloss for gloss in report.glosses}
    eat = table["EAT"]
    assert (eat.n_ref, eat.hits, eat.substituted, eat.deletions) == (2, 1, 1, 0)
    assert (eat.recall, eat.precision) == (0.5, 1.0)
    assert (table["BREAD"].deletions, table["BREAD"].in_train) == (1, False)
    assert (table["DRINK"].mistaken, table["DRINK"].precision) == (1, 0.5)
    assert report.confusions == (("EAT", "DRINK", 1),)
    assert report.clips[1].pairs == (("I", "I"), ("EAT", "EAT"), ("BREAD", None))
    assert [c.errors for c in report.clips] == [0, 1, 1]


def test_references_of_a_file_replace_those_of_the_table(sentences: PoseDataset) -> None:
    references = {"a": ("I", "DRINK", "TEA"), "b": ("I", "EAT"), "c": ("I", "DRINK")}
    assert score_dataset(HYPOTHESES, sentences, split="test", references=references).wer == 0.0
    with pytest.raises(ScoreError) as caught:
        score_dataset(HYPOTHESES, sentences, split="test", references={"a": ("I",), "z": ("I",)})
    assert str(caught.value) == (
        "the references do not fit: 2 of 3 clips of split 'test' have none (first: 'b') and 1 are "
        "of other clips (first: 'z'); expected exactly one for each clip, under the same id"
    )


def test_a_profile_is_for_both_sides_unless_it_says_otherwise(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, [clip("a", "TEA TEA HOME"), clip("b", "PAUSE")])
    found = [Hypothesis("a", ("TEA", "HOME")), Hypothesis("b", ("HOME",))]
    steps = (Drop(frozenset({"PAUSE"})), Merge())
    report = score_dataset(found, dataset, split="test", profile=Profile("mine/1", steps))
    assert (report.n_ref, report.insertions, report.deletions) == (2, 1, 0)
    assert report.profile.n_merged == 1
    assert report.profile.steps.startswith("references and hypotheses: drop PAUSE; merge ")
    assert " gloss:mine/1 " in report.signature
    assert "the gloss profile leaves nothing of 1 references" in report.notes[-1]
    only = Profile("mine/1", steps, is_hyp_only=True)
    report = score_dataset(found, dataset, split="test", profile=only)
    assert (report.n_ref, report.deletions, report.profile.n_merged) == (4, 1, 0)


def test_snapped_hypotheses_show_both_rates_and_a_warning(sentences: PoseDataset) -> None:
    snapped = [replace(HYPOTHESES[0], unsnapped=("I", "DRINK")), *HYPOTHESES[1:]]
    report = score_dataset(snapped, sentences, split="test")
    assert report.wer == 2 / 8
    assert report.wer_unsnapped == 3 / 8
    assert report.notes[-1] == (
        "hypotheses were replaced by the nearest sentences of the train split, which helps only "
        "where train has the sentences; WER of what was recognized: 37.5"
    )


def test_few_sentences_are_warned_about(sentences: PoseDataset) -> None:
    report = score_dataset(HYPOTHESES, sentences, split="test")
    assert (report.cluster, report.n_clusters) == ("sentence", 3)
    assert report.notes == (
        "with fewer than 10 signers (here 2) the interval is over sentences, which says little "
        "about other signers",
        "the interval is over 3 sentences only; with fewer than 10 it is too narrow to be trusted",
    )


def test_equal_data_have_an_equal_hash(sentences: PoseDataset) -> None:
    one, other = (
        score_dataset(hypotheses, sentences, split="test").data_hash
        for hypotheses in (HYPOTHESES, [])
    )
    assert one == other
    changed = {"a": ("I",), "b": ("I",), "c": ("I",)}
    report = score_dataset([], sentences, split="test", references=changed)
    assert report.data_hash != one


def test_empty_cells_that_became_text_are_told(sentences: PoseDataset) -> None:
    found = [Hypothesis("a", ("nan",)), *HYPOTHESES[1:]]
    assert score_dataset(found, sentences, split="test").notes[-1] == (
        "1 hypotheses are the text 'nan', as some programs write empty cells; empty them"
    )
