"""Which clips a folder of videos holds, and what they are called.

Four shapes are understood: any folder of videos, folders named by gloss
(`VIDEOS/HELLO/take1.mp4`), a folder with `clips.csv` (or a table given apart), and one single
video. Listed videos that are missing are kept: the job reports them as failures instead of
stopping.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from signkit.clip import Clip, ClipTable
from signkit.errors import DatasetError

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv"}
    | {".ts", ".webm", ".wmv"}
)
SPLIT_FOLDERS = frozenset({"train", "dev", "val", "valid", "validation", "test"})


@dataclass(frozen=True)
class Source:
    """A clip and the file it is cut from."""

    clip: Clip
    video: Path


def find_clips(videos: Path, *, labels: Path | None = None) -> list[Source]:
    """The clips to extract, in a fixed order.

    Args:
        videos: A folder, or one video.
        labels: A clip table that takes the place of `videos/clips.csv`. Its videos are looked for
            under `videos`, then beside the table; a row without a video takes the one its id is
            derived from.

    Raises:
        DatasetError: There is no video, or two files would get the same clip id.
        ClipTableError: The table breaks a rule.
    """
    if not videos.exists():
        raise DatasetError(f"no folder or video at {videos}; give a folder of videos, or one video")
    table = labels
    if table is None and (videos / "clips.csv").is_file():
        table = videos / "clips.csv"
    if table is not None:
        return _listed(videos, table)
    files = [videos] if videos.is_file() else _video_files(videos)
    if not files:
        raise DatasetError(
            f"no video under {videos}; expected files like .mp4, .mov, .webm, or a clips.csv"
        )
    return _unlisted(files, _root(videos))


def clip_id_of(video: Path) -> str:
    """The id of a video by its path below the folder: no suffix, no slashes, no spaces."""
    return re.sub(r"\s+", "_", "-".join(video.with_suffix("").parts))


def relative_to(path: Path, folder: Path) -> str:
    """`path` as a text that leads there from `folder`; absolute where no relative path exists."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()


def _root(videos: Path) -> Path:
    return videos.parent if videos.is_file() else videos


def _video_files(folder: Path) -> list[Path]:
    files = (
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in VIDEO_SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    )
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def _unlisted(files: list[Path], root: Path) -> list[Source]:
    by_id = _by_id(files, root)
    has_gloss_folders = _are_gloss_folders([file.relative_to(root) for file in files])
    sources = []
    for clip_id, file in by_id.items():
        gloss = re.sub(r"\s+", "_", file.parent.name.strip()) if has_gloss_folders else ""
        sources.append(Source(Clip(clip_id, glosses=(gloss,) if gloss else ()), file))
    return sources


def _by_id(files: Iterable[Path], root: Path) -> dict[str, Path]:
    by_id: dict[str, Path] = {}
    for file in files:
        clip_id = clip_id_of(file.relative_to(root))
        if clip_id in by_id:
            raise DatasetError(
                f"{by_id[clip_id]} and {file} would both be clip {clip_id!r}; rename one, or name "
                f"the clips in {root / 'clips.csv'}"
            )
        by_id[clip_id] = file
    return by_id


def _are_gloss_folders(files: list[Path]) -> bool:
    """True where every video lies exactly one folder deep, and the folders are not splits."""
    folders = {file.parts[0] for file in files}
    one_deep = all(len(file.parts) == 2 for file in files)
    return one_deep and len(folders) > 1 and not folders <= SPLIT_FOLDERS


def _listed(videos: Path, table: Path) -> list[Source]:
    root = _root(videos)
    clips = ClipTable.read(table)
    by_id: dict[str, Path] = {}
    if any(not clip.video for clip in clips):
        by_id = _by_id([videos] if videos.is_file() else _video_files(videos), root)
    sources = []
    for clip in clips:
        places = (root / clip.video, table.parent / clip.video)
        named = next((place for place in places if place.is_file()), places[0])
        video = named if clip.video else by_id.get(clip.clip_id, root / clip.clip_id)
        sources.append(Source(clip, video))
    if videos.is_file():
        sources = [s for s in sources if s.video.resolve() == videos.resolve()]
    if not sources:
        raise DatasetError(f"{table} lists no clip of {videos}; give every clip a line")
    return sources
