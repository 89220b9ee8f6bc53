import numpy as np

from signkit.synth.camera import Views
from signkit.synth.truth import HIDDEN, TRUTH_SKELETON, hand_is_visible, project_landmarks
from tests.synth.stage import body_of, camera_of, make_signer

SIGNER = make_signer(1)
CAMERA = camera_of(SIGNER)


def landmarks(*sign_ids: int):
    body = body_of(SIGNER, *sign_ids)
    return project_landmarks(body, Views.of([CAMERA], [body.n_frames]))


def test_left_landmarks_are_on_the_right_of_the_image():
    coords, _ = landmarks(0)
    for name in ("shoulder", "hip", "ear", "eye"):
        left, right = TRUTH_SKELETON.indices([f"left_{name}", f"right_{name}"])
        assert (coords[:, left, 0] > coords[:, right, 0]).all()


def test_wrist_of_the_pose_is_the_wrist_of_the_hand():
    coords, _ = landmarks(2)
    pose, hand = TRUTH_SKELETON.indices(["left_wrist", "left_hand_wrist"])
    assert (coords[:, pose, :2] == coords[:, hand, :2]).all()
    assert (coords[:, hand, 2] == 0).all()


def test_face_is_above_the_shoulders_and_legs_are_out_of_sight():
    coords, confidence = landmarks(0)
    nose, shoulder, ankle = TRUTH_SKELETON.indices(["nose", "left_shoulder", "left_ankle"])
    assert (coords[:, nose, 1] < coords[:, shoulder, 1]).all()
    assert (confidence[:, ankle] == HIDDEN).all()
    assert (confidence[:, nose] == 1).all()


def test_hand_behind_the_other_hand_is_hidden():
    body = body_of(SIGNER, 0)
    hands = body.hands.copy()
    hands[:, 1] = hands[:, 0] + np.array([0, 0, 0.06], np.float32)
    object.__setattr__(body, "hands", hands)
    _, confidence = project_landmarks(body, Views.of([CAMERA], [body.n_frames]))
    front = confidence[:, TRUTH_SKELETON.part_indices("left_hand")]
    behind = confidence[:, TRUTH_SKELETON.part_indices("right_hand")]
    assert not hand_is_visible(behind).any()
    assert (front >= behind).all()


def test_most_frames_show_both_hands():
    _, confidence = landmarks(0, 1, 2, 3, 4, 5)
    for part in ("left_hand", "right_hand"):
        assert hand_is_visible(confidence[:, TRUTH_SKELETON.part_indices(part)]).mean() > 0.7
