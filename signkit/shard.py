"""Pose shards: Parquet files that hold landmarks only, keyed by clip id.

A row is up to 512 frames of one clip, a row group is one row, so any clip or time window is read
alone. `coords` is flattened from (C, L, T): neighbouring numbers are the same landmark at
neighbouring times, which byte-stream split and zstd turn into about a quarter of raw float32.
Pixels are rounded to 1/16, confidence to 1/256; NaN is unseen. The schema version, the skeleton and
what made the landmarks are in the file's metadata, so a shard explains itself without its dataset.

The metadata also lists the rows: what is in a shard is known from its end (`shard_footer`).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, astuple, dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from signkit.errors import ShardError
from signkit.files import atomic_path
from signkit.pose import PoseSequence, concatenate
from signkit.shard_footer import INDEX, SCHEMA, Row, footer_of, parse_footer
from signkit.skeleton import Skeleton

if TYPE_CHECKING:
    import pyarrow as pa

FRAMES_PER_ROW = 512
STEPS_PER_PX = 16
CONFIDENCE_STEPS = 256
_FLOATS = ("coords", "confidence", "time_s")


@dataclass(frozen=True, slots=True)
class RowRef:
    """A row, and where it lies."""

    row: Row
    path: Path
    row_group: int


def shard_path(poses_folder: Path, number: int, *, part: str = "") -> Path:
    """The name of shard `number`; parts of a job have names of their own."""
    name = f"{part}-{number:05d}" if part else f"{number:05d}"
    return poses_folder / f"shard-{name}.parquet"


def shard_paths(poses_folder: Path) -> list[Path]:
    """All whole shards of a folder, in order."""
    return sorted(poses_folder.glob("shard-*.parquet"))


@contextmanager
def open_shard(
    path: Path, skeleton: Skeleton, *, made_by: Mapping[str, Any] | None = None
) -> Iterator[Callable[[PoseSequence], None]]:
    """Give a function that writes one clip; the shard appears when the block ends without an error.

    Args:
        path: The file.
        skeleton: Landmarks of all its poses; other ones are a `ShardError`.
        made_by: What made the landmarks, as `dataset.json` has it under `extractor`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    metadata = {
        b"signkit.schema": SCHEMA.encode(),
        b"signkit.skeleton": json.dumps(skeleton.to_json()).encode(),
        b"signkit.extractor": json.dumps(dict(made_by or {})).encode(),
    }
    schema = _schema().with_metadata(metadata)
    index: list[Row] = []
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

        def add(pose: PoseSequence) -> None:
            if pose.skeleton.landmarks != skeleton.landmarks:
                raise ShardError(
                    f"clip {pose.clip_id!r} has skeleton {pose.skeleton.name!r}, but the shard "
                    f"{path} holds {skeleton.name!r}; one dataset has one skeleton"
                )
            for part, (row, arrays) in enumerate(_rows(pose)):
                columns = {**asdict(row), "part": part, **arrays}
                writer.write_table(pa.Table.from_pylist([columns], schema=schema))
                index.append(row)

        yield add
        writer.add_key_value_metadata({INDEX: json.dumps([astuple(row) for row in index])})


def write_shard(
    path: Path, poses: Sequence[PoseSequence], *, made_by: Mapping[str, Any] | None = None
) -> None:
    """Write the poses to one shard, whole or not at all.

    Args:
        path: The file.
        poses: At least one; all of one skeleton.
        made_by: What made the landmarks, as `dataset.json` has it under `extractor`.

    Raises:
        ShardError: There is no pose, or there are two skeletons.
    """
    if not poses:
        raise ShardError(f"no poses to write to {path}")
    with open_shard(path, poses[0].skeleton, made_by=made_by) as add:
        for pose in poses:
            add(pose)


