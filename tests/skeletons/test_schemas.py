import numpy as np
import pytest

from signkit.errors import SkeletonError
from signkit.skeleton import Skeleton
from signkit.skeletons import SKELETONS, get_skeleton

ALL = list(SKELETONS.values())
BY_NAME = {"argvalues": ALL, "ids": list(SKELETONS)}
HANDS = [skeleton for skeleton in ALL if skeleton.name != "openpose-18"]
WITH_HANDS = {"argvalues": HANDS, "ids": [skeleton.name for skeleton in HANDS]}


@pytest.mark.parametrize("skeleton", **BY_NAME)
def test_the_name_ends_in_the_number_of_landmarks(skeleton: Skeleton) -> None:
    assert skeleton.name.rpartition("-")[2] == str(skeleton.n_landmarks)


@pytest.mark.parametrize("skeleton", **WITH_HANDS)
def test_both_hands_are_there(skeleton: Skeleton) -> None:
    for side in ("left", "right"):
        assert len(skeleton.parts[f"{side}_hand"]) == 21
        assert skeleton.parts[f"{side}_hand"][0] == f"{side}_hand_wrist"


@pytest.mark.parametrize("skeleton", **BY_NAME)
def test_mirroring_twice_changes_nothing_and_keeps_the_axis(skeleton: Skeleton) -> None:
    permutation = skeleton.mirror_permutation()
    assert np.array_equal(permutation[permutation], np.arange(skeleton.n_landmarks))
    if "nose" in skeleton:
        assert permutation[skeleton.index("nose")] == skeleton.index("nose")


@pytest.mark.parametrize("skeleton", **WITH_HANDS)
def test_mirroring_exchanges_the_hands(skeleton: Skeleton) -> None:
    permutation = skeleton.mirror_permutation()
    left, right = (skeleton.part_indices(f"{side}_hand") for side in ("left", "right"))
    assert np.array_equal(permutation[left], right)


@pytest.mark.parametrize("skeleton", **BY_NAME)
def test_every_landmark_named_left_has_a_partner_or_is_unmirrored(skeleton: Skeleton) -> None:
    paired = {name for pair in skeleton.mirror_pairs for name in pair}
    sided = {n for n in skeleton.landmarks if n.startswith(("left_", "right_"))}
    assert sided <= paired | set(skeleton.unmirrored)


@pytest.mark.parametrize("skeleton", **BY_NAME)
def test_pairs_are_disjoint(skeleton: Skeleton) -> None:
    names = [name for pair in skeleton.mirror_pairs for name in pair]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("skeleton", **BY_NAME)
def test_json_round_trip(skeleton: Skeleton) -> None:
    assert Skeleton.from_json(skeleton.to_json()) == skeleton


def test_mediapipe_order_is_body_face_left_right() -> None:
    holistic = get_skeleton("mediapipe-543")
    assert list(holistic.parts) == ["pose", "face", "left_hand", "right_hand"]
    assert holistic.index("left_hand_wrist") == 33 + 468
    assert holistic.index("right_hand_pinky_tip") == 542
    assert holistic.landmarks[15] == "left_wrist"


def test_the_smaller_mediapipe_skeletons_are_parts_of_the_larger() -> None:
    full = set(get_skeleton("mediapipe-553").landmarks)
    assert set(get_skeleton("mediapipe-543").landmarks) < full
    assert set(get_skeleton("mediapipe-75").landmarks) < full


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(SkeletonError) as caught:
        get_skeleton("mediapipe-54")
    assert str(caught.value) == (
        "no skeleton is called 'mediapipe-54'; did you mean 'mediapipe-543'?"
    )
