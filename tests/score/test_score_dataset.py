from dataclasses import replace
from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.report import Slice
from signkit.score import score_dataset
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
    assert report.by_signer == {"cem": Slice(1 / 6, 6, 2), "dan": Slice(1 / 2, 2, 1)}
    assert report.seen_sentences == Slice(1 / 5, 5, 2)
    assert report.unseen_sentences == Slice(1 / 3, 3, 1)
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
    assert report.n_empty == 1


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
