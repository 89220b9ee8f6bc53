from itertools import pairwise

import pytest

from signkit.sections import TrainConfig
from signkit.train.schedule import Schedule, learning_rate


def test_the_learning_rate_rises_and_falls_per_update():
    config = TrainConfig(peak_lr=1.0, warmup=0.1)
    rates = [learning_rate(config, update, 100) for update in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == 1.0
    assert rates[55] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0.0, abs=1e-12)
    assert all(a >= b for a, b in pairwise(rates[10:]))


@pytest.mark.parametrize("n_updates", [[10, 10, 10], [10, 7, 13], [10, 13, 14]])
def test_epochs_of_unequal_length_fall_alike_and_never_rise_again(n_updates):
    schedule = Schedule(TrainConfig(peak_lr=1.0, warmup=0.0, epochs=3), per_epoch=10)
    rates = [
        schedule.lr(epoch=epoch, done=done, n_updates=n)
        for epoch, n in enumerate(n_updates)
        for done in range(n)
    ]
    assert all(a >= b for a, b in pairwise(rates))
    assert schedule.lr(epoch=1, done=0, n_updates=n_updates[1]) == pytest.approx(
        learning_rate(schedule.config, 10, 30)
    )


@pytest.mark.parametrize(
    ("epochs", "min_updates", "per_epoch", "expected"),
    [(5, 0, 10, 5), (5, 50, 10, 5), (5, 51, 10, 6), (1, 100, 3, 34)],
)
def test_epochs_are_added_until_the_least_updates_are_reached(
    epochs, min_updates, per_epoch, expected
):
    config = TrainConfig(epochs=epochs, min_updates=min_updates)
    assert Schedule(config, per_epoch).n_epochs == expected
