import pytest

from signkit.train.metrics import (
    EpochMetrics,
    append_metrics,
    blank_warning,
    read_metrics,
    write_metrics,
)


def epoch(number: int, **values) -> EpochMetrics:
    return EpochMetrics(**{"epoch": number, "update": 10 * number, "loss": 1.5, **values})


def test_epochs_are_read_as_they_were_written(tmp_path):
    written = [
        epoch(1, parts={"recognition": 1.25}, dev_loss=None),
        epoch(2, loss=1 / 3, dev_wer=2 / 3, gradient_norm=None).rounded(),
    ]
    for one in written:
        append_metrics(tmp_path, one)
    read = read_metrics(tmp_path)
    assert read[0] == written[0]
    assert (read[1].loss, read[1].dev_wer) == (0.333333, 0.666667)


def test_a_line_that_a_killed_run_left_unfinished_is_no_epoch(tmp_path):
    append_metrics(tmp_path, epoch(1))
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 2, "upda')
    assert read_metrics(tmp_path) == [epoch(1)]
    write_metrics(tmp_path, read_metrics(tmp_path))
    append_metrics(tmp_path, epoch(2))
    assert read_metrics(tmp_path) == [epoch(1), epoch(2)]


def test_a_run_without_an_epoch_has_no_metrics(tmp_path):
    assert read_metrics(tmp_path) == []


def test_trackers_get_numbers_only():
    scalars = epoch(1, parts={"recognition": 1.25}, is_kept=True).scalars()
    assert scalars["part/recognition"] == 1.25
    assert scalars["is_kept"] == 1.0
    assert "dev_wer" not in scalars
    assert all(isinstance(value, float) for value in scalars.values())


@pytest.mark.parametrize(
    ("epochs", "warned"),
    [
        ([], False),
        ([epoch(2, blank=1.0, empty=1.0)], False),  # CTC begins so
        ([epoch(3, blank=0.96, empty=0.5)], True),
        ([epoch(3, blank=0.95, empty=0.5)], False),
        ([epoch(3, blank=0.97, empty=0.0)], False),  # many steps a gloss
        ([epoch(3, blank=1.0, empty=1.0), epoch(4, blank=0.8, empty=0.1)], False),
        ([epoch(9, blank=None)], False),  # isolated, or no dev clips
    ],
)
def test_nothing_but_blanks_is_warned_of(epochs, warned):
    assert (blank_warning(epochs) is not None) is warned


def test_the_warning_has_the_numbers_and_what_to_do():
    assert blank_warning([epoch(3, blank=0.99, empty=0.75)]) == (
        "after 3 epochs 99 % of the steps are blank, and nothing is recognized in 75 % of the "
        "clips; CTC often begins so, but if it stays: raise train.peak_lr or train.min_updates, "
        "set model.subsampling lower, or start from an isolated run (--init-from)"
    )
