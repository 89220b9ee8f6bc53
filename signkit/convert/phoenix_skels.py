"""Skeletons of PHOENIX-2014T sentences, as Progressive Transformers and what followed it use them.

A split is four text files with one sentence a line: `dev.files` (its name), `dev.gloss`, `dev.text`
and `dev.skels`: for each frame 150 numbers and a counter, joined by spaces. The numbers are x, y
and z of 50 joints, the counter is the share of the sentence that is over, from 0 to (T - 1) / T.

The joints are those of OpenPose that Zelinka and Kanis lifted into three dimensions: eight of the
body and two hands of 21. All signers are scaled to one width of the shoulders and the neck is the
origin, so there is no picture to be in. They are placed as the project draws them: 720 px a unit,
the neck at (350, 250) of a picture of 650 x 650 px; `--size` makes that larger or smaller. A zero
is a place here (the neck's), nothing is unseen.

Sides are given by place. OpenPose calls joints 2 to 4 the right arm, yet they lie on the right of
the picture, where the left arm of somebody is who faces the camera; so does the hand at its end
(joints 29 to 49). The hand on the left of the picture moves more in most sentences, as the dominant
right one of most signers does, so the picture is not mirrored and the names were.

Source: Saunders et al. 2020, arXiv:2004.14874,
https://github.com/BenSaunders27/ProgressiveTransformersSLP; Zelinka and Kanis 2020 (WACV),
https://github.com/gopeith/SignLanguageProcessing
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from signkit.clip import SPLITS, Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.tables import split_name, text_lines
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeleton import hand_landmarks, skeleton_from_names

FPS = 25.0
LANGUAGE = "gsg"
SIZE = (650, 650)
UNIT_PX = 720.0
NECK_PX = (350.0, 250.0)
N_VALUES = 151
"""Numbers of a frame: three for each joint, and the counter."""
COUNTER_SLACK = 0.01
"""Counters are rounded; one that is so far off means that numbers are missing."""

SKELETON = skeleton_from_names(
    "phoenix-skels-50",
    (
        *("nose", "neck", "left_shoulder", "left_elbow", "left_wrist"),
        *("right_shoulder", "right_elbow", "right_wrist"),
        *hand_landmarks("right"),
        *hand_landmarks("left"),
    ),
    n_dims=3,
)
NOTE = (
    "no pixels of the videos: all shoulders have one width and the neck stays in place; 1 unit is "
    f"{UNIT_PX:g} px of a picture {SIZE[0]} px wide; {FPS:g} frames a second"
)
_BROADCAST = re.compile(r"^(.+)-\d+$")
_LABELS = ("gloss", "text")


@dataclass(frozen=True)
class _Split:
    """The files of one split.

    Args:
        names: Lists the sentences.
        n_lines: How many there are.
    """

    names: Path
    n_lines: int

    @property
    def split(self) -> str:
        return split_name(self.names.stem)

    def beside(self, suffix: str) -> Path:
        """The file with the same name and another suffix."""
        return self.names.with_suffix(f".{suffix}")


def read_phoenix_skels(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sentences of a folder with `train.files`, `dev.files` or `test.files`.

    Raises:
        FormatError: There are none, or the files of a split have not the same number of lines.
    """
    splits = _splits(source)
    size = options.size or SIZE
    return Corpus(
        info=DatasetInfo(
            name="phoenix-skels",
            skeleton=SKELETON,
            extractor={"name": "openpose, lifted to 3D", "version": "unknown"},
            note=NOTE,
        ),
        entries=_entries(splits, size, ledger),
        n_clips=sum(split.n_lines for split in splits),
    )


def _splits(source: Path) -> list[_Split]:
    """The splits of a folder, train first, once all their lines are known to belong together."""
    if not source.is_dir():
        raise FormatError(f"no folder at {source}; expected dev.files, dev.skels and their like")
    lists = sorted(source.glob("*.files"), key=_rank)
    if not lists:
        raise FormatError(
            f"{source} has no .files, which name the sentences of .skels, as dev.files"
        )
    for path in sorted(source.glob("*.skels")):
        if path.with_suffix(".files") not in lists:
            raise FormatError(
                f"{path} has no {path.stem}.files beside it, which names its sentences"
            )
    splits = [_Split(path, _count_lines(path)[1]) for path in lists]
    for split in splits:
        for suffix in ("skels", *_LABELS):
            _check_lines(split.beside(suffix), split)
    return splits


def _rank(path: Path) -> tuple[int, str]:
    split = split_name(path.stem)
    return (SPLITS.index(split) if split in SPLITS else len(SPLITS), split)


