"""Pose shards: Parquet files that hold landmarks only, keyed by clip id.

A row is up to 512 frames of one clip, a row group is one row, so any clip or time window is read
alone. `coords` is flattened from (C, L, T): neighbouring numbers are the same landmark at
neighbouring times, which byte-stream split and zstd turn into about a quarter of raw float32.
Pixels are rounded to 1/16, confidence to 1/256; NaN is unseen. The schema version and the skeleton
are in the file's metadata, so a shard explains itself without its dataset.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from signkit.errors import ShardError
from signkit.files import atomic_path
from signkit.pose import PoseSequence, concatenate
from signkit.skeleton import Skeleton

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

SCHEMA = "signkit.shard/1"
FRAMES_PER_ROW = 512
STEPS_PER_PX = 16
CONFIDENCE_STEPS = 256
_FLOATS = ("coords", "confidence", "time_s")


@dataclass(frozen=True)
class RowRef:
    """Where one piece of a clip lies: file, row group, its frames in the clip, their rate."""

    path: Path
    row_group: int
    first_frame: int
    n_frames: int
    fps: float


def shard_path(poses_folder: Path, number: int) -> Path:
    """The name of shard `number`."""
    return poses_folder / f"shard-{number:05d}.parquet"


def shard_paths(poses_folder: Path) -> list[Path]:
    """All whole shards of a folder, in order."""
    return sorted(poses_folder.glob("shard-*.parquet"))


def write_shard(path: Path, poses: Sequence[PoseSequence]) -> None:
    """Write the poses to one shard, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not poses:
        raise ShardError(f"no poses to write to {path}")
    skeleton = poses[0].skeleton
    metadata = {
        b"signkit.schema": SCHEMA.encode(),
        b"signkit.skeleton": json.dumps(skeleton.to_json()).encode(),
    }
    schema = _schema().with_metadata(metadata)
    with (
        atomic_path(path) as temporary,
        pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=False,
            use_byte_stream_split=[f"{name}.list.element" for name in _FLOATS],
            write_statistics=False,
        ) as writer,
    ):
        for pose in poses:
            if pose.skeleton.landmarks != skeleton.landmarks:
                raise ShardError(
                    f"clip {pose.clip_id!r} has skeleton {pose.skeleton.name!r}, but the shard "
                    f"{path} "
                    f"holds {skeleton.name!r}; one dataset has one skeleton"
                )
            for row in _rows(pose):
                writer.write_table(pa.Table.from_pylist([row], schema=schema))


class ShardWriter:
    """Collects poses and publishes a whole shard whenever enough of them are there.

    Args:
        folder: The `poses` folder of a dataset.
        first_shard: Number of the first shard to write.
        clips_per_shard: A shard is published after this many clips.
    """

    def __init__(self, folder: Path, *, first_shard: int = 0, clips_per_shard: int = 256) -> None:
        self._folder = folder
        self._next = first_shard
        self._clips_per_shard = clips_per_shard
        self._waiting: list[PoseSequence] = []

    def add(self, pose: PoseSequence) -> None:
        """Take one clip; may publish a shard."""
        self._waiting.append(pose)
        if len(self._waiting) >= self._clips_per_shard:
            self.flush()

    def flush(self) -> None:
        """Publish what is waiting."""
        if self._waiting:
            write_shard(shard_path(self._folder, self._next), self._waiting)
            self._next += 1
            self._waiting = []

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.flush()


def shard_index(path: Path) -> Iterator[tuple[str, RowRef]]:
    """(clip id, place) of every row of a shard, without reading landmarks.

    Raises:
        ShardError: The file is truncated, damaged or of another version.
    """
    with _open(path) as file:
        columns = file.read(
            columns=["clip_id", "first_frame", "n_frames", "fps"], use_threads=False
        )
        if len(columns) != file.num_row_groups:
            raise ShardError(
                f"{path} holds {len(columns)} rows in {file.num_row_groups} row groups"
            )
        rows = zip(*(columns.column(i).to_pylist() for i in range(4)), strict=True)
        for group, (clip_id, first_frame, n_frames, fps) in enumerate(rows):
            yield clip_id, RowRef(path, group, first_frame, n_frames, fps)


def shard_clip_ids(path: Path) -> list[str]:
    """The ids of the clips in a shard, in order."""
    return list(dict.fromkeys(clip_id for clip_id, _ in shard_index(path)))


