"""Folders `WORD/TAKE/FRAME.npy` of MediaPipe values, as tutorials and student projects keep them.

A file is one frame, a flat array; its length says what is in it: 1,662 values are pose (33, with
visibility), face (468) and both hands (21 each), 1,629 the same without visibility, 258 pose and
hands, 126 the hands alone. Values are fractions of the frame, zeros are a part that was not seen.

The order of the parts is not the same everywhere. Most have pose, face, left hand, right hand;
others begin with the face, and published takes do so. The landmarks tell: a nose belongs to a face,
a wrist to a hand, a visibility is between 0 and 1. Each take is read in the order that fits it.

Source: the layout is N. Renotte's, https://github.com/nicknochnack/ActionDetectionforSignLanguage
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from signkit.clip import Clip, clip_id_of, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.numpy_files import read_npy
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton, hand_landmarks, skeleton_from_names
from signkit.skeletons.mediapipe import MEDIAPIPE_75, MEDIAPIPE_543

HANDS = skeleton_from_names(
    "mediapipe-42", (*hand_landmarks("left"), *hand_landmarks("right")), n_dims=3
)
MOST_GAPS = 100
"""So many times as many frames as files is no gap in a take, but a number that is wrong."""
LARGEST = 20.0
"""A fraction of the frame is far smaller; larger values are in other units."""
NOTE = (
    "who signs is not known; takes of a word are alike, so a split by take says nothing about new "
    "signers"
)

_PAIRS = (
    ("nose", "face_1"),
    ("left_eye_outer", "face_263"),
    ("right_eye_outer", "face_33"),
    ("mouth_left", "face_291"),
    ("mouth_right", "face_61"),
    ("left_wrist", "left_hand_wrist"),
    ("right_wrist", "right_hand_wrist"),
)
"""Landmarks of two parts that lie in the same place."""
_ORDERS = {
    MEDIAPIPE_543.name: (
        ("pose", "face", "left_hand", "right_hand"),
        ("face", "pose", "left_hand", "right_hand"),
        ("face", "left_hand", "pose", "right_hand"),
    ),
    MEDIAPIPE_75.name: (
        ("pose", "left_hand", "right_hand"),
        ("left_hand", "right_hand", "pose"),
    ),
    HANDS.name: (("left_hand", "right_hand"),),
}
_NUMBER = re.compile(r"\d+")

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Kind:
    """What frames with so many values hold.

    Args:
        skeleton: Their landmarks.
        pose_values: Numbers of a pose landmark: 4 with its visibility, else 3.
    """

    skeleton: Skeleton
    pose_values: int

    @property
    def orders(self) -> tuple[tuple[str, ...], ...]:
        return _ORDERS[self.skeleton.name]

    def width(self, part: str) -> int:
        """Numbers of each landmark of a part."""
        return self.pose_values if part == "pose" else 3


KINDS = {
    1662: _Kind(MEDIAPIPE_543, 4),
    1629: _Kind(MEDIAPIPE_543, 3),
    258: _Kind(MEDIAPIPE_75, 4),
    126: _Kind(HANDS, 3),
}
_KNOWN = ", ".join(f"{n:,}" for n in KINDS)


@dataclass(frozen=True)
class _Frame:
    """fps, width_px and height_px of all takes."""

    fps: float
    width_px: int
    height_px: int


def read_mp_data(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The takes below a folder.

    Raises:
        FormatError: There are none, or their frame rate or size is not given.
    """
    if not source.is_dir():
        raise FormatError(f"no folder at {source}; expected WORD/TAKE/FRAME.npy below it")
    takes = _takes(source)
    if not takes:
        raise FormatError(f"{source} has no WORD/TAKE/FRAME.npy with numbers for names")
    frame = _frame(source, options)
    kind, order = _first(source, takes)
    return Corpus(
        info=DatasetInfo(
            name=source.name,
            skeleton=kind.skeleton,
            extractor={"name": "mediapipe", "version": "unknown"},
            note=f"{NOTE}; parts of the first take: {', '.join(order)}",
        ),
        entries=_entries(source, takes, frame, ledger),
        n_clips=len(takes),
        extra=("x_label",),
    )


def _frame(source: Path, options: ImportOptions) -> _Frame:
    if options.fps is None or options.size is None:
        raise FormatError(
            f"{source} says neither how fast its frames follow nor how large they were; give --fps "
            "and --size WxH"
        )
    return _Frame(options.fps, *options.size)


def _takes(source: Path) -> list[Path]:
    """Folders with frames, at least two deep, in the order of their numbers."""
    folders = {
        path.parent
        for path in source.rglob("*.npy")
        if _NUMBER.fullmatch(path.stem) and len(path.relative_to(source).parts) > 2
    }
    return sorted(folders, key=lambda folder: _natural(folder.relative_to(source)))


def _natural(path: Path) -> list[tuple[str, int, str]]:
    """A key that sorts 2 before 10."""
    return [
        ("", int(part), part) if _NUMBER.fullmatch(part) else (part, 0, part) for part in path.parts
    ]


def _first(source: Path, takes: Sequence[Path]) -> tuple[_Kind, tuple[str, ...]]:
    """What the first readable take holds, and in which order."""
    reasons = []
    for take in takes:
        try:
            values = _values(take)
            return KINDS[values.shape[1]], _order(values)
        except FormatError as error:
            reasons.append(f"{take.relative_to(source)} {error}")
    raise FormatError(f"no take of {source} can be read (first: {reasons[0]})")


