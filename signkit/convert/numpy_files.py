"""A folder of `.npy` or `.npz` files of landmarks, one a clip; nothing is ever unpickled.

An array is (T, L, C), or (T, L * C); in an `.npz` it is called `coords`, `keypoints` or `pose`, and
`confidence` (or `confidences`, `scores`), (T, L), may stand beside it. One number more than the
skeleton has dimensions is a landmark's confidence: (x, y, c) of OpenPose, (x, y, z, visibility) of
MediaPipe. A landmark is unseen where a coordinate is NaN, all are 0, or its confidence is 0.

The files do not say what their numbers are: skeleton, units, frame rate and frame size are given by
the user.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import SPLITS, Clip, clip_id_of, one_gloss
from signkit.convert.corpus import UNITS, Corpus, Entry, ImportOptions
from signkit.convert.folders import FilesBelow
from signkit.convert.ledger import Ledger
from signkit.convert.npz import NpzReader
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton
from signkit.skeletons import get_skeleton

SUFFIXES = (".npy", ".npz")
COORDS = ("coords", "keypoints", "pose")
CONFIDENCE = ("confidence", "confidences", "scores")
LARGEST = 20.0
"""Fractions of the frame are far smaller."""
SMALLEST_PX, MIN_FRAME_PX = 4.0, 64
"""A whole clip within so few pixels of such a frame is not in pixels."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Known:
    """What the user says of all files."""

    skeleton: Skeleton
    units: str
    fps: float
    width_px: int
    height_px: int


def read_npy(path: Path) -> NDArray[Any]:
    """The real numbers of a `.npy` file, mapped: a header that promises too much allocates nothing.

    Raises:
        FormatError: It is damaged, pickled, or holds no real numbers.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise FormatError(f"{path.name} is not a readable .npy file: {reason}") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        kind = getattr(array, "dtype", "several arrays")
        raise FormatError(f"{path.name} holds {kind}; expected real numbers")
    return array


def read_numpy(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of a folder of arrays, at any depth.

    Raises:
        FormatError: There are none, or something is not given that the files do not know.
    """
    paths = _paths(source)
    known = _known(source, options)
    first = _first(source, paths, known)
    return Corpus(
        info=DatasetInfo(
            name=source.stem,
            skeleton=first.skeleton,
            extractor={"name": "unknown"},
        ),
        entries=_entries(paths, known, is_labelled=options.labels is not None),
        n_clips=paths.n_files,
        extra=("x_label",) if options.labels is None else (),
    )


def _paths(source: Path) -> FilesBelow:
    if not source.exists():
        raise FormatError(f"no folder at {source}; expected .npy or .npz files, one a clip")
    paths = FilesBelow(source, lambda name: name.endswith(SUFFIXES))
    if not paths.n_files:
        raise FormatError(f"{source} has no .npy or .npz files")
    return paths


def _known(source: Path, options: ImportOptions) -> _Known:
    given = {
        "--skeleton NAME": options.skeleton,
        "--units pixels or fractions": options.units,
        "--fps": options.fps,
        "--size WxH": options.size,
    }
    if not (options.skeleton and options.units and options.fps and options.size):
        absent = ", ".join(option for option, value in given.items() if not value)
        raise FormatError(
            f"the arrays of {source} do not say what their numbers are; give {absent}"
        )
    if options.units not in UNITS:
        raise FormatError(f"--units is {options.units!r}; give {' or '.join(UNITS)}")
    return _Known(get_skeleton(options.skeleton), options.units, options.fps, *options.size)


def _first(source: Path, paths: FilesBelow, known: _Known) -> PoseSequence:
    """The first clip that can be used: it has the dimensions of all."""
    reasons = []
    for path in paths:
        try:
            return _pose(path, known)
        except FormatError as error:
            reasons.append(f"{path.name}: {error}")
    raise FormatError(f"no file of {source} can be used (first: {reasons[0]})")


def _entries(paths: FilesBelow, known: _Known, *, is_labelled: bool) -> Iterator[Entry]:
    has_words = not is_labelled and _are_words(paths)
    for path in paths:
        name = paths.name_of(path)
        label = name.parts[0] if has_words else ""
        glosses = one_gloss(label)
        yield Entry(
            Clip(
                clip_id=clip_id_of(name.with_suffix("")),
                glosses=glosses,
                extra={} if " ".join(glosses) == label else {"x_label": label},
            ),
            read=partial(_pose, path, known),
            file=str(name),
            is_unlabelled=not (has_words or is_labelled),
        )


