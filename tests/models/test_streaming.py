"""What a causal recognizer has said stays said: later frames change nothing."""

from itertools import product

import pytest
import torch
from torch import Tensor, nn

from signkit.models import BODIES, FRONTENDS
from signkit.recipe import load_recipe
from signkit.sections import ModelConfig
from tests.models.layouts import THREE, make_layout, random_features

LAYOUT = make_layout(THREE, n_distances=2)
CAUSAL_FRONTENDS = ("linear", "multiscale", "graph")
BLOCK_BODIES = ("transformer", "conformer")


class Steps(nn.Module):
    """Frontend and body of a small recognizer."""

    def __init__(self, **model: object) -> None:
        super().__init__()
        torch.manual_seed(0)
        small = {"width": 8, "n_heads": 2, "n_blocks": 2, "kernel_size": 5, "graph_widths": (4, 6)}
        config = ModelConfig(**{**small, **model})
        self.frontend = FRONTENDS[config.frontend](LAYOUT, config)
        self.body = BODIES[config.body](config)
        for name, p in self.named_parameters():
            if name.endswith("bias.values"):
                nn.init.normal_(p)
        self(random_features(LAYOUT, n_frames=30, seed=3))  # moves running statistics
        self.eval()

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, F) to (B, T', D)."""
        front = self.frontend(features, torch.ones(features.shape[:2], dtype=torch.bool))
        out: Tensor = self.body(front.x, front.is_step).x
        return out


def assert_prefixes_agree(model: Steps, *, every: int) -> None:
    features = random_features(LAYOUT, n_frames=24)
    whole = model(features)
    for n_frames in range(every, 24, every):
        prefix = model(features[:, :n_frames])
        torch.testing.assert_close(whole[:, : prefix.shape[1]], prefix, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("frontend", "body"), list(product(CAUSAL_FRONTENDS, BLOCK_BODIES)))
@pytest.mark.parametrize("subsampling", [1, 2])
def test_a_prefix_of_whole_chunks_gives_what_the_whole_clip_gives(frontend, body, subsampling):
    model = Steps(frontend=frontend, body=body, subsampling=subsampling, causal=True, chunk_steps=4)
    assert_prefixes_agree(model, every=4 * subsampling)


@pytest.mark.parametrize(("frontend", "body"), list(product(CAUSAL_FRONTENDS, BLOCK_BODIES)))
@pytest.mark.parametrize("subsampling", [1, 4])
def test_without_chunks_no_step_sees_a_later_one(frontend, body, subsampling):
    model = Steps(frontend=frontend, body=body, subsampling=subsampling, causal=True)
    assert_prefixes_agree(model, every=subsampling)


@pytest.mark.parametrize("positions", ["rotary", "relative", "sinusoidal", "none"])
def test_a_bounded_past_and_every_kind_of_position_can_be_streamed(positions):
    model = Steps(positions=positions, causal=True, chunk_steps=3, left_chunks=2)
    assert_prefixes_agree(model, every=3)


def test_inside_a_chunk_steps_see_each_other():
    model = Steps(causal=True, chunk_steps=4)
    features = random_features(LAYOUT, n_frames=8)
    changed = features.clone()
    changed[:, 3] += 1
    same = (model(features) == model(changed)).all(dim=2)
    assert not same[:, :4].any()


@pytest.mark.parametrize(("frontend", "body"), list(product(CAUSAL_FRONTENDS, BLOCK_BODIES)))
def test_what_is_not_causal_looks_ahead(frontend, body):
    model = Steps(frontend=frontend, body=body)
    features = random_features(LAYOUT, n_frames=24)
    assert not torch.allclose(model(features)[:, :12], model(features[:, :12]), atol=1e-3)


def test_a_past_that_is_bounded_is_forgotten():
    model = Steps(body="transformer", n_blocks=1, causal=True, chunk_steps=2, left_chunks=1)
    features = random_features(LAYOUT, n_frames=12)
    changed = features.clone()
    changed[:, :4] += 1
    same = (model(features) == model(changed)).all(dim=2)
    assert same[:, 6:].all()
    assert not same[:, :6].any()


@pytest.mark.parametrize("frontend", CAUSAL_FRONTENDS)
def test_padding_changes_nothing_when_causal(frontend):
    model = Steps(frontend=frontend, subsampling=2, causal=True, chunk_steps=4, left_chunks=1)
    features = random_features(LAYOUT, n_frames=40)
    is_frame = torch.arange(40)[None] < torch.tensor([[13], [40]])
    front = model.frontend(features, is_frame)
    beside = model.body(front.x, front.is_step).x
    torch.testing.assert_close(beside[:1, :7], model(features[:1, :13]), atol=1e-5, rtol=1e-4)
    assert beside.isfinite().all()


def test_the_shipped_recipe_looks_back_as_far_as_it_says():
    """Six blocks: each four chunks of eight steps, and the part of a chunk and the 14 steps of the
    convolution that end inside one more; two frames a step, and one frame of the halving.
    """
    config = load_recipe("streaming-conformer", ["model.width=8"]).model
    torch.manual_seed(0)
    frontend = FRONTENDS[config.frontend](LAYOUT, config).double().eval()
    body = BODIES[config.body](config).double().eval()
    features = random_features(LAYOUT, n_clips=1, n_frames=640).double().requires_grad_()
    front = frontend(features, torch.ones(1, 640, dtype=torch.bool))
    step = 312  # the first of a chunk
    body(front.x, front.is_step).x[0, step].sum().backward()
    seen = (features.grad[0] != 0).any(dim=1).nonzero()[:, 0]
    assert int(seen.max()) == 2 * (step + config.chunk_steps) - 1
    assert 2 * step - 1 - int(seen.min()) == 6 * 2 * 48
