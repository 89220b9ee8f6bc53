"""A few moments of a clip, put down so that its copies show the same ones.

A copy may be encoded again, cropped or scaled, mirrored, or cut shorter at both ends. So a moment
is described by the shape of the body alone: a few landmarks, moved to their centre and scaled to
length one, seen along eight fixed directions of shape space. Half of the directions see only what
a mirror leaves alone, half only what it turns round: of those, the absolute value is the same in
the mirror. The moments are the frames in which the body goes farthest along one of four of the
directions: a shorter copy keeps most of these, whatever was cut off.

The descriptions are read in cells, and moments in the same cell are candidates (locality-sensitive
hashing; Indyk and Motwani 1998). Two grids, shifted by half a cell, catch what lies at a border.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from signkit.pose import PoseSequence
from signkit.skeleton import swap_side

_JOINTS = ("wrist", "thumb_tip", "index_mcp", "index_tip", "middle_tip", "pinky_mcp", "pinky_tip")
WANTED = (
    "nose",
    *(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist") for side in ("left", "right")),
    *(f"{side}_hand_{joint}" for joint in _JOINTS for side in ("left", "right")),
)
MIN_WANTED = 4
MOST_OTHERS = 24

N_EVEN = N_ODD = 4  # directions that a mirror leaves alone, and that it turns round
N_EXTREMES = 2  # of each kind, that moments are taken at
N_MOMENTS = 4 * N_EXTREMES
CELL = 0.08
MIN_FRAMES = 8

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Outline:
    """A clip by a few landmarks.

    Args:
        xy: (T, K, 2) pixels, NaN where unseen.
        time_s: (T,) seconds from the first frame.
        mirror: (K,) where each landmark's partner is.
    """

    xy: Floats
    time_s: NDArray[np.float64]
    mirror: NDArray[np.int64]

    def mirrored(self) -> "Outline":
        """The clip as a mirror shows it."""
        return Outline(
            self.xy[:, self.mirror] * np.array([-1, 1], np.float32), self.time_s, self.mirror
        )


@lru_cache(maxsize=8)
def _chosen(landmarks: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the K landmarks that outlines have, and of the partner of each among them."""
    known = {name: position for position, name in enumerate(landmarks)}
    names = [name for name in WANTED if name in known]
    if len(names) < MIN_WANTED:
        step = -(-len(landmarks) // MOST_OTHERS)
        some = dict.fromkeys(landmarks[::step])
        names = list(some | {swap_side(n): None for n in some if swap_side(n) in known})
    mirror = [
        names.index(swap_side(n)) if swap_side(n) in names else i for i, n in enumerate(names)
    ]
    return np.array([known[name] for name in names]), np.array(mirror)


def outline(pose: PoseSequence) -> Outline:
    """The few landmarks of a clip that copies are told by."""
    chosen, mirror = _chosen(pose.skeleton.landmarks)
    return Outline(pose.coords[:, chosen, :2], pose.time_s - pose.time_s[:1].sum(), mirror)


def moments(clip: Outline) -> tuple[Floats, Floats]:
    """The moments of a clip: (M, 8) descriptions and (M,) times.

    There are none where fewer than `MIN_FRAMES` frames show half of the landmarks that the clip
    shows at all.
    """
    seen = ~np.isnan(clip.xy[..., 0])  # (T, K)
    n_seen = seen.sum(axis=1)
    usable = np.flatnonzero((n_seen >= 2) & (2 * n_seen >= n_seen.max(initial=0)))
    if len(usable) < MIN_FRAMES:
        return np.empty((0, N_EVEN + N_ODD), np.float32), np.empty(0, np.float32)
    along = _shapes(clip.xy[usable], seen[usable]) @ _directions(tuple(clip.mirror.tolist()))
    told = along[:, [*range(N_EXTREMES), *range(N_EVEN, N_EVEN + N_EXTREMES)]]
    frames = np.concatenate([told.argmax(axis=0), told.argmin(axis=0)])
    return along[frames], clip.time_s[usable[frames]].astype(np.float32)


def _shapes(xy: Floats, seen: NDArray[np.bool_]) -> Floats:
    """(T, 2K) landmarks from their centre, of length one; 0 where unseen."""
    filled = np.where(seen[..., None], xy, np.float32(0))
    centre = filled.sum(axis=1, keepdims=True) / seen.sum(axis=1)[:, None, None]
    centred = np.where(seen[..., None], filled - centre, np.float32(0)).reshape(len(xy), -1)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    shapes: Floats = (centred / np.maximum(length, 1e-6)).astype(np.float32)
    return shapes


@lru_cache(maxsize=8)
def _directions(mirror: tuple[int, ...]) -> Floats:
    """(2K, 8) orthogonal directions: even ones, then odd ones."""
    n = len(mirror)
    rng = np.random.default_rng(0)
    found = []
    for sign, count in ((1, N_EVEN), (-1, N_ODD)):
        some = rng.standard_normal((count, n, 2))
        reflected = some[:, list(mirror)] * [-1, 1]
        halves = (some + sign * reflected).reshape(count, 2 * n).T
        orthogonal, size = np.linalg.qr(halves)
        is_there = np.abs(np.diag(size)) > 1e-6  # small skeletons have fewer directions
        padded = np.zeros((2 * n, count))
        padded[:, : is_there.size] = orthogonal * is_there
        found.append(padded)
    return np.concatenate(found, axis=1).astype(np.float32)


def cells(descriptions: Floats, *, shift: float) -> NDArray[np.uint64]:
    """(M,) the cell of each description, the same for a mirrored one."""
    folded = np.concatenate([descriptions[:, :N_EVEN], np.abs(descriptions[:, N_EVEN:])], axis=1)
    numbers = np.floor(folded.astype(np.float32) / CELL + shift).astype(np.int8)
    return np.ascontiguousarray(numbers).view(np.uint64).ravel()
