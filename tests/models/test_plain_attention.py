import pytest
import torch
from torch import nn

from signkit.models.plain_attention import PlainAttention


def test_it_is_the_multi_head_attention_of_pytorch():
    torch.manual_seed(0)
    ours, torchs = PlainAttention(8, 2, 0.3), nn.MultiheadAttention(8, 2, batch_first=True)
    ours.qkv.load_state_dict({"weight": torchs.in_proj_weight, "bias": torchs.in_proj_bias})
    ours.project.load_state_dict(torchs.out_proj.state_dict())
    x, is_step = torch.randn(2, 5, 8), torch.arange(5)[None] < torch.tensor([[5], [3]])
    expected, _ = torchs.eval()(x, x, x, key_padding_mask=~is_step)
    torch.testing.assert_close(ours.eval()(x, is_step[:, None, None]), expected)


@pytest.mark.parametrize("scale", [None, 8**-0.5], ids=["head width", "model width"])
def test_the_scale_is_the_one_that_was_asked_for(scale):
    torch.manual_seed(0)
    module = PlainAttention(8, 2, 0.0, bias=False, scale=scale)
    x = 3 * torch.randn(1, 4, 8)
    q, k, v = (x @ w.T for w in module.qkv.weight.chunk(3))
    mixed = []
    for head in (slice(0, 4), slice(4, 8)):
        weights = q[..., head] @ k[..., head].mT * (scale or 4**-0.5)
        mixed.append(weights.softmax(dim=-1) @ v[..., head])
    expected = torch.cat(mixed, dim=-1) @ module.project.weight.T
    torch.testing.assert_close(module(x, None), expected)


def test_dropout_falls_on_attention_weights_in_training_only():
    torch.manual_seed(0)
    module = PlainAttention(8, 2, 0.5)
    x = torch.randn(1, 6, 8)
    assert not torch.allclose(module(x, None), module(x, None))
    module.eval()
    torch.testing.assert_close(module(x, None), module(x, None))
