"""MediaPipe's landmarks: Holistic with the classic face mesh (543), with irises (553), and pose +
hands (75).

Order: pose 33, face 468 or 478, left hand 21, right hand 21, as `mediapipe.solutions.holistic`
returns them.
"""

import itertools

from signkit.face_mirror import FACE_PAIRS
from signkit.skeleton import Skeleton, hand_edges, hand_landmarks, swap_side

POSE = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye",
    "right_eye_outer", "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky",
    "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb", "left_hip",
    "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel", "right_heel",
    "left_foot_index", "right_foot_index",
)  # fmt: skip

_POSE_EDGES = (
    (0, 1), (0, 4), (1, 2), (2, 3), (3, 7), (4, 5), (5, 6), (6, 8), (9, 10), (11, 12), (11, 13),
    (11, 23),
    (12, 14), (12, 24), (13, 15), (14, 16), (15, 17), (15, 19), (15, 21), (16, 18), (16, 20),
    (16, 22),
    (17, 19), (18, 20), (23, 24), (23, 25), (24, 26), (25, 27), (26, 28), (27, 29), (27, 31),
    (28, 30),
    (28, 32), (29, 31), (30, 32),
)  # fmt: skip

N_FACE, N_FACE_WITH_IRISES = 468, 478

_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176,
    149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10,
)  # fmt: skip
_CONTOURS = (
    _OVAL,
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    (263, 466, 388, 387, 386, 385, 384, 398, 362), (263, 249, 390, 373, 374, 380, 381, 382, 362),
    (33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133),
    (276, 283, 282, 295, 285), (300, 293, 334, 296, 336), (46, 53, 52, 65, 55),
    (70, 63, 105, 66, 107),
)  # fmt: skip


def _holistic(name: str, n_face: int) -> Skeleton:
    parts: dict[str, tuple[str, ...]] = {"pose": POSE}
    if n_face:
        parts["face"] = tuple(f"face_{i}" for i in range(n_face))
    parts["left_hand"], parts["right_hand"] = hand_landmarks("left"), hand_landmarks("right")
    landmarks = tuple(name for part in parts.values() for name in part)
    sided = tuple((a, swap_side(a)) for a in landmarks if a.startswith("left_"))
    contours = tuple(
        (f"face_{a}", f"face_{b}")
        for line in (_CONTOURS if n_face else ())
        for a, b in itertools.pairwise(line)
    )
    return Skeleton(
        name=name,
        landmarks=landmarks,
        parts=parts,
        edges=(
            *((POSE[a], POSE[b]) for a, b in _POSE_EDGES),
            *contours,
            *hand_edges("left"),
            *hand_edges("right"),
        ),
        mirror_pairs=(
            *sided,
            ("mouth_left", "mouth_right"),
            *((a, FACE_PAIRS[a]) for a in parts.get("face", ()) if a in FACE_PAIRS),
        ),
    )


MEDIAPIPE_543 = _holistic("mediapipe-543", N_FACE)
MEDIAPIPE_553 = _holistic("mediapipe-553", N_FACE_WITH_IRISES)
MEDIAPIPE_75 = _holistic("mediapipe-75", 0)
