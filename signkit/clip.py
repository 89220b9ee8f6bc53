"""The clip table: what each clip is called, where it comes from and what is signed in it.

Labels are corrected by people, so they live in a text table (`clips.csv`) apart from the poses. The
table is kept column-wise; a `Clip` is made when it is asked for. Glosses are separated by single
spaces, therefore no gloss contains one. Columns that signkit does not know must start with `x_`;
they are carried along untouched.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from signkit.errors import ClipTableError
from signkit.files import atomic_path

if TYPE_CHECKING:
    import pandas as pd

EXTRA_PREFIX = "x_"
SPLITS = ("train", "dev", "test")
VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"}
    | {".mts", ".ogv", ".ts", ".vob", ".webm", ".wmv"}
)


@dataclass(frozen=True)
class Clip:
    """One row of the clip table.

    Args:
        clip_id: Unique name; joins labels and poses.
        video: Path of the source video, relative to the table; empty if there is none.
        start_s: Where the clip begins in the video, seconds; None for its beginning.
        end_s: Where it ends, exclusive; None for the end of the video.
        glosses: What is signed, in order.
        text: A translation into a spoken language.
        signer: Who signs.
        language: The sign language, ISO 639-3 where there is one.
        split: train, dev, test or empty.
        session: Recording session; clips of one session should stay in one split.
        extra: Values of `x_...` columns.
    """

    clip_id: str
    video: str = ""
    start_s: float | None = None
    end_s: float | None = None
    glosses: tuple[str, ...] = ()
    text: str = ""
    signer: str = ""
    language: str = ""
    split: str = ""
    session: str = ""
    extra: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def has_window(self) -> bool:
        """It is a part of its video, not all of it."""
        return self.start_s is not None or self.end_s is not None


COLUMNS = tuple(f.name for f in fields(Clip) if f.name != "extra")
_TIMES = ("start_s", "end_s")
_ALWAYS_WRITTEN = ("clip_id", "glosses", "signer", "split")


class ClipTable:
    """The rows of a clip table, by position and by clip id; immutable.

    Args:
        frame: Text columns (`COLUMNS` plus `x_...`), one row a clip; empty string where nothing is
            known.
        source: What to call the table in messages.

    Raises:
        ClipTableError: A rule is broken; the message names the line.
    """

    def __init__(self, frame: "pd.DataFrame", *, source: str = "clip table") -> None:
        _check_columns(frame, source)
        for column in COLUMNS:
            if column not in frame.columns:
                frame = frame.assign(**{column: ""})
        extras = [c for c in frame.columns if c.startswith(EXTRA_PREFIX)]
        frame = frame[[*COLUMNS, *extras]]
        _check_rows(frame, source)
        self._frame = frame.reset_index(drop=True)
        self._row_of = dict(zip(self._frame["clip_id"], range(len(self._frame)), strict=True))

    @classmethod
    def read(cls, path: Path) -> "ClipTable":
        """Read and check a CSV file with a header (UTF-8, a byte-order mark is fine)."""
        return cls(read_text_table(path), source=str(path))

    @classmethod
    def from_clips(cls, clips: Iterable[Clip]) -> "ClipTable":
        """A table of the given clips, in their order."""
        import pandas as pd

        rows = [_row(clip) for clip in clips]
        frame = (
            pd.DataFrame(rows, dtype=object).fillna("") if rows else pd.DataFrame(columns=COLUMNS)
        )
        return cls(_numbered(frame.astype(str)))

    def write(self, path: Path) -> None:
        """Write the table whole; columns without any value are left out, but for `clip_id`,
        `glosses`, `signer` and `split`.
        """
        keep = [
            c for c in self._frame.columns if c in _ALWAYS_WRITTEN or (self._frame[c] != "").any()
        ]
        with atomic_path(path) as temporary:
            self._frame[keep].to_csv(temporary, index=False, lineterminator="\n")

    def __len__(self) -> int:
        return len(self._frame)

    def __iter__(self) -> Iterator[Clip]:
        names = list(self._frame.columns)
        for values in self._frame.itertuples(index=False, name=None):
            yield _clip(dict(zip(names, values, strict=True)))

    def __contains__(self, clip_id: str) -> bool:
        return clip_id in self._row_of

    def __getitem__(self, clip_id: str) -> Clip:
        if clip_id not in self._row_of:
            raise ClipTableError(f"the clip table has no clip {clip_id!r}")
        return _clip(self._frame.iloc[self._row_of[clip_id]].to_dict())

    @property
    def ids(self) -> list[str]:
        return list(self._row_of)

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """Names of the `x_...` columns."""
        return tuple(c for c in self._frame.columns if c.startswith(EXTRA_PREFIX))

    def column(self, name: str) -> list[str]:
        """All values of one column as text, in the order of the rows."""
        return self._frame[name].tolist() if name in self._frame.columns else [""] * len(self)

    def frame(self) -> "pd.DataFrame":
        """A copy of the table: every column as text, also the empty ones."""
        return self._frame.copy()

    def where(self, *, split: str) -> list[Clip]:
        """The clips of one split, in order."""
        return [clip for clip in self if clip.split == split]

    def with_splits(self, splits: dict[str, str]) -> "ClipTable":
        """The same table with the split of some clips replaced."""
        old = zip(self._frame["clip_id"], self._frame["split"], strict=True)
        new = [splits.get(clip_id, split) for clip_id, split in old]
        return ClipTable(_numbered(self._frame.assign(split=new)))

    def extended(self, clips: Sequence[Clip]) -> "ClipTable":
        """This table followed by the clips it does not have yet; its own rows stay as they are."""
        new = [clip for clip in clips if clip.clip_id not in self._row_of]
        return ClipTable.from_clips([*self, *new]) if new else self


class ClipWriter:
    """Writes a clip table row by row, so that its size does not matter; whole or not at all.

    The rows are taken as they are: whoever writes them keeps the rules of a `ClipTable`. Columns
    that stay empty are left out at the end, `clip_id`, `glosses`, `signer` and `split` never.

    Args:
        path: The file.
        extra: Names of the `x_...` columns.
    """

    def __init__(self, path: Path, *, extra: Sequence[str] = ()) -> None:
        self._path = path
        self._columns = [*COLUMNS, *extra]
        self._used = set(_ALWAYS_WRITTEN)

    def __enter__(self) -> "ClipWriter":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._draft = self._path.with_name(f".{self._path.name}.draft.tmp")
        self._file = self._draft.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\n")
        return self

    def add(self, clip: Clip) -> None:
        """Write one row."""
        row = _row(clip)
        cells = [row.get(column, "") for column in self._columns]
        self._used.update(name for name, cell in zip(self._columns, cells, strict=True) if cell)
        self._rows.writerow(cells)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        try:
            if kind is None:
                self._publish()
        finally:
            self._draft.unlink(missing_ok=True)

    def _publish(self) -> None:
        keep = [i for i, column in enumerate(self._columns) if column in self._used]
        with (
            atomic_path(self._path) as temporary,
            self._draft.open(encoding="utf-8", newline="") as draft,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([self._columns[i] for i in keep])
            rows.writerows([cells[i] for i in keep] for cells in csv.reader(draft))


def read_text_table(path: Path) -> "pd.DataFrame":
    """Every cell of a CSV file as text, indexed by the line it stands on; blank lines are left out.

    Raises:
        ClipTableError: There is no such file, or it is not a UTF-8 CSV table.
    """
    import pandas as pd

    if not path.is_file():
        raise ClipTableError(f"no clip table at {path}; expected a CSV file with a clip_id column")
    try:
        frame = pd.read_csv(
            path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False
        )
    except UnicodeDecodeError as error:
        raise ClipTableError(f"{path} is not UTF-8 text; save it as UTF-8 CSV") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ClipTableError(f"{path} is not a readable CSV table: {error}") from error
    frame = _numbered(frame)
    return frame[~(frame == "").all(axis=1)]


def _numbered(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Rows indexed by their line in a file; line 1 is the header."""
    return frame.set_axis(range(2, len(frame) + 2))


