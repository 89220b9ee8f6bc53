"""The record of a run, one line of `metrics.jsonl` for each epoch, and what it warns of."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from signkit.files import write_text

_FILE = "metrics.jsonl"
_EPOCHS_OF_BLANKS = 3
_MOST_BLANKS = 0.95


@dataclass(frozen=True)
class EpochMetrics:
    """What one epoch came to; None where there is nothing to measure.

    Args:
        epoch: From 1.
        update: Updates finished.
        loss: Mean over train clips, augmented, weights moving.
        parts: Parts of the loss before they are weighted, likewise.
        gradient_norm: Mean over updates, before clipping; None if all of them overflowed (fp16).
        dev_loss: Recognition loss of the dev clips.
        dev_wer: Word error rate on dev, a fraction.
        dev_wer_error: Its standard error over clips.
        blank: Share of the steps whose best id is blank, on dev clips or else on some train clips.
        empty: Share of these clips for which nothing was recognized.
        lr: Learning rate of the last update.
        frames_per_s: Train frames a second, without padding and evaluation.
        seconds: Time spent in training so far.
        is_kept: Whether its weights were kept.
    """

    epoch: int
    update: int
    loss: float
    parts: dict[str, float] = field(default_factory=dict)
    gradient_norm: float | None = None
    dev_loss: float | None = None
    dev_wer: float | None = None
    dev_wer_error: float | None = None
    blank: float | None = None
    empty: float | None = None
    lr: float = 0.0
    frames_per_s: float = 0.0
    seconds: float = 0.0
    is_kept: bool = False

    def rounded(self) -> "EpochMetrics":
        """The same with six digits, as it is written."""
        return EpochMetrics(**_rounded(asdict(self)))

    def scalars(self) -> dict[str, float]:
        """The numbers by name, for trackers."""
        record = {**asdict(self), **{f"part/{name}": v for name, v in self.parts.items()}}
        return {name: float(v) for name, v in record.items() if isinstance(v, int | float)}


def append_metrics(run: Path, metrics: EpochMetrics) -> None:
    """Add a line for an epoch."""
    run.mkdir(parents=True, exist_ok=True)
    with (run / _FILE).open("a", encoding="utf-8") as file:
        file.write(_line(metrics))


def read_metrics(run: Path) -> list[EpochMetrics]:
    """The epochs so far; a last line that a killed run left unfinished is none."""
    path = run / _FILE
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [EpochMetrics(**json.loads(line)) for line in lines if line.endswith("\n")]


def write_metrics(run: Path, epochs: Sequence[EpochMetrics]) -> None:
    """Replace the lines by those of the given epochs."""
    write_text(run / _FILE, "".join(map(_line, epochs)))


def _line(metrics: EpochMetrics) -> str:
    return json.dumps(asdict(metrics)) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def blank_warning(epochs: Sequence[EpochMetrics]) -> str | None:
    """What to do about a recognizer that says nothing but blanks; None where it does not."""
    last = epochs[-1] if epochs else None
    if last is None or last.epoch < _EPOCHS_OF_BLANKS or (last.blank or 0.0) <= _MOST_BLANKS:
        return None
    if not last.empty:  # many steps a gloss, and every clip has one that is none
        return None
    return (
        f"after {last.epoch} epochs {100 * (last.blank or 0):.0f} % of the steps are "
        f"blank, and nothing is recognized in {100 * last.empty:.0f} % of the clips; "
        "CTC often begins so, but if it stays: raise train.peak_lr or train.min_updates, set "
        "model.subsampling lower, or start from an isolated run (--init-from)"
    )
