"""What a run needs to go on exactly where it stopped: one file of tensors and counters, replaced
after every epoch.

Random numbers need no state: every update draws from a seed made of the run's seed and the update's
number.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from signkit.checkpoint import read_tensors, write_tensors
from signkit.errors import CheckpointError

_FILE = "training.safetensors"


@dataclass
class Progressed:
    """Counters of a run.

    Args:
        epoch: Epochs finished.
        update: Updates finished.
        best_epoch: Epoch whose weights are kept, from 1; 0 before the first.
        best_wer: Its dev WER, a fraction.
        best_loss: Its dev loss; breaks ties.
        seconds: Time spent in training, all sessions together.
    """

    epoch: int = 0
    update: int = 0
    best_epoch: int = 0
    best_wer: float = float("inf")
    best_loss: float = float("inf")
    seconds: float = 0.0

    def improves(self, wer: float, loss: float) -> bool:
        """Lower dev WER wins; equal WER with lower loss wins, too."""
        return (wer, loss) < (self.best_wer, self.best_loss)


def save_state(
    run: Path,
    *,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    averaged: dict[str, Tensor],
    progressed: Progressed,
    key: str,
) -> None:
    """Replace the state of `run`; `key` tells whether a later command goes on with it."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"averaged.{name}": value for name, value in averaged.items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
    metadata = {"key": key, "progressed": json.dumps(asdict(progressed))}
    write_tensors(run / "state" / _FILE, tensors, metadata=metadata)


def load_state(
    run: Path, *, model: nn.Module, optimizer: torch.optim.Optimizer, key: str
) -> tuple[Progressed, dict[str, Tensor]]:
    """Put weights and optimizer back; returns counters and averaged weights.

    Raises:
        CheckpointError: The state belongs to another recipe, seed or data.
    """
    tensors, metadata = read_tensors(run / "state" / _FILE)
    if metadata["key"] != key:
        raise CheckpointError(
            f"{run} was trained with another recipe, seed or data than this command's; use the "
            "same, or another --out"
        )
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "averaged": {}, "optimizer": {}}
    for name, value in tensors.items():
        group, _, rest = name.partition(".")
        groups[group][rest] = value
    model.load_state_dict(groups["model"])
    moments: dict[int, dict[str, Any]] = {}
    for name, value in groups["optimizer"].items():
        index, _, moment = name.partition(".")
        moments.setdefault(int(index), {})[moment] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    return Progressed(**json.loads(metadata["progressed"])), groups["averaged"]


def has_state(run: Path) -> bool:
    """Whether `run` holds a state to go on from."""
    return (run / "state" / _FILE).is_file()