def parse_glosses(text: str) -> tuple[str, ...]:
    """The glosses of a cell; the caller has checked that single spaces separate them."""
    return tuple(text.split(" ")) if text else ()


def clip_id_of(video: PurePosixPath | Path) -> str:
    """The id of a video by its path below the folder: no suffix, no slashes, no spaces."""
    stem = video.with_suffix("") if is_video(video.name) else video
    return re.sub(r"\s+", "_", "-".join(stem.parts))


def is_video(name: str) -> bool:
    """Whether a file with this name is a video."""
    return PurePosixPath(name).suffix.lower() in VIDEO_SUFFIXES and not name.startswith(".")


def one_gloss(label: str) -> tuple[str, ...]:
    """A label of several words as the one gloss it is: `thank you` becomes `thank-you`."""
    gloss = "-".join(label.split())
    return (gloss,) if gloss else ()


def renamed(clip: Clip, clip_id: str) -> Clip:
    """The same clip under another id."""
    return replace(clip, clip_id=clip_id)


def _row(clip: Clip) -> dict[str, str]:
    row: dict[str, Any] = {c: getattr(clip, c) for c in COLUMNS}
    row["glosses"] = " ".join(clip.glosses)
    for column in _TIMES:
        row[column] = "" if row[column] is None else repr(float(row[column]))
    return {**row, **clip.extra}


