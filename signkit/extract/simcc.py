"""Top-down SimCC nets (DWPose, RTMPose, RTMW) on ONNX Runtime: 133 landmarks for each box.

The box, a quarter larger and of the model's shape, becomes the model's picture (RGB); the model
answers with a likelihood for every half pixel along x and along y, and the landmark lies where
both are largest. Source: Li et al. 2022 (SimCC), arXiv:2107.03332; Yang et al. 2023 (DWPose),
arXiv:2307.15880; crop and constants as in MMPose's `TopdownAffine` and DWPose's inference.

Departures: DWPose and rtmlib run box by box and hand pictures over as their caller read them, BGR
in their examples; here boxes of several frames run together, always as RGB, the order of the
model's mean. Without a box there is no picture, where they would take the whole frame.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from signkit.errors import WeightsError
from signkit.extract.person import Crop, Image
from signkit.extract.runtime import Session
from signkit.people.track import Landmarks
from signkit.skeletons.coco_wholebody import COCO_WHOLEBODY_133

BOX_SCALE = 1.25
SPLITS_PER_PIXEL = 2
MEAN = np.array((123.675, 116.28, 103.53), np.float32)  # of RGB
DEVIATION = np.array((58.395, 57.12, 57.375), np.float32)

SIMCC_MIN, SIMCC_MEAN = "simcc_min", "simcc_mean"

Floats = NDArray[np.float32]
Window = tuple[Floats, Floats]
"""(2,) centre and (2,) size, in pixels of the frame."""


class SimccPoser:
    """A SimCC net as a `Poser`; it looks at every crop by itself.

    Args:
        session: The net.
        score: How the maxima along x and y become one confidence: `simcc_min`, the smaller, or
            `simcc_mean`, their mean. They are likelihoods that the net learned, not
            probabilities; what exceeds 1, up to about 1.1, is kept as 1.

    Raises:
        WeightsError: The net does not answer with 133 landmarks along x and y.
    """

    skeleton = COCO_WHOLEBODY_133
    needs_person = False

    def __init__(self, session: Session, *, score: str) -> None:
        self.session = session
        self._score = score
        self._size: Floats = np.array((session.width_px, session.height_px), np.float32)
        self._check()

    def describe(self) -> dict[str, Any]:
        """What decides about a landmark, as JSON values."""
        return {
            "pose": self.session.path.name,
            "pose_input": [self.session.width_px, self.session.height_px],
            "pose_device": self.session.device,
            "pose_channels": "rgb",
            "pose_box_scale": BOX_SCALE,
            "confidence": self._score,
        }

    def begin_clip(self, fps: float, width_px: int, height_px: int) -> None:
        """Nothing is kept from clip to clip."""

    def __call__(self, crops: Sequence[Crop]) -> list[Landmarks]:
        """The landmarks of each crop, in pixels of its whole frame."""
        step = self.session.max_batch
        return [
            landmarks
            for start in range(0, len(crops), step)
            for landmarks in self._find(crops[start : start + step])
        ]

    def _find(self, crops: Sequence[Crop]) -> list[Landmarks]:
        windows = [window_around(crop.box, self._size) for crop in crops]
        pictures = [
            model_picture(crop.image, window, self._size)
            for crop, window in zip(crops, windows, strict=True)
        ]
        along_x, along_y = self.session(np.stack(pictures))
        places, confidence = decode(along_x, along_y, score=self._score)
        return [
            (self._in_frame(place, window), sure)
            for place, sure, window in zip(places, confidence, windows, strict=True)
        ]

    def _in_frame(self, places: Floats, window: Window) -> Floats:
        """Places (L, 2) in the model's picture as pixels of the frame."""
        centre, size = window
        return places / self._size * size + centre - size / 2

    def _check(self) -> None:
        width, height = (SPLITS_PER_PIXEL * int(side) for side in self._size)
        n_landmarks = self.skeleton.n_landmarks
        expected = [(1, n_landmarks, width), (1, n_landmarks, height)]
        shapes = [output.shape for output in self.session.probe()]
        if shapes != expected:
            raise WeightsError(
                f"{self.session.path} answers with shapes {shapes}; expected a whole-body SimCC "
                f"net: {expected}"
            )


def window_around(box: Floats, size: Floats) -> Window:
    """The part of the frame that the model looks at: the box, enlarged, in the model's shape.

    Args:
        box: (4,) x0, y0, x1, y1 in pixels; it may leave the frame.
        size: (2,) width and height of the model's picture.

    Returns:
        (2,) centre and (2,) size in pixels of the frame.
    """
    width, height = np.maximum(box[2:] - box[:2], 1) * np.float32(BOX_SCALE)
    aspect = size[0] / size[1]
    if width > height * aspect:
        height = width / aspect
    else:
        width = height * aspect
    return (box[:2] + box[2:]) / 2, np.array((width, height), np.float32)


def model_picture(image: Image, window: Window, size: Floats) -> Floats:
    """The window as the model's normalised picture (3, H, W); black where it leaves the frame."""
    centre, (width, _) = window
    cut = cv2.warpAffine(
        image,
        cv2.getAffineTransform(_three_points(centre, width), _three_points(size / 2, size[0])),
        (int(size[0]), int(size[1])),
        flags=cv2.INTER_LINEAR,
    )
    picture: Floats = ((cut - MEAN) / DEVIATION).transpose(2, 0, 1)
    return picture


def _three_points(centre: Floats, width: np.float32) -> Floats:
    """What fixes MMPose's map: the centre, half a width above it, and as far to the left of that.

    The steps are rounded as MMPose rounds them: OpenCV resamples in 1/32 px, where a last bit
    decides between two neighbours.
    """
    above = centre - np.array((0, width / 2), np.float32)
    left = above - np.array((centre[1] - above[1], 0), np.float32)
    return np.stack((centre, above, left))


def decode(along_x: Floats, along_y: Floats, *, score: str) -> tuple[Floats, Floats]:
    """The places where both likelihoods are largest.

    Args:
        along_x: (B, L, 2 W) likelihood for each half pixel of the model's picture.
        along_y: (B, L, 2 H), likewise.
        score: `simcc_min` or `simcc_mean`, of the two maxima.

    Returns:
        (B, L, 2) pixels of the model's picture, NaN where the score is not above 0; (B, L)
        confidence, the score cut to [0, 1].
    """
    places = np.stack((along_x.argmax(axis=2), along_y.argmax(axis=2)), axis=2) / SPLITS_PER_PIXEL
    maxima = np.stack((along_x.max(axis=2), along_y.max(axis=2)))
    confidence = maxima.min(axis=0) if score == SIMCC_MIN else maxima.mean(axis=0)
    places[confidence <= 0] = np.nan
    return places.astype(np.float32), np.clip(confidence, 0.0, 1.0)
