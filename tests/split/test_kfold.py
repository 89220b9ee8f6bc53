from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.split import split_dataset
from signkit.split.kfold import deal_clips, deal_groups, largest_deviation
from signkit.split.labels import Labels
from tests.factories import make_clips
from tests.split.tables import annotations, splits_of

SIGNERS = tuple(f"signer-{i}" for i in range(10))


def folds_of(folder: Path) -> dict[str, str]:
    table = PoseDataset.open(folder).clips
    return dict(zip(table.ids, table.column("x_fold"), strict=True))


def test_single_clips_are_dealt_evenly_by_gloss() -> None:
    column = ["A"] * 10 + ["B"] * 6 + ["C"] * 7
    ids = [f"clip-{i}" for i in range(len(column))]
    folds = deal_clips(ids, Labels.of(column), n_folds=5, seed=0)
    assert sorted(Counter(folds.tolist()).values()) == [4, 4, 5, 5, 5]
    for gloss, n in Counter(column).items():
        in_folds = [sum(g == gloss and f == k for g, f in zip(column, folds, strict=True))
                    for k in range(1, 6)]  # fmt: skip
        assert max(in_folds) - min(in_folds) <= 1, (gloss, n)


def test_a_rare_gloss_of_sentences_is_spread() -> None:
    column = [f"COMMON A{i} RARE" if i % 10 == 0 else f"COMMON A{i % 3} B{i}" for i in range(50)]
    ids = [f"clip-{i:02}" for i in range(50)]
    folds = deal_clips(ids, Labels.of(column), n_folds=5, seed=3)
    assert sorted(Counter(folds.tolist()).values()) == [10] * 5


def test_folds_do_not_depend_on_the_order_of_the_table(tmp_path: Path) -> None:
    clips = make_clips(signers=SIGNERS)
    found = []
    for name, order in (("one", clips), ("two", clips[::-1])):
        for group in (None, "signer"):
            folder = annotations(tmp_path / f"{name}-{group}", order)
            split_dataset(folder, by="kfold", folds=3, group=group)
            found.append(folds_of(folder))
    assert found[0] == found[2]
    assert found[1] == found[3]


def test_whole_groups_of_equal_kind_give_equal_folds(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips(signers=SIGNERS))
    summary = split_dataset(folder, by="kfold", folds=5, group="signer")
    assert [fold.clips for fold in summary.folds.values()] == [16] * 5
    assert [fold.signers for fold in summary.folds.values()] == [2] * 5
    assert summary.deviation is not None
    assert summary.deviation.share_in_fold == summary.deviation.share == 0.25
    folds = folds_of(folder)
    of_signer = {s: {folds[c] for c in folds if c.startswith(f"{s}-")} for s in SIGNERS}
    assert all(len(found) == 1 for found in of_signer.values())


def test_glosses_are_balanced_over_groups_that_differ() -> None:
    """Four groups sign only A, four only B: every fold gets one of both."""
    glosses = Labels.of(["A"] * 40 + ["B"] * 40)
    group_of = np.repeat(np.arange(8), 10)
    folds = deal_groups(
        [f"g{i}" for i in range(8)],
        np.full(8, 10),
        glosses.by_group(group_of, 8),
        n_folds=4,
        seed=0,
        noun="group",
    )
    assert sorted(folds[:4].tolist()) == sorted(folds[4:].tolist()) == [1, 2, 3, 4]
    deviation = largest_deviation(glosses, folds[group_of], 4)
    assert deviation is not None
    assert deviation.share_in_fold == deviation.share == 0.5


def test_greedy_dealing_is_improved_by_exchanges() -> None:
    """No fold is further from the mean than the smallest group, though sizes are awkward."""
    sizes = np.array([9, 8, 7, 6, 5, 4, 3, 3])
    labels = Labels.of(["A"] * int(sizes.sum()))
    group_of = np.repeat(np.arange(len(sizes)), sizes)
    counts = labels.by_group(group_of, len(sizes))
    names = [str(i) for i in range(len(sizes))]
    folds = deal_groups(names, sizes, counts, n_folds=3, seed=0, noun="group")
    assert sorted(np.bincount(folds, weights=sizes)[1:].tolist()) == [15, 15, 15]


