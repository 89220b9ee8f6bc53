"""OpenPose's landmarks: the body (18), with hands and face (128, what SignVerse-2M ships), and with
feet as well (134, what DWPose draws); and all that OpenPose itself writes (130, and 137 with its
newer body of 25).

Body order is OpenPose's COCO output, in the last its newer BODY_25; feet, face and hands are the
COCO-WholeBody ones in another place. A landmark has the same name in both, so a conversion is a
matter of names; only the neck, which nobody detects, is made here. The conversions live beside the
schemas: they import nothing but `signkit.pose`, which imports no schema.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from signkit.errors import SkeletonError
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton, hand_edges, hand_landmarks, swap_side
from signkit.skeletons.coco_wholebody import COCO_WHOLEBODY_133, FACE, FEET, ibug_mirror_pairs

BODY_18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
BODY_25 = (*BODY_18[:8], "mid_hip", *BODY_18[8:], *FEET)
FACE_70 = (*FACE, "right_eye", "left_eye")
"""OpenPose's own face has 70 points: iBUG's 68 and the pupils, for which the body's eyes stand."""
FACE_WITH_PUPILS = (*FACE, "face_pupil_right", "face_pupil_left")
"""The same 70 points beside a body that has eyes of its own."""

MIN_SHOULDER_CONFIDENCE = 0.3

