"""A run folder: weights as safetensors, everything else as JSON; never a pickle.

`model.safetensors` and `config.json` (the whole recipe, skeleton, fps, versions, data fingerprint)
and `vocabulary.json` are all that `recognize` needs. `state/` is for going on with training: one
file that holds weights, optimizer and counters together.
"""

import json
import platform
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signkit import __version__
from signkit.errors import CheckpointError
from signkit.files import atomic_path, write_text
from signkit.recipe import Recipe, parse_recipe
from signkit.skeleton import Skeleton
from signkit.vocabulary import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

SCHEMA = "signkit.run/1"
_VERSIONS = ("torch", "numpy", "accelerate", "safetensors")


@dataclass(frozen=True)
class Checkpoint:
    """All of a recognizer but its weights.

    Args:
        recipe: Every number it was built and trained with.
        skeleton: Landmarks it reads.
        vocabulary: Glosses it writes.
        fps: Frames per second it works at.
        extractor: What made the landmarks of its train clips.
        data: Fingerprint and counts of the train and dev clips, and the ids of a carved dev split.
        results: Best epoch and dev WER, as far as training has come.
    """

    recipe: Recipe
    skeleton: Skeleton
    vocabulary: Vocabulary
    fps: float
    extractor: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The record of `config.json`."""
        return {
            "schema": SCHEMA,
            "recipe": self.recipe.model_dump(mode="json"),
            "skeleton": self.skeleton.to_json(),
            "fps": self.fps,
            "extractor": self.extractor,
            "data": self.data,
            "results": self.results,
            "vocabulary_hash": self.vocabulary.hash,
            "versions": {
                "signkit": __version__,
                "python": platform.python_version(),
                **_versions(),
            },
        }


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in _VERSIONS}


def write_checkpoint(
    run: Path, checkpoint: Checkpoint, weights: "dict[str, Tensor] | None"
) -> None:
    """Write what `recognize` needs; weights last, so a run with weights is complete.

    Args:
        run: Run folder.
        checkpoint: All but the weights.
        weights: None where those that are there stay.
    """
    checkpoint.vocabulary.write(run / "vocabulary.json")
    write_text(run / "config.json", json.dumps(checkpoint.to_json(), indent=1, ensure_ascii=False))
    if weights is not None:
        write_tensors(run / "model.safetensors", weights)


def read_checkpoint(run: Path) -> Checkpoint:
    """Read everything but the weights.

    Raises:
        CheckpointError: The folder is missing, incomplete or of another version.
    """
    if not run.is_dir():
        raise CheckpointError(
            f"no run folder at {run}; 'signkit train RECIPE DATASET --out RUN' makes one"
        )
    for name in ("config.json", "vocabulary.json", "model.safetensors"):
        if not (run / name).is_file():
            raise CheckpointError(
                f"{run} has no {name}, so training has not finished its first epoch there; go on "
                "with 'signkit train ... --resume'"
            )
    record = json.loads((run / "config.json").read_text(encoding="utf-8"))
    if record.get("schema") != SCHEMA:
        raise CheckpointError(
            f"{run} has schema {record.get('schema')!r}; this version of signkit reads {SCHEMA!r}"
        )
    vocabulary = Vocabulary.read(run / "vocabulary.json")
    if vocabulary.hash != record["vocabulary_hash"]:
        raise CheckpointError(f"{run}/vocabulary.json is not the one this run was trained with")
    return Checkpoint(
        recipe=parse_recipe(record["recipe"]),
        skeleton=Skeleton.from_json(record["skeleton"]),
        vocabulary=vocabulary,
        fps=record["fps"],
        extractor=record["extractor"],
        data=record["data"],
        results=record["results"],
    )


def read_weights(run: Path) -> "dict[str, Tensor]":
    """The weights of a run, on the CPU."""
    return read_tensors(run / "model.safetensors")[0]


def write_tensors(
    path: Path, tensors: "dict[str, Tensor]", *, metadata: dict[str, str] | None = None
) -> None:
    """Write tensors and text as one safetensors file, whole or not at all."""
    from safetensors.torch import save_file

    own = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic_path(path) as temporary:
        save_file(own, temporary, metadata=metadata)


def read_tensors(path: Path) -> "tuple[dict[str, Tensor], dict[str, str]]":
    """Tensors and text of a safetensors file.

    Raises:
        CheckpointError: The file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is damaged ({error}); train again or restore a copy"
        ) from error