def _check_lines(path: Path, split: _Split) -> None:
    """Every line is a sentence: with one missing, those behind it would be somebody else's."""
    if not path.is_file():
        return
    n_lines, n_used = _count_lines(path)
    if n_lines < split.n_lines:
        raise FormatError(
            f"{path} ends after line {n_lines}, {split.names.name} has {split.n_lines} lines; "
            "lines that belong together must have one number"
        )
    if n_used > split.n_lines:
        raise FormatError(
            f"{path} has {n_used} lines, {split.names.name} ends after line {split.n_lines}; "
            "lines that belong together must have one number"
        )


def _count_lines(path: Path) -> tuple[int, int]:
    """How many lines there are, and the number of the last one with something on it."""
    n_lines = n_used = 0
    with path.open("rb") as file:
        for n_lines, line in enumerate(file, start=1):
            if line.strip():
                n_used = n_lines
            if path.suffix != ".skels" and b"\r" in line.rstrip(b"\r\n"):
                raise FormatError(
                    f"{path} has a carriage return within line {n_lines}; take it away, for "
                    "readers disagree whether the line ends there"
                )
    return n_lines, n_used


def _entries(splits: list[_Split], size: tuple[int, int], ledger: Ledger) -> Iterator[Entry]:
    for split in splits:
        names = _texts(split, "files", ledger)
        labels = [_texts(split, suffix, ledger) for suffix in _LABELS]
        there = [split.beside(suffix).is_file() for suffix in ("skels", *_LABELS)]
        rows = zip(names, *labels, _skels(split), strict=True)
        for line, (name, gloss, text, skels) in enumerate(rows, start=1):
            if not name:
                ledger.bad(
                    "empty_id", "has no name", file=split.names.name, line=line, action=LEFT_OUT
                )
                continue
            path = PurePosixPath(name)
            yield Entry(
                _clip(path, split.split, gloss, text),
                read=partial(_pose, skels, path.name, size) if there[0] else None,
                file=split.names.name,
                line=line,
                missing="" if there[0] else f"no {split.beside('skels').name}",
                is_unlabelled=not there[1],
            )


def _clip(path: PurePosixPath, split: str, gloss: str, text: str) -> Clip:
    """The row of a sentence; its id is PHOENIX's own, without the split."""
    broadcast = _BROADCAST.match(path.name)
    return Clip(
        clip_id=path.name,
        video=str(path),
        glosses=tuple(gloss.split()),
        text=text,
        language=LANGUAGE,
        split=split,
        session=broadcast[1] if broadcast else "",
    )


def _texts(split: _Split, suffix: str, ledger: Ledger) -> Iterator[str]:
    """One text for each sentence, empty where its line is blank or there is no file."""
    path = split.beside(suffix)
    lines = text_lines(path, ledger) if path.is_file() else iter(())
    number, text = next(lines, (0, ""))
    for line in range(1, split.n_lines + 1):
        yield text.strip() if line == number else ""
        if line == number:
            number, text = next(lines, (0, ""))


def _skels(split: _Split) -> Iterator[bytes]:
    """The numbers of each sentence as text; only one of them is in memory."""
    path = split.beside("skels")
    if not path.is_file():
        yield from (b"" for _ in range(split.n_lines))
        return
    with path.open("rb") as file:
        for _, line in zip(range(split.n_lines), file, strict=False):
            yield line


def _pose(line: bytes, clip_id: str, size: tuple[int, int]) -> PoseSequence:
    """One sentence, in the pixels of the picture that the project draws.

    Raises:
        FormatError: Its numbers are not frames.
    """
    try:
        values = np.array(line.split(), dtype=np.float64)
    except ValueError as error:
        raise FormatError(f"has something in .skels that is no number: {error}") from error
    if len(values) % N_VALUES:
        raise FormatError(
            f"has {len(values):,} numbers in .skels; expected a multiple of {N_VALUES}"
        )
    frames = values.reshape(-1, N_VALUES)
    if not np.isfinite(frames).all():
        raise FormatError("has numbers in .skels that are not finite")
    expected = np.arange(len(frames)) / max(len(frames), 1)
    off = np.abs(frames[:, -1] - expected) > COUNTER_SLACK
    if off.any():
        frame = int(off.argmax())
        raise FormatError(
            f"counts {frames[frame, -1]:g} at frame {frame} of {len(frames)} in .skels, expected "
            f"{expected[frame]:.4g}; are frames missing?"
        )
    joints = frames[:, :-1].reshape(len(frames), SKELETON.n_landmarks, 3)
    scale = min(size[0] / SIZE[0], size[1] / SIZE[1])
    coords = (joints * UNIT_PX + np.array([*NECK_PX, 0.0])) * scale
    return PoseSequence(
        clip_id=clip_id,
        skeleton=SKELETON,
        coords=coords.astype(np.float32),
        confidence=np.ones(coords.shape[:2], np.float32),
        fps=FPS,
        width_px=size[0],
        height_px=size[1],
    )
