"""Others' landmarks become a dataset, and a dataset what others read: one module a format."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from signkit.convert.summary import ExportSummary, ImportSummary
from signkit.errors import FormatError

__all__ = [
    "FORMATS",
    "ExportSummary",
    "Format",
    "ImportSummary",
    "export_dataset",
    "import_dataset",
]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Format:
    """A foreign format and the functions that read and write it.

    Args:
        description: One line about it.
        reader: `module:function` (source, out, *, progress) -> ImportSummary; empty if there is
            none.
        writer: `module:function` (dataset, out, *, progress) -> ExportSummary; empty if there is
            none.
    """

    description: str
    reader: str = ""
    writer: str = ""


FORMATS: dict[str, Format] = {
    "arrays": Format(
        "a folder with corpus.json, clips.csv, coords.npz and perhaps confidence.npz",
        reader="signkit.convert.arrays:import_arrays",
        writer="signkit.convert.arrays:export_arrays",
    ),
}


def import_dataset(
    format_name: str, source: Path, out: Path, *, progress: Progress | None = None
) -> ImportSummary:
    """A dataset folder OUT from SOURCE; OUT appears only when it is whole.

    Raises:
        FormatError: No such format, or the source breaks its rules.
        DatasetError: OUT already exists.
    """
    summary: ImportSummary = _function(format_name, "reader")(source, out, progress=progress)
    return summary


def export_dataset(
    format_name: str, dataset: Path, out: Path, *, progress: Progress | None = None
) -> ExportSummary:
    """DATASET in a foreign format; OUT appears only when it is whole.

    Raises:
        FormatError: No such format, or it cannot hold this dataset.
        DatasetError: There is no dataset, or OUT already exists.
    """
    summary: ExportSummary = _function(format_name, "writer")(dataset, out, progress=progress)
    return summary


def _function(format_name: str, kind: str) -> Callable[..., Any]:
    verb = "import" if kind == "reader" else "export"
    known = [name for name, form in FORMATS.items() if getattr(form, kind)]
    if format_name not in known:
        near = get_close_matches(format_name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        raise FormatError(f"cannot {verb} the format {format_name!r}; {hint}")
    module, _, function = getattr(FORMATS[format_name], kind).partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
