"""`signkit weights`: model files are listed, fetched, verified and found, never fetched unasked."""

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signkit.cli.data import CHECK_FAILED
from signkit.cli.options import Json, Quiet
from signkit.cli.printing import print_json, print_rows
from signkit.cli.progress import progress, say

if TYPE_CHECKING:
    from signkit.extract.weights import WeightCheck, WeightFile

MB = 1_000_000

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name from 'signkit weights list'.")]
Names = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="Names from 'signkit weights list'.")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        exists=True,
        file_okay=False,
        help="Folder to look in; by default $SIGNKIT_WEIGHTS, then the user's cache.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", help="Folder to put it in; by default the user's cache.")
]

weights = typer.Typer(no_args_is_help=True, help="Model files of the extractors.")


@weights.command("list")
def list_(folder: Folder = None, as_json: Json = False) -> None:
    """The model files signkit can use, and where each was found."""
    from signkit.extract.weights import WEIGHTS, locate_weights

    found = {w.name: locate_weights(w.file_name, explicit=folder) for w in WEIGHTS.values()}
    if as_json:
        print_json([{**vars(w), "path": found[w.name]} for w in WEIGHTS.values()])
        return
    header = ("name", "extractor", "MB", "licence", "file", "found")
    rows = [
        (w.name, w.used_by, _megabytes(w), w.licence, w.file_name, found[w.name] or "missing")
        for w in WEIGHTS.values()
    ]
    print_rows([header, *rows])


@weights.command()
def path(name: Name, folder: Folder = None) -> None:
    """Where a model file is; exit code 1 where it is nowhere."""
    from signkit.extract.weights import require_weights, weight_named

    print(require_weights([weight_named(name).file_name], explicit=folder))


@weights.command()
def fetch(names: Names, out: Out = None, quiet: Quiet = False) -> None:
    """Download model files, check them, and print where they are."""
    from signkit.extract.weights import weight_named

    for weight in [weight_named(name) for name in names]:
        say(f"{weight.file_name} from {weight.url}, licence: {weight.licence}", quiet=quiet)
        print(_fetch(weight, out, quiet=quiet))


@weights.command()
def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of the list; by default all found.")
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Compare the model files that are found with their SHA-256; exit code 4 where one differs."""
    from signkit.extract.weights import (
        WEIGHTS,
        WRONG,
        check_weights,
        locate_weights,
        require_weights,
        weight_named,
    )

    if name is None:
        places = {w.name: locate_weights(w.file_name, explicit=folder) for w in WEIGHTS.values()}
    else:
        weight = weight_named(name)
        places = {name: require_weights([weight.file_name], explicit=folder)}
    found = {name: place for name, place in places.items() if place}
    checks = {name: check_weights(WEIGHTS[name], place) for name, place in found.items()}
    if as_json:
        print_json([_record(name, found[name], check) for name, check in checks.items()])
    else:
        print_rows(_verdict(name, found[name], check) for name, check in checks.items())
    if any(check.status == WRONG for check in checks.values()):
        raise typer.Exit(CHECK_FAILED)


def _fetch(weight: "WeightFile", out: Path | None, *, quiet: bool) -> Path:
    from signkit.extract.download import fetch_weights

    with progress(weight.name, unit="MB", quiet=quiet) as update:

        def report(n_bytes: int, n_total: int) -> None:
            if n_total:
                done = ceil(n_bytes / MB) if n_bytes >= n_total else n_bytes // MB
                update(done, ceil(n_total / MB))

        fetched = fetch_weights(weight, out, progress=report)
    state = "downloaded" if fetched.is_new else "was there already"
    trust = "as published" if fetched.is_published else "none is published; this copy is trusted"
    say(f"{state}, sha256 {fetched.sha256} ({trust})", quiet=quiet)
    return fetched.path


def _megabytes(weight: "WeightFile") -> str:
    return "-" if weight.n_bytes is None else f"{weight.n_bytes / MB:.1f}"


def _record(name: str, path: Path, check: "WeightCheck") -> dict[str, Any]:
    return {"name": name, "path": path, **vars(check)}


def _verdict(name: str, path: Path, check: "WeightCheck") -> tuple[str, ...]:
    source = "published" if check.is_published else "that of the first copy"
    comparison = {
        "right": source,
        "wrong": f"expected {check.expected} ({source})",
        "unknown": "none is published",
    }
    return (check.status, name, str(path), f"sha256 {check.found}", comparison[check.status])
