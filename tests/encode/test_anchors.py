import pytest

from signkit.encode.anchors import anchor_names, level_group, signing_landmarks
from signkit.sections.encoder import LEVEL_GROUPS
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS

TABLES = ["chain", "own", "parts", "none"]
HANDS_ALONE = skeleton_from_names(
    "hands", [n for n in SKELETONS["mediapipe-75"].landmarks if "_hand_" in n], n_dims=3
)
THREE_POINTS = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)
ALL = [*SKELETONS.values(), HANDS_ALONE, THREE_POINTS]


def root_of(landmark, skeleton, table):
    """What carries a landmark in the end, over all steps between."""
    anchor_of = dict(zip(skeleton.landmarks, anchor_names(skeleton, table), strict=True))
    place, steps = landmark, 0
    while place in anchor_of:
        place, steps = anchor_of[place], steps + 1
        assert steps <= 6, f"{landmark} runs in a circle"
    return place


@pytest.mark.parametrize(
    ("landmark", "anchor"),
    [
        ("right_hand_index_tip", "right_wrist"),
        ("left_hand_wrist", "left_wrist"),
        ("left_wrist", "left_elbow"),
        ("right_elbow", "right_shoulder"),
        ("left_thumb", "left_wrist"),
        ("mouth_left", "nose"),
        ("face_13", "nose"),
        ("nose", "mid_shoulder"),
        ("left_shoulder", "origin"),
        ("right_hip", "origin"),
        ("left_knee", "left_hip"),
        ("right_foot_index", "right_ankle"),
    ],
)
def test_the_chain_is_the_table_of_the_bdslw60_authors(landmark, anchor):
    skeleton = SKELETONS["mediapipe-543"]
    assert anchor_names(skeleton, "chain")[skeleton.index(landmark)] == anchor


@pytest.mark.parametrize("skeleton", ALL, ids=lambda skeleton: skeleton.name)
@pytest.mark.parametrize("table", TABLES)
def test_anchors_form_a_forest(skeleton, table):
    for landmark in skeleton.landmarks:
        assert root_of(landmark, skeleton, table) in ("origin", "mid_shoulder")


@pytest.mark.parametrize("name", [n for n in SKELETONS if n != "openpose-18"])
def test_every_skeleton_with_hands_carries_them_by_wrist_elbow_and_shoulder(name):
    skeleton = SKELETONS[name]
    anchor_of = dict(zip(skeleton.landmarks, anchor_names(skeleton, "chain"), strict=True))
    assert anchor_of["left_hand_index_tip"] == "left_wrist"
    assert anchor_of["left_wrist"] == "left_elbow"
    assert anchor_of["left_elbow"] == "left_shoulder"
    assert anchor_of["left_shoulder"] == "origin"
    for landmark in skeleton.landmarks:
        if landmark.startswith(("face_", "lips_")):
            assert anchor_of[landmark] == "nose"
    assert anchor_of["nose"] == "mid_shoulder"


@pytest.mark.parametrize(
    ("name", "landmark", "anchor"),
    [
        ("mediapipe-543", "face_100", "face_1"),
        ("coco-wholebody-133", "face_ibug_40", "face_ibug_30"),
        ("isharah-86", "lips_0", "nose"),
        ("mediapipe-543", "left_hand_wrist", "origin"),
        ("mediapipe-543", "left_hand_index_tip", "left_hand_wrist"),
        ("mediapipe-543", "left_elbow", "origin"),
    ],
)
def test_own_is_the_table_of_rqe(name, landmark, anchor):
    skeleton = SKELETONS[name]
    assert anchor_names(skeleton, "own")[skeleton.index(landmark)] == anchor


def test_parts_keep_the_place_of_wrists_and_nose():
    skeleton = SKELETONS["isharah-86"]
    anchor_of = dict(zip(skeleton.landmarks, anchor_names(skeleton, "parts"), strict=True))
    for landmark in ("left_hand_wrist", "right_hand_wrist", "left_wrist", "nose"):
        assert anchor_of[landmark] == "origin"
    assert anchor_of["left_hand_pinky_tip"] == "left_hand_wrist"


def test_hands_alone_hang_from_their_own_wrists():
    anchor_of = dict(zip(HANDS_ALONE.landmarks, anchor_names(HANDS_ALONE, "chain"), strict=True))
    assert anchor_of["left_hand_index_tip"] == "left_hand_wrist"
    assert anchor_of["left_hand_wrist"] == "origin"


def test_three_points_hang_from_the_nose():
    assert anchor_names(THREE_POINTS, "chain") == ("nose", "nose", "origin")


def test_landmarks_nobody_knows_are_measured_from_the_origin():
    skeleton = skeleton_from_names("odd", ["antenna", "left_hand", "nose"], n_dims=2)
    assert anchor_names(skeleton, "chain") == ("origin", "nose", "origin")


@pytest.mark.parametrize(
    ("landmark", "group"),
    [
        ("left_hip", "legs"),
        ("right_elbow", "arms"),
        ("left_pinky", "arms"),
        ("left_shoulder", "trunk"),
        ("nose", "trunk"),
        ("face_100", "face"),
        ("right_eye_outer", "face"),
        ("right_hand_wrist", "right_hand"),
    ],
)
def test_level_groups_follow_the_d5max_table(landmark, group):
    assert level_group(landmark) == group


@pytest.mark.parametrize("skeleton", ALL, ids=lambda skeleton: skeleton.name)
def test_a_recipe_knows_the_level_group_of_every_landmark(skeleton):
    assert {level_group(landmark) for landmark in skeleton.landmarks} <= set(LEVEL_GROUPS)


@pytest.mark.parametrize("name", SKELETONS)
def test_signing_landmarks_are_closed_under_mirroring(name):
    skeleton = SKELETONS[name]
    kept = set(signing_landmarks(skeleton))
    for left, right in skeleton.mirror_pairs:
        assert (left in kept) == (right in kept), f"{left} and {right}"


def test_signing_landmarks_drop_legs_and_cheeks_but_keep_hands_and_lips():
    kept = signing_landmarks(SKELETONS["mediapipe-543"])
    assert "left_knee" not in kept
    assert "face_123" not in kept
    assert {"face_13", "face_291", "left_hand_pinky_tip", "nose"} <= set(kept)
