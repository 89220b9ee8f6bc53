"""Pickles of pyskl and MMAction2: skeletons of everybody in a clip, and the number of its label.

A dict of `split`, name to clip ids, and `annotations`, a list with a dict for each clip:
`frame_dir` (its id), `total_frames`, `img_shape` (height, width), `label` (a number), `keypoint`
(M, T, V, C) of M people and `keypoint_score` (M, T, V). Older files are the list alone. With C = 2
coordinates are pixels; with C = 3 they are metres in front of a depth camera, which signkit has no
place for. Nothing says the frame rate, and only the number of landmarks tells the skeleton.

Names of the labels are read from `label_map.txt` beside the pickle, a label a line from 0, as
MMAction2 writes it. Splits are called after what their name ends with: `xsub_val` becomes dev.

Source: Duan et al. 2022, arXiv:2205.09443 (pyskl), and https://github.com/kennymckormick/pyskl,
`tools/data/README.md`; https://github.com/open-mmlab/mmaction2.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import Clip, clip_id_of, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import KEPT, LEFT_OUT, REPAIRED, Ledger
from signkit.convert.people import check_policy, one_of_all
from signkit.convert.safe_pickle import LazyPickle
from signkit.convert.tables import split_name, text_lines
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton, skeleton_from_names
from signkit.skeletons import get_skeleton
from signkit.skeletons.coco_wholebody import BODY, COCO_WHOLEBODY_133

COCO_17 = skeleton_from_names("coco-17", BODY, n_dims=2)
LABEL_MAP = "label_map.txt"
_BY_COUNT = {skeleton.n_landmarks: skeleton for skeleton in (COCO_17, COCO_WHOLEBODY_133)}
MOST = 2**63
_SPLIT = re.compile(r"(train|val|valid|dev|test)[_-]?\d*$", re.IGNORECASE)
_NEEDED = ("frame_dir", "keypoint")
_AXES = "(people, frames, landmarks, coordinates)"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Source:
    """What holds for all clips of a pickle."""

    path: Path
    skeleton: Skeleton
    fps: float
    policy: str | None
    labels: Sequence[str]
    splits: dict[str, list[str]]


def read_pyskl(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of a pickle; landmarks stay in the file until they are asked for.

    Raises:
        FormatError: It is no such pickle, it holds metres or the Kinetics variant, or an option is
            missing.
    """
    check_policy(options.signer)
    if not source.is_file():
        found = "is a folder" if source.is_dir() else "does not exist"
        raise FormatError(f"{source} {found}; give the pickle file of pyskl")
    if options.fps is None:
        raise FormatError(f"{source} does not say its frame rate; give --fps")
    pickle = LazyPickle(source)
    try:
        splits, annotations = _parts(pickle.value, source)
        opened = _Source(
            path=source,
            skeleton=_skeleton(_first_shape(annotations, source), source, options.skeleton),
            fps=options.fps,
            policy=options.signer,
            labels=_labels(source.with_name(LABEL_MAP), ledger),
            splits=_splits_of_clips(splits, source),
        )
    except BaseException:
        pickle.close()
        raise
    return Corpus(
        DatasetInfo(
            source.stem, skeleton=opened.skeleton, extractor={"name": "unknown"}, note=_note(opened)
        ),
        _entries(opened, annotations, ledger),
        extra=("x_label", "x_splits"),
        close=pickle.close,
    )


def _note(source: _Source) -> str:
    policy = source.policy or "largest"
    return (
        f"The frame rate of {source.fps:g} was given by the user. Of several people in a clip the "
        f"signer is the {policy}."
    )


def _parts(value: Any, path: Path) -> tuple[dict[str, Any], list[Any]]:
    """Splits and annotations of a pickle."""
    if isinstance(value, dict) and isinstance(value.get("annotations"), list):
        splits = value.get("split") or {}
        if not isinstance(splits, dict):
            raise FormatError(f"{path} has a split of {type(splits).__name__}, expected a dict")
        return splits, value["annotations"]
    if isinstance(value, list):
        return {}, value
    raise FormatError(f"{path} is no pickle of pyskl; expected a dict with split and annotations")


