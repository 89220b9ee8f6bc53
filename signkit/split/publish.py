"""Splits as files that can be published: `splits/NAME.csv` and `splits/NAME.json` in the dataset.

The CSV file has a row for every clip, sorted by id: `clip_id,split`, for folds `clip_id,fold`. The
JSON file says how the split was made and how much each part holds, and has the SHA-256 of the rows.
The same clips in the same splits have the same hash, whatever the order of the table was; so a
paper needs no more than the hash for others to see that they have its split.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signkit.clip import SPLITS, read_text_table
from signkit.errors import DatasetError
from signkit.files import write_text

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "splits"
SCHEMA = "signkit.split/1"
COLUMNS = ("split", "fold", "cell")
_LONGEST_NAME = 200  # bytes; file systems allow 255, with suffixes
_FOLD = re.compile(r"([1-9][0-9]{0,3})?")


@dataclass(frozen=True)
class Published:
    """A split that stands in files.

    Args:
        name: Of the files, without suffix.
        path: The CSV file.
        sha256: Of its rows, sorted by clip id.
        replaced: Hash of another split that was in the files before; empty if there was none.
    """

    name: str
    path: Path
    sha256: str
    replaced: str = ""


def publish(dataset: Path, name: str, rows: "pd.DataFrame", record: dict[str, Any]) -> Published:
    """Write a split to `splits/NAME.csv` and what is known of it to `splits/NAME.json`.

    Args:
        dataset: The dataset folder.
        name: Of the files.
        rows: `clip_id` and one or more of `COLUMNS`, as text.
        record: What the JSON file says beside the hash.

    Raises:
        DatasetError: The name cannot be the name of a file.
    """
    if not name or name.startswith(".") or any(c in name for c in "/\\\0"):
        raise DatasetError(f"a split cannot be called {name!r}; use letters, digits and dashes")
    if len(name.encode()) > _LONGEST_NAME:
        raise DatasetError(
            f"a split cannot be called {name[:20]!r}...; its name may have {_LONGEST_NAME} bytes"
        )
    text = canonical(rows)
    digest = sha256(text.encode()).hexdigest()
    path = dataset / FOLDER / f"{name}.csv"
    before = _digest_before(path)
    write_text(path, text)
    whole = {"schema": SCHEMA, "name": name, "sha256": digest, "n_clips": len(rows), **record}
    write_text(path.with_suffix(".json"), json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    return Published(name, path, digest, before if before != digest else "")


def _digest_before(path: Path) -> str:
    """The hash of the split that stands in a file; of its bytes where it is damaged."""
    if not path.is_file():
        return ""
    try:
        return read_published(path)[1].sha256
    except DatasetError:
        return sha256(path.read_bytes()).hexdigest()


def canonical(rows: "pd.DataFrame") -> str:
    """The rows as CSV text, sorted by clip id; what the hash is taken of."""
    columns = [column for column in COLUMNS if column in rows.columns]
    table = rows[["clip_id", *columns]].astype(object).sort_values("clip_id", kind="stable")
    return str(table.to_csv(index=False, lineterminator="\n"))


def read_published(path: Path) -> tuple["pd.DataFrame", Published]:
    """The rows of a published split, and its hash.

    Raises:
        DatasetError: There is no such table, a row is wrong, or the hash that stands beside it in
            the JSON file is not the hash of its rows.
    """
    if not path.is_file():
        raise DatasetError(f"no split file at {path}; give one that 'signkit split' wrote")
    rows = read_text_table(path)
    _check(rows, path)
    digest = sha256(canonical(rows).encode()).hexdigest()
    expected = read_record(path).get("sha256", digest)
    if digest != expected:
        raise DatasetError(
            f"{path} has the hash {digest[:16]}..., but {path.with_suffix('.json').name} says "
            f"{str(expected)[:16]}...; one of the two was changed; get both again"
        )
    return rows, Published(path.stem, path, digest)


def read_record(path: Path) -> dict[str, Any]:
    """What stands in the JSON file beside a split file; nothing where there is none.

    Raises:
        DatasetError: It is damaged or of another version.
    """
    beside = path.with_suffix(".json")
    if not beside.is_file():
        return {}
    try:
        record = json.loads(beside.read_text(encoding="utf-8"))
        schema = record.get("schema")
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError) as error:
        raise DatasetError(f"{beside} is not a description of a split: {error}") from error
    if schema != SCHEMA:
        raise DatasetError(
            f"{beside} has schema {schema!r}; this version of signkit reads {SCHEMA!r}"
        )
    return dict(record)


def _check(rows: "pd.DataFrame", path: Path) -> None:
    known = [column for column in rows.columns if column in COLUMNS]
    if "clip_id" not in rows.columns or not {"split", "fold"} & set(known):
        raise DatasetError(
            f"{path} has the columns {', '.join(map(str, rows.columns))}; a split file has "
            "clip_id,split or clip_id,fold"
        )
    _refuse(rows, rows["clip_id"].duplicated(), path, "repeats clip_id {clip_id!r}")
    if "split" in known:
        is_odd = ~rows["split"].isin(["", *SPLITS])
        _refuse(rows, is_odd, path, "has split {split!r}; use train, dev, test or nothing")
    if "fold" in known:
        is_odd = ~rows["fold"].str.fullmatch(_FOLD)
        _refuse(rows, is_odd, path, "has fold {fold!r}; use 1, 2, ... or nothing")
        if len(rows) and (rows["fold"] == "").all():
            raise DatasetError(f"{path} puts no clip into a fold")


def _refuse(rows: "pd.DataFrame", bad: Any, path: Path, what: str) -> None:
    if bad.any():
        position = int(bad.to_numpy().argmax())
        row = rows.iloc[position].to_dict()
        raise DatasetError(f"{path} line {rows.index[position]} {what.format(**row)}")
