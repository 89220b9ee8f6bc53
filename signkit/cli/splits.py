"""Commands that divide a dataset into splits, and say what leaks between them."""

from typing import Annotated

import typer

from signkit.cli.options import Dataset, Json, Quiet, Seed, given
from signkit.cli.printing import first_few, print_json, print_split
from signkit.cli.progress import say


def split(
    dataset: Dataset,
    by: Annotated[
        str | None, typer.Option(help="signer or sentence (kept whole), or random clips.")
    ] = None,
    dev: Annotated[float | None, typer.Option(help="Share of all clips wanted in dev.")] = None,
    test: Annotated[float | None, typer.Option(help="Share of all clips wanted in test.")] = None,
    holdout_signers: Annotated[
        str | None, typer.Option(help="Signers, joined by commas, whose clips become test.")
    ] = None,
    seed: Seed = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Assign clips to train, dev and test; only what is asked for changes."""
    from signkit.split import split_dataset

    signers = holdout_signers.split(",") if holdout_signers else None
    options = given(by=by, dev=dev, test=test, holdout_signers=signers, seed=seed)
    summary = split_dataset(dataset, **options)
    if as_json:
        print_json(summary.to_json())
    else:
        print_split(summary)
    if summary.lost_glosses:
        say(
            f"{len(summary.lost_glosses)} glosses of dev or test are not in train: "
            f"{first_few(summary.lost_glosses)}",
            quiet=quiet,
        )
