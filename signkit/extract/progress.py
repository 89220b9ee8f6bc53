"""How far a job is, for whoever draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True)
class Progress:
    """The state of a job after a clip.

    Args:
        done: Clips finished, failed ones and those of earlier runs included.
        total: All clips of the job.
        failed: Clips listed as failures so far.
        n_frames: Frames processed in this run.
        frames_per_s: Their rate.
        seconds_left: Expected time to the end; None before the first clip of this run.
        clip_id: The clip that was just finished, empty at the start.
    """

    done: int
    total: int
    failed: int
    n_frames: int
    frames_per_s: float
    seconds_left: float | None
    clip_id: str


ProgressCallback = Callable[[Progress], None]


class Meter:
    """Counts clips and frames, and reports each change.

    Args:
        total: All clips of the job.
        done: Those that earlier runs finished.
        failed: Those of them that are listed as failures.
        report: Told after every clip; None for nobody.
    """

    def __init__(
        self, total: int, *, done: int, failed: int, report: ProgressCallback | None
    ) -> None:
        self._total = total
        self._done_before = done
        self._report = report
        self._started = monotonic()
        self._n_clips = 0
        self.n_failed = failed
        self.n_frames = 0
        self._tell("")

    @property
    def seconds(self) -> float:
        return monotonic() - self._started

    @property
    def frames_per_s(self) -> float:
        return self.n_frames / self.seconds if self.n_frames else 0.0

    def count(self, clip_id: str, *, n_frames: int | None) -> None:
        """One more clip is finished; `n_frames` is None where it failed."""
        self._n_clips += 1
        self.n_failed += n_frames is None
        self.n_frames += n_frames or 0
        self._tell(clip_id)

    def _tell(self, clip_id: str) -> None:
        if self._report is None:
            return
        done = self._done_before + self._n_clips
        left = (self._total - done) * self.seconds / self._n_clips if self._n_clips else None
        self._report(
            Progress(
                done=done,
                total=self._total,
                failed=self.n_failed,
                n_frames=self.n_frames,
                frames_per_s=self.frames_per_s,
                seconds_left=left,
                clip_id=clip_id,
            )
        )
