import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.failures import Failure, write_failures
from signkit.measures import measure_pose
from signkit.quality import Quality, write_quality
from signkit.shard import write_shard
from signkit.skeleton import skeleton_from_names
from signkit.view import has_hand_rate, inspect_dataset
from signkit.view.inspect import ExtractionCounts, SplitCounts
from tests.factories import make_clips, make_dataset, make_pose

NAMES = ("left_hand_wrist", "left_hand_thumb_tip", "right_hand_wrist", "nose")


@pytest.fixture
def two_clips(tmp_path: Path) -> Path:
    """Frames in which something is seen: a: left 2 of 4, right 1 of 4 (another); b: none of 6."""
    skeleton = skeleton_from_names("four", NAMES, n_dims=2)
    clips = [Clip("a", glosses=("TEA", "TEA"), signer="ann", split="test"), Clip("b")]
    make_dataset(tmp_path, [*clips, Clip("c")], skeleton=skeleton, without_poses=["a", "b", "c"])
    a = make_pose("a", skeleton=skeleton, n_frames=4, hidden=0)
    coords = a.coords.copy()
    coords[1:, 0] = np.nan
    coords[(0, 2, 3), 1] = np.nan
    coords[:3, 2] = np.nan
    a = replace(a, coords=coords)
    b = make_pose("b", skeleton=skeleton, n_frames=6, hidden=1, fps=50.0)
    write_shard(tmp_path / "poses" / "shard-00000.parquet", [a, b])
    write_failures(tmp_path / "failures.csv", [Failure("c", "c.mp4", "open", "no frames")])
    return tmp_path


def test_rates_are_shares_of_all_frames(two_clips: Path) -> None:
    summary = inspect_dataset(two_clips)
    assert summary.detection_rate == {"left_hand": 0.2, "right_hand": 0.1, "pose": 0.4}
    assert summary.hand_rate == 0.3
    assert summary.worst_hands == (("b", 0.0), ("a", 0.75))


def test_counts(two_clips: Path) -> None:
    summary = inspect_dataset(two_clips)
    assert (summary.n_clips, summary.n_with_poses, summary.n_labelled) == (3, 2, 1)
    assert (summary.n_frames, summary.n_failed) == (10, 1)
    assert summary.hours == pytest.approx((4 / 25 + 6 / 50) / 3600)
    assert summary.fps == (25.0, 50.0, 50.0)
    assert (summary.n_signers, summary.n_glosses, summary.n_gloss_tokens) == (1, 1, 2)
    assert summary.splits == {
        "test": SplitCounts(clips=1, with_poses=1, labelled=1, signers=1, glosses=1),
        "none": SplitCounts(clips=2, with_poses=1, labelled=0, signers=0, glosses=0),
    }


def test_the_record_is_plain_json(two_clips: Path) -> None:
    record = json.loads(json.dumps(inspect_dataset(two_clips).to_json()))
    assert record["splits"]["test"]["clips"] == 1
    assert record["measures"]["detection"]["left_hand"] == 0.2
    assert record["worst"]["hand_rate"] == [["b", 0.0]]


def test_a_dataset_without_poses_is_described(tmp_path: Path) -> None:
    clips = make_clips()
    make_dataset(tmp_path, clips, without_poses=[clip.clip_id for clip in clips])
    summary = inspect_dataset(tmp_path)
    assert (summary.n_with_poses, summary.n_frames, summary.fps) == (0, 0, None)
    assert summary.hand_rate == 0.0
    assert summary.detection_rate == {"pose": 0.0, "left_hand": 0.0, "right_hand": 0.0}
    assert summary.worst == {}


def test_poses_without_a_row_are_listed(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    write_shard(tmp_path / "poses" / "shard-00009.parquet", [make_pose("stray")])
    assert inspect_dataset(dataset.path).unlisted == ("stray",)


def test_a_skeleton_without_hands_has_no_hand_rate(tmp_path: Path) -> None:
    make_dataset(tmp_path, skeleton=skeleton_from_names("body", ("nose", "neck"), n_dims=2))
    summary = inspect_dataset(tmp_path)
    assert summary.hand_rate is None
    with pytest.raises(DatasetError) as caught:
        has_hand_rate(summary, 0.5)
    assert str(caught.value) == (
        "skeleton 'body' has no hands, so there is no hand rate to check; leave --min-hand-rate out"
    )


def test_gaps_jitter_and_swaps_are_pooled(two_clips: Path) -> None:
    measures = inspect_dataset(two_clips).measures
    assert measures.n_frames == 10
    assert measures.n_gaps == {"left_hand": 2, "right_hand": 2, "pose": 1}
    assert measures.no_hand_s == pytest.approx(6 / 50)
    assert measures.wrist_jitter is measures.n_swaps is None


def test_faults_are_counted_and_name_their_worst_clips(two_clips: Path) -> None:
    summary = inspect_dataset(two_clips)
    assert {name: n for name, n in summary.faults.items() if n} == {"hand_rate": 1, "rate_pose": 1}
    assert summary.worst == {"hand_rate": (("b", 0.0),), "rate_pose": (("b", 0.0),)}
    assert summary.extraction is None


def test_recorded_clips_are_not_measured_again(two_clips: Path) -> None:
    measures = {pose.clip_id: measure_pose(pose) for pose in PoseDataset.open(two_clips).poses()}
    told = replace(measures["b"], hand_rate=0.5)  # not what the landmarks say
    table = [
        Quality("a", measures["a"], n_decoded=4, n_expected=4, n_others=1),
        Quality("b", told, n_decoded=6, n_expected=10, n_damaged=3, n_switches=1),
    ]
    write_quality(two_clips, "shard-00000.parquet", table)
    summary = inspect_dataset(two_clips)
    assert summary.worst_hands == (("b", 0.5), ("a", 0.75))
    assert summary.extraction == ExtractionCounts(
        n_clips=2,
        n_decoded=10,
        n_expected=14,
        n_incomplete=1,
        n_with_damage=1,
        n_with_others=1,
        n_with_switches=1,
    )
    assert summary.worst["completeness"] == (("b", 0.6),)


def test_the_summary_of_recorded_clips_is_that_of_their_landmarks(two_clips: Path) -> None:
    before = inspect_dataset(two_clips)
    poses = PoseDataset.open(two_clips).poses()
    table = [Quality(pose.clip_id, measure_pose(pose), pose.n_frames) for pose in poses]
    write_quality(two_clips, "shard-00000.parquet", table)
    after = inspect_dataset(two_clips)
    assert after.extraction is not None
    assert replace(after, extraction=None) == before


def test_every_clip_with_poses_is_a_row_of_the_csv(two_clips: Path) -> None:
    inspect_dataset(two_clips, clips=two_clips / "out" / "clips.csv")
    table = pd.read_csv(two_clips / "out" / "clips.csv", index_col="clip_id")
    assert table.index.tolist() == ["a", "b"]
    assert table.loc["a", "rate_left_hand"] == 0.5
    assert table.loc["b", "faults"] == "hand_rate rate_pose"
    assert table["badness"].tolist() == [0.0, 2.0]
    assert not list((two_clips / "out").glob(".*"))


def test_progress_counts_the_clips(two_clips: Path) -> None:
    calls: list[tuple[int, int]] = []
    inspect_dataset(two_clips, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
    assert PoseDataset.open(two_clips).clips.ids == ["a", "b", "c"]
