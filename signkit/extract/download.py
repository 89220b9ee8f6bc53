"""Fetching a model file: whole and right under its name, or not there at all.

The download goes to a temporary name, its size and hash are checked there, and only then is it
renamed. Proxies are taken from the environment, as every `urllib` program does.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from time import time
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from zipfile import BadZipFile, ZipFile

from signkit import __version__
from signkit.errors import WeightsError
from signkit.extract.weights import (
    WRONG,
    WeightFile,
    cache_folder,
    check_weights,
    record_sha256,
    recorded_sha256,
)
from signkit.files import BLOCK_BYTES, atomic_path, sha256_of

TIMEOUT_S = 30.0
STALE_AFTER_S = 600.0
"""A download that is alive writes more often than this."""

BytesCallback = Callable[[int, int], None]
"""(bytes so far, bytes in all or 0 where the server does not say) -> None"""


@dataclass(frozen=True)
class Fetched:
    """A model file that is in its place and right.

    Args:
        path: Where it is.
        sha256: Its hash.
        is_new: It was downloaded now; else it was there already.
        is_published: The hash was compared with the publisher's, not with an earlier copy's.
    """

    path: Path
    sha256: str
    is_new: bool
    is_published: bool


def fetch_weights(
    weight: WeightFile, folder: Path | None = None, *, progress: BytesCallback | None = None
) -> Fetched:
    """Download a model file, unless it is there already.

    Args:
        weight: Which one.
        folder: Where to; None for the user's cache.
        progress: Told after every block.

    Raises:
        WeightsError: The source cannot be reached or sends something else, or the file that is
            there already is not right; the message says what to put where.
        DatasetError: The disk is full.
    """
    path = (folder or cache_folder()) / weight.file_name
    is_new = not path.is_file()
    if is_new:
        _remove_stale(path)
        with atomic_path(path) as temporary:
            _download(weight, temporary, path, progress)
            _check_download(weight, temporary, path)
    check = check_weights(weight, path)
    if check.status == WRONG:
        raise WeightsError(
            f"{path} is there, but its sha256 is {check.found}, expected {check.expected}; "
            "delete it and run the command again"
        )
    if check.expected is None:
        record_sha256(path, check.found)
    return Fetched(path, check.found, is_new=is_new, is_published=check.is_published)


def _remove_stale(path: Path) -> None:
    """Delete what killed downloads left behind, not what another process is writing now."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        if time() - leftover.stat().st_mtime > STALE_AFTER_S:
            leftover.unlink(missing_ok=True)


def _download(
    weight: WeightFile, temporary: Path, path: Path, progress: BytesCallback | None
) -> None:
    if weight.archive_member is None:
        with temporary.open("wb") as sink:
            _copy(_blocks(weight, path), sink, progress)
        return
    with TemporaryFile(dir=path.parent) as archive:  # has no name: nothing to clear after a kill
        _copy(_blocks(weight, path), archive, progress)
        _unpack(archive, weight, temporary)


def _copy(
    blocks: Iterator[tuple[bytes, int]], sink: IO[bytes], progress: BytesCallback | None
) -> None:
    n_bytes = 0
    for block, n_total in blocks:
        sink.write(block)
        n_bytes += len(block)
        if progress is not None:
            progress(n_bytes, n_total)


def _blocks(weight: WeightFile, path: Path) -> Iterator[tuple[bytes, int]]:
    """(bytes, size of the whole or 0) as they come; only trouble of the network is caught here."""
    request = Request(weight.url, headers={"User-Agent": f"signkit/{__version__}"})
    n_bytes = n_total = 0
    try:
        with urlopen(request, timeout=TIMEOUT_S) as response:
            n_total = int(response.headers.get("Content-Length", 0))
            while block := response.read(BLOCK_BYTES):
                n_bytes += len(block)
                yield block, n_total
    except HTTPError as error:
        error.close()
        raise _unreachable(weight, path, f"HTTP {error.code} {error.reason}") from error
    except URLError as error:
        raise _unreachable(weight, path, str(error.reason)) from error
    except (OSError, HTTPException) as error:
        raise _unreachable(weight, path, str(error) or type(error).__name__) from error
    if n_bytes < n_total:
        raise WeightsError(
            f"{weight.url} broke off after {n_bytes} of {n_total} bytes; nothing was kept, "
            "run the command again"
        )


def _unreachable(weight: WeightFile, path: Path, reason: str) -> WeightsError:
    member = weight.archive_member
    what = f"{member} from inside it" if member else "it"
    return WeightsError(
        f"cannot download {weight.url} ({' '.join(reason.split())}); download it on a machine "
        f"that can, and put {what} at {path}"
    )


def _unpack(archive: IO[bytes], weight: WeightFile, target: Path) -> None:
    try:
        with ZipFile(archive) as bundle:
            names = (n for n in bundle.namelist() if PurePosixPath(n).name == weight.archive_member)
            with bundle.open(next(names)) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, BLOCK_BYTES)
    except (BadZipFile, StopIteration) as error:
        raise WeightsError(
            f"{weight.url} is not a zip with {weight.archive_member} in it; nothing was kept"
        ) from error


def _check_download(weight: WeightFile, temporary: Path, path: Path) -> None:
    n_bytes = temporary.stat().st_size
    if weight.n_bytes not in (None, n_bytes):
        raise WeightsError(
            f"{weight.url} gave {n_bytes} bytes, expected {weight.n_bytes}; nothing was kept"
        )
    found, expected = sha256_of(temporary), weight.sha256 or recorded_sha256(path)
    if expected not in (None, found):
        raise WeightsError(
            f"{weight.url} gave a file with sha256 {found}, expected {expected}; nothing was kept"
        )
