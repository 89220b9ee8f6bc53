"""Named arrays in an .npz file, read and written one at a time; nothing is ever unpickled."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.errors import FormatError

MOST_BYTES = 2**32
"""What one array may unpack to: days of landmarks. A file of a few MB may promise far more."""
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, MemoryError,
    NotImplementedError, OverflowError, RuntimeError,
)  # fmt: skip


class NpzReader:
    """Named arrays of an .npz file, read one at a time and never unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise FormatError(f"{path} does not exist; expected clip id to (T, L, C) coordinates")
        try:
            archive = np.load(path, allow_pickle=False)
        except _DAMAGE as error:
            raise FormatError(f"{path} is not a readable .npz file: {error}") from error
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise FormatError(f"{path} holds a single array; expected an .npz of named arrays")
        self._archive: Any = archive
        self.names: list[str] = archive.files

    def __enter__(self) -> "NpzReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name in self._archive

    def read(self, name: str) -> NDArray[Any]:
        """One array of real numbers, with at least one axis.

        Raises:
            FormatError: It is damaged or holds anything but real numbers.
        """
        try:
            check_size(self._archive.zip, f"{name}.npy")
            array = self._archive[name]
        except _DAMAGE as error:
            raise FormatError(f"{self._path.name} is unreadable here: {error}") from error
        if array.dtype.kind not in "fiu" or not array.ndim:
            raise FormatError(f"{self._path.name} holds {array.dtype} here; expected real numbers")
        return np.asarray(array)

    @property
    def n_dims(self) -> int:
        """Coordinates of a landmark in the first readable clip."""
        for name in self.names:
            try:
                array = self.read(name)
            except FormatError:
                continue
            if array.ndim == 3 and array.shape[2] in (2, 3):
                return int(array.shape[2])
        raise FormatError(f"{self._path} has no array of shape (T, L, 2) or (T, L, 3)")


def check_size(archive: zipfile.ZipFile, member: str) -> None:
    """Refuse a member that unpacks to more than `MOST_BYTES`.

    Raises:
        ValueError: It does.
    """
    info = archive.NameToInfo.get(member)
    if info is not None and info.file_size > MOST_BYTES:
        raise ValueError(f"{member} unpacks to {info.file_size:,} bytes, expected fewer")


class NpzWriter:
    """Adds named arrays to an .npz file one at a time; without any there is no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: zipfile.ZipFile | None = None

    def __enter__(self) -> "NpzWriter":
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive is not None:
            self._archive.close()

    def add(self, name: str, array: NDArray[np.floating[Any]]) -> None:
        if self._archive is None:
            self._archive = zipfile.ZipFile(self._path, "w")
        member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980: equal data give equal files
        member.compress_type = zipfile.ZIP_DEFLATED
        with self._archive.open(member, "w", force_zip64=True) as file:
            np.save(file, array, allow_pickle=False)
