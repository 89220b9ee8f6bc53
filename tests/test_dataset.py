import json
import sys
from pathlib import Path
from subprocess import run

import pytest

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import DatasetError, ShardError
from signkit.shard import ShardWriter, shard_path, write_shard
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import MEDIAPIPE_75
from tests.factories import assert_same_pose, make_clips, make_dataset, make_pose


def test_a_dataset_gives_back_its_poses(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, clips_per_shard=5)
    ids = dataset.clips.ids
    assert dataset.ids_with_poses == ids
    assert dataset.n_frames(ids[7]) == 12
    assert dataset.fps(ids[7]) == 25.0
    assert_same_pose(dataset.pose(ids[7]), make_pose(ids[7], seed=7))
    assert [pose.clip_id for pose in dataset.poses(ids[3:5])] == ids[3:5]


def test_lengths_of_many_clips_come_in_the_order_asked_for(tmp_path: Path) -> None:
    info = DatasetInfo("lengths", MEDIAPIPE_75)
    dataset = PoseDataset.create(tmp_path, info, ClipTable.from_clips([]))
    with ShardWriter(dataset.poses_folder, clips_per_shard=2) as shards:
        for clip_id, n_frames, fps in (("a", 3, 25.0), ("b", 600, 30.0), ("c", 0, 12.5)):
            shards.add(make_pose(clip_id, n_frames=n_frames, fps=fps))
    n_frames, fps = dataset.lengths(["c", "b", "c", "a"])
    assert n_frames.tolist() == [0, 600, 0, 3]
    assert fps.tolist() == [12.5, 30.0, 12.5, 25.0]
    assert (dataset.n_frames("b"), dataset.fps("b")) == (600, 30.0)
    for ask in (lambda: dataset.lengths(["a", "z"]), lambda: dataset.n_frames("z")):
        with pytest.raises(DatasetError) as caught:
            ask()
        assert str(caught.value) == f"{tmp_path} has no poses for clip 'z'; see failures.csv"


def test_a_shard_that_lost_a_clip_while_the_dataset_was_open_says_so(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [Clip("a")])
    assert dataset.has_pose("a")
    path = shard_path(dataset.poses_folder, 0)
    write_shard(path, [make_pose("other")])
    with pytest.raises(ShardError) as caught:
        dataset.pose("a")
    assert str(caught.value) == f"{path} has no clip 'a' any more; open the dataset again"


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


def test_a_dataset_is_opened_without_pandas(tmp_path: Path) -> None:
    make_dataset(tmp_path)
    code = f"""
import sys
from pathlib import Path
from signkit.dataset import PoseDataset
dataset = PoseDataset.open(Path({str(tmp_path)!r}))
clip = dataset.labelled(split="train")[3]
assert dataset.clips[clip.clip_id] == clip
assert dataset.n_frames(clip.clip_id) == 12
print("pandas" in sys.modules)
"""
    done = run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"skeleton": {}}, "KeyError: 'name'"),
        ({"skeleton": "mediapipe"}, "TypeError: string indices must be integers, not 'str'"),
        ({"colour": 1}, "TypeError: DatasetInfo.__init__() got an unexpected keyword argument"),
    ],
)
def test_a_description_that_was_edited_wrongly_is_one_plain_line(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    make_dataset(tmp_path, make_clips()[:1])
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")
    with pytest.raises(DatasetError) as caught:
        PoseDataset.open(tmp_path)
    assert str(caught.value).startswith(f"{path} cannot be used ({reason}")
    assert str(caught.value).endswith("; restore a copy or run the command that made it again")


def test_a_shard_of_another_skeleton_is_refused(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    turned = skeleton_from_names("turned", MEDIAPIPE_75.landmarks[::-1], n_dims=3)
    shard = shard_path(dataset.poses_folder, 50)
    write_shard(shard, [make_pose("foreign", skeleton=turned)])
    with pytest.raises(DatasetError) as caught:
        PoseDataset.open(tmp_path).pose("foreign")
    assert str(caught.value) == (
        f"{shard} has the landmarks of skeleton 'turned', but {tmp_path} holds 'mediapipe-75'; one "
        "dataset has one skeleton: delete the shard, or restore dataset.json"
    )


def test_the_usual_frame_rate_is_the_commonest(tmp_path):
    rates = {"a": 30.0, "b": 25.0, "c": 25.0}
    poses = [make_pose(name, fps=fps) for name, fps in rates.items()]
    info = DatasetInfo(name="rates", skeleton=MEDIAPIPE_75)
    PoseDataset.create(tmp_path, info, ClipTable.from_clips([Clip(name) for name in rates]))
    write_shard(shard_path(tmp_path / "poses", 0), poses)
    assert PoseDataset.open(tmp_path).usual_fps(list(rates)) == 25.0
