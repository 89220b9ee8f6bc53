"""COCO-WholeBody, 133 landmarks: body 17, feet 6, face 68 (iBUG order), left hand 21, right hand
21.

Source: Jin et al. 2020, arXiv:2007.11858. DWPose, RTMPose and RTMW write this order.
"""

from signkit.face_mirror import FACE_PAIRS
from signkit.skeleton import Skeleton, hand_edges, hand_landmarks, swap_side

BODY = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
    "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
FEET = (
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
FACE = tuple(f"face_ibug_{i}" for i in range(68))

_BODY_EDGES = (
    (15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8),
    (7, 9),
    (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6), (15, 17), (15, 18), (15, 19),
    (16, 20), (16, 21), (16, 22),
)  # fmt: skip


def ibug_mirror_pairs() -> tuple[tuple[str, str], ...]:
    """(left, right) names of the mirrored face landmarks."""
    return tuple((name, FACE_PAIRS[name]) for name in FACE if name in FACE_PAIRS)


_NAMES = (*BODY, *FEET)
COCO_WHOLEBODY_133 = Skeleton(
    name="coco-wholebody-133",
    landmarks=(*_NAMES, *FACE, *hand_landmarks("left"), *hand_landmarks("right")),
    parts={
        "pose": _NAMES,
        "face": FACE,
        "left_hand": hand_landmarks("left"),
        "right_hand": hand_landmarks("right"),
    },
    edges=(
        *((_NAMES[a], _NAMES[b]) for a, b in _BODY_EDGES),
        *hand_edges("left"),
        *hand_edges("right"),
    ),
    mirror_pairs=(
        *((n, swap_side(n)) for n in (*_NAMES, *hand_landmarks("left")) if n.startswith("left_")),
        *ibug_mirror_pairs(),
    ),
    n_dims=2,
)
