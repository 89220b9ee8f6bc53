"""Tables of glosses that others wrote: `id,gloss` and its relatives, row by row.

The columns are told by the header and what joins them by trying: pipe, tab, comma, semicolon.
Comma-separated tables and those with a quoted header are read with quoting, the others without,
because sentences of this field have quotation marks of their own. Glosses of a cell are separated
by white space of any kind.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from signkit.errors import ScoreError

IDS = ("clip_id", "id", "name")
GLOSSES = ("glosses", "gloss", "annotation", "orth")
EMPTY = "[EMPTY]"
_DELIMITERS = "|\t,;"

Row = tuple[int, str, tuple[str, ...]]
"""Number of the line, id, glosses."""


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without a byte-order mark.

    Raises:
        ScoreError: There is no such file, or it is not UTF-8.
    """
    if not path.is_file():
        raise ScoreError(f"no file at {path}; check the path")
    return decoded(path.read_bytes(), str(path))


def decoded(content: bytes, name: str) -> str:
    """The same, for the bytes of a file."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScoreError(f"{name} is not UTF-8 text ({error.reason}); save it as UTF-8") from error


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text; only line feeds and carriage returns end one, as in any editor."""
    return (line.rstrip("\n") for line in io.StringIO(text, newline=None))


def delimiter_of(text: str) -> str | None:
    """What joins the cells of a table with columns for ids and glosses; None: it is no such one."""
    header = _first_line(text)
    for delimiter in _DELIMITERS:
        names = _names(next(csv.reader([header], delimiter=delimiter)))
        if set(names) & set(IDS) and set(names) & set(GLOSSES):
            return delimiter
    return None


def table_rows(text: str, name: str) -> Iterator[Row]:
    """Every row of a table with a header.

    Raises:
        ScoreError: It has no columns for ids and glosses, or has one twice, a row has another
            number of cells, or a quotation mark is not closed.
    """
    delimiter = delimiter_of(text)
    if delimiter is None:
        raise ScoreError(
            f"{name} begins with {_first_line(text)[:60]!r}; expected a header with a column for "
            f"ids ({', '.join(IDS)}) and one for glosses ({', '.join(GLOSSES)})"
        )
    header: list[str] = []
    for number, cells in _cells(text, delimiter, name):
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = _names(cells)
            _refuse_twice(header, name)
        elif len(cells) != len(header):
            raise ScoreError(
                f"{name} line {number} has {len(cells)} cells, expected {len(header)} "
                f"({delimiter.join(header)!r})"
            )
        else:
            row = dict(zip(header, cells, strict=True))
            clip_id, glosses = _first(row, IDS), _first(row, GLOSSES)
            yield number, clip_id.strip(), words(glosses)


def _cells(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Number of the line and cells of each row."""
    is_quoted = delimiter == "," or _first_line(text).lstrip().startswith('"')
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
        strict=True,
    )
    number = 1
    try:
        for cells in rows:
            yield rows.line_num, cells
            number = rows.line_num + 1
    except csv.Error as error:
        raise ScoreError(
            f"{name} line {number} cannot be read ({error}); expected each quotation mark in a "
            "quoted cell twice, and one at its end"
        ) from error


def _refuse_twice(header: list[str], name: str) -> None:
    for column in (*IDS, *GLOSSES):
        if header.count(column) > 1:
            raise ScoreError(f"{name} has {header.count(column)} columns {column!r}; keep one")


def line_rows(text: str) -> Iterator[Row]:
    """Every line `id gloss gloss ...` of a text without header."""
    for number, line in enumerate(lines_of(text), start=1):
        cells = line.split()
        if cells:
            yield number, cells[0], words(" ".join(cells[1:]))


def words(text: str) -> tuple[str, ...]:
    """The glosses of a cell; `[EMPTY]` stands for none."""
    return tuple(word for word in text.split() if word != EMPTY)


def by_id(rows: Iterator[Row], name: str) -> dict[str, tuple[str, ...]]:
    """Id to glosses.

    Raises:
        ScoreError: An id is empty or there twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for number, clip_id, glosses in rows:
        if not clip_id:
            raise ScoreError(f"{name} line {number} has no id; expected one on every line")
        if clip_id in found:
            raise ScoreError(f"{name} line {number} repeats the id {clip_id!r}; keep one")
        found[clip_id] = glosses
    return found


def _first_line(text: str) -> str:
    return next((line for line in lines_of(text) if line.strip()), "")


def _names(cells: list[str]) -> list[str]:
    return [cell.strip().strip('"').lower() for cell in cells]


def _first(row: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next(row[name] for name in names if name in row)
