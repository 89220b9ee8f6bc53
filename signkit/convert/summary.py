"""What an import or an export did."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from signkit.failures import Failure


@dataclass(frozen=True)
class ImportSummary:
    """What became of the clips of a source.

    Args:
        out: The new dataset.
        skeleton: Name of its landmark schema.
        n_clips: Rows of its clip table.
        n_with_poses: Clips that have landmarks.
        n_frames: Their frames.
        failures: Listed clips without usable landmarks, also written to `failures.csv`.
        unlisted: Names of landmarks that no row of the clip table names; they are left out.
    """

    out: Path
    skeleton: str
    n_clips: int
    n_with_poses: int
    n_frames: int
    failures: tuple[Failure, ...]
    unlisted: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self) | {"out": str(self.out), "n_failed": len(self.failures)}


@dataclass(frozen=True)
class ExportSummary:
    """What was written.

    Args:
        out: The new folder or file.
        n_clips: Clips in it.
        n_with_poses: Clips with landmarks.
        n_frames: Their frames.
        unlisted: Clips with landmarks that the clip table does not name; they are left out.
    """

    out: Path
    n_clips: int
    n_with_poses: int
    n_frames: int
    unlisted: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self) | {"out": str(self.out)}
