"""Frames of a video with the times at which they are shown; streamed, never a whole video at once.

What a container promises is not trusted: times are the presentation times of the frames
themselves, the number of frames is counted and compared, the rotation or mirroring a phone recorded
is applied, and pixels that are not square are made square. A damaged video gives its good part, and
`VideoReader` tells how much that was.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import ceil, floor, inf
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

import av
import numpy as np

from signkit.errors import ExtractionError
from signkit.extract.decoder import Footage, Shown, VideoFile
from signkit.extract.person import Image
from signkit.extract.pictures import DEFAULT_FPS, PictureFolder
from signkit.extract.upright import Upright

TIME_TOLERANCE_S = 1e-6
RESTART_STEPS = 3
CLOCK_STEP_S = 0.001
TICK_TOLERANCE = 0.05
FALLBACK_FPS = 25.0


class VideoReader:
    """One opened video; iterate over `frames` once, then ask what was decoded.

    Args:
        path: The video file, or a folder of numbered pictures.
        name: What messages call it; its path if None.
        picture_fps: Rate of a folder of pictures that does not say its own.

    Attributes:
        codec: FFmpeg's name of the codec.
        width_px: As stored, before any rotation.
        height_px: As stored, before any rotation.
        declared_fps: Average rate the container states, None where it states none.
        duration_s: Length the container states, None where it states none.

    Raises:
        ExtractionError: The file is missing, empty, not a video, or has no picture.
    """

    def __init__(
        self, path: Path, *, name: str | None = None, picture_fps: float = DEFAULT_FPS
    ) -> None:
        self.path = path
        self._name = name or str(path)
        self._footage: Footage
        if path.is_dir():
            self._footage = PictureFolder(path, self._name, fps=picture_fps)
        else:
            self._footage = VideoFile(path, self._name)
        self.codec = self._footage.codec
        self.width_px = self._footage.width_px
        self.height_px = self._footage.height_px
        self.declared_fps = self._footage.declared_fps
        self.duration_s = self._footage.duration_s
        self._upright = Upright(self._footage.aspect)
        self._window: tuple[float, float | None] = (0.0, None)
        self._times_s: list[float] = []
        self._reached_s = 0.0

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._footage.close()

    def frames(
        self,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        fps: float | None = None,
    ) -> Iterator[tuple[float, Image]]:
        """(seconds, (H, W, 3) uint8 RGB) of the frames shown in [start_s, end_s).

        Seconds are counted from where a player's clock starts. `fps` takes the frames nearest to
        its ticks, as `nearest_frames` says; only those are converted to RGB.

        Raises:
            ExtractionError: No frame is shown in the window, or none could be decoded.
        """
        self._window = start_s or 0.0, end_s
        if end_s is not None and end_s <= self._window[0]:
            raise ExtractionError(
                f"the clip of {self._name} ends at {end_s:g} s, but starts at {start_s or 0:g} s"
            )
        shown = self._in_window(*self._window)
        for frame in shown if fps is None else nearest_frames(shown, fps=fps):
            yield frame.time_s, self._upright(frame.picture)
        if not self.n_decoded:
            raise ExtractionError(self._why_nothing())

    @property
    def fps(self) -> float:
        """Rate of the decoded frames: the declared one if they agree within 5 %, else measured.

        Measured is the median step, so that a pause or a hole does not slow down all the rest.
        """
        if len(self._times_s) < 2:
            return self.declared_fps or FALLBACK_FPS
        measured = 1 / float(np.median(np.diff(self._times_s)))
        if self.declared_fps and abs(self.declared_fps - measured) <= 0.05 * measured:
            return self.declared_fps
        return measured

    @property
    def n_decoded(self) -> int:
        """Frames decoded inside the window so far, before any thinning."""
        return len(self._times_s)

    @property
    def n_expected(self) -> int | None:
        """Frames the file promises for the window, None where it promises nothing.

        A steady rate promises a frame for each of its ticks. A rate that varies promises no number
        but a length: what is missing at its end counts as frames at the rate of the others.
        """
        start_s, end_s = self._window
        length_s = inf if self.duration_s is None else self.duration_s
        stop_s = length_s if end_s is None else min(end_s, length_s)
        if start_s <= 0 and stop_s == length_s and self._footage.n_stored:
            return self._footage.n_stored
        if length_s == inf or not self._times_s:
            return None
        if self.declared_fps and self._is_steady(self.declared_fps):
            start_s = max(start_s, self._footage.begin_s)
            return self._n_ticks(start_s, stop_s, fps=self.declared_fps)
        missing_s = max(stop_s - self._reached_s, 0.0)
        return self.n_decoded + floor(missing_s * self.fps)

    @property
    def n_damaged(self) -> int:
        """Packets or pictures so far of which at least a part could not be decoded."""
        return self._footage.n_damaged

    @property
    def is_interlaced(self) -> bool:
        """Whether a frame so far was made of two fields; they were made into whole pictures."""
        return self._footage.is_interlaced

    @property
    def rotation_deg(self) -> int:
        """0, 90, 180 or 270: how far the last frame was turned, counter-clockwise."""
        return self._upright.orientation.rotation_deg

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right of the last frame were exchanged before it was turned."""
        return self._upright.orientation.is_mirrored

    def _in_window(self, start_s: float, end_s: float | None) -> Iterator["_Timed"]:
        begin_s = start_s - TIME_TOLERANCE_S if start_s else -inf
        stop_s = inf if end_s is None else end_s - TIME_TOLERANCE_S
        step_s = 1 / (self.declared_fps or FALLBACK_FPS)
        for frame in _rising(self._footage.pictures(start_s), step_s=step_s):
            self._reached_s = frame.time_s + step_s
            if frame.time_s >= stop_s:
                return
            if frame.time_s >= begin_s:
                self._times_s.append(frame.time_s)
                yield frame

    def _is_steady(self, fps: float) -> bool:
        """Whether all frames lie on ticks of a rate; some may be missing, clocks may be coarse."""
        steps = np.diff(self._times_s)
        off_s = np.abs(steps - np.maximum(np.round(steps * fps), 1) / fps)
        return bool((off_s <= CLOCK_STEP_S + 0.1 / fps).all())

    def _n_ticks(self, start_s: float, stop_s: float, *, fps: float) -> int:
        """Ticks in [start_s, stop_s) that fit the decoded frames; one at its very edge is none."""
        first_s, last_s = self._times_s[0], self._times_s[-1]
        before = max(floor((first_s - start_s) * fps - TICK_TOLERANCE), 0)
        after = max(ceil((stop_s - last_s) * fps - TICK_TOLERANCE) - 1, 0)
        return before + round((last_s - first_s) * fps) + 1 + after

    def _why_nothing(self) -> str:
        start_s, end_s = self._window
        if not self._reached_s:
            return f"no frame of {self._name} could be decoded; it is damaged or empty"
        if self._reached_s <= start_s + TIME_TOLERANCE_S:
            end = f"{self._name} ends at {self._reached_s:.2f} s"
            return f"the clip starts at {start_s:g} s, but {end}"
        return (
            f"no frame of {self._name} begins between {start_s:g} and {end_s:g} s; widen the clip"
        )


