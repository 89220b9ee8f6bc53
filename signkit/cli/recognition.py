"""Commands that train recognizers and recognize with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from signkit.cli.data import end_with_failures, extraction_note
from signkit.cli.options import (
    Dataset,
    Device,
    Json,
    Overrides,
    Quiet,
    Run,
    Seed,
    Weights,
    Workers,
    given,
)
from signkit.cli.printing import print_json, print_rows, print_training
from signkit.cli.progress import progress, say

if TYPE_CHECKING:
    from signkit.dataset import PoseDataset
    from signkit.train import TrainProgress


def recipes(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print this recipe in full.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the shipped recipes, or print one."""
    from signkit.recipe import load_recipe, recipe_text, shipped_recipes

    if name is not None:
        if as_json:
            print_json(load_recipe(name).model_dump(mode="json"))
        else:
            print(recipe_text(name).rstrip())
    elif as_json:
        print_json(dict(shipped_recipes()))
    else:
        print_rows(shipped_recipes())


def train(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="Name of a shipped recipe, or a TOML file.")
    ],
    dataset: Dataset,
    out: Annotated[Path, typer.Option(help="Run folder.")],
    overrides: Overrides = None,
    init_from: Annotated[Path | None, typer.Option(help="Run whose weights to start from.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished run, or start one.")
    ] = False,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a recognizer on the train split of DATASET."""
    from signkit.dataset import PoseDataset
    from signkit.recipe import load_recipe
    from signkit.train import train

    chosen = load_recipe(recipe, overrides or [])
    with progress("train", unit="updates", quiet=quiet) as update:
        summary = train(
            chosen,
            PoseDataset.open(dataset),
            out,
            seed=seed,
            device=device,
            init_from=init_from,
            resume=resume,
            progress=lambda state: update(state.update, state.n_updates, training_note(state)),
        )
    say(f"dev: {summary.dev_source}", quiet=quiet)
    if as_json:
        print_json(vars(summary))
    else:
        print_training(summary)


def training_note(state: "TrainProgress") -> str:
    """The right end of the progress line of a training."""
    dev = "" if state.dev_wer is None else f" dev WER {100 * state.dev_wer:.1f}"
    return f"epoch {state.epoch}/{state.n_epochs} loss {state.loss:.3f}{dev}"


def recognize(
    run: Run,
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", help="A dataset, a video, or a folder of videos."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the hypotheses to this .jsonl file.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Only the clips of this split of a dataset.")
    ] = None,
    device: Device = None,
    workers: Workers = None,
    weights: Weights = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write down the glosses that are signed in SOURCE."""
    from signkit.failures import failures_of
    from signkit.hypothesis import write_hypotheses
    from signkit.recognize import recognize

    with open_source(source, run, workers=workers, weights=weights, quiet=quiet) as dataset:
        with progress("recognize", quiet=quiet) as update:
            found = recognize(run, dataset, split=split, device=device, progress=update)
        is_video = dataset.path != source
        failures = list(failures_of(dataset.path).values()) if is_video else []
    if out is not None:
        write_hypotheses(out, found)
        say(f"{len(found)} hypotheses written to {out}", quiet=quiet)
    if as_json:
        print_json({"hypotheses": [hypothesis.to_json() for hypothesis in found]})
    elif out is None:
        for hypothesis in found:
            print(f"{hypothesis.clip_id}\t{' '.join(hypothesis.glosses)}")
    end_with_failures(failures, quiet=quiet)


@contextmanager
def open_source(
    source: Path, run: Path, *, workers: int | None, weights: Path | None, quiet: bool
) -> "Iterator[PoseDataset]":
    """SOURCE as a dataset; poses of videos are made as those of the run were, and thrown away."""
    from signkit.checkpoint import read_checkpoint
    from signkit.dataset import PoseDataset
    from signkit.errors import RecognitionError
    from signkit.extract import EXTRACTORS, ExtractSettings, extract

    if not source.exists():
        raise RecognitionError(f"no dataset, video or folder of videos at {source}; check the path")
    if (source / "dataset.json").is_file():
        yield PoseDataset.open(source)
        return
    made_by = read_checkpoint(run).extractor
    options = given(
        extractor=made_by.get("name") if made_by.get("name") in EXTRACTORS else None,
        signer=made_by.get("options", {}).get("signer"),
        workers=workers,
        weights=weights,
    )
    with TemporaryDirectory() as folder:
        poses = Path(folder) / "poses"
        with progress("extract", quiet=quiet) as update:
            extract(
                source,
                poses,
                ExtractSettings(**options),
                progress=lambda state: update(state.done, state.total, extraction_note(state)),
            )
        yield PoseDataset.open(poses)
