"""When a shard is published."""

from pathlib import Path

import numpy as np
import pytest

from signkit.dataset import DatasetInfo
from signkit.extract import output
from signkit.extract.landmarks import Extracted
from signkit.extract.output import Output, Stored
from signkit.extract.part import Part
from signkit.measures import measure_pose
from signkit.pose import PoseSequence
from signkit.quality import Quality, read_quality
from signkit.shard import shard_clip_ids, shard_paths
from signkit.skeleton import Skeleton

SKELETON = Skeleton(name="dot", landmarks=("nose",), parts={"pose": ("nose",)}, n_dims=2)


def extracted(n: int, *, n_frames: int = 2) -> Extracted:
    coords = np.full((n_frames, 1, 2), n, np.float32)
    confidence = np.ones((n_frames, 1), np.float32)
    pose = PoseSequence(f"clip{n}", SKELETON, coords, confidence, 25.0, 64, 48)
    quality = Quality(f"clip{n}", measure_pose(pose), n_decoded=n_frames)
    return Extracted((pose,), (quality,))


def open_output(folder: Path, part: Part | None = None) -> Output:
    made_by = {"name": "dot", "version": "1", "weights_sha256": "", "options": {}}
    stored = Stored.of(shard_paths(folder / "poses"))
    info = DatasetInfo("dots", SKELETON, made_by)
    return Output(folder, info, stored=stored, base=folder, part=part)


def shards(folder: Path) -> list[list[str]]:
    return [shard_clip_ids(path) for path in shard_paths(folder / "poses")]


@pytest.mark.parametrize(
    ("limit", "value", "published"),
    [
        ("CLIPS_PER_SHARD", 2, [["clip0", "clip1"], ["clip2", "clip3"]]),
        ("FRAMES_PER_SHARD", 6, [["clip0", "clip1", "clip2"]]),
        ("SHARD_EVERY_S", -1.0, [["clip0"], ["clip1"], ["clip2"], ["clip3"], ["clip4"]]),
    ],
)
def test_a_shard_is_published_by_clips_frames_or_time(
    tmp_path, monkeypatch, limit, value, published
):
    monkeypatch.setattr(output, limit, value)
    target = open_output(tmp_path)
    for n in range(5):
        target.add(extracted(n))
    assert shards(tmp_path) == published
    target.flush()
    in_all = [clip_id for shard in shards(tmp_path) for clip_id in shard]
    assert in_all == [f"clip{n}" for n in range(5)]


def test_numbers_go_on_after_the_last_shard(tmp_path):
    for n in (0, 1, 2):
        target = open_output(tmp_path)
        assert target.done == {f"clip{i}" for i in range(n)}
        target.add(extracted(n))
        target.flush()
    shard_paths(tmp_path / "poses")[1].unlink()
    target = open_output(tmp_path)
    target.add(extracted(1))
    target.flush()
    assert [path.stem for path in shard_paths(tmp_path / "poses")] == [
        "shard-00000",
        "shard-00002",
        "shard-00003",
    ]
    assert sorted(read_quality(tmp_path)) == ["clip0", "clip1", "clip2"]