def _first_shape(annotations: list[Any], path: Path) -> tuple[int, ...]:
    """Shape of the landmarks of the first clip that has some."""
    for annotation in annotations:
        if isinstance(annotation, dict) and "raw_file" in annotation:
            raise FormatError(
                f"{path} is the Kinetics variant: its landmarks are in other files (raw_file); "
                "signkit reads pickles that hold them in 'keypoint'"
            )
        shape = _shape(annotation)
        if len(shape) == 4:
            if shape[3] == 3:
                raise FormatError(
                    f"{path} has keypoint of shape {shape}, the last 3 of which are metres in "
                    "front of a depth camera; signkit keeps pixels: take the 2D file of the corpus"
                )
            return shape
    raise FormatError(f"{path} has no clip with keypoint of four axes {_AXES}")


def _shape(annotation: Any) -> tuple[int, ...]:
    keypoint = annotation.get("keypoint") if isinstance(annotation, dict) else None
    shape: tuple[int, ...] = getattr(keypoint, "shape", ())
    return shape


def _skeleton(shape: tuple[int, ...], path: Path, name: str | None) -> Skeleton:
    n_landmarks = shape[2]
    if name is not None:
        skeleton = COCO_17 if name == COCO_17.name else replace(get_skeleton(name), n_dims=2)
        if skeleton.n_landmarks != n_landmarks:
            raise FormatError(
                f"{path} has {n_landmarks} landmarks, the skeleton {name!r} has "
                f"{skeleton.n_landmarks}; give another --skeleton"
            )
        return skeleton
    if n_landmarks not in _BY_COUNT:
        raise FormatError(
            f"{path} has {n_landmarks} landmarks and does not say which; signkit knows those of 17 "
            "(COCO) and 133 (COCO-WholeBody): give --skeleton"
        )
    return _BY_COUNT[n_landmarks]


def _labels(path: Path, ledger: Ledger) -> list[str]:
    """Names of the labels by number; nothing where there is no table."""
    return [text for _, text in text_lines(path, ledger)] if path.is_file() else []


def _splits_of_clips(splits: dict[str, Any], path: Path) -> dict[str, list[str]]:
    """Clip name to the names of its splits."""
    of_clip: dict[str, list[str]] = {}
    for name, members in splits.items():
        if not isinstance(members, list | tuple | set):
            raise FormatError(f"{path} has a split {name!r} that is no list of clips")
        for member in members:
            of_clip.setdefault(str(member), []).append(str(name))
    return of_clip


def _entries(source: _Source, annotations: list[Any], ledger: Ledger) -> Iterator[Entry]:
    unused = dict.fromkeys(source.splits)
    file = source.path.name
    for number, annotation in enumerate(annotations, start=1):
        if not (isinstance(annotation, dict) and all(key in annotation for key in _NEEDED)):
            found = f"is no annotation with {' and '.join(_NEEDED)}"
            ledger.bad("unreadable", found, file=file, line=number, action=LEFT_OUT)
            continue
        if not _is_name(annotation["frame_dir"]):
            kind = type(annotation["frame_dir"]).__name__
            found = f"has a frame_dir of {kind}, expected the name of a clip"
            ledger.bad("empty_id", found, file=file, line=number, action=LEFT_OUT)
            continue
        name = str(annotation["frame_dir"])
        unused.pop(name, None)
        note = partial(_note_bad, ledger, file, number, name)
        if "keypoint_score" not in annotation:
            note("missing_value", "has no keypoint_score; what is not at 0, 0 counts as seen")
        clip = _clip(source, name, annotation.get("label"), note)
        yield Entry(clip, read=partial(_pose, source, annotation), file=file, line=number)
    for name in unused:
        split = _split(source.splits[name]) or ""
        clip = Clip(_clip_id(name), split=split, extra=_extra(source, name))
        yield Entry(clip, file=file, missing="no annotation of it", is_unlabelled=True)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) or (type(value) is int and abs(value) < MOST)


def _note_bad(
    ledger: Ledger, file: str, line: int, name: str, kind: str, found: str, action: str = KEPT
) -> None:
    ledger.bad(kind, found, file=file, line=line, clip_id=_clip_id(name), action=action)


def _clip_id(name: str) -> str:
    return clip_id_of(PurePosixPath(name)) if name.strip() else ""


def _clip(source: _Source, name: str, label: Any, note: Callable[..., None]) -> Clip:
    split = _split(source.splits.get(name, ()))
    if split is None:
        found = f"is in the splits {', '.join(source.splits[name])}; taken as none"
        note("unknown_split", found, REPAIRED)
    gloss = _gloss(label, source.labels, note)
    extra = _extra(source, name)
    if gloss:
        extra["x_label"] = str(label)
    return Clip(
        _clip_id(name),
        video=name if "/" in name else "",
        glosses=gloss,
        split=split or "",
        extra=extra,
    )


