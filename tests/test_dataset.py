import json
from pathlib import Path

import pytest

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from tests.factories import assert_same_pose, make_clips, make_dataset, make_pose


def test_a_dataset_gives_back_its_poses(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, clips_per_shard=5)
    ids = dataset.clips.ids
    assert dataset.ids_with_poses == ids
    assert dataset.n_frames(ids[7]) == 12
    assert dataset.fps(ids[7]) == 25.0
    assert_same_pose(dataset.pose(ids[7]), make_pose(ids[7], seed=7))
    assert [pose.clip_id for pose in dataset.poses(ids[3:5])] == ids[3:5]


def test_labels_without_poses_and_poses_without_labels_are_normal(tmp_path: Path) -> None:
    clips = [Clip("a", glosses=("TEA",), split="train"), Clip("b", split="train"), Clip("c")]
    dataset = make_dataset(tmp_path, clips, without_poses=["c"])
    assert [clip.clip_id for clip in dataset.labelled(split="train")] == ["a"]
    assert not dataset.has_pose("c")
    with pytest.raises(DatasetError) as caught:
        dataset.pose("c")
    assert str(caught.value) == f"{tmp_path} has no poses for clip 'c'; see failures.csv"


def test_an_empty_split_lists_the_others(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    with pytest.raises(DatasetError) as caught:
        dataset.labelled(split="test")
    assert str(caught.value) == (
        f"{tmp_path} has no clip in split 'test' (train 24, dev 0, test 0); set the split column "
        "of clips.csv or run 'signkit split'"
    )


def test_a_split_without_labels_says_so(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [Clip("a", split="test")])
    with pytest.raises(DatasetError) as caught:
        dataset.labelled(split="test")
    assert str(caught.value) == (
        f"no clip of split 'test' in {tmp_path} has both glosses and poses (1 clips, 1 with poses, "
        "0 with glosses); fill in the glosses of clips.csv or extract the poses"
    )


def test_a_missing_folder_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        PoseDataset.open(tmp_path / "nowhere")
    assert str(caught.value) == (
        f"no folder at {tmp_path / 'nowhere'}; expected a dataset folder with dataset.json"
    )


def test_a_foreign_folder_says_how_to_make_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        PoseDataset.open(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} has no dataset.json, so it is not a signkit dataset; make one with 'signkit "
        "extract VIDEOS OUT' or 'signkit import FORMAT SOURCE OUT'"
    )


def test_another_version_is_refused(tmp_path: Path) -> None:
    make_dataset(tmp_path)
    record = json.loads((tmp_path / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps(record | {"schema": "signkit.dataset/9"}))
    with pytest.raises(DatasetError) as caught:
        PoseDataset.open(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'dataset.json'} has schema 'signkit.dataset/9'; this version of signkit "
        "reads 'signkit.dataset/1'"
    )


def test_the_fingerprint_follows_the_labels_and_not_their_order(tmp_path: Path) -> None:
    clips = make_clips(signers=["ann"])
    one = make_dataset(tmp_path / "one", clips)
    ids = one.clips.ids
    assert one.fingerprint(ids) == one.fingerprint(ids[::-1])
    relabelled = [Clip(clips[0].clip_id, glosses=("OTHER",)), *clips[1:]]
    assert make_dataset(tmp_path / "two", relabelled).fingerprint(ids) != one.fingerprint(ids)


def test_the_description_survives(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    assert PoseDataset.open(tmp_path).info == dataset.info
    assert dataset.info.licence == "CC0-1.0"
