"""Bodies: from where the hands should be to every joint of the upper body, over all frames at once.

Space is in metres with x to the right of the image, y down and z away from the camera (right-
handed); the origin is the middle of the resting shoulders. A signer faces the camera, so the
signer's left side has positive x. The axis of sides is always (left, right). Elbows follow from
two-bone inverse kinematics, finger joints from forward kinematics of the flexion angles, so bones
keep their lengths whatever the motion asks for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.synth.signer import Signer

Floats = NDArray[np.float32]

# Local axes of a hand: towards the thumb, along the fingers, out of the palm. Millimetres of a hand
# 190 mm long.
_WRIST_TO_KNUCKLE = np.array(
    [[21, 20, 7], [26, 88, 0], [4, 91, -1], [-16, 85, 0], [-34, 75, 3]], dtype=np.float32
)
_PHALANGES = np.array(
    [[36, 33, 27], [44, 26, 22], [48, 29, 23], [44, 27, 23], [34, 20, 19]], dtype=np.float32
)
_HAND_MM = 91.0 + 48 + 29 + 23
_FAN = np.radians(np.array([0.0, 3.0, 0.0, -4.0, -9.0], dtype=np.float32))
_SHRUG, _HANGING = 0.04, 0.85
"""A joint's way up and in, in shoulder widths, and the cosine below which an arm is raised."""
PALM_CENTRE = 0.42
"""Where a hand's location is measured, as a fraction of its length from the wrist."""

# Metres from the centre of a head 0.222 m high, for the facial landmarks of a pose (left side; x is
# mirrored).
HEAD_POINTS: dict[str, tuple[float, float, float]] = {
    "nose": (0.0, 0.034, -0.112),
    "left_eye_inner": (0.018, -0.006, -0.082),
    "left_eye": (0.031, -0.007, -0.082),
    "left_eye_outer": (0.043, -0.005, -0.076),
    "left_ear": (0.073, 0.008, 0.0),
    "mouth_left": (0.024, 0.064, -0.083),
}


@dataclass(frozen=True, eq=False)
class Targets:
    """What the motion asks of the body, over T frames.

    Args:
        centres: (T, 2, 3) metres, middles of the palms, sides (left, right).
        frames: (T, 2, 3, 3) rotation whose columns are (fingers x palm normal, fingers, palm
            normal).
        fingers: (T, 2, 5, 4) radians: abduction, then flexion of three joints; for the thumb
            abduction, opposition and flexion of two joints.
        face: (T, 4) brows (-1 furrowed .. 1 raised), mouth opening 0..1, mouth width -1..1, eyelid
            closure 0..1.
        head: (T, 3) radians: yaw, pitch (positive nods down), roll.
        sway: (T, 3) metres, how far the shoulders are from rest.
    """

    centres: Floats
    frames: Floats
    fingers: Floats
    face: Floats
    head: Floats
    sway: Floats


@dataclass(frozen=True, eq=False)
class Body:
    """Joints over T frames, metres; sides are (left, right).

    Args:
        shoulders, elbows, hips: (T, 2, 3).
        deltoids: (T, 2, 3) where the shoulders would be with hanging arms; the flesh stays there.
        hands: (T, 2, 21, 3) in MediaPipe's order, the wrist first.
        palm_normals: (T, 2, 3) unit vectors out of the palms.
        head_centre: (T, 3) midway between the ears.
        head_frame: (T, 3, 3) rotation of the head, identity when it faces the camera.
        head_points: (T, 11, 3) facial landmarks in the order of MediaPipe's pose.
        face: (T, 4) as in `Targets`.
    """

    shoulders: Floats
    deltoids: Floats
    elbows: Floats
    hips: Floats
    hands: Floats
    palm_normals: Floats
    head_centre: Floats
    head_frame: Floats
    head_points: Floats
    face: Floats

    @property
    def wrists(self) -> Floats:
        return self.hands[:, :, 0]

    @property
    def n_frames(self) -> int:
        return int(self.hands.shape[0])


@dataclass(frozen=True, eq=False)
class Measures:
    """Lengths of the signer of every frame, metres; each (T, 1)."""

    shoulder_width: Floats
    upper_arm: Floats
    forearm: Floats
    hand: Floats
    head: Floats
    torso: Floats

    @classmethod
    def of(cls, signers: list[Signer], n_frames: list[int]) -> "Measures":
        """Measures frame by frame for clips put end to end."""

        def column(name: str) -> Floats:
            values = np.array([getattr(signer, name) for signer in signers], dtype=np.float32)
            return np.repeat(values, n_frames)[:, None]

        return cls(
            column("shoulder_width_m"),
            column("upper_arm_m"),
            column("forearm_m"),
            column("hand_m"),
            column("head_m"),
            column("torso_m"),
        )


