"""The small faults of an extractor, added to exact landmarks: jitter and lost hands."""

import numpy as np
from numpy.typing import NDArray

from signkit.synth.body import Floats
from signkit.synth.truth import HIDDEN, TRUTH_SKELETON, hand_is_visible

Bools = NDArray[np.bool_]

_JITTER = 0.008
"""Standard deviation of a landmark, in shoulder widths; depth is three times as uncertain."""
_LOST, _FOUND = 0.006, 0.35
"""Chance, per frame, that a visible hand is lost, and that a lost one is found again."""
_LOST_HIDDEN = 0.5


def with_faults(
    coords: Floats, confidence: Floats, *, n_frames: list[int], seeds: list[tuple[int, ...]]
) -> tuple[Floats, Floats]:
    """Coordinates (T, 75, 3) and confidence (T, 75) of clips end to end, as if extracted.

    Hands are present or absent as a whole, as MediaPipe's are; a hand out of sight is lost sooner.
    Each clip has a seed of its own.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    coords = coords + _jitter(coords, n_frames, generators)
    confidence = confidence.copy()
    for part in ("left_hand", "right_hand"):
        where = TRUTH_SKELETON.part_indices(part)
        hand = slice(where[0], where[-1] + 1)
        visible = hand_is_visible(confidence[:, hand])
        chance = np.concatenate([g.random(n) for g, n in zip(generators, n_frames, strict=True)])
        lost = _lost(visible, chance, np.cumsum(n_frames))
        coords[lost, hand] = np.nan
        # An extractor gives a hand it has found no confidence of its own.
        confidence[:, hand] = np.where(lost, 0.0, 1.0)[:, None]
    pose = slice(0, TRUTH_SKELETON.part_indices("pose")[-1] + 1)
    confidence[:, pose] = np.where(confidence[:, pose] > HIDDEN, 0.99, 0.1)
    return coords, confidence


def _jitter(coords: Floats, n_frames: list[int], generators: list[np.random.Generator]) -> Floats:
    left, right = TRUTH_SKELETON.index("left_shoulder"), TRUTH_SKELETON.index("right_shoulder")
    across = coords[:, left, :2] - coords[:, right, :2]
    scale = _JITTER * np.hypot(across[:, 0], across[:, 1])  # (T,) pixels
    shape = coords.shape[1:]
    noise = np.concatenate(
        [
            g.standard_normal((n, *shape), np.float32)
            for g, n in zip(generators, n_frames, strict=True)
        ]
    )
    jitter: Floats = noise * (scale[:, None] * np.array([1, 1, 3], dtype=np.float32))[:, None]
    return jitter


def _lost(visible: Bools, chance: NDArray[np.float64], ends: NDArray[np.int64]) -> Bools:
    """(T,) a chain of two states, found and lost, that begins anew with every clip."""
    loses = np.flatnonzero(chance < np.where(visible, _LOST, _LOST_HIDDEN))
    finds = np.flatnonzero((chance < _FOUND) & (chance >= _LOST) & visible)
    stops = np.union1d(finds, ends)
    lost = np.zeros(len(visible), dtype=bool)
    for frame, stop in zip(loses, stops[np.searchsorted(stops, loses, side="right")], strict=True):
        lost[frame:stop] = True
    return lost
