from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from signkit.convert import import_dataset
from signkit.dataset import PoseDataset
from signkit.pose import PoseSequence
from signkit.shard import write_shard
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import ISHARAH_86, MEDIAPIPE_75, MEDIAPIPE_543
from signkit.split.copies import copy_groups, find_copies
from signkit.split.sketch import MIN_FRAMES, N_MOMENTS, moments, outline
from tests.factories import WIDTH_PX, make_clips, make_dataset, make_pose

N_CLIPS = 40
Change = Callable[[PoseSequence], PoseSequence]


def changed(pose: PoseSequence, coords: NDArray[np.floating], **other: object) -> PoseSequence:
    return replace(pose, coords=coords.astype(np.float32), **other)  # type: ignore[arg-type]


def the_same(pose: PoseSequence) -> PoseSequence:
    return pose


def noisy(pose: PoseSequence) -> PoseSequence:
    rng = np.random.default_rng(1)
    return changed(pose, pose.coords + rng.normal(0, 1, pose.coords.shape))


def mirrored(pose: PoseSequence) -> PoseSequence:
    coords = pose.coords[:, pose.skeleton.mirror_permutation()].copy()
    coords[..., 0] = WIDTH_PX - 1 - coords[..., 0]
    return changed(pose, coords)


def scaled(pose: PoseSequence) -> PoseSequence:
    return changed(pose, 0.5 * pose.coords + 40)


def trimmed(pose: PoseSequence) -> PoseSequence:
    kept = slice(5, -4)
    coords, confidence, time_s = pose.coords[kept], pose.confidence[kept], pose.time_s[kept]
    return changed(pose, coords, confidence=confidence, time_s=time_s - time_s[0])


def at_other_rate(pose: PoseSequence) -> PoseSequence:
    """30 frames a second in place of 25, on straight lines between the frames."""
    time_s = np.arange(0, pose.time_s[-1], 1 / 30)
    below = np.minimum((time_s * 25).astype(int), pose.n_frames - 2)
    share = (time_s * 25 - below)[:, None, None]
    coords = pose.coords[below] * (1 - share) + pose.coords[below + 1] * share
    return changed(pose, coords, confidence=pose.confidence[below], time_s=time_s, fps=30.0)


def moving_pose(clip_id: str, seed: int) -> PoseSequence:
    """A body whose landmarks swing smoothly, and differently in every clip; a hand is gone for a
    while.
    """
    pose = make_pose(clip_id, n_frames=50, hidden=0.0, seed=seed)
    rng = np.random.default_rng(seed)
    start = pose.coords[:1]
    size, speed, phase = (rng.uniform(*r, start.shape) for r in ((5, 40), (2, 9), (0, 6)))
    coords = start + size * np.sin(speed * pose.time_s[:, None, None] + phase)
    first = int(rng.integers(0, 40))
    coords[first : first + 8, pose.skeleton.part_indices("left_hand")] = np.nan
    return changed(pose, coords)


def dataset_of(folder: Path, poses: list[PoseSequence]) -> PoseDataset:
    clips = [replace(make_clips()[0], clip_id=pose.clip_id) for pose in poses]
    ids = [clip.clip_id for clip in clips]
    make_dataset(folder, clips, skeleton=poses[0].skeleton, without_poses=ids)
    write_shard(folder / "poses" / "shard-00000.parquet", poses)
    return PoseDataset.open(folder)


@pytest.mark.parametrize(
    "change", [the_same, noisy, mirrored, scaled, trimmed, at_other_rate], ids=lambda f: f.__name__
)
def test_planted_copies_are_found_and_nothing_else(tmp_path: Path, change: Change) -> None:
    poses = [moving_pose(f"clip-{i}", i) for i in range(N_CLIPS)]
    planted = [replace(change(pose), clip_id=f"{pose.clip_id}-again") for pose in poses[:10]]
    dataset = dataset_of(tmp_path, [*poses, *planted])
    copies = find_copies(dataset, dataset.clips.ids)
    assert {(c.one, c.other) for c in copies} == {
        (f"clip-{i}", f"clip-{i}-again") for i in range(10)
    }
    assert {copy.is_mirrored for copy in copies} == {change is mirrored}
    expected_s = 5 / 25 if change is trimmed else 0.0
    assert all(copy.offset_s == pytest.approx(expected_s, abs=0.04) for copy in copies)


