from itertools import pairwise

import pytest
import torch

from signkit.encode import gaps
from signkit.encode.gaps import fill_all, fill_few, interpolate_gaps

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


def test_only_a_gap_that_is_short_enough_is_filled_among_several():
    given = track(1.0, NAN, 3.0, NAN, NAN, NAN, 7.0, NAN, NAN, 10.0)
    expected = track(1.0, 2.0, 3.0, NAN, NAN, NAN, 7.0, 8.0, 9.0, 10.0)
    torch.testing.assert_close(interpolate_gaps(given, longest=2), expected, equal_nan=True)


@pytest.mark.parametrize("longest", [1, 2, 3, 4, 6, 7, 8])
def test_gaps_are_filled_as_one_by_one_whatever_the_longest(longest):
    generator = torch.Generator().manual_seed(longest)
    coords = torch.randn(2, 40, 5, 2, generator=generator)
    coords[torch.rand(2, 40, 5, generator=generator) < 0.6] = NAN
    expected = coords.clone()
    for clip in range(2):
        for landmark in range(5):
            seen = (~coords[clip, :, landmark, 0].isnan()).nonzero().flatten().tolist()
            for a, b in pairwise(seen):
                for t in range(a + 1, b if b - a - 1 <= longest else a):
                    start, end = coords[clip, a, landmark], coords[clip, b, landmark]
                    expected[clip, t, landmark] = start + (end - start) * (t - a) / (b - a)
    torch.testing.assert_close(interpolate_gaps(coords, longest=longest), expected, equal_nan=True)


@pytest.mark.parametrize("fill", [fill_few, fill_all])
def test_filling_few_and_filling_all_is_the_same(fill, monkeypatch):
    monkeypatch.setattr(gaps, "fill_few", fill)
    coords = torch.randn(2, 30, 4, 3, generator=torch.Generator().manual_seed(0))
    coords[torch.rand(2, 30, 4, generator=torch.Generator().manual_seed(1)) < 0.5] = NAN
    filled = interpolate_gaps(coords, longest=3)
    seen = ~coords.isnan()
    assert torch.equal(filled[seen], coords[seen])
    monkeypatch.undo()
    torch.testing.assert_close(filled, interpolate_gaps(coords, longest=3), equal_nan=True)


@pytest.mark.parametrize("fill", [fill_few, fill_all])
def test_the_ends_of_a_filled_gap_get_its_gradient(fill, monkeypatch):
    monkeypatch.setattr(gaps, "fill_few", fill)
    coords = track(0.0, NAN, NAN, 6.0).requires_grad_()
    filled = interpolate_gaps(coords, longest=2)
    (gradient,) = torch.autograd.grad(filled[0, 1, 0, 0], coords)
    torch.testing.assert_close(gradient[0, :, 0, 0], torch.tensor([2 / 3, 0.0, 0.0, 1 / 3]))
