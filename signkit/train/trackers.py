"""TensorBoard, trackio and Weights & Biases, all through `accelerate`; they write below RUN/logs.

`metrics.jsonl` has the same numbers always, whatever is tracked.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from signkit.errors import MissingExtraError, TrainingError
from signkit.recipe import Recipe

Tracker = Literal["tensorboard", "trackio", "wandb"]
TRACKERS: tuple[Tracker, ...] = get_args(Tracker)
_INSTALL = {
    "tensorboard": "signkit[track]",
    "trackio": "signkit[track]",
    "wandb": "wandb",
}


def check_trackers(names: Sequence[str]) -> list[Tracker]:
    """The trackers of these names.

    Raises:
        TrainingError: There is no such tracker.
        MissingExtraError: Its package is not installed.
    """
    known = _known_to_accelerate() if names else ()
    for name in names:
        if name not in TRACKERS:
            raise TrainingError(f"no tracker is called {name!r}; known are {', '.join(TRACKERS)}")
        if find_spec(name) is None:
            raise MissingExtraError(
                f"--track {name} needs the package {name}, which is not installed; run "
                f"pip install '{_INSTALL[name]}'"
            )
        if name not in known:
            raise MissingExtraError(
                f"--track {name} needs a newer accelerate; run pip install --upgrade accelerate"
            )
    return [tracker for tracker in TRACKERS if tracker in names]


def _known_to_accelerate() -> Sequence[str]:
    from accelerate.utils import LoggerType

    return [str(tracker) for tracker in LoggerType]


def accelerate_options(track: Sequence[Tracker], run: Path) -> dict[str, Any]:
    """What an accelerator must know to write to trackers."""
    from accelerate.utils import ProjectConfiguration

    folder = run / "logs"
    project = ProjectConfiguration(project_dir=str(run), logging_dir=str(folder))
    return {"log_with": list(track), "project_config": project} if track else {}


def start_trackers(accelerator: Any, run: Path, recipe: Recipe) -> None:
    """Open what the accelerator was told to write to."""
    names = [str(tracker) for tracker in accelerator.log_with]
    if not names:
        return
    folder = run / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("TRACKIO_DIR", str(folder / "trackio"))  # read when it is imported
    options = {"wandb": {"dir": str(folder)}} if "wandb" in names else {}
    with redirect_stdout(sys.stderr):  # what trackers say is a message, not a result
        accelerator.init_trackers(run.resolve().name, dict(settings(recipe)), options)


def end_training(accelerator: Any) -> None:
    """Close trackers and the connection to other processes."""
    names = [str(tracker) for tracker in accelerator.log_with]
    with redirect_stdout(sys.stderr):
        accelerator.end_training()
        if "trackio" in names and accelerator.is_main_process:
            import_module(
                "trackio"
            ).finish()  # accelerate ends the run only, and trackio would end it once more


def settings(recipe: Recipe) -> Mapping[str, int | float | str | bool]:
    """Every number of a recipe by its dotted key; lists as text."""
    flat: dict[str, int | float | str | bool] = {}
    for section, values in recipe.model_dump(mode="json").items():
        for key, value in values.items() if isinstance(values, dict) else [("", values)]:
            name = f"{section}.{key}".rstrip(".")
            flat[name] = value if isinstance(value, int | float | str | bool) else str(value)
    return flat
