"""The processes that train together, one for each device, and what they tell each other.

`torchrun` starts them; `accelerate` gives each its device and precision. The model is not wrapped:
every process adds up the gradients of its own forward passes, then one sum over all processes makes
the gradient of the update. So a process may have no clip in an update, a parameter may have no
gradient, and a pass that does not fit into memory is agreed on before anything is summed. What is
agreed on by numbers of the host never waits for the device.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from signkit.errors import TrainingError, one_line
from signkit.train.trackers import Tracker, accelerate_options, end_training

Item = TypeVar("Item")


class Processes:
    """This process among those that train together.

    Args:
        device: `cpu`, `cuda`, `cuda:1`, `mps`; by default the best there is.
        precision: `no`, `bf16` or `fp16`.
        run: Where trackers write.
        track: Trackers to write to.

    Raises:
        TrainingError: There is no such device, or it does not know the precision.
    """

    def __init__(
        self, *, device: str | None, precision: str, run: Path, track: Sequence[Tracker] = ()
    ) -> None:
        self.accelerator = _accelerator(device, precision, accelerate_options(track, run))
        self.device: torch.device = self.accelerator.device
        self.rank: int = self.accelerator.process_index
        self.world: int = self.accelerator.num_processes
        self._host = dist.new_group(backend="gloo") if self.world > 1 else None

    @property
    def is_main(self) -> bool:
        """Whether this one writes files and talks."""
        return self.rank == 0

    @property
    def is_accelerated(self) -> bool:
        """Whether the device works on its own while the host goes on."""
        return self.device.type != "cpu"

    def autocast(self) -> AbstractContextManager[None]:
        """Mixed precision, as asked for."""
        context: AbstractContextManager[None] = self.accelerator.autocast()
        return context

    def largest(self, *numbers: int) -> list[int]:
        """The largest of each number over all processes."""
        if self.world == 1:
            return list(numbers)
        values = torch.tensor(numbers)
        dist.all_reduce(values, dist.ReduceOp.MAX, group=self._host)
        return [int(value) for value in values]

    def gathered(self, items: Sequence[Item]) -> list[Item]:
        """The items of all processes, in the order of their ranks."""
        if self.world == 1:
            return list(items)
        parts: list[Sequence[Item]] = [[] for _ in range(self.world)]
        dist.all_gather_object(parts, list(items), group=self._host)
        return [item for part in parts for item in part]

    def wait(self) -> None:
        """Until all processes are here."""
        if self.world > 1:
            dist.barrier(group=self._host)

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the values that the first one has."""
        if self.world > 1:
            for tensor in tensors:
                dist.broadcast(tensor, src=0)

    def sum_gradients(self, parameters: Sequence[nn.Parameter], values: Tensor) -> Tensor:
        """Sum the gradients over all processes, and beside them some (N,) values, which are
        returned.

        A parameter without gradient in every process still has none afterwards.
        """
        if self.world == 1:
            return values
        used = [float(p.grad is not None) for p in parameters]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flags = torch.tensor(used, device=values.device)
        everything = torch.cat([*(g.flatten() for g in gradients), flags, values])
        dist.all_reduce(everything)
        sizes = [*(p.numel() for p in parameters), len(flags), len(values)]
        *totals, n_users, sums = torch.split(everything, sizes)
        any_used = used if all(used) else n_users.tolist()
        for parameter, total, is_used in zip(parameters, totals, any_used, strict=True):
            parameter.grad = total.view_as(parameter) if is_used else None
        return sums

    def close(self) -> None:
        """End trackers and the connection to the other processes."""
        end_training(self.accelerator)


def _accelerator(device: str | None, precision: str, options: dict[str, Any]) -> Any:
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState
    from accelerate.utils import patch_environment

    n_processes = int(os.environ.get("WORLD_SIZE", "1"))
    if device and ":" in device and n_processes > 1:
        raise TrainingError(
            f"--device {device} names one device, but torchrun started {n_processes} processes; "
            f"use --device {device.partition(':')[0]}"
        )
    _check_device(device)
    is_faster = torch.cuda.is_available() or torch.backends.mps.is_available()
    is_cpu = device == "cpu" or (device is None and not is_faster)
    if is_cpu and precision == "fp16":
        raise TrainingError(
            "train.precision=fp16 needs an accelerator, but this training is on the CPU; use "
            "train.precision=bf16 or no"
        )
    AcceleratorState._reset_state(reset_partial_state=True)  # of an earlier training in here
    named = {"ACCELERATE_TORCH_DEVICE": device} if device and n_processes == 1 else {}
    try:
        with patch_environment(**named):
            return Accelerator(cpu=is_cpu, mixed_precision=precision, **options)
    except ValueError as error:
        raise TrainingError(
            f"train.precision={precision} is not possible on this device "
            f"({one_line(error).rstrip('.')}); use train.precision=no"
        ) from error


def _check_device(device: str | None) -> None:
    """Refuse a device that is not here; None is the best there is.

    Raises:
        TrainingError: It is not.
    """
    kind, _, index = (device or "cpu").partition(":")
    has = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }
    if kind not in has or (":" in (device or "") and not index.isdecimal()):
        raise TrainingError(f"--device {device} is no device; use cpu, cuda, cuda:1 or mps")
    if not has[kind]:
        raise TrainingError(
            f"--device {device} was asked for, but no {kind.upper()} device is here; use cpu"
        )
    if int(index or 0) >= has[kind]:
        raise TrainingError(
            f"--device {device} was asked for, but here are {has[kind]} {kind.upper()} devices, "
            "numbered from 0"
        )
