"""The folder a job writes into: nobody else's, of one extractor and one set of settings."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset, read_info, write_info
from signkit.errors import DatasetError
from signkit.extract.output import CLIPS, INFO
from signkit.extract.part import Part
from signkit.extract.settings import ExtractSettings
from signkit.extract.sources import Source, video_name
from signkit.files import remove_leftovers
from signkit.quality import QUALITY


@contextmanager
def locked(path: Path, part: Part | None = None) -> Iterator[None]:
    """Hold the folder `path` (made if need be), so that no second job writes what this one does.

    The lock is the kernel's and ends with the process. A whole job has the folder for itself;
    parts share it, each with a lock file of its own.

    Raises:
        DatasetError: Another job holds it, or `path` is not a folder.
    """
    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        found = "is a file" if path.is_file() else f"cannot be made ({error.strerror})"
        raise DatasetError(f"{path} {found}; give a folder for the dataset") from error
    if not os.access(path, os.W_OK):
        raise DatasetError(f"{path} cannot be written to; change its permissions or give another")
    try:
        with _lock(path, path, shared=part is not None):
            if part is None:
                yield
            else:
                with _lock(path / f".part-{part}.lock", path, shared=False):
                    yield
    finally:
        if is_new:
            _remove_if_unused(path)


@contextmanager
def _lock(target: Path, folder: Path, *, shared: bool) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    flags = os.O_RDONLY if target.is_dir() else os.O_RDWR | os.O_CREAT
    handle = os.open(target, flags, 0o666)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise DatasetError(
            f"another extraction is writing into {folder}; wait for it or choose another folder"
        ) from error
    except OSError:  # a network file system without locks
        pass
    try:
        yield
    finally:
        os.close(handle)


def _remove_if_unused(path: Path) -> None:
    if not any(entry.suffix != ".lock" for entry in path.iterdir()):
        shutil.rmtree(path, ignore_errors=True)


def check_folder(path: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds something else.

    Raises:
        DatasetError: The folder is not empty and not a dataset.
    """
    strangers = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} - {CLIPS}
    if overwrite:  # a run that was killed while it overwrote
        strangers = {name for name in strangers if not is_product(name)}
    if strangers and not (path / INFO).is_file():
        raise DatasetError(
            f"{path} is not empty and has no {INFO}, so it is not a signkit dataset; "
            "give a new folder"
        )


def annotations_in(path: Path) -> DatasetInfo | None:
    """What is said of annotations that were imported into a folder; None where there are none.

    Raises:
        DatasetError: The folder's `dataset.json` is damaged.
    """
    info = read_info(path) if (path / INFO).is_file() else None
    return info if info is not None and info.annotations else None


def with_annotations(
    path: Path, settings: ExtractSettings, labels: Path | None
) -> tuple[ExtractSettings, Path | None]:
    """Settings and clip table of a job: as given, else as annotations in its folder say.

    Raises:
        DatasetError: The folder's `dataset.json` is damaged.
    """
    known = annotations_in(path)
    if known is None:
        return settings, labels
    fps = settings.picture_fps or known.picture_fps
    return replace(settings, picture_fps=fps), labels or path / CLIPS


def clear_leftovers(path: Path, part: Part | None) -> None:
    """Remove the temporary files of killed runs; of a part only its own, others may be at work."""
    pattern = f".*{part}*.tmp" if part else ".*.tmp"
    for folder in (path, path / "poses", path / QUALITY):
        remove_leftovers(folder, pattern)


def prepare_folder(
    path: Path,
    info: DatasetInfo,
    sources: Sequence[Source],
    *,
    base: Path | None,
    overwrite: bool,
) -> None:
    """Make the folder ready to take poses: new, or as an earlier run with these settings left it.

    Rows that `clips.csv` has already are left as they are, for people correct them; clips it does
    not know are added. With `overwrite` the poses and what belongs to them are removed first.

    Args:
        path: The folder.
        info: What its `dataset.json` is to say.
        sources: All clips of the job.
        base: Where the names of videos begin; None for absolute names.
        overwrite: Forget what earlier runs made.

    Raises:
        DatasetError: An earlier run had other settings.
    """
    if overwrite:
        remove_products(path)
    if (path / INFO).is_file():
        annotated = read_info(path)
        if annotated.skeleton is None:
            write_info(path, replace(annotated, skeleton=info.skeleton, extractor=info.extractor))
        check_settings(path, info)
        before = ClipTable.read(path / CLIPS)
        new = [source for source in sources if source.clip.clip_id not in before]
        if new:
            before.extended(_clips(new, base)).write(path / CLIPS)
    else:
        has_table = (path / CLIPS).is_file()
        edited = ClipTable.read(path / CLIPS) if has_table else ClipTable.from_clips(())
        PoseDataset.create(path, info, edited.extended(_clips(sources, base)))


def _clips(sources: Sequence[Source], base: Path | None) -> list[Clip]:
    return [replace(s.clip, video=video_name(s.video, base)) for s in sources]


def check_settings(path: Path, now: DatasetInfo) -> None:
    """Refuse a dataset that was made with other settings.

    Raises:
        DatasetError: It names each setting that differs.
    """
    before = read_info(path)
    if before.skeleton is None:  # annotations only
        return
    old, new = _settings(before), _settings(now)
    changes = [
        f"{name} {_shown(old.get(name))} -> {_shown(new.get(name))}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    if changes:
        raise DatasetError(
            f"{path} was extracted with other settings ({', '.join(changes)}); use the same ones, "
            "--overwrite to extract everything again, or another folder"
        )


def _settings(info: DatasetInfo) -> dict[str, Any]:
    extractor = {k: v for k, v in info.extractor.items() if k != "options"}
    skeleton = info.skeleton.name if info.skeleton else None
    return {"skeleton": skeleton, **extractor, **info.extractor.get("options", {})}


def _shown(value: Any) -> str:
    return "none" if value in (None, "") else str(value)[:24]


def remove_products(path: Path) -> None:
    """Remove what a job made; the clip table stays."""
    if (path / INFO).is_file():  # first: nothing takes the rest for a dataset then
        info = read_info(path)
        if info.annotations:
            write_info(path, replace(info, skeleton=None, extractor={}))
        else:
            (path / INFO).unlink()
    for entry in list(path.iterdir()):
        if is_product(entry.name):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def is_product(name: str) -> bool:
    """Is this the name of something that a job makes, in a dataset folder?"""
    is_failures = name.startswith("failures") and name.endswith(".csv")
    return name in ("poses", QUALITY) or is_failures
