"""Where the files of a SignVerse-2M video are: in a tar, which is never unpacked, or in a folder.

A tar is indexed by its headers, and what is in it is read at its place there.
"""

import io
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from signkit.convert.ledger import KEPT, Ledger
from signkit.errors import FormatError, one_line

POSES = "npz/poses.npz"
COMPLETE = "npz/.complete"
_FOLDERS = ("npz", "captions")
_FRAME = re.compile(r"npz/(\d+)\.npz")


@dataclass(frozen=True, slots=True)
class Member:
    """A file, or the part of a tar that is one.

    Args:
        path: The file or the tar.
        offset: Where it begins there.
        size: Its bytes.
    """

    path: Path
    offset: int
    size: int

    def open(self) -> BinaryIO:
        """A file of its bytes."""
        return io.BufferedReader(_Slice(self))

    def text(self) -> str:
        """All of it as UTF-8 text.

        Raises:
            FormatError: It is not.
        """
        with self.open() as file:
            try:
                return file.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise FormatError(f"is not UTF-8 text ({error.reason})") from error


class _Slice(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, member: Member) -> None:
        self._file = member.path.open("rb", buffering=0)
        self._offset, self._size, self._at = member.offset, member.size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        room = memoryview(buffer)[: max(0, self._size - self._at)]
        self._file.seek(self._offset + self._at)
        n_read = self._file.readinto(room) or 0
        self._at += n_read
        return n_read

    def close(self) -> None:
        self._file.close()
        super().close()


@dataclass(frozen=True)
class VideoFiles:
    """The files of one video.

    Args:
        video_id: Of the platform it is from.
        place: Name of the tar or folder it is in.
        members: Path below the video's folder, as `npz/poses.npz`, to the file.
    """

    video_id: str
    place: str
    members: dict[str, Member]

    @property
    def has_landmarks(self) -> bool:
        return _has_landmarks(self.members)

    def frames(self) -> list[tuple[int, Member]]:
        """Number, from 1, and file of every frame, for videos with a file a frame."""
        matches = ((_FRAME.fullmatch(name), member) for name, member in self.members.items())
        return sorted((int(m[1]), member) for m, member in matches if m is not None)

    def captions(self) -> list[tuple[str, Member]]:
        """Language and file of the WebVTT captions: English first, else by name."""
        files = []
        for name, member in self.members.items():
            path = PurePosixPath(name)
            if path.parts[0] == "captions" and path.suffix == ".vtt":
                files.append((path.stem.removeprefix(self.video_id).removeprefix("."), member))
        return sorted(files, key=lambda file: (english_first(file[0]), file[0]))

    def caption_json(self) -> tuple[str, Member] | None:
        """Path and file of the captions in JSON."""
        named = [name for name in self.members if name.endswith(".json")]
        return (min(named), self.members[min(named)]) if named else None


def english_first(language: str) -> int:
    """Rank of a caption language: `en`, then its varieties, then all others."""
    return 0 if language == "en" else 1 if language.startswith("en-") else 2


def find_videos(source: Path, ledger: Ledger) -> Iterator[VideoFiles]:
    """The videos of a tar, a folder of tars or a folder of unpacked videos.

    Args:
        source: That tar or folder.
        ledger: Told about tars that cannot be read to their end.

    Raises:
        FormatError: There are none, or the first tar is none.
    """
    if source.is_file():
        yield from _videos_of_tar(source, ledger)
        return
    for folder, folders, names in os.walk(source):
        folders.sort()
        place = Path(folder)
        for name in sorted(names):
            if name.endswith(".tar"):
                yield from _videos_of_tar(place / name, ledger)
        if any(name in folders for name in _FOLDERS):
            yield _video_of_folder(place)
            folders.clear()


def tars_of(source: Path) -> set[str]:
    """Names of the tars of a source."""
    return {source.name} if source.is_file() else {path.name for path in source.rglob("*.tar")}


def _video_of_folder(folder: Path) -> VideoFiles:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    members = {
        path.relative_to(folder).as_posix(): Member(path, 0, path.stat().st_size) for path in files
    }
    return VideoFiles(folder.name, folder.name, members)


def _videos_of_tar(path: Path, ledger: Ledger) -> Iterator[VideoFiles]:
    videos: dict[str, dict[str, Member]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            while (found := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # or it keeps every header
                video_id, name = _place(found.name)
                if found.isfile() and video_id:
                    member = Member(path, found.offset_data, found.size)
                    videos.setdefault(video_id, {})[name] = member
    except (tarfile.TarError, EOFError, OSError) as error:
        if not videos:
            raise FormatError(
                f"{path} is not an uncompressed .tar with videos ({one_line(error)})"
            ) from error
        found_text = f"ends too early ({one_line(error)}); read up to there"
        ledger.bad("unreadable", found_text, file=path.name, action=KEPT)
    if videos and not any(map(_has_landmarks, videos.values())):
        ledger.unlisted(path.name, "it has captions only; those beside the landmarks are read")
        return
    for video_id in list(videos):
        yield VideoFiles(video_id, path.name, videos.pop(video_id))


def _has_landmarks(members: Mapping[str, Member]) -> bool:
    return POSES in members or any(map(_FRAME.fullmatch, members))


def _place(name: str) -> tuple[str, str]:
    """The video that a file in a tar belongs to, and its path below the folder of that video."""
    *folders, file = [part for part in name.split("/") if part not in ("", ".")] or [""]
    below = [folders.pop()] if folders and folders[-1] in _FOLDERS else []
    return (folders[-1], "/".join([*below, file])) if folders else ("", file)
