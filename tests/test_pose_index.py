import os
import shutil
from pathlib import Path
from zlib import crc32

import pytest

from signkit.errors import DatasetError, ShardError
from signkit.pose_index import FILE, PoseIndex
from signkit.shard import FRAMES_PER_ROW, ShardWriter, shard_path, write_shard
from signkit.shard_footer import FOOTERS_KEPT
from signkit.skeleton import skeleton_from_names
from tests.factories import make_pose

TINY = skeleton_from_names("tiny", ["nose"], n_dims=2)
N_MANY = FOOTERS_KEPT + 2
IDS = [f"clip-{n}" for n in range(N_MANY)]


def add(path: Path, clip_id: str, *, n_frames: int = 1, fps: float = 25.0) -> Path:
    write_shard(path, [make_pose(clip_id, n_frames=n_frames, skeleton=TINY, fps=fps)])
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many") / "poses"
    with ShardWriter(folder, clips_per_shard=1) as shards:
        for n, clip_id in enumerate(IDS):
            shards.add(make_pose(clip_id, n_frames=1 + n % 3, skeleton=TINY, fps=20.0 + n % 2))
    return folder


@pytest.fixture
def many(written: Path, tmp_path: Path) -> Path:
    """More shards than whose ends are kept in memory; nobody has opened them yet."""
    return Path(shutil.copytree(written, tmp_path / "poses"))


def spoil(path: Path) -> None:
    """Make a shard unreadable, so that nobody can tell by its name, size and time."""
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def sealed(content: bytes) -> bytes:
    """The bytes of an index file and their checksum."""
    return content + crc32(content).to_bytes(4, "little")


def contents(index: PoseIndex) -> list[tuple[str, str, int, float]]:
    ids = index.ids.ids.to_pylist()
    names = [index.shard_of(row).name for row in range(len(ids))]
    return list(zip(ids, names, index.n_frames.tolist(), index.fps.tolist(), strict=True))


def test_few_shards_are_looked_into_every_time(tmp_path: Path) -> None:
    add(shard_path(tmp_path, 1), "b", n_frames=3, fps=30)
    add(shard_path(tmp_path, 0), "a", n_frames=2 * FRAMES_PER_ROW + 5)
    assert contents(PoseIndex.open(tmp_path)) == [
        ("a", "shard-00000.parquet", 2 * FRAMES_PER_ROW + 5, 25.0),
        ("b", "shard-00001.parquet", 3, 30.0),
    ]
    assert not (tmp_path / FILE).exists()


def test_a_folder_that_is_not_there_holds_no_clip(tmp_path: Path) -> None:
    assert contents(PoseIndex.open(tmp_path / "poses")) == []


def test_many_shards_are_looked_into_once(many: Path) -> None:
    first = contents(PoseIndex.open(many))
    assert [clip_id for clip_id, *_ in first] == IDS
    assert first[5] == ("clip-5", "shard-00005.parquet", 3, 21.0)
    spoil(shard_path(many, 7))
    again = PoseIndex.open(many)
    assert contents(again) == first
    assert [again.ids.row(clip_id) for clip_id in IDS] == list(range(N_MANY))
    (many / FILE).unlink()
    with pytest.raises(ShardError):
        PoseIndex.open(many)


def test_only_new_and_changed_shards_are_looked_into_again(many: Path) -> None:
    before = contents(PoseIndex.open(many))
    spoil(shard_path(many, 7))
    add(shard_path(many, 2), "another", n_frames=9)
    add(shard_path(many, N_MANY), "new", n_frames=8)
    shard_path(many, 4).unlink()
    expected = [*before, ("new", f"shard-{N_MANY:05d}.parquet", 8, 25.0)]
    expected[2] = ("another", "shard-00002.parquet", 9, 25.0)
    del expected[4]
    assert contents(PoseIndex.open(many)) == expected
    assert contents(PoseIndex.open(many)) == expected


@pytest.mark.parametrize("damage", ["nothing", "text", "half", "other version", "a flipped bit"])
def test_an_index_that_cannot_be_used_is_made_again(many: Path, damage: str) -> None:
    expected = contents(PoseIndex.open(many))
    whole = (many / FILE).read_bytes()
    damaged = {
        "nothing": b"",
        "text": b"an index",
        "half": whole[: len(whole) // 2],
        "other version": sealed(whole[:-4].replace(b"pose-index/2", b"pose-index/9")),
        "a flipped bit": whole[:9000] + bytes([whole[9000] ^ 1]) + whole[9001:],
    }
    (many / FILE).write_bytes(damaged[damage])
    assert contents(PoseIndex.open(many)) == expected
    assert (many / FILE).read_bytes() == whole


def test_where_no_index_can_be_written_the_shards_are_opened_all_the_same(many: Path) -> None:
    (many / FILE).mkdir()
    assert [clip_id for clip_id, *_ in contents(PoseIndex.open(many))] == IDS


@pytest.mark.parametrize("n_others", [0, N_MANY])
def test_a_clip_in_two_shards_names_both(many: Path, tmp_path: Path, n_others: int) -> None:
    folder = many if n_others else tmp_path / "few"
    first = add(shard_path(folder, 500), "twice")
    second = add(shard_path(folder, 600), "twice")
    with pytest.raises(DatasetError) as caught:
        PoseIndex.open(folder)
    assert str(caught.value) == (
        f"clip 'twice' is in {first} and in {second}; delete one of the files and run the command "
        "that made it again"
    )
    assert not (folder / FILE).exists()


def test_a_truncated_shard_among_many_says_what_to_do(many: Path) -> None:
    path = shard_path(many, 100)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ShardError) as caught:
        PoseIndex.open(many)
    assert str(caught.value) == (
        f"{path} is truncated or damaged; delete it and run the command that made it again to redo "
        "its clips"
    )