def _entries(source: Path, takes: Sequence[Path], frame: _Frame, ledger: Ledger) -> Iterator[Entry]:
    for take in takes:
        below = PurePosixPath(take.relative_to(source).as_posix())
        label = below.parts[-2]
        glosses = one_gloss(label)
        for path in sorted(take.iterdir()):
            if not (path.suffix == ".npy" and _NUMBER.fullmatch(path.stem)):
                ledger.unlisted(str(below / path.name), "not a frame: its name is no number")
        yield Entry(
            Clip(
                clip_id=clip_id_of(below),
                glosses=glosses,
                extra={} if glosses == (label,) else {"x_label": label},
            ),
            read=partial(_pose, take, frame),
            file=str(below),
        )


def _pose(take: Path, frame: _Frame) -> PoseSequence:
    """One take in pixels.

    Raises:
        FormatError: Its values cannot be used.
    """
    values = _values(take)
    kind, order = KINDS[values.shape[1]], _order(values)
    coords, confidence = _landmarks(values, kind, order)
    if (np.abs(coords) > LARGEST).any():
        raise FormatError(
            f"has values up to {np.nanmax(np.abs(coords)):.3g}, expected fractions of the frame"
        )
    per_axis = np.array([frame.width_px, frame.height_px, frame.width_px], np.float32)
    return PoseSequence(
        clip_id=take.name,
        skeleton=kind.skeleton,
        coords=coords * per_axis,
        confidence=confidence,
        fps=frame.fps,
        width_px=frame.width_px,
        height_px=frame.height_px,
    )


def _values(take: Path) -> Floats:
    """(T, N) as it stands; a frame whose number is missing is zeros, as one without landmarks is.

    Raises:
        FormatError: A frame cannot be read, or has another number of values.
    """
    files = [p for p in take.iterdir() if p.suffix == ".npy" and _NUMBER.fullmatch(p.stem)]
    paths = {int(path.stem): path for path in files}
    if len(paths) < len(files):
        raise FormatError(f"has two frames of one number among its {len(files)}")
    first, last = min(paths), max(paths)
    n_frames = last - first + 1
    if n_frames > MOST_GAPS * len(paths):
        raise FormatError(f"has frames from {first} to {last}, but only {len(paths)} of them")
    n_values = read_npy(paths[first]).size
    if n_values not in KINDS:
        raise FormatError(f"has {n_values:,} values a frame; known are {_KNOWN}")
    values = np.zeros((n_frames, n_values), np.float32)
    for number, path in paths.items():
        frame = read_npy(path)
        if frame.size != n_values:
            raise FormatError(
                f"has {frame.size:,} values in frame {number}, {n_values:,} in frame {first}"
            )
        with np.errstate(over="ignore"):  # what is too large becomes infinite
            values[number - first] = frame.ravel()
    if np.isinf(values).any():
        raise FormatError("has infinite values")
    return values


def _order(values: Floats) -> tuple[str, ...]:
    """The order of the parts that fits a take.

    Raises:
        FormatError: None does.
    """
    kind = KINDS[values.shape[1]]
    fits = {order: _misfit(values, kind, order) for order in kind.orders}
    best = min(kind.orders, key=lambda order: fits[order])  # the usual one where all fit
    if np.isinf(fits[best]):
        raise FormatError(
            "has its values in an unknown order, or they are not fractions of the frame: they "
            "make no body, face and hands"
        )
    return best


def _misfit(values: Floats, kind: _Kind, order: Sequence[str]) -> float:
    """How far landmarks that belong together are apart, as a fraction of the frame.

    Infinite where a visibility is not between 0 and 1, or a part is there by half.
    """
    parts = _parts(values, kind, order)
    for part, array in parts.items():
        zero = (array[..., :3] == 0).all(axis=-1)  # (T, L)
        if (zero.any(axis=1) != zero.all(axis=1)).any():
            return np.inf
        if kind.width(part) == 4 and ((array[..., 3] < 0) | (array[..., 3] > 1)).any():
            return np.inf
    coords, _ = _landmarks(values, kind, order)
    pairs = [pair for pair in _PAIRS if pair[0] in kind.skeleton and pair[1] in kind.skeleton]
    if not pairs:
        return 0.0
    one, other = (kind.skeleton.indices(names) for names in zip(*pairs, strict=True))
    apart = np.abs(coords[:, one, :2] - coords[:, other, :2])
    seen = ~np.isnan(apart)
    return float(np.median(apart[seen])) if seen.any() else 0.0


def _parts(values: Floats, kind: _Kind, order: Sequence[str]) -> dict[str, Floats]:
    """Each part as (T, L, 3 or 4)."""
    parts, start = {}, 0
    for part in order:
        n_landmarks, width = len(kind.skeleton.parts[part]), kind.width(part)
        end = start + n_landmarks * width
        parts[part] = values[:, start:end].reshape(len(values), n_landmarks, width)
        start = end
    return parts


def _landmarks(values: Floats, kind: _Kind, order: Sequence[str]) -> tuple[Floats, Floats]:
    """(T, L, 3) fractions of the frame, NaN where unseen, and (T, L) confidence."""
    parts = _parts(values, kind, order)
    arrays = [parts[part] for part in kind.skeleton.parts]
    coords = np.concatenate([array[..., :3] for array in arrays], axis=1)
    sure = [
        array[..., 3] if array.shape[2] == 4 else np.ones(array.shape[:2], np.float32)
        for array in arrays
    ]
    unseen = [np.broadcast_to(~a.any(axis=(1, 2))[:, None], a.shape[:2]) for a in arrays]
    coords[np.concatenate(unseen, axis=1)] = np.nan
    return coords, np.nan_to_num(np.concatenate(sure, axis=1))
