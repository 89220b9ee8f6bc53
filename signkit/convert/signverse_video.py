"""One SignVerse-2M video: its landmarks are read once, however many clips are cut out of them."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from signkit.convert.ledger import KEPT, REPAIRED, Ledger
from signkit.convert.npz import check_size
from signkit.convert.people import one_of_all
from signkit.convert.safe_pickle import load_npy
from signkit.convert.signverse_files import POSES, Member, VideoFiles
from signkit.convert.signverse_payload import (
    SKELETON,
    Payload,
    gather,
    landmarks,
    repair_hands,
    repair_scores,
)
from signkit.errors import FormatError, one_line
from signkit.people.track import Landmarks
from signkit.pose import PoseSequence

FPS = 24.0
"""Of all videos; only consolidated files say it."""
GAPS, MODEST = 100, 10_000
"""A video of more frames than this many times its records, and this many, is taken for damaged."""

MOST = 2**53
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, MemoryError, NotImplementedError, OSError,
    RuntimeError, ValueError,
)  # fmt: skip
Sizes = NDArray[np.int64]


class Video:
    """The landmarks of a video, read when the first of its clips is.

    Args:
        files: Where they are.
        policy: Whose landmarks become the pose where there are several people.
        ledger: Told about frames of another size and about hands that were left as they are.

    Attributes:
        fps: Frames per second.
        n_frames: From the first to the last.

    Raises:
        FormatError: It cannot be said how many frames there are.
    """

    def __init__(self, files: VideoFiles, policy: str | None, ledger: Ledger) -> None:
        self._files = files
        self._policy = policy
        self._ledger = ledger
        self._whole: PoseSequence | None = None
        self._failure = ""
        self._records: _Consolidated | _Single
        if POSES in files.members:
            self._records = _Consolidated(files.members[POSES])
        else:
            self._records = _Single(files.frames())
        self.fps, self.n_frames = self._records.fps, self._records.n_frames
        n_records = len(self._records.frames)
        if self.n_frames > GAPS * n_records + MODEST:
            raise FormatError(f"has {self.n_frames} frames, but only {n_records} records of them")

    def pose(self, first: int, end: int) -> PoseSequence:
        """The landmarks of some frames, as far as the video has them.

        Raises:
            FormatError: The landmarks of the video cannot be used.
        """
        whole = self._read_once()
        return PoseSequence(
            clip_id=whole.clip_id,
            skeleton=SKELETON,
            coords=whole.coords[first:end],
            confidence=whole.confidence[first:end],
            fps=whole.fps,
            width_px=whole.width_px,
            height_px=whole.height_px,
            time_s=whole.time_s[first:end],
        )

    def _read_once(self) -> PoseSequence:
        if self._whole is None and not self._failure:
            try:
                self._whole = self._read()
            except FormatError as error:
                self._failure = str(error)
        if self._whole is None:
            raise FormatError(self._failure)
        return self._whole

    def _read(self) -> PoseSequence:
        payloads, sizes = self._records.read()
        width_px, height_px = self._usual_size(sizes)
        coords, confidence = self._signer(payloads, width_px, height_px)
        return PoseSequence(
            clip_id=self._files.video_id,
            skeleton=SKELETON,
            coords=coords,
            confidence=confidence,
            fps=self.fps,
            width_px=width_px,
            height_px=height_px,
        )

    def _signer(self, payloads: list[Payload], width_px: int, height_px: int) -> Landmarks:
        """Landmarks of the signer in every frame, in pixels."""
        people = gather(zip(self._records.frames.tolist(), payloads, strict=True))
        people = repair_hands(repair_scores(people))
        if "hands" not in people.repaired and people.hands_improved is not None:
            worse = f"{1 - people.hands_improved:.0%} of the hands"
            self._note(f"has {worse} at the right wrists already; not repaired again", KEPT)
        coords, confidence = landmarks(people, width_px, height_px)
        return one_of_all(
            people.frames,
            coords,
            confidence,
            SKELETON,
            n_frames=self.n_frames,
            fps=self.fps,
            policy=self._policy,
        )

    def _usual_size(self, sizes: Sizes) -> tuple[int, int]:
        """Width and height of most frames; landmarks in the others are scaled to it."""
        kinds, counts = np.unique(sizes, axis=0, return_counts=True)
        width_px, height_px = kinds[counts.argmax()].tolist() if len(kinds) else (0, 0)
        if min(width_px, height_px) < 1:
            raise FormatError(f"has frames of {width_px} x {height_px} px")
        if len(kinds) > 1:
            n_others = len(sizes) - int(counts.max())
            self._note(f"has {n_others} frames not of {width_px} x {height_px} px", REPAIRED)
        return width_px, height_px

    def _note(self, found: str, action: str) -> None:
        self._ledger.bad(
            "odd_landmarks",
            found,
            file=self._files.place,
            clip_id=self._files.video_id,
            action=action,
        )


class _Consolidated:
    """A file with one record a frame in an array of objects.

    Attributes:
        fps: As it says.
        frames: (N,) frame of each record, counted from 0.
        n_frames: At least to the last record.
    """

    def __init__(self, member: Member) -> None:
        self._member = member
        with _opened(member, POSES) as archive:
            if "frame_payloads.npy" not in archive.namelist():
                is_early = "frame_width.npy" in archive.namelist()
                what = "an early layout that was never published" if is_early else "another file"
                raise FormatError(f"{POSES} has no frame_payloads: this is {what}")
            fps = _numbers(archive, "fps")
            self.fps = FPS if fps is None else float(fps[0])
            sides = [_numbers(archive, f"frame_{side}s") for side in ("width", "height")]
            indices = _numbers(archive, "frame_indices")
            total = _numbers(archive, "total_frames")
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise FormatError(f"{POSES} has {self.fps:g} frames a second; expected 24")
        if sides[0] is None or sides[1] is None or len(sides[0]) != len(sides[1]):
            raise FormatError(f"{POSES} has no frame_widths and frame_heights of its frames")
        self._sizes = _whole(np.stack([sides[0], sides[1]], axis=1), "frame sizes")
        n_records = len(self._sizes)
        self.frames = np.arange(n_records)
        if indices is not None:
            self.frames = _whole(indices, "frame_indices") - 1
        if len(self.frames) != n_records or np.unique(self.frames).size != n_records:
            raise FormatError(f"{POSES} has frame_indices that are not one for each frame")
        if self.frames.min(initial=0) < 0:
            raise FormatError(f"{POSES} has a frame 0; expected frames from 1")
        self._order = np.argsort(self.frames)
        self.frames = self.frames[self._order]
        self.n_frames = max(
            int(self.frames.max(initial=-1)) + 1,
            0 if total is None else int(_whole(total, "total_frames")[0]),
        )

    def read(self) -> tuple[list[Payload], Sizes]:
        """The records in the order of `frames`, and (N, 2) width and height of each frame."""
        with _opened(self._member, POSES) as archive:
            payloads = _array(archive, "frame_payloads", POSES)
        if payloads.shape != self.frames.shape:
            raise FormatError(
                f"{POSES} has {payloads.size} frame_payloads for {len(self.frames)} frames"
            )
        return payloads[self._order].tolist(), self._sizes


class _Single:
    """One file a frame, its record unpacked; attributes as of `_Consolidated`."""

    def __init__(self, files: list[tuple[int, Member]]) -> None:
        self.fps = FPS
        if files[-1][0] >= MOST:
            raise FormatError(f"has the file of a frame {files[-1][0]:.3g}")
        self.frames = np.array([number - 1 for number, _ in files], np.int64)
        self._members = [member for _, member in files]
        if self.frames[0] < 0 or np.unique(self.frames).size != len(self.frames):
            raise FormatError("has files of frames that are not numbered from 1, each once")
        self.n_frames = int(self.frames[-1]) + 1

    def read(self) -> tuple[list[Payload], Sizes]:
        """The records in the order of `frames`, and (N, 2) width and height of each frame."""
        records: list[Payload] = [self._record(i) for i in range(len(self._members))]
        sides = ("frame_width", "frame_height")
        try:
            sizes = [[int(record[side]) for side in sides] for record in records]
            return records, np.array(sizes, np.int64)
        except KeyError as error:
            raise FormatError(f"the file of a frame has no {error.args[0]!r}") from error
        except (TypeError, ValueError, OverflowError) as error:
            raise FormatError("the file of a frame has a size that is no number") from error

    def _record(self, i: int) -> dict[str, Any]:
        name = f"npz/{self.frames[i] + 1:08d}.npz"
        with _opened(self._members[i], name) as archive:
            keys = [member.removesuffix(".npy") for member in archive.namelist()]
            return {key: _array(archive, key, name) for key in keys}


@contextmanager
def _opened(member: Member, name: str) -> Iterator[zipfile.ZipFile]:
    """The zip that an .npz file is; damage is told as an error of the file."""
    try:
        with member.open() as file, zipfile.ZipFile(file) as archive:
            yield archive
    except _DAMAGE as error:
        raise FormatError(f"{name} is not a readable .npz file: {one_line(error)}") from error


def _array(archive: zipfile.ZipFile, key: str, name: str) -> NDArray[Any]:
    """The array of a key; `name` is that of the file, for messages."""
    check_size(archive, f"{key}.npy")
    with archive.open(f"{key}.npy") as file:
        return load_npy(cast(BinaryIO, file), name=f"{name} {key}")


def _numbers(archive: zipfile.ZipFile, name: str) -> NDArray[Any] | None:
    """A member of an .npz as (N,) numbers, or None where there is none."""
    if f"{name}.npy" not in archive.namelist():
        return None
    array = _array(archive, name, POSES)
    if array.dtype.kind not in "fiu" or not array.size:
        raise FormatError(f"{POSES} has {name} of {array.dtype}; expected numbers")
    return array.reshape(-1)


def _whole(numbers: NDArray[Any], name: str) -> Sizes:
    """The numbers as whole ones.

    Raises:
        FormatError: They are not finite, or far too large.
    """
    if not (np.abs(numbers.astype(np.float64)) < MOST).all():
        raise FormatError(f"{POSES} has {name} that are no whole numbers")
    return numbers.astype(np.int64)
