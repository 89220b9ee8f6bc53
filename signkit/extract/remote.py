"""Videos that lie elsewhere, reached by URL through `fsspec`.

FFmpeg reads files of this machine, for it jumps about in them; so a video from elsewhere is
downloaded whole. The last one is kept until another is needed, since many clips are cut from one
video. A folder of pictures has a URL that ends with a slash.

Each copy lies in a folder that is locked while its process lives. Workers are killed as a matter of
course; what they leave is removed by whoever comes next, or by `remove_left_copies`.
"""

import atexit
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import gettempdir, mkdtemp
from typing import Any

import fsspec

from signkit.errors import ExtractionError, MissingExtraError, one_line

PREFIX = "signkit-video-"
PACKAGES = {  # what `fsspec` needs for a scheme; it names the others itself
    "abfs": "adlfs",
    "az": "adlfs",
    "gcs": "gcsfs",
    "gs": "gcsfs",
    "http": "aiohttp requests",
    "https": "aiohttp requests",
    "s3": "s3fs",
    "s3a": "s3fs",
    "sftp": "paramiko",
}

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # a drive letter is no scheme


def is_url(text: str) -> bool:
    """Whether a text is the URL of something rather than a path."""
    return _URL.match(text) is not None


def file_system(url: str) -> tuple[Any, str]:
    """The `fsspec` file system that a URL lies in, and its path there.

    Raises:
        MissingExtraError: The package for its scheme is not installed.
        ValueError: The scheme is not known, or the URL makes no sense to it.
    """
    try:
        files, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        scheme = url.partition("://")[0].lower()
        package = PACKAGES.get(scheme)
        remedy = f"'pip install {package}'" if package else one_line(error)
        raise MissingExtraError(f"{scheme}:// needs {remedy}") from error
    return files, str(path)


@contextmanager
def local_copy(video: str) -> Iterator[Path]:
    """The file of a video on this machine: its own, or a copy that lasts until another is needed.

    Args:
        video: A path, or a URL; that of a folder of pictures ends with a slash.

    Raises:
        ExtractionError: It cannot be downloaded.
        MissingExtraError: The package for its scheme is not installed.
    """
    here = _here(video)
    if here is not None:
        yield here
        return
    copy = _unused.pop(video, None)
    if copy is None:
        _remove_unused()
        remove_left_copies()
        copy = _Copy(video)
    try:
        yield copy.path
    finally:
        _remove_unused()
        _unused[video] = copy


def remove_left_copies() -> None:
    """Remove the copies of processes that were killed."""
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        lock = _lock(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


class _Copy:
    """A downloaded video in a locked folder of its own."""

    def __init__(self, url: str) -> None:
        new = Path(mkdtemp(prefix="signkit-new-"))
        self._lock = _lock(new)
        self._folder = new.rename(new.with_name(f"{PREFIX}{new.name}"))  # nobody saw it unlocked
        try:
            self.path = _downloaded(url, self._folder)
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)


_unused: dict[str, _Copy] = {}


@atexit.register
def _remove_unused() -> None:
    while _unused:
        _unused.popitem()[1].remove()


def _here(video: str) -> Path | None:
    """Where a video lies on this machine, None where it does not."""
    if not is_url(video):
        return Path(video)
    if not video.startswith(("file://", "local://")):
        return None
    _, path = file_system(video)
    return Path(path)


def _downloaded(url: str, folder: Path) -> Path:
    try:
        files, path = file_system(url)
        target = folder / PurePosixPath(path.partition("?")[0]).name
        if url.endswith("/"):
            target.mkdir()
            pictures = files.find(path, maxdepth=1)
            if not pictures:
                raise FileNotFoundError(url)
            for picture in pictures:
                files.get_file(picture, str(target / PurePosixPath(picture).name))
        else:
            files.get_file(path, str(target))
    except MissingExtraError:
        raise
    except FileNotFoundError as error:
        raise ExtractionError(f"no video at {url}") from error
    except Exception as error:  # each store has errors of its own kind
        raise ExtractionError(f"{url} cannot be downloaded: {one_line(error)}") from error
    return target


def _lock(folder: Path) -> int | None:
    """Handle of a lock on a folder, None where another process holds it or there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # removed by somebody else
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