def test_copies_of_copies_are_one_group(tmp_path: Path) -> None:
    pose = moving_pose("clip-0", 0)
    many = [replace(pose, clip_id=f"clip-{i}") for i in range(30)]
    dataset = dataset_of(tmp_path, [*many, moving_pose("other", 1)])
    ids = dataset.clips.ids
    groups = copy_groups(find_copies(dataset, ids), ids)
    assert len(set(groups[:30].tolist())) == 1
    assert groups[30] == -1


def test_hands_held_still_are_no_copies(tmp_path: Path) -> None:
    """The same shape, with a camera's noise of its own in every take."""
    rng = np.random.default_rng(0)
    pose = moving_pose("a", 0)
    still = np.repeat(pose.coords[:1], 50, axis=0)
    takes = [
        replace(changed(pose, still + rng.normal(0, 0.5, still.shape)), clip_id=f"take-{i}")
        for i in range(20)
    ]
    dataset = dataset_of(tmp_path, takes)
    assert find_copies(dataset, dataset.clips.ids) == []


def test_a_clip_that_is_too_short_or_unseen_has_no_moments() -> None:
    described, time_s = moments(outline(make_pose(n_frames=MIN_FRAMES - 1)))
    assert (len(described), len(time_s)) == (0, 0)
    assert len(moments(outline(make_pose(hidden=1.0)))[0]) == 0
    assert len(moments(outline(make_pose(n_frames=0)))[0]) == 0


@pytest.mark.parametrize(
    "skeleton",
    [
        MEDIAPIPE_75,
        MEDIAPIPE_543,
        ISHARAH_86,
        skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2),
        skeleton_from_names("odd", ["left_hand", "p", "q"], n_dims=2),
    ],
    ids=lambda skeleton: skeleton.name,
)
def test_moments_look_the_same_in_the_mirror_but_for_signs(skeleton) -> None:
    clip = outline(make_pose(skeleton=skeleton, n_frames=30, hidden=0.05))
    described, time_s = moments(clip)
    other, other_s = moments(clip.mirrored())
    assert len(described) == N_MOMENTS
    assert np.isfinite(described).all()
    order, other_order = np.argsort(time_s, kind="stable"), np.argsort(other_s, kind="stable")
    assert time_s[order] == pytest.approx(other_s[other_order])
    assert np.abs(described[order]) == pytest.approx(np.abs(other[other_order]), abs=1e-5)


@pytest.mark.real_data
@pytest.mark.parametrize("corpus", ["asl-words", "asl-letters", "boston104"])
def test_takes_of_one_sign_are_no_copies(real_data: Path, tmp_path: Path, corpus: str) -> None:
    import_dataset("arrays", real_data / corpus, tmp_path / "data")
    dataset = PoseDataset.open(tmp_path / "data")
    assert find_copies(dataset, dataset.ids_with_poses) == []


@pytest.mark.real_data
def test_real_clips_are_found_again(real_data: Path, tmp_path: Path) -> None:
    import_dataset("arrays", real_data / "asl-words", tmp_path / "real")
    poses = list(PoseDataset.open(tmp_path / "real").poses())
    planted = [
        replace(change(pose), clip_id=f"{pose.clip_id}-again")
        for change in (noisy, mirrored, scaled)
        for pose in poses[(noisy, mirrored, scaled).index(change) :: 30]
    ]
    dataset = dataset_of(tmp_path / "data", [*poses, *planted])
    found = {(copy.one, copy.other) for copy in find_copies(dataset, dataset.clips.ids)}
    expected = {(pose.clip_id.removesuffix("-again"), pose.clip_id) for pose in planted}
    assert found <= expected
    assert len(found) >= 0.97 * len(expected)