def test_no_fold_is_empty_though_one_group_is_huge(tmp_path: Path) -> None:
    clips = [Clip(f"a{i}", glosses=("A",), signer="ann") for i in range(50)]
    clips += [Clip(f"{s}", glosses=("A",), signer=s) for s in ("ben", "cem")]
    summary = split_dataset(annotations(tmp_path, clips), by="kfold", folds=3, group="signer")
    assert sorted(fold.clips for fold in summary.folds.values()) == [1, 1, 50]


def test_a_fold_is_the_test_split_and_the_others_train(tmp_path: Path) -> None:
    folder = annotations(tmp_path, make_clips(split="dev"))
    for fold in (1, 2, 3):
        summary = split_dataset(folder, by="kfold", folds=3, fold=fold)
        assert (summary.fold, summary.name) == (fold, "kfold3-seed0")
        folds = folds_of(folder)
        expected = {c: "test" if folds[c] == str(fold) else "train" for c in folds}
        assert splits_of(folder) == expected


def test_segments_of_one_video_stay_together(tmp_path: Path) -> None:
    clips = [
        Clip(f"v{video}-{i}", video=f"v{video}.mp4", start_s=i, end_s=i + 1, glosses=("A",))
        for video in range(9)
        for i in range(4)
    ]
    clips += [Clip("alone-1", glosses=("A",)), Clip("alone-2", glosses=("A",))]
    folder = annotations(tmp_path, clips)
    split_dataset(folder, by="kfold", folds=3, group="video")
    folds = folds_of(folder)
    assert all(len({folds[f"v{v}-{i}"] for i in range(4)}) == 1 for v in range(9))


def test_glosses_rarer_than_folds_are_reported(tmp_path: Path) -> None:
    clips = make_clips(signers=["ann", "ben"], sentences=["A", "B C"], n_takes=3)
    clips += [Clip("rare", glosses=("RARE", "A"), signer="ann")]
    folder = annotations(tmp_path, clips)
    assert split_dataset(folder, by="kfold", folds=5).rare_glosses == ("RARE",)
    assert split_dataset(folder, by="kfold", folds=2, group="signer").rare_glosses == ("RARE",)


def test_clips_without_glosses_are_in_no_fold_of_sentences(tmp_path: Path) -> None:
    clips = [*make_clips(), Clip("withheld", signer="ann")]
    folder = annotations(tmp_path, clips)
    split_dataset(folder, by="kfold", folds=2, group="sentence")
    assert folds_of(folder)["withheld"] == ""
    assert splits_of(folder)["withheld"] == "train"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"folds": 1}, "--folds is 1; cross-validation needs at least 2"),
        ({"folds": 3, "fold": 4}, "--fold is 4; the folds are 1 to 3"),
        ({"fold": 0}, "--fold is 0; the folds are 1 to 5"),
        ({"folds": 30}, "30 folds need at least 30 clips, found 24; ask for fewer folds"),
        (
            {"group": "signer", "folds": 4},
            "4 folds need at least 4 signers, found 3; ask for fewer folds",
        ),
        (
            {"group": "gloss"},
            "folds cannot keep 'gloss' whole; use signer, sentence, session, video",
        ),
        (
            {"group": "session"},
            "24 of 24 clips have no session; fill in the session column of clips.csv or split "
            "--by signer",
        ),
        (
            {"group": "video"},
            "24 of 24 clips have no video; fill in the video column of clips.csv or split --by "
            "signer",
        ),
        (
            {"test": 0.2},
            "--by kfold divides all clips; leave --dev, --test and --holdout-signers out ('signkit "
            "train' carves its own dev split out of train)",
        ),
        (
            {"by": "signer", "test": 0.3, "folds": 3},
            "--folds belongs to --by kfold, not to --by signer",
        ),
    ],
)
def test_impossible_folds_are_refused(
    tmp_path: Path, request_: dict[str, object], message: str
) -> None:
    folder = annotations(tmp_path, make_clips())
    with pytest.raises(DatasetError) as caught:
        split_dataset(folder, **{"by": "kfold", **request_})  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert not (folder / "splits").exists()