def pose_body(targets: Targets, measures: Measures) -> Body:
    """Every joint for every frame; a hand out of reach is drawn towards its shoulder."""
    n_frames = len(targets.sway)
    outward = np.array([1.0, -1.0], dtype=np.float32)  # x of the left and the right side
    shoulders = np.zeros((n_frames, 2, 3), dtype=np.float32)
    shoulders[..., 0] = outward * measures.shoulder_width / 2
    shoulders += targets.sway[:, None]
    hips = np.zeros_like(shoulders)
    hips[..., 0] = outward * measures.shoulder_width * 0.29
    hips[..., 1] = measures.torso
    to_palm = (PALM_CENTRE * measures.hand)[..., None]
    wrists = targets.centres - to_palm * targets.frames[..., 1]
    elbows, _ = _bend_arms(shoulders, wrists, measures)
    deltoids = shoulders
    shoulders = shoulders + _shrug(shoulders, elbows, measures)
    elbows, wrists = _bend_arms(shoulders, wrists, measures)
    frames = _follow_forearm(targets.frames, wrists - elbows)
    elbows, wrists = _bend_arms(shoulders, targets.centres - to_palm * frames[..., 1], measures)
    head_frame = rotation(targets.head)
    neck = targets.sway * 1.1 + np.concatenate(
        [np.zeros_like(measures.head), -0.29 * measures.head, 0 * measures.head], axis=1
    )
    # The head turns about the top of the neck, half a head below its centre.
    head_centre = neck + head_frame @ np.array([0, -0.62, -0.08], dtype=np.float32) * measures.head
    return Body(
        shoulders=shoulders,
        deltoids=deltoids,
        elbows=elbows,
        hips=hips,
        hands=hand_joints(wrists, frames, targets.fingers, measures.hand),
        palm_normals=frames[..., 2],
        head_centre=head_centre,
        head_frame=head_frame,
        head_points=_head_points(head_centre, head_frame, targets.face, measures.head),
        face=targets.face,
    )


def hand_joints(wrists: Floats, frames: Floats, fingers: Floats, hand_m: Floats) -> Floats:
    """Forward kinematics: (T, 2, 21, 3) joints from wrists, hand frames and finger angles."""
    n_frames = len(wrists)
    local = np.zeros((n_frames, 2, 21, 3), dtype=np.float32)
    knuckles = local[:, :, 1::4]  # (T, 2, 5, 3): thumb CMC and four MCP joints
    knuckles[:] = _WRIST_TO_KNUCKLE
    directions = _phalanx_directions(fingers)  # (T, 2, 5, 3 phalanges, 3)
    steps = np.cumsum(directions * _PHALANGES[:, :, None], axis=3)
    for phalanx in range(3):
        local[:, :, 2 + phalanx :: 4] = knuckles + steps[:, :, :, phalanx]
    # A left hand is a right hand with the thumb's axis turned round.
    local[:, 0, :, 0] *= -1
    local *= (hand_m / _HAND_MM)[:, :, None, None]
    joints: Floats = wrists[:, :, None] + np.matmul(local, frames.swapaxes(-1, -2))
    return joints


def _phalanx_directions(fingers: Floats) -> Floats:
    """(T, 2, 5, 3, 3) unit vectors of the phalanges in the axes of a right hand."""
    abduction = fingers[..., 0] + _FAN
    flexion = np.cumsum(fingers[..., 1:], axis=-1)  # (T, 2, 5, 3)
    directions = np.empty((*fingers.shape[:-1], 3, 3), dtype=np.float32)
    cosine = np.cos(flexion)
    directions[..., 0] = cosine * np.sin(abduction)[..., None]
    directions[..., 1] = cosine * np.cos(abduction)[..., None]
    directions[..., 2] = np.sin(flexion)
    directions[..., 0, :, :] = _thumb_directions(fingers[..., 0, :])
    return directions


def _thumb_directions(thumb: Floats) -> Floats:
    """(T, 2, 3, 3): abduction leaves the palm sideways, opposition crosses it, flexion bends."""
    spread, opposition = thumb[..., 0], thumb[..., 1]
    along = np.stack(
        [
            np.cos(opposition) * np.sin(spread),
            np.cos(opposition) * np.cos(spread),
            np.sin(opposition),
        ],
        axis=-1,
    )
    across = np.stack([-np.cos(spread), np.sin(spread), 0.35 + 0 * spread], axis=-1)
    across -= (across * along).sum(-1, keepdims=True) * along
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    angles = np.stack([0 * spread, thumb[..., 2], thumb[..., 2] + thumb[..., 3]], axis=-1)[
        ..., None
    ]
    bent: Floats = np.cos(angles) * along[..., None, :] + np.sin(angles) * across[..., None, :]
    return bent


