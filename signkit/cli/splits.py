"""Commands that divide a dataset into splits, and say what leaks between them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signkit.cli.data import CHECK_FAILED
from signkit.cli.options import Dataset, Json, Quiet, Seed, given
from signkit.cli.print_splits import print_audit, print_split
from signkit.cli.printing import first_few, print_json
from signkit.cli.progress import progress, say

if TYPE_CHECKING:
    from signkit.split import SplitSummary


def split(
    dataset: Dataset,
    by: Annotated[
        str | None,
        typer.Option(
            help="signer, sentence, session or video (kept whole), two-way (signers and sentences "
            "both new, so shares multiply), random clips, or kfold."
        ),
    ] = None,
    dev: Annotated[float | None, typer.Option(help="Share of all clips wanted in dev.")] = None,
    test: Annotated[float | None, typer.Option(help="Share of all clips wanted in test.")] = None,
    holdout_signers: Annotated[
        str | None, typer.Option(help="Signers, joined by commas, whose clips become test.")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(help="With --by kfold: how many; by default 5.", rich_help_panel="Folds"),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="Kept whole in one fold: signer, sentence, session or video. By default single "
            "clips are dealt, every gloss evenly.",
            rich_help_panel="Folds",
        ),
    ] = None,
    fold: Annotated[
        int | None,
        typer.Option(
            help="The fold that becomes the test split, the others becoming train; by default 1. "
            "All of them stand in the column x_fold.",
            rich_help_panel="Folds",
        ),
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Apply a published split, such as splits/NAME.csv; ids and hash are checked.",
            rich_help_panel="Published splits",
        ),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option(
            "--partial",
            help="With --from: FILE and dataset need not have the same clips; clips that FILE does "
            "not name are in no split.",
            rich_help_panel="Published splits",
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            help="Of the files splits/NAME.csv and .json; by default made of the method.",
            rich_help_panel="Published splits",
        ),
    ] = None,
    seed: Seed = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Assign clips to train, dev and test; only what is asked for changes."""
    from signkit.split import apply_split, split_dataset

    signers = holdout_signers.split(",") if holdout_signers else None
    options = given(by=by, dev=dev, test=test, holdout_signers=signers, seed=seed, name=name)
    options |= given(folds=folds, group=group)
    if from_ is None:
        if partial:
            raise typer.BadParameter("--partial belongs to --from")
        summary = split_dataset(dataset, **options, **given(fold=fold))
    else:
        if options:
            raise typer.BadParameter("--from takes the split from FILE; give only --fold beside it")
        summary = apply_split(dataset, from_, fold=fold, is_partial=partial)
    if as_json:
        print_json(summary.to_json())
    else:
        print_split(summary)
    _warn(summary, quiet=quiet)


def _warn(summary: "SplitSummary", *, quiet: bool) -> None:
    """What somebody who scores on this split should know."""
    if summary.lost_glosses:
        say(
            f"{len(summary.lost_glosses)} glosses of dev or test are not in train: "
            f"{first_few(summary.lost_glosses)}",
            quiet=quiet,
        )
    if summary.rare_glosses:
        parts = "fold" if summary.folds else "split"
        say(
            f"{len(summary.rare_glosses)} glosses are too rare to be in every {parts}: "
            f"{first_few(summary.rare_glosses)}",
            quiet=quiet,
        )
    if summary.replaced:
        say(
            f"{summary.path.name} held another split, {summary.replaced[:16]}..., which is "
            "replaced; --name keeps both",
            quiet=quiet,
        )
    are_sentences_whole = summary.method in ("sentence", "two-way")
    for pair, found in summary.shared.items():
        torn = {w: n for w, n in found.items() if w != "sentences" or are_sentences_whole}
        if torn and pair.startswith("train/"):
            counts = ", ".join(f"{n} {what}" for what, n in torn.items())
            say(f"in {pair.replace('/', ' and in ')}: {counts}", quiet=quiet)
    if summary.missing:
        say(
            f"{len(summary.missing)} clips of the file are not in the dataset: "
            f"{first_few(summary.missing)}",
            quiet=quiet,
        )
    if summary.unlisted:
        say(
            f"{len(summary.unlisted)} clips are in no split, for the file does not name them: "
            f"{first_few(summary.unlisted)}",
            quiet=quiet,
        )


def audit(
    dataset: Dataset,
    claim: Annotated[
        list[str] | None,
        typer.Option(
            help="What the splits are said to be: signer-independent, unseen-sentences or "
            "source-disjoint; may be repeated."
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit 4 on a leak: copies or moments of one video in two splits; with --claim, "
            "what speaks against it; without, source videos in two splits, sentences of train in "
            "dev or test, and signs of train by signers not known to be new.",
        ),
    ] = False,
    subsampling: Annotated[
        int | None,
        typer.Option(
            min=1, help="Frames in for one CTC step; by default that of the recipe 'continuous'."
        ),
    ] = None,
    poses: Annotated[
        bool, typer.Option("--poses/--no-poses", help="Compare poses, to find copied clips.")
    ] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what leaks between the splits: signers, sentences, videos, copied poses."""
    from signkit.split import audit_dataset

    with progress("audit", quiet=quiet) as update:
        found = audit_dataset(
            dataset, claims=claim or (), subsampling=subsampling, poses=poses, progress=update
        )
    if as_json:
        print_json(found.to_json())
    else:
        print_audit(found)
    if strict and found.leaks:
        say(f"{len(found.leaks)} leaks, the first: {found.leaks[0].message}", quiet=quiet)
        raise typer.Exit(CHECK_FAILED)
