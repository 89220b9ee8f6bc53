"""What MediaPipe Holistic sees in one picture: its parts as arrays, and as landmarks in pixels.

MediaPipe answers with protobuf messages (its older API) or with plain objects. A face alone is 468
of them, and asking each for its coordinates costs twenty times as much as reading the bytes of
the whole message, so that is done where the bytes are what they should be.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ExtractionError, WeightsError
from signkit.extract.person import Image
from signkit.people.track import Landmarks
from signkit.skeleton import Skeleton

PARTS = ("pose", "face", "left_hand", "right_hand")
POINT = ("x", "y", "z", "visibility")
_RECORD, _FIXED32 = 0x0A, 5
"""Protobuf: the tag of a repeated record in field 1, and the wire type of a float."""

Parts = Mapping[str, NDArray[np.float32]]
"""Part of the skeleton -> (N, 4) x and y as fractions of the picture, z in the scale of x, and
visibility; a part out of sight is missing."""


class Landmarker(Protocol):
    """MediaPipe on one clip, or on one person of a clip."""

    def detect(self, frame: Image, time_s: float) -> Parts:
        """The parts that are in sight."""
        ...

    def close(self) -> None: ...


class Backend(Protocol):
    """One of MediaPipe's APIs with its models."""

    skeleton: Skeleton

    def describe(self) -> dict[str, Any]: ...

    def open(self) -> Landmarker:
        """A landmarker that has seen nothing yet."""
        ...


def detect(landmarker: Landmarker, frame: Image, time_s: float) -> Parts:
    """The parts that are in sight.

    Raises:
        ExtractionError: MediaPipe failed.
    """
    try:
        return landmarker.detect(frame, time_s)
    except RuntimeError as error:
        reason = next(iter(str(error).splitlines()), "no reason given")
        raise ExtractionError(f"MediaPipe failed at {time_s:.2f} s: {reason}") from error


class PartsReader:
    """Turns parts into the landmarks of a skeleton."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        indices = {part: skeleton.part_indices(part) for part in PARTS}
        self._slices = {part: slice(int(i[0]), int(i[-1]) + 1) for part, i in indices.items()}

    def __call__(self, parts: Parts, width_px: int, height_px: int) -> Landmarks:
        """Landmarks in pixels of a picture of that size.

        Raises:
            WeightsError: A part has more or fewer landmarks than the skeleton.
        """
        coords = np.full((self._skeleton.n_landmarks, 3), np.nan, np.float32)
        confidence = np.zeros(self._skeleton.n_landmarks, np.float32)
        for part, points in parts.items():
            where = self._slices[part]
            if len(points) != where.stop - where.start:
                raise WeightsError(
                    f"MediaPipe returned {len(points)} landmarks of the {part}, but skeleton "
                    f"{self._skeleton.name!r} has {where.stop - where.start}"
                )
            coords[where] = points[:, :3]
            confidence[where] = points[:, 3] if part == "pose" else 1.0
        coords *= np.array([width_px, height_px, width_px], np.float32)
        return coords, np.clip(confidence, 0.0, 1.0)


def points_of_message(message: Any) -> NDArray[np.float32]:
    """(N, 4) x, y, z and visibility of a `NormalizedLandmarkList`.

    Its bytes are N records of equal length, each a row of floats with a tag before it; should a
    protobuf ever write them otherwise, the points are asked one by one.
    """
    raw = np.frombuffer(message.SerializeToString(), np.uint8)
    if len(raw) < 2 or len(raw) % (raw[1] + 2) or raw[1] % _FIXED32:
        return points_of_objects(message.landmark)
    records = raw.reshape(-1, raw[1] + 2)
    fields = records[:, 2:].reshape(len(records), -1, _FIXED32)
    tags = np.arange(1, fields.shape[1] + 1) << 3 | _FIXED32  # field 1, 2, 3 ... in order
    heads_fit = (records[:, :2] == (_RECORD, raw[1])).all()
    if not heads_fit or not (fields[..., 0] == tags).all() or len(tags) < 3:
        return points_of_objects(message.landmark)
    values = np.ascontiguousarray(fields[..., 1:]).view("<f4")[..., 0]
    points = np.zeros((len(records), len(POINT)), np.float32)
    n_values = min(values.shape[1], len(POINT))
    points[:, :n_values] = values[:, :n_values]
    return points


def points_of_objects(found: Sequence[Any]) -> NDArray[np.float32]:
    """(N, 4) x, y, z and visibility of landmarks that are objects."""
    rows = [(point.x, point.y, point.z, point.visibility or 0.0) for point in found]
    return np.array(rows, np.float32).reshape(-1, len(POINT))
