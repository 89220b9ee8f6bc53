"""MediaPipe Holistic for several people: a landmarker for each, which sees that person alone.

MediaPipe looks for one person in a picture and then follows what it found from frame to frame. So
that it stays with the right one, each person gets a landmarker and a window of the frame:

- The window is larger than the box and of constant size, and moves only as far as the box pushes
  it: what MediaPipe follows hardly moves, and whoever stands still is seen from a window that
  stands still. Far away people fill their window as near ones do. Who comes much nearer gets
  another window, and another landmarker: the graph of the Tasks API takes pictures of one size.
- Everybody else is blanked out as far as their boxes reach beyond this person's own.
- Landmarks whose shoulders are outside the box are somebody else's: they are not returned, and
  the landmarker is shown a blank picture, which makes it forget whom it followed.

On generated scenes with people crossing this found as many bodies (99 %) as the whole frame with
all but the box blanked, and more hands (85 against 83 %).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from signkit.extract.holistic import Backend, Landmarker, PartsReader, detect
from signkit.extract.person import Crop, Image
from signkit.people.track import Floats, Landmarks
from signkit.people.tracking import GAP_S

ROOM = 1.5
"""Sides of a window, in those of the box it was opened for."""
SMALL = 0.45
"""A box that fills less of a side of its window gets a new one."""
TOLERANCE = 0.1
"""How far shoulders may be outside the box, in its sides."""


@dataclass(frozen=True, eq=False)
class _Seat:
    """One person's landmarker, window (4,) x0, y0, x1, y1 in pixels, and when it was last used."""

    landmarker: Landmarker
    window: NDArray[np.int64]
    time_s: float


class HolisticPoser:
    """MediaPipe Holistic as a `Poser`."""

    needs_person = True

    def __init__(self, backend: Backend) -> None:
        self.skeleton = backend.skeleton
        self._backend = backend
        self._read = PartsReader(backend.skeleton)
        self._shoulders = self.skeleton.indices(["left_shoulder", "right_shoulder"])
        self._seats: dict[int, _Seat] = {}

    def begin_clip(self, fps: float, width_px: int, height_px: int) -> None:
        """Forget everybody."""
        self.close()

    def close(self) -> None:
        """Release all landmarkers."""
        self._close(list(self._seats))

    def __call__(self, crops: Sequence[Crop]) -> list[Landmarks]:
        """The landmarks of each crop, in pixels of the whole frame.

        Args:
            crops: In the order of time, all of one frame together.
        """
        found = []
        for time_s, group in groupby(crops, key=lambda crop: crop.time_s):
            frame = list(group)
            gone = [n for n, seat in self._seats.items() if time_s - seat.time_s > GAP_S]
            self._close(gone)
            boxes = [crop.box for crop in frame]
            found += [
                self._find(crop, np.array(boxes[:i] + boxes[i + 1 :]).reshape(-1, 4))
                for i, crop in enumerate(frame)
            ]
        return found

    def _find(self, crop: Crop, others: Floats) -> Landmarks:
        seat = self._seat(crop)
        x0, y0, x1, y1 = seat.window
        view = view_of(crop.image, seat.window, crop.box, others)
        parts = detect(seat.landmarker, view, crop.time_s)
        coords, confidence = self._read(parts, x1 - x0, y1 - y0)
        coords[:, :2] += (x0, y0)
        middle = coords[self._shoulders, :2].mean(axis=0)
        if "pose" in parts and not _is_inside(middle, crop.box):
            seat.landmarker.detect(np.zeros_like(view), crop.time_s)  # forget whom it followed
            return np.full_like(coords, np.nan), np.zeros_like(confidence)
        return coords, confidence

    def _seat(self, crop: Crop) -> _Seat:
        """The person's seat, its window moved so that it holds the box."""
        seat = self._seats.get(crop.person)
        window = moved_window(seat.window, crop.box) if seat else window_around(crop.box)
        if seat and not _same_size(seat.window, window):  # its graph takes pictures of one size
            self._close([crop.person])
            seat = None
        landmarker = seat.landmarker if seat else self._backend.open()
        self._seats[crop.person] = _Seat(landmarker, window, crop.time_s)
        return self._seats[crop.person]

    def _close(self, people: list[int]) -> None:
        for person in people:
            self._seats.pop(person).landmarker.close()


def _same_size(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    return bool((one[2:] - one[:2] == other[2:] - other[:2]).all())


def window_around(box: Floats) -> NDArray[np.int64]:
    """A window with room around a box."""
    reach = (ROOM - 1) / 2 * (box[2:] - box[:2])
    window: NDArray[np.int64] = np.rint(box + np.concatenate([-reach, reach])).astype(np.int64)
    return window


def moved_window(window: NDArray[np.int64], box: Floats) -> NDArray[np.int64]:
    """The window, moved only as far as it takes to hold the box, or a new one if that is better."""
    size, room = box[2:] - box[:2], window[2:] - window[:2]
    if (size > room).any() or (size < SMALL * room).all():
        return window_around(box)
    behind = np.minimum(np.floor(box[:2]) - window[:2], 0)
    ahead = np.maximum(np.ceil(box[2:]) - window[2:], 0)
    moved: NDArray[np.int64] = window + np.tile(behind + ahead, 2).astype(np.int64)
    return moved


def view_of(image: Image, window: NDArray[np.int64], box: Floats, others: Floats) -> Image:
    """What one person's landmarker sees: the window, black where others and no frame are.

    Args:
        image: (H, W, 3) the frame.
        window: (4,) x0, y0, x1, y1 in its pixels, may lie partly outside.
        box: (4,) the person's own.
        others: (N, 4) of everybody else.
    """
    origin = np.tile(window[:2], 2)
    limits = np.array(image.shape[1::-1])
    inside = np.concatenate([window[:2].clip(0, limits), window[2:].clip(0, limits)])
    view = np.zeros((window[3] - window[1], window[2] - window[0], 3), np.uint8)
    _cut(view, inside - origin)[:] = _cut(image, inside)
    own = _cut(view, box - origin).copy()
    for other in others:
        _cut(view, other - origin)[:] = 0
    _cut(view, box - origin)[:] = own
    return view


def _cut(image: Image, box: Floats | NDArray[np.int64]) -> Image:
    x0, y0, x1, y1 = np.rint(np.maximum(box, 0)).astype(int)
    return image[y0:y1, x0:x1]


def _is_inside(point: Floats, box: Floats) -> bool:
    reach = TOLERANCE * (box[2:] - box[:2])
    return bool((point >= box[:2] - reach).all() and (point <= box[2:] + reach).all())
