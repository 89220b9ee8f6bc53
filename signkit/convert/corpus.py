"""What a reader of a foreign format gives: a stream of clips, each able to read its landmarks.

Nothing is read before it is asked for, so a corpus of two million clips needs no more memory than
one of two. Readers give what the source says; `build` checks it, notes what is wrong and writes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from signkit.clip import Clip
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence

UNITS = ("pixels", "fractions")


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip of a foreign corpus, as the source has it: not checked yet.

    Args:
        clip: Its row; `video` is the path below the corpus's folder of videos.
        read: Gives the landmarks, in pixels; None where there are none. It is called once, before
            the next entry is asked for, and raises `FormatError` or `PoseError` where they cannot
            be used.
        file: Name of the file the row stands in, for messages.
        line: Its line there, counted from 1; in a list of records the number of the record.
        missing: Why the landmarks that the source lists are not there; empty where they are.
        is_unlabelled: The glosses are withheld, as in a challenge's test split.
        video_s: How long its video is, where the source says so.
    """

    clip: Clip
    read: Callable[[], PoseSequence] | None = None
    file: str = ""
    line: int | None = None
    missing: str = ""
    is_unlabelled: bool = False
    video_s: float | None = None


def _nothing() -> None:
    """Nothing is open."""


@dataclass(frozen=True)
class Corpus:
    """A foreign corpus that was opened.

    Args:
        info: What its `dataset.json` will say; without a skeleton it has annotations only.
        entries: Its clips, in the order of the source; read once.
        n_clips: How many there are, where that is known beforehand.
        signers: Whom the source names; a row with another signer is reported. None where it
            names nobody in advance.
        extra: Names of the `x_...` columns of its clips.
        names_signers: Every clip should have a signer; one without is reported.
        close: Called when all entries have been read: files that they are read from are closed.
    """

    info: DatasetInfo
    entries: Iterable[Entry]
    n_clips: int | None = None
    signers: frozenset[str] | None = None
    extra: tuple[str, ...] = ()
    names_signers: bool = False
    close: Callable[[], None] = _nothing


@dataclass(frozen=True)
class ImportOptions:
    """What a user tells the reader because the source does not say it.

    Args:
        labels: Clip table with the glosses, signers and splits of clips that the source only has
            landmarks of.
        videos: Folder of the corpus's videos; what is not in it is listed.
        fps: Frame rate, for sources that do not know theirs.
        size: Width and height of the frames in pixels, likewise.
        skeleton: Name of the landmark schema, likewise.
        units: `pixels` or `fractions` of the frame, likewise.
        signer: Who becomes the pose where several people are seen: largest, active or first.
        tier: Name of the ELAN tier that holds the glosses.
        licence: Overrides what the data card says.
        consent: Overrides what the data card says.
        strict: Stop at the first row that is wrong.

    Raises:
        FormatError: The frame rate or size is none.
    """

    labels: Path | None = None
    videos: Path | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    skeleton: str | None = None
    units: str | None = None
    signer: str | None = None
    tier: str | None = None
    licence: str | None = None
    consent: str | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        if self.fps is not None and not (isfinite(self.fps) and self.fps > 0):
            raise FormatError(f"--fps is {self.fps:g}; give a positive number of frames per second")
        if self.size is not None and min(self.size) < 1:
            raise FormatError(f"--size is {self.size[0]}x{self.size[1]}; give at least 1x1")


@dataclass(frozen=True)
class ExportOptions:
    """What goes into an export.

    Args:
        split: Only clips of this split; None for all.
        hypotheses: `hyps.jsonl` of a recognizer, for formats that hold what was recognized.
    """

    split: str | None = None
    hypotheses: Path | None = None
