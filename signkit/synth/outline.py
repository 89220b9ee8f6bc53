"""Where people are in a frame and who hides whom, by the outlines of heads, trunks and arms."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from signkit.synth.body import Floats
from signkit.synth.truth import TRUTH_SKELETON

GRID_PX = 4
"""Outlines are drawn on a grid this wide."""
_HEAD_M, _ARM_M = (0.085, 0.125), 0.09
_JOINTS = (
    "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_index", "right_index",
)  # fmt: skip


def find_visible(
    coords: Floats, pixels_per_metre: Sequence[float], *, width_px: int, height_px: int
) -> tuple[Floats, Floats]:
    """What the camera sees of people.

    Args:
        coords: (P, T, 75, 3) landmarks of `TRUTH_SKELETON` in pixels, the nearest person last.
        pixels_per_metre: P scales.
        width_px, height_px: Of the frame.

    Returns:
        (P, T, 4) x0, y0, x1, y1 around what lies in the frame, hidden or not, NaN where nothing
        does; (P, T) how much is behind somebody nearer or outside the frame, 0 to 1.
    """
    boxes = np.full((*coords.shape[:2], 4), np.nan, dtype=np.float32)
    hidden = np.zeros(coords.shape[:2], dtype=np.float32)
    # The grid is three frames wide, with the frame in the middle.
    shape = (height_px // GRID_PX, 3 * width_px // GRID_PX)
    inside = np.zeros(shape, dtype=bool)
    inside[:, width_px // GRID_PX : 2 * width_px // GRID_PX] = True
    points = coords[..., :2] + np.array([width_px, 0], dtype=np.float32)
    for frame in range(coords.shape[1]):
        nearer = np.zeros(shape, dtype=bool)
        for person in reversed(range(len(coords))):
            outline = _outline(points[person, frame], pixels_per_metre[person], shape)
            seen = outline & inside & ~nearer
            hidden[person, frame] = 1 - seen.sum() / max(outline.sum(), 1)
            boxes[person, frame] = _box_around(outline & inside) - (width_px, 0, width_px, 0)
            nearer |= outline
    return boxes, hidden


def _outline(points: Floats, per_metre: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    at = {name: (points[TRUTH_SKELETON.index(name)] / GRID_PX).astype(int) for name in _JOINTS}
    unit = per_metre / GRID_PX
    outline = np.zeros(shape, dtype=np.uint8)
    head = ((at["left_ear"] + at["right_ear"]) // 2).tolist()
    cv2.ellipse(outline, head, [int(radius * unit) for radius in _HEAD_M], 0, 0, 360, 1, -1)
    left, right = at["left_shoulder"], at["right_shoulder"]
    trunk = [left, right, [right[0], shape[0]], [left[0], shape[0]]]
    cv2.fillPoly(outline, [np.array(trunk, dtype=np.int32)], 1)
    for side in ("left", "right"):
        arm = [at[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist", "index")]
        cv2.polylines(outline, [np.array(arm, dtype=np.int32)], False, 1, int(_ARM_M * unit) + 1)
    return outline.astype(bool)


def _box_around(mask: NDArray[np.bool_]) -> Floats:
    """(4,) x0, y0, x1, y1 in pixels around what is True on the grid, NaN where nothing is."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return np.full(4, np.nan, dtype=np.float32)
    edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return np.array(edges, dtype=np.float32) * GRID_PX
