"""What a run needs to go on exactly where it stopped: one file of tensors and counters, replaced
as a whole after every epoch, now and then within a long one, and when training is stopped.

Random numbers need no state: every forward pass draws from a seed made of the run's seed and the
update's number.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from signkit.checkpoint import read_tensors, write_tensors
from signkit.errors import CheckpointError
from signkit.train.engine import Engine

_FILE = "training.safetensors"


@dataclass
class Progressed:
    """Counters of a run.

    Args:
        epoch: Epochs finished.
        update: Updates finished.
        done: Those of them that belong to the unfinished epoch.
        sums: Over these: loss and its parts times clips, norms, and so on, by name.
        best_epoch: Epoch with the lowest dev WER, from 1; 0 before the first.
        best_wer: Its dev WER, a fraction.
        best_loss: Its dev loss; breaks ties.
        best_error: Standard error of its dev WER.
        kept_epoch: Epoch whose weights are kept.
        seconds: Time spent in training, all sessions together.
        frames_per_pass: Padded frames that fit into memory; 0: no limit is known.
    """

    epoch: int = 0
    update: int = 0
    done: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    best_epoch: int = 0
    best_wer: float = float("inf")
    best_loss: float = float("inf")
    best_error: float = 0.0
    kept_epoch: int = 0
    seconds: float = 0.0
    frames_per_pass: int = 0


def save_state(run: Path, engine: Engine, progressed: Progressed, *, key: str) -> None:
    """Replace the state of `run`; `key` tells whether a later command goes on with it."""
    tensors = {f"model.{name}": value for name, value in engine.model.state_dict().items()}
    tensors |= {f"averaged.{name}": value for name, value in engine.average.weights.items()}
    for index, moments in engine.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
    progressed.frames_per_pass = engine.frames_per_pass
    metadata = {
        "key": key,
        "progressed": json.dumps(asdict(progressed)),
        "scaler": json.dumps(engine.scaler.state_dict() if engine.scaler else {}),
    }
    write_tensors(run / "state" / _FILE, tensors, metadata=metadata)


def load_state(run: Path, engine: Engine, *, key: str) -> Progressed:
    """Put weights, optimizer, averaged weights and gradient scaler back; returns the counters.

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
    engine.model.load_state_dict(groups["model"])
    for name, value in groups["averaged"].items():
        engine.average.weights[name].copy_(value)
    _load_moments(engine.optimizer, groups["optimizer"])
    if engine.scaler:
        engine.scaler.load_state_dict(json.loads(metadata["scaler"]))
    progressed = Progressed(**json.loads(metadata["progressed"]))
    engine.frames_per_pass = progressed.frames_per_pass
    return progressed


def _load_moments(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    moments: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        index, _, moment = name.partition(".")
        moments.setdefault(int(index), {})[moment] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


def has_state(run: Path) -> bool:
    """Whether `run` holds a state to go on from."""
    return (run / "state" / _FILE).is_file()
