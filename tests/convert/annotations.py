"""Annotation files for tests, and what an import makes of them."""

from pathlib import Path

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """A text file of these lines; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
    return path


def imported(
    format_name: str, source: Path, out: Path, **options: object
) -> tuple[ImportSummary, dict[str, Clip]]:
    """The summary and the rows of a new dataset."""
    summary = import_dataset(format_name, source, out, ImportOptions(**options))  # type: ignore[arg-type]
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def independent_rows(path: Path) -> list[list[str]]:
    """Cells of a pipe-joined file, read as plainly as can be."""
    text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    return [line.split("|") for line in text.split("\n") if line]