_BODY_EDGES = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12),
    (12, 13),
    (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
_TRUNK_18 = (("neck", "right_hip"), ("neck", "left_hip"))
_TRUNK_25 = (("neck", "mid_hip"), ("mid_hip", "right_hip"), ("mid_hip", "left_hip"))
_FOOT_EDGES = tuple(
    (f"{side}_ankle", f"{side}_{point}")
    for side in ("left", "right")
    for point in ("big_toe", "small_toe", "heel")
)


def _openpose(name: str, parts: dict[str, tuple[str, ...]]) -> Skeleton:
    """The skeleton whose parts follow each other in this order."""
    landmarks = tuple(landmark for part in parts.values() for landmark in part)
    body = [(BODY_18[a], BODY_18[b]) for a, b in _BODY_EDGES]
    if "mid_hip" in landmarks:
        body = [edge for edge in body if edge not in _TRUNK_18] + list(_TRUNK_25)
    edges = (
        *body,
        *_FOOT_EDGES,
        *hand_edges("left"),
        *hand_edges("right"),
    )
    return Skeleton(
        name=name,
        landmarks=landmarks,
        parts=parts,
        edges=tuple((a, b) for a, b in edges if a in landmarks and b in landmarks),
        mirror_pairs=(
            *((n, swap_side(n)) for n in landmarks if n.startswith("left_") or n.endswith("_left")),
            *(ibug_mirror_pairs() if "face" in parts else ()),
        ),
        n_dims=2,
    )


_LEFT, _RIGHT = hand_landmarks("left"), hand_landmarks("right")
OPENPOSE_18 = _openpose("openpose-18", {"pose": BODY_18})
OPENPOSE_128 = _openpose(
    "openpose-128", {"pose": BODY_18, "left_hand": _LEFT, "right_hand": _RIGHT, "face": FACE}
)
OPENPOSE_134 = _openpose(
    "openpose-134",
    {"pose": (*BODY_18, *FEET), "face": FACE, "left_hand": _LEFT, "right_hand": _RIGHT},
)
_FACE_AND_HANDS = {"face": FACE_WITH_PUPILS, "left_hand": _LEFT, "right_hand": _RIGHT}
OPENPOSE_130 = _openpose("openpose-130", {"pose": BODY_18, **_FACE_AND_HANDS})
OPENPOSE_137 = _openpose("openpose-137", {"pose": BODY_25, **_FACE_AND_HANDS})
_KNOWN = {s.name: s for s in (OPENPOSE_18, OPENPOSE_130, OPENPOSE_137)}
_TARGETS = (OPENPOSE_18, OPENPOSE_128, OPENPOSE_134)


def openpose_skeleton(n_body: int, *, has_face: bool, has_hands: bool) -> Skeleton:
    """What OpenPose writes: a body of 25 or 18, a face of 70 where asked for, both hands likewise.

    Raises:
        SkeletonError: It has no such body.
    """
    bodies = {25: BODY_25, 18: BODY_18}
    if n_body not in bodies:
        raise SkeletonError(f"OpenPose has no body of {n_body} landmarks; expected 25 or 18")
    wanted = {"face": has_face, "left_hand": has_hands, "right_hand": has_hands}
    parts = {name: part for name, part in _FACE_AND_HANDS.items() if wanted[name]}
    n_landmarks = n_body + sum(map(len, parts.values()))
    name = f"openpose-{n_landmarks}"
    return _KNOWN.get(name) or _openpose(name, {"pose": bodies[n_body], **parts})


def to_openpose(pose: PoseSequence, skeleton: Skeleton = OPENPOSE_128) -> PoseSequence:
    """A COCO-WholeBody pose with OpenPose's landmarks.

    The neck is the mean of the shoulders, unseen where one of them is. Its confidence is DWPose's:
    1 where both shoulders have more than 0.3, else 0.

    Args:
        pose: Of `coco-wholebody-133`.
        skeleton: `openpose-18`, `openpose-128` or `openpose-134`.

    Raises:
        SkeletonError: The pose or the skeleton is another one.
    """
    if pose.skeleton.name != COCO_WHOLEBODY_133.name or skeleton not in _TARGETS:
        raise _cannot_convert(pose, skeleton.name)
    coords, confidence = _by_name(pose, skeleton)
    shoulders = pose.skeleton.indices(("left_shoulder", "right_shoulder"))
    neck = skeleton.index("neck")
    coords[:, neck] = pose.coords[:, shoulders, :2].mean(axis=1)
    confidence[:, neck] = (pose.confidence[:, shoulders] > MIN_SHOULDER_CONFIDENCE).all(axis=1)
    return replace(pose, skeleton=skeleton, coords=coords, confidence=confidence)


def from_openpose(pose: PoseSequence) -> PoseSequence:
    """An OpenPose pose with the landmarks of COCO-WholeBody, unseen where OpenPose has none.

    The neck is dropped; `to_openpose` makes it again.

    Raises:
        SkeletonError: The pose is not of `openpose-18`, `openpose-128` or `openpose-134`.
    """
    if pose.skeleton.name not in {skeleton.name for skeleton in _TARGETS}:
        raise _cannot_convert(pose, COCO_WHOLEBODY_133.name)
    coords, confidence = _by_name(pose, COCO_WHOLEBODY_133)
    return replace(pose, skeleton=COCO_WHOLEBODY_133, coords=coords, confidence=confidence)


def _by_name(
    pose: PoseSequence, skeleton: Skeleton
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates (T, L', 2) and confidence (T, L') in the order of `skeleton`."""
    shared = [name for name in skeleton.landmarks if name in pose.skeleton]
    there, here = skeleton.indices(shared), pose.skeleton.indices(shared)
    coords = np.full((pose.n_frames, skeleton.n_landmarks, 2), np.nan, np.float32)
    confidence = np.zeros((pose.n_frames, skeleton.n_landmarks), np.float32)
    coords[:, there] = pose.coords[:, here, :2]
    confidence[:, there] = pose.confidence[:, here]
    return coords, confidence


def _cannot_convert(pose: PoseSequence, target: str) -> SkeletonError:
    names = ", ".join(skeleton.name for skeleton in _TARGETS)
    return SkeletonError(
        f"clip {pose.clip_id!r}: cannot convert {pose.skeleton.name!r} to {target!r}; "
        f"expected {COCO_WHOLEBODY_133.name} to or from {names}"
    )
