"""What Google's two landmark competitions on Kaggle have in common: the 543 landmarks of MediaPipe
Holistic as fractions of the frame, in an order of their own, without frame rate and frame size.

They call a landmark by its type and a number: `face` 0 to 467, `left_hand` 0 to 20, `pose` 0 to 32,
`right_hand` 0 to 20, in this order (`PUBLISHED`). signkit has the pose first. x is divided by the
width and y by the height of the frame; z is in the scale of x, as MediaPipe gives it.

Source: the data pages of the competitions asl-signs and asl-fingerspelling, kaggle.com, 2023.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import EXTRA_PREFIX
from signkit.convert.corpus import ImportOptions
from signkit.convert.ledger import Ledger
from signkit.errors import FormatError, one_line
from signkit.pose import PoseSequence
from signkit.skeletons.mediapipe import MEDIAPIPE_543

TYPES = ("face", "left_hand", "pose", "right_hand")
N_OF_TYPE = {kind: len(MEDIAPIPE_543.parts[kind]) for kind in TYPES}
NUMBERED = tuple((kind, index) for kind in TYPES for index in range(N_OF_TYPE[kind]))
"""Type and number of every landmark, in the published order."""

PUBLISHED = tuple(MEDIAPIPE_543.parts[kind][index] for kind, index in NUMBERED)
"""signkit's names of the landmarks, in the published order."""


@dataclass(frozen=True, slots=True)
class Frames:
    """What the fractions of a clip are fractions of.

    Args:
        fps: Frames per second.
        width_px: Width of the frame.
        height_px: Height of the frame.
    """

    fps: float
    width_px: int
    height_px: int


def frames_of(options: ImportOptions, source: Path) -> Frames:
    """Frame rate and frame size as the user gives them: the competitions do not publish them.

    Raises:
        FormatError: One of them is not given.
    """
    missing = [
        name for name, value in (("--fps", options.fps), ("--size", options.size)) if value is None
    ]
    if options.fps is None or options.size is None:
        raise FormatError(
            f"{source} says neither the frame rate nor the frame size of its clips; give "
            f"{' and '.join(missing)}, for instance --fps 30 --size 640x480 (30 is what others "
            "assume; the shape of the frames is not published)"
        )
    return Frames(options.fps, *options.size)


def frames_note(frames: Frames) -> str:
    """What `dataset.json` says about numbers that the user gave."""
    return (
        f"Frame rate and frame size are not published; taken as told: {frames.fps:g} fps, "
        f"{frames.width_px} x {frames.height_px} px. Proportions of the body depend on that size."
    )


def pose_of_fractions(
    fractions: Sequence[NDArray[np.floating[Any]]],
    frames: Frames,
    *,
    time_s: NDArray[np.float64],
    confidence: NDArray[np.floating[Any]] | None = None,
    clip_id: str = "",
) -> PoseSequence:
    """A pose in pixels; without confidences a landmark that was seen has 1.

    Args:
        fractions: Three times (L, T): x / width, y / height and z / width of the landmarks of
            `mediapipe-543`, NaN where unseen.
        frames: Size of the frame.
        time_s: (T,) seconds.
        confidence: (L, T) in [0, 1].
        clip_id: Of the clip.

    Raises:
        FormatError: A value is infinite, or a confidence is none.
    """
    if any(fraction.dtype.kind not in "fiu" for fraction in fractions):
        raise FormatError("has coordinates that are not numbers")
    coords = np.empty((3, *fractions[0].shape), dtype=np.float32)
    sizes = (frames.width_px, frames.height_px, frames.width_px)
    for plane, fraction, size in zip(coords, fractions, sizes, strict=True):
        np.multiply(fraction, size, out=plane, casting="same_kind")
    if np.isinf(coords).any():
        raise FormatError("has infinite coordinates; expected NaN for an unseen landmark")
    hidden = np.isnan(coords[0])
    confidence = np.where(hidden, 0, 1 if confidence is None else confidence).astype(np.float32)
    if not np.all((confidence >= 0) & (confidence <= 1)):
        raise FormatError("has a confidence that is not between 0 and 1")
    coords.flags.writeable = False  # so that the pose takes it over without a copy
    confidence.flags.writeable = False
    return PoseSequence(
        clip_id=clip_id,
        skeleton=MEDIAPIPE_543,
        coords=coords.transpose(2, 1, 0),
        confidence=confidence.T,
        fps=frames.fps,
        width_px=frames.width_px,
        height_px=frames.height_px,
        time_s=time_s,
    )


def extra_name(column: str) -> str:
    """What a column that signkit has none for is called in a clip table."""
    return column if column.startswith(EXTRA_PREFIX) else f"{EXTRA_PREFIX}{column}"


def is_inside(path: str) -> bool:
    """Whether a path of a table stays in the folder of the table."""
    parts = Path(path).parts
    is_short = all(len(part.encode()) < 256 for part in parts) and len(path.encode()) < 2048
    return bool(parts) and not Path(path).is_absolute() and ".." not in parts and is_short


def whole_numbers(values: NDArray[Any], name: str, file: str) -> NDArray[np.int64]:
    """A column of whole numbers.

    Raises:
        FormatError: It holds something else.
    """
    if values.dtype.kind in "iu":
        is_whole = bool((values < 2**53).all())
    else:
        is_whole = values.dtype.kind == "f" and bool((values == np.floor(values)).all())
        is_whole = is_whole and bool((np.abs(values) < 2**53).all())
    if not is_whole:
        raise FormatError(f"{file} has a {name} that is not a whole number")
    return values.astype(np.int64)


def note_unlisted(source: Path, listed: Iterable[str], ledger: Ledger) -> None:
    """Tell the ledger of Parquet files that no row names."""
    known = {Path(path).as_posix() for path in listed}
    for path in sorted(source.rglob("*.parquet")):
        name = path.relative_to(source).as_posix()
        if name not in known:
            ledger.unlisted(name)


def unreadable(path: Path, error: BaseException) -> FormatError:
    """What to say of a Parquet file that is none."""
    return FormatError(f"{path.name} is not a readable Parquet file: {one_line(error)}")
