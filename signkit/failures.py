"""What did not make it into a dataset, and why: the table `failures.csv` that people read."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from signkit.errors import DatasetError
from signkit.files import atomic_path


@dataclass(frozen=True)
class Failure:
    """A clip that did not become a pose.

    Args:
        clip_id: Name of the clip.
        video: Its file; empty where it never had one.
        stage: The step that gave up on it, such as open, extract, detect, worker or import.
        reason: One plain line.
        tries: How often it was tried, over all runs.
    """

    clip_id: str
    video: str
    stage: str
    reason: str
    tries: int = 1


_COLUMNS = [field.name for field in fields(Failure)]


def read_failures(path: Path) -> dict[str, Failure]:
    """Clip id to failure; nothing where there is no file.

    Raises:
        DatasetError: The file is not such a table.
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        failures = [
            Failure(row["clip_id"], row["video"], row["stage"], row["reason"], int(row["tries"]))
            for row in rows
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path} cannot be read ({error}); expected columns {', '.join(_COLUMNS)}; delete it "
            "and run the command that made it again"
        ) from error
    return {failure.clip_id: failure for failure in failures}


def failures_of(dataset: Path) -> dict[str, Failure]:
    """Clip id to failure, from all tables of a dataset: parts of a job keep one each.

    Raises:
        DatasetError: A file is not such a table.
    """
    tables = [read_failures(path) for path in sorted(dataset.glob("failures*.csv"))]
    return {clip_id: failure for table in tables for clip_id, failure in table.items()}


def write_failures(path: Path, failures: Iterable[Failure]) -> None:
    """Write the table whole; without any failure there is no file."""
    rows = [asdict(failure) for failure in failures]
    if not rows:
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
