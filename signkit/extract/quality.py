"""How well each clip went: one row a clip in `quality.parquet`.

The table is small, so it is rewritten whole, atomically, before a shard is published.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from signkit.errors import DatasetError
from signkit.files import atomic_path

COMPLETE_FRACTION = 0.98
_RATE = "rate_"


@dataclass(frozen=True)
class Quality:
    """How well the extraction of one clip went.

    Args:
        clip_id: Name of the clip.
        n_frames: Frames with a pose, after thinning to a rate.
        n_decoded: Frames decoded in the clip's window.
        n_expected: Frames the container promised there; None where it promises nothing.
        n_damaged: Packets that could not be decoded.
        seconds: Time the clip took.
        detection: Part of the skeleton -> fraction of frames where any of it was seen.
    """

    clip_id: str
    n_frames: int
    n_decoded: int
    n_expected: int | None
    n_damaged: int
    seconds: float
    detection: dict[str, float]

    @property
    def is_complete(self) -> bool:
        """False where the video held clearly fewer frames than its container promises."""
        return self.n_expected is None or self.n_decoded >= COMPLETE_FRACTION * self.n_expected


def read_quality(path: Path) -> dict[str, Quality]:
    """Clip id -> quality; nothing where there is no file.

    Raises:
        DatasetError: The file is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return {}
    try:
        rows = pq.read_table(path).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(
            f"{path} is truncated or damaged; delete it and run the same command again"
        ) from error
    return {row["clip_id"]: _quality(row) for row in rows}


def write_quality(path: Path, table: Iterable[Quality]) -> None:
    """Write the quality table: one row a clip, one `rate_...` column a part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [_row(quality) for quality in table]
    if not rows:
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows), temporary)


def _row(quality: Quality) -> dict[str, Any]:
    row = asdict(quality)
    rates = row.pop("detection")
    return {**row, **{f"{_RATE}{part}": rate for part, rate in rates.items()}}


def _quality(row: dict[str, Any]) -> Quality:
    rates = {k.removeprefix(_RATE): v for k, v in row.items() if k.startswith(_RATE)}
    return Quality(**{k: v for k, v in row.items() if not k.startswith(_RATE)}, detection=rates)


def summarize_detection(table: Sequence[Quality]) -> dict[str, float]:
    """Part -> fraction of all frames in which it was seen."""
    n_frames = sum(quality.n_frames for quality in table)
    parts = table[0].detection if table else {}
    return {
        part: sum(q.detection.get(part, 0.0) * q.n_frames for q in table) / n_frames
        for part in parts
    }
