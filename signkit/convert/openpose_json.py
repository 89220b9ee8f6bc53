"""Folders of OpenPose's `*_keypoints.json`, one file a frame with everybody in it.

    SOURCE/NAME_000000000000_keypoints.json    one clip, or
    SOURCE/CLIP/...                            a folder a clip, or
    SOURCE/GLOSS/CLIP/...                      with the gloss above it

A person has flat lists of x, y and confidence: `pose_keypoints_2d` of 25 landmarks (BODY_25) or 18
(COCO), and perhaps `face_keypoints_2d` of 70, `hand_left_keypoints_2d` and
`hand_right_keypoints_2d` of 21; 0, 0, 0 is an unseen landmark. Which of these the first clip has is
the skeleton of them all. Frames are in the order of the last number in a name, and numbers without
a file are frames in which nobody was seen. Frame rate and size stand nowhere.

Source: OpenPose, https://github.com/CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md; Cao et
al. 2019, arXiv:1812.08008.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from signkit.clip import Clip, clip_id_of, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import KEPT, LEFT_OUT, Ledger
from signkit.convert.people import check_policy, one_of_all
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.people.track import Landmarks
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton
from signkit.skeletons.openpose import openpose_skeleton

SUFFIX = "_keypoints.json"
GAPS, MODEST = 100, 10_000
"""More frames than this many times the files, and this many, are a mistake of the numbers."""

Record = dict[str, Any]

_NUMBERED = re.compile(rf"(.*?)(\d+){re.escape(SUFFIX)}")
_BODY, _FACE = "pose_keypoints_2d", "face_keypoints_2d"
_HANDS = ("hand_left_keypoints_2d", "hand_right_keypoints_2d")
_BODIES = (25, 18)
_COUNTS = {_FACE: 70, _HANDS[0]: 21, _HANDS[1]: 21}


@dataclass(frozen=True)
class _Frames:
    """The files of a clip.

    Args:
        place: Of the clip below the source.
        label: The folder above it where there is one such level, else empty.
        files: (number, path) of every frame, rising.
    """

    place: PurePosixPath
    label: str
    files: list[tuple[int, Path]]

    @property
    def first(self) -> int:
        return self.files[0][0]

    @property
    def n_frames(self) -> int:
        return self.files[-1][0] - self.first + 1


@dataclass(frozen=True)
class _Reader:
    """What all clips have in common; `counts` are the landmarks in each list of a person."""

    counts: dict[str, int]
    fps: float
    width_px: int
    height_px: int
    policy: str | None

    @property
    def skeleton(self) -> Skeleton:
        return openpose_skeleton(
            self.counts[_BODY],
            has_face=_FACE in self.counts,
            has_hands=_HANDS[0] in self.counts,
        )


def read_openpose_json(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of a folder of frames, of clips, or of glosses with clips.

    Raises:
        FormatError: There are none, or the frame rate or size is not given.
    """
    check_policy(options.signer)
    if not source.is_dir():
        raise FormatError(f"no folder at {source}; expected one with *{SUFFIX}")
    if options.fps is None or options.size is None:
        absent = "--fps" if options.fps is None else "--size WIDTHxHEIGHT"
        raise FormatError(
            f"OpenPose's files say neither the rate nor the size of the frames; give {absent}"
        )
    reader = _Reader(_first_counts(source), options.fps, *options.size, options.signer)
    return Corpus(
        info=DatasetInfo(
            name=source.name,
            skeleton=reader.skeleton,
            extractor={"name": "OpenPose", "version": "unknown"},
        ),
        entries=_entries(source, reader, ledger),
        extra=("x_label",),
    )


def _entries(source: Path, reader: _Reader, ledger: Ledger) -> Iterator[Entry]:
    for frames in _clips(source, ledger):
        glosses = one_gloss(frames.label)
        clip = Clip(
            clip_id_of(frames.place),
            video=str(frames.place),
            glosses=glosses,
            extra={"x_label": "" if frames.label in glosses else frames.label},
        )
        _note_gaps(frames, clip.clip_id, ledger)
        yield Entry(
            clip,
            read=partial(_pose, frames, reader),
            file=str(frames.place),
            is_unlabelled=not frames.label,
        )


def _clips(source: Path, ledger: Ledger) -> Iterator[_Frames]:
    """Every clip; files of one folder whose names differ before the number are several."""
    for folder, folders, names in os.walk(source):
        folders.sort()
        below = PurePosixPath(Path(folder).relative_to(source).as_posix())
        of_name: dict[str, list[tuple[int, Path]]] = {}
        for name in sorted(name for name in names if name.endswith(SUFFIX)):
            match = _NUMBERED.fullmatch(name)
            if match is None:
                found = "has no frame number in its name"
                ledger.bad("unreadable", found, file=str(below / name), action=LEFT_OUT)
                continue
            of_name.setdefault(match[1], []).append((int(match[2]), Path(folder) / name))
        place = below if below.parts else PurePosixPath(source.name)
        label = below.parts[0] if len(below.parts) == 2 else ""
        for start, files in of_name.items():
            own = place / start.rstrip("_-. ") if len(of_name) > 1 else place
            yield _Frames(own, label, sorted(files))


