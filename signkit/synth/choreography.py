"""What each sign asks of a right-handed body: its start, its end and the path between.

Every keyframe of a lexicon is one row of a few arrays: row 0 is rest, and sign `i` owns
`start_row(i)`, `end_row(i)` and `away_row(i)`, the retreat that parts a gloss from its own
repetition. Motion then only looks rows up.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.synth.lexicon import HANDSHAPES, LOCATIONS, ORIENTATIONS, Lexicon, Sign

Floats = NDArray[np.float32]
Vector = tuple[float, float, float]

LEFT, RIGHT = 0, 1
_REST_PLACE: Vector = (0.125, 0.370, 0.20)
_REST_FACING: tuple[Vector, Vector] = ((-0.50, 0.66, 0.25), (-0.15, 0.25, -1.0))
_BASE_FACING: tuple[Vector, Vector] = ((-0.92, -0.15, 0.25), (0.0, -0.80, -0.62))
_REST_FINGERS = np.array(
    [[38, 18, 10, 12], [2, 14, 16, 8], [0, 16, 18, 10], [-2, 18, 20, 10], [-5, 18, 20, 10]],
    dtype=np.float32
)  # fmt: skip
_CLOSED = np.array([[30, 50, 26, 20], *[[0, 62, 44, 20]] * 4], dtype=np.float32)

# Straight way, (out, down, towards the camera), metres.
_LINES: dict[str, Vector] = {
    "up": (0.0, -0.17, 0.0), "down": (0.0, 0.17, 0.02),
    "out": (0.16, 0.0, 0.0), "in": (-0.16, 0.0, 0.0),
    "arc": (0.19, 0.0, 0.0),
}  # fmt: skip
_CIRCLE_M, _SHAKE_M, _ARC_M, _TURN_M = 0.065, 0.055, 0.12, 0.05
_TAP: Vector = (0.0, 0.06, 0.03)
_CYCLES = {"circle": 1.0, "shake": 2.0, "tap": 2.0, "twist": 2.0, "wiggle": 2.5}
_TWIST, _WIGGLE = np.radians(40), np.radians(32)
_FACES = {
    "brows_up": (1.0, 0.0, 0.0, 0.0), "brows_down": (-1.0, 0.0, 0.0, 0.15),
    "mouth_open": (0.3, 0.9, -0.4, 0.0),
    "smile": (0.1, 0.1, 1.0, 0.1),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Choreography:
    """Keyframes (R rows) and strokes (S signs) of a lexicon; sides are (left, right), space as in
    `body`.

    Args:
        centres: (R, 2, 3) metres.
        turns: (R, 2, 4) unit quaternions (w, x, y, z) of the hand frames.
        fingers: (R, 2, 5, 4) radians.
        face: (R, 4) as in `body.Targets`.
        arcs: (S, 2, 3) how far the middle of a stroke leaves the straight way.
        circles: (S, 2, 2, 3) the two half axes of a circle, zero where there is none.
        swings: (S, 2, 3) amplitude of a to-and-fro.
        taps: (S, 2, 3) amplitude of repeated contact.
        active: (S, 2) 1 for a hand that makes the movement, 0 at rest or as a base.
        twists, wiggles: (S,) radians.
        cycles: (S,) repetitions within the stroke.
        head: (S, 2) radians of nodding and of shaking.
        durations_s: (S,) seconds of the stroke at tempo 1.
    """

    centres: Floats
    turns: Floats
    fingers: Floats
    face: Floats
    arcs: Floats
    circles: Floats
    swings: Floats
    taps: Floats
    active: Floats
    twists: Floats
    wiggles: Floats
    cycles: Floats
    head: Floats
    durations_s: Floats


def start_row(sign_id: int) -> int:
    return 1 + 3 * sign_id


def end_row(sign_id: int) -> int:
    return 2 + 3 * sign_id


def away_row(sign_id: int) -> int:
    return 3 + 3 * sign_id


def choreograph(lexicon: Lexicon) -> Choreography:
    """The keyframes and strokes of a whole lexicon."""
    rest = _rest()
    rows = [rest]
    for sign in lexicon.signs:
        start, end = _keyframes(sign, rest)
        rows += [start, end, _halfway(end, rest)]
    strokes = [_stroke(sign) for sign in lexicon.signs]
    columns = {
        name: np.array([stroke[name] for stroke in strokes], np.float32) for name in strokes[0]
    }
    return Choreography(
        centres=np.array([row.centres for row in rows], dtype=np.float32),
        turns=_quaternions(np.array([row.frames for row in rows])),
        fingers=np.array([row.fingers for row in rows], dtype=np.float32),
        face=np.array([row.face for row in rows], dtype=np.float32),
        **columns,
    )


@dataclass(frozen=True, eq=False)
class _Keyframe:
    centres: NDArray[np.floating[Any]]
    frames: NDArray[np.floating[Any]]
    fingers: NDArray[np.floating[Any]]
    face: tuple[float, ...]


def _to_body(vector: Vector, side: int) -> NDArray[np.float64]:
    """(out, down, towards the camera) as body axes for the left or the right hand."""
    out, down, towards = vector
    return np.array([out if side == LEFT else -out, down, -towards])


def _hand_frame(facing: tuple[Vector, Vector], side: int) -> NDArray[np.float64]:
    fingers, palm = (_to_body(vector, side) for vector in facing)
    fingers = fingers / np.linalg.norm(fingers)
    palm = palm - palm @ fingers * fingers
    palm = palm / np.linalg.norm(palm)
    return np.stack([np.cross(fingers, palm), fingers, palm], axis=-1)


def _rest() -> _Keyframe:
    return _Keyframe(
        centres=np.array([_to_body(_REST_PLACE, side) for side in (LEFT, RIGHT)]),
        frames=np.array([_hand_frame(_REST_FACING, side) for side in (LEFT, RIGHT)]),
        fingers=np.radians(np.array([_REST_FINGERS, _REST_FINGERS])),
        face=(0.0, 0.0, 0.0, 0.0),
    )


def _keyframes(sign: Sign, rest: _Keyframe) -> tuple[_Keyframe, _Keyframe]:
    """Start and end of a sign; a hand that takes no part is at rest."""
    first, last = (_one_end(sign, rest, end) for end in (-0.5, 0.5))
    return first, last


def _one_end(sign: Sign, rest: _Keyframe, end: float) -> _Keyframe:
    place = _place(sign)
    line = np.array(_LINES.get(sign.movement, (0.0, 0.0, 0.0)))
    centres, frames, fingers = rest.centres.copy(), rest.frames.copy(), rest.fingers.copy()
    sides = (RIGHT,) if sign.hands in ("one", "base") else (LEFT, RIGHT)
    for side in sides:
        phase = -1 if side == LEFT and sign.hands == "alternate" else 1
        way = place + phase * end * line
        if sign.hands == "alternate":
            way[1] += phase * 2 * end * _TURN_M
        centres[side] = _to_body((way[0], way[1], way[2]), side)
        frames[side] = _hand_frame(ORIENTATIONS[sign.orientation], side)
        fingers[side] = np.radians(_finger_angles(sign, end))
    if sign.hands == "base":
        centres[LEFT] = _to_body((0.045, place[1] + 0.115, place[2] - 0.03), LEFT)
        frames[LEFT] = _hand_frame(_BASE_FACING, LEFT)
        fingers[LEFT] = np.radians(HANDSHAPES["flat"])
    return _Keyframe(centres, frames, fingers, _FACES.get(sign.face, rest.face))


def _place(sign: Sign) -> NDArray[np.float64]:
    place = np.array(LOCATIONS[sign.location])
    lying = sign.orientation in ("down", "inward")
    if lying and sign.location in ("temple", "cheek", "high"):
        place[0] += 0.09  # fingers that point inwards would cover the face
    if sign.hands in ("both", "alternate"):
        place[0] = max(place[0], 0.185 if lying else 0.13)  # two hands must not run into each other
    if sign.hands == "base":
        place += (0.02, -0.05, 0.03)
    return place


def _finger_angles(sign: Sign, end: float) -> Floats:
    if (sign.movement == "close" and end > 0) or (sign.movement == "open" and end < 0):
        return _CLOSED
    return HANDSHAPES[sign.handshape]


def _halfway(end: _Keyframe, rest: _Keyframe) -> _Keyframe:
    """More than half way back to rest with a loose hand, in the sign's orientation."""
    return _Keyframe(
        centres=0.4 * end.centres + 0.6 * rest.centres,
        frames=end.frames,
        fingers=0.5 * end.fingers + 0.5 * rest.fingers,
        face=rest.face,
    )


