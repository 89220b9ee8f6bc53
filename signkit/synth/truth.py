"""The known landmarks of a generated clip, with the meanings MediaPipe gives them.

Coordinates are exact: the renderer draws the same joints. Confidence says what the camera can see:
1 for a landmark in plain sight, `HIDDEN` for one outside the frame or behind the other hand, and 0
(with NaN) only where a test set asks for losses. A hand counts as visible when at least
`MIN_VISIBLE` of its 21 landmarks are in plain sight.

As in MediaPipe, depth is in the scale of x, from the middle of the hips for the body and from the
wrist for each hand.
"""

import numpy as np
from numpy.typing import NDArray

from signkit.skeletons import get_skeleton
from signkit.synth.body import Body, Floats
from signkit.synth.camera import Views

TRUTH_SKELETON = get_skeleton("mediapipe-75")
HIDDEN = 0.25
MIN_VISIBLE = 0.75
_MARGIN = 0.02
_FINGER_M, _NEARER_M = 0.011, 0.012
# Joint of each hand that a pose landmark stands for: little knuckle, index knuckle, thumb.
_POSE_HAND_JOINTS = (17, 5, 3)


def project_landmarks(body: Body, views: Views) -> tuple[Floats, Floats]:
    """Coordinates (T, 75, 3) in pixels and confidence (T, 75) of clips laid end to end."""
    hands = views.project(body.hands)  # (T, 2, 21, 3)
    pose = _pose(body, views, hands)
    covered = _covered(hands, views.pixels_per_metre)  # (T, 2, 21)
    covered = np.concatenate(
        [np.zeros(pose.shape[:2], dtype=bool), covered[:, 0], covered[:, 1]], axis=1
    )
    pose[..., 2] -= (pose[:, 23:24, 2] + pose[:, 24:25, 2]) / 2
    hands[..., 2] -= hands[:, :, :1, 2]
    coords = np.concatenate([pose, hands[:, 0], hands[:, 1]], axis=1)
    in_sight = _in_frame(coords, views) & ~covered
    return coords, np.where(in_sight, 1.0, HIDDEN).astype(np.float32)


def hand_is_visible(confidence: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(T,) from the confidence (T, 21) of a hand's landmarks."""
    visible: NDArray[np.bool_] = (confidence > HIDDEN).mean(axis=1) >= MIN_VISIBLE
    return visible


def _pose(body: Body, views: Views, hands: Floats) -> Floats:
    """(T, 33, 3) in MediaPipe's order; legs hang straight below the hips."""
    n_frames = body.n_frames
    points = np.empty((n_frames, 33, 3), dtype=np.float32)
    points[:, :11] = views.project(body.head_points)
    points[:, 11:13] = views.project(body.shoulders)
    points[:, 13:15] = views.project(body.elbows)
    points[:, 15:17] = hands[:, :, 0]
    for i, joint in enumerate(_POSE_HAND_JOINTS):
        points[:, 17 + 2 * i : 19 + 2 * i] = hands[:, :, joint]
    torso = body.hips[:, :, 1:2].mean(axis=1, keepdims=True)
    down = np.array([0, 1, 0], dtype=np.float32) * torso
    forward = np.array([0, 0, -1], dtype=np.float32) * torso
    knees, ankles = body.hips + 0.85 * down, body.hips + 1.68 * down
    legs = [body.hips, knees, ankles, ankles + 0.08 * down, ankles + 0.08 * down + 0.3 * forward]
    for i, joints in enumerate(legs):
        points[:, 23 + 2 * i : 25 + 2 * i] = views.project(joints)
    return points


def _in_frame(points: Floats, views: Views) -> NDArray[np.bool_]:
    x, width = points[..., 0], views.width_px[:, None]
    y, height = points[..., 1], views.height_px[:, None]
    across = (x > _MARGIN * width) & (x < (1 - _MARGIN) * width)
    in_frame: NDArray[np.bool_] = across & (y > _MARGIN * height) & (y < (1 - _MARGIN) * height)
    return in_frame


_BONES = np.array(
    [(0, 5), (0, 9), (0, 13), (0, 17), (5, 17), (1, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8),
     (9, 10), (10, 11), (11, 12), (13, 14), (14, 15), (15, 16), (17, 18), (18, 19), (19, 20)]
)  # fmt: skip


def _covered(hands: Floats, pixels_per_metre: Floats) -> NDArray[np.bool_]:
    """(T, 2, 21) True where a landmark lies behind a bone of the other hand."""
    covered = np.zeros(hands.shape[:3], dtype=bool)
    reach = _FINGER_M * pixels_per_metre
    flat = np.ascontiguousarray(hands[..., :2].transpose(3, 1, 2, 0))  # (x and y, sides, 21, T)
    low, high = flat.min(axis=2) - reach, flat.max(axis=2) + reach
    near = np.flatnonzero(((low[:, 0] < high[:, 1]) & (low[:, 1] < high[:, 0])).all(axis=0))
    reach = reach[near, None, None]
    deeper = _NEARER_M * pixels_per_metre[near, None, None]
    for side in (0, 1):
        x, y, z = np.moveaxis(hands[near, side], -1, 0)[..., None]  # each (T, 21, 1)
        others = np.moveaxis(hands[near, 1 - side], -1, 0)  # (3, T, 21)
        ax, ay, az = others[:, :, None, _BONES[:, 0]]  # each (T, 1, bones)
        bx, by, bz = others[:, :, None, _BONES[:, 1]] - (ax, ay, az)
        dx, dy = x - ax, y - ay
        along = np.clip((dx * bx + dy * by) / (bx * bx + by * by + 1e-6), 0, 1)
        over = (dx - along * bx) ** 2 + (dy - along * by) ** 2 < reach**2
        behind = z - az - along * bz > deeper
        covered[near, side] = (over & behind).any(axis=-1)
    return covered
