"""The points of a `.pose` file as landmarks, and the other way round.

Names that pose-format gives to the points of MediaPipe, OpenPose and COCO-WholeBody are signkit's
landmarks under other names. All other points are kept under their own name, or with the component
before it where several have it. `POSE_WORLD_LANDMARKS` are left out: they are metres from the hips,
multiplied by the size of the frame, and no place in it.

Source: the components of pose-format, https://github.com/sign-language-processing/pose
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from signkit.convert.pose_format import Component
from signkit.errors import FormatError
from signkit.skeleton import Skeleton, hand_landmarks, skeleton_from_names
from signkit.skeletons import SKELETONS
from signkit.skeletons.coco_wholebody import BODY, FACE, FEET
from signkit.skeletons.mediapipe import N_FACE_WITH_IRISES, POSE
from signkit.skeletons.openpose import BODY_25, FACE_WITH_PUPILS

WORLD = "POSE_WORLD_LANDMARKS"
_LETTERS = re.compile(r"XY(Z?)(\w*)C")
_COLOR = (255, 0, 0)

Point = tuple[str, str]
"""Names of a component and of a point in it."""

_HAND = (
    *("BASE", "T_STT", "T_BCMC", "T_MCP", "T_IP"),
    *(f"{finger}_{joint}" for finger in "IMRP" for joint in ("CMC", "MCP", "PIP", "DIP")),
)
_FACE = (
    *(f"FB_{i}" for i in range(17)),
    *(f"FEB_{i}" for i in range(17, 27)),
    *(f"FN_{i}" for i in range(27, 36)),
    *(f"FE_{i}" for i in range(36, 48)),
    *(f"FLO_{i}" for i in range(48, 60)),
    *(f"FLI_{i}" for i in range(60, 68)),
    *("FP_68", "FP_69"),
)


def _openpose_name(landmark: str) -> str:
    """`right_big_toe` is RBigToe."""
    side, _, rest = landmark.partition("_")
    words = [side[0], rest] if side in ("left", "right") else [landmark]
    return "".join(word.title().replace("_", "") for word in words)


def _mediapipe_hand(side: str) -> dict[str, str]:
    """Landmark to MediaPipe's name: `left_hand_index_tip` is INDEX_FINGER_TIP."""
    names = {n: n.removeprefix(f"{side}_hand_").upper() for n in hand_landmarks(side)}
    return {n: re.sub("^(INDEX|MIDDLE|RING)", r"\1_FINGER", name) for n, name in names.items()}


def _style(**components: dict[str, str]) -> dict[str, Point]:
    """Landmark to its component and point."""
    return {
        landmark: (component, point)
        for component, names in components.items()
        for landmark, point in names.items()
    }


_MEDIAPIPE = _style(
    POSE_LANDMARKS={name: name.upper() for name in POSE},
    FACE_LANDMARKS={f"face_{i}": str(i) for i in range(N_FACE_WITH_IRISES)},
    LEFT_HAND_LANDMARKS=_mediapipe_hand("left"),
    RIGHT_HAND_LANDMARKS=_mediapipe_hand("right"),
)
_COCO = _style(
    BODY={name: name for name in (*BODY, *FEET)},
    FACE={name: f"face-{i}" for i, name in enumerate(FACE)},
    LEFT_HAND={name: f"hand_{i}" for i, name in enumerate(hand_landmarks("left"))},
    RIGHT_HAND={name: f"hand_{i}" for i, name in enumerate(hand_landmarks("right"))},
)
_OPENPOSE = _style(
    pose_keypoints_2d={name: _openpose_name(name) for name in BODY_25},
    face_keypoints_2d=dict(zip(FACE_WITH_PUPILS, _FACE, strict=True)),
    hand_left_keypoints_2d=dict(zip(hand_landmarks("left"), _HAND, strict=True)),
    hand_right_keypoints_2d=dict(zip(hand_landmarks("right"), _HAND, strict=True)),
)
_STYLES = (_MEDIAPIPE, _COCO, _OPENPOSE)
_LANDMARK_OF = {point: name for style in _STYLES for name, point in style.items()}
_ALIASES = {f"{part}_133": part for part in ("BODY", "FACE", "LEFT_HAND", "RIGHT_HAND")}
_IN_WIDTHS = {component for component, _ in _MEDIAPIPE.values()}


@dataclass(frozen=True, eq=False)
class Plan:
    """How points become landmarks.

    Args:
        skeleton: Of the landmarks.
        points: (L,) position of each landmark among the points.
        has_z: (L,) its third number is a z.
        in_widths: (L,) its z is a fraction of the width of the frame, as MediaPipe's is.
        notes: What is left out, one line each.
    """

    skeleton: Skeleton
    points: NDArray[np.int64]
    has_z: NDArray[np.bool_]
    in_widths: NDArray[np.bool_]
    notes: tuple[str, ...]