def _clip(row: dict[str, str]) -> Clip:
    values: dict[str, Any] = {c: row[c] for c in COLUMNS}
    values["glosses"] = parse_glosses(row["glosses"])
    for column in _TIMES:
        values[column] = float(row[column]) if row[column] else None
    extra = {k: v for k, v in row.items() if k.startswith(EXTRA_PREFIX)}
    return Clip(**values, extra=extra)


def _check_columns(frame: "pd.DataFrame", source: str) -> None:
    if "clip_id" not in frame.columns:
        raise ClipTableError(
            f"{source} has no column 'clip_id' (found: "
            f"{', '.join(map(str, frame.columns)) or 'nothing'}); "
            f"the first line must name the columns, for instance clip_id,video,glosses,signer"
        )
    for column in frame.columns:
        if column not in COLUMNS and not column.startswith(EXTRA_PREFIX):
            near = get_close_matches(column, COLUMNS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(COLUMNS)};"
            raise ClipTableError(
                f"{source} has an unknown column {column!r}; {hint} "
                f"name a column of your own '{EXTRA_PREFIX}{column}' to keep it"
            )


def _check_rows(frame: "pd.DataFrame", source: str) -> None:
    ids = frame["clip_id"]
    _refuse(frame, ids == "", source, "has no clip_id", "give every clip a unique id")
    _refuse(frame, ids.duplicated(), source, "repeats clip_id {clip_id!r}", "ids must be unique")
    remedy = "ids may not contain spaces or slashes"
    _refuse(frame, _matches(ids, _ODD_IN_ID), source, "has clip_id {clip_id!r}", remedy)
    glosses = frame["glosses"]
    remedy = "separate glosses by single spaces, none at the ends"
    _refuse(frame, _matches(glosses, _ODD_SPACE), source, "has glosses {glosses!r}", remedy)
    wrong_split = ~frame["split"].isin(["", *SPLITS])
    _refuse(
        frame, wrong_split, source, "has split {split!r}", f"use {', '.join(SPLITS)} or nothing"
    )
    for column in _TIMES:
        text = frame[column]
        bad = (text != "") & ~_matches(text, _NUMBER)
        _refuse(frame, bad, source, f"has {column} {{{column}!r}}", "use seconds, 0 or more")
    both = frame[(frame["start_s"] != "") & (frame["end_s"] != "")]
    if len(both):
        empty = frame.index.isin(
            both.index[both["start_s"].astype(float) >= both["end_s"].astype(float)]
        )
        what = "ends at {end_s} s before it starts at {start_s} s"
        _refuse(frame, empty, source, what, "exchange or correct the times")


def _refuse(frame: "pd.DataFrame", bad: Any, source: str, what: str, remedy: str) -> None:
    """Raise for the first row where `bad` holds; the frame is indexed by line."""
    if bad.any():
        position = int(bad.to_numpy().argmax() if hasattr(bad, "to_numpy") else bad.argmax())
        row, line = frame.iloc[position].to_dict(), frame.index[position]
        raise ClipTableError(f"{source} line {line} {what.format(**row)}; {remedy}")


_NUMBER = re.compile(r"^(\d+(\.\d*)?([eE][-+]?\d+)?|\.\d+)$")
_ODD_IN_ID = re.compile(r"[\s/\\\x00]")
_ODD_SPACE = re.compile(r"^\s|\s$|\s\s|[^\S ]")


def _matches(column: "pd.Series", pattern: re.Pattern[str]) -> "pd.Series":
    """True where the pattern is found, by Python's rules: its white space is Unicode's."""
    return column.map(lambda text: pattern.search(text) is not None).astype(bool)
