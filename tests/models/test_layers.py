import pytest
import torch
from torch import Tensor, nn

from signkit.models.layers import (
    ConvolutionModule,
    Residual,
    Subsampling,
    TimeConvolution,
    convolve_depthwise,
    pool_pairs,
)


def frames(n_valid: int, n_frames: int) -> Tensor:
    return torch.arange(n_frames)[None] < n_valid


CONVOLUTIONS = [
    ConvolutionModule(8, 5, 0.0),
    ConvolutionModule(8, 5, 0.0, causal=True),
    TimeConvolution(8, 8, 3),
    TimeConvolution(8, 8, 3, causal=True),
]


@pytest.mark.parametrize("module", CONVOLUTIONS)
def test_padding_changes_nothing(module):
    torch.manual_seed(0)
    module = module.eval()
    clip = torch.randn(1, 10, 8)
    in_batch = torch.cat([clip, torch.randn(1, 6, 8)], dim=1)
    alone = module(clip, frames(10, 10))
    torch.testing.assert_close(module(in_batch, frames(10, 16))[:, :10], alone)


@pytest.mark.parametrize("module", CONVOLUTIONS)
def test_only_a_causal_convolution_sees_nothing_later(module):
    torch.manual_seed(0)
    module = module.eval()
    clip, is_frame = torch.randn(1, 10, 8), frames(10, 10)
    changed = clip.clone()
    changed[:, 6:] += 1
    same = module(clip, is_frame)[:, :6] == module(changed, is_frame)[:, :6]
    assert bool(same.all()) == bool(module.n_before)


@pytest.mark.parametrize("n_frames", [1, 2, 7, 8])
def test_subsampling_halves_and_rounds_up_whatever_the_padding(n_frames):
    torch.manual_seed(0)
    module = Subsampling(8).eval()
    clip = torch.randn(1, n_frames, 8)
    alone, is_frame = module(clip, frames(n_frames, n_frames))
    more = torch.cat([clip, torch.randn(1, 5, 8)], dim=1)
    beside, mask = module(more, frames(n_frames, n_frames + 5))
    n_out = -(-n_frames // 2)
    assert is_frame.sum() == mask.sum() == alone.shape[1] == n_out
    torch.testing.assert_close(beside[:, :n_out], alone)


@pytest.mark.parametrize("n_frames", [2, 6])
def test_a_subsampled_step_sees_no_later_step(n_frames):
    torch.manual_seed(0)
    module = Subsampling(8).eval()
    clip = torch.randn(1, 10, 8)
    prefix, _ = module(clip[:, :n_frames], frames(n_frames, n_frames))
    whole, _ = module(clip, frames(10, 10))
    torch.testing.assert_close(whole[:, : n_frames // 2], prefix)


@pytest.mark.parametrize("n_frames", [1, 4, 5])
def test_pooling_takes_the_larger_of_two_frames_and_a_last_one_as_it_is(n_frames):
    x = torch.arange(1.0, n_frames + 1)[None, :, None]
    behind = torch.full((1, 3, 1), 99.0)
    pooled, is_step = pool_pairs(torch.cat([x, behind], dim=1), frames(n_frames, n_frames + 3))
    expected = [float(min(2 * i + 2, n_frames)) for i in range(-(-n_frames // 2))]
    assert pooled[0, is_step[0], 0].tolist() == expected


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("n_before", [0, 4])
def test_a_depthwise_convolution_is_that_of_pytorch(n_before, stride):
    torch.manual_seed(0)
    convolution = nn.Conv1d(6, 6, 5, stride=stride, padding=2 - n_before // 2, groups=6)
    x = torch.randn(3, 11, 6, requires_grad=True)
    ours = convolve_depthwise(x, convolution, n_before=n_before)
    padded = nn.functional.pad(x.transpose(1, 2), (n_before, 0))
    expected = convolution(padded).transpose(1, 2)
    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(
        torch.autograd.grad(ours.square().sum(), [x, convolution.weight]),
        torch.autograd.grad(expected.square().sum(), [x, convolution.weight]),
    )


def test_stochastic_depth_drops_whole_branches_and_keeps_the_mean():
    torch.manual_seed(0)
    module = Residual(nn.Identity(), drop=0.25).train()
    x = torch.ones(4000, 3, 2)
    out = module(x) - x
    kept = out[:, 0, 0] > 0
    assert ((out > 0) == kept[:, None, None]).all()
    assert 0.72 < kept.float().mean() < 0.78
    assert float(out.mean()) == pytest.approx(1.0, abs=0.05)


def test_every_branch_counts_when_not_training():
    module = Residual(nn.Identity(), drop=0.9, share=0.5).eval()
    assert (module(torch.ones(2, 3, 4)) == 1.5).all()