@lru_cache(maxsize=8)
def plan_of(components: tuple[Component, ...]) -> Plan:
    """How the points of a header become landmarks.

    Raises:
        FormatError: A component is not of points in the frame with a confidence.
    """
    used = [component for component in components if component.name != WORLD]
    names = landmark_names(used)
    if not names:
        raise FormatError(f"has no points but {WORLD}, which are not places in the frame")
    extras = "".join(map(_other_numbers, used))
    has_z = _each(used, [component.letters[2] == "Z" for component in used])
    return Plan(
        skeleton=_skeleton(names, used, n_dims=3 if has_z.any() else 2),
        points=np.flatnonzero(
            _each(components, [component.name != WORLD for component in components])
        ),
        has_z=has_z,
        in_widths=_each(used, [component.name in _IN_WIDTHS for component in used]),
        notes=tuple(_notes(components, extras)),
    )


def landmark_names(components: Sequence[Component]) -> tuple[str, ...]:
    """The landmarks that the points are, each name once."""
    points = [(component.name, _readable(p)) for component in components for p in component.points]
    names = [_LANDMARK_OF.get((_ALIASES.get(c, c), point), point) for c, point in points]
    counts = Counter(names)
    found: dict[str, None] = {}
    for (component, point), name in zip(points, names, strict=True):
        if counts[name] > 1:
            name = f"{_readable(component)}_{point}"
        while name in found:
            name += "_again"
        found[name] = None
    return tuple(found)


def components_of(skeleton: Skeleton) -> tuple[Component, ...]:
    """Components that become the same landmarks again, as pose-format names them where it does.

    Raises:
        FormatError: The names cannot be kept.
    """
    for components in _attempts(skeleton):
        if landmark_names(components) == skeleton.landmarks:
            return components
    raise FormatError(f"a .pose file cannot hold the landmark names of {skeleton.name!r}")


def z_in_widths(component: Component) -> bool:
    """Whether z is a fraction of the width of the frame."""
    return component.name in _IN_WIDTHS


def _attempts(skeleton: Skeleton) -> list[tuple[Component, ...]]:
    """Groupings of the landmarks, the best first."""
    groupings = [
        [style[name] for name in skeleton.landmarks]
        for style in _STYLES
        if all(name in style for name in skeleton.landmarks)
    ]
    part_of = {name: part for part, names in skeleton.parts.items() for name in names}
    groupings.append([(part_of[name], name) for name in skeleton.landmarks])
    groupings.append([("landmarks", name) for name in skeleton.landmarks])
    return [
        _components(skeleton, points)
        for points in groupings
        if len(list(groupby(points, key=lambda p: p[0]))) == len({p[0] for p in points})
    ]


def _components(skeleton: Skeleton, points: list[Point]) -> tuple[Component, ...]:
    """One component a group, with the lines that lie within it."""
    components = []
    numbered = zip(skeleton.landmarks, points, strict=True)
    for name, group in groupby(numbered, key=lambda item: item[1][0]):
        members = list(group)
        at = {landmark: i for i, (landmark, _) in enumerate(members)}
        limbs = tuple((at[a], at[b]) for a, b in skeleton.edges if a in at and b in at)
        components.append(
            Component(
                name=name,
                letters="XYZC" if skeleton.n_dims == 3 else "XYC",
                points=tuple(point for _, (_, point) in members),
                limbs=limbs,
                colors=(_COLOR,),
            )
        )
    return tuple(components)


def _skeleton(names: tuple[str, ...], components: Sequence[Component], *, n_dims: int) -> Skeleton:
    """The known skeleton with these landmarks, or one derived from names and lines."""
    for known in SKELETONS.values():
        if known.landmarks == names:
            return replace(known, n_dims=n_dims)
    is_mediapipe = all(component.name in _IN_WIDTHS for component in components)
    name = f"{'mediapipe' if is_mediapipe else 'pose'}-{len(names)}"
    derived = skeleton_from_names(
        f"{name}-other" if name in SKELETONS else name, names, n_dims=n_dims
    )
    lines = {frozenset(edge): edge for edge in (*_lines(names, components), *derived.edges)}
    return replace(derived, edges=tuple(lines.values()))


def _lines(names: tuple[str, ...], components: Sequence[Component]) -> list[tuple[str, str]]:
    lines, first = [], 0
    for component in components:
        own = names[first : first + len(component.points)]
        first += len(own)
        lines += [(own[a], own[b]) for a, b in component.limbs if max(a, b) < len(own)]
    return lines


def _other_numbers(component: Component) -> str:
    """Letters of what a point has beyond its place and its confidence."""
    match = _LETTERS.fullmatch(component.letters)
    if not match:
        raise FormatError(
            f"has a component {component.name!r} of {component.letters!r}, expected 'XYC' or 'XYZC'"
        )
    return match[2]


def _notes(components: Sequence[Component], extras: str) -> list[str]:
    notes = []
    if any(component.name == WORLD for component in components):
        notes.append(f"{WORLD} are left out: they are no places in the frame")
    if extras:
        letters = ", ".join(sorted(set(extras)))
        notes.append(f"the numbers {letters} of the points are left out")
    return notes


def _each(components: Sequence[Component], values: Sequence[bool]) -> NDArray[np.bool_]:
    """For each point what holds for its component."""
    return np.repeat(np.array(values, dtype=bool), [len(c.points) for c in components])


def _readable(name: str) -> str:
    """The name without bytes that are not UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
