import pytest
import torch

from signkit.encode.paths import HandPaths, change, reached, smoothed
from signkit.encode.relative import Trunk
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS
from tests.tensors import padded, random_clips

NAN = float("nan")
THREE = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)


def track(*values: float) -> torch.Tensor:
    return torch.tensor(values)[None, :, None]


def trunk(scale: float = 1.0) -> Trunk:
    return Trunk(torch.zeros(1, 1, 1, 2), torch.full((1, 1, 1, 1), scale))


@pytest.mark.parametrize(
    ("given", "n_frames", "expected"),
    [
        ((1.0, 2.0, 3.0, 4.0), 1, (2.0, 3.0, 4.0, 4.0)),  # the end is repeated
        ((1.0, 2.0, 3.0, 4.0), -2, (1.0, 1.0, 1.0, 2.0)),
        ((1.0, NAN, 3.0, NAN), 1, (1.0, 3.0, 3.0, NAN)),  # as far as something is seen
        ((1.0, 2.0, NAN, 4.0), 2, (2.0, 4.0, 4.0, 4.0)),
    ],
)
def test_the_farthest_frame_that_is_seen_is_reached(given, n_frames, expected):
    torch.testing.assert_close(reached(track(*given), n_frames), track(*expected), equal_nan=True)


def test_a_steady_movement_has_its_velocity_and_no_acceleration():
    line = torch.arange(20.0)[None, :, None]
    velocity = change(line, reach=1)
    assert velocity[0, 1:-1, 0].tolist() == [2.0] * 18
    assert change(velocity, reach=2)[0, 3:-3].abs().max() == 0


def test_smoothing_keeps_a_constant_and_a_line_and_calms_noise():
    line = torch.arange(20.0)[None, :, None]
    torch.testing.assert_close(smoothed(line, sigma=0.7)[:, 2:-2], line[:, 2:-2])
    constant = torch.full((1, 6, 1), 3.0)
    torch.testing.assert_close(smoothed(constant, sigma=1.0), constant)
    noise = torch.randn(1, 500, 1, generator=torch.Generator().manual_seed(0))
    assert smoothed(noise, sigma=0.7).std() < 0.7 * noise.std()


def test_unseen_frames_stay_unseen_when_smoothed_and_spoil_no_neighbour():
    found = smoothed(track(1.0, 1.0, NAN, 1.0), sigma=0.7)
    torch.testing.assert_close(found, track(1.0, 1.0, NAN, 1.0), equal_nan=True)


def test_three_points_have_37_features_worked_out_by_hand():
    coords = torch.zeros(1, 30, 3, 2)
    coords[0, :, 0, 0] = torch.arange(30.0)  # the left hand moves right
    coords[0, :, 1, 1] = 5.0
    paths = HandPaths(THREE)
    found = paths(coords, trunk())[0, 15]
    assert paths.n_features == len(found) == 37
    sizes = [6, 6, 6, 4, 2, 4, 6, 3]
    places, velocity, acceleration, hands, speed, way, offsets, lengths = found.split(sizes)
    torch.testing.assert_close(places, torch.tensor([15.0, 0.0, 0.0, 5.0, 0.0, 0.0]))
    torch.testing.assert_close(velocity, torch.tensor([2.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
    assert acceleration.abs().max() < 1e-4
    torch.testing.assert_close(hands, torch.tensor([6.0, 0.0, 0.0, 0.0]))
    torch.testing.assert_close(speed, torch.tensor([6.0, 0.0]), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(way, torch.tensor([6 / 6.1, 0.0, 0.0, 0.0]))
    torch.testing.assert_close(offsets, torch.tensor([15.0, -5.0, 15.0, 0.0, 0.0, 5.0]))
    torch.testing.assert_close(lengths, torch.tensor([250**0.5, 15.0, 5.0]))


def test_paths_are_in_units_of_the_trunk():
    coords = random_clips(THREE)
    one, other = HandPaths(THREE)(coords, trunk()), HandPaths(THREE)(3 * coords, trunk(3.0))
    torch.testing.assert_close(one, other, equal_nan=True, atol=1e-3, rtol=1e-4)


def test_padding_changes_no_path():
    coords = random_clips(THREE, hidden=0.2)
    paths = HandPaths(THREE)
    beside = paths(padded(coords, 7), trunk())[:, : coords.shape[1]]
    alone = paths(coords, trunk())
    torch.testing.assert_close(beside, alone, equal_nan=True, atol=1e-3, rtol=1e-4)


def test_gradients_of_paths_are_finite_where_points_are_hidden():
    coords = random_clips(THREE, hidden=0.4).requires_grad_()
    found = HandPaths(THREE)(coords, trunk())
    (gradient,) = torch.autograd.grad(found.nan_to_num().square().sum(), coords)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("name", SKELETONS)
def test_every_skeleton_has_as_many_paths_as_it_says(name):
    skeleton = SKELETONS[name]
    paths = HandPaths(skeleton)
    origin = torch.zeros(1, 1, 1, skeleton.n_dims)
    found = paths(random_clips(skeleton), Trunk(origin, torch.ones(1, 1, 1, 1)))
    assert found.shape[-1] == paths.n_features == 16 * skeleton.n_dims + 5
