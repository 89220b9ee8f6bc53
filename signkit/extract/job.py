"""The extraction job: every clip of a folder of videos becomes a pose in a dataset folder.

Clips are extracted by many processes and finish in any order; they are written in the order of
the clip list, so the dataset does not depend on how many workers there were. The job can be killed
at any moment and started again with the same command: clips in whole shards stay, the rest, at
most about a minute of work, is done again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signkit.dataset import DatasetInfo
from signkit.errors import ExtractionError
from signkit.extract.executors import Executor, LocalExecutor
from signkit.extract.extractor import ExtractorInfo, ExtractorOptions
from signkit.extract.landmarks import ClipJob, Extracted, Outcome
from signkit.extract.output import Output, check_folder, locked, open_output
from signkit.extract.progress import Meter, ProgressCallback
from signkit.extract.quality import summarize_detection
from signkit.extract.sources import Source, find_clips


@dataclass(frozen=True)
class ExtractSummary:
    """What a job did.

    Args:
        n_clips: Clips in the folder or table.
        n_done: Poses made in this run.
        n_skipped: Clips an earlier run had made poses of.
        n_failed: Clips that are listed in `failures.csv`, from this run or earlier.
        n_incomplete: Clips whose video holds fewer frames than it promises; see `quality.parquet`.
        n_frames: Frames processed in this run.
        seconds: Time from the first clip to the end.
        frames_per_s: Rate of this run, all workers together.
        detection: Part of the skeleton -> fraction of the frames of all clips where it was seen.
    """

    n_clips: int
    n_done: int
    n_skipped: int
    n_failed: int
    n_incomplete: int
    n_frames: int
    seconds: float
    frames_per_s: float
    detection: dict[str, float]

    @property
    def any_failed(self) -> bool:
        return self.n_failed > 0


def extract(
    videos: Path,
    out: Path,
    *,
    labels: Path | None = None,
    extractor: str = "mediapipe",
    fps: float | None = None,
    workers: int | None = None,
    weights: Path | None = None,
    retry_failed: bool = False,
    overwrite: bool = False,
    progress: ProgressCallback | None = None,
) -> ExtractSummary:
    """Make, or go on making, the dataset `out` from `videos`.

    Args:
        videos: A folder of videos, one with `clips.csv`, folders named by gloss, or one video.
        out: The dataset folder.
        labels: Clip table to use instead of `videos/clips.csv`.
        extractor: A name from `EXTRACTORS`, or your own as `package.module:factory`.
        fps: Thin the frames to this rate by their times; None keeps all.
        workers: Processes; None for one on each core.
        weights: Model file of the extractor, or its folder.
        retry_failed: Try the clips in `failures.csv` again.
        overwrite: Drop the poses of an earlier run; its clip table stays.
        progress: Told after every clip.

    Raises:
        DatasetError: `videos` holds none, or `out` is something else, of other settings, or full.
        ClipTableError: The clip table breaks a rule.
        WeightsError: The extractor's model is missing.
        KeyboardInterrupt: Ctrl-C; what was finished is written.
    """
    if fps is not None and not fps > 0:
        raise ExtractionError(f"fps is {fps:g}; give a positive number of frames per second")
    if workers is not None and workers < 1:
        raise ExtractionError(f"workers is {workers}; give 1 or more")
    options = ExtractorOptions(weights=weights)
    sources = find_clips(videos, labels=labels)
    with locked(out):
        check_folder(out, overwrite=overwrite)
        n_workers = None if workers is None else min(workers, len(sources))
        with LocalExecutor(extractor, options, n_workers=n_workers) as executor:
            info = _dataset_info(videos, executor.info, fps)
            output = open_output(out, info, sources, overwrite=overwrite)
            return _run(sources, output, executor, fps, retry_failed, progress)


def _run(
    sources: list[Source],
    output: Output,
    executor: Executor,
    fps: float | None,
    retry_failed: bool,
    progress: ProgressCallback | None,
) -> ExtractSummary:
    ids = {source.clip.clip_id for source in sources}
    skipped = ids & output.done
    settled = skipped if retry_failed else skipped | (ids & output.failures.keys())
    jobs = [_clip_job(s, fps) for s in sources if s.clip.clip_id not in settled]
    meter = Meter(len(ids), done=len(settled), failed=len(settled) - len(skipped), report=progress)
    _extract_all(jobs, output, executor, meter)
    table = [output.quality[clip_id] for clip_id in sorted(ids & output.quality.keys())]
    return ExtractSummary(
        n_clips=len(ids),
        n_done=len(ids & output.done) - len(skipped),
        n_skipped=len(skipped),
        n_failed=len(ids & output.failures.keys()),
        n_incomplete=sum(not quality.is_complete for quality in table),
        n_frames=meter.n_frames,
        seconds=meter.seconds,
        frames_per_s=meter.frames_per_s,
        detection=summarize_detection(table),
    )


def _extract_all(jobs: list[ClipJob], output: Output, executor: Executor, meter: Meter) -> None:
    order = _JobOrder()
    try:
        for position, outcome in executor.run(jobs):
            n_frames = outcome.poses[0].n_frames if isinstance(outcome, Extracted) else None
            for ready in order.put(position, outcome):
                output.add(ready)
            meter.count(jobs[position].clip_id, n_frames=n_frames)
    except KeyboardInterrupt:
        executor.close()
        for outcome in order.rest():
            output.add(outcome)
        output.flush()
        raise
    output.flush()


class _JobOrder:
    """Gives back outcomes in the order of the jobs."""

    def __init__(self) -> None:
        self._early: dict[int, Outcome] = {}
        self._next = 0

    def put(self, position: int, outcome: Outcome) -> Iterator[Outcome]:
        self._early[position] = outcome
        while self._next in self._early:
            yield self._early.pop(self._next)
            self._next += 1

    def rest(self) -> list[Outcome]:
        """What came early and still waits for an older clip."""
        return [self._early[position] for position in sorted(self._early)]


def _clip_job(source: Source, fps: float | None) -> ClipJob:
    clip = source.clip
    return ClipJob(clip.clip_id, source.video, clip.start_s, clip.end_s, fps)


def _dataset_info(videos: Path, extractor: ExtractorInfo, fps: float | None) -> DatasetInfo:
    record: dict[str, Any] = {
        "name": extractor.name,
        "version": extractor.version,
        "weights_sha256": extractor.weights_sha256,
        "options": {**extractor.options, "fps": fps},
    }
    return DatasetInfo(
        name=videos.resolve().stem,
        skeleton=extractor.skeleton,
        extractor=json.loads(json.dumps(record)),
        source=str(videos),
    )
