"""One clip of one video becomes one pose sequence, or one failure with a reason."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ExtractionError
from signkit.extract.extractor import Extractor
from signkit.extract.quality import Quality
from signkit.extract.video import VideoReader
from signkit.failures import Failure
from signkit.pose import PoseSequence


@dataclass(frozen=True)
class ClipJob:
    """What a worker needs to know of a clip.

    Args:
        clip_id: Name of the clip.
        video: Its file.
        start_s: Begin of the clip in the video, None for its beginning.
        end_s: End, exclusive, None for its end.
        fps: Rate to thin the frames to, None to keep them all.
    """

    clip_id: str
    video: Path
    start_s: float | None = None
    end_s: float | None = None
    fps: float | None = None


@dataclass(frozen=True, eq=False)
class Extracted:
    """The pose of a clip, and how well it went."""

    pose: PoseSequence
    quality: Quality


Outcome = Extracted | Failure
"""A failure's stage is open, extract, detect (no person) or worker (its process died)."""


def find_landmarks(job: ClipJob, extractor: Extractor) -> Outcome:
    """The pose of a clip, or why there is none."""
    started = perf_counter()
    try:
        video = VideoReader(job.video)
    except ExtractionError as error:
        return failure(job, "open", str(error))
    with video:
        try:
            pose = _pose(job, video, extractor)
        except ExtractionError as error:
            return failure(job, "extract", str(error))
    if not pose.seen.any():
        return failure(job, "detect", f"no person found in {pose.n_frames} frames of {job.video}")
    quality = Quality(
        clip_id=job.clip_id,
        n_frames=pose.n_frames,
        n_decoded=video.n_decoded,
        n_expected=video.n_expected,
        n_damaged=video.n_damaged,
        seconds=perf_counter() - started,
        detection=detection_rates(pose),
    )
    return Extracted(pose, quality)


def failure(job: ClipJob, stage: str, reason: str) -> Failure:
    """The failure of a job, its reason squeezed into one line."""
    return Failure(job.clip_id, str(job.video), stage, " ".join(reason.split()))


def detection_rates(pose: PoseSequence) -> dict[str, float]:
    """Part of the skeleton -> fraction of frames in which any landmark of it was seen."""
    seen = pose.seen
    return {
        part: float(seen[:, pose.skeleton.part_indices(part)].any(axis=1).mean())
        for part in pose.skeleton.parts
    }


def _pose(job: ClipJob, video: VideoReader, extractor: Extractor) -> PoseSequence:
    coords: list[NDArray[np.float32]] = []
    confidence: list[NDArray[np.float32]] = []
    times_s: list[float] = []
    height_px = width_px = 0
    for time_s, frame in video.frames(start_s=job.start_s, end_s=job.end_s, fps=job.fps):
        if not times_s:
            height_px, width_px = frame.shape[:2]
            extractor.begin_clip(job.fps or video.fps, width_px, height_px)
        frame_coords, frame_confidence = extractor(frame, time_s)
        coords.append(frame_coords)
        confidence.append(frame_confidence)
        times_s.append(time_s)
    return PoseSequence(
        clip_id=job.clip_id,
        skeleton=extractor.skeleton,
        coords=np.stack(coords),
        confidence=np.stack(confidence),
        fps=min(job.fps or video.fps, video.fps),
        width_px=width_px,
        height_px=height_px,
        time_s=np.array(times_s),
    )