def _shrug(shoulders: Floats, elbows: Floats, measures: Measures) -> Floats:
    """How far raised arms take the joints up and in under the deltoids (the scapula turns)."""
    hanging = (elbows[..., 1] - shoulders[..., 1]) / measures.upper_arm
    raised = np.clip((_HANGING - hanging) / _HANGING, 0, 1)[..., None]
    inward = np.array([[-_SHRUG, -_SHRUG, 0], [_SHRUG, -_SHRUG, 0]], dtype=np.float32)
    shrug: Floats = raised * inward * measures.shoulder_width[..., None]
    return shrug


def _bend_arms(shoulders: Floats, wrists: Floats, measures: Measures) -> tuple[Floats, Floats]:
    """Elbows below and outside the line from shoulder to wrist; wrists brought within reach."""
    upper, fore = measures.upper_arm, measures.forearm
    line = wrists - shoulders
    wanted = np.linalg.norm(line, axis=-1)
    length = np.clip(wanted, np.abs(upper - fore) * 1.05 + 0.09, (upper + fore) * 0.985)
    line = line / np.maximum(wanted, 1e-6)[..., None]
    along = (upper**2 - fore**2 + length**2) / (2 * length)
    height = np.sqrt(np.maximum(upper**2 - along**2, 0))
    pole = np.array([[0.36, 0.90, 0.16], [-0.36, 0.90, 0.16]], dtype=np.float32)
    pole = pole - (line * pole).sum(-1, keepdims=True) * line
    pole /= np.linalg.norm(pole, axis=-1, keepdims=True)
    elbows = shoulders + along[..., None] * line + height[..., None] * pole
    return elbows, shoulders + length[..., None] * line


def _follow_forearm(frames: Floats, forearms: Floats) -> Floats:
    """Hand frames turned part of the way to the forearm, for wrists bend only so far."""
    forearms = forearms / np.linalg.norm(forearms, axis=-1, keepdims=True)
    fingers = frames[..., 1] + 0.55 * forearms
    fingers /= np.linalg.norm(fingers, axis=-1, keepdims=True)
    normal = frames[..., 2] - (frames[..., 2] * fingers).sum(-1, keepdims=True) * fingers
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.stack([np.cross(fingers, normal), fingers, normal], axis=-1)


def rotation(angles: Floats) -> Floats:
    """(T, 3, 3) from (T, 3) yaw, pitch, roll; x' = roll(pitch(yaw(x)))."""
    yaw, pitch, roll = angles.T
    one, nil = np.ones_like(yaw), np.zeros_like(yaw)
    cos, sin = np.cos, np.sin
    turn = [[cos(yaw), nil, -sin(yaw)], [nil, one, nil], [sin(yaw), nil, cos(yaw)]]
    nod = [[one, nil, nil], [nil, cos(pitch), -sin(pitch)], [nil, sin(pitch), cos(pitch)]]
    tilt = [[cos(roll), -sin(roll), nil], [sin(roll), cos(roll), nil], [nil, nil, one]]
    y, x, z = (np.array(m, dtype=np.float32).transpose(2, 0, 1) for m in (turn, nod, tilt))
    result: Floats = z @ x @ y
    return result


def _head_points(centre: Floats, frame: Floats, face: Floats, head_m: Floats) -> Floats:
    """(T, 11, 3): nose, left eye (inner, centre, outer), right eye, ears, corners of the mouth."""
    mirror = np.array([-1, 1, 1], dtype=np.float32)
    left = {name: np.array(p, dtype=np.float32) for name, p in HEAD_POINTS.items()}
    eyes = [left["left_eye_inner"], left["left_eye"], left["left_eye_outer"]]
    points = [left["nose"], *eyes, *(p * mirror for p in eyes)]
    points += [left["left_ear"], left["left_ear"] * mirror]
    points += [left["mouth_left"], left["mouth_left"] * mirror]
    local = np.repeat(np.array(points)[None], len(centre), axis=0)  # (T, 11, 3)
    local[:, 9, 0] += 0.006 * face[:, 2]
    local[:, 10, 0] -= 0.006 * face[:, 2]
    local[:, 9:, 1] += 0.008 * face[:, 1:2]
    local *= (head_m / 0.222)[..., None]
    points_m: Floats = centre[:, None] + np.matmul(local, frame.swapaxes(-1, -2))
    return points_m
