"""Landmark schemas: which landmarks exist, in which order, and how they belong together.

A skeleton is data. Landmarks are addressed by name everywhere; the integer order matters only where
arrays are read or written. The same name means the same place on the body in every skeleton, so
parts, anchors and mirror pairs of a skeleton that nobody has seen before can be derived from its
names alone.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.errors import SkeletonError
from signkit.face_mirror import FACE_PAIRS, FACE_PARTNERS

BODY_LANDMARKS = (
    "nose", "neck", "mid_hip",
    "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye",
    "right_eye_outer",
    "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky",
    "left_index", "right_index", "left_thumb", "right_thumb", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel", "right_heel",
    "left_foot_index", "right_foot_index", "left_big_toe", "left_small_toe", "right_big_toe",
    "right_small_toe",
)  # fmt: skip

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
_PART_PATTERNS = (
    ("left_hand", re.compile(r"left_hand(_.+)?$")),
    ("right_hand", re.compile(r"right_hand(_.+)?$")),
    ("lips", re.compile(r"lips_.+$")),
    ("face", re.compile(r"face_.+$")),
)


@dataclass(frozen=True)
class Skeleton:
    """Names, parts, edges and mirror pairs of the L landmarks of a pose.

    Args:
        name: For instance `mediapipe-543`.
        landmarks: L unique names; their order is the order of axis L.
        parts: Part name to its landmarks; together the parts hold every landmark once, in order.
        edges: Pairs of landmarks to draw a line between.
        mirror_pairs: (left, right) pairs exchanged by a reflection; a landmark in no pair lies on
            the axis.
        n_dims: 2 or 3 coordinates a landmark.
        unmirrored: Landmarks whose partner is missing from this skeleton: a reflection hides them.

    Raises:
        SkeletonError: Names are repeated, or parts, edges or pairs name unknown landmarks.
    """

    name: str
    landmarks: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]
    edges: tuple[tuple[str, str], ...] = ()
    mirror_pairs: tuple[tuple[str, str], ...] = ()
    n_dims: int = 3
    unmirrored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.n_dims not in (2, 3):
            raise SkeletonError(f"skeleton {self.name!r} has {self.n_dims} dimensions; use 2 or 3")
        if not self.landmarks:
            raise SkeletonError(f"skeleton {self.name!r} has no landmarks")
        if len(self._positions) != len(self.landmarks):
            twice = next(n for n in self.landmarks if self.landmarks.count(n) > 1)
            raise SkeletonError(f"skeleton {self.name!r} names landmark {twice!r} twice")
        in_parts = [name for part in self.parts.values() for name in part]
        if sorted(in_parts) != sorted(self.landmarks):
            raise SkeletonError(f"parts of skeleton {self.name!r} do not hold each landmark once")
        for left, right in (*self.edges, *self.mirror_pairs):
            self.index(left)
            self.index(right)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.landmarks)}

    @property
    def n_landmarks(self) -> int:
        return len(self.landmarks)

    def __contains__(self, landmark: str) -> bool:
        return landmark in self._positions

    def index(self, landmark: str) -> int:
        """Position of `landmark` on axis L."""
        try:
            return self._positions[landmark]
        except KeyError:
            raise SkeletonError(f"skeleton {self.name!r} has no landmark {landmark!r}") from None

    def indices(self, landmarks: Iterable[str]) -> NDArray[np.int64]:
        """Positions of several landmarks on axis L."""
        return np.array([self.index(name) for name in landmarks], dtype=np.int64)

    def part_indices(self, part: str) -> NDArray[np.int64]:
        """Positions of the landmarks of one part, such as `left_hand`."""
        if part not in self.parts:
            raise SkeletonError(
                f"skeleton {self.name!r} has no part {part!r}; it has {', '.join(self.parts)}"
            )
        return self.indices(self.parts[part])

    def mirror_permutation(self) -> NDArray[np.int64]:
        """(L,) permutation of order two that exchanges left and right landmarks."""
        permutation = np.arange(self.n_landmarks)
        for left, right in self.mirror_pairs:
            i, j = self.index(left), self.index(right)
            permutation[i], permutation[j] = j, i
        return permutation

    def to_json(self) -> dict[str, Any]:
        """A plain record that `from_json` reads back."""
        return {
            "name": self.name,
            "landmarks": list(self.landmarks),
            "parts": {part: list(names) for part, names in self.parts.items()},
            "edges": [list(edge) for edge in self.edges],
            "mirror_pairs": [list(pair) for pair in self.mirror_pairs],
            "n_dims": self.n_dims,
            "unmirrored": list(self.unmirrored),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Skeleton":
        """The skeleton that `to_json` described."""
        return cls(
            name=record["name"],
            landmarks=tuple(record["landmarks"]),
            parts={part: tuple(names) for part, names in record["parts"].items()},
            edges=tuple((a, b) for a, b in record["edges"]),
            mirror_pairs=tuple((a, b) for a, b in record["mirror_pairs"]),
            n_dims=record["n_dims"],
            unmirrored=tuple(record.get("unmirrored", ())),
        )


def skeleton_from_names(name: str, landmarks: Iterable[str], *, n_dims: int) -> Skeleton:
    """A skeleton for landmarks from anywhere: known names join their parts, the rest form `other`.

    Left/right names without a partner in the list become `unmirrored`.
    """
    names = tuple(landmarks)
    parts: dict[str, list[str]] = {}
    for landmark in names:
        parts.setdefault(part_of(landmark), []).append(landmark)
    known = set(names)
    pairs = tuple(
        (left, swap_side(left)) for left in names if _is_left(left) and swap_side(left) in known
    )
    unmirrored = tuple(n for n in names if swap_side(n) != n and swap_side(n) not in known)
    return Skeleton(
        name=name,
        landmarks=names,
        parts={part: tuple(members) for part, members in parts.items()},
        edges=tuple((a, b) for a, b in _known_edges() if a in known and b in known),
        mirror_pairs=pairs,
        n_dims=n_dims,
        unmirrored=unmirrored,
    )


def part_of(landmark: str) -> str:
    """The part a landmark name belongs to: pose, face, lips, left_hand, right_hand or other."""
    if landmark in BODY_LANDMARKS:
        return "pose"
    for part, pattern in _PART_PATTERNS:
        if pattern.match(landmark):
            return part
    return "other"


def swap_side(landmark: str) -> str:
    """The name of the mirrored landmark: `left_` and `right_` exchanged, `mouth_left` likewise, and
    the partner of a known point of the face; a landmark on the axis has its own name.
    """
    if landmark in FACE_PARTNERS:
        return FACE_PARTNERS[landmark]
    for one, other in (("left_", "right_"), ("right_", "left_")):
        if landmark.startswith(one):
            return other + landmark.removeprefix(one)
    for one, other in (("_left", "_right"), ("_right", "_left")):
        if landmark.endswith(one):
            return landmark.removesuffix(one) + other
    return landmark


def _is_left(landmark: str) -> bool:
    return landmark.startswith("left_") or landmark.endswith("_left") or landmark in FACE_PAIRS


def hand_landmarks(side: str) -> tuple[str, ...]:
    """The 21 landmarks of one hand in MediaPipe's order; `side` is `left` or `right`."""
    joints = {"thumb": ("cmc", "mcp", "ip", "tip")}
    return (
        f"{side}_hand_wrist",
        *(
            f"{side}_hand_{finger}_{joint}"
            for finger in FINGERS
            for joint in joints.get(finger, ("mcp", "pip", "dip", "tip"))
        ),
    )


def hand_edges(side: str) -> tuple[tuple[str, str], ...]:
    """The 21 lines of one hand: the palm's ring and the five fingers."""
    names = hand_landmarks(side)
    chains = ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (5, 9, 10, 11, 12), (9, 13, 14, 15, 16),
              (13, 17, 18, 19, 20), (0, 17))  # fmt: skip
    return tuple((names[a], names[b]) for chain in chains for a, b in itertools.pairwise(chain))


def _known_edges() -> tuple[tuple[str, str], ...]:
    arms = tuple(
        (f"{side}_{a}", f"{side}_{b}")
        for side in ("left", "right")
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"),
                     ("hip", "knee"), ("knee", "ankle"), ("wrist", "hand_wrist"))
    )  # fmt: skip
    trunk = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))
    return (*trunk, *arms, *hand_edges("left"), *hand_edges("right"))
