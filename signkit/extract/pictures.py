"""A folder of numbered pictures as one clip.

Two or more pictures whose names differ only in their numbers, without videos or folders beside
them, are a sequence. Its rate is FFmpeg's for pictures, 25 a second, unless a file `fps.txt` beside
them holds another. If one number counts the pictures, a gap in the count is a gap in time.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from math import gcd
from pathlib import Path, PurePosixPath

import av

from signkit.errors import ExtractionError
from signkit.extract.decoder import Shown

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
RATE_FILE = "fps.txt"
DEFAULT_FPS = 25.0

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Numbered:
    """One picture of a sequence.

    Args:
        position: Its place in time, counted from 0 in steps of the sequence.
        name: Its file name.
    """

    position: int
    name: str


def is_picture(name: str) -> bool:
    """Whether a file with this name is a picture."""
    return PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES and not name.startswith(".")


def sequence_of(names: Collection[str]) -> list[Numbered]:
    """The pictures of the one sequence among the names of a folder's files, in their order.

    Returns:
        Nothing where there are fewer than two pictures, or their names differ in more than numbers.
    """
    pictures = [name for name in names if is_picture(name)]
    counts = {name: tuple(map(int, _NUMBER.findall(PurePosixPath(name).stem))) for name in pictures}
    patterns = {_NUMBER.sub("#", PurePosixPath(name).stem) for name in pictures}
    if len(patterns) != 1 or not 2 <= len(pictures) == len(set(counts.values())):
        return []
    ordered = sorted(pictures, key=counts.__getitem__)
    positions = _positions([counts[name] for name in ordered])
    return [Numbered(p, name) for p, name in zip(positions, ordered, strict=True)]


def _positions(counts: list[tuple[int, ...]]) -> list[int]:
    """Places in time of rising counts; consecutive ones where several numbers tell them apart."""
    counters = [column for column in zip(*counts, strict=True) if len(set(column)) > 1]
    if len(counters) > 1:
        return list(range(len(counts)))
    (counter,) = counters
    step = gcd(*(number - counter[0] for number in counter))
    return [(number - counter[0]) // step for number in counter]


def picture_files(folder: Path) -> list[Path]:
    """The files of the sequence in a folder, in their order; empty where it holds none."""
    return [folder / picture.name for picture in _sequence_in(folder)]


def _sequence_in(folder: Path) -> list[Numbered]:
    return sequence_of([path.name for path in folder.iterdir() if path.is_file()])


class PictureFolder:
    """The pictures of a folder as footage: see `signkit.extract.decoder.Footage`.

    Args:
        folder: The folder.
        name: What messages call it.
        fps: Its rate where no `fps.txt` says another.

    Raises:
        ExtractionError: The folder holds no sequence, none of it can be read, or `fps.txt` holds no
            rate.
    """

    def __init__(self, folder: Path, name: str, *, fps: float = DEFAULT_FPS) -> None:
        sequence = _sequence_in(folder)
        if not sequence:
            raise ExtractionError(
                f"{name} is a folder without numbered pictures; expected a video file, or "
                "pictures such as 0001.jpg, 0002.jpg"
            )
        self._files = [folder / numbered.name for numbered in sequence]
        first = next(filter(None, map(_picture, self._files)), None)
        if first is None:
            raise ExtractionError(f"no picture in {name} can be read; copy or download it again")
        self._fps = _fps(folder / RATE_FILE, f"{name}/{RATE_FILE}", fps)
        self._times_s = [numbered.position / self._fps for numbered in sequence]
        self.codec = "pictures"
        self.width_px, self.height_px = first.width, first.height
        self.aspect = 1.0
        self.declared_fps: float | None = self._fps
        self.begin_s = 0.0
        self.duration_s: float | None = self._times_s[-1] + 1 / self._fps
        self.n_stored: int | None = sequence[-1].position + 1
        self.is_interlaced = False
        self.n_damaged = 0

    def pictures(self, start_s: float) -> Iterator[Shown]:
        begin = max(bisect_right(self._times_s, start_s) - 1, 0)
        for time_s, file in zip(self._times_s[begin:], self._files[begin:], strict=True):
            picture = _picture(file)
            if picture is None:
                self.n_damaged += 1
            else:
                yield time_s, picture

    def close(self) -> None:
        """Nothing is held open."""


def _picture(file: Path) -> av.VideoFrame | None:
    """The picture in a file, whatever its name promises; None where it is damaged."""
    try:
        with av.open(BytesIO(file.read_bytes()), "r") as container:
            return next(container.decode(video=0), None)
    except (av.error.FFmpegError, IndexError, OSError):
        return None


def _fps(file: Path, name: str, default: float) -> float:
    if not file.is_file():
        return default
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 0 < fps < float("inf"):
        raise ExtractionError(f"{name} holds {text[:24]!r}; expected frames per second, such as 25")
    return fps
