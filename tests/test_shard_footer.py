from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from signkit.errors import ShardError
from signkit.shard import FRAMES_PER_ROW, shard_index, write_shard
from signkit.shard_footer import footer_of, glance, parse_footer
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import ISHARAH_86
from tests.factories import make_pose

TINY = skeleton_from_names("tiny", ["nose"], n_dims=2)


@pytest.mark.parametrize(
    "ids",
    [["a"], [f"clip-{n}" for n in range(300)], ["signkit.index", 'dance"\\'], ["سلام", "x" * 200]],
)
def test_a_glance_sees_the_rows_that_the_parsed_end_has(tmp_path: Path, ids: list[str]) -> None:
    path = tmp_path / "s.parquet"
    write_shard(path, [make_pose(clip_id, n_frames=1, skeleton=TINY) for clip_id in ids])
    assert glance(path) == parse_footer(path, path).rows
    assert [row.clip_id for row in glance(path)] == ids


def test_a_long_clip_has_many_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    long = make_pose("long", n_frames=2 * FRAMES_PER_ROW + 3, skeleton=TINY)
    write_shard(path, [make_pose("first", skeleton=TINY), long])
    assert footer_of(path).row_groups == {"first": [0], "long": [1, 2, 3]}
    assert [row.n_frames for row in glance(path)] == [12, FRAMES_PER_ROW, FRAMES_PER_ROW, 3]


@pytest.mark.parametrize("n_bytes", [0, 3, 100, -20])
def test_a_truncated_shard_is_told_from_a_whole_one(tmp_path: Path, n_bytes: int) -> None:
    path = tmp_path / "s.parquet"
    write_shard(path, [make_pose(skeleton=ISHARAH_86)])
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ShardError) as caught:
        glance(path)
    assert str(caught.value) == (
        f"{path} is truncated or damaged; delete it and run the command that made it again to redo "
        "its clips"
    )


def test_a_foreign_parquet_file_is_refused_at_a_glance(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ShardError) as caught:
        glance(path)
    assert str(caught.value) == (
        f"{path} has schema 'none'; this version of signkit reads 'signkit.shard/2'"
    )


def test_a_shard_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    write_shard(path, [make_pose("a", skeleton=TINY)])
    assert footer_of(path).row_groups == {"a": [0]}
    write_shard(path, [make_pose("other", skeleton=TINY)])
    assert [ref.row.clip_id for ref in shard_index(path)] == ["other"]
