"""What a recognizer costs: parameters, and how long it takes over one clip on a CPU."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from signkit.models.recognizer import Recognizer
from signkit.recipe import Recipe, load_recipe, shipped_recipes
from signkit.skeletons import get_skeleton
from signkit.vocabulary import Vocabulary

_FPS = 25.0


@dataclass(frozen=True)
class Bench:
    """What a recognizer is measured on, alone and on one thread of this machine.

    Args:
        skeleton: Name of the landmarks.
        n_frames: Of the clip, about the median of corpora of single signs.
        n_glosses: Of the vocabulary.
        n_runs: Timed runs, after one that is not.
    """

    skeleton: str = "mediapipe-75"
    n_frames: int = 64
    n_glosses: int = 100
    n_runs: int = 5


@dataclass(frozen=True)
class Cost:
    """Of one recognizer.

    Args:
        n_parameters: Trained numbers.
        latency_ms: From landmarks to logits of one clip; the best run, as other programs only ever
            slow one down.
    """

    n_parameters: int
    latency_ms: float


def measure_shipped(bench: Bench) -> list[tuple[Recipe, Cost]]:
    """Every recipe inside the package and what it costs."""
    recipes = [load_recipe(name) for name, _ in shipped_recipes()]
    return [(recipe, measure(recipe, bench)) for recipe in recipes]


def measure(recipe: Recipe, bench: Bench) -> Cost:
    """Build the recognizer of a recipe and run it over a made-up clip."""
    skeleton = get_skeleton(bench.skeleton)
    glosses = tuple(f"{i:04d}" for i in range(bench.n_glosses))
    vocabulary = Vocabulary(glosses, has_blank=recipe.task == "continuous")
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        recognizer = Recognizer(recipe, skeleton, vocabulary, fps=_FPS)
        clip = 100 * torch.randn(1, bench.n_frames, skeleton.n_landmarks, skeleton.n_dims)
        recognizer.encoder.fit([clip])
        seconds = _timed(recognizer.eval(), clip, n_runs=bench.n_runs)
    return Cost(recognizer.n_parameters, 1000 * min(seconds))


@torch.inference_mode()
def _timed(recognizer: Recognizer, clip: torch.Tensor, *, n_runs: int) -> list[float]:
    """Seconds of each run but the first, which prepares memory and kernels."""
    is_frame = torch.ones(clip.shape[:2], dtype=torch.bool)
    seconds = []
    for _ in range(n_runs + 1):
        started = time.perf_counter()
        recognizer(clip, is_frame)
        seconds.append(time.perf_counter() - started)
    return seconds[1:]


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
