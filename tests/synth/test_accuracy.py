from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.pose import PoseSequence
from signkit.shard import ShardWriter
from signkit.synth import extraction_accuracy, synthesize


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> PoseDataset:
    out = tmp_path_factory.mktemp("accuracy") / "toy"
    synthesize(out, n_signers=1, n_glosses=2, n_clips=2, width_px=64, height_px=64)
    return PoseDataset.open(out / "truth")


def extracted(folder: Path, truth: PoseDataset, change) -> PoseDataset:
    with ShardWriter(folder / "poses") as shards:
        for pose in truth.poses():
            shards.add(change(pose))
    return PoseDataset.create(folder, truth.info, truth.clips)


def test_truth_against_itself_has_no_distance_and_finds_everything(truth):
    table = extraction_accuracy(truth, truth)
    assert {d.rate for d in table.detection} == {1.0}
    assert {d.median for d in table.distances} == {0.0}
    assert table.n_clips == 2


def test_distances_are_in_percent_of_shoulder_width(tmp_path, truth):
    def shifted(pose: PoseSequence) -> PoseSequence:
        left, right = pose.skeleton.indices(["left_shoulder", "right_shoulder"])
        width = np.linalg.norm(pose.coords[:, left, :2] - pose.coords[:, right, :2], axis=-1)
        coords = pose.coords + (0.1 * width)[:, None, None] * np.array([1, 0, 0], np.float32)
        return replace(pose, coords=coords)

    table = extraction_accuracy(truth, extracted(tmp_path, truth, shifted))
    for distance in table.distances:
        # Shards keep sixteenths of a pixel, and these shoulders are some twenty pixels apart.
        assert distance.median == pytest.approx(10, abs=0.4)


def test_frames_are_matched_by_time_and_lost_frames_count(tmp_path, truth):
    def halved(pose: PoseSequence) -> PoseSequence:
        return replace(
            pose,
            coords=pose.coords[::2],
            confidence=pose.confidence[::2],
            time_s=pose.time_s[::2],
        )

    table = extraction_accuracy(truth, extracted(tmp_path, truth, halved))
    assert table.detection[0].rate == pytest.approx(0.5, abs=0.02)
    assert {d.median for d in table.distances} == {0.0}


def test_lost_hand_is_counted_where_it_was_visible(tmp_path, truth):
    def one_handed(pose: PoseSequence) -> PoseSequence:
        coords, hand = pose.coords.copy(), pose.skeleton.part_indices("left_hand")
        coords[:, hand] = np.nan
        return replace(pose, coords=coords)

    table = extraction_accuracy(truth, extracted(tmp_path, truth, one_handed))
    rates = {d.part: d.rate for d in table.detection}
    assert rates["left_hand"] == 0
    assert rates["right_hand"] == 1
    assert "left_hand" in str(table)


def test_datasets_without_a_common_clip_are_refused(tmp_path, truth):
    other = extracted(tmp_path, truth, lambda pose: replace(pose, clip_id=pose.clip_id + "x"))
    with pytest.raises(DatasetError, match="no clip in common"):
        extraction_accuracy(truth, other)
