"""The run folder as training goes on: kept weights, metrics, curves, card, and trackers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from signkit.checkpoint import Checkpoint, write_checkpoint
from signkit.files import remove_leftovers, write_text
from signkit.models.recognizer import for_recognition
from signkit.run_card import CURVES, model_card
from signkit.train.curves import draw_curves
from signkit.train.evaluation import DevResult
from signkit.train.metrics import (
    EpochMetrics,
    append_metrics,
    blank_warning,
    read_metrics,
    write_metrics,
)
from signkit.train.processes import Processes
from signkit.train.state import Progressed
from signkit.train.trackers import start_trackers
from signkit.train.watch import Seen

_NO_PARTS = ("loss", "gradient_norm", "overflown", "clips", "frames", "seconds")


class Record:
    """What is known of a run; every process knows it, the first one writes it.

    Args:
        run: Run folder.
        checkpoint: All but results and weights.
        processes: Devices and trackers.
    """

    def __init__(self, run: Path, checkpoint: Checkpoint, processes: Processes) -> None:
        self.run = run
        self.checkpoint = checkpoint
        self.epochs: list[EpochMetrics] = []
        self._best_epoch = 0
        self._kept: dict[str, Tensor] = {}
        self._processes = processes
        start_trackers(processes.accelerator, run, checkpoint.recipe)

    def begin(self, progressed: Progressed) -> None:
        """Take up the epochs of an earlier session; later ones, which its state does not know of,
        are dropped.
        """
        self.epochs = [one for one in read_metrics(self.run) if one.epoch <= progressed.epoch]
        self._best_epoch = progressed.best_epoch
        self.checkpoint = replace(self.checkpoint, results=self._results())
        self._processes.wait()  # all have read them
        if self._processes.is_main:
            for folder in (self.run, self.run / "state"):
                remove_leftovers(folder)
            write_metrics(self.run, self.epochs)

    def updates(self, seen: Sequence[Seen]) -> None:
        """Show updates in the trackers."""
        for one in seen:
            values = {**one.values, "lr": one.lr}
            self._track({f"update/{name}": value for name, value in values.items()}, one.update)

    def epoch(
        self, metrics: EpochMetrics, weights: Mapping[str, Tensor], *, best_epoch: int
    ) -> None:
        """Note an epoch, its weights if they are kept, and which epoch is the best by now."""
        self.epochs.append(metrics)
        self._best_epoch = best_epoch
        self.checkpoint = replace(self.checkpoint, results=self._results())
        self._track({f"epoch/{name}": v for name, v in metrics.scalars().items()}, metrics.update)
        if not self._processes.is_main:
            return
        append_metrics(self.run, metrics)
        if metrics.is_kept:
            self._kept = {name: value.to("cpu", copy=True) for name, value in weights.items()}

    def write(self) -> None:
        """Write what was noted, as far as an epoch is finished."""
        if not self.epochs:
            return
        kept = for_recognition(self._kept) if self._kept else None
        write_checkpoint(self.run, self.checkpoint, kept)
        write_text(self.run / CURVES, draw_curves(self.epochs))
        write_text(self.run / "README.md", model_card(self.checkpoint))
        self._kept = {}

    def warnings(self) -> tuple[str, ...]:
        """What should be looked at."""
        found = blank_warning(self.epochs)
        return (found,) if found else ()

    def _results(self) -> dict[str, Any]:
        """What the epochs came to: the best one, and the one whose weights are kept."""
        found = {"n_parameters": self.checkpoint.results["n_parameters"]}
        if not self.epochs:
            return found
        kept = [one for one in self.epochs if one.is_kept][-1]
        return found | {
            "epochs": self.epochs[-1].epoch,
            "best_epoch": self._best_epoch,
            "kept_epoch": kept.epoch,
            "dev_wer": kept.dev_wer,
            "dev_wer_error": kept.dev_wer_error,
            "blank": kept.blank,
            "warnings": list(self.warnings()),
        }

    def _track(self, values: dict[str, float], update: int) -> None:
        if self._processes.accelerator.trackers:
            self._processes.accelerator.log(values, step=update)


def epoch_metrics(
    progressed: Progressed,
    dev: DevResult | None,
    blanks: DevResult | None,
    *,
    lr: float,
    is_kept: bool,
) -> EpochMetrics:
    """The metrics of the epoch that was just finished; `blanks` is of the dev clips or, without
    any, of some train clips.
    """
    sums = progressed.sums
    means = {name: value / sums["clips"] for name, value in sums.items()}
    n_normal = sums["clips"] - sums.get("overflown", 0)
    return EpochMetrics(
        epoch=progressed.epoch,
        update=progressed.update,
        loss=means["loss"],
        parts={name: value for name, value in means.items() if name not in _NO_PARTS},
        gradient_norm=sums.get("gradient_norm", 0.0) / n_normal if n_normal else None,
        dev_loss=dev.loss if dev else None,
        dev_wer=dev.wer if dev else None,
        dev_wer_error=dev.error if dev else None,
        blank=blanks.blank if blanks else None,
        empty=blanks.empty if blanks else None,
        lr=lr,
        frames_per_s=sums["frames"] / max(sums["seconds"], 1e-9),
        seconds=progressed.seconds,
        is_kept=is_kept,
    ).rounded()
