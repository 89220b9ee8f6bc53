import pytest
import torch
from torch import Tensor, nn

from signkit.models.batch_norm import MaskedBatchNorm

LENGTHS = torch.tensor([5, 2, 7])


def clips(*inner: int, n_frames: int = 7, seed: int = 0) -> tuple[Tensor, Tensor]:
    """(3, n_frames, ..., 4) features that differ from clip to clip, and their mask."""
    generator = torch.Generator().manual_seed(seed)
    x = 3 * torch.randn(3, n_frames, *inner, 4, generator=generator)
    x = x + torch.arange(3.0).reshape(3, *[1] * (x.ndim - 1))
    return x, torch.arange(n_frames)[None] < LENGTHS[:, None]


@pytest.mark.parametrize("inner", [(), (6,)], ids=["steps", "landmarks of steps"])
def test_statistics_are_those_of_the_valid_frames_alone(inner):
    x, is_step = clips(*inner)
    ours, torchs = MaskedBatchNorm(4), nn.BatchNorm1d(4)
    normalized = ours(x, is_step)[is_step]
    valid = x[is_step]
    expected = torchs(valid.reshape(-1, 4)).reshape(valid.shape)
    torch.testing.assert_close(normalized, expected)
    torch.testing.assert_close(ours.running_mean, torchs.running_mean)
    torch.testing.assert_close(ours.running_var, torchs.running_var)


def test_running_statistics_are_used_when_not_training():
    x, is_step = clips()
    module = MaskedBatchNorm(4)
    for _ in range(200):
        module(x, is_step)
    normalized = module.eval()(x, is_step)[is_step]
    torch.testing.assert_close(normalized.mean(dim=0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(normalized.std(dim=0), torch.ones(4), atol=1e-3, rtol=0)
    alone = module(x[1:2, :2], torch.ones(1, 2, dtype=torch.bool))
    torch.testing.assert_close(alone[0], module(x, is_step)[1, :2])


def test_what_lies_on_padding_changes_nothing_in_training():
    x, is_step = clips()
    wild = x.masked_fill(~is_step[..., None], torch.nan)
    first, second = MaskedBatchNorm(4), MaskedBatchNorm(4)
    torch.testing.assert_close(first(x, is_step)[is_step], second(wild, is_step)[is_step])
    torch.testing.assert_close(first.running_var, second.running_var)


def test_a_single_frame_is_its_own_mean():
    module = MaskedBatchNorm(4)
    out = module(torch.randn(1, 1, 4), torch.ones(1, 1, dtype=torch.bool))
    assert (out == 0).all()
    assert module.running_var.isfinite().all()


def test_the_momentum_is_the_share_of_the_newest_batch():
    x, is_step = clips()
    module = MaskedBatchNorm(4, momentum=0.05)
    module(x, is_step)
    torch.testing.assert_close(module.running_mean, 0.05 * x[is_step].mean(dim=0))


def test_padding_comes_out_as_zero():
    x, is_step = clips()
    module = MaskedBatchNorm(4)
    assert (module(x, is_step)[~is_step] == 0).all()
    assert (module.eval()(x, is_step)[~is_step] == 0).all()


@pytest.mark.parametrize("inner", [(), (6,)], ids=["steps", "landmarks of steps"])
def test_compiled_it_gives_the_same_without_gathering_frames(inner):
    x, is_step = clips(*inner)
    plain, module = MaskedBatchNorm(4), MaskedBatchNorm(4)
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, is_step), plain(x, is_step))
    torch.testing.assert_close(module.running_mean, plain.running_mean)
    torch.testing.assert_close(module.running_var, plain.running_var)
