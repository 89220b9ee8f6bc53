import pytest
import torch
from torch import nn

from signkit.sections import TrainConfig
from signkit.train.optimizer import Average, adamw


def test_matrices_decay_and_norms_and_biases_do_not():
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))
    optimizer = adamw(model, TrainConfig(weight_decay=0.5, peak_lr=0.1))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    after = dict(model.named_parameters())
    torch.testing.assert_close(after["0.weight"].detach(), before["0.weight"] * (1 - 0.1 * 0.5))
    assert all(torch.equal(after[n], before[n]) for n in before if n != "0.weight")


def test_the_average_follows_with_growing_memory():
    model = nn.Linear(1, 1, bias=False)
    average = Average(model, 0.9)
    expected = model.weight.item()
    for n_updates in range(1, 200):
        with torch.no_grad():
            model.weight.fill_(float(n_updates))
        average.follow(model, n_updates=n_updates)
        decay = min(0.9, (1 + n_updates) / (10 + n_updates))
        expected = decay * expected + (1 - decay) * n_updates
    assert average.weights["weight"].item() == pytest.approx(expected, rel=1e-5)


def test_counters_are_copied_and_not_averaged():
    model = nn.BatchNorm1d(2)
    average = Average(model, 0.9)
    model(torch.randn(4, 2))
    average.follow(model, n_updates=1)
    assert average.weights["num_batches_tracked"].item() == 1


def test_without_decay_there_is_no_average():
    model = nn.Linear(1, 1)
    average = Average(model, 0.0)
    average.follow(model, n_updates=1)
    assert average.weights == {}
