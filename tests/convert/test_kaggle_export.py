import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ExportOptions, ImportOptions, export_dataset, import_dataset
from signkit.convert.kaggle_layout import NUMBERED
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.shard import ShardWriter
from signkit.skeletons import MEDIAPIPE_75, MEDIAPIPE_543, MEDIAPIPE_553
from tests.factories import assert_same_pose, make_clips, make_dataset, make_pose

ODD_CLIPS = (
    Clip("many", glosses=("TEA", "I", "DRINK"), text='I drink "tea", always', split="train"),
    Clip("none", signer="", split="dev", session="s1", language="gsg"),
    Clip("window", video="a b/c.mp4", start_s=0.1, end_s=1.5, glosses=("EAT",), signer="a/../b"),
    Clip("x" * 230, glosses=("שלום",), text="תה", signer="..", extra={"x_room": "3, left"}),
)


def round_trip(folder: Path, name: str = "one") -> tuple[PoseDataset, PoseDataset]:
    export_dataset("kaggle", folder / name, folder / "kaggle")
    import_dataset("kaggle-islr", folder / "kaggle", folder / "back", ImportOptions())
    return PoseDataset.open(folder / name), PoseDataset.open(folder / "back")


def assert_same_dataset(one: PoseDataset, other: PoseDataset) -> None:
    assert list(one.clips) == list(other.clips)
    assert one.ids_with_poses == other.ids_with_poses
    for a, b in zip(one.poses(), other.poses(), strict=True):
        assert_same_pose(a, b)


def dataset_of(
    folder: Path, poses: Sequence[PoseSequence], clips: Sequence[Clip] = ()
) -> PoseDataset:
    info = DatasetInfo(
        name="mine",
        skeleton=poses[0].skeleton,
        extractor={"name": "mediapipe", "version": "1"},
        source="somewhere",
        licence="CC BY 4.0",
        consent="all were asked",
        note="a note",
    )
    clips = clips or [Clip(pose.clip_id, glosses=("TEA",)) for pose in poses]
    with ShardWriter(folder / "poses") as shards:
        for pose in poses:
            shards.add(pose)
    return PoseDataset.create(folder, info, ClipTable.from_clips(clips))


def test_import_is_the_inverse_of_export(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", [*make_clips(), *ODD_CLIPS], skeleton=MEDIAPIPE_543)
    one, two = round_trip(tmp_path)
    assert_same_dataset(one, two)
    assert sorted(path.name for path in (tmp_path / "kaggle").iterdir()) == [
        "about.json",
        "train.csv",
        "train_landmark_files",
    ]


def test_times_frame_rates_and_sizes_come_back(tmp_path: Path) -> None:
    pose = make_pose("late", skeleton=MEDIAPIPE_543, n_frames=5)
    poses = [
        replace(pose, fps=30000 / 1001, width_px=1919, height_px=1, time_s=None),
        replace(pose, clip_id="gaps", time_s=np.array([29, 30, 33, 34, 40]) / 25),
        replace(pose, clip_id="uneven", time_s=np.array([0.5, 0.51, 0.52, 1, 7.125])),
        replace(pose, clip_id="all-hidden", coords=pose.coords * np.nan),
    ]
    dataset_of(tmp_path / "one", poses)
    one, two = round_trip(tmp_path)
    assert_same_dataset(one, two)
    told = ("name", "source", "licence", "consent", "note", "extractor", "skeleton")
    assert {k: getattr(one.info, k) for k in told} == {k: getattr(two.info, k) for k in told}


def test_the_files_are_as_they_are_published(tmp_path: Path) -> None:
    clips = [Clip("b", glosses=("tea",), signer="ann"), Clip("a", glosses=("eat",))]
    dataset = make_dataset(tmp_path / "one", clips, skeleton=MEDIAPIPE_543, n_frames=3)
    summary = export_dataset("kaggle", tmp_path / "one", tmp_path / "kaggle")
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames, summary.notes) == (2, 2, 6, ())
    table = pd.read_csv(tmp_path / "kaggle" / "train.csv", keep_default_na=False)
    assert list(table.columns[:4]) == ["path", "participant_id", "sequence_id", "sign"]
    assert table.iloc[:, :4].values.tolist() == [
        ["train_landmark_files/ann/b.parquet", "ann", 1, "tea"],
        ["train_landmark_files/unknown/a.parquet", "", 2, "eat"],
    ]
    signs = json.loads((tmp_path / "kaggle" / "sign_to_prediction_index_map.json").read_text())
    assert signs == {"eat": 0, "tea": 1}
    rows = pd.read_parquet(tmp_path / "kaggle" / table["path"][0])
    assert list(rows.columns) == [
        *("frame", "row_id", "type", "landmark_index", "x", "y", "z", "confidence")
    ]
    assert rows["frame"].tolist() == [frame for frame in range(3) for _ in range(543)]
    kinds = [f"{frame}-{kind}-{index}" for frame in range(3) for kind, index in NUMBERED]
    assert rows["row_id"].tolist() == kinds
    assert (rows["type"] + rows["landmark_index"].astype(str)).tolist() == [
        f"{kind}{index}" for kind, index in NUMBERED
    ] * 3
    pose = dataset.pose("b")
    tip = rows[(rows["type"] == "right_hand") & (rows["landmark_index"] == 20)]
    expected = pose.coords[:, pose.skeleton.index("right_hand_pinky_tip")] / [640, 480, 640]
    assert np.allclose(tip[["x", "y", "z"]], expected, equal_nan=True)


