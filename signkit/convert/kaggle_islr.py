"""Google Isolated Sign Language Recognition (Kaggle `asl-signs`, 2023), and what signkit exports in
its layout.

`train.csv` names a sign, a participant and a Parquet file a sequence; that file is long: a row a
landmark, 543 rows a frame, columns `frame, row_id, type, landmark_index, x, y, z`. Frame numbers
are those of the video, so they may start above 0 and skip. Files as they are published are read by
their position, after that was verified; rows in any other order are sorted by what they say.

The competition publishes neither frame rate nor frame size. A `train.csv` of `signkit export
kaggle` has them, and the other columns of a clip table, and its Parquet files have `confidence` and
perhaps `time_s`: then import is the inverse of export.

Source: https://www.kaggle.com/competitions/asl-signs/data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import COLUMNS, Clip, clip_id_of, one_gloss, parse_glosses
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.kaggle_layout import (
    N_OF_TYPE,
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
from signkit.convert.tables import read_json, table_rows
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeletons.mediapipe import MEDIAPIPE_543

if TYPE_CHECKING:
    import pyarrow as pa

TABLE, ABOUT, FOLDER = "train.csv", "about.json", "train_landmark_files"
PUBLISHED_COLUMNS = ("path", "participant_id", "sequence_id", "sign")
FRAME_COLUMNS = ("fps", "width_px", "height_px")
LABEL = "x_label"
_N = len(PUBLISHED)
_HOLISTIC = np.array([PUBLISHED.index(name) for name in MEDIAPIPE_543.landmarks])
_KEYS, _VALUES, _OURS = (
    ("frame", "type", "landmark_index"),
    ("x", "y", "z"),
    ("confidence", "time_s"),
)


@dataclass(frozen=True)
class _Table:
    """What the header of `train.csv` promises.

    Args:
        is_ours: It was exported: rows have everything that a clip table has.
        frames: Of every clip; None where each row has its own.
        extra: Columns that signkit has none for: its name there to the name here.
    """

    is_ours: bool
    frames: Frames | None
    extra: Mapping[str, str]


def read_kaggle_islr(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sequences of `train.csv`.

    Raises:
        FormatError: There is no such table, or nobody says the frame rate and the frame size.
    """
    path = source / TABLE
    rows = table_rows(path, ledger, delimiter=",", required=("path", "sign"), is_quoted=True)
    first = next(rows, None)
    if first is None:
        raise FormatError(f"{path} lists no sequence")
    table = _opened(path, tuple(first[1]), options)
    return Corpus(
        info=_info(source, table),
        entries=_entries(source, table, chain([first], rows), ledger),
        extra=(*table.extra.values(), *(() if table.is_ours else (LABEL,))),
        names_signers=not table.is_ours,
    )


def _opened(path: Path, columns: tuple[str, ...], options: ImportOptions) -> _Table:
    is_ours, has_frames = "clip_id" in columns, set(FRAME_COLUMNS) <= set(columns)
    for name in ("fps", "size") if has_frames else ():
        if getattr(options, name) is not None:
            raise FormatError(
                f"{path} says the frame rate and the frame size of every clip; leave --{name} away"
            )
    known = {*PUBLISHED_COLUMNS}
    known.update(FRAME_COLUMNS if has_frames else (), COLUMNS if is_ours else ())
    new = [name for name in columns if name and name not in known]
    return _Table(
        is_ours=is_ours,
        frames=None if has_frames else frames_of(options, path),
        extra={name: extra_name(name) for name in new},
    )


def _info(source: Path, table: _Table) -> DatasetInfo:
    """What is known of the corpus; an export brings its own words."""
    if table.is_ours:
        about = read_json(source / ABOUT) if (source / ABOUT).is_file() else {}
        if not isinstance(about, dict):
            raise FormatError(f"{source / ABOUT} does not describe a corpus")
        # Never those of the competition.
        rights: dict[str, Any] = {
            key: str(about.get(key) or "not stated") for key in ("source", "licence", "consent")
        }
        return DatasetInfo(
            name=str(about.get("name", source.name)),
            skeleton=MEDIAPIPE_543,
            extractor=about.get("extractor", {"name": "unknown"}),
            note=str(about.get("note", "")),
            **rights,
        )
    return DatasetInfo(
        name="asl-signs",
        skeleton=MEDIAPIPE_543,
        extractor={"name": "mediapipe", "version": "0.9.0.1"},
        note=frames_note(table.frames) if table.frames else "",
    )


