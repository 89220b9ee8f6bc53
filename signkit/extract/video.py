"""Frames of a video with the times at which they are shown; streamed, never a whole video at once.

What a container promises is not trusted: times are the presentation times of the frames
themselves, the number of frames is counted and compared, the rotation a phone recorded is
applied, and pixels that are not square are made square. A damaged video gives its good part, and
`VideoReader` tells how much that was.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from signkit.errors import ExtractionError

DECODER_THREADS = 2
TIME_TOLERANCE_S = 1e-6
SEEK_FROM_S = 2.0
FALLBACK_FPS = 25.0

Image = NDArray[np.uint8]


class VideoReader:
    """One opened video; iterate over `frames` once, then ask what was decoded.

    Args:
        path: The video file.

    Attributes:
        declared_fps: Average rate the container states, None where it states none.
        duration_s: Length the container states, None where it states none.
        n_expected: Frames the container promised for the window, None where it promises nothing.
        n_damaged: Packets that could not be decoded.

    Raises:
        ExtractionError: The file is missing, empty, not a video, or has no picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container = _open(path)
        if not self._container.streams.video:
            self._container.close()
            raise ExtractionError(f"{path} has sound but no picture; expected a video")
        self._stream = self._container.streams.video[0]
        if not hasattr(self._stream.codec_context, "thread_count"):
            self._container.close()
            raise ExtractionError(
                f"{path} has a codec that FFmpeg does not know; convert it to H.264"
            )
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = DECODER_THREADS
        self.declared_fps = _positive(self._stream.average_rate or self._stream.guessed_rate)
        self.duration_s = _duration_s(self._container, self._stream)
        self.n_expected: int | None = None
        self.n_damaged = 0
        self._times_s: list[float] = []

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def frames(
        self,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        fps: float | None = None,
    ) -> Iterator[tuple[float, Image]]:
        """(seconds, (H, W, 3) uint8 RGB) of the frames shown in [start_s, end_s).

        Seconds are counted from where a player's clock starts. `fps` takes the frames nearest to
        its ticks, as `nearest_frames` says.

        Raises:
            ExtractionError: The window lies outside the video, or nothing could be decoded.
        """
        start_s = start_s or 0.0
        if self.duration_s is not None and start_s >= self.duration_s:
            raise ExtractionError(
                f"the clip starts at {start_s:g} s, but {self.path} ends at {self.duration_s:.2f} s"
            )
        self.n_expected = self._promised(start_s, end_s)
        window = self._window(start_s, end_s)
        picture = _Upright(self._stream.sample_aspect_ratio)
        for frame in window if fps is None else nearest_frames(window, fps=fps):
            yield frame.time_s, picture(frame.picture)
        if not self.n_decoded:
            raise ExtractionError(
                f"no frame of {self.path} could be decoded; it is damaged or empty"
            )

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

    def _promised(self, start_s: float, end_s: float | None) -> int | None:
        whole = start_s == 0 and (end_s is None or end_s >= (self.duration_s or float("inf")))
        if whole and self._stream.frames:
            return int(self._stream.frames)
        stop_s = min((s for s in (end_s, self.duration_s) if s is not None), default=None)
        if stop_s is None or self.declared_fps is None:
            return None
        return max(round((stop_s - start_s) * self.declared_fps), 1)

    def _window(self, start_s: float, end_s: float | None) -> Iterator["_Timed"]:
        for frame in self._from(start_s):
            if frame.time_s < start_s - TIME_TOLERANCE_S:
                continue
            if end_s is not None and frame.time_s >= end_s - TIME_TOLERANCE_S:
                return
            self._times_s.append(frame.time_s)
            yield frame

    def _from(self, start_s: float) -> Iterator["_Timed"]:
        """All frames from a key frame at or before `start_s` on."""
        if start_s < SEEK_FROM_S or self._stream.start_time is None:
            yield from self._timed()
            return
        origin_s = (self._container.start_time or 0) / av.time_base
        self._container.seek(floor((start_s + origin_s) * av.time_base), backward=True)
        after = self._timed()
        first = next(after, None)
        if first is None or first.time_s > start_s + TIME_TOLERANCE_S:  # the index of the file lies
            self._container.seek(0)
            after, first = self._timed(), None
        if first is not None:
            yield first
        yield from after

    def _timed(self) -> Iterator["_Timed"]:
        """Frames with rising times; one without a time follows its neighbour at the usual step."""
        origin_s = (self._container.start_time or 0) / av.time_base
        step_s = 1 / (self.declared_fps or FALLBACK_FPS)
        last_s = -step_s
        for picture in self._decoded():
            stated = None if picture.time is None else picture.time - origin_s
            time_s = stated if stated is not None and stated > last_s else last_s + step_s
            last_s = time_s
            yield _Timed(time_s, picture)

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                pictures = [] if packet is None else packet.decode()
            except av.error.InvalidDataError:
                self.n_damaged += 1
                continue
            except (av.error.EOFError, StopIteration):
                return
            except av.error.FFmpegError as error:
                raise ExtractionError(f"{self.path} cannot be decoded: {error.strerror}") from error
            if packet is None:
                return
            yield from pictures


class _HasTime(Protocol):
    @property
    def time_s(self) -> float: ...


class _Timed:
    __slots__ = ("picture", "time_s")

    def __init__(self, time_s: float, picture: av.VideoFrame) -> None:
        self.time_s = time_s
        self.picture = picture


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


def _and_last(frames: Iterable[Timed]) -> Iterator[Any]:
    yield from frames
    yield None


class _Upright:
    """Turns decoded pictures into RGB of one size, upright and with square pixels."""

    def __init__(self, aspect: Fraction | None) -> None:
        self._aspect = float(aspect) if aspect else 1.0
        self._size: tuple[int, int] | None = None

    def __call__(self, picture: av.VideoFrame) -> Image:
        if self._size is None:
            stretch = self._aspect
            self._size = (
                (round(picture.width * stretch), picture.height)
                if stretch >= 1
                else (picture.width, round(picture.height / stretch))
            )
        width, height = self._size
        image = picture.to_ndarray(format="rgb24", width=width, height=height)
        quarter_turns = round(picture.rotation / 90)  # counter-clockwise, as np.rot90 counts
        return np.ascontiguousarray(np.rot90(image, quarter_turns))


def _open(path: Path) -> "av.container.InputContainer":
    if not path.exists():
        raise ExtractionError(f"no video at {path}")
    if path.is_dir():
        raise ExtractionError(f"{path} is a folder; expected a video file")
    if path.stat().st_size == 0:
        raise ExtractionError(f"{path} is empty (0 bytes); copy or download it again")
    try:
        return av.open(str(path))
    except av.error.InvalidDataError as error:
        raise ExtractionError(
            f"{path} is not a video or is cut off; copy or download it again"
        ) from error
    except av.error.FFmpegError as error:
        raise ExtractionError(f"{path} cannot be opened: {error.strerror or error}") from error


def _positive(rate: Fraction | None) -> float | None:
    return float(rate) if rate else None


def _duration_s(container: "av.container.InputContainer", stream: Any) -> float | None:
    if stream.duration is not None and stream.time_base:
        origin_s = (container.start_time or 0) / av.time_base
        begin_s = float((stream.start_time or 0) * stream.time_base) - origin_s
        return begin_s + float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None
