"""Reading the cells of a CSV table: fast where it is plain, with line numbers where it is not.

`read_columns` lets Arrow read tables whose every row has as many cells as the header has names: two
million rows in a second. Whatever else people save as CSV (short rows, rows of commas only, foreign
encodings) is left to `read_text_table`, which pandas reads; both give the same cells.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ClipTableError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


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
    if not isinstance(frame.index, pd.RangeIndex):  # pandas took the first cells for names of rows
        raise ClipTableError(
            f"{path} has more cells in its first row than the header has names; quote cells that "
            "hold commas"
        )
    frame = frame.set_axis(_lines(frame, path))
    return frame[~(frame == "").all(axis=1)]


def numbered(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Rows indexed by the line they would have in a file; line 1 is the header."""
    return frame.set_axis(range(2, len(frame) + 2))


def _lines(frame: "pd.DataFrame", path: Path) -> NDArray[np.int64]:
    """(N,) the line of the file on which each row begins."""
    lines = np.arange(2, len(frame) + 2)
    if path.read_bytes().count(b"\n") <= len(frame) + 1:
        return lines
    within = sum(frame[name].str.count("\n").to_numpy() for name in frame.columns)
    in_header = sum(str(name).count("\n") for name in frame.columns)
    begins: NDArray[np.int64] = lines + in_header + np.cumsum(within) - within
    return begins


def write_rows(file: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of cells as CSV; quoted where a cell holds a lone carriage return, too, which
    readers take for the end of a line and `csv` does not.
    """
    plain = csv.writer(file, lineterminator="\n")
    quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for cells in rows:
        writer = quoted if any("\r" in cell for cell in cells) else plain
        writer.writerow(cells)


def read_columns(path: Path) -> dict[str, "pa.ChunkedArray"] | None:
    """Every cell of a plain CSV file as text, by column; None where only `read_text_table` can
    tell what it says.

    Blank lines are left out. A row of nothing but commas stays in, with an empty clip id.
    """
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    names = _header(path)
    if not names or len(set(names)) < len(names):
        return None
    try:
        table = pa_csv.read_csv(
            path,
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    if table.column_names != names or not len(table) or _is_open(path, table):
        return None
    columns = dict(zip(names, table.columns, strict=True))
    return None if any(map(_has_nul, columns.values())) else columns


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _is_open(path: Path, table: "pa.Table") -> bool:
    """Whether a quote of the last cell never closes: for Arrow the end of the file closes it."""
    cell = '"' + str(table.column(-1)[-1]).replace('"', '""')
    with path.open("rb") as file:
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(0, n_bytes - len(cell.encode())))
        return file.read() == cell.encode()


def _has_nul(column: "pa.ChunkedArray") -> bool:
    """Cells end at a NUL for pandas, and go on for Arrow."""
    texts = (np.frombuffer(chunk.buffers()[2] or b"", dtype=np.uint8) for chunk in column.chunks)
    return any(text.min(initial=1) == 0 for text in texts)
