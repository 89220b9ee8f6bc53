"""Packed poses: exact to a small part of the stage, and small."""

from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS
from signkit.view.score_page_pose import N_FRAMES, STAGE, STEPS, UNSEEN, ZERO, packed_pose
from tests.factories import make_pose


def unpacked(packed) -> np.ndarray:
    """(T, L, 2) stage units, NaN where unseen."""
    whole = np.frombuffer(b64decode(packed["xy"]), dtype="<u2").reshape(-1, packed["n"], 2)
    return np.where(whole == UNSEEN, np.nan, (whole.astype(np.float64) - ZERO) / STEPS)


@pytest.mark.parametrize("name", ["mediapipe-543", "coco-wholebody-133", "isharah-86"])
def test_the_figure_is_on_the_stage_in_its_proportions(name):
    pose = make_pose(skeleton=SKELETONS[name], hidden=0.0)
    packed = packed_pose(pose)
    xy = unpacked(packed)
    inside = ((xy >= 0) & (xy <= STAGE)).all(axis=-1)
    assert inside.mean() > 0.9
    *_, width, height = packed["picture"]
    assert width / height == pytest.approx(pose.width_px / pose.height_px, rel=1e-2)
    drawn = {i for chains in packed["lines"].values() for chain in chains for i in chain}
    assert max(drawn | {i for dots in packed["dots"].values() for i in dots}) < packed["n"]
    assert packed["lines"]["left"]


def test_hands_that_are_lowered_for_a_moment_are_on_the_stage_and_far_mistakes_are_not():
    names = ["left_hand_wrist", "right_hand_wrist"]
    pose = make_pose(skeleton=skeleton_from_names("two", names, n_dims=2), hidden=0.0, n_frames=300)
    coords = np.tile(np.array([[100.0, 100.0], [200.0, 200.0]], dtype=np.float32), (300, 1, 1))
    coords[0] += (0.0, 20.0)
    coords[1] += (0.0, 5000.0)
    xy = unpacked(packed_pose(replace(pose, coords=coords)))
    inside = ((xy >= 0) & (xy <= STAGE)).all(axis=(1, 2))
    assert inside[0]
    assert not inside[1]


def test_places_are_kept_to_a_thirtysecond_of_the_stage():
    skeleton = skeleton_from_names("two", ["left_hand_wrist", "right_hand_wrist"], n_dims=2)
    pose = make_pose(skeleton=skeleton, hidden=0.2, n_frames=40)
    packed = packed_pose(pose)
    x, y, width, _ = packed["picture"]
    scale = width / pose.width_px
    expected = pose.coords * scale + (x, y)
    np.testing.assert_array_equal(np.isnan(unpacked(packed)), np.isnan(expected))
    np.testing.assert_allclose(unpacked(packed), expected, atol=0.2)  # `picture` has one digit
    steps = np.nanmax(np.abs(np.diff(unpacked(packed) - expected, axis=0)))
    assert steps < 0.1


def test_long_clips_lose_frames_but_not_time():
    packed = packed_pose(make_pose(n_frames=1000))
    assert len(packed["times"]) <= N_FRAMES
    assert packed["times"][:2] == [0, 160]
    assert packed["end"] == 40_000


def test_times_are_those_of_the_source():
    pose = make_pose(n_frames=3)
    packed = packed_pose(replace(pose, time_s=np.array([5.0, 5.1, 5.5])))
    assert packed["times"] == [5000, 5100, 5500]
    assert packed["end"] == 5540


@pytest.mark.parametrize(("hidden", "n_frames"), [(1.0, 5), (0.0, 1), (0.0, 0)])
def test_clips_with_nothing_in_them_can_be_packed(hidden, n_frames):
    packed = packed_pose(make_pose(hidden=hidden, n_frames=n_frames))
    assert len(packed["times"]) == n_frames
    assert np.isnan(unpacked(packed)).all() or not hidden


def test_a_second_of_the_largest_skeleton_is_twenty_kilobytes():
    pose = make_pose(skeleton=SKELETONS["mediapipe-543"], n_frames=25)
    assert len(packed_pose(pose)["xy"]) < 25_000
