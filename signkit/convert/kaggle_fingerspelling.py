"""Google American Sign Language Fingerspelling Recognition (Kaggle `asl-fingerspelling`, 2023).

`train.csv` and `supplemental_metadata.csv` name a phrase and a participant a sequence, and the
Parquet file that it shares with many others. Such a file is wide: a row a frame, columns
`sequence_id`, `frame`, `x_face_0` to `z_right_hand_20`, 1,629 of them numbers.

A phrase is a continuous target: each of its characters is a gloss, and a space is the gloss `␣`
(U+2423), for no gloss may be a space. The phrase itself is the text. Which table a sequence stands
in is kept in `x_part`: the supplement is meant for pre-training, and no split is published.

A file is large and may be one row group, so it is read from front to back: sequences are given in
the order of their file, which one column tells, and a window of frames moves along with the clips
that are asked for. Parquet unpacks whole pages, so that a row group still takes 6.5 kB a frame. The
rows of the tables are held in memory, by file.

Source: https://www.kaggle.com/competitions/asl-fingerspelling/data.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.kaggle_layout import (
    NUMBERED,
    PUBLISHED,
    Frames,
    extra_name,
    frames_note,
    frames_of,
    is_inside,
    note_unlisted,
    pose_of_fractions,
    unreadable,
    whole_numbers,
)
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.tables import table_rows
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeletons.mediapipe import MEDIAPIPE_543

TABLES = {"train": "train.csv", "supplemental": "supplemental_metadata.csv"}
SPACE = "\u2423"
PART = "x_part"
COLUMNS = ("path", "file_id", "sequence_id", "participant_id", "phrase")
ROWS_PER_BATCH = 1024  # 7 MB
ROWS_KEPT = 4096  # behind the clip asked for last: a table may be a little out of order
_NUMBER_OF = dict(zip(PUBLISHED, NUMBERED, strict=True))
_POINTS = ["_".join(map(str, _NUMBER_OF[name])) for name in MEDIAPIPE_543.landmarks]
_NUMBERS = [f"{axis}_{point}" for axis in "xyz" for point in _POINTS]


@dataclass(frozen=True, slots=True)
class _Row:
    """A sequence as a table has it."""

    table: str
    line: int
    sequence: str
    clip: Clip


def read_kaggle_fingerspelling(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sequences of both tables, or of the one that is there.

    Raises:
        FormatError: There is no table, or nobody says the frame rate and the frame size.
    """
    parts = [part for part, name in TABLES.items() if (source / name).is_file()]
    if not parts:
        raise FormatError(f"{source} has neither {' nor '.join(TABLES.values())}")
    frames = frames_of(options, source)
    files: dict[str, list[_Row]] = {}
    extra = [PART]
    for part in parts:
        for line, cells in _table(source / TABLES[part], ledger):
            new = [extra_name(name) for name in cells if name not in COLUMNS]
            extra += [name for name in new if name not in extra]
            row = _row(part, line, cells, ledger)
            if row is not None:
                files.setdefault(cells["path"].strip(), []).append(row)
    return Corpus(
        info=DatasetInfo(
            name="asl-fingerspelling",
            skeleton=MEDIAPIPE_543,
            extractor={"name": "mediapipe", "version": "unknown"},
            note=frames_note(frames),
        ),
        entries=_entries(source, files, frames, ledger),
        n_clips=sum(map(len, files.values())),
        extra=tuple(extra),
        names_signers=True,
    )


def glosses_of_phrase(phrase: str) -> tuple[str, ...]:
    """Its characters; a space becomes `␣`."""
    return tuple(SPACE if character == " " else character for character in phrase)


def _table(path: Path, ledger: Ledger) -> Iterator[tuple[int, dict[str, str]]]:
    required = ("path", "sequence_id", "phrase")
    return table_rows(path, ledger, delimiter=",", required=required, is_quoted=True)


def _row(part: str, line: int, cells: dict[str, str], ledger: Ledger) -> _Row | None:
    path, sequence = cells["path"].strip(), cells["sequence_id"].strip()
    if not is_inside(path):
        found = f"has the path {path!r}, not one below the folder of {TABLES[part]}"
        ledger.bad("unreadable", found, file=TABLES[part], line=line, action=LEFT_OUT)
        return None
    clip = Clip(
        clip_id=f"{PurePosixPath(path).stem}-{sequence}" if sequence else "",
        glosses=glosses_of_phrase(cells["phrase"]),
        text=cells["phrase"],
        signer=cells.get("participant_id", ""),
        language="ase",
        extra={PART: part, **{extra_name(k): v for k, v in cells.items() if k not in COLUMNS}},
    )
    return _Row(TABLES[part], line, sequence, clip)


def _entries(
    source: Path, files: dict[str, list[_Row]], frames: Frames, ledger: Ledger
) -> Iterator[Entry]:
    for name, rows in files.items():
        if not (source / name).is_file():
            yield from (_missing(row, f"no file {name}") for row in rows)
            continue
        file = _WideFile(source / name)
        try:
            places = file.places
        except FormatError as error:
            yield from (_broken(row, str(error)) for row in rows)
            continue
        there = [row for row in rows if row.sequence in places]
        for row in sorted(there, key=lambda row: places[row.sequence][0][0]):
            read = partial(_pose, file, row.sequence, frames)
            yield Entry(row.clip, read, row.table, row.line)
        for row in rows:
            if row.sequence not in places:
                yield _missing(row, f"{name} has no sequence {row.sequence}")
        listed = {row.sequence for row in rows}
        for sequence in places:
            if sequence not in listed:
                ledger.unlisted(f"{name} sequence {sequence}")
    note_unlisted(source, files, ledger)


