"""OpenPose-128: body 18, left hand 21, right hand 21, face 68; the landmarks SignVerse-2M ships.

Body order is OpenPose's COCO-18 output; hands and face are the COCO-WholeBody ones in another
place.
"""

from signkit.skeleton import Skeleton, hand_edges, hand_landmarks, swap_side
from signkit.skeletons.coco_wholebody import FACE, ibug_mirror_pairs

BODY_18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip

_EDGES = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12),
    (12, 13),
    (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip

OPENPOSE_128 = Skeleton(
    name="openpose-128",
    landmarks=(*BODY_18, *hand_landmarks("left"), *hand_landmarks("right"), *FACE),
    parts={
        "pose": BODY_18,
        "left_hand": hand_landmarks("left"),
        "right_hand": hand_landmarks("right"),
        "face": FACE,
    },
    edges=(
        *((BODY_18[a], BODY_18[b]) for a, b in _EDGES),
        *hand_edges("left"),
        *hand_edges("right"),
    ),
    mirror_pairs=(
        *((n, swap_side(n)) for n in (*BODY_18, *hand_landmarks("left")) if n.startswith("left_")),
        *ibug_mirror_pairs(),
    ),
    n_dims=2,
)
