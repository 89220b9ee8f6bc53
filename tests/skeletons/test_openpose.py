"""COCO-WholeBody to OpenPose and back, against the published tables of positions."""

import numpy as np
import pytest

from signkit.errors import SkeletonError
from signkit.pose import PoseSequence
from signkit.skeletons import SKELETONS, get_skeleton
from signkit.skeletons.coco_wholebody import COCO_WHOLEBODY_133
from signkit.skeletons.openpose import (
    FACE_70,
    OPENPOSE_18,
    OPENPOSE_128,
    OPENPOSE_134,
    OPENPOSE_137,
    from_openpose,
    openpose_skeleton,
    to_openpose,
)
from tests.factories import assert_same_pose, make_pose

TARGETS = [OPENPOSE_18, OPENPOSE_128, OPENPOSE_134]


@pytest.fixture
def pose() -> PoseSequence:
    return make_pose(skeleton=COCO_WHOLEBODY_133)


def published_134(coords: np.ndarray) -> np.ndarray:
    """DWPose's recipe on (T, 133, 2): the neck goes to 17, then fifteen places are dealt anew."""
    neck = coords[:, [5, 6]].mean(axis=1, keepdims=True)
    inserted = np.concatenate([coords[:, :17], neck, coords[:, 17:]], axis=1)
    new = [1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17]
    old = [17, 6, 8, 10, 7, 9, 12, 14, 16, 13, 15, 2, 1, 4, 3]
    dealt = inserted.copy()
    dealt[:, new] = inserted[:, old]
    return dealt


def test_134_has_the_published_order(pose):
    converted = to_openpose(pose, OPENPOSE_134)
    np.testing.assert_array_equal(converted.coords, published_134(pose.coords))


def test_128_is_body_left_hand_right_hand_face_of_134(pose):
    published = published_134(pose.coords)
    order = [*range(18), *range(92, 113), *range(113, 134), *range(24, 92)]
    np.testing.assert_array_equal(to_openpose(pose, OPENPOSE_128).coords, published[:, order])


