"""A corpus that has one annotation table for each split: where the tables lie, and what they hold.

The split is in the name of the file, and the same corpus goes round with its published columns and
with those of a kit, so the header decides how a table is read. Columns that a clip has no place for
are kept as `x_...`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from signkit.clip import EXTRA_PREFIX, SPLITS
from signkit.convert.tables import split_name
from signkit.errors import FormatError

_CALLED = {"train": ("train",), "dev": ("dev", "val", "valid"), "test": ("test",)}
_DELIMITERS = {"|": "pipes", "\t": "tabs"}


def find_tables(source: Path, templates: Sequence[str]) -> dict[Path, str]:
    """The tables of a corpus with the split of each.

    Args:
        source: The corpus's folder, or one table.
        templates: Paths below the folder with `{split}` for the split; the first that fits counts.

    Raises:
        FormatError: There is no such folder or file, or no table in it.
    """
    if source.is_file():
        return {source: split_in(source.name)}
    if not source.is_dir():
        raise FormatError(f"no folder or file at {source}")
    for template in templates:
        tables = tables_at(source, template)
        if tables:
            return {path: split for split, path in tables.items()}
    expected = " or ".join(dict.fromkeys(PurePosixPath(t).name for t in templates))
    raise FormatError(
        f"{source} has no annotation table; expected {expected.format(split='train')} (and dev, "
        "test) in it, or give one table"
    )


def tables_named(source: Path, pattern: str, *, expected: str) -> list[Path]:
    """The tables of a folder that are named after a split, train first; one table is itself.

    Args:
        source: The corpus's folder, or one table.
        pattern: Of their names.
        expected: What there should be, for messages.

    Raises:
        FormatError: There is no such folder or file, or no table in it.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise FormatError(f"no folder or file at {source}")
    found = {path: split_in(path.name) for path in sorted(source.glob(pattern))}
    paths = [path for split in SPLITS for path in found if found[path] == split]
    if not paths:
        raise FormatError(f"{source} has no {expected} in it, or give one table")
    return paths


def tables_at(source: Path, template: str) -> dict[str, Path]:
    """Split to the table of it, of those that are there."""
    return {
        split: source / template.format(split=called)
        for split in SPLITS
        for called in reversed(_CALLED[split])
        if (source / template.format(split=called)).is_file()
    }


def split_in(name: str) -> str:
    """The split that a file is named after; empty where it names none, or several."""
    words = {split_name(word) for word in re.split(r"[^a-z0-9]+", name.lower())}
    found = words & set(SPLITS)
    return found.pop() if len(found) == 1 else ""


def header_of(path: Path, delimiter: str) -> list[str]:
    """Names of the columns of a table.

    Raises:
        FormatError: It is not UTF-8 text.
    """
    return [cell.strip() for cell in _first_line(path).split(delimiter)]


def shape_of(path: Path, delimiter: str, shapes: Mapping[str, Sequence[str]]) -> str:
    """Name of the first shape whose columns a table has.

    Raises:
        FormatError: It has those of none.
    """
    columns = header_of(path, delimiter)
    for name, needed in shapes.items():
        if set(needed) <= set(columns):
            return name
    expected = " or ".join(", ".join(needed) for needed in shapes.values())
    raise FormatError(
        f"{path} begins with {_first_line(path)[:100]!r}; expected a header with {expected}, "
        f"joined by {_DELIMITERS[delimiter]}"
    )


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            line = next((text for text in file if text.strip("\n\ufeff")), "")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    return line.strip("\n\ufeff")


def kept_columns(
    shapes: Mapping[Path, str], delimiter: str, used: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Columns that no field of a clip is made from, to what they are called in a clip table.

    Args:
        shapes: Table to the name of its shape.
        delimiter: What separates the cells.
        used: Shape to the columns that fields are made from.
    """
    names: dict[str, str] = {}
    for path, shape in shapes.items():
        for column in header_of(path, delimiter):
            if column and column not in used[shape] and column not in names:
                name = EXTRA_PREFIX + re.sub(r"\W+", "_", column.lower())
                while name in names.values():  # "num frames" beside "num_frames"
                    name += "_"
                names[column] = name
    return names


def kept_cells(cells: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """The cells of these columns, by what they are called in a clip table."""
    return {columns[column]: cell for column, cell in cells.items() if column in columns}


def picture_folder(videos: Path | None, folder: str, *, is_nested: bool) -> str:
    """Where the pictures of a sentence are: in `folder`, or in `folder/1`.

    Releases and kits disagree, whatever the annotation says.

    Args:
        videos: The corpus's folder of pictures, where there is one to look into.
        folder: The sentence's folder below it.
        is_nested: What to believe where nobody can look.
    """
    nested = f"{folder}/1"
    if videos is not None:
        is_nested = (videos / nested).is_dir()
    return nested if is_nested else folder
