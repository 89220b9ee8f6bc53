"""What carries what: the anchor tables, and which landmarks a recognizer is fed.

A landmark is measured from the landmark that carries it. `chain` is the table of the BdSLW60
authors' code: hand from the pose wrist, wrist from elbow, elbow from shoulder, face from nose, nose
from the mid-shoulder of the same frame, trunk from its own origin. `own` is the table of RQE-SF:
each hand from its own wrist, the face from the nose, the body from the mid-shoulder. `parts` is
ours: fingers from their own hand's wrist, the face from the nose, everything else, both wrists and
the nose among it, from the clip's trunk, so shape and place of a hand are both kept.

Where a skeleton lacks the first choice of an anchor the next one counts; a landmark without any is
measured from the clip's origin. Sources: Rubaiyeat et al. 2025, arXiv:2503.02360, and their BdSLW60
code.
"""

import re

from signkit.skeleton import Skeleton, part_of

MID_SHOULDER = "mid_shoulder"
ORIGIN = "origin"

_LEG = re.compile(r"(left|right)_(hip|knee|ankle|heel|foot_index|big_toe|small_toe)$|mid_hip$")
_ARM = re.compile(r"(left|right)_(elbow|wrist|pinky|index|thumb)$")
_HEAD = re.compile(r"((left|right)_(eye|ear)|mouth)(_\w+)?$")

_CHAIN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(left|right)_hand_.+", (r"\1_wrist", r"\1_hand_wrist")),
    (r"(left|right)_hand", (r"\1_wrist", "nose")),
    (r"(face|lips)_.+", ("nose",)),
    (_HEAD.pattern, ("nose",)),
    (r"nose|neck", (MID_SHOULDER,)),
    (r"(left|right)_elbow", (r"\1_shoulder",)),
    (r"(left|right)_wrist", (r"\1_elbow",)),
    (r"(left|right)_(pinky|index|thumb)", (r"\1_wrist",)),
    (r"(left|right)_knee", (r"\1_hip",)),
    (r"(left|right)_ankle", (r"\1_knee",)),
    (r"(left|right)_(heel|foot_index|big_toe|small_toe)", (r"\1_ankle",)),
)
_OWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(left|right)_hand_.+", (r"\1_hand_wrist",)),
    (r"(face|lips)_.+", ("face_1", "face_ibug_30", "nose")),
)
_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(left|right)_hand_wrist", (ORIGIN,)),
    (r"(left|right)_hand_.+", (r"\1_hand_wrist",)),
    (r"(face|lips)_.+", ("nose",)),
    (_HEAD.pattern, ("nose",)),
)
_TABLES = {"chain": _CHAIN, "own": _OWN, "parts": _PARTS, "none": ()}


def anchor_names(skeleton: Skeleton, table: str) -> tuple[str, ...]:
    """The L anchors of a skeleton, in order: a landmark name, `mid_shoulder` or `origin`."""
    return tuple(_anchor(landmark, skeleton, table) for landmark in skeleton.landmarks)


def _anchor(landmark: str, skeleton: Skeleton, table: str) -> str:
    for pattern, candidates in _TABLES[table]:
        match = re.fullmatch(pattern, landmark)
        if match is None:
            continue
        for candidate in candidates:
            anchor = match.expand(candidate) if "\\" in candidate else candidate
            if anchor in skeleton or anchor == ORIGIN:
                return ORIGIN if anchor == landmark else anchor
            if anchor == MID_SHOULDER and has_shoulders(skeleton):
                return anchor
    return ORIGIN


def has_shoulders(skeleton: Skeleton) -> bool:
    """Whether trunk origin and shoulder width can be measured."""
    return "left_shoulder" in skeleton and "right_shoulder" in skeleton


def level_group(landmark: str) -> str:
    """The group whose quantization levels a landmark has: the rows of the BdSLW60 level table."""
    if _LEG.fullmatch(landmark):
        return "legs"
    if _ARM.fullmatch(landmark):
        return "arms"
    part = part_of(landmark)
    if part in ("left_hand", "right_hand", "other"):
        return part
    return "face" if part in ("face", "lips") or _HEAD.fullmatch(landmark) else "trunk"


_FACE_MESH_KEPT = (
    0, 13, 14, 17, 37, 39, 40, 61, 78, 80, 81, 82, 84, 87, 88, 91, 95, 146, 178, 181, 185, 191,
    267, 269,
    270, 291, 308, 310, 311, 312, 314, 317, 318, 321, 324, 375, 402, 405, 409, 415,
    46, 52, 53, 55, 65, 276, 282, 283, 285, 295, 33, 133, 145, 159, 263, 362, 374, 386, 1,
)  # fmt: skip


def signing_landmarks(skeleton: Skeleton) -> tuple[str, ...]:
    """Landmarks worth feeding to a recognizer: no legs, no dense cheeks, no jaw line.

    Dropping the dense face mesh gave 21 points of accuracy on unseen signers of BdSLW60.
    """
    mesh = {f"face_{i}" for i in _FACE_MESH_KEPT}
    jaw = {f"face_ibug_{i}" for i in range(17)}

    def kept(landmark: str) -> bool:
        if _LEG.fullmatch(landmark) or landmark in jaw:
            return False
        return landmark in mesh or not re.fullmatch(r"face_\d+", landmark)

    chosen = tuple(landmark for landmark in skeleton.landmarks if kept(landmark))
    return chosen or skeleton.landmarks


def sub_skeleton(skeleton: Skeleton, landmarks: tuple[str, ...], *, n_dims: int) -> Skeleton:
    """The part of a skeleton that holds only `landmarks`."""
    keep = set(landmarks)
    return Skeleton(
        name=skeleton.name,
        landmarks=landmarks,
        parts={
            part: kept
            for part, names in skeleton.parts.items()
            if (kept := tuple(n for n in names if n in keep))
        },
        edges=tuple((a, b) for a, b in skeleton.edges if a in keep and b in keep),
        mirror_pairs=tuple((a, b) for a, b in skeleton.mirror_pairs if a in keep and b in keep),
        n_dims=n_dims,
        unmirrored=tuple(n for n in skeleton.unmirrored if n in keep),
    )