def test_18_goes_back_to_the_body_by_the_published_table(pose):
    table = [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
    converted = to_openpose(pose, OPENPOSE_18)
    np.testing.assert_array_equal(converted.coords[:, table], pose.coords[:, :17])


def test_through_134_and_back_nothing_is_lost(pose):
    assert_same_pose(from_openpose(to_openpose(pose, OPENPOSE_134)), pose)


@pytest.mark.parametrize(
    ("skeleton", "lost"),
    [(OPENPOSE_128, ["_toe", "_heel"]), (OPENPOSE_18, ["_toe", "_heel", "_hand_", "face_"])],
    ids=["128", "18"],
)
def test_back_from_fewer_landmarks_the_rest_is_exact_and_what_was_lost_unseen(pose, skeleton, lost):
    back = from_openpose(to_openpose(pose, skeleton))
    gone = np.array([any(word in name for word in lost) for name in back.skeleton.landmarks])
    assert gone.sum() == 133 - len(skeleton.landmarks) + 1
    assert not back.seen[:, gone].any()
    np.testing.assert_array_equal(back.coords[:, ~gone], pose.coords[:, ~gone])
    np.testing.assert_array_equal(back.confidence[:, ~gone], pose.confidence[:, ~gone])


@pytest.mark.parametrize("skeleton", TARGETS, ids=lambda skeleton: skeleton.name)
def test_to_there_from_openpose_and_back_only_the_neck_is_made_anew(skeleton):
    there = make_pose(skeleton=skeleton)
    again = to_openpose(from_openpose(there), skeleton)
    others = np.arange(skeleton.n_landmarks) != skeleton.index("neck")
    np.testing.assert_array_equal(again.coords[:, others], there.coords[:, others])
    np.testing.assert_array_equal(again.confidence[:, others], there.confidence[:, others])


@pytest.mark.parametrize(
    ("left", "right", "neck"),
    [(0.9, 0.4, 1.0), (0.9, 0.3, 0.0), (0.2, 0.9, 0.0)],
    ids=["both sure", "one at the limit", "one unsure"],
)
def test_the_neck_is_sure_where_both_shoulders_are(left, right, neck):
    coords = np.full((1, 133, 2), np.nan, np.float32)
    confidence = np.zeros((1, 133), np.float32)
    coords[0, 5], coords[0, 6] = (300, 200), (100, 220)
    confidence[0, 5], confidence[0, 6] = left, right
    pose = PoseSequence("clip", COCO_WHOLEBODY_133, coords, confidence, 25.0, 640, 480)
    converted = to_openpose(pose, OPENPOSE_18)
    where = OPENPOSE_18.index("neck")
    assert converted.coords[0, where].tolist() == [200, 210]
    assert converted.confidence[0, where] == neck


def test_without_a_shoulder_there_is_no_neck(pose):
    coords = pose.coords.copy()
    coords[3, pose.skeleton.index("left_shoulder")] = np.nan
    hidden = PoseSequence("clip", COCO_WHOLEBODY_133, coords, pose.confidence, 25.0, 640, 480)
    converted = to_openpose(hidden, OPENPOSE_18)
    where = OPENPOSE_18.index("neck")
    assert np.isnan(converted.coords[3, where]).all()
    assert converted.confidence[3, where] == 0


@pytest.mark.parametrize("skeleton", [OPENPOSE_128, OPENPOSE_134], ids=["128", "134"])
def test_a_face_of_70_ends_with_the_eyes_of_the_body(skeleton):
    assert len(FACE_70) == 70
    where = skeleton.indices(FACE_70)
    assert where[-2:].tolist() == [14, 15]
    assert np.array_equal(where[:68], skeleton.part_indices("face"))


def test_another_skeleton_cannot_be_converted():
    holistic = make_pose("hello")
    wanted = "expected coco-wholebody-133 to or from openpose-18, openpose-128, openpose-134"
    with pytest.raises(SkeletonError) as error:
        to_openpose(holistic)
    assert str(error.value) == (
        f"clip 'hello': cannot convert 'mediapipe-75' to 'openpose-128'; {wanted}"
    )
    with pytest.raises(SkeletonError) as error:
        from_openpose(holistic)
    assert str(error.value) == (
        f"clip 'hello': cannot convert 'mediapipe-75' to 'coco-wholebody-133'; {wanted}"
    )
    with pytest.raises(SkeletonError) as error:
        to_openpose(make_pose("hi", skeleton=COCO_WHOLEBODY_133), get_skeleton("mediapipe-75"))
    assert str(error.value) == (
        f"clip 'hi': cannot convert 'coco-wholebody-133' to 'mediapipe-75'; {wanted}"
    )


PUBLISHED_25 = (
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee "
    "LAnkle REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel"
)


def test_137_begins_with_body_25_in_the_published_order():
    def short(landmark: str) -> str:
        words = landmark.split("_")
        sides = {"left": "L", "right": "R"}
        return "".join(sides.get(word, word.capitalize()) for word in words)

    assert " ".join(map(short, OPENPOSE_137.landmarks[:25])) == PUBLISHED_25
    assert list(OPENPOSE_137.parts) == ["pose", "face", "left_hand", "right_hand"]
    assert ("neck", "mid_hip") in OPENPOSE_137.edges
    assert ("neck", "left_hip") not in OPENPOSE_137.edges


@pytest.mark.parametrize(
    ("body", "has_face", "has_hands", "name"),
    [
        (25, True, True, "openpose-137"),
        (18, True, True, "openpose-130"),
        (25, False, True, "openpose-67"),
        (18, True, False, "openpose-88"),
        (25, False, False, "openpose-25"),
        (18, False, False, "openpose-18"),
    ],
)
def test_openpose_writes_a_body_and_what_it_was_asked_for(body, has_face, has_hands, name):
    skeleton = openpose_skeleton(body, has_face=has_face, has_hands=has_hands)
    assert skeleton.name == name == f"openpose-{skeleton.n_landmarks}"
    assert skeleton == SKELETONS.get(name, skeleton)


def test_openpose_has_no_body_of_17():
    with pytest.raises(SkeletonError) as error:
        openpose_skeleton(17, has_face=False, has_hands=False)
    assert str(error.value) == "OpenPose has no body of 17 landmarks; expected 25 or 18"
