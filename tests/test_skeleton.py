import numpy as np
import pytest

from signkit.errors import SkeletonError
from signkit.skeleton import Skeleton, part_of, skeleton_from_names, swap_side

HANDS = ("left_hand_wrist", "right_hand_wrist")


def test_names_have_positions() -> None:
    skeleton = skeleton_from_names("three", (*HANDS, "nose"), n_dims=2)
    assert skeleton.n_landmarks == 3
    assert skeleton.index("nose") == 2
    assert skeleton.indices(["nose", "left_hand_wrist"]).tolist() == [2, 0]
    assert skeleton.part_indices("right_hand").tolist() == [1]
    assert "nose" in skeleton
    assert "chin" not in skeleton


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"landmarks": ("a", "a"), "parts": {"x": ("a", "a")}},
            "skeleton 'odd' names landmark 'a' twice",
        ),
        (
            {"landmarks": ("a", "b"), "parts": {"x": ("a",)}},
            "parts of skeleton 'odd' do not hold each landmark once",
        ),
        ({"landmarks": (), "parts": {}}, "skeleton 'odd' has no landmarks"),
        (
            {"landmarks": ("a",), "parts": {"x": ("a",)}, "n_dims": 4},
            "skeleton 'odd' has 4 dimensions; use 2 or 3",
        ),
        (
            {"landmarks": ("a",), "parts": {"x": ("a",)}, "edges": (("a", "b"),)},
            "skeleton 'odd' has no landmark 'b'",
        ),
    ],
)
def test_a_skeleton_that_contradicts_itself_is_refused(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(SkeletonError) as caught:
        Skeleton(name="odd", **arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_an_unknown_part_names_the_known_ones() -> None:
    with pytest.raises(SkeletonError) as caught:
        skeleton_from_names("two", HANDS, n_dims=2).part_indices("face")
    assert str(caught.value) == "skeleton 'two' has no part 'face'; it has left_hand, right_hand"


def test_json_round_trip() -> None:
    skeleton = skeleton_from_names("odd", (*HANDS, "nose", "left_toe"), n_dims=3)
    assert Skeleton.from_json(skeleton.to_json()) == skeleton


@pytest.mark.parametrize(
    ("landmark", "part"),
    [
        ("nose", "pose"),
        ("left_hand", "left_hand"),
        ("left_hand_index_tip", "left_hand"),
        ("left_handkerchief", "other"),
        ("face_12", "face"),
        ("lips_0", "lips"),
        ("antenna", "other"),
    ],
)
def test_a_name_says_its_part(landmark: str, part: str) -> None:
    assert part_of(landmark) == part


@pytest.mark.parametrize(
    ("landmark", "mirrored"),
    [("left_elbow", "right_elbow"), ("mouth_right", "mouth_left"), ("nose", "nose")],
)
def test_sides_are_swapped_both_ways(landmark: str, mirrored: str) -> None:
    assert swap_side(landmark) == mirrored
    assert swap_side(mirrored) == landmark


def test_a_name_without_its_partner_is_unmirrored() -> None:
    skeleton = skeleton_from_names("odd", ("nose", "left_toe", *HANDS), n_dims=2)
    assert skeleton.unmirrored == ("left_toe",)
    assert skeleton.mirror_pairs == (HANDS,)
    assert skeleton.mirror_permutation().tolist() == [0, 1, 3, 2]


def test_mirroring_twice_changes_nothing() -> None:
    permutation = skeleton_from_names("two", HANDS, n_dims=2).mirror_permutation()
    assert np.array_equal(permutation[permutation], np.arange(2))


def test_a_reduced_face_is_mirrored_like_the_whole_one():
    names = ("face_0", "face_61", "face_291", "face_40", "lips_185", "face_ibug_36", "face_ibug_45")
    skeleton = skeleton_from_names("few", names, n_dims=2)
    assert set(skeleton.mirror_pairs) == {("face_291", "face_61"), ("face_ibug_45", "face_ibug_36")}
    assert skeleton.unmirrored == ("face_40", "lips_185")