def _extra(source: _Source, name: str) -> dict[str, str]:
    splits = source.splits.get(name, ())
    return {"x_label": "", "x_splits": " ".join(splits) if len(splits) > 1 else ""}


def _split(names: Sequence[str]) -> str | None:
    """The one split that all names end with; empty without names, None where they differ."""
    found = {split_name(end[1]) if (end := _SPLIT.search(name)) else name for name in names}
    return next(iter(found), "") if len(found) < 2 else None


def _gloss(label: Any, labels: Sequence[str], note: Callable[..., None]) -> tuple[str, ...]:
    """The label as a gloss: its name, or its number where there are no names."""
    is_number = isinstance(label, int | np.integer) and not isinstance(label, bool)
    if not is_number or abs(int(label)) >= MOST:
        note("unreadable", f"has a label of {type(label).__name__}, expected a whole number")
        return ()
    if not labels:
        return (str(label),)
    if not 0 <= label < len(labels):
        note("unreadable", f"has the label {label}; {LABEL_MAP} has {len(labels)}, from 0")
        return (str(label),)
    return one_gloss(labels[int(label)])


def _pose(source: _Source, annotation: dict[str, Any]) -> PoseSequence:
    """The signer of one clip.

    Raises:
        FormatError: Its landmarks cannot be used.
    """
    coords, confidence = _people(annotation, source.skeleton)
    height_px, width_px = _frame_size(annotation)
    n_people, n_frames = confidence.shape[:2]
    if n_people == 1:
        chosen, sure = coords[0], confidence[0]
    else:
        there = (confidence > 0).any(axis=2).T  # (T, M)
        chosen, sure = one_of_all(
            np.nonzero(there)[0],
            coords.swapaxes(0, 1)[there],
            confidence.swapaxes(0, 1)[there],
            source.skeleton,
            n_frames=n_frames,
            fps=source.fps,
            policy=source.policy,
        )
    return PoseSequence(
        clip_id=_clip_id(str(annotation["frame_dir"])),
        skeleton=source.skeleton,
        coords=chosen,
        confidence=sure,
        fps=source.fps,
        width_px=width_px,
        height_px=height_px,
    )


def _people(annotation: dict[str, Any], skeleton: Skeleton) -> tuple[Floats, Floats]:
    """(M, T, L, 2) pixels, NaN where unseen, and (M, T, L) confidence of everybody."""
    coords = _numbers(annotation["keypoint"], "keypoint")
    n_landmarks = skeleton.n_landmarks
    if coords.ndim != 4 or coords.shape[2:] != (n_landmarks, 2):
        raise FormatError(
            f"has keypoint of shape {coords.shape}, expected (M, T, {n_landmarks}, 2)"
        )
    n_frames = annotation.get("total_frames", coords.shape[1])
    if n_frames != coords.shape[1]:
        raise FormatError(f"says {n_frames} frames and has landmarks of {coords.shape[1]}")
    if not coords.shape[0]:
        raise FormatError("has landmarks of nobody")
    score = np.ones(coords.shape[:3], np.float32)
    if "keypoint_score" in annotation:
        score = _numbers(annotation["keypoint_score"], "keypoint_score")
        if score.shape != coords.shape[:3]:
            raise FormatError(
                f"has keypoint_score of shape {score.shape}, expected {coords.shape[:3]}"
            )
    hidden = ~np.isfinite(coords).all(axis=-1) | (coords == 0).all(axis=-1) | ~(score > 0)
    coords[hidden], score[hidden] = np.nan, 0
    return coords, np.minimum(score, 1)


def _numbers(values: Any, what: str) -> Floats:
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise FormatError(f"has {what} that make no array") from error
    if array.dtype.kind not in "fiu":
        raise FormatError(f"has {what} of {array.dtype}, expected numbers")
    return array.astype(np.float32)


def _frame_size(annotation: dict[str, Any]) -> tuple[int, int]:
    """Height and width of the frame."""
    size = annotation.get("img_shape", annotation.get("original_shape"))
    try:
        height_px, width_px = (int(number) for number in size)  # type: ignore[union-attr]
    except (TypeError, ValueError, OverflowError) as error:
        raise FormatError("has no img_shape (height, width)") from error
    if min(height_px, width_px) < 1:
        raise FormatError(f"has the img_shape {(height_px, width_px)}; expected at least 1 x 1")
    return height_px, width_px
