"""People in pictures: what goes between the frames of a clip, the finder of people and the finder
of landmarks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from signkit.people.track import Landmarks
from signkit.skeleton import Skeleton

Image = NDArray[np.uint8]
"""(H, W, 3) RGB."""


class Frames(Protocol):
    """The frames of one clip; each iteration decodes them anew.

    Attributes:
        fps: Their rate.
        width_px: Of every frame.
        height_px: Of every frame.
    """

    fps: float
    width_px: int
    height_px: int

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """(seconds in the video, picture), seconds rising."""
        ...


class Detector(Protocol):
    """Finds people in pictures."""

    def __call__(self, images: Sequence[Image]) -> list[NDArray[np.float32]]:
        """For each picture (N, 5): x0, y0, x1, y1 in pixels and confidence, best first."""
        ...


@dataclass(frozen=True, eq=False)
class Crop:
    """Where to look for the landmarks of one person in one frame.

    Args:
        image: The whole frame.
        box: (4,) x0, y0, x1, y1 in its pixels.
        time_s: Its time in the video.
        person: Number of the person, the same in every frame of a clip; -1 while it is not known
            who this is.
    """

    image: Image
    box: NDArray[np.float32]
    time_s: float
    person: int = -1


class Poser(Protocol):
    """Finds the landmarks of people whose boxes are known.

    Attributes:
        skeleton: Landmarks it returns, in its order.
        needs_person: True where it tracks by itself, so that crops must carry the person's number
            and come in the order of time.
    """

    skeleton: Skeleton
    needs_person: bool

    def begin_clip(self, fps: float, width_px: int, height_px: int) -> None:
        """Forget the clip before."""
        ...

    def __call__(self, crops: Sequence[Crop]) -> list[Landmarks]:
        """The landmarks of each crop, in pixels of the whole frame."""
        ...
