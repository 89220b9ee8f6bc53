import pytest
import torch

from signkit.encode.gaps import interpolate_gaps

NAN = float("nan")


def track(*values: float) -> torch.Tensor:
    return torch.tensor(values)[None, :, None, None].expand(1, -1, 1, 2).clone()


@pytest.mark.parametrize(
    ("given", "longest", "expected"),
    [
        ((0.0, NAN, 2.0), 1, (0.0, 1.0, 2.0)),  # a straight line
        ((0.0, NAN, NAN, 3.0), 2, (0.0, 1.0, 2.0, 3.0)),
        ((0.0, NAN, NAN, 3.0), 1, (0.0, NAN, NAN, 3.0)),  # too long: nothing is invented
        ((NAN, 1.0, NAN), 5, (NAN, 1.0, NAN)),  # before the first and after the last sight
        ((0.0, NAN, 2.0), 0, (0.0, NAN, 2.0)),  # off
        ((NAN, NAN, NAN), 5, (NAN, NAN, NAN)),
    ],
)
def test_gaps_between_two_sights_become_straight_lines(given, longest, expected):
    filled = interpolate_gaps(track(*given), longest=longest)
    torch.testing.assert_close(filled, track(*expected), equal_nan=True)


def test_gap_filling_leaves_its_input_alone():
    coords = track(0.0, NAN, 2.0)
    before = coords.clone()
    interpolate_gaps(coords, longest=3)
    torch.testing.assert_close(coords, before, equal_nan=True)


def test_a_landmark_does_not_borrow_from_its_neighbour():
    coords = torch.tensor([[[[0.0], [NAN]], [[NAN], [5.0]], [[2.0], [NAN]]]])  # (1, 3, 2, 1)
    filled = interpolate_gaps(coords, longest=3)
    assert filled[0, :, 0, 0].tolist() == [0.0, 1.0, 2.0]
    assert filled[0, [0, 2], 1, 0].isnan().all()
