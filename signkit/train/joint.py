"""Several datasets trained on as one (`--with`).

The train clips of the other datasets join in; dev stays the main dataset's own. Their clips are
called `NAME/clip_id`, which no clip of a dataset can be called, and nothing is copied: poses are
read where they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from signkit.clip import Clip
from signkit.dataset import PoseDataset
from signkit.errors import TrainingError
from signkit.pose import PoseSequence


class PoseSource(Protocol):
    """Where poses are read by clip id; a dataset is one."""

    def pose(self, clip_id: str) -> PoseSequence:
        """The landmarks of one clip."""

    def lengths(self, clip_ids: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(N,) frames and (N,) frame rates of many clips, without reading landmarks."""


@dataclass(frozen=True)
class JointPoses:
    """The poses of a dataset, and of others beside it.

    Args:
        dataset: Its clips keep their ids.
        others: By unique name; their clips are called `NAME/clip_id`.
    """

    dataset: PoseDataset
    others: dict[str, PoseDataset]

    def pose(self, clip_id: str) -> PoseSequence:
        """The landmarks of one clip."""
        name, _, own_id = clip_id.rpartition("/")
        return replace(self._named(name).pose(own_id), clip_id=clip_id)

    def lengths(self, clip_ids: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(N,) frames and (N,) frame rates of many clips, without reading landmarks."""
        n_frames, fps = np.zeros(len(clip_ids), np.int64), np.zeros(len(clip_ids))
        for name, positions in self._positions(clip_ids).items():
            own_ids = [clip_ids[i].rpartition("/")[2] for i in positions]
            n_frames[positions], fps[positions] = self._named(name).lengths(own_ids)
        return n_frames, fps

    def train_clips(self) -> Iterator[tuple[str, list[Clip]]]:
        """(name, labelled train clips under their joint ids) of each other dataset.

        Raises:
            DatasetError: A dataset has no such clip.
        """
        for name, dataset in self.others.items():
            clips = dataset.labelled(split="train")
            yield name, [replace(clip, clip_id=f"{name}/{clip.clip_id}") for clip in clips]

    def fingerprint(self, clip_ids: Sequence[str]) -> str:
        """A hash over ids, glosses and lengths of the given clips: equal data, equal hash."""
        shares = self.shares(clip_ids)
        if not self.others:
            return shares[0][1]
        return sha256(
            "".join(f"{name}\t{hash_}\n" for name, hash_, _ in shares).encode()
        ).hexdigest()

    def shares(self, clip_ids: Sequence[str]) -> list[tuple[str, str, int]]:
        """(name, fingerprint, clips) of what each dataset contributes, the main one first."""
        shares = []
        for name, positions in self._positions(clip_ids).items():
            own_ids = [clip_ids[i].rpartition("/")[2] for i in positions]
            hash_ = self._named(name).fingerprint(own_ids)
            shares.append((name or self.dataset.info.name, hash_, len(own_ids)))
        return shares

    def _positions(self, clip_ids: Sequence[str]) -> dict[str, list[int]]:
        """Which of the clips each dataset has, the main one, called "", first."""
        positions: dict[str, list[int]] = {name: [] for name in ("", *self.others)}
        for i, clip_id in enumerate(clip_ids):
            positions[clip_id.rpartition("/")[0]].append(i)
        return positions

    def _named(self, name: str) -> PoseDataset:
        return self.others[name] if name else self.dataset


def join(dataset: PoseDataset, others: Sequence[PoseDataset]) -> JointPoses:
    """The poses of `dataset` and `others`.

    Raises:
        TrainingError: One is given twice, or has another skeleton.
    """
    own = dataset.skeleton
    folders = {dataset.path.resolve()}
    named: dict[str, PoseDataset] = {}
    for other in others:
        if other.path.resolve() in folders:
            raise TrainingError(f"{other.path} is given twice; name every dataset once")
        folders.add(other.path.resolve())
        theirs = other.skeleton
        if (theirs.landmarks, theirs.n_dims) != (own.landmarks, own.n_dims):
            raise TrainingError(
                f"{other.path} has skeleton {theirs.name!r} ({theirs.n_dims}-D), but "
                f"{dataset.path} has {own.name!r} ({own.n_dims}-D); join datasets of the same "
                "skeleton"
            )
        named[_free_name(other.info.name or other.path.resolve().name, named)] = other
    return JointPoses(dataset, named)


def _free_name(name: str, taken: dict[str, PoseDataset]) -> str:
    """`name`, or `name-2`, `name-3`, ... if it is taken."""
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(n for n in numbered if n not in taken)
