"""The pictures of one video stream, from a key frame on, with what is known of their times.

This is the part of FFmpeg that can be believed: a position is only believed if decoding starts
there with a key frame that is shown early enough, damaged packets are counted and left out, fields
are made into whole pictures. What a file merely declares is kept apart, as `declared_fps`,
`duration_s` and `n_stored`.

One decoder thread: two took 17 % more processor time for the same pictures, and what is left of a
damaged picture would depend on the machine.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from math import floor
from pathlib import Path
from typing import Protocol

import av
import av.filter
from av.stream import Disposition

from signkit.errors import ExtractionError

SEEK_FROM_S = 2.0
SEEK_BEFORE_S = (0.0, 5.0, 30.0)
MAX_READ_FAILURES = 16
MAX_DECLARED_FPS = 300.0
NO_TIMESTAMPS = 0x80  # AVFMT_NOTIMESTAMPS: a bare stream of pictures
END_NOT_LENGTH = ("matroska,webm", "flv")  # what they call duration counts from zero
COVER = Disposition.attached_pic | Disposition.timed_thumbnails

Shown = tuple[float | None, av.VideoFrame]
"""When a picture is shown, in seconds of a player's clock; None where the file does not say."""


class Footage(Protocol):
    """Where pictures come from: a file, or a folder of numbered pictures.

    Attributes:
        codec: FFmpeg's name of the codec.
        width_px: As stored, before any rotation.
        height_px: As stored, before any rotation.
        aspect: Width of a pixel in heights.
        declared_fps: Average rate, None where none is stated.
        duration_s: When the last picture ends, None where it is not stated.
        begin_s: When the first picture is shown; sound may begin before it.
        is_interlaced: Whether a picture so far was made of two fields.
        n_damaged: Packets or pictures so far of which at least a part is lost.
    """

    codec: str
    width_px: int
    height_px: int
    aspect: float
    declared_fps: float | None
    duration_s: float | None
    begin_s: float
    is_interlaced: bool
    n_damaged: int

    @property
    def n_stored(self) -> int | None:
        """Pictures it is said to hold, None where that is not stated."""
        ...

    def pictures(self, start_s: float) -> Iterator[Shown]:
        """The pictures from one on that is shown at or before `start_s`."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class VideoFile:
    """The video stream of a file: the one marked as default, else the first; never a cover picture.

    Args:
        path: The file.
        name: What messages call it.

    Raises:
        ExtractionError: The file is missing, empty, not a video, or has no picture.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._open()
        stream, codec = self._stream, self._stream.codec_context
        self.codec = codec.codec.canonical_name
        self.width_px, self.height_px = codec.width, codec.height
        self.aspect = float(stream.sample_aspect_ratio or 1)
        self.declared_fps = _rate(stream.average_rate) or _rate(stream.guessed_rate)
        self.begin_s = self._begin_s()
        self.duration_s = self._duration_s()
        self.is_interlaced = False
        self.n_damaged = 0

    @property
    def n_stored(self) -> int | None:
        if self._stream.frames and "mp4" in self._container.format.name:  # without what edits hide
            return sum(not entry.is_discard for entry in self._stream.index_entries)
        return self._stream.frames or None

    def close(self) -> None:
        self._container.close()

    def pictures(self, start_s: float) -> Iterator[Shown]:
        for picture in self._whole(self._from(start_s)):
            time_s = picture.time
            yield None if time_s is None else time_s - self._origin_s, picture

    def _open(self) -> None:
        self._container = _container(self._path, self._name)
        try:
            self._stream = _video_stream(self._container, self._name)
        except ExtractionError:
            self._container.close()
            raise
        self._stream.codec_context.thread_count = 1
        self._origin_s = (self._container.start_time or 0) / av.time_base

    def _from(self, start_s: float) -> Iterator[av.VideoFrame]:
        """Decoded pictures from a key frame shown at or before `start_s`, else from the first."""
        if start_s >= SEEK_FROM_S and self._can_seek():
            for before_s in SEEK_BEFORE_S:
                self._seek(start_s - before_s)
                pictures = self._decoded()
                key = self._key_frame(pictures, start_s)
                if key is not None:
                    return chain([key], pictures)
            self._container.close()
            self._open()
        self.n_damaged = 0
        return self._decoded()

    def _can_seek(self) -> bool:
        """Not in a bare stream of pictures, nor in an MPEG program stream: what FFmpeg finds there
        has times that are wrong by several frames.
        """
        stated = self._container.format
        return not stated.flags & NO_TIMESTAMPS and stated.name != "mpeg"

    def _seek(self, time_s: float) -> None:
        offset = floor((time_s + self._origin_s) / float(self._stream.time_base or 1))
        self.n_damaged = 0
        with suppress(av.error.FFmpegError):  # where reading goes on is checked anyway
            self._container.seek(offset, stream=self._stream)

    def _key_frame(self, pictures: Iterator[av.VideoFrame], by_s: float) -> av.VideoFrame | None:
        """The next key frame if shown by then; those before it may lack what they build on."""
        for picture in pictures:
            if picture.time is None or picture.time - self._origin_s > by_s:
                return None
            if picture.key_frame:
                return picture
        return None

    def _decoded(self) -> Iterator[av.VideoFrame]:
        for packet in self._packets():
            try:
                pictures = self._stream.decode() if packet is None else packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.n_damaged += 1
                continue
            is_cut = packet is not None and packet.is_corrupt
            self.n_damaged += is_cut or any(picture.is_corrupt for picture in pictures)
            yield from pictures

    def _packets(self) -> "Iterator[av.Packet[av.VideoStream] | None]":
        """All packets that can be read, and None for the end where FFmpeg did not say so itself."""
        n_failures = 0
        while n_failures < MAX_READ_FAILURES:
            try:
                for packet in self._container.demux(self._stream):
                    n_failures = 0
                    yield packet
                return
            except av.error.InvalidDataError:
                n_failures += 1
                self.n_damaged += 1
            except av.error.FFmpegError as error:
                raise ExtractionError(f"{self._name} cannot be read: {error.strerror}") from error
        yield None

    def _whole(self, pictures: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        """The same pictures; from the first interlaced one on, without the comb of their fields."""
        fields: _Fields | None = None
        for picture in pictures:
            self.is_interlaced = self.is_interlaced or picture.interlaced_frame
            if fields and not fields.fits(picture):
                yield from fields.rest()
                fields = None
            if self.is_interlaced:
                fields = fields or _Fields(picture)
                yield from fields.put(picture)
            else:
                yield picture
        if fields:
            yield from fields.rest()

    def _begin_s(self) -> float:
        if self._stream.start_time is None or not self._stream.time_base:
            return 0.0
        return self._stream.start_time * float(self._stream.time_base) - self._origin_s

    def _duration_s(self) -> float | None:
        stream = self._stream
        if stream.duration and stream.time_base:
            return self.begin_s + stream.duration * float(stream.time_base)
        if not self._container.duration:
            return None
        ends_s = _seconds(stream.metadata.get("DURATION", ""))  # sound may last longer
        if ends_s is None:
            ends_s = self._container.duration / av.time_base
        is_end = self._container.format.name in END_NOT_LENGTH
        return ends_s - (self._origin_s if is_end else 0.0)


class _Fields:
    """Makes pictures of two fields whole: the first field as it is, the lines between it motion
    adaptive (bwdif), at the time of the first field. Progressive pictures pass unchanged.
    """

    def __init__(self, like: av.VideoFrame) -> None:
        self._layout = _layout(like)
        self._graph = av.filter.Graph()
        self._graph.threads = 1
        source = self._graph.add_buffer(
            width=like.width, height=like.height, format=like.format, time_base=like.time_base
        )
        bwdif = self._graph.add("bwdif", "mode=send_frame:deint=interlaced")
        self._graph.link_nodes(source, bwdif, self._graph.add("buffersink")).configure()

    def fits(self, picture: av.VideoFrame) -> bool:
        return _layout(picture) == self._layout

    def put(self, picture: av.VideoFrame) -> Iterator[av.VideoFrame]:
        self._graph.vpush(picture)
        return self._ready()

    def rest(self) -> Iterator[av.VideoFrame]:
        self._graph.vpush(None)
        return self._ready()

    def _ready(self) -> Iterator[av.VideoFrame]:
        with suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                yield self._graph.vpull()


def _layout(picture: av.VideoFrame) -> tuple[int, int, str]:
    return picture.width, picture.height, picture.format.name


def _container(path: Path, name: str) -> "av.container.InputContainer":
    if not path.exists():
        raise ExtractionError(f"no video at {name}")
    if path.stat().st_size == 0:
        raise ExtractionError(f"{name} is empty (0 bytes); copy or download it again")
    try:
        return av.open(str(path))
    except av.error.InvalidDataError as error:
        raise ExtractionError(
            f"{name} is not a video or is cut off; copy or download it again"
        ) from error
    except av.error.FFmpegError as error:
        raise ExtractionError(f"{name} cannot be opened: {error.strerror or error}") from error


def _video_stream(container: "av.container.InputContainer", name: str) -> av.VideoStream:
    streams = [s for s in container.streams.video if not s.disposition & COVER]
    if not streams:
        cover = " (but for a cover)" if container.streams.video else ""
        raise ExtractionError(f"{name} has sound but no picture{cover}; expected a video")
    stream = next((s for s in streams if s.disposition & Disposition.default), streams[0])
    if not hasattr(stream.codec_context, "thread_count"):
        raise ExtractionError(f"{name} has a codec that FFmpeg does not know; convert it to H.264")
    return stream


def _seconds(clock: str) -> float | None:
    """Seconds of a time like 00:01:02.5, None where it is none."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", clock.strip("\0 "))
    if not found:
        return None
    hours, minutes, seconds = map(float, found.groups())
    return 3600 * hours + 60 * minutes + seconds


def _rate(rate: object) -> float | None:
    """A stated rate, unless it is none or the resolution of the clock."""
    fps = float(rate) if rate else 0.0  # type: ignore[arg-type]
    return fps if 0 < fps <= MAX_DECLARED_FPS else None
