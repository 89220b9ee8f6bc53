import pytest
import torch
from torch import nn

from signkit.models.layers import ConvolutionModule, Residual, SelfAttention, Subsampling, rotate


@pytest.mark.parametrize(
    "module", [ConvolutionModule(8, 5, 0.0), SelfAttention(8, 2, 0.0)], ids=["conv", "attention"]
)
def test_padding_changes_nothing(module):
    torch.manual_seed(0)
    module = module.eval()
    clip = torch.randn(1, 10, 8)
    in_batch = torch.cat([clip, torch.randn(1, 6, 8)], dim=1)
    alone = module(clip, torch.ones(1, 10, dtype=torch.bool))
    beside = module(in_batch, torch.arange(16)[None] < 10)
    torch.testing.assert_close(beside[:, :10], alone)


@pytest.mark.parametrize("n_frames", [1, 2, 7, 8])
def test_subsampling_halves_and_rounds_up_whatever_the_padding(n_frames):
    torch.manual_seed(0)
    module = Subsampling(8).eval()
    clip = torch.randn(1, n_frames, 8)
    alone, is_frame = module(clip, torch.ones(1, n_frames, dtype=torch.bool))
    more = torch.cat([clip, torch.randn(1, 5, 8)], dim=1)
    beside, mask = module(more, torch.arange(n_frames + 5)[None] < n_frames)
    n_out = -(-n_frames // 2)
    assert is_frame.sum() == mask.sum() == alone.shape[1] == n_out
    torch.testing.assert_close(beside[:, :n_out], alone)


def test_rotary_attention_sees_only_distances_in_time():
    torch.manual_seed(0)
    q, k = torch.randn(1, 1, 1, 8).expand(1, 1, 6, 8), torch.randn(1, 1, 1, 8).expand(1, 1, 6, 8)
    products = rotate(q) @ rotate(k).transpose(-1, -2)
    for offset in range(-3, 4):
        diagonal = products[0, 0].diagonal(offset)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))
    assert products.std() > 0.01


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
