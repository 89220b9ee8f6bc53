from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.encode.stats import encoding_stats, feature_layout
from signkit.errors import DatasetError
from signkit.sections import DataConfig, EncoderConfig
from signkit.shard import write_shard
from signkit.skeleton import skeleton_from_names
from tests.factories import make_clips, make_dataset, make_pose

THREE = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)


def config_of(preset: str, **changes: object) -> EncoderConfig:
    return EncoderConfig.model_validate({"preset": preset, **changes})


def ramp_dataset(folder: Path, xs: np.ndarray) -> PoseDataset:
    """One train clip: the left hand at the given x, right hand unseen, nose still."""
    pose = make_pose("ramp", n_frames=len(xs), skeleton=THREE, hidden=0.0)
    coords = np.zeros((len(xs), 3, 2), np.float32)
    coords[:, 0, 0] = xs
    coords[:, 1] = np.nan
    write_shard(folder / "poses" / "shard-00000.parquet", [replace(pose, coords=coords)])
    clips = ClipTable.from_clips([Clip("ramp", glosses=("TEA",), signer="ann", split="train")])
    return PoseDataset.create(folder, DatasetInfo("ramp", THREE), clips)


def test_statistics_of_a_ramp_are_those_worked_out_by_hand(tmp_path):
    """Sixteen places 0 ... 15 px rounded to four bins centred at 0, 5, 10 and 15 px."""
    dataset = ramp_dataset(tmp_path, np.arange(16))
    config = config_of("none", levels={"left_hand": 4}, range="minmax")
    stats = encoding_stats(dataset, config, DataConfig())
    assert (stats.n_clips, stats.n_frames, stats.split) == (1, 16, "train")
    rows = {(axis.part, axis.axis): axis for axis in stats.axes}
    assert list(rows) == [(p, a) for p in ("left_hand", "right_hand", "trunk") for a in "xy"]
    x = rows["left_hand", "x"]
    assert (x.n_landmarks, x.n_bins, x.n_used, x.missing, x.clipped) == (1, 4, 4, 0.0, 0.0)
    counts = np.array([3, 5, 5, 3])
    entropy = -(counts / 16 * np.log2(counts / 16)).sum()
    assert x.entropy_bits == pytest.approx(entropy)
    assert x.error_px == pytest.approx(np.mean([0, 1, 2, 2, 1, 0, 1, 2, 2, 1, 0, 1, 2, 2, 1, 0]))
    assert rows["left_hand", "y"].entropy_bits == 0
    assert rows["right_hand", "x"].missing == 1
    assert rows["trunk", "x"].n_bins is None  # continuous
    assert rows["trunk", "x"].error_units == 0


def test_errors_are_in_units_and_in_pixels(tmp_path):
    dataset = make_dataset(tmp_path / "data")
    for preset in ("bdslw60", "rqe-adaptive"):
        stats = encoding_stats(dataset, config_of(preset), DataConfig())
        for axis in stats.axes:
            in_pixels = axis.error_px / axis.error_units
            assert in_pixels == pytest.approx(1.0) if preset == "bdslw60" else in_pixels > 20


def test_what_lies_beyond_the_train_range_is_counted_as_clipped(tmp_path):
    clips = make_clips(n_takes=1)
    clips = [c if i % 2 else replace(c, split="test") for i, c in enumerate(clips)]
    dataset = make_dataset(tmp_path / "data", clips)
    config = config_of("bdslw60")
    train, test = (
        encoding_stats(dataset, config, DataConfig(), split=split) for split in ("train", "test")
    )
    assert sum(axis.clipped for axis in train.axes) == 0
    assert sum(axis.clipped for axis in test.axes) > 0.1
    assert (train.n_clips, test.n_clips) == (6, 6)


def test_bins_without_end_are_counted_as_far_as_they_are_used(tmp_path):
    stats = encoding_stats(make_dataset(tmp_path / "data"), config_of("rqe"), DataConfig())
    assert all(axis.n_bins is None and axis.n_used > 5 for axis in stats.axes)
    error = np.array([axis.error_units for axis in stats.axes if axis.part == "left_hand"])
    np.testing.assert_allclose(error, 0.0125, rtol=0.1)  # a quarter of a step of 0.05


def test_measuring_tells_how_far_it_is(tmp_path):
    dataset = make_dataset(tmp_path / "data", make_clips(n_takes=1))
    seen: list[tuple[int, int]] = []
    encoding_stats(
        dataset, config_of("none"), DataConfig(), progress=lambda *state: seen.append(state)
    )
    assert seen == [(i, 12) for i in range(1, 13)]


def test_a_split_without_poses_is_refused(tmp_path):
    dataset = make_dataset(tmp_path / "data")
    with pytest.raises(DatasetError) as error:
        encoding_stats(dataset, config_of("none"), DataConfig(), split="dev")
    assert str(error.value) == (
        f"{dataset.path} has no clip with poses in split 'dev'; set the split column of clips.csv "
        "or run 'signkit split'"
    )


def test_the_layout_needs_no_clip(tmp_path):
    layout = feature_layout(make_dataset(tmp_path / "data"), config_of("parts"), DataConfig())
    assert layout.has("motion_back")
    assert layout.n_features == sum(group.n_features for group in layout.groups)


def test_a_clip_without_a_frame_is_left_out(tmp_path):
    poses = [make_pose("some"), make_pose("none", n_frames=0)]
    write_shard(tmp_path / "poses" / "shard-00000.parquet", poses)
    clips = [Clip(p.clip_id, glosses=("TEA",), signer="ann", split="train") for p in poses]
    info = DatasetInfo("one", poses[0].skeleton)
    dataset = PoseDataset.create(tmp_path, info, ClipTable.from_clips(clips))
    for preset in ("parts", "bdslw60", "rqe-adaptive"):
        assert encoding_stats(dataset, config_of(preset), DataConfig()).n_clips == 1


def test_frames_that_are_counted_are_spread_over_clips(tmp_path, monkeypatch):
    """Every second frame of three clips of 5: 0, 2, 4 px, then 1, 3 px, then 0, 2, 4 px."""
    monkeypatch.setattr("signkit.encode.stats._FRAMES", 8)
    poses = []
    for i in range(3):
        pose = make_pose(f"ramp-{i}", n_frames=5, skeleton=THREE, hidden=0.0)
        coords = np.broadcast_to(np.arange(5.0)[:, None, None], (5, 3, 2)).astype(np.float32)
        poses.append(replace(pose, coords=coords))
    write_shard(tmp_path / "poses" / "shard-00000.parquet", poses)
    clips = [Clip(p.clip_id, glosses=("TEA",), signer="ann", split="train") for p in poses]
    dataset = PoseDataset.create(tmp_path, DatasetInfo("r", THREE), ClipTable.from_clips(clips))
    config = config_of("none", levels=5, range="minmax")
    stats = encoding_stats(dataset, config, DataConfig())
    shares = np.array([2, 1, 2, 1, 2]) / 8
    assert stats.n_frames == 8
    assert stats.axes[0].entropy_bits == pytest.approx(-(shares * np.log2(shares)).sum())