def _stroke(sign: Sign) -> dict[str, NDArray[np.floating[Any]] | float]:
    sides = (RIGHT,) if sign.hands in ("one", "base") else (LEFT, RIGHT)
    arcs, swings, taps = np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 3))
    circles = np.zeros((2, 2, 3))
    for side in sides:
        phase = -1 if side == LEFT and sign.hands == "alternate" else 1
        if sign.movement == "arc":
            arcs[side] = _to_body((0.0, -_ARC_M, 0.0), side)
        if sign.movement == "circle":
            circles[side] = [
                phase * _to_body((0.0, -_CIRCLE_M, 0.0), side),
                phase * _to_body((_CIRCLE_M, 0.0, 0.0), side),
            ]
        if sign.movement == "shake":
            swings[side] = phase * _to_body((_SHAKE_M, 0.0, 0.0), side)
        if sign.movement == "tap":
            taps[side] = _to_body(_TAP, side)
    cyclic = sign.movement in _CYCLES
    return {
        "arcs": arcs,
        "circles": circles,
        "swings": swings,
        "taps": taps,
        "active": np.array([float(side in sides) for side in (LEFT, RIGHT)]),
        "twists": _TWIST if sign.movement == "twist" else 0.0,
        "wiggles": _WIGGLE if sign.movement == "wiggle" else 0.0,
        "cycles": _CYCLES.get(sign.movement, 1.0),
        "head": np.array([0.17 * (sign.face == "nod"), 0.24 * (sign.face == "headshake")]),
        "durations_s": 0.62 if cyclic else 0.44,
    }


def _quaternions(frames: NDArray[np.floating[Any]]) -> Floats:
    """(..., 4) unit quaternions (w, x, y, z) of rotations (..., 3, 3)."""
    flat = frames.reshape(-1, 3, 3)
    result = np.empty((len(flat), 4))
    for row, m in zip(result, flat, strict=True):
        squares = 1 + np.array([1, 1, -1, -1]) * m[0, 0] + np.array([1, -1, 1, -1]) * m[1, 1]
        squares = squares + np.array([1, -1, -1, 1]) * m[2, 2]  # four times w2, x2, y2, z2
        largest = int(np.argmax(squares))
        products = np.array(
            [
                [squares[0], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
                [m[2, 1] - m[1, 2], squares[1], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
                [m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], squares[2], m[1, 2] + m[2, 1]],
                [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[3]],
            ]
        )
        row[:] = products[largest] / (2 * np.sqrt(squares[largest]))
    return result.reshape(*frames.shape[:-2], 4).astype(np.float32)
