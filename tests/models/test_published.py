import pytest
import torch
from torch import nn

from signkit.encode.layout import FeatureLayout, layout_of
from signkit.models.heads import CTCHead
from signkit.models.published import (
    ConvolutionFrontend,
    PublishedConformerBlock,
    published_conformer,
)
from signkit.recipe import load_recipe
from signkit.sections import ModelConfig
from signkit.skeletons import SKELETONS

PUBLISHED = ModelConfig(
    frontend="convolution",
    body="published-conformer",
    width=512,
    n_blocks=6,
    n_heads=8,
    feedforward=4,
    kernel_size=3,
    subsampling=8,
    dropout=0.3,
)
SMALL = PUBLISHED.model_copy(update={"width": 8, "n_heads": 2, "n_blocks": 2})


def layout(n_features: int = 172) -> FeatureLayout:
    """Two coordinates of the 86 landmarks of Isharah, as published."""
    return layout_of(SKELETONS["isharah-86"], {"places": (2, n_features)})


def n_parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_it_has_the_published_size():
    frontend, body = ConvolutionFrontend(layout(), PUBLISHED), published_conformer(PUBLISHED)
    assert n_parameters(frontend.convolutions) == 4_598_016
    assert n_parameters(body) == 6 * 6_045_184
    head = CTCHead(512, 680 + 2, 0.0)
    assert n_parameters(frontend) + n_parameters(body) + n_parameters(head) == 41_744_810


@pytest.mark.parametrize(
    ("subsampling", "strides"),
    [(1, [1, 1, 1, 1]), (2, [1, 2, 1, 1]), (4, [1, 2, 2, 1]), (8, [1, 2, 2, 2])],
)
def test_the_first_convolution_keeps_the_pace(subsampling, strides):
    frontend = ConvolutionFrontend(
        layout(), PUBLISHED.model_copy(update={"subsampling": subsampling})
    )
    assert [convolution.stride for convolution in frontend.convolutions] == strides
    assert [c.convolution.out_channels for c in frontend.convolutions] == [512, 512, 768, 1024]


@pytest.mark.parametrize("training", [True, False])
def test_padding_changes_nothing(training):
    torch.manual_seed(0)
    config = SMALL.model_copy(update={"subsampling": 2, "dropout": 0.0, "input_dropout": 0.0})
    frontend = ConvolutionFrontend(layout(12), config).train(training)
    body = published_conformer(config).train(training)
    x = torch.randn(2, 9, 12)
    is_frame = torch.arange(9)[None] < torch.tensor([[9], [6]])
    longer = torch.cat([x, 50 * torch.ones(2, 5, 12)], dim=1)
    mask = torch.cat([is_frame, torch.zeros(2, 5, dtype=torch.bool)], dim=1)
    short, long = frontend(x, is_frame), frontend(longer, mask)
    assert short.is_step.sum(dim=1).tolist() == long.is_step.sum(dim=1).tolist() == [5, 3]
    torch.testing.assert_close(long.x[long.is_step], short.x[short.is_step])
    torch.testing.assert_close(
        body(long.x, long.is_step).x[long.is_step], body(short.x, short.is_step).x[short.is_step]
    )


def test_a_block_is_the_published_one():
    """Against the code's own order, with the layers of PyTorch."""
    torch.manual_seed(0)
    block = PublishedConformerBlock(SMALL).eval()
    attention = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    attention.in_proj_weight, attention.in_proj_bias = (
        block.attention.qkv.weight,
        block.attention.qkv.bias,
    )
    attention.out_proj = block.attention.project  # type: ignore[assignment]
    part = block.convolution
    x = torch.randn(2, 5, 8)
    y = x + 0.5 * block.before(x)
    y = y + attention(y, y, y, need_weights=False)[0]
    z = nn.functional.glu(part.gate(part.norm(y)), dim=-1).transpose(1, 2)
    z = nn.functional.batch_norm(part.depthwise(z), torch.zeros(8), torch.ones(8))
    y = y + part.project(nn.functional.silu(z).transpose(1, 2))
    y = block.norm(y + 0.5 * block.after(y))
    torch.testing.assert_close(block(x, torch.ones(2, 5, dtype=torch.bool), None), y)


def test_positions_tell_equal_steps_apart():
    torch.manual_seed(0)
    body = published_conformer(SMALL.model_copy(update={"kernel_size": 1})).eval()
    same = torch.randn(1, 1, 8).expand(1, 6, 8)
    out = body(same, torch.ones(1, 6, dtype=torch.bool)).x
    assert (out[:, 1:] - out[:, :1]).abs().amax(dim=-1).min() > 0.01


def test_the_recipe_has_no_dropout_that_is_not_published():
    model = load_recipe("conformer-published").model
    assert (model.dropout, model.input_dropout, model.head_dropout) == (0.3, 0.0, 0.0)
