"""Annotation tables of other people, row by row: text is taken as it stands, quoting is off.

Tables of this field are joined by pipes, tabs or commas, often without a header, and hold
quotation marks that are part of a sentence (datasets spec; PHOENIX14T is ruined by quoting). Only
comma-separated tables that were written with quoting are read with it.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from signkit.convert.ledger import LEFT_OUT, REPAIRED, Ledger
from signkit.errors import FormatError

_BOM = "\ufeff"
_MOST_DIGITS = 15


def text_lines(path: Path, ledger: Ledger) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is not blank; a byte-order mark is taken away and noted.

    Raises:
        FormatError: There is no such file, or it is not UTF-8.
    """
    if not path.is_file():
        raise FormatError(f"no file at {path}")
    try:
        with path.open(encoding="utf-8", newline=None) as file:
            for number, line in enumerate(file, start=1):
                text = line.rstrip("\n")
                if _BOM in text:
                    text = text.replace(_BOM, "")
                    ledger.bad(
                        "byte_order_mark",
                        "has a byte-order mark",
                        file=path.name,
                        line=number,
                        action=REPAIRED,
                    )
                if text.strip():
                    yield number, text
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from error


def table_rows(
    path: Path,
    ledger: Ledger,
    *,
    delimiter: str,
    columns: Sequence[str] | None = None,
    required: Sequence[str] = (),
    is_quoted: bool = False,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of every row, by the name of the column.

    A row with another number of cells is left out and noted. Cells keep their spaces.

    Args:
        path: A UTF-8 text file.
        ledger: Told about bad rows.
        delimiter: What separates the cells.
        columns: Names, for a table without a header; None takes them from the first line.
        required: Columns that there must be.
        is_quoted: Cells may stand in quotation marks, as CSV writers do it.

    Raises:
        FormatError: There is no such file, it is not UTF-8, or a required column is not there.
    """
    lines = text_lines(path, ledger)
    names = list(columns) if columns is not None else None
    for number, text in lines:
        try:
            cells = (
                next(csv.reader([text], delimiter=delimiter))
                if is_quoted
                else text.split(delimiter)
            )
        except csv.Error as error:
            found = f"cannot be split into cells ({error})"
            ledger.bad("unreadable", found, file=path.name, line=number, action=LEFT_OUT)
            continue
        if names is None:
            names = [cell.strip() for cell in cells]
            absent = [name for name in required if name not in names]
            if absent:
                raise FormatError(
                    f"{path} has no column {absent[0]!r} (found: {', '.join(names)}); "
                    f"expected {delimiter.join(required)}"
                )
        elif len(cells) != len(names):
            found = f"has {len(cells)} cells, expected {len(names)}"
            ledger.bad("unreadable", found, file=path.name, line=number, action=LEFT_OUT)
        else:
            yield number, dict(zip(names, cells, strict=True))
    if names is None:
        raise FormatError(f"{path} is empty; expected {delimiter.join(required) or 'a table'}")


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        FormatError: There is no such file, or it is not JSON.
    """
    if not path.is_file():
        raise FormatError(f"no file at {path}")
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:  # of text, syntax, endless digits, endless depth
        raise FormatError(f"{path} is not JSON: {error}") from error


def is_whole_number(text: str) -> bool:
    """Whether a cell is digits only, and not more than a number of anything has."""
    return text.isdecimal() and len(text) <= _MOST_DIGITS


def whole_number(value: Any) -> int:
    """A count of frames or the like, as people write it into JSON: 12, "12" or 12.0.

    Raises:
        ValueError: It is not whole, or too large for a number of anything.
        TypeError: It is no number at all.
    """
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"{value} is not a whole number")
    number = int(value)
    if abs(number) >= 10**_MOST_DIGITS:
        raise ValueError(f"a number of more than {_MOST_DIGITS} digits")
    return number


def split_name(name: str) -> str:
    """train, dev or test for what other people call them; other names stay."""
    return {"val": "dev", "valid": "dev", "validation": "dev"}.get(name.lower(), name.lower())
