import pytest
import torch

from signkit.encode.motion import motion, motion_names

NAN = float("nan")


def track(*values: float) -> torch.Tensor:
    return torch.tensor(values)[None, :, None]


def test_differences_look_back_and_ahead():
    found = motion(track(1.0, 3.0, 6.0, 10.0), order=2)
    assert {name: values.flatten().tolist() for name, values in found.items()} == {
        "motion_back": [0.0, 2.0, 3.0, 4.0],
        "motion_ahead": [2.0, 3.0, 4.0, 0.0],
        "motion_back_2": [0.0, 0.0, 1.0, 1.0],
        "motion_ahead_2": [1.0, 1.0, 0.0, 0.0],
    }


def test_a_frame_that_is_unseen_moves_nowhere():
    found = motion(track(1.0, NAN, 6.0, 10.0, 16.0), order=2)
    assert found["motion_back"].flatten().tolist() == [0.0, 0.0, 0.0, 4.0, 6.0]
    assert found["motion_back_2"].flatten().tolist() == [0.0, 0.0, 0.0, 0.0, 2.0]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("n_frames", [1, 2, 3, 7])
def test_motion_is_as_long_as_its_clip(order, n_frames):
    found = motion(torch.randn(2, n_frames, 4), order=order)
    assert tuple(found) == motion_names(order)
    assert all(values.shape == (2, n_frames, 4) for values in found.values())
