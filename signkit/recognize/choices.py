"""What the beam search chooses from: the glosses of a frame, and which prefix may grow by which."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from signkit.recognize.prefixes import Floats, Ints

_FEW = 64  # columns that are sorted as fast as the best of them are found


@dataclass(frozen=True, eq=False)
class Frame:
    """One step of n clips.

    Args:
        log_probs: (n, V).
        ids: (n, K) glosses that may be added, best first.
        values: (n, K) their log probabilities.
    """

    log_probs: NDArray[np.float32]
    ids: Ints
    values: Floats

    @classmethod
    def whole(cls, log_probs: NDArray[np.float32]) -> "Frame":
        """Every gloss may be added."""
        n, n_ids = log_probs.shape
        ids = np.broadcast_to(np.arange(1, n_ids), (n, n_ids - 1))
        return cls(log_probs, ids, log_probs[:, 1:].astype(np.float64))


@dataclass(frozen=True, eq=False)
class Grid:
    """Which prefix (rank in the beam) is tried with which gloss (rank in the frame).

    Args:
        width: W.
        prefix: (P,) rank of the prefix of each pair, rising.
        rank: (P,) rank of the gloss of each pair.
        place: (W, K) index of each pair; P where it is not tried.
        parent: (W + P,) what each candidate was: the prefixes themselves, then `prefix`.
        gloss: (W + P,) rank of the gloss of each candidate; 0 for the prefixes themselves.
    """

    width: int
    prefix: Ints
    rank: Ints
    place: Ints
    parent: Ints
    gloss: Ints

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, width: int, n_glosses: int, *, all_pairs: bool) -> "Grid":
        """All pairs, or those that can be among the best W where ranks alone decide."""
        prefix, rank = np.indices((width, n_glosses))
        tried = np.full((width, n_glosses), all_pairs) | ((prefix + 1) * rank <= width)
        place = np.full((width, n_glosses), tried.sum())
        place[tried] = np.arange(tried.sum())
        prefix, rank = prefix[tried], rank[tried]
        kept = np.arange(width)
        return cls(
            width, prefix, rank, place,
            parent=np.concatenate([kept, prefix]), gloss=np.concatenate([0 * kept, rank]),
        )  # fmt: skip

    @property
    def n_pairs(self) -> int:
        """P."""
        return len(self.prefix)


def best_glosses(log_probs: NDArray[np.float32], n: int) -> tuple[Ints, Floats]:
    """(B, T', n) ids of the best glosses of each frame and their log probabilities, best first.

    Of equal ones the lower id is the better, also where the last place is shared.
    """
    values = torch.from_numpy(log_probs)[..., 1:]
    best, places = (part.numpy() for part in values.topk(n))
    by_id = np.argsort(places, axis=-1)
    best, places = (np.take_along_axis(part, by_id, axis=-1) for part in (best, places))
    by_value = np.argsort(-best, axis=-1, kind="stable")
    best, places = (np.take_along_axis(part, by_value, axis=-1) for part in (best, places))
    shared = (log_probs[..., 1:] >= best[..., -1:]).sum(axis=-1) > n
    if shared.any():
        places[shared] = np.argsort(-log_probs[shared][:, 1:], axis=-1, kind="stable")[:, :n]
    return places + 1, best.astype(np.float64)


def best_columns(score: Floats, width: int) -> Ints:
    """(n, W) columns of the best scores of each row, best first; of equal ones the first."""
    if score.shape[1] <= _FEW:
        return np.argsort(-score, axis=1, kind="stable")[:, :width]
    least = -np.partition(-score, width - 1, axis=1)[:, width - 1 : width]
    is_best = score >= least
    is_shared = is_best.sum(axis=1) > width  # equal scores in the last place
    if is_shared.any():
        rows = np.flatnonzero(is_shared)[:, None]
        is_best[rows] = False
        is_best[rows, np.argsort(-score[is_shared], axis=1, kind="stable")[:, :width]] = True
    columns = np.nonzero(is_best)[1].reshape(len(score), width)
    order = np.argsort(-np.take_along_axis(score, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)
