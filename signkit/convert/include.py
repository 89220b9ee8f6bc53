"""INCLUDE: single signs of Indian Sign Language, in 15 categories.

`train_include.csv` and `test_include.csv` (and the same with `include50` for the 50 signs of
INCLUDE-50) have the columns `FilePath` and `Word`, and perhaps `Category` and `Video`:
`Animals/1. Dog/MVI_2988.MOV`, `1. Dog`. The serial number is not part of the sign: it is taken away
and the word as it stands is kept in `x_label`. Letters stay as they are. Nobody says who signs.

INCLUDE-50 is split on its own, so its test clips are not those of INCLUDE: where a folder holds
both, INCLUDE's tables come first and theirs is the split.

Source: Sridhar et al., ACM Multimedia 2020, doi:10.1145/3394171.3413528
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from signkit.clip import Clip, clip_id_of, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.split_tables import kept_cells, kept_columns, split_in, tables_named
from signkit.convert.tables import table_rows
from signkit.dataset import DatasetInfo

LANGUAGE = "ins"

_USED = ("FilePath", "Word", "Category", "Video")
_SERIAL = re.compile(r"^\s*(?:\d+|Ex)\.\s*")


def read_include(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of INCLUDE: its tables, row by row.

    Raises:
        FormatError: There is no table, or it lacks `FilePath` or `Word`.
    """
    paths = _paths(source)
    others = kept_columns(dict.fromkeys(paths, "include"), ",", {"include": _USED})
    return Corpus(
        info=DatasetInfo(name="include"),
        entries=_entries(paths, others, ledger),
        extra=("x_label", "x_category", *others.values()),
    )


def _paths(source: Path) -> list[Path]:
    """The tables: those of INCLUDE before those of INCLUDE-50."""
    paths = tables_named(
        source,
        "*include*.csv",
        expected="tables of INCLUDE; expected train_include.csv or test_include.csv",
    )
    return sorted(paths, key=lambda path: "50" in path.name)


def _entries(paths: list[Path], others: dict[str, str], ledger: Ledger) -> Iterator[Entry]:
    words: dict[str, set[str]] = {}  # gloss to the words it was made of
    for path in paths:
        split = split_in(path.name)
        rows = table_rows(
            path, ledger, delimiter=",", required=("FilePath", "Word"), is_quoted=True
        )
        for line, row in rows:
            clip = _clip(row, split)
            clip.extra.update(kept_cells(row, others))
            before = words.setdefault(" ".join(clip.glosses), {row["Word"]})
            if row["Word"] not in before:
                found = f"has the word {row['Word']!r}, whose gloss {min(before)!r} has too"
                ledger.bad("conflict", found, file=path.name, line=line, clip_id=clip.clip_id)
                before.add(row["Word"])
            yield Entry(clip, file=path.name, line=line)


def _clip(row: dict[str, str], split: str) -> Clip:
    path, word = row["FilePath"].strip().replace("\\", "/"), row["Word"]
    return Clip(
        clip_id_of(PurePosixPath(path)) if path else "",
        path,
        glosses=one_gloss(_SERIAL.sub("", word)),
        language=LANGUAGE,
        split=split,
        extra={"x_label": word, "x_category": row.get("Category", "").replace("_", " ")},
    )