def _are_words(paths: FilesBelow) -> bool:
    """True where every file lies exactly one folder deep, and the folders are not splits."""
    folders = {name.parts[0] for name in paths.names()}
    one_deep = all(len(name.parts) == 2 for name in paths.names())
    return one_deep and len(folders) > 1 and not folders <= {*SPLITS, "val"}


def _pose(path: Path, known: _Known) -> PoseSequence:
    """One clip in pixels.

    Raises:
        FormatError: Its arrays cannot be used.
    """
    array, confidence = _arrays(path)
    coords, sure = _split_off(_by_landmark(array, known.skeleton), known.skeleton)
    if confidence is not None:
        if confidence.shape != coords.shape[:2]:
            raise FormatError(
                f"has confidence of shape {confidence.shape}, expected {coords.shape[:2]}"
            )
        sure = np.where(np.isnan(coords).any(axis=-1), np.float32(0), confidence.astype("f4"))
    if not ((sure >= 0) & (sure <= 1)).all():
        raise FormatError("has confidences that are not between 0 and 1")
    if np.isinf(coords).any():
        raise FormatError("has infinite coordinates")
    coords[(sure == 0) | (coords == 0).all(axis=-1)] = np.nan
    return PoseSequence(
        clip_id=path.stem,
        skeleton=replace(known.skeleton, n_dims=coords.shape[2]),
        coords=_in_pixels(coords, known),
        confidence=sure,
        fps=known.fps,
        width_px=known.width_px,
        height_px=known.height_px,
    )


def _arrays(path: Path) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Coordinates, and confidence where there is one."""
    if path.suffix == ".npy":
        return read_npy(path), None
    with NpzReader(path) as arrays:
        coords = next((name for name in COORDS if name in arrays.names), None)
        if coords is None:
            raise FormatError(
                f"has {', '.join(arrays.names) or 'nothing'}; expected an array called "
                f"{' or '.join(COORDS)}"
            )
        sure = next((name for name in CONFIDENCE if name in arrays.names), None)
        return arrays.read(coords), arrays.read(sure) if sure else None


def _by_landmark(array: NDArray[Any], skeleton: Skeleton) -> Floats:
    """(T, L, N) of the numbers that each landmark has."""
    n_landmarks = skeleton.n_landmarks
    if array.ndim == 2 and array.shape[1] % n_landmarks == 0:
        array = array.reshape(len(array), n_landmarks, array.shape[1] // n_landmarks)
    if array.ndim != 3 or array.shape[1] != n_landmarks:
        raise FormatError(
            f"has shape {array.shape}; {skeleton.name} needs (T, {n_landmarks}, C) or "
            f"(T, {n_landmarks} * C)"
        )
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused
        return np.array(array, dtype=np.float32)


def _split_off(values: Floats, skeleton: Skeleton) -> tuple[Floats, Floats]:
    """(T, L, C) coordinates and (T, L) confidence: the number after the last dimension, or 1."""
    n_numbers = values.shape[2]
    if n_numbers not in (2, 3, skeleton.n_dims + 1):
        raise FormatError(
            f"has {n_numbers} numbers a landmark; {skeleton.name} has up to {skeleton.n_dims} and "
            "a confidence"
        )
    n_dims = min(n_numbers, skeleton.n_dims)
    coords = values[..., :n_dims]
    if n_numbers > n_dims:
        return coords, np.where(np.isnan(coords).any(axis=-1), np.float32(0), values[..., n_dims])
    return coords, np.where(np.isnan(coords).any(axis=-1), np.float32(0), np.float32(1))


def _in_pixels(coords: Floats, known: _Known) -> Floats:
    """The coordinates in pixels, where they are what the user says."""
    if not (~np.isnan(coords)).any():
        return coords
    places = coords[..., :2]
    low, high = float(np.nanmin(places)), float(np.nanmax(places))
    if known.units == "fractions":
        if max(-low, high) > LARGEST:
            raise FormatError(
                f"has places from {low:.4g} to {high:.4g}, which are no fractions of the frame"
            )
        per_axis = np.array([known.width_px, known.height_px, known.width_px], np.float32)
        return coords * per_axis[: coords.shape[2]]
    if high - low < SMALLEST_PX and min(known.width_px, known.height_px) >= MIN_FRAME_PX:
        raise FormatError(f"has all places between {low:.4g} and {high:.4g}, which are no pixels")
    return coords
