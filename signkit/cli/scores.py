"""Commands that say how often the glosses are wrong."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signkit.cli.options import Dataset, Device, Json, Quiet, Seed, given
from signkit.cli.printing import first_few, print_json, print_report
from signkit.cli.progress import progress, say

if TYPE_CHECKING:
    from signkit.dataset import PoseDataset
    from signkit.report import Report

MOSTLY_EMPTY = 0.9


def score(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|HYPS", help="Run folder to recognize with, or hypotheses as .jsonl."
        ),
    ],
    dataset: Dataset,
    split: Annotated[str, typer.Option(help="Split to score.")] = "test",
    allow_empty: Annotated[
        bool,
        typer.Option("--allow-empty", help="Clips without glosses are clips without any sign."),
    ] = False,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Word error rate of a split, with its interval and what it depends on."""
    from signkit.dataset import PoseDataset

    opened = PoseDataset.open(dataset)
    report = report_on(
        source, opened, split=split, allow_empty=allow_empty, seed=seed, device=device, quiet=quiet
    )
    if as_json:
        print_json(report.to_json())
    else:
        print_report(report)
    if report.missing:
        say(
            f"{len(report.missing)} clips have no hypothesis and count as wrong: "
            f"{first_few(report.missing)}",
            quiet=quiet,
        )
    if report.n_empty > MOSTLY_EMPTY * report.n_clips:
        say(f"{report.n_empty} of {report.n_clips} hypotheses are empty", quiet=quiet)


def report_on(
    source: Path,
    dataset: "PoseDataset",
    *,
    split: str,
    allow_empty: bool,
    seed: int | None,
    device: str | None,
    quiet: bool,
) -> "Report":
    """The report of a run, which recognizes the split first, or of a file of hypotheses."""
    from signkit.checkpoint import read_checkpoint
    from signkit.hypothesis import read_hypotheses
    from signkit.score import score_dataset

    options = given(seed=seed)
    if not source.is_dir():
        found = read_hypotheses(source)
        return score_dataset(found, dataset, split=split, allow_empty=allow_empty, **options)

    from signkit.recognize import recognize

    checkpoint = read_checkpoint(source)
    with progress("recognize", quiet=quiet) as update:
        found = recognize(source, dataset, split=split, device=device, progress=update)
    return score_dataset(
        found,
        dataset,
        split=split,
        task=checkpoint.recipe.task,
        train_glosses=checkpoint.vocabulary.glosses,
        allow_empty=allow_empty,
        **options,
    )
