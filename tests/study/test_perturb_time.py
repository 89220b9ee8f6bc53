from dataclasses import replace

import numpy as np
import pytest

from signkit.study.perturb_time import add_frames, change_fps, change_speed, cut, drop_frames
from tests.factories import assert_same_pose, make_pose


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_dropped_frames_are_gone_and_the_others_keep_their_times(share: float):
    pose = make_pose(n_frames=40, hidden=0.0)
    fewer = drop_frames(pose, np.random.default_rng(0), share=share)
    assert fewer.n_frames == 40 - round(share * 40)
    assert fewer.duration_s == pytest.approx(pose.duration_s)
    where = np.searchsorted(pose.time_s, fewer.time_s)
    assert (pose.time_s[where] == fewer.time_s).all()
    assert (fewer.coords == pose.coords[where]).all()
    assert (fewer.confidence == pose.confidence[where]).all()


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.5, 2.0])
def test_signing_faster_takes_less_time_at_the_same_frame_rate(factor: float):
    pose = make_pose(n_frames=60, hidden=0.0)
    faster = change_speed(pose, factor=factor)
    assert faster.fps == pose.fps
    assert faster.duration_s == pytest.approx(pose.duration_s / factor, abs=0.5 / pose.fps)
    assert (faster.coords[0] == pose.coords[0]).all()


def test_twice_as_fast_is_every_second_frame():
    pose = make_pose(n_frames=60, hidden=0.0)
    np.testing.assert_allclose(change_speed(pose, factor=2.0).coords, pose.coords[::2], atol=1e-3)


@pytest.mark.parametrize("fps", [12.5, 15.0, 30.0, 50.0])
def test_another_frame_rate_keeps_the_duration(fps: float):
    pose = make_pose(n_frames=60)
    other = change_fps(pose, fps=fps)
    assert other.fps == fps
    assert other.duration_s == pytest.approx(pose.duration_s, abs=0.5 / fps)
    assert other.n_frames == round(60 / 25 * fps)
    np.testing.assert_allclose(np.diff(other.time_s), 1 / fps)


def test_confidence_is_that_of_the_nearest_frame():
    pose = make_pose(n_frames=60, hidden=0.0)
    other = change_fps(pose, fps=50.0)
    assert (other.confidence[::2] == pose.confidence).all()


def test_the_same_frame_rate_is_the_same_clip():
    pose = make_pose(n_frames=10)
    assert_same_pose(change_fps(pose, fps=25.0), pose)


@pytest.mark.parametrize(("share", "kept"), [(0.1, slice(1, 19)), (0.2, slice(2, 18))])
def test_a_cut_clip_lacks_both_ends(share: float, kept: slice):
    pose = make_pose(n_frames=20, hidden=0.0)
    shorter = cut(pose, share=share)
    assert (shorter.coords == pose.coords[kept]).all()
    assert (shorter.time_s == pose.time_s[kept]).all()


def test_a_longer_clip_holds_its_ends_still():
    pose = make_pose(n_frames=20, hidden=0.0)
    longer = add_frames(pose, share=0.2)
    assert longer.n_frames == 24
    assert (longer.coords[2:22] == pose.coords).all()
    assert (longer.coords[:2] == pose.coords[0]).all()
    assert (longer.coords[22:] == pose.coords[-1]).all()
    assert longer.duration_s == pytest.approx(1.2 * pose.duration_s)
    np.testing.assert_allclose(np.diff(longer.time_s), 1 / 25)


def test_a_moment_of_a_long_video_keeps_its_place_in_it():
    pose = make_pose(n_frames=20)
    later = replace(pose, time_s=pose.time_s + 100)
    assert change_fps(later, fps=50.0).time_s[0] == 100
    assert change_speed(later, factor=2.0).time_s[0] == 100
    assert add_frames(later, share=0.2).time_s[2] == 100


def test_a_clip_is_never_cut_to_nothing():
    pose = make_pose(n_frames=1)
    assert cut(pose, share=0.9).n_frames == 1
    assert drop_frames(pose, np.random.default_rng(0), share=0.9).n_frames == 1