class _HasTime(Protocol):
    @property
    def time_s(self) -> float: ...


class _Timed:
    __slots__ = ("picture", "time_s")

    def __init__(self, time_s: float, picture: av.VideoFrame) -> None:
        self.time_s = time_s
        self.picture = picture


def _rising(shown: Iterable[Shown], *, step_s: float) -> Iterator[_Timed]:
    """The same pictures with rising times.

    A picture without a time follows its neighbour after a usual step. A time later than the next
    one is a slip: its picture is put between its neighbours. A picture that is shown with its
    neighbour follows at once, after a hundredth of a step. A clock that jumps back by more than
    a few steps was started anew: it goes on.
    """
    last_s, restart_s = -step_s, 0.0
    for (stated_s, picture), following in pairwise(_and_last(shown)):
        time_s = last_s + step_s if stated_s is None else stated_s + restart_s
        next_s = None if following is None or following[0] is None else following[0] + restart_s
        if next_s is not None and last_s < next_s < time_s:
            time_s = (last_s + next_s) / 2
        if time_s <= last_s - RESTART_STEPS * step_s:
            restart_s += last_s + step_s - time_s
            time_s = last_s + step_s
        last_s = max(time_s, last_s + step_s / 100)
        yield _Timed(last_s, picture)


Timed = TypeVar("Timed", bound=_HasTime)


def nearest_frames(frames: Iterable[Timed], *, fps: float) -> Iterator[Timed]:
    """The frames nearest to the ticks first + k / fps; each frame at most once.

    A frame serves the ticks that lie nearer to it than to its neighbours. Where the source is
    slower than `fps`, or pauses, every frame it has is kept and none is invented or repeated: the
    times show the gap.

    Args:
        frames: With rising `time_s`.
        fps: Ticks per second, counted from the first frame.
    """
    tick = 0
    half_step_s = 0.0
    start_s: float | None = None
    for held, following in pairwise(_and_last(frames)):
        if start_s is None:
            start_s = held.time_s
        if following is not None:  # the last frame reaches as far as the one before it
            half_step_s = (following.time_s - held.time_s) / 2
        reach_s = held.time_s + half_step_s - start_s
        if tick / fps <= reach_s:
            yield held
            tick = floor(reach_s * fps) + 1


def _and_last(frames: Iterable[Any]) -> Iterator[Any]:
    yield from frames
    yield None
