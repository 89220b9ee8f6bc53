"""The README of a run: what it is, what it was trained on, how good it was on dev, what it is not
for.
"""

from collections.abc import Iterable
from typing import Any

from signkit import __version__
from signkit.checkpoint import Checkpoint

CURVES = "curves.svg"


def model_card(checkpoint: Checkpoint) -> str:
    """The text of a run's `README.md`."""
    task = checkpoint.recipe.task
    rows = "".join(f"| {name} | {value} |\n" for name, value in _facts(checkpoint))
    warnings = "".join(f"**Warning:** {line}.\n\n" for line in _warnings(checkpoint))
    return (
        f"---\nlibrary_name: signkit\ntags: [sign-language-recognition, {task}]\n---\n"
        f"# A signkit recognizer\n\n| | |\n| --- | --- |\n{rows}\n{warnings}"
        f"![Training curves]({CURVES})\n\nThe dashed line is the epoch whose weights are kept.\n\n"
        f"{_dev_note(checkpoint)}\n\n"
        "Trained on the clips named by the fingerprint only. It knows no other signs, and it has "
        "not been shown to work for signers, cameras or languages other than those it was "
        "tested on.\n"
    )


def _facts(checkpoint: Checkpoint) -> Iterable[tuple[str, object]]:
    recipe, data, results = checkpoint.recipe, checkpoint.data, checkpoint.results
    train = recipe.train
    yield "task", recipe.task
    yield "recipe", recipe.name or "(own)"
    yield "body", f"{recipe.model.body}, {results.get('n_parameters', 0):,} parameters"
    yield "skeleton", f"{checkpoint.skeleton.name}, {checkpoint.fps:g} frames per second"
    yield "extractor", checkpoint.extractor.get("name", "unknown")
    yield "glosses", len(checkpoint.vocabulary.glosses)
    yield "train clips", data.get("n_train", 0)
    for other in data.get("joined", []):
        yield "of these joined in", f"{other['n_train']} of {other['dataset']}"
    yield "dev clips", f"{data.get('n_dev', 0)} ({data.get('dev_source', 'given')})"
    if "init_from" in data:
        yield "started from", data["init_from"]["run"]
    for teacher in data.get("teacher", []):
        yield "learned from", teacher["run"]
    yield "seed", train.seed
    yield "precision", "fp32" if train.precision == "no" else train.precision
    yield "epochs", results.get("epochs", 0)
    yield "best epoch", results.get("best_epoch") or "none: there are no dev clips"
    yield "weights of epoch", f"{results.get('kept_epoch', 'none')} (train.keep={train.keep})"
    yield "dev WER", _dev_wer(results)
    if results.get("blank") is not None:
        yield "blank steps", f"{100 * results['blank']:.1f} %"
    yield "data fingerprint", data.get("fingerprint", "")
    yield "signkit", __version__


def _dev_wer(results: dict[str, Any]) -> str:
    if results.get("dev_wer") is None:
        return "not measured"
    error = 100 * (results.get("dev_wer_error") or 0.0)
    return f"{100 * results['dev_wer']:.2f} % (standard error {error:.2f} over clips)"


def _warnings(checkpoint: Checkpoint) -> list[str]:
    found: list[str] = checkpoint.results.get("warnings", [])
    return found


def _dev_note(checkpoint: Checkpoint) -> str:
    score = "`signkit score RUN DATASET --split test`"
    if checkpoint.results.get("dev_wer") is None:
        return f"Nothing was held out while it was trained; report a test split ({score})."
    return f"The dev WER chose the weights, so it is optimistic; report a test split ({score})."
