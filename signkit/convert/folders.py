"""Files below a folder, one after another: a folder of two million is never held as a list."""

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath


class FilesBelow:
    """Files at any depth of a folder, in the order of their paths; walked anew for each loop.

    Hidden files and folders are left out.

    Args:
        folder: Where to look; a file stands for itself.
        is_wanted: Whether a file of this name counts.
    """

    def __init__(self, folder: Path, is_wanted: Callable[[str], bool]) -> None:
        self._folder = folder
        self._is_wanted = is_wanted

    def __iter__(self) -> Iterator[Path]:
        if self._folder.is_file():
            yield self._folder
        for place, folders, names in os.walk(self._folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and self._is_wanted(name):
                    yield Path(place, name)

    @cached_property
    def n_files(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)

    def name_of(self, path: Path) -> PurePosixPath:
        """The path of one of them below the folder."""
        base = self._folder.parent if path == self._folder else self._folder
        return PurePosixPath(path.relative_to(base).as_posix())

    def names(self) -> Iterator[PurePosixPath]:
        """Their paths below the folder."""
        return map(self.name_of, self)
