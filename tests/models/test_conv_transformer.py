import pytest
import torch
from torch import Tensor, nn

from signkit.models.batch_norm import MaskedBatchNorm
from signkit.models.conv_transformer import (
    CausalConvolution,
    ChannelAttention,
    ConvTransformerGroup,
    conv_transformer,
)
from signkit.sections import ModelConfig

PUBLISHED = ModelConfig(
    body="cnn1d-transformer", width=192, n_blocks=2, n_heads=4, feedforward=2, kernel_size=17
)


def all_steps(x: Tensor) -> Tensor:
    return torch.ones(x.shape[:2], dtype=torch.bool)


def n_numbers(*modules: nn.Module) -> tuple[int, int]:
    """(all, trained) numbers of Keras layers: running statistics count, too."""
    trained = sum(p.numel() for module in modules for p in module.parameters())
    return trained + sum(b.numel() for module in modules for b in module.buffers()), trained


def test_between_the_published_stem_and_classifier_it_has_the_published_size():
    body = conv_transformer(PUBLISHED)
    stem = [nn.Linear(708, 192, bias=False), MaskedBatchNorm(192)]
    classifier = [nn.Linear(192, 384), nn.Linear(384, 250)]
    n_all, n_trained = n_numbers(body, *stem, *classifier)
    counter_of_late_dropout = 1
    assert n_all + counter_of_late_dropout == 1_836_569
    assert n_trained == 1_830_040


def test_a_convolution_looks_back_sixteen_frames_and_never_ahead():
    torch.manual_seed(0)
    block = CausalConvolution(4, 17).eval()
    nn.init.zeros_(block.attention.mix.weight)  # all channels count alike
    x = torch.randn(1, 40, 4)
    changed = x.clone()
    changed[:, 10] += 1.0
    moved = (block(x, all_steps(x)) - block(changed, all_steps(x))).abs().sum(dim=(0, 2)) > 1e-6
    assert moved.nonzero().flatten().tolist() == list(range(10, 27))


def test_channel_attention_weighs_channels_by_their_masked_means():
    module = ChannelAttention(3)
    with torch.no_grad():
        module.mix.weight.copy_(torch.tensor([[[0.0, 1.0, 2.0]]]))
    x = torch.tensor([[[1.0, 0.0, 2.0], [3.0, 0.0, 4.0], [99.0, 99.0, 99.0]]])
    out = module(x, torch.tensor([[True, True, False]]))
    # Means 2, 0, 3; each channel sees itself once and the next one twice.
    weights = torch.tensor([2.0, 6.0, 3.0]).sigmoid()
    torch.testing.assert_close(out[:, :2], x[:, :2] * weights)


@pytest.mark.parametrize("training", [True, False])
def test_padding_changes_nothing(training):
    torch.manual_seed(0)
    config = ModelConfig(width=8, n_heads=2, kernel_size=5, dropout=0.0, block_drop=0.0)
    body = conv_transformer(config).train(training)
    x = torch.randn(2, 6, 8)
    is_step = torch.arange(6)[None] < torch.tensor([[6], [4]])
    longer = torch.cat([x, 50 * torch.ones(2, 3, 8)], dim=1)
    mask = torch.cat([is_step, torch.zeros(2, 3, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(body(longer, mask).x[mask], body(x, is_step).x[is_step])


def test_stochastic_depth_is_the_same_in_every_group():
    body = conv_transformer(PUBLISHED.model_copy(update={"block_drop": 0.2}))
    drops = [branch.drop for branch in body.modules() if hasattr(branch, "drop")]
    assert drops == [0.2] * 10


def test_with_every_branch_left_out_nothing_changes():
    torch.manual_seed(0)
    group = ConvTransformerGroup(ModelConfig(width=8, n_heads=2, kernel_size=5, block_drop=0.999))
    x = torch.randn(2, 6, 8)
    torch.testing.assert_close(group(x, all_steps(x), None), x)
