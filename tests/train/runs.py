"""Run folders of recognizers that have their first weights, made in no time."""

from pathlib import Path

import torch

from signkit.checkpoint import Checkpoint, write_checkpoint
from signkit.models.recognizer import Recognizer
from signkit.recipe import Recipe
from signkit.skeleton import Skeleton
from signkit.vocabulary import Vocabulary
from tests.strokes import GLOSSES, POINTS
from tests.tensors import random_clips


def make_checkpoint(
    recipe: Recipe,
    glosses: tuple[str, ...] = GLOSSES,
    *,
    skeleton: Skeleton = POINTS,
    fps: float = 25.0,
) -> Checkpoint:
    vocabulary = Vocabulary(glosses, has_blank=recipe.task == "continuous")
    return Checkpoint(recipe, skeleton, vocabulary, fps, data={"fingerprint": "0123"})


def make_model(checkpoint: Checkpoint, *, seed: int = 0, pooled: bool = False) -> Recognizer:
    """A recognizer with first weights, its encoder fitted on clips of the same seed."""
    torch.manual_seed(seed)
    model = Recognizer(
        checkpoint.recipe,
        checkpoint.skeleton,
        checkpoint.vocabulary,
        fps=checkpoint.fps,
        pooled=pooled,
    )
    model.encoder.fit([random_clips(checkpoint.skeleton, seed=seed)])
    return model


def make_run(folder: Path, checkpoint: Checkpoint, *, seed: int = 0) -> Path:
    """A run folder of `make_model`."""
    write_checkpoint(folder, checkpoint, make_model(checkpoint, seed=seed).state_dict())
    return folder