def shard_skeleton(path: Path) -> Skeleton:
    """The skeleton that a shard carries."""
    with _open(path) as file:
        return Skeleton.from_json(json.loads(file.schema_arrow.metadata[b"signkit.skeleton"]))


def read_rows(rows: Iterable[RowRef], skeleton: Skeleton) -> PoseSequence:
    """The pose that the given rows, in order, make up together."""
    pieces = []
    for row in rows:
        with _open(row.path) as file:
            table = _read(file, row.path, row.row_group)
        pieces.append(_pose(table, skeleton))
    return concatenate(pieces)


def read_shard(path: Path) -> Iterator[PoseSequence]:
    """Every pose of a shard, in order."""
    skeleton = shard_skeleton(path)
    with _open(path) as file:
        pieces: list[PoseSequence] = []
        for group in range(file.num_row_groups):
            piece = _pose(_read(file, path, group), skeleton)
            if pieces and piece.clip_id != pieces[0].clip_id:
                yield concatenate(pieces)
                pieces = []
            pieces.append(piece)
        if pieces:
            yield concatenate(pieces)


def _schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("clip_id", pa.string(), nullable=False),
            pa.field("part", pa.int32(), nullable=False),
            pa.field("first_frame", pa.int32(), nullable=False),
            pa.field("n_frames", pa.int32(), nullable=False),
            pa.field("fps", pa.float64(), nullable=False),
            pa.field("width_px", pa.int32(), nullable=False),
            pa.field("height_px", pa.int32(), nullable=False),
            pa.field("time_s", pa.list_(pa.float64()), nullable=False),
            pa.field("coords", pa.list_(pa.float32()), nullable=False),
            pa.field("confidence", pa.list_(pa.float32()), nullable=False),
        ]
    )


def _rows(pose: PoseSequence) -> Iterator[dict[str, Any]]:
    for part, first in enumerate(range(0, max(pose.n_frames, 1), FRAMES_PER_ROW)):
        frames = slice(first, first + FRAMES_PER_ROW)
        coords = np.round(pose.coords[frames].transpose(2, 1, 0) * STEPS_PER_PX) / STEPS_PER_PX
        confidence = np.round(pose.confidence[frames].T * CONFIDENCE_STEPS) / CONFIDENCE_STEPS
        yield {
            "clip_id": pose.clip_id,
            "part": part,
            "first_frame": first,
            "n_frames": coords.shape[-1],
            "fps": pose.fps,
            "width_px": pose.width_px,
            "height_px": pose.height_px,
            "time_s": pose.time_s[frames],
            "coords": coords.astype(np.float32).ravel(),
            "confidence": confidence.astype(np.float32).ravel(),
        }


def _pose(table: "pa.Table", skeleton: Skeleton) -> PoseSequence:
    n_frames = table.column("n_frames")[0].as_py()
    shape = (skeleton.n_dims, skeleton.n_landmarks, n_frames)

    def floats(name: str) -> Any:
        return table.column(name).combine_chunks().flatten().to_numpy(zero_copy_only=False)

    return PoseSequence(
        clip_id=table.column("clip_id")[0].as_py(),
        skeleton=skeleton,
        coords=floats("coords").reshape(shape).transpose(2, 1, 0),
        confidence=floats("confidence").reshape(shape[1:]).T,
        fps=table.column("fps")[0].as_py(),
        width_px=table.column("width_px")[0].as_py(),
        height_px=table.column("height_px")[0].as_py(),
        time_s=floats("time_s"),
    )


def _open(path: Path) -> "pq.ParquetFile":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ShardError(
            f"{path} is truncated or damaged; delete it and run the command that made it again "
            "to redo its clips"
        ) from error
    schema = (file.schema_arrow.metadata or {}).get(b"signkit.schema", b"none").decode()
    if schema != SCHEMA:
        file.close()
        raise ShardError(f"{path} has schema {schema!r}; this version of signkit reads {SCHEMA!r}")
    return file


def _read(file: "pq.ParquetFile", path: Path, row_group: int) -> "pa.Table":
    import pyarrow as pa

    try:
        return file.read_row_group(row_group, use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise ShardError(
            f"{path} is damaged at row group {row_group}; delete it and run the command that made "
            "it again to redo its clips"
        ) from error