def _missing(row: _Row, why: str) -> Entry:
    return Entry(row.clip, file=row.table, line=row.line, missing=why)


def _broken(row: _Row, why: str) -> Entry:
    """An entry whose landmarks cannot be read."""

    def read() -> PoseSequence:
        raise FormatError(why)

    return Entry(row.clip, read, row.table, row.line)


def _pose(file: "_WideFile", sequence: str, frames: Frames) -> PoseSequence:
    """One sequence in pixels, by rising frame numbers."""
    numbers, fractions = file.read(sequence)
    if (np.diff(numbers) <= 0).any():
        numbers, order = np.unique(numbers, return_index=True)
        if len(order) < fractions.shape[1]:
            raise FormatError(f"{file.path.name} has a frame of sequence {sequence} twice")
        fractions = fractions[:, order]
    planes = np.split(fractions, 3)  # x, y and z
    return pose_of_fractions(planes, frames, time_s=numbers / frames.fps)


def _is_number(kind: Any) -> bool:
    import pyarrow.types as is_type

    return bool(is_type.is_floating(kind) or is_type.is_integer(kind) or is_type.is_null(kind))


class _WideFile:
    """A wide Parquet file, read from front to back in batches.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._batches: deque[tuple[int, NDArray[np.int64], NDArray[np.float32]]] = deque()
        self._next_row = 0
        self._stream: Iterator[Any] | None = None

    @cached_property
    def places(self) -> dict[str, list[tuple[int, int]]]:
        """Sequence to the rows [start, stop) that it has; more than one pair if it is torn apart.

        Raises:
            FormatError: This is no such file.
        """
        import pyarrow as pa

        try:
            there = set(self._parquet.schema_arrow.names)
            absent = [n for n in ("sequence_id", "frame", *_NUMBERS) if n not in there]
            if absent:
                raise FormatError(f"{self.path.name} has no column {absent[0]!r}")
            types = self._parquet.schema_arrow
            odd = next((n for n in _NUMBERS if not _is_number(types.field(n).type)), "")
            if odd:
                raise FormatError(f"{self.path.name} has {odd} of {types.field(odd).type}")
            column = self._parquet.read(["sequence_id"]).column("sequence_id")
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self.path, error) from error
        if column.null_count:
            raise FormatError(f"{self.path.name} has rows without a sequence_id")
        ids = column.to_numpy()
        starts = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist()] if len(ids) else []
        places: dict[str, list[tuple[int, int]]] = {}
        for start, stop in zip(starts, [*starts[1:], len(ids)], strict=True):
            places.setdefault(str(ids[start]), []).append((start, stop))
        return places

    def read(self, sequence: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(T,) frame numbers and (3 L, T) fractions, in the order of the rows.

        Raises:
            FormatError: The file is damaged.
        """
        import pyarrow as pa

        try:
            parts = [part for place in self.places[sequence] for part in self._rows(*place)]
        except (pa.ArrowException, OSError, FormatError) as error:
            self._stream = None  # it is behind the damage, and the next clip may be before it
            self._batches.clear()
            if isinstance(error, FormatError):
                raise
            raise unreadable(self.path, error) from error
        frames, numbers = zip(*parts, strict=True)
        return np.concatenate(frames), np.concatenate(numbers, axis=1)

    def _rows(self, start: int, stop: int) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Views of the rows [start, stop)."""
        first_held = self._batches[0][0] if self._batches else self._next_row
        group = self._row_group(start)
        is_far_ahead = self._group_starts[group] > self._next_row + ROWS_KEPT
        if self._stream is None or start < first_held or is_far_ahead:
            self._stream = self._from_group(group)
        while self._next_row < stop:
            self._advance(next(self._stream), keep_from=start - ROWS_KEPT)
        parts = []
        for first, frames, numbers in self._batches:
            rows = slice(max(start - first, 0), max(stop - first, 0))
            if len(frames[rows]):
                parts.append((frames[rows], numbers[:, rows]))
        return parts

    def _advance(self, batch: Any, *, keep_from: int) -> None:
        """Hold one more batch; forget what ends before the row `keep_from`."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        numbers = np.empty((len(_NUMBERS), len(batch)), dtype=np.float32)
        for row, name in enumerate(_NUMBERS):
            numbers[row] = columns[name].to_numpy(zero_copy_only=False)  # nulls become NaN
        given = columns["frame"].to_numpy(zero_copy_only=False)
        frames = whole_numbers(given, "frame", self.path.name)
        while self._batches and self._batches[0][0] + len(self._batches[0][1]) <= keep_from:
            self._batches.popleft()
        self._batches.append((self._next_row, frames, numbers))
        self._next_row += len(batch)

    def _from_group(self, group: int) -> Iterator[Any]:
        """The batches from the beginning of a row group on; nothing is held any more."""
        self._batches.clear()
        self._next_row = self._group_starts[group]
        batches: Iterator[Any] = self._parquet.iter_batches(
            batch_size=ROWS_PER_BATCH,
            row_groups=list(range(group, self._parquet.num_row_groups)),
            columns=["frame", *_NUMBERS],
        )
        return batches

    @cached_property
    def _parquet(self) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path, memory_map=True)

    @cached_property
    def _group_starts(self) -> list[int]:
        metadata = self._parquet.metadata
        sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        return [0, *np.cumsum(sizes).tolist()][:-1]

    def _row_group(self, row: int) -> int:
        return int(np.searchsorted(self._group_starts, row, side="right")) - 1
