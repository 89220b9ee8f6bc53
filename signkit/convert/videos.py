"""A folder of a corpus's videos: which of those that an annotation names are there."""

import os
from functools import lru_cache
from pathlib import Path, PurePosixPath

from signkit.clip import is_video
from signkit.errors import FormatError


class VideoFolder:
    """Finds videos by the name that an annotation gives them.

    Copies of a corpus differ in folders and suffixes, so a video is looked for by its path, then by
    its name, then by its name without the suffix; a name that two files have is not taken.

    Raises:
        FormatError: There is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FormatError(f"no folder of videos at {folder}")
        self._folder = folder
        self._paths: set[str] = set()
        self._by_name: dict[str, str | None] = {}
        self._unused: set[str] = set()
        for place, _, names in os.walk(folder):
            below = PurePosixPath(Path(place).relative_to(folder).as_posix())
            for name in filter(is_video, names):
                path = str(below / name)
                self._paths.add(path)
                self._unused.add(path)
                for key in {name, PurePosixPath(name).stem}:
                    self._by_name[key] = None if key in self._by_name else path

    def find(self, video: str) -> str | None:
        """Its path below the folder, or None where it is not there."""
        path = PurePosixPath(video)
        by_name = (self._by_name.get(key) for key in (path.name, path.stem))
        found = str(path) if str(path) in self._paths else next(filter(None, by_name), None)
        if found is not None:
            self._unused.discard(found)
            return found
        return video if video and self._is_folder(video) else None

    def _is_folder(self, path: str) -> bool:
        """Whether there is a folder of pictures."""
        try:
            return (self._folder / path).is_dir()
        except OSError:  # no file system has a name as long as this
            return False

    @lru_cache(maxsize=1)  # the clips of a video come one after another  # noqa: B019
    def length_s(self, path: str) -> float | None:
        """How long one of its videos is, as its header says; None where it does not say."""
        import av

        try:
            with av.open(str(self._folder / path)) as container:
                return container.duration / av.time_base if container.duration else None
        except (av.FFmpegError, OSError):  # extraction will tell what is wrong with it
            return None

    def unused(self) -> list[str]:
        """Videos that nothing has asked for."""
        return sorted(self._unused)
