"""DWPose and RTMW as an `Extractor`: YOLOX finds people, a SimCC net their 133 landmarks.

Source: Yang et al. 2023 (DWPose), arXiv:2307.15880; Jiang et al. 2024 (RTMW), arXiv:2407.08634.
Both nets run on ONNX Runtime, batched over frames and people; see `yolox` and `simcc`.
"""

from typing import Any

from signkit.extract.extractor import ExtractorOptions
from signkit.extract.people import follow_people
from signkit.extract.person import Frames
from signkit.extract.runtime import onnxruntime_version, open_session
from signkit.extract.simcc import SIMCC_MEAN, SIMCC_MIN, SimccPoser
from signkit.extract.weights import require_weights
from signkit.extract.yolox import find_detector
from signkit.files import sha256_of
from signkit.people.track import Track
from signkit.skeletons.coco_wholebody import COCO_WHOLEBODY_133

POSE_FILES = {
    "dw-ll_ucoco_384.onnx": SIMCC_MIN,
    "rtmw-dw-x-l_simcc-cocktail14_270e-384x288_20231122.onnx": SIMCC_MEAN,
    "rtmw-dw-x-l_simcc-cocktail14_270e-256x192_20231122.onnx": SIMCC_MEAN,
    "rtmw-dw-l-m_simcc-cocktail14_270e-256x192_20231122.onnx": SIMCC_MEAN,
}
"""The pose nets signkit knows, the first one that is found is used -> the score its authors use."""

PIPELINE = "1"
"""Goes up when the same weights give other landmarks."""


def find_poser(options: ExtractorOptions) -> SimccPoser:
    """The best pose net whose file is in `options.weights` or one of the usual places.

    Raises:
        WeightsError: There is none, or it is damaged.
    """
    path = require_weights(tuple(POSE_FILES), explicit=options.weights)
    session = open_session(path, device=options.device, allow_cpu=options.allow_cpu)
    return SimccPoser(session, score=POSE_FILES[path.name])


class DWPoseExtractor:
    """DWPose or RTMW, whichever pose net is there, on the people that YOLOX finds.

    Args:
        options: `weights` is the folder of both nets; None looks in the usual places.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        WeightsError: A net is missing, damaged or another one.
        ExtractionError: The device cannot be used.
    """

    name = "dwpose"
    skeleton = COCO_WHOLEBODY_133

    def __init__(self, options: ExtractorOptions) -> None:
        self._detect_every = options.detect_every
        self._detector = find_detector(options)
        self._poser = find_poser(options)
        self.version = f"{PIPELINE} (onnxruntime {onnxruntime_version()})"

    def describe(self) -> dict[str, Any]:
        """Both nets and all constants; the devices too, since CPU and GPU differ in the last bits.

        A job that began on a GPU is therefore not continued on a CPU unasked.
        """
        return {
            "weights_sha256": sha256_of(self._detector.session.path, self._poser.session.path),
            "options": {
                "detect_every": self._detect_every,
                **self._detector.describe(),
                **self._poser.describe(),
            },
        }

    def __call__(self, frames: Frames) -> list[Track]:
        """Everybody whom the detector saw; a frame in which it saw nobody has no landmarks."""
        return follow_people(
            frames, detector=self._detector, poser=self._poser, detect_every=self._detect_every
        )

    def close(self) -> None:
        """The models are freed with the extractor."""
