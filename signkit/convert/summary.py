"""What an import or an export did."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from signkit.convert.ledger import BadRow, Ledger
from signkit.failures import Failure


@dataclass(frozen=True)
class ImportSummary:
    """What became of the clips of a source.

    Args:
        out: The dataset.
        skeleton: Name of its landmark schema; empty where there are annotations only.
        n_clips: Rows that were written, or that met a clip of an existing dataset.
        n_with_poses: Of these, clips that have landmarks.
        n_frames: Their frames.
        n_cut: Clips that were cut out of poses that the dataset had.
        n_right_to_left: Rows with a right-to-left script.
        fingerprint: A hash over ids, glosses and numbers of frames; the order does not matter.
        bad_rows: Kind to the number of bad rows, which `bad_rows.csv` lists.
        n_left_out: How many of them are not in the clip table.
        first_bad: The first of each kind.
        missing_by_split: Split to the clips whose video or landmarks are not there (`missing.csv`).
        missing_by_gloss: The same by gloss.
        n_unlisted: Videos or landmarks that no row lists (`unlisted.csv`).
        n_failed: Clips whose landmarks cannot be used (`failures.csv`).
        failures: The first of them.
        is_dry_run: Nothing was read or written beyond the annotations.
    """

    out: Path
    skeleton: str
    n_clips: int
    n_with_poses: int
    n_frames: int
    n_cut: int = 0
    n_right_to_left: int = 0
    fingerprint: str = ""
    bad_rows: dict[str, int] = field(default_factory=dict)
    n_left_out: int = 0
    first_bad: tuple[BadRow, ...] = ()
    missing_by_split: dict[str, int] = field(default_factory=dict)
    missing_by_gloss: dict[str, int] = field(default_factory=dict)
    n_unlisted: int = 0
    n_failed: int = 0
    failures: tuple[Failure, ...] = ()
    is_dry_run: bool = False

    @property
    def n_missing(self) -> int:
        return sum(self.missing_by_split.values())

    @property
    def n_bad_rows(self) -> int:
        return sum(self.bad_rows.values())

    @property
    def is_whole(self) -> bool:
        """Everything the source lists is in the dataset."""
        return not (self.n_left_out or self.n_missing or self.n_failed)

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        counts = {"n_missing": self.n_missing, "n_bad_rows": self.n_bad_rows}
        return asdict(self) | {"out": str(self.out)} | counts


def ledger_counts(ledger: Ledger) -> dict[str, Any]:
    """The fields of an `ImportSummary` that a ledger knows."""
    return {
        "bad_rows": dict(ledger.bad_rows.most_common()),
        "n_left_out": ledger.n_left_out,
        "first_bad": tuple(ledger.first.values()),
        "missing_by_split": dict(ledger.missing_by_split),
        "missing_by_gloss": dict(ledger.missing_by_gloss.most_common()),
        "n_unlisted": ledger.n_unlisted,
        "n_failed": ledger.n_failed,
        "failures": tuple(ledger.failures),
    }


@dataclass(frozen=True)
class ExportSummary:
    """What was written.

    Args:
        out: The new folder or file.
        n_clips: Clips in it.
        n_with_poses: Clips with landmarks.
        n_frames: Their frames.
        unlisted: Clips with landmarks that the clip table does not name; they are left out.
        notes: What the format could not hold, one line each.
        sha256: Of the file, where it is a single one.
    """

    out: Path
    n_clips: int
    n_with_poses: int
    n_frames: int
    unlisted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self) | {"out": str(self.out)}
