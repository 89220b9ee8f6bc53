"""From clips to batches: resampled, sorted into buckets of like length, cut by a budget of padded
frames.

The order of an epoch is a function of (seed, epoch) alone, so a resumed run sees the same batches.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from signkit.batch import Batch, collate, pack
from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.pose import resample_frames
from signkit.sections import TrainConfig
from signkit.vocabulary import Vocabulary

CACHE_BYTES = 2 << 30
_NEIGHBOURS = 0.1
"""Lengths are blurred by this share before sorting, so batches differ from epoch to epoch."""


@dataclass(frozen=True)
class Example:
    """A clip that can be trained on or evaluated.

    Args:
        clip: Its row.
        target: Gloss ids; empty where a gloss is unknown.
        n_frames: Frames at the working rate.
    """

    clip: Clip
    target: tuple[int, ...]
    n_frames: int


class ClipLoader:
    """Reads clips at one frame rate and keeps recent ones in memory.

    Args:
        dataset: Where the poses are.
        fps: Working frame rate.
        cache_bytes: Landmarks kept in memory at most.
    """

    def __init__(self, dataset: PoseDataset, *, fps: float, cache_bytes: int = CACHE_BYTES) -> None:
        self._dataset = dataset
        self.fps = fps
        self._cache: OrderedDict[str, Tensor] = OrderedDict()
        self._room = cache_bytes

    def coords(self, clip_id: str) -> Tensor:
        """(T, L, C) pixels of one clip at the working rate."""
        if clip_id in self._cache:
            self._cache.move_to_end(clip_id)
            return self._cache[clip_id]
        frames = resample_frames(self._dataset.pose(clip_id), self.fps)
        coords = torch.from_numpy(np.array(frames, dtype=np.float32))
        self._cache[clip_id] = coords
        self._room -= coords.nbytes
        while self._room < 0 and len(self._cache) > 1:
            self._room += self._cache.popitem(last=False)[1].nbytes
        return coords

    def batch(self, examples: Sequence[Example]) -> Batch:
        """The given clips, padded."""
        return collate(
            [self.coords(example.clip.clip_id) for example in examples],
            [example.target for example in examples],
            fps=self.fps,
            clip_ids=[example.clip.clip_id for example in examples],
        )


def make_examples(
    dataset: PoseDataset, clips: Sequence[Clip], vocabulary: Vocabulary, *, fps: float
) -> list[Example]:
    """Examples of the clips; one with a gloss outside the vocabulary has an empty target."""
    examples = []
    for clip in clips:
        known = all(gloss in vocabulary for gloss in clip.glosses)
        target = tuple(vocabulary.encode(clip.glosses)) if known else ()
        pose_frames = dataset.n_frames(clip.clip_id)
        n_frames = max(1, round(pose_frames * fps / dataset.fps(clip.clip_id)))
        examples.append(Example(clip, target, n_frames))
    return examples


def epoch_batches(
    examples: Sequence[Example], config: TrainConfig, *, epoch: int, rank: int = 0, world: int = 1
) -> list[list[Example]]:
    """The batches of one epoch, in order: like lengths together, batches shuffled, each process its
    share.
    """
    rng = np.random.default_rng(_seed(config.seed, "order", epoch))
    blur = rng.uniform(1 - _NEIGHBOURS, 1 + _NEIGHBOURS, len(examples))
    lengths = np.array([example.n_frames for example in examples]) * blur
    order = np.argsort(lengths, kind="stable").tolist()
    batches = budget_batches(examples, config, order=order)
    shuffled = [batches[i] for i in rng.permutation(len(batches))]
    usable = len(shuffled) - len(shuffled) % world if len(shuffled) >= world else len(shuffled)
    return shuffled[:usable][rank::world]


def budget_batches(
    examples: Sequence[Example], config: TrainConfig, *, order: Sequence[int] | None = None
) -> list[list[Example]]:
    """Batches of consecutive examples within the budgets of padded frames and clips; `order` sorts
    them first.
    """
    packed = pack(
        [example.n_frames for example in examples],
        range(len(examples)) if order is None else order,
        max_frames=config.frames_per_batch,
        max_clips=config.clips_per_batch,
    )
    return [[examples[i] for i in batch] for batch in packed]


def update_seed(seed: int, update: int) -> int:
    """The seed of everything random in one update: a resumed run draws the same numbers."""
    return _seed(seed, "update", update)


def _seed(*parts: object) -> int:
    digest = sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:7], "big")
