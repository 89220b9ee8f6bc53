import pytest

from signkit.encode.anchors import anchor_names, level_group, signing_landmarks
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS


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


@pytest.mark.parametrize("name", SKELETONS)
@pytest.mark.parametrize("table", ["chain", "own", "parts"])
def test_anchors_form_a_forest(name, table):
    skeleton = SKELETONS[name]
    anchor_of = dict(zip(skeleton.landmarks, anchor_names(skeleton, table), strict=True))
    for landmark in skeleton.landmarks:
        place, steps = landmark, 0
        while place in anchor_of:
            place, steps = anchor_of[place], steps + 1
            assert steps <= 6, f"{landmark} runs in a circle"


def test_hands_alone_hang_from_their_own_wrists():
    hands = [n for n in SKELETONS["mediapipe-75"].landmarks if "_hand_" in n]
    skeleton = skeleton_from_names("hands", hands, n_dims=3)
    anchor_of = dict(zip(hands, anchor_names(skeleton, "chain"), strict=True))
    assert anchor_of["left_hand_index_tip"] == "left_hand_wrist"
    assert anchor_of["left_hand_wrist"] == "origin"


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
