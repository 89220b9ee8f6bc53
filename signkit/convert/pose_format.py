"""The bytes of a `.pose` file, versions 0.0, 0.1 and 0.2; version 0.2 is also written.

Little endian and packed. A header names components (a body, a hand), their points and the lines
between them; then come frame rate, number of frames and number of people, the coordinates of all
frames as (T, P, L, C) float32, and behind them all confidences, (T, P, L). Version 0.1 counts
frames in 16 bits, which overflow: there the size of the file decides. Version 0.0 holds frame after
frame with a number of people of its own each; of them the first is read, as the format's own
library does it.

Sizes are compared with the size of the file before anything is allocated. Names keep their bytes:
the library's writer cuts names that are not ASCII short, so they may not be UTF-8.

Source: the specification of pose-format, https://github.com/sign-language-processing/pose
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from signkit.errors import FormatError

SUFFIX = ".pose"
MOST = 2**16 - 1
"""The largest number of the header."""
MOST_POINTS = 5_000
"""The landmarks of a person are some hundreds; version 0.0 makes room for all of them."""
_VERSIONS = (0.0, 0.1, 0.2)
_FLOAT = np.dtype("<f4")
_NTSC = [rate * 1000 / 1001 for rate in (24, 30, 48, 60, 120)]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Component:
    """A group of points, such as a hand.

    Args:
        name: For instance `LEFT_HAND_LANDMARKS`.
        letters: What each point has, the confidence last: `XYC`, `XYZC`.
        points: Their names.
        limbs: Pairs of positions in `points` to draw a line between.
        colors: Red, green and blue of the lines.
    """

    name: str
    letters: str
    points: tuple[str, ...]
    limbs: tuple[tuple[int, ...], ...] = ()
    colors: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Header:
    """What stands before the landmarks.

    Args:
        version: Position in (0.0, 0.1, 0.2).
        width_px: Of the frame.
        height_px: Of the frame.
        depth: Of the space, where there is one; nobody relies on it.
        components: In the order of the points.
    """

    version: int
    width_px: int
    height_px: int
    depth: int
    components: tuple[Component, ...]

    @cached_property
    def n_points(self) -> int:
        return sum(len(component.points) for component in self.components)

    @cached_property
    def n_dims(self) -> int:
        """Coordinates of a point: as many as the component with most has."""
        return max((len(component.letters) for component in self.components), default=1) - 1


@dataclass(frozen=True)
class Layout:
    """Where the landmarks of a file lie; its size is right.

    Args:
        fps: Their frame rate.
        n_frames: How many there are.
        n_people: In each of them.
        starts: Where they start; in version 0.0 where the first person of each frame does, -1 in a
            frame without anybody.
        n_trailing: Bytes behind the last frame.
    """

    fps: float
    n_frames: int
    n_people: int
    starts: tuple[int, ...]
    n_trailing: int


@dataclass(frozen=True, eq=False)
class Body:
    """Landmarks as they stand in a file.

    Args:
        fps: Frames per second.
        coords: (T, P, L, C) float32, anything where the confidence is 0.
        confidence: (T, P, L) float32, 0 where unseen.
    """

    fps: float
    coords: Floats
    confidence: Floats


def read_header(file: BinaryIO) -> Header:
    """The header of an open file, which then stands at its end.

    Raises:
        FormatError: It is not a `.pose` file, or it ends within the header.
    """
    (stored,) = _unpack(file, "<f")
    version = round(stored, 3)
    if version not in _VERSIONS or (version == 0 and stored):
        raise FormatError(f"has version {stored:.3g}, expected 0.0, 0.1 or 0.2 of a .pose file")
    width_px, height_px, depth, n_components = _unpack(file, "<4H")
    components = tuple(_read_component(file) for _ in range(n_components))
    header = Header(_VERSIONS.index(version), width_px, height_px, depth, components)
    if not header.n_points:
        raise FormatError("has no points in its header")
    if header.n_points > MOST_POINTS:
        raise FormatError(f"has {header.n_points:,} points, expected up to {MOST_POINTS:,}")
    return header


def read_layout(file: BinaryIO, header: Header, n_bytes: int) -> Layout:
    """Where the landmarks of an open file of `n_bytes` lie; the file stands behind its header.

    Raises:
        FormatError: The file ends too early, or nobody is in it.
    """
    if header.version == 0:
        return _walk(file, header, n_bytes)
    fps, n_frames, n_people = _unpack(file, "<3H" if header.version == 1 else "<fIH")
    start = file.tell()
    n_left = n_bytes - start
    frame_bytes = n_people * header.n_points * (header.n_dims + 1) * _FLOAT.itemsize
    if not frame_bytes:
        raise FormatError("has nobody in it")
    if header.version == 1 and (n_left // frame_bytes) % (MOST + 1) == n_frames:
        n_frames = n_left // frame_bytes  # the count has 16 bits and overflows
    _check_size(n_left, n_frames, n_frames * frame_bytes)
    return Layout(float(fps), n_frames, n_people, (start,), n_left - n_frames * frame_bytes)


def read_body(file: BinaryIO, header: Header, layout: Layout) -> Body:
    """The landmarks of an open file."""
    if header.version == 0:
        return _read_frames(file, header, layout)
    shape = (layout.n_frames, layout.n_people, header.n_points)
    file.seek(layout.starts[0])
    coords = _floats(file, (*shape, header.n_dims))
    return Body(layout.fps, coords, _floats(file, shape))


def read_pose_file(path: Path) -> tuple[Header, Body]:
    """All that a file holds; bytes behind its last frame are passed over."""
    with path.open("rb") as file:
        header = read_header(file)
        return header, read_body(file, header, read_layout(file, header, path.stat().st_size))


def pose_bytes(header: Header, body: Body) -> bytes:
    """A file of version 0.2.

    Raises:
        FormatError: A number is too large for the format.
    """
    n_frames, n_people = body.confidence.shape[:2]
    parts = [struct.pack("<f", _VERSIONS[2])]
    size = (header.width_px, header.height_px, header.depth, len(header.components))
    parts.append(_counts("the frame", size))
    parts += [_component_bytes(component) for component in header.components]
    parts.append(struct.pack("<fIH", body.fps, n_frames, n_people))
    parts += [np.ascontiguousarray(a, _FLOAT).tobytes() for a in (body.coords, body.confidence)]
    return b"".join(parts)


def exact_rate(fps: float) -> float:
    """The frame rate that somebody had before it became a float32: 29.97, or 30000 / 1001."""
    stored = np.float32(fps)
    ntsc = [rate for rate in _NTSC if np.float32(rate) == stored]
    return ntsc[0] if ntsc else float(str(stored))


def _read_component(file: BinaryIO) -> Component:
    name, letters = _text(file), _text(file)
    n_points, n_limbs, n_colors = _unpack(file, "<3H")
    points = tuple(_text(file) for _ in range(n_points))
    limbs, colors = _table(file, n_limbs, 2), _table(file, n_colors, 3)
    if not letters:
        raise FormatError(f"has a component {name!r} of which it does not say what a point has")
    return Component(name, letters, points, limbs, colors)


def _component_bytes(component: Component) -> bytes:
    counts = (len(component.points), len(component.limbs), len(component.colors))
    return b"".join(
        (
            _text_bytes(component.name),
            _text_bytes(component.letters),
            _counts(f"component {component.name!r}", counts),
            *map(_text_bytes, component.points),
            *(_counts("a limb", limb) for limb in component.limbs),
            *(_counts("a color", color) for color in component.colors),
        )
    )


def _walk(file: BinaryIO, header: Header, n_bytes: int) -> Layout:
    """The layout of version 0.0: a frame is as long as there are people in it."""
    fps, n_frames = _unpack(file, "<2H")
    person = 2 + _FLOAT.itemsize * sum(len(c.points) * len(c.letters) for c in header.components)
    starts = []
    for _ in range(n_frames):
        (n_people,) = _unpack(file, "<H")
        starts.append(file.tell() + 2 if n_people else -1)
        end = file.tell() + n_people * person
        _check_size(n_bytes, n_frames, end)
        file.seek(end)
    return Layout(float(fps), n_frames, 1, tuple(starts), n_bytes - file.tell())


def _read_frames(file: BinaryIO, header: Header, layout: Layout) -> Body:
    """The first person of each frame of version 0.0."""
    coords = np.zeros((layout.n_frames, 1, header.n_points, header.n_dims), np.float32)
    confidence = np.zeros(coords.shape[:3], np.float32)
    for frame, start in enumerate(layout.starts):
        if start < 0:
            continue
        file.seek(start)
        first = 0
        for component in header.components:
            values = _floats(file, (len(component.points), len(component.letters)))
            where = slice(first, first + len(values))
            coords[frame, 0, where, : values.shape[1] - 1] = values[:, :-1]
            confidence[frame, 0, where] = values[:, -1]
            first = where.stop
    return Body(layout.fps, coords, confidence)


def _check_size(n_bytes: int, n_frames: int, needed: int) -> None:
    if n_bytes < needed:
        raise FormatError(
            f"is cut off: it has {n_bytes:,} bytes for its {n_frames:,} frames, which need "
            f"{needed:,} or more"
        )


def _floats(file: BinaryIO, shape: tuple[int, ...]) -> Floats:
    """So many numbers from an open file, of which `Layout` says that they are there."""
    n_bytes = int(np.prod(shape)) * _FLOAT.itemsize
    array: Floats = np.frombuffer(_take(file, n_bytes), _FLOAT).reshape(shape).astype(np.float32)
    return array


def _text(file: BinaryIO) -> str:
    return _take(file, _unpack(file, "<H")[0]).decode("utf-8", "surrogateescape")


def _text_bytes(text: str) -> bytes:
    encoded = text.encode("utf-8", "surrogateescape")
    return _counts(f"the name {text[:20]!r}", (len(encoded),)) + encoded


def _table(file: BinaryIO, n_rows: int, n_columns: int) -> tuple[tuple[int, ...], ...]:
    numbers = np.frombuffer(_take(file, 2 * n_rows * n_columns), "<u2").reshape(n_rows, n_columns)
    return tuple(map(tuple, numbers.tolist()))


def _counts(what: str, numbers: Sequence[int]) -> bytes:
    if max(numbers) > MOST:
        raise FormatError(f"{what} has the number {max(numbers):,}; .pose holds up to {MOST:,}")
    return struct.pack(f"<{len(numbers)}H", *numbers)


def _unpack(file: BinaryIO, pattern: str) -> tuple[Any, ...]:
    return struct.unpack(pattern, _take(file, struct.calcsize(pattern)))


def _take(file: BinaryIO, n_bytes: int) -> bytes:
    taken = file.read(n_bytes)
    if len(taken) < n_bytes:
        raise FormatError("is cut off within its header")
    return taken
