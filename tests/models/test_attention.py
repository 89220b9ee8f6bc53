import pytest
import torch
from torch import Tensor, nn

from signkit.models.attention import (
    DistanceBias,
    SelfAttention,
    attend,
    attention_mask,
    distance_bucket,
    rotate,
    sinusoidal,
)
from signkit.sections import ModelConfig

POSITIONS = ("rotary", "relative", "sinusoidal", "none")


def make_attention(positions: str) -> SelfAttention:
    torch.manual_seed(0)
    module = SelfAttention(8, 2, 0.0, positions=positions).eval()
    if module.bias is not None:
        nn.init.normal_(module.bias.values)
    return module


def causal(*, chunk_steps: int = 0, left_chunks: int = 0) -> ModelConfig:
    return ModelConfig(causal=True, chunk_steps=chunk_steps, left_chunks=left_chunks)


def all_steps(n_clips: int, n_steps: int) -> Tensor:
    return torch.ones(n_clips, n_steps, dtype=torch.bool)


@pytest.mark.parametrize("positions", POSITIONS)
def test_padding_changes_nothing(positions):
    module = make_attention(positions)
    clip = torch.randn(1, 10, 8)
    in_batch = torch.cat([clip, torch.randn(1, 6, 8)], dim=1)
    is_step = torch.arange(16)[None] < 10
    beside = module(in_batch, attention_mask(is_step, ModelConfig()))
    torch.testing.assert_close(beside[:, :10], module(clip, None))


@pytest.mark.parametrize("positions", POSITIONS)
def test_gradients_reach_every_parameter(positions):
    module = make_attention(positions).train()
    module(torch.randn(2, 7, 8), None)[..., 0].sum().backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in module.parameters())


def test_rotary_attention_sees_only_distances_in_time():
    torch.manual_seed(0)
    q, k = torch.randn(1, 1, 1, 8).expand(1, 1, 6, 8), torch.randn(1, 1, 1, 8).expand(1, 1, 6, 8)
    products = rotate(q) @ rotate(k).transpose(-1, -2)
    for offset in range(-3, 4):
        diagonal = products[0, 0].diagonal(offset)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))
    assert products.std() > 0.01


def test_a_relative_bias_belongs_to_the_distance_from_the_step_that_looks():
    torch.manual_seed(0)
    bias = DistanceBias(2)
    nn.init.normal_(bias.values)
    matrix = bias(200)
    for looks, seen in [(0, 0), (5, 2), (2, 5), (0, 199), (199, 0), (40, 70)]:
        bucket = int(distance_bucket(torch.tensor(seen - looks)))
        torch.testing.assert_close(matrix[:, looks, seen], bias.values[bucket])


@pytest.mark.parametrize(
    ("later", "bucket"),
    [(0, 0), (-1, 1), (-7, 7), (1, 17), (7, 23), (-8, 8), (-127, 15), (-128, 15), (-5000, 15),
     (8, 24), (5000, 31)],
)  # fmt: skip
def test_near_distances_have_buckets_of_their_own_and_far_ones_share_them(later, bucket):
    assert int(distance_bucket(torch.tensor(later))) == bucket


def test_buckets_never_fall_with_the_distance():
    earlier = distance_bucket(-torch.arange(400))
    assert (earlier.diff() >= 0).all()
    assert earlier.unique().tolist() == list(range(16))


def test_sinusoidal_positions_are_told_apart_and_bounded():
    positions = sinusoidal(300, 16, torch.zeros(()))
    assert positions.shape == (300, 16)
    assert (torch.cdist(positions, positions) + torch.eye(300) > 0.05).all()
    torch.testing.assert_close(positions.square().sum(dim=1), torch.full((300,), 8.0))
    torch.testing.assert_close(positions[0], torch.tensor([0.0] * 8 + [1.0] * 8))


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_written_out_attention_gives_what_the_fused_kernel_gives(hidden, dtype):
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 2, 9, 4) for _ in range(3))
    mask = torch.arange(9)[None, None, None] < torch.tensor([9, 5])[:, None, None, None]
    mask = mask if hidden else None
    fused = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    no_bias = torch.zeros(2, 9, 9)
    ours = attend(q.to(dtype), k.to(dtype), v.to(dtype), mask=mask, bias=no_bias)
    assert ours.dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 3e-2
    torch.testing.assert_close(ours.float(), fused, atol=tolerance, rtol=tolerance)


def test_without_padding_nothing_is_hidden():
    assert attention_mask(all_steps(2, 5), ModelConfig()) is None


def test_padding_is_hidden_from_every_step():
    is_step = torch.arange(4)[None] < torch.tensor([[4], [2]])
    mask = attention_mask(is_step, ModelConfig())
    assert mask is not None
    assert torch.equal(mask.expand(2, 1, 4, 4)[1, 0], is_step[1].expand(4, 4))


@pytest.mark.parametrize(
    ("config", "seen"),
    [
        (causal(), ["1000", "1100", "1110", "1111"]),
        (causal(chunk_steps=2), ["1100", "1100", "1111", "1111"]),
        (causal(chunk_steps=3), ["1110", "1110", "1110", "1111"]),
        (causal(chunk_steps=1, left_chunks=1), ["1000", "1100", "0110", "0011"]),
        (causal(chunk_steps=2, left_chunks=1), ["1100", "1100", "1111", "1111"]),
        (causal(chunk_steps=8), ["1111", "1111", "1111", "1111"]),
    ],
)
def test_a_step_sees_its_chunk_and_as_many_before_it_as_are_allowed(config, seen):
    mask = attention_mask(all_steps(1, 4), config)
    assert mask is not None
    rows = ["".join(str(int(cell)) for cell in row) for row in mask[0, 0].tolist()]
    assert rows == seen


def test_a_bounded_past_forgets_older_chunks():
    mask = attention_mask(all_steps(1, 9), causal(chunk_steps=2, left_chunks=1))
    assert mask is not None
    assert mask[0, 0, 8].nonzero()[:, 0].tolist() == [6, 7, 8]


def test_padding_far_behind_a_clip_leaves_no_nan():
    is_step = torch.arange(20)[None] < 3
    mask = attention_mask(is_step, causal(chunk_steps=2, left_chunks=1))
    x = torch.randn(1, 20, 8, requires_grad=True)
    out = make_attention("rotary")(x, mask)
    assert out.isfinite().all()
    out[:, :3].sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
