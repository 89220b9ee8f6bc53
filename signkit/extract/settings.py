"""How a job makes poses, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from signkit.errors import ExtractionError
from signkit.extract.executors import Executor, LocalExecutor
from signkit.extract.extractor import ExtractorOptions
from signkit.extract.part import Part
from signkit.people.signer import POLICIES

TIME_LIMIT_S = 3600.0
EXECUTORS = {
    "local": "a pool of processes on this machine",
    "ray": "a Ray cluster (pip install 'signkit[ray]')",
}


@dataclass(frozen=True)
class ExtractSettings:
    """How a job makes poses; the first block decides which poses, the second only how fast.

    Args:
        extractor: A name from `EXTRACTORS`, or your own as `package.module:factory`.
        weights: Model file of the extractor, or its folder.
        fps: Thin the frames to this rate by their times; None keeps all.
        picture_fps: Rate of folders of numbered pictures without a file `fps.txt`; None for what
            imported annotations say, else 25.
        signer: Who becomes a pose where several people are seen: largest, active or all; None for
            the extractor's own way.
        detect_every: Look for people in every n-th frame, and follow them in between.
        part: Do only part `I/N` of the clips.
        device: cpu, cuda or cuda:N; None for the best there is.
        allow_cpu: Run on the CPU where `device` cannot be used, instead of refusing.
        executor: A name from `EXECUTORS`.
        workers: Processes; None for one on each core.
        time_limit_s: A clip that takes longer becomes a failure.

    Raises:
        ExtractionError: A value is impossible.
    """

    extractor: str = "mediapipe"
    weights: Path | None = None
    fps: float | None = None
    picture_fps: float | None = None
    signer: str | None = None
    detect_every: int = ExtractorOptions.detect_every
    part: str | None = None
    device: str | None = None
    allow_cpu: bool = False
    executor: str = "local"
    workers: int | None = None
    time_limit_s: float = TIME_LIMIT_S

    def __post_init__(self) -> None:
        for name, fps in (("fps", self.fps), ("picture fps", self.picture_fps)):
            if fps is not None and not fps > 0:
                raise ExtractionError(
                    f"{name} is {fps:g}; give a positive number of frames per second"
                )
        if self.workers is not None and self.workers < 1:
            raise ExtractionError(f"workers is {self.workers}; give 1 or more")
        if self.detect_every < 1:
            raise ExtractionError(f"detect_every is {self.detect_every}; give 1 or more")
        if not self.time_limit_s > 0:
            raise ExtractionError(f"time limit is {self.time_limit_s:g} s; give more than 0")
        if self.signer not in (None, *POLICIES):
            raise ExtractionError(f"signer is {self.signer!r}; give {', '.join(POLICIES)}")
        if self.part is not None:
            Part.parse(self.part)
        if self.executor not in EXECUTORS:
            raise ExtractionError(
                f"no executor is called {self.executor!r}; known: {', '.join(EXECUTORS)}"
            )

    @property
    def share(self) -> Part | None:
        """The part of the job to do, None for the whole."""
        return Part.parse(self.part) if self.part else None

    @property
    def options(self) -> ExtractorOptions:
        """What concerns the extractor."""
        return ExtractorOptions(
            weights=self.weights,
            signer=self.signer,
            detect_every=self.detect_every,
            device=self.device,
            allow_cpu=self.allow_cpu,
        )


def make_executor(settings: ExtractSettings, *, n_clips: int) -> Executor:
    """The executor that the settings ask for, no larger than the job.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    make: Callable[..., Executor] = LocalExecutor
    if settings.executor == "ray":
        from signkit.extract.ray import RayExecutor

        make = RayExecutor
    return make(
        settings.extractor,
        settings.options,
        n_workers=settings.workers and min(settings.workers, n_clips),
        time_limit_s=settings.time_limit_s,
    )
