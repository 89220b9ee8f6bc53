import pytest
import torch

from signkit.models.padding import is_full, zero_padding


@pytest.mark.parametrize(
    ("lengths", "full"), [([3, 3], True), ([3, 2], False)], ids=["no padding", "padding"]
)
def test_a_mask_is_full_when_it_hides_nothing(lengths, full):
    assert is_full(torch.arange(3)[None] < torch.tensor(lengths)[:, None]) is full


@pytest.mark.parametrize("inner", [(), (4,), (4, 2)])
def test_what_lies_on_padding_becomes_zero_and_nothing_else(inner):
    x = torch.randn(2, 3, *inner) + 5
    is_frame = torch.tensor([[True, True, False], [True, True, True]])
    zeroed = zero_padding(x, is_frame)
    assert (zeroed[0, 2] == 0).all()
    assert torch.equal(zeroed[is_frame], x[is_frame])
