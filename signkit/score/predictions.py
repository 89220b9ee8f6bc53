"""Hypotheses that others made: `.jsonl`, `.ctm`, tables, SignEval's zip files, plain lines.

A line of a `.ctm` is `name channel start duration gloss [confidence]`, one gloss each; a zip file
holds one table `dev.csv` or `test.csv`; a text without header has `id gloss gloss ...` on a line.
Which it is, is told by the name of the file and, for texts, by the first line.

Sources: sclite (NIST scoring toolkit) for `.ctm`; the submission rules of SignEval 2025 and 2026.
"""

import zipfile
import zlib
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis, read_hypotheses
from signkit.score.gloss_files import (
    EMPTY,
    by_id,
    decoded,
    delimiter_of,
    line_rows,
    lines_of,
    read_text,
    table_rows,
)

_TABLES = (".csv", ".tsv", ".psv")
_BIGGEST = 1 << 30  # bytes: a table of a zip file is not larger


class _Token(NamedTuple):
    start_s: float
    end_s: float
    gloss: str
    confidence: float | None


def read_predictions(path: Path, *, split: str = "") -> list[Hypothesis]:
    """The hypotheses of a file.

    Args:
        path: The file.
        split: Chooses the table of a zip file that has several.

    Raises:
        ScoreError: There is no such file, it cannot be read, or a clip is there twice.
    """
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".json"):
        return read_hypotheses(path)
    if not path.is_file():
        raise ScoreError(
            f"no file or run at {path}; expected hypotheses as JSON lines, made with 'signkit "
            "recognize RUN SOURCE --out FILE.jsonl', or a .csv, .ctm, .zip or .txt that others made"
        )
    if suffix == ".zip":
        return _of_text(*_table_of_zip(path, split), is_table=True)
    text = read_text(path)
    if suffix == ".ctm":
        return _ctm(text, path)
    return _of_text(text, str(path), is_table=suffix in _TABLES)


def _of_text(text: str, name: str, *, is_table: bool) -> list[Hypothesis]:
    has_header = is_table or delimiter_of(text) is not None
    rows = table_rows(text, name) if has_header else line_rows(text)
    return [Hypothesis(clip_id, glosses) for clip_id, glosses in by_id(rows, name).items()]


def _table_of_zip(path: Path, split: str) -> tuple[str, str]:
    """Text and name of the one table in a zip file, or of the one that is called like the split."""
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [i for i in archive.infolist() if i.filename.lower().endswith(".csv")]
            named = [i for i in tables if PurePosixPath(i.filename).stem == split]
            chosen = named if len(tables) > 1 else tables
            if len(chosen) != 1:
                names = ", ".join(i.filename for i in archive.infolist()) or "nothing"
                raise ScoreError(f"{path} holds {names}; expected one table {split or 'test'}.csv")
            if chosen[0].file_size > _BIGGEST:
                raise ScoreError(f"{path} unpacks to {chosen[0].file_size} bytes; expected a table")
            name = f"{path}/{chosen[0].filename}"
            return decoded(archive.read(chosen[0]), name), name
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ScoreError(f"{path} is not a zip file that can be read ({error})") from error


def _ctm(text: str, path: Path) -> list[Hypothesis]:
    """One hypothesis a name; glosses in the order of their times."""
    tokens: dict[str, list[_Token]] = {}
    for number, line in enumerate(lines_of(text), start=1):
        cells = line.split()
        if not cells or cells[0].startswith(";;"):
            continue
        token = _token(cells)
        if token is None:
            raise ScoreError(
                f"{path} line {number} is {line[:60]!r}; expected name channel start duration "
                "gloss, and perhaps a confidence"
            )
        of_clip = tokens.setdefault(cells[0], [])
        if token.gloss != EMPTY:
            of_clip.append(token)
    return [_timed(name, sorted(found, key=lambda t: t.start_s)) for name, found in tokens.items()]


def _token(cells: list[str]) -> _Token | None:
    if len(cells) not in (5, 6):
        return None
    try:
        start_s, duration_s = float(cells[2]), float(cells[3])
        confidence = float(cells[5]) if len(cells) > 5 else None
    except ValueError:
        return None
    is_timed = isfinite(start_s) and isfinite(duration_s) and duration_s >= 0
    return _Token(start_s, start_s + duration_s, cells[4], confidence) if is_timed else None


def _timed(name: str, tokens: list[_Token]) -> Hypothesis:
    sure = [token.confidence for token in tokens if token.confidence is not None]
    return Hypothesis(
        name,
        tuple(token.gloss for token in tokens),
        times_s=tuple((token.start_s, token.end_s) for token in tokens),
        confidence=tuple(min(1.0, max(0.0, c)) for c in sure) if len(sure) == len(tokens) else (),
    )
