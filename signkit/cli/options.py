"""The words that mean the same in every command."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

Dataset = Annotated[Path, typer.Argument(metavar="DATASET", help="Dataset folder.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder made by 'signkit train'.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no messages.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Of everything random.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes; by default one for each core.")
]
Device = Annotated[
    str | None, typer.Option("--device", help="cpu, cuda, cuda:1 or mps; by default CUDA if any.")
]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights", help="Model file of the extractor, or its folder; also $SIGNKIT_WEIGHTS."
    ),
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; may be repeated.")
]

ScoredSplit = Annotated[str, typer.Option("--split", help="Split to score.")]
References = Annotated[
    Path | None,
    typer.Option("--references", metavar="STM|CSV", help="References instead of those of DATASET."),
]
ProfileLevel = Annotated[
    str, typer.Option("--profile-level", metavar="gloss|char", help="What counts as one.")
]
Table = Annotated[
    str | None, typer.Option("--table", metavar="md|tex", help="Print a table for a paper.")
]
AllowEmpty = Annotated[
    bool,
    typer.Option("--allow-empty", help="Clips without glosses are clips without any sign."),
]

SOME_FAILED = 3
"""Exit code: done, but some items failed."""


def all_cores(workers: int | None) -> int:
    """`--workers`, or one for each core."""
    return workers or os.cpu_count() or 1


def given(**options: Any) -> dict[str, Any]:
    """The options that were given; the library has the default of every other one."""
    return {name: value for name, value in options.items() if value is not None}
