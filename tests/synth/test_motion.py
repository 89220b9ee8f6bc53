from dataclasses import replace

import numpy as np
import pytest

from signkit.synth.motion import Performance, perform
from tests.synth.stage import CHOREOGRAPHY, FPS, N_GLOSSES, body_of, make_signer, targets_of

LEFT, RIGHT = 0, 1


@pytest.mark.parametrize("left_handed", [False, True])
def test_no_joint_jumps_from_frame_to_frame(left_handed):
    signer = make_signer(0, left_handed=left_handed)
    for first in range(0, N_GLOSSES, 3):
        body = body_of(signer, first, first + 1, first + 2, seed=first)
        steps = np.linalg.norm(np.diff(body.hands, axis=0), axis=-1)
        assert steps.max() * FPS < 5  # metres per second, at a fingertip
        assert np.linalg.norm(np.diff(body.elbows, axis=0), axis=-1).max() * FPS < 2.5


def test_left_handed_signer_is_the_mirror_image():
    right = body_of(make_signer(0, left_handed=False), 3, 7)
    left = body_of(make_signer(0, left_handed=True), 3, 7)
    assert np.allclose(left.hands, right.hands[:, ::-1] * [-1, 1, 1], atol=1e-5)
    assert np.allclose(left.elbows, right.elbows[:, ::-1] * [-1, 1, 1], atol=1e-5)
    assert np.allclose(left.head_points[:, 0], right.head_points[:, 0] * [-1, 1, 1], atol=1e-5)


def test_hands_begin_and_end_at_rest():
    targets = targets_of(make_signer(0), 0, 1)
    assert np.allclose(targets.centres[0], targets.centres[-1], atol=0.08)
    assert (targets.centres[[0, -1], :, 1] > 0.25).all()


def test_clips_do_not_depend_on_their_batch():
    performances = [Performance(make_signer(i), (i, i + 1), (9, i)) for i in range(4)]
    together, lengths = perform(performances, CHOREOGRAPHY, fps=FPS)
    ends = np.cumsum(lengths)
    for performance, end, n_frames in zip(performances, ends, lengths, strict=True):
        alone, _ = perform([performance], CHOREOGRAPHY, fps=FPS)
        assert (together.centres[end - n_frames : end] == alone.centres).all()
        assert (together.fingers[end - n_frames : end] == alone.fingers).all()


def test_repeated_gloss_is_parted_by_a_retreat():
    one_handed = 0
    once = targets_of(make_signer(0), one_handed)
    twice = targets_of(make_signer(0), one_handed, one_handed)
    assert peaks(-twice.centres[:, RIGHT, 1]) > peaks(-once.centres[:, RIGHT, 1])


def peaks(height: np.ndarray) -> int:
    """Separate visits to the upper half of the hand's range."""
    high = height > (height.min() + height.max()) / 2
    return int((np.diff(high.astype(int)) == 1).sum())


def test_quick_signer_needs_fewer_frames():
    slow, quick = (replace(make_signer(0), tempo=tempo) for tempo in (0.8, 1.25))
    assert len(targets_of(quick, 0, 1).sway) < len(targets_of(slow, 0, 1).sway)


def test_hand_frames_are_rotations():
    frames = targets_of(make_signer(2), 4, 5).frames
    assert np.allclose(frames @ frames.swapaxes(-1, -2), np.eye(3), atol=1e-4)
    assert np.allclose(np.linalg.det(frames), 1, atol=1e-4)
