"""How well each clip was extracted, and from what: one row a clip in `quality.parquet`.

`quality.parquet` is a folder of Parquet files, one beside each shard under the shard's name, and
`pandas.read_parquet` reads it as one table. So a job never writes a row twice, however many there
are, and the outputs of several machines are merged by copying files.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signkit.errors import DatasetError
from signkit.files import atomic_path
from signkit.measures import PoseMeasures
from signkit.shard import shard_paths

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

QUALITY = "quality.parquet"
COMPLETE_FRACTION = 0.98


@dataclass(frozen=True)
class Provenance:
    """What the landmarks of a clip were made from, and by what.

    Args:
        source_sha256: Of the video file, or of the pictures of a sequence in their order.
        source_fps: Rate the video declares; None where it declares none.
        source_width_px, source_height_px: Size as stored, before rotation.
        rotation_deg: How far the pictures were turned, counter-clockwise.
        is_mirrored: Left and right of the pictures were exchanged before.
        is_interlaced: Pictures were made of two fields.
        codec: FFmpeg's name of it.
        extractor, extractor_version, weights_sha256: As in `dataset.json`.
        options: All other settings, as JSON.
    """

    source_sha256: str = ""
    source_fps: float | None = None
    source_width_px: int = 0
    source_height_px: int = 0
    rotation_deg: int = 0
    is_mirrored: bool = False
    is_interlaced: bool = False
    codec: str = ""
    extractor: str = ""
    extractor_version: str = ""
    weights_sha256: str = ""
    options: str = "{}"


@dataclass(frozen=True)
class Quality:
    """How well the extraction of one clip went.

    Args:
        clip_id: Name of the clip.
        measures: What the landmarks themselves tell.
        n_decoded: Frames decoded in the clip's window, before any thinning.
        n_expected: Frames the container promised there; None where it promises nothing.
        n_damaged: Packets that could not be decoded.
        track_id: Which of the people in the clip became the pose, in the extractor's order.
        n_others: Other people in the clip.
        n_switches: How often the track seems to have jumped from one person to another.
        missing_share: Part of the clip's frames in which nothing of the person was seen, 0 to 1.
        provenance: What the landmarks were made from.
    """

    clip_id: str
    measures: PoseMeasures
    n_decoded: int
    n_expected: int | None = None
    n_damaged: int = 0
    track_id: int = 0
    n_others: int = 0
    n_switches: int = 0
    missing_share: float = 0.0
    provenance: Provenance = Provenance()

    @property
    def is_complete(self) -> bool:
        """False where the video held clearly fewer frames than its container promises."""
        return self.n_expected is None or self.n_decoded >= COMPLETE_FRACTION * self.n_expected


def read_quality(dataset: Path) -> dict[str, Quality]:
    """Clip id -> quality, for the clips that whole shards hold; empty where nothing is known.

    Raises:
        DatasetError: A file is damaged.
    """
    shards = {path.name for path in shard_paths(dataset / "poses")}
    rows = (row for file in _files(dataset, shards) for row in _read(file).to_pylist())
    return {row["clip_id"]: _quality(row) for row in rows}


def quality_table(dataset: Path) -> "pd.DataFrame":
    """The same as one table: a row a clip, without provenance and without an object for each.

    Raises:
        DatasetError: A file is damaged.
    """
    import pandas as pd

    shards = {path.name for path in shard_paths(dataset / "poses")}
    tables = [_read(file).drop_columns(_ORIGIN).to_pandas() for file in _files(dataset, shards)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"clip_id": []})


def write_quality(dataset: Path, shard_name: str, table: Sequence[Quality]) -> Path:
    """Write the rows that belong to one shard, whole or not at all.

    Args:
        dataset: The dataset folder.
        shard_name: File name of the shard.
        table: Its clips.

    Returns:
        The file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [_row(quality) for quality in table]
    path = dataset / QUALITY / shard_name
    with atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=_schema(rows[0])), temporary)
    return path


@dataclass(frozen=True)
class QualitySummary:
    """What the quality rows of a dataset say together.

    Args:
        n_incomplete: Clips whose video held clearly fewer frames than its container promises.
        detection: Part of the skeleton -> fraction of all frames in which it was seen.
    """

    n_incomplete: int
    detection: dict[str, float]


def summarize_quality(dataset: Path, shard_names: Collection[str]) -> QualitySummary:
    """Sums over the quality rows of the given shards, without an object for each."""
    n_incomplete = n_frames = 0
    frames_with: dict[str, float] = {}
    for file in _files(dataset, shard_names):
        frame = _read(file).to_pandas()
        n_incomplete += int((frame["n_decoded"] < COMPLETE_FRACTION * frame["n_expected"]).sum())
        n_frames += int(frame["n_frames"].sum())
        for column in (c for c in frame.columns if c.startswith(_RATE)):
            part = column.removeprefix(_RATE)
            seen = float((frame[column] * frame["n_frames"]).sum())
            frames_with[part] = frames_with.get(part, 0.0) + seen
    detection = {part: frames / max(n_frames, 1) for part, frames in frames_with.items()}
    return QualitySummary(n_incomplete, detection)


_RATE = "rate_"
_OWN = tuple(f.name for f in fields(Quality) if f.name not in ("measures", "provenance"))
_ORIGIN = [f.name for f in fields(Provenance)]


_WHOLE_NUMBERS = re.compile(r"n_|gaps_|track_id|rotation_deg|.*_px$")
_TEXTS = ("clip_id", *(f.name for f in fields(Provenance) if f.type is str))


def _schema(row: Mapping[str, Any]) -> "pa.Schema":
    """The same types in every file, also where a column of one is all unknown."""
    import pyarrow as pa

    def kind(name: str) -> "pa.DataType":
        if name in _TEXTS:
            return pa.string()
        if name.startswith("is_"):
            return pa.bool_()
        return pa.int64() if _WHOLE_NUMBERS.match(name) and name != "face_px" else pa.float64()

    return pa.schema([(name, kind(name)) for name in row])


def _files(dataset: Path, shard_names: Collection[str]) -> Iterator[Path]:
    """The quality files whose shard is there; a killed run may leave one without."""
    for file in sorted((dataset / QUALITY).glob("shard-*.parquet")):
        if file.name in shard_names:
            yield file


def _read(file: Path) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(
            f"{file} is truncated or damaged; delete it: its clips stay, and are measured again "
            "from their landmarks"
        ) from error


def _row(quality: Quality) -> dict[str, Any]:
    own = {name: getattr(quality, name) for name in _OWN}
    return {**own, **quality.measures.to_row(), **asdict(quality.provenance)}


def _quality(row: dict[str, Any]) -> Quality:
    return Quality(
        measures=PoseMeasures.from_row(row),
        provenance=Provenance(**{name: row[name] for name in _ORIGIN if name in row}),
        **{name: row[name] for name in _OWN if name in row},
    )
