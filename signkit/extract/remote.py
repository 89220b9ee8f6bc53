"""Videos that lie elsewhere, reached by URL through `fsspec`.

FFmpeg reads files of this machine, for it jumps about in them; a video from elsewhere is downloaded
whole, and removed once its clip is extracted. A folder of pictures has a URL that ends with a
slash.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import fsspec

from signkit.errors import ExtractionError, MissingExtraError

PREFIX = "signkit-video-"
LEFT_AFTER_S = 60.0
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

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(text: str) -> bool:
    """Whether a text is the URL of something rather than a path; a drive letter is no scheme."""
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
        remedy = f"'pip install {package}'" if package else _one_line(error)
        raise MissingExtraError(f"{scheme}:// needs {remedy}") from error
    return files, str(path)


@contextmanager
def local_copy(video: str) -> Iterator[Path]:
    """The file of a video on this machine: its own, or a copy that is removed afterwards.

    Args:
        video: A path, or a URL; that of a folder of pictures ends with a slash.

    Raises:
        ExtractionError: It cannot be downloaded.
        MissingExtraError: The package for its scheme is not installed.
    """
    if not is_url(video):
        yield Path(video)
        return
    with _scratch_folder() as folder:
        yield _downloaded(video, folder)


def _downloaded(url: str, folder: Path) -> Path:
    try:
        files, path = file_system(url)
        target = folder / PurePosixPath(path.partition("?")[0]).name
        if url.endswith("/"):
            target.mkdir()
            for picture in files.find(path, maxdepth=1):
                files.get_file(picture, str(target / PurePosixPath(picture).name))
        else:
            files.get_file(path, str(target))
    except MissingExtraError:
        raise
    except FileNotFoundError as error:
        raise ExtractionError(f"no video at {url}") from error
    except Exception as error:  # each store has errors of its own kind
        raise ExtractionError(f"{url} cannot be downloaded: {_one_line(error)}") from error
    return target


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A temporary folder, locked as long as its process lives; those of killed ones are removed."""
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            _remove_if_left(folder)
    with TemporaryDirectory(prefix=PREFIX) as name:
        handle = _lock(Path(name))
        try:
            yield Path(name)
        finally:
            if handle is not None:
                os.close(handle)


def _remove_if_left(folder: Path) -> None:
    if time.time() - folder.stat().st_mtime < LEFT_AFTER_S:  # it may not be locked yet
        return
    handle = _lock(folder)
    if handle is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _lock(folder: Path) -> int | None:
    """Handle of a lock on a folder, None where another process holds it or there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
