"""BdSLW60: 60 single signs of Bangla Sign Language, 18 signers, several trials in one video.

Every folder `W<word>` has videos `U<user>W<word>F.mp4` and an `output1.json`, nested: word, user,
hand (`RightHand` or `LeftHand`), name of the video; then `FrameRate` (text), `no_of_trials` and
`trials`, number to `starting` and `ending` frame. Frames count from 1 and the last one belongs to
the trial. `no_of_trials` is unreliable, so trials are counted. Words have numbers, not names.

The frames were trimmed by the makers: 2 at each end of a trial of 13 frames or more.

Source: Rubaiyeat et al. 2024, arXiv:2402.08635, https://github.com/hasanssl/BdSLW60_Code
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from signkit.clip import Clip, is_video
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.tables import read_json, whole_number
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

ANNOTATIONS = "output1.json"
FRAME_RATES = (15.0, 24.0, 30.0)

_EXTRA = ("x_orientation", "x_view", "x_session", "x_fps", "x_trial")


@dataclass(frozen=True, slots=True)
class _Recording:
    """What is said about one video: the keys it stands under, and its record with `trials`."""

    folder: str
    word: str
    signer: str
    hand: str
    name: str
    record: dict[str, Any]

    @property
    def file(self) -> str:
        return f"{self.folder}/{ANNOTATIONS}"

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem if is_video(self.name) else self.name

    @property
    def video(self) -> str:
        return f"{self.folder}/{self.name if is_video(self.name) else f'{self.name}.mp4'}"

    def trial_id(self, number: str) -> str:
        return f"{self.stem}-{self.hand}-{number}"


def read_bdslw60(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The trials of BdSLW60; the annotations of one word at a time are read whole.

    Raises:
        FormatError: There are no annotations.
    """
    paths = _paths(source)
    return Corpus(
        info=DatasetInfo(name="bdslw60"),
        entries=_entries(paths, ledger),
        extra=_EXTRA,
        names_signers=True,
    )


def _paths(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise FormatError(f"no folder or file at {source}")
    paths = sorted(source.rglob(ANNOTATIONS), key=lambda path: (len(path.parent.name), path))
    if not paths:
        raise FormatError(
            f"{source} has no annotations of BdSLW60; expected folders W1, W2, ... with "
            f"{ANNOTATIONS}, or give one such file"
        )
    return paths


def _entries(paths: list[Path], ledger: Ledger) -> Iterator[Entry]:
    for path in paths:
        folder = path.parent.name
        for recording in _recordings(read_json(path), folder, ledger):
            for clip in _clips(recording, ledger):
                yield Entry(clip, file=recording.file)


def _recordings(content: Any, folder: str, ledger: Ledger) -> Iterator[_Recording]:
    for keys, record in _leaves(content, 4):
        if len(keys) == 4 and isinstance(record, dict) and isinstance(record.get("trials"), dict):
            yield _Recording(folder, *keys, record)
        else:
            found = f"has no trials under {' / '.join(keys) or 'its top'}"
            file = f"{folder}/{ANNOTATIONS}"
            ledger.bad("unreadable", found, file=file, action=LEFT_OUT)


def _leaves(content: Any, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What stands `depth` keys deep, with the keys; what ends before comes with fewer keys."""
    if depth == 0 or not isinstance(content, dict):
        yield (), content
        return
    for key, value in content.items():
        for keys, leaf in _leaves(value, depth - 1):
            yield (key, *keys), leaf


def _clips(recording: _Recording, ledger: Ledger) -> Iterator[Clip]:
    """The trials of one video that have a place in it."""
    _note_contradictions(recording, ledger)
    fps, trials = _frame_rate(recording.record), recording.record["trials"]
    leave_out = partial(ledger.bad, "unreadable", file=recording.file, action=LEFT_OUT)
    if fps is None:
        shown = recording.record.get("FrameRate")
        found = f"has the frame rate {shown!r}: where its {len(trials)} trials are is unknown"
        leave_out(found, clip_id=recording.stem)
        return
    for number, frames in trials.items():
        try:
            first, last = whole_number(frames["starting"]), whole_number(frames["ending"])
        except (KeyError, TypeError, ValueError, OverflowError):
            found = f"has a trial of {frames!r}, expected starting and ending"
            leave_out(found, clip_id=recording.trial_id(number))
            continue
        yield _clip(recording, number, (first - 1) / fps, last / fps, fps)


def _note_contradictions(recording: _Recording, ledger: Ledger) -> None:
    """What a record says of its video and does not hold."""
    n_trials, promised = len(recording.record["trials"]), recording.record.get("no_of_trials")
    fps = _frame_rate(recording.record)
    contradictions = []
    if promised is not None and str(promised) != str(n_trials):
        contradictions.append(f"has {n_trials} trials and says {promised}")
    if f"{recording.signer}{recording.word}F" not in recording.stem:
        contradictions.append(f"stands under {recording.word} and {recording.signer}")
    if fps is not None and fps not in FRAME_RATES:
        contradictions.append(f"has the frame rate {fps:g}, BdSLW60 has 15, 24 and 30")
    for found in contradictions:
        ledger.bad("conflict", found, file=recording.file, clip_id=recording.stem)


def _clip(recording: _Recording, number: str, start_s: float, end_s: float, fps: float) -> Clip:
    record = recording.record
    return Clip(
        recording.trial_id(number),
        recording.video,
        start_s,
        end_s,
        glosses=(recording.word,) if recording.word else (),
        signer=recording.signer,
        session=recording.stem,
        extra={
            "x_orientation": recording.hand,
            "x_view": str(record.get("View", "")),
            "x_session": str(record.get("Session", "")),
            "x_fps": f"{fps:g}",
            "x_trial": number,
        },
    )


def _frame_rate(record: dict[str, Any]) -> float | None:
    """Frames a second; None where it says nothing."""
    try:
        fps = float(record["FrameRate"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return fps if fps > 0 else None
