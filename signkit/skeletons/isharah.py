"""Isharah-86, the landmarks of the SignEval challenges: right hand 21, left hand 21, lips 19, body
25.

The lips are 19 outer-lip points of MediaPipe's face mesh in ascending order of their mesh index,
not along the contour, and one is missing (409, the partner of 185): a reflection therefore hides
point 185.
"""

import itertools

from signkit.skeleton import Skeleton, hand_edges, hand_landmarks, swap_side
from signkit.skeletons.mediapipe import POSE

LIP_MESH_INDICES = (
    0, 17, 37, 39, 40, 61, 84, 91, 146, 181, 185, 267, 269, 270, 291, 314, 321, 375, 405,
)  # fmt: skip
LIPS = tuple(f"lips_{i}" for i in LIP_MESH_INDICES)
BODY_25 = POSE[:25]

_CONTOUR = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 270, 269, 267, 0, 37, 39, 40, 185, 61,
)  # fmt: skip
_LIP_MIRROR = (
    (267, 37),
    (269, 39),
    (270, 40),
    (291, 61),
    (314, 84),
    (321, 91),
    (375, 146),
    (405, 181),
)
_BODY_LINES = (
    ("left_shoulder", "right_shoulder"), ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"), ("left_hip", "right_hip"),
)  # fmt: skip

ISHARAH_86 = Skeleton(
    name="isharah-86",
    landmarks=(*hand_landmarks("right"), *hand_landmarks("left"), *LIPS, *BODY_25),
    parts={
        "right_hand": hand_landmarks("right"),
        "left_hand": hand_landmarks("left"),
        "lips": LIPS,
        "pose": BODY_25,
    },
    edges=(
        *hand_edges("right"),
        *hand_edges("left"),
        *((f"lips_{a}", f"lips_{b}") for a, b in itertools.pairwise(_CONTOUR)),
        *_BODY_LINES,
    ),
    mirror_pairs=(
        *((n, swap_side(n)) for n in hand_landmarks("left")),
        *((n, swap_side(n)) for n in BODY_25 if n.startswith("left_")),
        ("mouth_left", "mouth_right"),
        *((f"lips_{left}", f"lips_{right}") for left, right in _LIP_MIRROR),
    ),
    n_dims=2,
    unmirrored=("lips_185",),
)