def _note_gaps(frames: _Frames, clip_id: str, ledger: Ledger) -> None:
    n_absent = frames.n_frames - len(frames.files)
    if n_absent > 0:
        found = f"has no file for {n_absent} of {frames.n_frames} frames; nobody is seen in them"
        file = str(frames.place)
        ledger.bad("landmark_count", found, file=file, clip_id=clip_id, action=KEPT)


def _first_counts(source: Path) -> dict[str, int]:
    """Landmarks in each list of a person, of the first clip that has anybody.

    Raises:
        FormatError: No clip has.
    """
    with Ledger() as unheard:
        for frames in _clips(source, unheard):
            try:
                people = list(chain.from_iterable(_people(path) for _, path in frames.files))
                n_body = next((len(_part(person, _BODY)) // 3 for person in people), 0)
            except (FormatError, OSError):
                continue
            if n_body in _BODIES:
                there = {key for key in _COUNTS if any(person.get(key) for person in people)}
                there |= set(_HANDS) if there & set(_HANDS) else set()
                return {_BODY: n_body, **{k: n for k, n in _COUNTS.items() if k in there}}
    raise FormatError(f"{source} has no *{SUFFIX} with somebody of 25 or 18 body landmarks in it")


def _pose(frames: _Frames, reader: _Reader) -> PoseSequence:
    """One clip.

    Raises:
        FormatError: A file of it cannot be used.
    """
    n_frames = frames.n_frames
    if n_frames > GAPS * len(frames.files) + MODEST:
        raise FormatError(f"has numbers of {n_frames} frames, but only {len(frames.files)} files")
    if len({number for number, _ in frames.files}) < len(frames.files):
        raise FormatError("has two files of one frame")
    at: list[int] = []
    values: list[list[float]] = []
    for number, path in frames.files:
        for person in _people(path):
            at.append(number - frames.first)
            values.append(_values(person, reader.counts, path.name))
    coords, confidence = _landmarks(values, reader.skeleton)
    coords, confidence = one_of_all(
        np.array(at, np.int64),
        coords,
        confidence,
        reader.skeleton,
        n_frames=n_frames,
        fps=reader.fps,
        policy=reader.policy,
    )
    return PoseSequence(
        clip_id=clip_id_of(frames.place),
        skeleton=reader.skeleton,
        coords=coords,
        confidence=confidence,
        fps=reader.fps,
        width_px=reader.width_px,
        height_px=reader.height_px,
    )


def _people(path: Path) -> list[Record]:
    """Everybody in the frame of a file."""
    try:
        people = json.loads(path.read_bytes())["people"]
        if all(isinstance(person, dict) for person in people):
            return list(people)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise FormatError(f"{path.name} is not a JSON record with a list of 'people'")


def _values(person: Record, counts: dict[str, int], name: str) -> list[float]:
    """x, y, confidence of all landmarks, in the order of the skeleton."""
    values: list[float] = []
    for key, count in counts.items():
        part = _part(person, key) or [0.0] * (3 * count)
        if len(part) != 3 * count:
            raise FormatError(f"{name} has {len(part)} values in {key}, expected {3 * count}")
        values += part
    others = next((key for key in _COUNTS if key not in counts and person.get(key)), "")
    if others:
        raise FormatError(f"{name} has {others}, which the first clip with people has not")
    return values


def _part(person: Record, key: str) -> list[float]:
    """The numbers of a part; nothing where it is not there."""
    part = person.get(key) or []
    if isinstance(part, list) and set(map(type, part)) <= {int, float}:
        return part
    raise FormatError("has keypoints that are not numbers")


def _landmarks(values: list[list[float]], skeleton: Skeleton) -> Landmarks:
    """(P, L, 2) pixels, NaN where unseen, and (P, L) confidence."""
    try:
        numbers = np.array(values, np.float32).reshape(-1, skeleton.n_landmarks, 3)
    except OverflowError as error:
        raise FormatError("has keypoints that are far too large") from error
    coords, confidence = numbers[..., :2], numbers[..., 2]
    seen = confidence > 0
    if seen.any() and np.abs(coords[seen]).max() <= 1:
        raise FormatError(
            "has fractions of the frame; write pixels, as OpenPose does with --keypoint_scale 0"
        )
    coords = np.where(seen[..., None], coords, np.float32(np.nan))
    return coords, np.where(seen, np.minimum(confidence, np.float32(1)), np.float32(0))
