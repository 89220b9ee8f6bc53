"""Disturbances of time: frames lost, another speed or frame rate, other boundaries."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from signkit.pose import PoseSequence, resample_frames


def drop_frames(pose: PoseSequence, rng: np.random.Generator, *, share: float) -> PoseSequence:
    """The clip without this share of its frames; the others keep their times.

    The first and the last frame stay, so the clip is as long as before.
    """
    inner = np.arange(1, pose.n_frames - 1)
    n_dropped = min(round(share * pose.n_frames), len(inner))
    dropped = rng.permutation(inner)[:n_dropped]
    return _frames(pose, np.setdiff1d(np.arange(pose.n_frames), dropped))


def change_speed(pose: PoseSequence, *, factor: float) -> PoseSequence:
    """Everything signed `factor` times as fast, before a camera of the same frame rate."""
    begins_s = pose.time_s[0]
    faster = replace(
        pose, fps=pose.fps * factor, time_s=begins_s + (pose.time_s - begins_s) / factor
    )
    return change_fps(faster, fps=pose.fps)


def change_fps(pose: PoseSequence, *, fps: float) -> PoseSequence:
    """The clip as a camera of another frame rate would have seen it, as long as before."""
    coords = resample_frames(pose, fps)
    if coords is pose.coords:
        return pose
    time_s = pose.time_s[0] + np.arange(len(coords)) / fps
    nearest = np.searchsorted((pose.time_s[1:] + pose.time_s[:-1]) / 2, time_s)
    return replace(pose, coords=coords, confidence=pose.confidence[nearest], fps=fps, time_s=time_s)


def cut(pose: PoseSequence, *, share: float) -> PoseSequence:
    """The clip without this share of its time, half of it at either end; one frame stays."""
    n_cut = min(round(share * pose.n_frames), pose.n_frames - 1)
    first = n_cut // 2
    return _frames(pose, np.arange(first, pose.n_frames - (n_cut - first)))


def add_frames(pose: PoseSequence, *, share: float) -> PoseSequence:
    """The clip longer by this share of its time: its first and last frame are held still."""
    n_added = round(share * pose.n_frames)
    before = n_added // 2
    held = np.clip(np.arange(pose.n_frames + n_added) - before, 0, pose.n_frames - 1)
    step_s = 1 / pose.fps
    time_s = np.concatenate(
        [
            pose.time_s[0] - step_s * np.arange(before, 0, -1),
            pose.time_s,
            pose.time_s[-1] + step_s * np.arange(1, n_added - before + 1),
        ]
    )
    return replace(pose, coords=pose.coords[held], confidence=pose.confidence[held], time_s=time_s)


def _frames(pose: PoseSequence, chosen: NDArray[np.int64]) -> PoseSequence:
    return replace(
        pose,
        coords=pose.coords[chosen],
        confidence=pose.confidence[chosen],
        time_s=pose.time_s[chosen],
    )
