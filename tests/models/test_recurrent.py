from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from signkit.models import recurrent
from signkit.models.hidden import Body
from signkit.sections import ModelConfig

BUILDERS = {
    "lstm": recurrent.lstm,
    "bilstm": recurrent.bilstm,
    "bilstm-attention": recurrent.BiLSTMAttention,
}


def build(name: str) -> Body:
    torch.manual_seed(0)
    return BUILDERS[name](ModelConfig(width=8, n_heads=2, n_blocks=2, dropout=0.0))


def steps(n_steps: int, *, seed: int = 1) -> Tensor:
    return torch.randn(1, n_steps, 8, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", BUILDERS)
def test_padding_changes_nothing(name):
    body = build(name)
    clip, longer = steps(5), steps(9, seed=2)
    alone = body(clip, torch.ones(1, 5, dtype=torch.bool)).x
    batch = torch.cat([torch.cat([clip, 100 * torch.ones(1, 4, 8)], dim=1), longer])
    is_step = torch.arange(9)[None] < torch.tensor([[5], [9]])
    together = body(batch, is_step)
    torch.testing.assert_close(together.x[:1, :5], alone)
    assert (together.is_step == is_step).all()


def test_reading_both_ways_is_what_packed_sequences_give():
    torch.manual_seed(0)
    ours = recurrent.MaskedLSTM(8, 6, n_layers=2, both_ways=True, dropout=0.0)
    torchs = nn.LSTM(8, 3, 2, batch_first=True, bidirectional=True)
    own = {"": ours.ahead, "_reverse": ours.back}
    for (way, layers), i in product(own.items(), range(2)):
        for name, value in layers[i].state_dict().items():
            torchs.get_parameter(f"{name[:-1]}{i}{way}").data.copy_(value)
    x, lengths = torch.randn(3, 7, 8), torch.tensor([4, 7, 1])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(torchs(packed)[0], batch_first=True)
    torch.testing.assert_close(ours(x, torch.arange(7)[None] < lengths[:, None]), expected)


def test_each_clip_is_turned_around_within_its_own_length():
    x = torch.arange(8.0).reshape(2, 4, 1)
    is_step = torch.tensor([[True, True, True, False], [True, True, True, True]])
    assert recurrent.reverse(x, is_step)[..., 0].tolist() == [[2, 1, 0, 3], [7, 6, 5, 4]]


@pytest.mark.parametrize(("name", "sees"), [("lstm", False), ("bilstm", True)])
def test_only_reading_both_ways_shows_later_steps(name, sees):
    body = build(name)
    is_step = torch.ones(1, 6, dtype=torch.bool)
    clip, changed = steps(6), torch.cat([steps(6)[:, :4], steps(2, seed=3)], dim=1)
    same = torch.isclose(body(clip, is_step).x[:, :4], body(changed, is_step).x[:, :4]).all()
    assert bool(same) is not sees


def test_what_the_second_lstm_found_is_a_mean_of_the_first_by_likeness():
    body = build("bilstm-attention")
    clip, is_step = steps(4), torch.ones(1, 4, dtype=torch.bool)
    first, second = body.first(clip, is_step)[0], body.second(clip, is_step)[0]
    likeness = (second @ first.T / first.shape[1] ** 0.5).softmax(dim=-1)
    torch.testing.assert_close(
        body(clip, is_step).x[0], torch.cat([second, likeness @ first], dim=-1)
    )


def test_at_published_sizes_each_lstm_has_64_units_each_way():
    body = recurrent.BiLSTMAttention(ModelConfig(width=256))
    layers = [*body.first.ahead, *body.first.back, *body.second.ahead, *body.second.back]
    assert [layer.hidden_size for layer in layers] == [64] * 4


@pytest.mark.parametrize("name", BUILDERS)
def test_gradients_reach_every_parameter(name):
    body = build(name)
    body(steps(4), torch.ones(1, 4, dtype=torch.bool)).x.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in body.parameters())