def _entries(
    source: Path, table: _Table, rows: Iterator[tuple[int, dict[str, str]]], ledger: Ledger
) -> Iterator[Entry]:
    listed: set[str] = set()
    for line, cells in rows:
        path = cells["path"].strip()
        try:
            if not is_inside(path):
                raise FormatError(f"has the path {path!r}, not one below the folder of {TABLE}")
            clip = _own_clip(cells, table) if table.is_ours else _clip(cells, table)
        except FormatError as error:
            ledger.bad("unreadable", str(error), file=TABLE, line=line, action=LEFT_OUT)
            continue
        listed.add(path)
        is_there = (source / path).is_file()
        yield Entry(
            clip,
            read=partial(_pose, source / path, table.frames, cells) if is_there else None,
            file=TABLE,
            line=line,
            missing="" if is_there else f"no file {path}",
            is_unlabelled=table.is_ours,
        )
    note_unlisted(source, listed, ledger)


def _clip(cells: dict[str, str], table: _Table) -> Clip:
    """A row as it is published."""
    path = PurePosixPath(cells["path"].strip()).with_suffix("")
    label = cells["sign"]
    glosses = one_gloss(label)
    extra = {name: cells[column] for column, name in table.extra.items()}
    if (label,) != glosses:
        extra[LABEL] = label
    return Clip(
        clip_id=clip_id_of(path.relative_to(FOLDER) if path.is_relative_to(FOLDER) else path),
        glosses=glosses,
        signer=cells.get("participant_id", ""),
        language="ase",
        extra=extra,
    )


def _own_clip(cells: dict[str, str], table: _Table) -> Clip:
    """A row of an export: a row of a clip table with a path."""
    values: dict[str, Any] = {name: cells[name] for name in COLUMNS if name in cells}
    values["glosses"] = parse_glosses(cells["glosses" if "glosses" in cells else "sign"])
    values["signer"] = cells.get("participant_id", "")
    for name in ("start_s", "end_s"):
        try:
            values[name] = float(cells[name]) if cells.get(name) else None
        except ValueError as error:
            raise FormatError(f"has {name} {cells[name]!r}, expected seconds") from error
    return Clip(**values, extra={name: cells[column] for column, name in table.extra.items()})


def _pose(path: Path, frames: Frames | None, cells: dict[str, str]) -> PoseSequence:
    """One sequence in pixels.

    Raises:
        FormatError: Its file or the numbers of its row cannot be used.
    """
    frames = frames or _own_frames(cells)
    numbers, columns = _long_columns(path)
    return pose_of_fractions(
        [columns[name] for name in _VALUES],
        frames,
        time_s=_times(columns, path) if "time_s" in columns else numbers / frames.fps,
        confidence=columns.get("confidence"),
    )


def _times(columns: dict[str, NDArray[Any]], path: Path) -> NDArray[np.float64]:
    """(T,) seconds: every row of a frame has them."""
    time_s: NDArray[np.float64] = np.fmax.reduce(columns["time_s"], axis=0).astype(np.float64)
    if not np.isfinite(time_s).all():
        raise FormatError(f"{path.name} has rows without a time_s")
    return time_s


def _own_frames(cells: dict[str, str]) -> Frames:
    try:
        frames = Frames(float(cells["fps"]), int(cells["width_px"]), int(cells["height_px"]))
    except ValueError as error:
        raise FormatError(
            f"{TABLE} has fps {cells['fps']!r}, width_px {cells['width_px']!r}, height_px "
            f"{cells['height_px']!r}; expected a number and two whole numbers"
        ) from error
    if not (np.isfinite(frames.fps) and frames.fps > 0):
        raise FormatError(f"the frame rate is {frames.fps:g}; expected a positive number")
    if min(frames.width_px, frames.height_px) < 1:
        size = f"{frames.width_px} x {frames.height_px}"
        raise FormatError(f"the frame is {size} px; expected at least 1 x 1")
    return frames


