"""References from a file instead of the clip table: `.stm`, or a table of ids and glosses.

A line of an `.stm` is `name channel speaker start end <labels> gloss gloss ...`; the labels in
angle brackets may be absent, `;;` begins a comment, and `[EMPTY]` stands where nothing is signed.
Alternatives `{ A / B }` and segments that sclite ignores are refused: they would be counted as
glosses.

Source: the formats of sclite (NIST scoring toolkit), with which PHOENIX-2014 is scored.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from signkit.errors import ScoreError
from signkit.score.gloss_files import Row, by_id, lines_of, read_text, table_rows, words

_N_FIXED = 5
_NO_GLOSSES = ("{", "}", "IGNORE_TIME_SEGMENT_IN_SCORING")


def read_references(path: Path) -> dict[str, tuple[str, ...]]:
    """Id to glosses, of an `.stm` file or of a table joined by commas, pipes or tabs.

    Raises:
        ScoreError: There is no such file, a line cannot be read, or an id is there twice.
    """
    text = read_text(path)
    rows = _stm_rows(text, path) if path.suffix.lower() == ".stm" else table_rows(text, str(path))
    return by_id(rows, str(path))


def _stm_rows(text: str, path: Path) -> Iterator[Row]:
    for number, line in enumerate(lines_of(text), start=1):
        cells = line.split()
        if not cells or cells[0].startswith(";;"):
            continue
        if len(cells) < _N_FIXED or not all(map(_is_number, cells[3:5])):
            raise ScoreError(
                f"{path} line {number} is {line[:60]!r}; expected name channel speaker start end "
                "<labels> glosses"
            )
        rest = cells[_N_FIXED:]
        if rest and rest[0].startswith("<") and rest[0].endswith(">"):
            rest = rest[1:]
        odd = next((cell for cell in rest if cell in _NO_GLOSSES), None)
        if odd is not None:
            raise ScoreError(
                f"{path} line {number} has {odd!r}, which is for sclite and no gloss; write down "
                "one sequence of glosses, or leave the line out"
            )
        yield number, cells[0], words(" ".join(rest))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_ids(references: Mapping[str, object], clip_ids: Collection[str], split: str) -> None:
    """References and clips must be the same.

    Raises:
        ScoreError: One side has an id that the other does not.
    """
    without = [clip_id for clip_id in clip_ids if clip_id not in references]
    other = sorted(references.keys() - set(clip_ids))
    if without or other:
        found = [
            f"{len(without)} of {len(clip_ids)} clips of split {split!r} have none (first: "
            f"{without[0]!r})"
            if without
            else "",
            f"{len(other)} are of other clips (first: {other[0]!r})" if other else "",
        ]
        raise ScoreError(
            f"the references do not fit: {' and '.join(filter(None, found))}; expected exactly one "
            "for each clip, under the same id"
        )
