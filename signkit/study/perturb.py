"""What may be wrong with a recording, done to a clip on purpose: noise, lost hands, another view.

Every disturbance takes a clip in source pixels, as the extractor gave it, and gives one back, so
what a recognizer makes of it is what it would make of such a recording. What is random depends on
the seed, the kind and the clip only: a row of a table is the same whatever else was asked for, and
noise of twice the strength moves every landmark twice as far.

In depth every part of hands and face turns about itself and the body turns as a flat figure, as in
`signkit.encode.augment`, since extractors estimate depth part by part.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from signkit.pose import PoseSequence
from signkit.study.perturb_time import add_frames, change_fps, change_speed, cut, drop_frames

Change = Callable[[PoseSequence, np.random.Generator], PoseSequence | None]
"""A clip and a source of randomness to the disturbed clip; None where there is nothing to do."""

HANDS = ("left_hand", "right_hand")
_SHOULDERS = ("left_shoulder", "right_shoulder")
_OWN_DEPTH = (*HANDS, "face", "lips")
LOST_FOR_S = 0.2
"""How long a hand is lost at a time."""


@dataclass(frozen=True)
class Disturbance:
    """One row of the sweep.

    Args:
        kind: What is done, a key of `KINDS`.
        level: How much of it, in words.
        change: Does it to a clip.
    """

    kind: str
    level: str
    change: Change

    def apply(self, pose: PoseSequence, *, seed: int = 0) -> PoseSequence | None:
        """The disturbed clip; None where the clip has nothing that could be disturbed."""
        if not pose.n_frames:
            return None
        digest = sha256(f"{seed}\t{self.kind}\t{pose.clip_id}".encode()).digest()
        return self.change(pose, np.random.default_rng(list(digest)))


def add_noise(pose: PoseSequence, rng: np.random.Generator, *, sigma: float) -> PoseSequence | None:
    """Every seen coordinate of every frame moved by white noise of `sigma` shoulder widths.

    None where the clip never shows both shoulders.
    """
    unit_px = shoulder_width_px(pose)
    if unit_px is None:
        return None
    noise = rng.standard_normal(pose.coords.shape) * (sigma * unit_px)
    return replace(pose, coords=(pose.coords + noise).astype(np.float32))


def lose_hands(
    pose: PoseSequence, rng: np.random.Generator, *, share: float, hands: tuple[str, ...] = HANDS
) -> PoseSequence | None:
    """Each hand unseen in exactly this share of the frames, for 0.2 s at a time.

    None where the skeleton has none of the hands.
    """
    present = [hand for hand in hands if hand in pose.skeleton.parts]
    if not present:
        return None
    coords = pose.coords.copy()
    for hand in present:
        lost = scattered_runs(pose.n_frames, share, max(1, round(LOST_FOR_S * pose.fps)), rng)
        coords[np.ix_(lost, pose.skeleton.part_indices(hand))] = np.nan
    return replace(pose, coords=coords)


def mirror(pose: PoseSequence) -> PoseSequence:
    """The picture reflected, and left and right exchanged; landmarks without partner unseen."""
    swap = pose.skeleton.mirror_permutation()
    coords = pose.coords[:, swap].copy()
    coords[..., 0] = pose.width_px - coords[..., 0]
    coords[:, pose.skeleton.indices(pose.skeleton.unmirrored)] = np.nan
    return replace(pose, coords=coords, confidence=pose.confidence[:, swap])


def turn(
    pose: PoseSequence, *, yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0
) -> PoseSequence:
    """The clip from a camera that was turned about its middle: sideways, up, and about its axis.

    A clip in two dimensions is a flat figure: from the side it is narrower, from above lower.
    """
    n_dims = pose.skeleton.n_dims
    matrix = _rotation(yaw_deg, pitch_deg, roll_deg)[:n_dims, :n_dims]
    still = _common_depth(pose)
    still[..., :2] += _mean(pose.coords[..., :2].reshape(-1, 2), axis=0)
    turned = (pose.coords - still) @ matrix.T + still
    return replace(pose, coords=turned.astype(np.float32))


def shrink(pose: PoseSequence, *, factor: float) -> PoseSequence:
    """The clip in a smaller picture, landmarks found to the pixel."""
    return replace(
        pose,
        coords=np.round(pose.coords * np.float32(factor)),
        width_px=max(1, round(pose.width_px * factor)),
        height_px=max(1, round(pose.height_px * factor)),
    )


def shoulder_width_px(pose: PoseSequence) -> float | None:
    """Median distance of the shoulders over the frames that show both; None without any."""
    if not all(name in pose.skeleton for name in _SHOULDERS):
        return None
    left, right = (pose.coords[:, pose.skeleton.index(name), :2] for name in _SHOULDERS)
    widths = np.hypot(*(right - left).T)
    widths = widths[~np.isnan(widths)]
    return float(np.median(widths)) or None if widths.size else None


def scattered_runs(
    n: int, share: float, longest: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """round(share * n) of n frames, in runs of `longest` (the last may be shorter), anywhere."""
    n_chosen = round(share * n)
    n_runs = -(-n_chosen // longest)
    if not n_runs:
        return np.empty(0, dtype=np.int64)
    # where the runs would stand if each were one frame long among the frames that stay
    places = np.sort(rng.choice(n - n_chosen + n_runs, n_runs, replace=False))
    lengths = np.minimum(longest, n_chosen - longest * np.arange(n_runs))
    starts = places + np.concatenate([[0], np.cumsum(lengths[:-1] - 1)])
    return np.concatenate([np.arange(a, a + k) for a, k in zip(starts, lengths, strict=True)])


def _common_depth(pose: PoseSequence) -> NDArray[np.float64]:
    """(T, L, C) depth that a landmark does not turn with: of hands and face the mean of the part,
    of all else its own; 0 in the other dimensions.
    """
    depth = np.zeros(pose.coords.shape)
    depth[..., 2:] = np.nan_to_num(pose.coords[..., 2:])
    for part in set(_OWN_DEPTH) & set(pose.skeleton.parts):
        where = pose.skeleton.part_indices(part)
        own = pose.coords[:, where, 2:]
        depth[:, where, 2:] = _mean(own, axis=1)[:, None]
    return depth


def _mean(values: NDArray[np.float32], *, axis: int) -> NDArray[np.float64]:
    """Mean of what is seen; 0 where nothing is."""
    n_seen = (~np.isnan(values)).sum(axis=axis)
    total = np.nansum(values, axis=axis, dtype=np.float64)
    mean: NDArray[np.float64] = total / np.maximum(n_seen, 1)
    return mean


def _rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """(3, 3) matrix that turns x, y, z."""
    (yaw, pitch, roll) = np.deg2rad((yaw_deg, pitch_deg, roll_deg))
    about_y = [[np.cos(yaw), 0.0, np.sin(yaw)], [0.0, 1.0, 0.0], [-np.sin(yaw), 0.0, np.cos(yaw)]]
    about_x = [
        [1.0, 0.0, 0.0],
        [0.0, np.cos(pitch), -np.sin(pitch)],
        [0.0, np.sin(pitch), np.cos(pitch)],
    ]
    about_z = [
        [np.cos(roll), -np.sin(roll), 0.0],
        [np.sin(roll), np.cos(roll), 0.0],
        [0.0, 0.0, 1.0],
    ]
    matrices = (np.array(about, dtype=np.float64) for about in (about_z, about_y, about_x))
    rotation: NDArray[np.float64] = np.linalg.multi_dot(list(matrices))
    return rotation


def _noise(sigma: float) -> Disturbance:
    return Disturbance(
        "noise", f"sigma {sigma:g}", lambda pose, rng: add_noise(pose, rng, sigma=sigma)
    )


def _hands(share: float, hands: tuple[str, ...], said: str) -> Disturbance:
    return Disturbance(
        "hands", said, lambda pose, rng: lose_hands(pose, rng, share=share, hands=hands)
    )


def _drops(share: float) -> Disturbance:
    said = f"{share:.0%} of the frames gone".replace("%", " %")
    return Disturbance("drops", said, lambda pose, rng: drop_frames(pose, rng, share=share))


def _speed(factor: float) -> Disturbance:
    return Disturbance("speed", f"x {factor:g}", lambda pose, _: change_speed(pose, factor=factor))


def _cut(share: float) -> Disturbance:
    said = f"{100 * share:+.0f} % of the time"
    if share < 0:
        return Disturbance("cuts", said, lambda pose, _: cut(pose, share=-share))
    return Disturbance("cuts", said, lambda pose, _: add_frames(pose, share=share))


def _fps(fps: float) -> Disturbance:
    def change(pose: PoseSequence, _: np.random.Generator) -> PoseSequence | None:
        changed = change_fps(pose, fps=fps)
        return None if changed is pose else changed  # it has this rate already

    return Disturbance("fps", f"{fps:g} a second", change)


def _camera(axis: str, angle: float) -> Disturbance:
    return Disturbance(
        "camera", f"{axis} {angle:+g} degrees", lambda pose, _: turn(pose, **{f"{axis}_deg": angle})
    )


def _size(part: int) -> Disturbance:
    return Disturbance("size", f"1/{part}", lambda pose, _: shrink(pose, factor=1 / part))


KINDS: dict[str, str] = {
    "noise": "landmark noise, shoulder widths",
    "hands": "hands not found",
    "drops": "frames dropped, times right",
    "speed": "signing speed",
    "cuts": "boundaries: cut off (-), held still (+)",
    "mirror": "mirrored",
    "fps": "frame rate",
    "camera": "camera turned",
    "size": "picture size, whole pixels",
}
"""Kinds of disturbance, in words."""

SWEEP: tuple[Disturbance, ...] = (
    *map(_noise, (0.01, 0.02, 0.05)),
    _hands(0.1, HANDS, "10 % of the time each"),
    _hands(0.3, HANDS, "30 % of the time each"),
    _hands(1.0, ("left_hand",), "left never found"),
    _hands(1.0, ("right_hand",), "right never found"),
    *map(_drops, (0.1, 0.3, 0.5)),
    *map(_speed, (0.5, 0.75, 1.5, 2.0)),
    *map(_cut, (-0.2, -0.1, 0.1, 0.2)),
    Disturbance("mirror", "left and right exchanged", lambda pose, _: mirror(pose)),
    *map(_fps, (12.5, 15.0, 30.0, 50.0)),
    *(_camera(axis, angle) for axis in ("yaw", "pitch", "roll") for angle in (-20, -10, 10, 20)),
    *map(_size, (2, 4)),
)
"""Every row of the sweep, in the order of the table."""

QUICK = {
    "noise": ("sigma 0.05",),
    "hands": ("30 % of the time each",),
    "drops": ("50 % of the frames gone",),
    "speed": ("x 0.5", "x 2"),
    "cuts": ("-20 % of the time", "+20 % of the time"),
    "mirror": ("left and right exchanged",),
    "fps": ("12.5 a second",),
    "camera": ("yaw +20 degrees", "roll +20 degrees"),
    "size": ("1/4",),
}
"""The levels of each kind that a quick look has."""
