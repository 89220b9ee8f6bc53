"""The command that says whether one run is better than another."""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from os.path import abspath
from pathlib import Path
from typing import Annotated, Any

import typer

from signkit.cli.options import (
    AllowEmpty,
    Dataset,
    Device,
    Json,
    ProfileLevel,
    Quiet,
    References,
    ScoredSplit,
    Seed,
    Table,
    given,
)
from signkit.cli.print_comparison import print_comparison
from signkit.cli.printing import print_json
from signkit.cli.progress import say
from signkit.cli.scores import report_on

SHOWN_CLIPS = 5


def compare(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B [C ...]",
            help="Two or more run folders or hypotheses (.jsonl, .csv, .ctm, .zip, .txt); the "
            "others against the first.",
        ),
    ],
    dataset: Dataset,
    split: ScoredSplit = "test",
    references: References = None,
    gloss_profile: Annotated[
        str, typer.Option(metavar="PROFILE", help="As in 'signkit score'.")
    ] = "none",
    profile_level: ProfileLevel = "gloss",
    cluster: Annotated[
        str,
        typer.Option(
            metavar="auto|signer|sentence|clip",
            help="What is drawn and exchanged; auto: signers if there are ten.",
        ),
    ] = "auto",
    clips: Annotated[
        int | None,
        typer.Option(
            min=0, help=f"Clips that differ most, for each run; by default {SHOWN_CLIPS}."
        ),
    ] = None,
    table: Table = None,
    allow_empty: AllowEmpty = False,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Is one run better than another on the same clips? Differences, intervals, tests."""
    if len(sources) < 2:
        raise typer.BadParameter(
            f"give two runs or more and DATASET; found {len(sources)} run", param_hint="'A B'"
        )
    if as_json and table is not None:
        raise typer.BadParameter("--json and --table exclude each other")

    from signkit.dataset import PoseDataset
    from signkit.report import TWO_WAY
    from signkit.score import find_profile, read_references
    from signkit.score.clusters import check_kind
    from signkit.score.compare import compare as compare_reports
    from signkit.view.score_table import comparison_table, find_style

    check_kind(cluster)  # before an hour of recognition
    if cluster == TWO_WAY:
        raise typer.BadParameter("takes signer, sentence or clip", param_hint="'--cluster'")
    if table is not None:
        find_style(table)
    opened = PoseDataset.open(dataset)
    on: dict[str, Any] = {
        "references": None if references is None else read_references(references),
        "profile": find_profile(gloss_profile, level=profile_level),
        "cluster": cluster,
    }
    reports = {
        name: report_on(
            source,
            opened,
            split=split,
            device=device,
            quiet=quiet,
            allow_empty=allow_empty,
            seed=seed,
            **on,
        )
        for name, source in zip(unique_names(sources), sources, strict=True)
    }
    n_shown = (0 if table else SHOWN_CLIPS) if clips is None else clips
    found = compare_reports(reports, opened, n_clips=n_shown, **given(seed=seed), **on)
    if as_json:
        print_json(found.to_json())
    elif table is not None:
        print(comparison_table(found, table), end="")
    else:
        print_comparison(found)
    for note in found.notes:
        say(f"warning: {note}", quiet=quiet)


def unique_names(sources: Sequence[Path]) -> list[str]:
    """A name for each run: of its folder or file, with as much of its path as tells them apart."""
    paths = [Path(abspath(source)) for source in sources]
    names: list[str] = []
    for depth, has_ending in product(range(1, max(len(p.parts) for p in paths)), (False, True)):
        names = [_name(path, depth, has_ending=has_ending) for path in paths]
        if len(set(names)) == len(set(paths)):
            break
    times: Counter[str] = Counter()
    for place, name in enumerate(names):
        times[name] += 1
        if times[name] > 1:  # the same run twice
            names[place] = f"{name} ({times[name]})"
    return names


def _name(path: Path, depth: int, *, has_ending: bool) -> str:
    """The last folders of a path, and the file without its ending."""
    last = path.name if has_ending or path.is_dir() else path.stem
    return "/".join((*path.parts[1:-1], last)[-depth:])