def test_what_was_written_for_the_competition_reads_it(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", make_clips(), skeleton=MEDIAPIPE_543)
    export_dataset("kaggle", tmp_path / "one", tmp_path / "kaggle")
    with (tmp_path / "kaggle" / "train.csv").open() as file:
        path = next(csv.DictReader(file))["path"]
    data = pd.read_parquet(tmp_path / "kaggle" / path, columns=["x", "y", "z"])
    assert data.values.reshape(len(data) // 543, 543, 3).shape == (12, 543, 3)


def test_two_exports_are_equal_bytes(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", [*make_clips(), *ODD_CLIPS], skeleton=MEDIAPIPE_543)
    for name in ("a", "b"):
        export_dataset("kaggle", tmp_path / "one", tmp_path / name)
    files = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 2 + 28
    for path in files:
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_what_the_layout_cannot_hold_is_said(tmp_path: Path) -> None:
    clips = [
        Clip("a", glosses=("TEA", "I"), text="one\ntwo"),
        Clip("bare"),
    ]
    make_dataset(tmp_path / "one", clips, skeleton=MEDIAPIPE_553, without_poses=["bare"])
    summary = export_dataset("kaggle", tmp_path / "one", tmp_path / "kaggle")
    assert summary.notes == (
        "1 clips without landmarks are left out",
        "10 landmarks that the layout does not have are left out of every frame",
        "clips of several glosses: 'sign' has them all, and there is no "
        "sign_to_prediction_index_map.json",
        "line breaks in the texts of 1 clips are spaces now",
    )
    import_dataset("kaggle-islr", tmp_path / "kaggle", tmp_path / "back", ImportOptions())
    back = PoseDataset.open(tmp_path / "back")
    assert (back.clips["a"].glosses, back.clips["a"].text) == (("TEA", "I"), "one two")
    one = PoseDataset.open(tmp_path / "one").pose("a")
    assert_same_pose(one.select(MEDIAPIPE_543), back.pose("a"))


def test_a_dataset_without_a_licence_does_not_get_that_of_the_competition(tmp_path: Path) -> None:
    pose = make_pose("a", skeleton=MEDIAPIPE_543)
    one = dataset_of(tmp_path / "one", [pose])
    info = replace(one.info, licence="", consent="", source="")
    PoseDataset.create(tmp_path / "one", info, one.clips)
    _, back = round_trip(tmp_path)
    assert (back.info.licence, back.info.consent, back.info.source) == ("not stated",) * 3
    (tmp_path / "kaggle" / "about.json").unlink()
    import_dataset("kaggle-islr", tmp_path / "kaggle", tmp_path / "again")
    again = PoseDataset.open(tmp_path / "again").info
    assert (again.name, again.licence, again.consent) == ("kaggle", "not stated", "not stated")


def test_one_split_may_be_exported(tmp_path: Path) -> None:
    clips = [*make_clips(split="train"), Clip("d", glosses=("TEA",), split="dev")]
    make_dataset(tmp_path / "one", clips, skeleton=MEDIAPIPE_543)
    dev = ExportOptions(split="dev")
    assert export_dataset("kaggle", tmp_path / "one", tmp_path / "dev", dev).n_clips == 1
    with pytest.raises(FormatError) as caught:
        export_dataset("kaggle", tmp_path / "one", tmp_path / "no", ExportOptions(split="test"))
    assert str(caught.value) == (
        f"no clip of split 'test' in {tmp_path / 'one'} has landmarks, so there is nothing to write"
    )
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("skeleton", "found"),
    [
        (MEDIAPIPE_75, "75 landmarks in 3 dimensions (mediapipe-75)"),
        (replace(MEDIAPIPE_543, n_dims=2), "543 landmarks in 2 dimensions (mediapipe-543)"),
    ],
)
def test_other_landmarks_are_refused(tmp_path: Path, skeleton: object, found: str) -> None:
    make_dataset(tmp_path / "one", skeleton=skeleton)  # type: ignore[arg-type]
    with pytest.raises(FormatError) as caught:
        export_dataset("kaggle", tmp_path / "one", tmp_path / "kaggle")
    assert str(caught.value) == (
        f"{tmp_path / 'one'} has {found}; the Kaggle layout is made of the 543 of MediaPipe "
        "Holistic in 3 (mediapipe-543 or mediapipe-553)"
    )


def test_a_wrong_time_in_an_exported_table_is_listed(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", [*make_clips(), *ODD_CLIPS], skeleton=MEDIAPIPE_543)
    export_dataset("kaggle", tmp_path / "one", tmp_path / "kaggle")
    table = tmp_path / "kaggle" / "train.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",0.1,1.5,", ",0.1,soon,"))
    summary = import_dataset("kaggle-islr", tmp_path / "kaggle", tmp_path / "back")
    assert (summary.n_clips, summary.n_left_out) == (27, 1)
    assert str(summary.first_bad[0]) == (
        "train.csv line 28: has end_s 'soon', expected seconds; left out"
    )


@pytest.mark.real_data
def test_a_real_take_survives_the_round_trip(real_data: Path, tmp_path: Path) -> None:
    frames = sorted(
        (real_data / "mp_data" / "1662" / "hello" / "0").glob("*.npy"), key=lambda p: int(p.stem)
    )
    values = np.stack([np.load(path, allow_pickle=False) for path in frames])  # (T, 1662)
    pose = values[:, :132].reshape(len(values), 33, 4)
    coords = np.concatenate([pose[..., :3], values[:, 132:].reshape(len(values), 510, 3)], axis=1)
    coords[(coords == 0).all(axis=-1)] = np.nan
    coords *= [640, 480, 640]
    confidence = np.concatenate([pose[..., 3], np.ones((len(values), 510))], axis=1)
    take = PoseSequence(
        clip_id="hello-0",
        skeleton=MEDIAPIPE_543,
        coords=coords.astype(np.float32),
        confidence=np.clip(confidence, 0, 1).astype(np.float32),
        fps=30.0,
        width_px=640,
        height_px=480,
    )
    assert 0 < (~take.seen).sum() < take.seen.sum()
    dataset_of(tmp_path / "one", [take])
    assert_same_dataset(*round_trip(tmp_path))
