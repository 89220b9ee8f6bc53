"""Arms and hands as solids: which cones and plates stand on which joints."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.synth.body import Body, Floats
from signkit.synth.camera import Camera
from signkit.synth.cones import Cones, Plates
from signkit.synth.signer import Signer

SKIN, CLOTH, CUFF = 0, 1, 2

# (from, to, radius, radius) in joints of a hand and millimetres of a hand 190 mm long.
_FINGERS = (
    (1, 2, 13.0, 10.5), (2, 3, 10.4, 9.6), (3, 4, 9.6, 7.6),
    (5, 6, 9.6, 8.6), (6, 7, 8.6, 7.8), (7, 8, 7.8, 6.6),
    (9, 10, 9.8, 8.8), (10, 11, 8.8, 8.0), (11, 12, 8.0, 6.8),
    (13, 14, 9.2, 8.3), (14, 15, 8.3, 7.6), (15, 16, 7.6, 6.4),
    (17, 18, 8.2, 7.2), (18, 19, 7.2, 6.6), (19, 20, 6.6, 5.6),
)  # fmt: skip
# Joints 21 and 22 are the two sides of the wrist, thumb side first.
_PALM_CONES = (
    (21, 5, 12.0, 10.0), (22, 17, 12.0, 9.0), (5, 9, 10.0, 10.2), (9, 13, 10.2, 9.6),
    (13, 17, 9.6, 9.0), (21, 1, 12.5, 13.0), (21, 22, 12.0, 12.0),
    (21, 9, 11.0, 10.4), (22, 13, 11.0, 10.0),
    (22, 9, 11.0, 10.4), (1, 5, 11.0, 9.6),
)  # fmt: skip
_PALM_PLATES = (
    (21, 22, 9, 11.0), (21, 9, 5, 10.5), (22, 13, 9, 10.5), (22, 17, 13, 10.0), (1, 5, 21, 10.0),
    (1, 2, 5, 7.5),
)  # fmt: skip
# Where a sleeve bends, metres from the elbow joint (out, down): a constant, a row per component
# (out, down, towards the camera) of the upper arm's direction, then of the forearm's. Found by
# least squares over the elbows of MediaPipe: a camera sees the outer point of a bent elbow where an
# estimator means the joint.
_ELBOW_SHIFT_M = np.array(
    [
        [0.027, 0.034, 0],
        [-0.003, 0, 0], [-0.016, 0, 0], [-0.012, 0, 0],
        [0.025, 0.018, 0], [0.007, 0.036, 0], [-0.005, -0.028, 0],
    ],
    dtype=np.float32,
)  # fmt: skip
_HALF_WRIST_MM = 13.0
_HAND_MM = 190.0


@dataclass(frozen=True, eq=False)
class Flesh:
    """The solids of every frame, in pixels: cones and plates, (T, K, ...) each."""

    start: Floats
    end: Floats
    radius_start: Floats
    radius_end: Floats
    cone_material: NDArray[np.int64]
    corners: Floats
    plate_radius: Floats
    plate_material: NDArray[np.int64]

    def cones(self, frame: int) -> Cones:
        return Cones(
            self.start[frame],
            self.end[frame],
            self.radius_start[frame],
            self.radius_end[frame],
            self.cone_material,
        )

    def plates(self, frame: int) -> Plates:
        return Plates(self.corners[frame], self.plate_radius[frame], self.plate_material)


def put_on_flesh(body: Body, signer: Signer, camera: Camera) -> Flesh:
    """The arms and hands of every frame."""
    cones = [_hand_cones(body, signer, side) for side in (0, 1)]
    cones += [_arm_cones(body, signer, side) for side in (0, 1)]
    start, end, radius_start, radius_end, material = (
        np.concatenate(part, axis=-1 if part[0].ndim < 3 else 1)
        for part in zip(*cones, strict=True)
    )
    corners, plate_radius = zip(*(_hand_plates(body, signer, side) for side in (0, 1)), strict=True)
    points = np.concatenate(corners, axis=1)  # (T, K, 3 corners, 3)
    thickness = np.concatenate(plate_radius)
    return Flesh(
        start=camera.project(start),
        end=camera.project(end),
        radius_start=camera.radii(start, radius_start),
        radius_end=camera.radii(end, radius_end),
        cone_material=material,
        corners=camera.project(points),
        plate_radius=camera.radii(points[:, :, 0], thickness),
        plate_material=np.full(len(thickness), SKIN),
    )


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def _elbow_shift(upper_arm: Floats, forearm: Floats, side: int) -> Floats:
    """(T, 3) metres from the joint to the bend of the sleeve; directions are (T, 3) units."""
    to_signer = np.array([1 if side == 0 else -1, 1, -1], dtype=np.float32)  # (out, down, towards)
    constant = np.ones_like(forearm[:, :1])
    causes = np.concatenate([constant, upper_arm * to_signer, forearm * to_signer], axis=1)
    shift: Floats = causes @ _ELBOW_SHIFT_M * to_signer
    return shift


def _hand_points(body: Body, side: int) -> Floats:
    """(T, 23, 3): the joints of a hand and the two sides of its wrist."""
    hand = body.hands[:, side]
    across = _unit(hand[:, 5] - hand[:, 17])
    length = np.linalg.norm(hand[:, 9] - hand[:, 0], axis=-1, keepdims=True) * (_HAND_MM / 91.0)
    offset = across * length * (_HALF_WRIST_MM / _HAND_MM)
    return np.concatenate(
        [hand, (hand[:, 0] + offset)[:, None], (hand[:, 0] - offset)[:, None]], axis=1
    )


def _hand_cones(body: Body, signer: Signer, side: int) -> tuple[Floats, ...]:
    points = _hand_points(body, side)
    bones = _FINGERS + _PALM_CONES
    first, last = [b[0] for b in bones], [b[1] for b in bones]
    unit = signer.hand_m / _HAND_MM * signer.girth**0.5
    radii = np.array([b[2:] for b in bones], dtype=np.float32) * unit
    material = np.full(len(bones), SKIN)
    return points[:, first], points[:, last], radii[:, 0], radii[:, 1], material


def _hand_plates(body: Body, signer: Signer, side: int) -> tuple[Floats, Floats]:
    points = _hand_points(body, side)
    corners = np.stack([points[:, list(p[:3])] for p in _PALM_PLATES], axis=1)
    unit = signer.hand_m / _HAND_MM * signer.girth**0.5
    return corners, np.array([p[3] for p in _PALM_PLATES], dtype=np.float32) * unit


def _arm_cones(body: Body, signer: Signer, side: int) -> tuple[Floats, ...]:
    """Sleeve over upper arm and forearm down to a cuff, then the bare wrist."""
    shoulder, joint = body.deltoids[:, side], body.elbows[:, side]
    points = _hand_points(body, side)
    wrist, thumb_side, little_side = points[:, 0], points[:, 21], points[:, 22]
    inward = np.array([-1 if side == 0 else 1, 0, 0], dtype=np.float32)
    elbow = joint + _elbow_shift(_unit(joint - shoulder), _unit(wrist - joint), side)
    top = shoulder - inward * 0.016 + np.array([0, 0.010, 0.01], dtype=np.float32)
    cuff = elbow + 0.80 * (wrist - elbow)
    bulge = elbow + 0.30 * (wrist - elbow)
    bare = elbow + 0.72 * (wrist - elbow)
    cuff_edge = elbow + 0.84 * (wrist - elbow)
    parts = [
        (top, elbow, 0.051, 0.040, CLOTH),
        (elbow, bulge, 0.040, 0.043, CLOTH),
        (bulge, cuff, 0.043, 0.034, CLOTH),
        (cuff, cuff_edge, 0.0355, 0.0350, CUFF),
        (bare, thumb_side, 0.024, 0.0165, SKIN),
        (bare, little_side, 0.024, 0.0165, SKIN),
    ]
    start = np.stack([p[0] for p in parts], axis=1)
    end = np.stack([p[1] for p in parts], axis=1)
    radius = np.array([p[2:4] for p in parts], dtype=np.float32) * np.float32(signer.girth)
    return start, end, radius[:, 0], radius[:, 1], np.array([p[4] for p in parts])
