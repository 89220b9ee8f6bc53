"""Videos become poses: `extract` makes a dataset folder from a folder of videos."""

from signkit.extract.job import ExtractSummary, extract
from signkit.extract.plan import ExtractPlan, plan_extraction
from signkit.extract.progress import Progress, ProgressCallback
from signkit.extract.settings import EXECUTORS, ExtractSettings

EXTRACTORS: dict[str, str] = {
    "dwpose": "signkit.extract.dwpose:DWPoseExtractor",
    "mediapipe": "signkit.extract.mediapipe:MediaPipeExtractor",
}
"""Name -> import path of a factory that takes `ExtractorOptions`; imported only where it runs."""

__all__ = [
    "EXECUTORS",
    "EXTRACTORS",
    "ExtractPlan",
    "ExtractSettings",
    "ExtractSummary",
    "Progress",
    "ProgressCallback",
    "extract",
    "plan_extraction",
]
