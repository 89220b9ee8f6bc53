"""A worker on another machine, seen from there: it makes itself at home, and answers in bytes.

It knows nothing of the cluster that runs it.
"""

import os
import pickle
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir

from signkit import __version__
from signkit.errors import SignkitError
from signkit.extract.executors import Place
from signkit.extract.extractor import ExtractorInfo
from signkit.extract.landmarks import ClipJob
from signkit.extract.weights import WEIGHTS_VARIABLE
from signkit.extract.worker import WorkerSetup, usable_cpus


class RemotePlace:
    """A `Place` in the process of an actor; its answers are pickled.

    Ray would give arrays that are views of its shared memory, which then could not be freed while
    they wait for older clips.
    """

    def __init__(
        self, home: "Home", setup: WorkerSetup, time_limit_s: float | None, is_pinned: bool
    ) -> None:
        home.take_over()
        cpu = claim_cpu() if is_pinned else None
        self._place = Place(replace(setup, cpu=cpu), time_limit_s=time_limit_s)

    def start(self) -> bytes:
        """A `Started`, or the `SignkitError` that prevents it."""
        try:
            info = self._place.start()
        except SignkitError as error:
            return pickle.dumps(error)
        return pickle.dumps(Started(socket.gethostname(), __version__, info))

    def extract(self, job: ClipJob) -> bytes:
        """The `Outcome` of a job, or a `SignkitError` that every other job would meet."""
        try:
            return pickle.dumps(self._place.extract(job), protocol=pickle.HIGHEST_PROTOCOL)
        except SignkitError as error:
            return pickle.dumps(error)


@dataclass(frozen=True)
class Started:
    """What a worker runs, and where."""

    node: str
    signkit: str
    info: ExtractorInfo

    def __str__(self) -> str:
        info = self.info
        return (
            f"signkit {self.signkit}, {info.name} {info.version}, weights "
            f"{info.weights_sha256[:8] or 'none'}, options {dict(info.options)}"
        )


@dataclass(frozen=True)
class Home:
    """What paths and imports mean in a process.

    Args:
        folder: Where relative paths begin.
        sys_path: Where modules are found.
        weights: Value of `$SIGNKIT_WEIGHTS`, None where it is not set.
    """

    folder: str
    sys_path: tuple[str, ...]
    weights: str | None

    @classmethod
    def here(cls) -> "Home":
        return cls(os.getcwd(), tuple(sys.path), os.environ.get(WEIGHTS_VARIABLE))

    def take_over(self) -> None:
        """Let them mean the same in this process; a folder that is not here changes nothing."""
        if Path(self.folder).is_dir():
            os.chdir(self.folder)
        sys.path[:] = dict.fromkeys([*self.sys_path, *sys.path])
        if self.weights:
            os.environ[WEIGHTS_VARIABLE] = self.weights


def claim_cpu() -> int | None:
    """A core of this node that no other process has claimed, until this process ends.

    Ray counts CPUs but does not say which. None where all are claimed, or cannot be.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    import fcntl

    for cpu in usable_cpus():
        with suppress(OSError):  # also where the file belongs to another user
            handle = os.open(Path(gettempdir(), f"signkit-cpu-{cpu}.lock"), os.O_CREAT | os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # never closed: kept for life
            except OSError:
                os.close(handle)
            else:
                return cpu
    return None