def _long_columns(path: Path) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]]]:
    """The (T,) frame numbers of a long file, and its columns as (L, T) in the order of
    `mediapipe-543`; NaN where there is no row.
    """
    table = _long_table(path)
    if not len(table):
        raise FormatError(f"{path.name} has no rows")
    frame, place = _whole_numbers(table, "frame", path), _places(table, path)
    names = [name for name in table.column_names if name not in _KEYS]
    flat = {name: table.column(name).to_numpy() for name in names}  # nulls become NaN
    is_published = not len(place) % _N and bool((place.reshape(-1, _N) == np.arange(_N)).all())
    if is_published:
        by_frame = frame.reshape(-1, _N)
        numbers = by_frame[:, 0]
        is_published = bool((by_frame == numbers[:, None]).all() and (np.diff(numbers) > 0).all())
    if not is_published:
        numbers, row = np.unique(frame, return_inverse=True)
        target = row * _N + place
        if len(np.unique(target)) != len(target):
            raise FormatError(f"{path.name} has a landmark twice in one frame")
        flat = {name: _spread(values, target, len(numbers)) for name, values in flat.items()}
    return numbers, {name: v.reshape(-1, _N).T[_HOLISTIC] for name, v in flat.items()}


def _spread(
    values: NDArray[np.floating[Any]], target: NDArray[np.int64], n_frames: int
) -> NDArray[np.floating[Any]]:
    """Values at their places in the published order; NaN elsewhere."""
    spread = np.full(n_frames * _N, np.nan, dtype=values.dtype)
    spread[target] = values
    return spread


def _long_table(path: Path) -> "pa.Table":
    """The columns of a long file that are needed; types as a dictionary."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, read_dictionary=["type"]) as file:
            there = file.schema_arrow.names
            absent = [name for name in (*_KEYS, *_VALUES) if name not in there]
            if absent:
                found = ", ".join(there)
                raise FormatError(f"{path.name} has no column {absent[0]!r} (found: {found})")
            wanted = [*_KEYS, *_VALUES, *(name for name in _OURS if name in there)]
            return file.read(wanted, use_threads=False).combine_chunks()
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _whole_numbers(table: "pa.Table", name: str, path: Path) -> NDArray[np.int64]:
    column = table.column(name)
    if column.null_count:
        raise FormatError(f"{path.name} has rows without a {name}")
    return whole_numbers(column.to_numpy(), name, path.name)


def _places(table: "pa.Table", path: Path) -> NDArray[np.int64]:
    """(rows,) where each row's landmark is in the published order."""
    import pyarrow as pa

    index = _whole_numbers(table, "landmark_index", path)
    types = table.column("type").combine_chunks()
    if types.null_count:
        raise FormatError(f"{path.name} has rows without a type")
    types = types if isinstance(types, pa.DictionaryArray) else types.dictionary_encode()
    names = types.dictionary.to_pylist()
    strange = [name for name in names if name not in N_OF_TYPE]
    if strange:
        known = ", ".join(N_OF_TYPE)
        raise FormatError(f"{path.name} has the landmark type {strange[0]!r}, expected {known}")
    counts = np.array([N_OF_TYPE[name] for name in names], dtype=np.int64)
    codes = types.indices.to_numpy()
    if ((index < 0) | (index >= counts[codes])).any():
        raise FormatError(f"{path.name} has a landmark_index that its type does not have")
    places: NDArray[np.int64] = np.array([_FIRST[name] for name in names], dtype=np.int64)[codes]
    return places + index


_ENDS = np.cumsum(list(N_OF_TYPE.values()))
_FIRST = {kind: int(end) - N_OF_TYPE[kind] for kind, end in zip(N_OF_TYPE, _ENDS, strict=True)}
