import numpy as np
import pytest

from signkit.synth.body import Body, rotation
from tests.synth.stage import N_GLOSSES, body_of, make_signer

FINGER_BONES = [(i, i + 1) for i in range(1, 20) if i % 4]
PALM_BONES = [(0, 1), (0, 5), (0, 9), (0, 13), (0, 17), (5, 17)]


@pytest.fixture(scope="module")
def bodies() -> list[Body]:
    signer = make_signer(1)
    return [body_of(signer, sign_id, seed=sign_id) for sign_id in range(N_GLOSSES)]


def lengths(ends: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.linalg.norm(ends - starts, axis=-1)


def test_bones_of_the_arms_keep_their_lengths(bodies):
    signer = make_signer(1)
    for body in bodies:
        assert lengths(body.elbows, body.shoulders) == pytest.approx(signer.upper_arm_m, rel=1e-3)
        assert lengths(body.wrists, body.elbows) == pytest.approx(signer.forearm_m, rel=1e-3)


@pytest.mark.parametrize(("start", "end"), FINGER_BONES + PALM_BONES)
def test_bones_of_the_hands_keep_their_lengths(bodies, start, end):
    bones = np.concatenate([lengths(b.hands[:, :, end], b.hands[:, :, start]) for b in bodies])
    assert bones.std() < 1e-5
    assert bones.mean() > 0.01


def test_straight_hand_is_as_long_as_the_signer_s():
    signer = make_signer(1)
    longest = max(
        lengths(b.hands[:, :, 12], b.hands[:, :, 0]).max()
        for b in (body_of(signer, i) for i in range(N_GLOSSES))
    )
    assert longest == pytest.approx(signer.hand_m, rel=0.02)


def test_hands_stay_before_the_body_and_elbows_below_raised_hands(bodies):
    for body in bodies:
        assert (body.wrists[..., 2] < -0.05).all()


def test_rotation_has_the_signs_it_promises():
    nose = np.array([0, 0, -1], np.float32)
    turned, nodded, tilted = rotation(np.eye(3, dtype=np.float32) * 0.3)
    assert (turned @ nose)[0] > 0.2
    assert (nodded @ nose)[1] > 0.2
    assert (tilted @ np.array([1, 0, 0], np.float32))[1] > 0.2


def test_raised_arm_takes_its_shoulder_up_and_in():
    body = body_of(make_signer(1), *range(6))
    raised = body.elbows[..., 1] - body.shoulders[..., 1] < 0.1
    up = body.deltoids[..., 1] - body.shoulders[..., 1]
    inward = np.abs(body.deltoids[..., 0]) - np.abs(body.shoulders[..., 0])
    assert raised.any()
    assert (up[raised] > 0.003).all()
    assert (inward[raised] > 0.003).all()
    assert (up >= 0).all()
