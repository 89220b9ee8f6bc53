"""From decoded pictures to RGB as a viewer sees them: upright, not mirrored, with square pixels.

Colours are converted as FFmpeg does it: by the range and matrix the video states, BT.601 where it
states none. What shines through is white. All pictures of a video get the size of its first; a
later one of another size is fitted into it with black bars, so that nobody becomes wider.
"""

from dataclasses import dataclass
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from signkit.extract.person import Image

WHITE = 255


@dataclass(frozen=True)
class Orientation:
    """How a stored picture is turned for display: rows become columns or not, then it is flipped.

    Args:
        is_sideways: Rows become columns.
        flips_x: Left and right are exchanged, after that.
        flips_y: Top and bottom are exchanged, after that.
    """

    is_sideways: bool = False
    flips_x: bool = False
    flips_y: bool = False

    @property
    def is_mirrored(self) -> bool:
        return self.is_sideways ^ self.flips_x ^ self.flips_y

    @property
    def rotation_deg(self) -> int:
        """0, 90, 180 or 270 counter-clockwise, after exchanging left and right if mirrored."""
        if self.is_sideways:
            return 270 if self.flips_x else 90
        return 180 if self.flips_y else 0

    def __call__(self, image: Image) -> Image:
        """(H, W, 3) -> the turned view of it."""
        if self == UPRIGHT:
            return image
        if self.is_sideways:
            image = image.transpose(1, 0, 2)
        return image[:: -1 if self.flips_y else 1, :: -1 if self.flips_x else 1]


UPRIGHT = Orientation()
_QUARTER_TURNS = (  # counter-clockwise
    UPRIGHT,
    Orientation(is_sideways=True, flips_y=True),
    Orientation(flips_x=True, flips_y=True),
    Orientation(is_sideways=True, flips_x=True),
)


def orientation_of(picture: av.VideoFrame) -> Orientation:
    """What the display matrix of a picture asks for, to the nearest quarter turn.

    The matrix has nine 32-bit integers (a b u, c d v, x y w): what is stored in column x, row y is
    shown at (a x + c y, b x + d y).
    """
    try:
        matrix: Any = picture.side_data and picture.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV 18 gives up on side data it has no name for, such as EXIF
        return _QUARTER_TURNS[round(picture.rotation / 90) % 4]
    if not matrix:
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


@dataclass(frozen=True)
class _Plan:
    """How pictures of one layout are converted: to this size as stored, with or without alpha."""

    width: int
    height: int
    has_alpha: bool


class Upright:
    """Turns decoded pictures into (H, W, 3) RGB in row order, all of the size of the first.

    Args:
        aspect: Width of a stored pixel in heights.

    Attributes:
        orientation: How the last picture was turned.
    """

    def __init__(self, aspect: float) -> None:
        self._aspect = aspect
        self._reformatter = VideoReformatter()  # PyAV's own makes a new one for every picture
        self._plans: dict[tuple[int, int, str, Orientation], _Plan] = {}
        self._shape: tuple[int, ...] | None = None
        self.orientation = UPRIGHT

    def __call__(self, picture: av.VideoFrame) -> Image:
        self.orientation = orientation_of(picture)
        layout = picture.width, picture.height, picture.format.name, self.orientation
        if layout not in self._plans:
            self._plans[layout] = self._plan(picture)
        image = self.orientation(self._rgb(picture, self._plans[layout]))
        self._shape = self._shape or image.shape
        return np.ascontiguousarray(image) if image.shape == self._shape else self._framed(image)

    def _plan(self, picture: av.VideoFrame) -> _Plan:
        """Square pixels, the longer side of a pixel kept, shrunk into the size of the first."""
        width, height = float(picture.width), float(picture.height)
        width, height = width * max(self._aspect, 1), height / min(self._aspect, 1)
        if self._shape:
            rows, columns = self._shape[:2]
            if self.orientation.is_sideways:
                rows, columns = columns, rows
            scale = min(columns / width, rows / height)
            width, height = width * scale, height * scale
        pixels = picture.format
        has_alpha = pixels.has_palette or any(part.is_alpha for part in pixels.components)
        return _Plan(max(round(width), 1), max(round(height), 1), has_alpha)

    def _rgb(self, picture: av.VideoFrame, plan: _Plan) -> Image:
        pixels = "rgba" if plan.has_alpha else "rgb24"
        frame = self._reformatter.reformat(picture, plan.width, plan.height, pixels, threads=1)
        image = cast(Image, frame.to_ndarray())
        return _on_white(image) if plan.has_alpha else image

    def _framed(self, image: Image) -> Image:
        """The picture in the middle of a black one of the first one's size."""
        assert self._shape
        framed = np.zeros(self._shape, np.uint8)
        top, left = (framed.shape[0] - image.shape[0]) // 2, (framed.shape[1] - image.shape[1]) // 2
        framed[top : top + image.shape[0], left : left + image.shape[1]] = image
        return framed


def _on_white(image: Image) -> Image:
    """(H, W, 4) RGBA over white, as (H, W, 3)."""
    opacity = image[..., 3:].astype(np.uint16)
    over = image[..., :3] * opacity + WHITE * (255 - opacity)
    return ((over + 127) // 255).astype(np.uint8)
