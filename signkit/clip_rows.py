"""One row of the clip table, and many of them that become clips only when they are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from signkit.arrow import from_numbers
from signkit.clip_rules import COLUMNS, TIMES

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AHEAD = 1024  # made into clips together


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


class ClipRows(Sequence[Clip]):
    """Some rows of a clip table; a `Clip` is made whenever one is asked for.

    Args:
        columns: The columns of the table.
        rows: (N,) the rows, in order.
    """

    def __init__(self, columns: "Mapping[str, pa.ChunkedArray]", rows: NDArray[np.int64]) -> None:
        self._columns = columns
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Clip]:
        extras = [name for name in self._columns if name not in COLUMNS]
        for first in range(0, len(self), _ROWS_AHEAD):
            rows = self.rows[first : first + _ROWS_AHEAD]
            start, end = int(rows.min()), int(rows.max()) + 1
            near = (c.slice(start, end - start).combine_chunks() for c in self._columns.values())
            cells = [column.take(from_numbers(rows - start)).to_pylist() for column in near]
            for row in zip(*cells, strict=True):
                yield _clip(row, extras)

    @overload
    def __getitem__(self, place: int) -> Clip: ...
    @overload
    def __getitem__(self, place: slice) -> "ClipRows": ...
    def __getitem__(self, place: int | slice) -> "Clip | ClipRows":
        if isinstance(place, slice):
            return ClipRows(self._columns, self.rows[place])
        row = int(self.rows[place])
        extras = [name for name in self._columns if name not in COLUMNS]
        return _clip([column[row].as_py() for column in self._columns.values()], extras)

    def at(self, is_wanted: NDArray[np.bool_]) -> "ClipRows":
        """Those of the rows where (N,) `is_wanted` holds."""
        return ClipRows(self._columns, self.rows[is_wanted])


def parse_glosses(text: str) -> tuple[str, ...]:
    """The glosses of a cell; the caller has checked that single spaces separate them."""
    return tuple(text.split(" ")) if text else ()


def cells_of(clip: Clip) -> dict[str, str]:
    """The row of a clip: every column as text."""
    row: dict[str, Any] = {c: getattr(clip, c) for c in COLUMNS}
    row["glosses"] = " ".join(clip.glosses)
    for column in TIMES:
        row[column] = "" if row[column] is None else repr(float(row[column]))
    return {**row, **clip.extra}


def _clip(cells: Sequence[str], extras: Sequence[str]) -> Clip:
    """The clip of a row: the cells of `COLUMNS`, then those of `extras`."""
    clip_id, video, start_s, end_s, glosses, text, signer, language, split, session, *others = cells
    return Clip(
        clip_id,
        video,
        float(start_s) if start_s else None,
        float(end_s) if end_s else None,
        parse_glosses(glosses),
        text,
        signer,
        language,
        split,
        session,
        dict(zip(extras, others, strict=True)),
    )
