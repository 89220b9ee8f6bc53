"""The command that estimates a language model over glosses."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signkit.cli.options import Json, Quiet
from signkit.cli.printing import number, percent, print_json, print_rows
from signkit.cli.progress import say

if TYPE_CHECKING:
    from signkit.lm import NgramModel, Perplexity

Sentences = list[tuple[str, ...]]


def lm(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DATASET|FILE.txt", help="Dataset folder, or text with one sentence a line."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="ARPA file to write, such as glosses.arpa or glosses.arpa.gz.")
    ],
    order: Annotated[int, typer.Option(min=1, max=6, help="Glosses in the longest n-grams.")] = 3,
    split: Annotated[
        str | None,
        typer.Option(help="Of DATASET; by default train, the only one a fair score may use."),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(help="Sentences to measure on: a split of DATASET or a text file."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Estimate an n-gram language model (modified Kneser-Ney) for beam search."""
    from signkit.lm import estimate, write_arpa

    if split and not source.is_dir():
        raise typer.BadParameter("--split belongs to a dataset; a text file is used as it is")
    _check_out(out, source)
    sentences = _sentences(source, split or "train")
    held_out = None if test is None else _held_out(source, test)
    model = estimate(sentences, order=order)
    write_arpa(model, out)
    measured = {"train": model.perplexity(sentences)}
    if held_out is not None:
        measured["test"] = model.perplexity(held_out)
    _say_what_matters(source, split or "train", test, model, order, quiet=quiet)
    if as_json:
        used = (split or "train") if source.is_dir() else None
        print_json(record(model, measured, out=out, source=source, split=used, test=test))
    else:
        print_model(model, measured, out=out)


def _check_out(out: Path, source: Path) -> None:
    from signkit.errors import LanguageModelError

    if not out.name.endswith((".arpa", ".arpa.gz")):
        raise LanguageModelError(f"--out is {out}; expected a name that ends in .arpa or .arpa.gz")
    if out.is_dir() or (out.exists() and source.exists() and out.samefile(source)):
        raise LanguageModelError(f"--out {out} is a folder or SOURCE itself; choose another name")


def _sentences(source: Path, split: str) -> Sentences:
    from signkit.dataset import PoseDataset
    from signkit.errors import LanguageModelError
    from signkit.lm import read_sentences, split_sentences

    if not source.exists():
        raise LanguageModelError(
            f"no file at {source}; expected a dataset or a text file with one sentence a line"
        )
    if not source.is_dir():
        return read_sentences(source)
    return split_sentences(PoseDataset.open(source), split=split)


def _held_out(source: Path, test: str) -> Sentences:
    """Sentences of a split by its name, else of a text file."""
    from signkit.clip import SPLITS

    is_split = source.is_dir() and test in SPLITS
    return _sentences(source, test) if is_split else _sentences(Path(test), "")


def _say_what_matters(
    source: Path, split: str, test: str | None, model: "NgramModel", order: int, *, quiet: bool
) -> None:
    """What somebody who decodes with this model should know."""
    if source.is_dir() and split == "train":
        say("estimated from the train split only", quiet=quiet)
    elif source.is_dir():
        say(
            f"estimated from the {split} split: a score on {split} with this model would be "
            "unfairly good",
            quiet=quiet,
        )
    if source.is_dir() and test == split:
        say(f"--test {test} is what the model was estimated from", quiet=quiet)
    if model.order < order:
        say(
            f"no sentence is long enough for {order}-grams; the order is {model.order}", quiet=quiet
        )
    for discounts in model.discounts:
        if discounts.is_fallback:
            values = ", ".join(f"{value:g}" for value in discounts.values)
            say(
                f"{discounts.order}-grams: too little text for their own discounts "
                f"({discounts.reason}); the fixed ones {values} are used",
                quiet=quiet,
            )


def record(
    model: "NgramModel",
    measured: "dict[str, Perplexity]",
    *,
    out: Path,
    source: Path,
    split: str | None,
    test: str | None,
) -> dict[str, Any]:
    """What `--json` says."""
    from hashlib import sha256

    held_out = measured.get("test")
    return {
        "out": str(out),
        "sha256": sha256(out.read_bytes()).hexdigest(),
        "source": str(source),
        "split": split,
        "order": model.order,
        "smoothing": "modified-kneser-ney",
        "n_words": model.n_words,
        "n_grams": list(model.n_grams),
        "discounts": [discounts.to_json() for discounts in model.discounts],
        "train": measured["train"].to_json(),
        "test": held_out and {"source": test, **held_out.to_json()},
    }


def print_model(model: "NgramModel", measured: "dict[str, Perplexity]", *, out: Path) -> None:
    """The n-grams of each order, and how well the model foresees sentences."""
    print(f"{out}: order {model.order}, {model.n_words} words with </s> and <unk>")
    rows = [
        (d.order, n, *(f"{value:.4f}" for value in d.values), "fixed" if d.is_fallback else "own")
        for n, d in zip(model.n_grams, model.discounts, strict=True)
    ]
    print_rows([("order", "n-grams", "D1", "D2", "D3+", "discounts"), *rows])
    print()
    header = ("sentences of", "number", "glosses", "unknown", "perplexity", "with unknown")
    print_rows([header, *(_measured_row(name, found) for name, found in measured.items())])


def _measured_row(name: str, found: "Perplexity") -> tuple[object, ...]:
    unknown = f"{found.n_oov} ({percent(found.oov_rate)})"
    values = (number(found.perplexity), number(found.perplexity_with_oov))
    return (name, found.n_sentences, found.n_tokens, unknown, *values)
