import pytest

from signkit.sections import TrainConfig
from signkit.train.choice import is_patience_over, judge_epoch
from signkit.train.evaluation import DevResult
from signkit.train.state import Progressed

HISTORY = [
    # (WER, loss): standard error 0.05 throughout
    (0.50, 2.0),
    (0.30, 1.5),  # better
    (0.34, 1.0),  # within one standard error of the best
    (0.36, 0.9),  # not
    (0.30, 1.4),  # a tie with lower loss
    (0.30, 1.4),  # no better in anything
    (0.35, 0.8),  # exactly one standard error worse
]


def run_through(keep: str, history=HISTORY) -> Progressed:
    now = Progressed()
    for wer, loss in history:
        now.epoch += 1
        judge_epoch(now, DevResult(loss, wer, 0.05), TrainConfig(keep=keep))
    return now


@pytest.mark.parametrize(
    ("keep", "kept"),
    [("best", [1, 2, 2, 2, 5, 5, 5]), ("last", [1, 2, 3, 4, 5, 6, 7]),
     ("one-se", [1, 2, 3, 3, 5, 6, 7])],
)  # fmt: skip
def test_the_weights_that_are_kept(keep, kept):
    for n in range(1, len(HISTORY) + 1):
        assert run_through(keep, HISTORY[:n]).kept_epoch == kept[n - 1], n


@pytest.mark.parametrize("keep", ["best", "last", "one-se"])
def test_the_best_epoch_does_not_depend_on_what_is_kept(keep):
    now = run_through(keep)
    assert (now.best_epoch, now.best_wer, now.best_loss) == (5, 0.30, 1.4)


def test_a_new_best_narrows_what_is_near_enough():
    now = run_through("one-se", [(0.30, 1.0), (0.34, 1.0), (0.10, 1.0), (0.14, 1.0), (0.30, 1.0)])
    assert now.kept_epoch == 4


@pytest.mark.parametrize("keep", ["best", "last", "one-se"])
def test_without_dev_clips_the_last_weights_are_kept(keep):
    now = Progressed()
    for epoch in (1, 2, 3):
        now.epoch = epoch
        assert judge_epoch(now, None, TrainConfig(keep=keep))
        assert (now.kept_epoch, now.best_epoch) == (epoch, 0)


def test_a_dev_split_without_a_single_loss_is_judged_by_errors():
    now = Progressed(epoch=1)
    assert judge_epoch(now, DevResult(None, 0.9, 0.0), TrainConfig())


@pytest.mark.parametrize(
    ("patience", "epoch", "best_epoch", "over"),
    [(0, 99, 1, False), (3, 6, 4, False), (3, 7, 4, True), (3, 8, 4, True), (1, 9, 0, False)],
)
def test_patience_ends_when_nothing_gets_better(patience, epoch, best_epoch, over):
    now = Progressed(epoch=epoch, best_epoch=best_epoch)
    assert is_patience_over(now, TrainConfig(patience=patience)) is over
