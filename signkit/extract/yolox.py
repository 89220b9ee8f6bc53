"""YOLOX on ONNX Runtime: the people in pictures.

Source: Ge et al. 2021, arXiv:2107.08430; constants as DWPose's and rtmlib's inference use them.
A picture is scaled to fit the model's square, at its top left on a grey canvas, and goes in as
BGR from 0 to 255 without mean or deviation: YOLOX and the models that OpenMMLab trained read their
pictures with OpenCV. Three kinds of answer are understood, told apart by their shapes:

- (N, A, 5 + classes), the raw answer of A grid cells, decoded here;
- (N, M, 5), boxes and confidence of a model that has the suppression inside;
- the same with the classes (N, M) beside it, as OpenMMLab exports it.

Departure: DWPose suppresses what overlaps among the boxes above 0.1 and then drops those up to
0.3. A box can only be suppressed by a better one, so dropping them first gives the same boxes.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from signkit.errors import WeightsError
from signkit.extract.extractor import ExtractorOptions
from signkit.extract.person import Image
from signkit.extract.runtime import Arrays, Session, open_session
from signkit.extract.weights import require_weights

DETECTOR_FILES = (
    "yolox_l.onnx",
    "yolox_m_8xb8-300e_humanart-c2c7a14a.onnx",
    "yolox_tiny_8xb8-300e_humanart-6f3252f9.onnx",
    "yolox_nano.onnx",
)
"""The detectors signkit knows, the best first."""

MIN_CONFIDENCE = 0.3
MAX_OVERLAP = 0.45
PERSON = 0
STRIDES = (8, 16, 32)
CANVAS = 114
N_BOX = 5  # box and objectness, or box and confidence


def find_detector(options: ExtractorOptions) -> "YoloxDetector":
    """The best detector whose file is in `options.weights` or one of the usual places.

    Raises:
        WeightsError: There is none, or it is damaged.
    """
    path = require_weights(DETECTOR_FILES, explicit=options.weights)
    return YoloxDetector(open_session(path, device=options.device, allow_cpu=options.allow_cpu))


class YoloxDetector:
    """YOLOX as a `Detector`.

    Raises:
        WeightsError: The model answers in none of the three ways.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._cells = _grid_cells(session.width_px, session.height_px)
        self._is_raw = self._answers_raw(session.probe())

    def describe(self) -> dict[str, Any]:
        """What decides about a box, as JSON values."""
        return {
            "detector": self.session.path.name,
            "detector_input": [self.session.width_px, self.session.height_px],
            "detector_device": self.session.device,
            "detector_channels": "bgr",
            "detector_min_confidence": MIN_CONFIDENCE,
            "detector_max_overlap": MAX_OVERLAP,
        }

    def __call__(self, images: Sequence[Image]) -> list[NDArray[np.float32]]:
        """For each picture (N, 5): x0, y0, x1, y1 in pixels and confidence, best first."""
        step = self.session.max_batch
        return [
            people
            for start in range(0, len(images), step)
            for people in self._detect(images[start : start + step])
        ]

    def _detect(self, images: Sequence[Image]) -> list[NDArray[np.float32]]:
        width, height = self.session.width_px, self.session.height_px
        canvas = np.full((len(images), 3, height, width), CANVAS, np.float32)
        scales = [_letterbox(image, out) for image, out in zip(images, canvas, strict=True)]
        outputs = self.session(canvas)
        return [
            self._people([output[i] for output in outputs], scale) for i, scale in enumerate(scales)
        ]

    def _people(self, answer: Arrays, scale: float) -> NDArray[np.float32]:
        found = _decode(answer[0], self._cells) if self._is_raw else _persons(*answer)
        found[:, :4] /= scale
        found = found[np.argsort(-found[:, 4], kind="stable")]
        return found[not_suppressed(found)] if self._is_raw else found

    def _answers_raw(self, outputs: Arrays) -> bool:
        shapes = [output.shape for output in outputs]
        match shapes:
            case [(1, n_cells, n_values)] if n_cells == len(self._cells) and n_values > N_BOX:
                return True
            case [(1, _, 5)]:
                return False
            case [(1, n_boxes, 5), (1, n_labels)] if n_boxes == n_labels:
                return False
        raise WeightsError(
            f"{self.session.path} answers with shapes {shapes}; expected a YOLOX detector: "
            f"(1, {len(self._cells)}, 85), or (1, N, 5) with or without labels (1, N)"
        )


def not_suppressed(people: NDArray[np.float32]) -> NDArray[np.int64]:
    """Positions of the boxes that no better kept box overlaps by more than 0.45.

    Overlap is intersection over union, a box from pixel 2 to pixel 4 being 3 wide.

    Args:
        people: (N, 5) x0, y0, x1, y1 in pixels and confidence, best first.
    """
    low, high = people[:, :2], people[:, 2:4]
    area = np.prod(high - low + 1, axis=1)
    kept, left = [], np.arange(len(people))
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        sides = np.minimum(high[best], high[left]) - np.maximum(low[best], low[left]) + 1
        shared = np.prod(np.maximum(sides, 0), axis=1)
        left = left[shared / (area[best] + area[left] - shared) <= MAX_OVERLAP]
    return np.array(kept, np.int64)


def _letterbox(image: Image, out: NDArray[np.float32]) -> float:
    """Scale the picture into the top left of a (3, H, W) canvas, as BGR; returns the scale."""
    height, width = image.shape[:2]
    scale = min(out.shape[1] / height, out.shape[2] / width)
    size = max(1, int(width * scale)), max(1, int(height * scale))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    out[:, : size[1], : size[0]] = scaled[..., ::-1].transpose(2, 0, 1)
    return scale


def _grid_cells(width: int, height: int) -> NDArray[np.float32]:
    """(A, 3) x, y and stride of the cells that a raw answer speaks of, x fastest."""
    cells = [
        (x, y, stride)
        for stride in STRIDES
        for y in range(height // stride)
        for x in range(width // stride)
    ]
    return np.array(cells, np.float32)


def _decode(answer: NDArray[np.float32], cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """People (N, 5) in the model's pixels from a raw answer (A, 5 + classes), in any order."""
    confidence = answer[:, 4] * answer[:, N_BOX + PERSON]
    sure = confidence > MIN_CONFIDENCE
    answer, (x, y, stride) = answer[sure], cells[sure].T
    centre = (answer[:, :2] + np.stack((x, y), axis=1)) * stride[:, None]
    half = np.exp(answer[:, 2:4]) * stride[:, None] / 2
    return np.concatenate((centre - half, centre + half, confidence[sure, None]), axis=1)


def _persons(
    boxes: NDArray[np.float32], labels: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """People (N, 5) in the model's pixels from boxes (M, 5) and perhaps their classes (M,)."""
    sure = boxes[:, 4] > MIN_CONFIDENCE
    return boxes[sure if labels is None else sure & (labels == PERSON)]
