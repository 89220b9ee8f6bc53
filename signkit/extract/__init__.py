"""Videos become poses: `extract` makes a dataset folder from a folder of videos."""

from signkit.extract.job import ExtractSummary, extract
from signkit.extract.progress import Progress, ProgressCallback

EXTRACTORS: dict[str, str] = {
    "mediapipe": "signkit.extract.mediapipe:MediaPipeExtractor",
}
"""Name -> import path of a factory that takes the weights; imported only where it runs."""

__all__ = ["EXTRACTORS", "ExtractSummary", "Progress", "ProgressCallback", "extract"]
