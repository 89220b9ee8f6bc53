import pytest
import torch

from signkit.clip import Clip
from signkit.errors import TrainingError
from signkit.train.loader import Example
from signkit.train.order import Visit
from signkit.train.record import epoch_metrics
from signkit.train.state import Progressed
from signkit.train.watch import Watch

VISITS = [Visit(Example(Clip(f"clip-{i}"), (1,), 10), 8 + i) for i in range(4)]


def values(loss: float, norm: float = 1.0) -> dict[str, torch.Tensor]:
    return {"loss": torch.tensor(loss), "gradient_norm": torch.tensor(norm)}


def add(watch: Watch, update: int, loss: float, norm: float = 1.0, n_clips: int = 4):
    return watch.add(values(loss, norm), update=update, lr=0.1, visits=VISITS[:n_clips])


def test_sums_are_weighted_by_clips():
    watch = Watch({}, is_lazy=False, is_scaled=False)
    add(watch, 1, 2.0, n_clips=4)
    add(watch, 2, 5.0, n_clips=1)
    assert watch.sums == {"loss": 13.0, "gradient_norm": 5.0, "clips": 5, "frames": 38 + 8}
    assert watch.last_loss == 5.0


def test_sums_go_on_where_an_earlier_session_stopped():
    watch = Watch({"loss": 10.0, "clips": 6, "frames": 60}, is_lazy=False, is_scaled=False)
    add(watch, 3, 1.0)
    assert (watch.sums["loss"], watch.sums["clips"], watch.sums["frames"]) == (14.0, 10, 98)


def test_an_accelerator_is_looked_at_now_and_then():
    watch = Watch({}, is_lazy=True, is_scaled=False)
    seen = [len(add(watch, update, 1.0)) for update in range(1, 14)]
    assert seen == [1, *[0] * 9, 10, 0, 0]  # the first one at once, then ten together
    assert [one.update for one in watch.look()] == [12, 13]
    assert watch.sums["clips"] == 13 * 4
    assert watch.look() == []


@pytest.mark.parametrize(
    ("loss", "norm", "what"),
    [
        (float("nan"), 1.0, "the loss is nan"),
        (float("inf"), 1.0, "the loss is inf"),
        (1.0, float("nan"), "the norm of the gradient is nan"),
    ],
)
@pytest.mark.parametrize("is_lazy", [False, True])
def test_what_is_no_number_stops_with_its_update_and_clips(loss, norm, what, is_lazy):
    watch = Watch({"loss": 1.0, "clips": 1}, is_lazy=is_lazy, is_scaled=False)

    def go_on():
        add(watch, 6, 1.0)
        add(watch, 7, loss, norm)
        watch.look()

    with pytest.raises(TrainingError) as caught:
        go_on()
    assert str(caught.value) == (
        f"{what} at update 7 (clips clip-0, clip-1, clip-2 ...); lower train.peak_lr, or use "
        "train.precision=no; with --resume training goes on from the last state that was saved, "
        "with the same settings"
    )


def test_an_overflow_of_scaled_gradients_is_no_error():
    watch = Watch({}, is_lazy=False, is_scaled=True)
    add(watch, 1, 1.0, float("inf"))
    add(watch, 2, 1.0, 3.0)
    assert watch.sums["gradient_norm"] == 12.0
    now = Progressed(sums={**watch.sums, "seconds": 1.0})
    metrics = epoch_metrics(now, None, None, lr=0.1, is_kept=True)
    assert metrics.gradient_norm == 3.0  # the mean of those that did not overflow
    assert metrics.parts == {}


def test_an_epoch_in_which_every_gradient_overflowed_has_no_norm():
    watch = Watch({}, is_lazy=False, is_scaled=True)
    add(watch, 1, 1.0, float("inf"))
    now = Progressed(sums={**watch.sums, "seconds": 1.0})
    assert epoch_metrics(now, None, None, lr=0.1, is_kept=True).gradient_norm is None
