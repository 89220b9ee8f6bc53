"""The rules of a clip table: which columns it may have, and what may stand in them.

Arrow tells for a whole column at once whether every row keeps the rules. Only where it cannot
vouch for that are the rows looked at one by one, by Python's rules, which know the line and have
the last word.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from signkit.arrow import equals
from signkit.errors import ClipTableError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from signkit.id_index import IdIndex

COLUMNS = (
    "clip_id", "video", "start_s", "end_s", "glosses", "text", "signer", "language", "split",
    "session",
)  # fmt: skip
TIMES = ("start_s", "end_s")
EXTRA_PREFIX = "x_"
SPLITS = ("train", "dev", "test")

_NUMBER = re.compile(r"^(\d+(\.\d*)?([eE][-+]?\d{1,2})?|\.\d+)$")
_ODD_IN_ID = re.compile(r"[\s/\\\x00]")
_ODD_SPACE = re.compile(r"^\s|\s$|\s\s|[^\S ]")

# The same for Arrow (RE2), which knows only ASCII's digits and white space: where these find
# nothing, the ones above find nothing either.
_WHITE = r"\x00-\x1f\x85\xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_PERHAPS_ODD_IN_ID = rf"^$|[ /\\{_WHITE}]"
_PERHAPS_ODD_SPACE = rf"^ | $|  |[{_WHITE}]"
_SURELY_NUMBER = r"^([0-9]+(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?|\.[0-9]+)?$"


def check_columns(columns: Iterable[str], source: str) -> None:
    """Refuse a table without clip ids, or with columns that nobody knows.

    Raises:
        ClipTableError: A column is missing or unknown; the message names the nearest right one.
    """
    names = list(columns)
    if "clip_id" not in names:
        raise ClipTableError(
            f"{source} has no column 'clip_id' (found: "
            f"{', '.join(map(str, names)) or 'nothing'}); "
            f"the first line must name the columns, for instance clip_id,video,glosses,signer"
        )
    for column in names:
        if not is_column(column):
            near = get_close_matches(column, COLUMNS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(COLUMNS)};"
            raise ClipTableError(
                f"{source} has an unknown column {column!r}; {hint} "
                f"name a column of your own '{EXTRA_PREFIX}{column}' to keep it"
            )


def is_column(name: str) -> bool:
    """Whether a clip table may have a column of this name."""
    return name in COLUMNS or name.startswith(EXTRA_PREFIX)


def surely_keeps_rules(columns: Mapping[str, "pa.ChunkedArray"], index: "IdIndex") -> bool:
    """Whether every row keeps the rules; False where only `check_rows` can tell.

    Args:
        columns: All of `COLUMNS`, without nulls.
        index: Of the clip ids.
    """
    checks: list[Callable[[], bool]] = [
        lambda: not _any_matches(columns["clip_id"], _PERHAPS_ODD_IN_ID),
        lambda: not _any_matches(columns["glosses"], _PERHAPS_ODD_SPACE),
        lambda: set(columns["split"].unique().to_pylist()) <= {"", *SPLITS},
        lambda: _surely_rise(columns["start_s"], columns["end_s"]),
        lambda: index.first_repeat() is None,
    ]
    with ThreadPoolExecutor(len(checks)) as pool:
        return all(pool.map(lambda check: check(), checks))


def check_rows(frame: "pd.DataFrame", source: str) -> None:
    """Look at the rows one by one.

    Args:
        frame: All of `COLUMNS` as text, indexed by the line a row stands on.
        source: What to call the table.

    Raises:
        ClipTableError: A rule is broken; the message names the first line that breaks it.
    """
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
    for column in TIMES:
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


def _any_matches(column: "pa.ChunkedArray", pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


def _surely_rise(starts: "pa.ChunkedArray", ends: "pa.ChunkedArray") -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    seconds = []
    for text in (starts, ends):
        if not pc.all(pc.match_substring_regex(text, _SURELY_NUMBER), min_count=0).as_py():
            return False
        unknown = pa.nulls(1, text.type)[0]
        try:
            seconds.append(pc.if_else(equals(text, ""), unknown, text).cast(pa.float64()))
        except pa.ArrowInvalid:  # a number to Python
            return False
    return bool(pc.all(pc.less(*seconds), min_count=0).as_py())  # leaves out unknown times


def _refuse(frame: "pd.DataFrame", bad: Any, source: str, what: str, remedy: str) -> None:
    """Raise for the first row where `bad` holds; the frame is indexed by line."""
    if bad.any():
        position = int(bad.to_numpy().argmax() if hasattr(bad, "to_numpy") else bad.argmax())
        row, line = frame.iloc[position].to_dict(), frame.index[position]
        raise ClipTableError(f"{source} line {line} {what.format(**row)}; {remedy}")


def _matches(column: "pd.Series", pattern: re.Pattern[str]) -> "pd.Series":
    """True where the pattern is found, by Python's rules: its white space is Unicode's."""
    return column.map(lambda text: pattern.search(text) is not None).astype(bool)
