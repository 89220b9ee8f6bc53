"""The dataset folder that a job fills, and takes up again where an earlier run stopped.

A clip is done when a whole shard holds it. Everything else is either written before that shard
(quality) or may be lost without harm (a failure is met again). So there is no manifest that could
disagree with the shards.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from signkit.clip import ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import DatasetError
from signkit.extract.landmarks import Extracted, Outcome
from signkit.extract.quality import read_quality, write_quality
from signkit.extract.sources import Source, relative_to
from signkit.failures import Failure, read_failures, write_failures
from signkit.files import remove_leftovers
from signkit.pose import PoseSequence
from signkit.shard import shard_clip_ids, shard_path, shard_paths, write_shard

CLIPS_PER_SHARD = 256
FRAMES_PER_SHARD = 16384  # about 140 MB of MediaPipe landmarks in memory
SHARD_EVERY_S = 60.0  # what a kill may cost
FAILURES_EVERY_S = 5.0

INFO, CLIPS, FAILURES, QUALITY = "dataset.json", "clips.csv", "failures.csv", "quality.parquet"


class Output:
    """A dataset folder under construction.

    Args:
        path: The folder, with its `dataset.json` and clip table.

    Attributes:
        done: Ids of the clips that whole shards hold.
        failures: Clip id -> why it has no pose.
        quality: Clip id -> how well it went.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._poses = path / "poses"
        shards = shard_paths(self._poses)
        self.done = {clip_id for shard in shards for clip_id in shard_clip_ids(shard)}
        self.failures = read_failures(path / FAILURES)
        self.quality = {
            clip_id: quality
            for clip_id, quality in read_quality(path / QUALITY).items()
            if clip_id in self.done
        }
        self._next_shard = _number(shards[-1]) + 1 if shards else 0
        self._waiting: list[PoseSequence] = []
        self._shard_written = self._failures_written = monotonic()

    def add(self, outcome: Outcome) -> None:
        """Take one outcome; may publish a shard."""
        if isinstance(outcome, Failure):
            self._add_failure(outcome)
            return
        self._add_pose(outcome)
        if (
            len(self._waiting) >= CLIPS_PER_SHARD
            or sum(pose.n_frames for pose in self._waiting) >= FRAMES_PER_SHARD
            or monotonic() - self._shard_written > SHARD_EVERY_S
        ):
            self.flush()

    def flush(self) -> None:
        """Publish what is waiting as a shard, and bring the tables up to date."""
        write_quality(self.path / QUALITY, self.quality.values())
        if self._waiting:
            write_shard(shard_path(self._poses, self._next_shard), self._waiting)
            self.done.update(pose.clip_id for pose in self._waiting)
            # In one statement: Ctrl-C before it writes the same shard again, never a clip twice.
            self._waiting, self._next_shard = [], self._next_shard + 1
        self._shard_written = monotonic()
        self._write_failures()

    def _add_pose(self, extracted: Extracted) -> None:
        for pose, quality in zip(extracted.poses, extracted.quality, strict=True):
            self._waiting.append(pose)
            self.quality[pose.clip_id] = quality
            self.failures.pop(pose.clip_id, None)

    def _add_failure(self, failure: Failure) -> None:
        earlier = self.failures.get(failure.clip_id)
        tries = earlier.tries + 1 if earlier else 1
        video = relative_to(Path(failure.video), self.path)
        self.failures[failure.clip_id] = replace(failure, tries=tries, video=video)
        if monotonic() - self._failures_written > FAILURES_EVERY_S:
            self._write_failures()

    def _write_failures(self) -> None:
        write_failures(self.path / FAILURES, self.failures.values())
        self._failures_written = monotonic()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the folder `path` (made if need be), so that no second job writes into it.

    The lock is the kernel's, on the folder itself: it leaves no file and ends with the process.

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
        with _lock(path):
            yield
    finally:
        if is_new:
            with suppress(OSError):  # it is not empty, as it should be
                path.rmdir()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(folder)
        raise DatasetError(
            f"another extraction is writing into {path}; wait for it or choose another folder"
        ) from error
    except OSError:  # a network file system without locks
        pass
    try:
        yield
    finally:
        os.close(folder)


def check_folder(path: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds something else, and clear what killed runs left in ours.

    Raises:
        DatasetError: The folder is not empty and not a dataset.
    """
    remove_leftovers(path)
    remove_leftovers(path / "poses")
    strangers = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} - {CLIPS}
    if overwrite:  # a run that was killed while it overwrote
        strangers -= {"poses", FAILURES, QUALITY}
    if strangers and not (path / INFO).is_file():
        raise DatasetError(
            f"{path} is not empty and has no {INFO}, so it is not a signkit dataset; "
            "give a new folder"
        )


def open_output(
    path: Path, info: DatasetInfo, sources: Sequence[Source], *, overwrite: bool
) -> Output:
    """The folder ready to take poses: new, or as an earlier run with the same settings left it.

    Rows that `clips.csv` has already are left as they are, for people correct them; clips it does
    not know are added. With `overwrite` the poses and what belongs to them are removed first.

    Raises:
        DatasetError: An earlier run had other settings.
        ShardError: A shard is damaged.
    """
    if overwrite:
        _remove_products(path)
    clips = [replace(s.clip, video=relative_to(s.video, path)) for s in sources]
    if (path / INFO).is_file():
        before = PoseDataset.open(path)
        _check_settings(path, before.info, info)
        table = before.clips.extended(clips)
        if len(table) > len(before.clips):
            table.write(path / CLIPS)
    else:
        has_table = (path / CLIPS).is_file()
        edited = ClipTable.read(path / CLIPS) if has_table else ClipTable.from_clips(())
        PoseDataset.create(path, info, edited.extended(clips))
    return Output(path)


def _check_settings(path: Path, before: DatasetInfo, now: DatasetInfo) -> None:
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
    return {"skeleton": info.skeleton.name, **extractor, **info.extractor.get("options", {})}


def _shown(value: Any) -> str:
    return "none" if value in (None, "") else str(value)[:24]


def _remove_products(path: Path) -> None:
    (path / INFO).unlink(missing_ok=True)  # first: nothing takes the rest for a dataset then
    shutil.rmtree(path / "poses", ignore_errors=True)
    (path / FAILURES).unlink(missing_ok=True)
    (path / QUALITY).unlink(missing_ok=True)


def _number(shard: Path) -> int:
    return int(shard.stem.removeprefix("shard-"))
