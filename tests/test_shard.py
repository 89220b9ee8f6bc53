from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from signkit.errors import ShardError
from signkit.shard import (
    FRAMES_PER_ROW,
    ShardWriter,
    read_rows,
    read_shard,
    shard_clip_ids,
    shard_index,
    shard_paths,
    shard_skeleton,
    write_shard,
)
from signkit.skeletons import ISHARAH_86, MEDIAPIPE_75
from tests.factories import assert_same_pose, make_pose


def test_poses_on_the_grid_come_back_bit_for_bit(tmp_path: Path) -> None:
    poses = [make_pose("a"), make_pose("b", n_frames=1, seed=1), make_pose("c", n_frames=0)]
    write_shard(tmp_path / "s.parquet", poses)
    for written, read in zip(poses, read_shard(tmp_path / "s.parquet"), strict=True):
        assert_same_pose(written, read)


def test_pixels_are_rounded_to_a_sixteenth(tmp_path: Path) -> None:
    pose = make_pose(hidden=0)
    write_shard(tmp_path / "s.parquet", [replace(pose, coords=pose.coords + np.float32(0.01))])
    (read,) = read_shard(tmp_path / "s.parquet")
    assert np.array_equal(read.coords, pose.coords)


def test_uneven_times_survive(tmp_path: Path) -> None:
    times = np.array([0.0, 0.04, 0.2, 0.201])
    pose = replace(make_pose(n_frames=4), time_s=times)
    write_shard(tmp_path / "s.parquet", [pose])
    (read,) = read_shard(tmp_path / "s.parquet")
    assert np.array_equal(read.time_s, times)


def test_a_long_clip_is_many_rows_and_one_pose(tmp_path: Path) -> None:
    pose = make_pose("long", n_frames=2 * FRAMES_PER_ROW + 3)
    write_shard(tmp_path / "s.parquet", [make_pose("first"), pose])
    rows = [ref for ref in shard_index(tmp_path / "s.parquet") if ref.row.clip_id == "long"]
    assert [ref.row.n_frames for ref in rows] == [FRAMES_PER_ROW, FRAMES_PER_ROW, 3]
    assert_same_pose(read_rows(rows, MEDIAPIPE_75), pose)
    assert [p.clip_id for p in read_shard(tmp_path / "s.parquet")] == ["first", "long"]
    assert shard_clip_ids(tmp_path / "s.parquet") == ["first", "long"]


def test_a_shard_explains_itself(tmp_path: Path) -> None:
    write_shard(tmp_path / "s.parquet", [make_pose(skeleton=ISHARAH_86)])
    assert shard_skeleton(tmp_path / "s.parquet") == ISHARAH_86
    table = pq.read_table(tmp_path / "s.parquet")
    assert table.column("clip_id").to_pylist() == ["clip-0"]
    assert len(table.column("coords")[0]) == 12 * 86 * 2


def test_only_whole_shards_appear(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, clips_per_shard=2) as shards:
        shards.add(make_pose("a"))
        assert shard_paths(tmp_path) == []
        shards.add(make_pose("b"))
        assert [path.name for path in shard_paths(tmp_path)] == ["shard-00000.parquet"]
        shards.add(make_pose("c"))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert len(shard_paths(tmp_path)) == 2


def test_a_failed_run_does_not_publish_its_last_shard(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), ShardWriter(tmp_path) as shards:  # noqa: PT012
        shards.add(make_pose())
        raise RuntimeError
    assert shard_paths(tmp_path) == []


def test_one_shard_has_one_skeleton(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    with pytest.raises(ShardError) as caught:
        write_shard(path, [make_pose("a"), make_pose("b", skeleton=ISHARAH_86)])
    assert str(caught.value) == (
        f"clip 'b' has skeleton 'isharah-86', but the shard {path} holds 'mediapipe-75'; one "
        "dataset has one skeleton"
    )
    assert not path.exists()


def test_a_truncated_shard_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    write_shard(path, [make_pose()])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ShardError) as caught:
        list(read_shard(path))
    assert str(caught.value) == (
        f"{path} is truncated or damaged; delete it and run the command that made it again to redo "
        "its clips"
    )


def test_a_foreign_parquet_file_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ShardError) as caught:
        list(read_shard(path))
    assert str(caught.value) == (
        f"{path} has schema 'none'; this version of signkit reads 'signkit.shard/2'"
    )
