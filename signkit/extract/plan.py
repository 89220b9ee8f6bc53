"""What a job would do, without doing it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from signkit.errors import ExtractionError
from signkit.extract.destination import looked_at
from signkit.extract.folder import check_settings, with_annotations
from signkit.extract.job import dataset_info, own_share
from signkit.extract.output import INFO
from signkit.extract.remote import is_url
from signkit.extract.settings import ExtractSettings, make_executor
from signkit.extract.sources import Source, find_clips
from signkit.extract.video import VideoReader
from signkit.failures import failures_of
from signkit.skeleton import Skeleton

N_SAMPLED = 200
PACKED = 0.28
"""Size of a shard as a share of raw float32, as measured on real landmarks."""


@dataclass(frozen=True)
class ExtractPlan:
    """What a job would do.

    Args:
        n_clips: Clips in the folder or table, or in the job's part of it.
        n_done: Of these, clips that have poses.
        n_failed: Clips listed as failures that would not be tried again.
        n_to_do: Clips that would be extracted.
        n_missing: Of these, clips whose video is not there, as far as can be told.
        hours: Length of the clips to do, extrapolated from up to 200 of them; 0 for URLs.
        n_frames: Their frames, likewise.
        gigabytes: Size of their shards, likewise.
        extractor: Name, version, weights and options.
    """

    n_clips: int
    n_done: int
    n_failed: int
    n_to_do: int
    n_missing: int
    hours: float
    n_frames: int
    gigabytes: float
    extractor: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self)


def plan_extraction(
    videos: Path | str,
    out: Path | str,
    settings: ExtractSettings | None = None,
    *,
    labels: Path | None = None,
    retry_failed: bool = False,
    overwrite: bool = False,
) -> ExtractPlan:
    """What `extract` would do with these arguments; writes nothing.

    Raises:
        SignkitError: Whatever would stop the job before its first clip.
    """
    settings, labels = with_annotations(Path(out), settings or ExtractSettings(), labels)
    sources = own_share(find_clips(videos, labels=labels), settings)
    with make_executor(settings, n_clips=1) as executor:
        extractor = executor.info
    info = dataset_info(videos, extractor, settings)
    ids = {source.clip.clip_id for source in sources}
    with looked_at(out, overwrite=overwrite) as place:
        if (place.folder / INFO).is_file() and not overwrite:
            check_settings(place.folder, info)
        done = ids & place.stored.clip_ids
        failed = set() if overwrite else ids & failures_of(place.folder).keys() - done
    settled = done if retry_failed else done | failed
    to_do = [source for source in sources if source.clip.clip_id not in settled]
    seconds, n_frames = _extent(to_do, settings.fps)
    return ExtractPlan(
        n_clips=len(ids),
        n_done=len(done),
        n_failed=len(settled - done),
        n_to_do=len(to_do),
        n_missing=sum(_is_missing(source) for source in to_do),
        hours=seconds / 3600,
        n_frames=n_frames,
        gigabytes=n_frames * _bytes_per_frame(extractor.skeleton) / 1e9,
        extractor=info.extractor,
    )


def _is_missing(source: Source) -> bool:
    return not is_url(source.video) and not Path(source.video).exists()


def _extent(sources: Sequence[Source], fps: float | None) -> tuple[float, int]:
    """Seconds and frames of the clips, extrapolated from evenly spread ones by their headers."""
    step = max(1, len(sources) // N_SAMPLED)
    sample = [_promised(source, fps) for source in sources[::step]]
    seconds, frames = (sum(column) for column in zip((0.0, 0.0), *sample, strict=True))
    scale = len(sources) / max(len(sample), 1)
    return seconds * scale, round(frames * scale)


def _promised(source: Source, fps: float | None) -> tuple[float, float]:
    if is_url(source.video):  # its header alone would take a download
        return 0.0, 0.0
    try:
        with VideoReader(Path(source.video)) as video:
            length_s, rate = video.duration_s or 0.0, video.declared_fps or 0.0
    except ExtractionError:
        return 0.0, 0.0
    end_s = length_s if source.clip.end_s is None else min(source.clip.end_s, length_s)
    seconds = max(end_s - (source.clip.start_s or 0.0), 0.0)
    return seconds, seconds * min(fps or rate, rate)


def _bytes_per_frame(skeleton: Skeleton) -> float:
    return PACKED * 4 * skeleton.n_landmarks * (skeleton.n_dims + 1)
