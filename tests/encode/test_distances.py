import torch

from signkit.encode.distances import Distances, PairLengths
from signkit.encode.handshape import Handshape, thumb_pairs
from signkit.encode.relative import Trunk
from signkit.encode.trajectory import AnchorTrajectory
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS
from tests.tensors import random_clips

NAN = float("nan")
BODY = SKELETONS["mediapipe-75"]
THREE = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)


def trunk(scale: float, *, n_dims: int) -> Trunk:
    return Trunk(torch.zeros(1, 1, 1, n_dims), torch.full((1, 1, 1, 1), scale))


def test_lengths_of_pairs_are_euclidean_and_unseen_where_an_end_is():
    coords = torch.tensor([[[0.0, 0.0], [3.0, 4.0], [NAN, NAN]]])[None]
    lengths = PairLengths([(0, 1), (1, 2), (0, 0)])(coords)[:, 0, 0]
    assert lengths[0] == 5.0
    assert lengths[1].isnan()
    assert lengths[2] < 1e-5


def test_distances_of_three_points_are_in_units_of_the_trunk():
    coords = torch.tensor([[[0.0, 0.0], [30.0, 40.0], [0.0, 10.0]]])[None]
    distances = Distances(THREE)(coords, trunk(10.0, n_dims=2))
    torch.testing.assert_close(distances.flatten().sort().values, torch.tensor([1.0, 18**0.5, 5.0]))


def test_a_place_without_distance_or_sight_gives_finite_gradients():
    coords = random_clips(BODY, hidden=0.3)
    coords[:, :, BODY.index("left_hand_index_tip")] = coords[:, :, BODY.index("left_hand_wrist")]
    coords.requires_grad_()
    for kind in (Distances(BODY), Handshape(BODY)):
        (gradient,) = torch.autograd.grad(
            kind(coords, trunk(80.0, n_dims=3)).nan_to_num().sum(), coords
        )
        assert gradient.isfinite().all()
        assert gradient.abs().sum() > 0


def test_handshapes_are_in_lengths_of_the_hand_itself_whatever_the_trunk():
    coords = random_clips(BODY, hidden=0.1)
    handshape = Handshape(BODY)
    torch.testing.assert_close(
        handshape(3 * coords, trunk(10.0, n_dims=3)),
        handshape(coords, trunk(90.0, n_dims=3)),
        equal_nan=True,
    )


def test_touching_fingers_have_contact_one_and_far_ones_none():
    coords = torch.zeros(1, 1, BODY.n_landmarks, 3)
    for finger in ("index", "middle", "pinky"):
        coords[0, 0, BODY.index(f"left_hand_{finger}_mcp"), 1] = 50.0
    coords[0, 0, BODY.index("left_hand_pinky_tip"), 1] = 500.0
    left = Handshape(BODY)(coords, trunk(1.0, n_dims=3))[0, 0, :54]
    lengths, contact = left.split([32, 22])
    assert lengths.max() == 10.0
    assert contact.max() > 0.999
    assert contact.min() < 1e-6


def test_a_thumb_is_measured_to_twelve_joints():
    pairs = thumb_pairs("right")
    assert len(pairs) == 12
    assert all(a in BODY and b in BODY for a, b in pairs)


def test_kinds_that_a_skeleton_has_no_landmarks_for_have_no_features():
    assert Handshape(THREE).n_features == 0
    assert Distances(SKELETONS["openpose-18"]).n_features == 0


def test_trajectories_are_wrists_and_nose_from_the_trunk():
    coords = torch.tensor([[[20.0, 10.0], [NAN, NAN], [0.0, -30.0]]])[None]
    found = AnchorTrajectory(THREE)(coords, trunk(10.0, n_dims=2))[0, 0]
    torch.testing.assert_close(found, torch.tensor([2.0, 1.0, NAN, NAN, 0.0, -3.0]), equal_nan=True)
