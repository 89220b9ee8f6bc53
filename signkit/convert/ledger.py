"""The ledger of an import: what was wrong in the source, what it lists and does not have, and what
it has and does not list.

Rows go to tables beside the dataset and only their counts stay in memory. Nothing is guessed in
silence: whatever is changed or left out has a line here.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TextIO

from signkit.clip import Clip
from signkit.errors import FormatError
from signkit.failures import Failure
from signkit.files import atomic_path

KEPT, REPAIRED, LEFT_OUT = "kept", "repaired", "left out"

KINDS = {
    "ambiguous": "more than one thing that it could be; the first was taken",
    "byte_order_mark": "a byte-order mark, not only at the start of the file",
    "conflict": "another value than the dataset already has",
    "direction_mark": "an invisible mark that sets the direction of writing or joins letters",
    "duplicate_id": "an id that an earlier row has",
    "empty_gloss": "no gloss",
    "empty_id": "no id",
    "landmark_count": "another number of landmarks or frames than expected",
    "missing_value": "a value that the format promises is not there",
    "not_nfc": "letters that are not composed as usual (Unicode NFC)",
    "odd_id": "an id with spaces or slashes",
    "odd_landmarks": "landmarks that had to be scaled, or that need no repair",
    "odd_space": "spaces that are doubled, at an end, or not plain",
    "odd_time": "a time out of order, not whole, or written in an unusual way",
    "outside_video": "a time window outside of the video",
    "repeated_text": "a caption that repeats the one before it",
    "stray_quote": "a quotation mark that no other belongs to",
    "unknown_signer": "no signer, or one that the corpus does not name",
    "unknown_split": "a split that is not train, dev or test",
    "unreadable": "a row or value that cannot be read",
    "wrong_window": "a time window that ends before it begins",
}
"""Every kind of bad row, and what is wrong with it."""


@dataclass(frozen=True)
class BadRow:
    """A row of the source with something wrong.

    Args:
        kind: Key of `KINDS`.
        file: Where it stands.
        line: Its line there, from 1; None where there are no lines.
        clip_id: Of the clip, where it has one.
        found: What is wrong, in a few words.
        action: kept, repaired or left out.
    """

    kind: str
    file: str
    line: int | None
    clip_id: str
    found: str
    action: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file} line {self.line}"
        return f"{where}: {self.found}; {self.action}"


class Ledger:
    """Counts and lists what an import comes across.

    Args:
        strict: Raise at the first bad row in place of listing it.

    Attributes:
        bad_rows: Kind to the number of rows.
        missing_by_split: Split to the number of clips whose video or landmarks are not there.
        missing_by_gloss: The same by gloss.
        n_unlisted: Videos or landmarks that no row lists.
        n_failed: Clips whose landmarks cannot be used.
        n_left_out: Rows that are not in the clip table for what is wrong with them.
        first: Of each kind the first bad row.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.bad_rows: Counter[str] = Counter()
        self.missing_by_split: Counter[str] = Counter()
        self.missing_by_gloss: Counter[str] = Counter()
        self.n_unlisted = 0
        self.n_failed = 0
        self.n_left_out = 0
        self.first: dict[str, BadRow] = {}
        self.failures: list[Failure] = []
        self._folder = TemporaryDirectory(prefix="signkit-ledger-")
        self._tables: dict[str, _Table] = {}

    @property
    def n_missing(self) -> int:
        return self.missing_by_split.total()

    @property
    def n_bad_rows(self) -> int:
        return self.bad_rows.total()

    def bad(
        self,
        kind: str,
        found: str,
        *,
        file: str = "",
        line: int | None = None,
        clip_id: str = "",
        action: str = KEPT,
    ) -> None:
        """Note a bad row.

        Raises:
            FormatError: The ledger is strict.
        """
        row = BadRow(kind, _legal(file), line, _legal(clip_id), _legal(found), action)
        if self.strict:
            self._stop(file, line, found)
        assert kind in KINDS, kind
        columns = ("kind", "file", "line", "clip_id", "found", "action")
        self.bad_rows[kind] += 1
        self.n_left_out += action == LEFT_OUT
        self.first.setdefault(kind, row)
        self._add("bad_rows", columns, vars(row).values())

    def missing(self, clip: Clip, reason: str) -> None:
        """Note a clip that is listed and whose video or landmarks are not there."""
        glosses = " ".join(clip.glosses)
        self.missing_by_split[clip.split or "none"] += 1
        self.missing_by_gloss.update(set(clip.glosses) or {""})
        row = (clip.clip_id, clip.video, clip.split, clip.signer, glosses, reason)
        columns = ("clip_id", "video", "split", "signer", "glosses", "reason")
        self._add("missing", columns, row)

    def unlisted(self, name: str, reason: str = "no row names it") -> None:
        """Note a video or landmarks that are there and that no row lists."""
        self.n_unlisted += 1
        self._add("unlisted", ("name", "reason"), (name, reason))

    def failed(self, clip: Clip, reason: str, *, file: str = "", line: int | None = None) -> None:
        """Note a clip whose landmarks are there and cannot be used.

        Raises:
            FormatError: The ledger is strict.
        """
        if self.strict:
            self._stop(file, line, f"{clip.clip_id!r} {reason}")
        self.n_failed += 1
        row = (clip.clip_id, clip.video, "import", reason, 1)
        self._add("failures", ("clip_id", "video", "stage", "reason", "tries"), row)
        if len(self.failures) < _FEW:
            self.failures.append(Failure(clip.clip_id, clip.video, "import", reason))

    def write(self, folder: Path) -> None:
        """Put the tables that have rows into a folder, each whole."""
        for name, table in self._tables.items():
            table.file.flush()
            with atomic_path(folder / f"{name}.csv") as temporary:
                temporary.write_bytes(table.path.read_bytes())

    def close(self) -> None:
        """Forget the rows."""
        for table in self._tables.values():
            table.file.close()
        self._folder.cleanup()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stop(self, file: str, line: int | None, found: str) -> NoReturn:
        place = file if line is None else f"{file} line {line}"
        where = f"{place}: " if place else ""
        raise FormatError(f"{where}{found}; correct it, or leave --strict away to list it")

    def _add(self, name: str, columns: tuple[str, ...], row: Iterable[Any]) -> None:
        if name not in self._tables:
            self._tables[name] = _Table(Path(self._folder.name) / f"{name}.csv", columns)
        self._tables[name].add(row)


def _legal(text: str) -> str:
    """The text with escapes for what UTF-8 cannot hold, as in names of files in other encodings."""
    return text.encode(errors=_ERRORS).decode()


class _Table:
    """A CSV file that grows."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self.file: TextIO = path.open("w", encoding="utf-8", errors=_ERRORS, newline="")
        self._rows = csv.writer(self.file, lineterminator="\n")
        self._rows.writerow(columns)

    def add(self, row: Iterable[Any]) -> None:
        self._rows.writerow(row)


_FEW = 100
_ERRORS = "backslashreplace"
