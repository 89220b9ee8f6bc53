"""A pose small enough to travel inside a page, and what a canvas needs to draw it.

Hands, arms, trunk, and the lines of the face are kept, at most `N_FRAMES` of them, on a stage of
640 by 480 that the signer fits into. A coordinate is 16 bits, in steps of 1/32 of a stage unit: 4
bytes for a landmark of a frame, before base64.
"""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton
from signkit.view.preview import plan_drawing

STAGE = (640, 480)
N_FRAMES = 300
STEPS = 32  # per stage unit
ZERO = 8192  # where the stage begins; landmarks may leave it
UNSEEN = 65535
MARGIN = 0.06
OUTLIERS = 0.01  # at either end, of all sightings
REACH = 0.25  # of what the other sightings span: so far outliers, such as lowered hands, still fit
HAIR = 0.08  # of the height: a head without a face is drawn larger than what is known of it
N_DOTS = 80  # a face without lines is drawn as dots, if it has no more

_FACES = ("face", "lips")


def packed_pose(pose: PoseSequence) -> dict[str, Any]:
    """The record that `player.js` plays: times, lines, and base64 of (T, L) uint16 x, y pairs."""
    figure = _figure(pose.skeleton)
    kept = figure.pop("kept")
    frames = np.arange(0, pose.n_frames, max(1, -(-pose.n_frames // N_FRAMES)))
    xy = pose.coords[frames][:, kept, :2].astype(np.float64)  # (T, L, 2) pixels
    scale, origin = _window(xy[:, figure.pop("fits")], xy[:, figure["head"]])
    placed = np.round((xy - origin) * scale * STEPS) + ZERO
    whole = np.where(np.isnan(placed), UNSEEN, placed.clip(0, UNSEEN - 1)).astype("<u2")
    corner = -origin * scale
    size = np.array([pose.width_px, pose.height_px]) * scale
    return {
        "times": np.round(1000 * pose.time_s[frames]).astype(int).tolist(),
        "end": round(1000 * (float(pose.time_s[0]) + pose.duration_s)) if pose.n_frames else 0,
        "n": len(kept),
        "xy": b64encode(whole.tobytes()).decode(),
        "picture": [round(float(value), 1) for value in (*corner, *size)],
        **figure,
    }


def _figure(skeleton: Skeleton) -> dict[str, Any]:
    """What is drawn of a skeleton, in indices of the landmarks that are kept."""
    plan = plan_drawing(skeleton)
    faces = {name for part in _FACES for name in skeleton.parts.get(part, ())}
    lines = {kind: chains for kind, chains in plan.chains.items() if chains}
    lines["face"] = [
        [skeleton.index(a), skeleton.index(b)]
        for a, b in skeleton.edges
        if a in faces and b in faces
    ]
    dots = dict(plan.dots)
    if not lines["face"] and len(faces) <= N_DOTS:
        dots["face"] = skeleton.indices(n for n in skeleton.landmarks if n in faces).tolist()
    has_face = "face" in skeleton.parts and (lines["face"] or dots.get("face"))
    head = [] if has_face else plan.head.tolist()
    drawn = [i for chains in lines.values() for chain in chains for i in chain]
    kept = sorted({*drawn, *head, *(i for dot in dots.values() for i in dot)})
    place = {landmark: i for i, landmark in enumerate(kept)}
    fits = set(plan.fits.tolist()) & set(kept)
    return {
        "kept": kept,
        "fits": [place[i] for i in sorted(fits)] or list(range(len(kept))),
        "lines": {kind: [_moved(chain, place) for chain in lines[kind]] for kind in lines},
        "dots": {kind: _moved(dot, place) for kind, dot in dots.items()},
        "head": _moved(head, place),
    }


def _moved(landmarks: Iterable[int], place: dict[int, int]) -> list[int]:
    return [place[i] for i in landmarks]


def _window(
    body: NDArray[np.float64], head: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Stage units per pixel, and the (2,) pixels of the stage's corner, so that the signer fits."""
    corners = []
    for xy, share in ((body, OUTLIERS), (head, 0.0)):
        seen = xy[~np.isnan(xy[..., 0])]  # (seen, 2)
        if len(seen):
            low, high = np.quantile(seen, (share, 1 - share), axis=0)
            reach = REACH * (high - low)
            low = np.maximum(seen.min(axis=0), low - reach)
            corners.append(np.stack([low, np.minimum(seen.max(axis=0), high + reach)]))
    if not corners:
        return 1.0, np.zeros(2)
    low, high = np.min(corners, axis=0)[0], np.max(corners, axis=0)[1]
    if head.size:
        low = low - (0, HAIR * (high - low)[1])
    scale = float((np.array(STAGE) / (np.maximum(high - low, 1.0) * (1 + 2 * MARGIN))).min())
    return scale, (low + high) / 2 - np.array(STAGE) / scale / 2