class ShardWriter:
    """Writes poses as they come and publishes a whole shard whenever enough are in it.

    Args:
        folder: The `poses` folder of a dataset.
        first_shard: Number of the first shard to write.
        clips_per_shard: A shard is published after this many clips.
        made_by: What made the landmarks, as `dataset.json` has it under `extractor`.
        part: Names of shards begin with it, where several writers share a folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        first_shard: int = 0,
        clips_per_shard: int = 256,
        made_by: Mapping[str, Any] | None = None,
        part: str = "",
    ) -> None:
        self._folder = folder
        self._next = first_shard
        self._clips_per_shard = clips_per_shard
        self._made_by = made_by
        self._part = part
        self._shard = ExitStack()
        self._write: Callable[[PoseSequence], None] | None = None
        self._n_clips = 0

    def add(self, pose: PoseSequence) -> None:
        """Take one clip; may publish a shard."""
        if self._write is None:
            path = shard_path(self._folder, self._next, part=self._part)
            shard = open_shard(path, pose.skeleton, made_by=self._made_by)
            self._write = self._shard.enter_context(shard)
        self._write(pose)
        self._n_clips += 1
        if self._n_clips >= self._clips_per_shard:
            self._shard.close()
            self._next, self._n_clips, self._write = self._next + 1, 0, None

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *error: Any) -> None:
        self._shard.__exit__(*error)


def shard_index(path: Path) -> list[RowRef]:
    """Every row of a shard and its place, without reading landmarks.

    Raises:
        ShardError: The file is truncated, damaged or of another version.
    """
    rows = footer_of(path).rows
    return [RowRef(row, path, row_group) for row_group, row in enumerate(rows)]


def clip_rows(path: Path, clip_id: str) -> list[RowRef]:
    """The rows of one clip in a shard and their places, in order.

    Raises:
        ShardError: The file is truncated, damaged or of another version, or the clip is not in it.
    """
    footer = footer_of(path)
    if clip_id not in footer.row_groups:
        raise ShardError(f"{path} has no clip {clip_id!r} any more; open the dataset again")
    return [RowRef(footer.rows[i], path, i) for i in footer.row_groups[clip_id]]


def shard_clip_ids(path: Path) -> list[str]:
    """The ids of the clips in a shard, in order."""
    return list(dict.fromkeys(row.clip_id for row in footer_of(path).rows))


def footer_clip_ids(file: BinaryIO, *, name: str) -> list[str]:
    """The ids of the clips in a shard that is open somewhere else, from its end alone.

    Args:
        file: The shard, seekable.
        name: What to call it in messages.
    """
    return list(dict.fromkeys(row.clip_id for row in parse_footer(file, name).rows))


def shard_skeleton(path: Path) -> Skeleton:
    """The skeleton that a shard carries."""
    return Skeleton.from_json(json.loads(footer_of(path).metadata[b"signkit.skeleton"]))


def read_rows(refs: Sequence[RowRef], skeleton: Skeleton) -> PoseSequence:
    """The pose that the given rows of one clip, in order, make up together."""
    return concatenate([_read(ref, skeleton) for ref in refs])


def read_shard(path: Path) -> Iterator[PoseSequence]:
    """Every pose of a shard, in order."""
    skeleton = shard_skeleton(path)
    for _, refs in groupby(shard_index(path), key=lambda ref: ref.row.clip_id):
        yield read_rows(list(refs), skeleton)


def _schema() -> "pa.Schema":
    import pyarrow as pa

    def numbers(name: str, kind: "pa.DataType") -> "pa.Field":
        element = pa.field("element", kind, nullable=False)  # read 15 % faster than nullable ones
        return pa.field(name, pa.list_(element), nullable=False)

    return pa.schema(
        [
            pa.field("clip_id", pa.string(), nullable=False),
            pa.field("part", pa.int32(), nullable=False),
            pa.field("first_frame", pa.int32(), nullable=False),
            pa.field("n_frames", pa.int32(), nullable=False),
            pa.field("fps", pa.float64(), nullable=False),
            pa.field("width_px", pa.int32(), nullable=False),
            pa.field("height_px", pa.int32(), nullable=False),
            numbers("time_s", pa.float64()),
            numbers("coords", pa.float32()),
            numbers("confidence", pa.float32()),
        ]
    )


def _rows(pose: PoseSequence) -> Iterator[tuple[Row, dict[str, Any]]]:
    for first in range(0, max(pose.n_frames, 1), FRAMES_PER_ROW):
        frames = slice(first, first + FRAMES_PER_ROW)
        coords = np.round(pose.coords[frames].transpose(2, 1, 0) * STEPS_PER_PX) / STEPS_PER_PX
        confidence = np.round(pose.confidence[frames].T * CONFIDENCE_STEPS) / CONFIDENCE_STEPS
        row = Row(
            clip_id=pose.clip_id,
            first_frame=first,
            n_frames=coords.shape[-1],
            fps=pose.fps,
            width_px=pose.width_px,
            height_px=pose.height_px,
        )
        yield (
            row,
            {
                "time_s": pose.time_s[frames],
                "coords": coords.astype(np.float32).ravel(),
                "confidence": confidence.astype(np.float32).ravel(),
            },
        )


def _read(ref: RowRef, skeleton: Skeleton) -> PoseSequence:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = ref.row
    try:
        with pq.ParquetFile(ref.path, metadata=footer_of(ref.path).parquet) as file:
            table = file.read_row_group(ref.row_group, columns=list(_FLOATS), use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise ShardError(
            f"{ref.path} is damaged at row group {ref.row_group}; delete it and run the command "
            "that made it again to redo its clips"
        ) from error

    def floats(name: str) -> Any:
        return table.column(name).chunk(0).flatten().to_numpy()  # read-only, no copy

    shape = (skeleton.n_dims, skeleton.n_landmarks, row.n_frames)
    return PoseSequence(
        clip_id=row.clip_id,
        skeleton=skeleton,
        coords=floats("coords").reshape(shape).transpose(2, 1, 0),
        confidence=floats("confidence").reshape(shape[1:]).T,
        fps=row.fps,
        width_px=row.width_px,
        height_px=row.height_px,
        time_s=floats("time_s"),
    )
