"""The command that runs many trainings and makes one table of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signkit.cli.options import SOME_FAILED, Dataset, Device, Json, Quiet, given
from signkit.cli.printing import print_json, print_rows
from signkit.cli.progress import progress, say

if TYPE_CHECKING:
    from signkit.study import Study, StudyProgress, StudyTable


def study(
    file: Annotated[
        Path, typer.Argument(metavar="STUDY.toml", help="Recipes, settings, seeds and folds.")
    ],
    dataset: Dataset,
    out: Annotated[Path, typer.Option(help="Folder of the runs and the table.")],
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train and score every recipe, seed and fold of a study; one table with intervals and tests.

    A stopped study goes on with the same command.
    """
    from signkit.study import read_study

    _run(read_study(file), dataset, out, device=device, as_json=as_json, quiet=quiet)


def train_many(
    recipe: str,
    dataset: Path,
    out: Path,
    *,
    set: Sequence[str],
    folds: int | None,
    group: str | None,
    seeds: int | None,
    seed: int | None,
    others: Sequence[Path],
    device: str | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """A study of one recipe over folds and seeds, for `signkit train`."""
    from signkit.dataset import PoseDataset
    from signkit.errors import StudyError
    from signkit.study.plan import parse_study

    if seed is not None:
        raise StudyError("--seed is for a single run; --seeds N runs the seeds 0 to N - 1")
    if group and not folds:
        raise StudyError("--group says what folds keep whole; give --folds, too")
    record = given(recipe=recipe, set=tuple(set), folds=folds, group=group, seeds=seeds or 1)
    asked = parse_study({"name": recipe, **record}, source="train")
    joined = {"others": [PoseDataset.open(path) for path in others]} if others else {}
    _run(asked, dataset, out, device=device, as_json=as_json, quiet=quiet, **joined, **options)


def _run(
    asked: "Study",
    dataset: Path,
    out: Path,
    *,
    device: str | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    from signkit.dataset import PoseDataset
    from signkit.study import run_study

    with progress("study", unit="runs", quiet=quiet) as update:
        table = run_study(
            asked, PoseDataset.open(dataset), out, device=device, progress=teller(update), **options
        )
    print_study(table, as_json=as_json)
    say(f"table and runs are in {out}", quiet=quiet)
    if table.failed:
        raise typer.Exit(SOME_FAILED)


def teller(update: Callable[..., None]) -> "Callable[[StudyProgress], None]":
    """What a progress line says about a study."""

    def tell(state: "StudyProgress") -> None:
        training = state.training
        note = (
            state.trial.folder
            if training is None
            else (f"{state.trial.folder} epoch {training.epoch}/{training.n_epochs}")
        )
        update(state.done, state.total, note)

    return tell


def print_study(table: "StudyTable", *, as_json: bool) -> None:
    """The table and how to read it, or its record."""
    if as_json:
        print_json(table.to_json())
        return
    print_rows(table.cells())
    for note in table.notes():
        print(note)
