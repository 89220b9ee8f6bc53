import pytest
import torch

from signkit.models.multiscale import MultiscaleFrontend
from signkit.sections import ModelConfig
from tests.models.layouts import THREE, frames, make_layout, random_features

LAYOUT = make_layout(THREE)


def make_frontend(**model: object) -> MultiscaleFrontend:
    """A small frontend whose running statistics have seen a batch."""
    torch.manual_seed(0)
    small = {"width": 8, "n_heads": 2, "input_dropout": 0.0}
    frontend = MultiscaleFrontend(LAYOUT, ModelConfig(**{**small, **model}))
    frontend(random_features(LAYOUT, seed=1), frames([13, 9], 13))
    return frontend


@pytest.mark.parametrize("subsampling", [1, 2, 4, 8])
def test_padding_changes_nothing(subsampling):
    frontend = make_frontend(subsampling=subsampling).eval()
    features = random_features(LAYOUT, n_frames=21)
    alone = frontend(features[:1, :13], frames([13], 13))
    beside = frontend(features, frames([13, 21], 21))
    n_steps = alone.x.shape[1]
    torch.testing.assert_close(beside.x[:1, :n_steps], alone.x, atol=1e-5, rtol=1e-4)


def test_padding_changes_nothing_in_training_either():
    features = random_features(LAYOUT, n_frames=21)
    short, long = (make_frontend(subsampling=2) for _ in range(2))
    one = short(features[:, :13], frames([13, 9], 13))
    other = long(features, frames([13, 9], 21))
    torch.testing.assert_close(
        other.x[:, :7][one.is_step], one.x[one.is_step], atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("subsampling", [1, 2, 4, 8])
def test_there_are_as_many_steps_as_ctc_is_promised(subsampling):
    frontend = make_frontend(subsampling=subsampling).eval()
    for n_frames in (1, 2, 3, 7, 8, 9, 17):
        features = random_features(LAYOUT, n_clips=1, n_frames=n_frames + 2)
        hidden = frontend(features, frames([n_frames], n_frames + 2))
        assert int(hidden.is_step.sum()) == -(-n_frames // subsampling)
        assert hidden.x.shape[:2] == hidden.is_step.shape


def test_gradients_reach_every_parameter():
    frontend = make_frontend(subsampling=2)
    frontend(random_features(LAYOUT), frames([13, 9], 13)).x[..., 0].sum().backward()
    assert all(bool((p.grad != 0).any()) for p in frontend.parameters())


@pytest.mark.parametrize("subsampling", [1, 4])
def test_the_pooled_path_sees_further_than_the_main_path(subsampling):
    frontend = make_frontend(subsampling=subsampling).eval()
    n_frames = 64 * subsampling
    features = random_features(LAYOUT, n_clips=1, n_frames=n_frames).requires_grad_()
    is_frame = frames([n_frames], n_frames)
    whole = frontend(features, is_frame).x
    fine, _ = frontend.main(frontend.norm(frontend.project(features)), is_frame)
    reach = []
    for out in (fine, whole):
        [seen] = torch.autograd.grad(out[0, 32].square().sum(), features, retain_graph=True)
        reach.append(int((seen[0] != 0).any(dim=1).nonzero().max()) - 32 * subsampling)
    assert 0 < reach[0] < reach[1] / 2


def test_bf16_gives_nearly_the_same_and_can_be_trained():
    frontend = make_frontend(subsampling=2)
    features, is_frame = random_features(LAYOUT), frames([13, 9], 13)
    with torch.autocast("cpu", torch.bfloat16):
        low = frontend(features, is_frame).x
    low.float()[..., 0].sum().backward()
    assert all(p.grad.isfinite().all() for p in frontend.parameters())
    high = make_frontend(subsampling=2)(features, is_frame).x.detach()
    difference = (low.detach().float() - high).abs().mean()
    assert float(difference) < 0.05 * float(high.abs().mean())
