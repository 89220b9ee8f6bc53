"""Clips to train on or to evaluate, read at one frame rate, the recent ones from memory."""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from torch import Tensor

from signkit.batch import Batch, collate
from signkit.clip import Clip
from signkit.pose import resample_frames
from signkit.train.joint import PoseSource
from signkit.vocabulary import Vocabulary

CACHE_BYTES = 2 << 30


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
    """Reads clips at one frame rate and keeps recent ones in memory; several threads may ask.

    Args:
        poses: Where the poses are.
        fps: Working frame rate.
        cache_bytes: Landmarks kept in memory at most.
        n_threads: Clips that are decoded side by side.
    """

    def __init__(
        self,
        poses: PoseSource,
        *,
        fps: float,
        cache_bytes: int = CACHE_BYTES,
        n_threads: int = 1,
    ) -> None:
        self._poses = poses
        self.fps = fps
        self._cache: OrderedDict[str, Tensor] = OrderedDict()
        self._room = cache_bytes
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(n_threads) if n_threads > 1 else None

    def coords(self, clip_id: str) -> Tensor:
        """(T, L, C) pixels of one clip at the working rate."""
        with self._lock:
            if clip_id in self._cache:
                self._cache.move_to_end(clip_id)
                return self._cache[clip_id]
        frames = resample_frames(self._poses.pose(clip_id), self.fps)
        # in (T, L, C) order a batch is a few long copies
        coords = torch.from_numpy(np.array(frames, dtype=np.float32, order="C"))
        with self._lock:
            if clip_id not in self._cache:
                self._cache[clip_id] = coords
                self._room -= coords.nbytes
            while self._room < 0 and len(self._cache) > 1:
                self._room += self._cache.popitem(last=False)[1].nbytes
        return coords

    def batch(self, examples: Sequence[Example]) -> Batch:
        """The given clips, padded."""
        clip_ids = [example.clip.clip_id for example in examples]
        each = self._pool.map if self._pool else map
        return collate(
            list(each(self.coords, clip_ids)),
            [example.target for example in examples],
            fps=self.fps,
            clip_ids=clip_ids,
        )


def make_examples(
    poses: PoseSource, clips: Sequence[Clip], vocabulary: Vocabulary, *, fps: float
) -> list[Example]:
    """Examples of the clips; one with a gloss outside the vocabulary has an empty target."""
    pose_frames, rates = poses.lengths([clip.clip_id for clip in clips])
    n_frames = np.maximum(1, np.round(pose_frames * fps / rates)).astype(np.int64).tolist()
    examples = []
    for clip, n in zip(clips, n_frames, strict=True):
        known = all(gloss in vocabulary for gloss in clip.glosses)
        target = tuple(vocabulary.encode(clip.glosses)) if known else ()
        examples.append(Example(clip, target, n))
    return examples
