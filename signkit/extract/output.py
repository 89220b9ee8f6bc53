"""The dataset folder that a job fills, and takes up again where an earlier run stopped.

A clip is done when a whole shard holds it. Everything else is either written before that shard
(quality) or may be lost without harm (a failure is met again). So there is no manifest that could
disagree with the shards.

A part of a job (`--part 3/16`) writes the same folder under names of its own. Parts may share one
folder, or have one each: copying them into one merges them.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo
from signkit.extract.landmarks import Extracted, Outcome
from signkit.extract.part import Part
from signkit.extract.sources import video_name
from signkit.failures import Failure, failures_of, write_failures
from signkit.pose import PoseSequence
from signkit.quality import Quality, write_quality
from signkit.shard import shard_clip_ids, shard_path, write_shard

CLIPS_PER_SHARD = 256
FRAMES_PER_SHARD = 16384  # about 140 MB of MediaPipe landmarks in memory
SHARD_EVERY_S = 60.0  # what a kill may cost
FAILURES_EVERY_S = 5.0

INFO, CLIPS = "dataset.json", "clips.csv"

Published = Callable[[Path], None]
"""Told of every file that was written."""


@dataclass(frozen=True)
class Stored:
    """What the shards of earlier runs hold.

    Args:
        clip_ids: Clips with poses.
        shard_names: File names of the shards.
    """

    clip_ids: set[str]
    shard_names: list[str]

    @classmethod
    def of(cls, shards: Sequence[Path]) -> "Stored":
        """What the given files hold.

        Raises:
            ShardError: One is damaged.
        """
        clip_ids = {clip_id for shard in shards for clip_id in shard_clip_ids(shard)}
        return cls(clip_ids, [shard.name for shard in shards])


class Output:
    """A dataset folder under construction.

    Args:
        path: The folder, with its `dataset.json` and clip table.
        info: What `dataset.json` says.
        stored: What the shards of earlier runs hold.
        base: Where the names of videos begin; None for absolute names.
        part: The share of the clips that comes here; None for all.
        published: Told of every file that was written.

    Attributes:
        done: Ids of the clips that whole shards hold.
        failures: Clip id -> why it has no pose.
        shard_names: File names of the shards.
    """

    def __init__(
        self,
        path: Path,
        info: DatasetInfo,
        *,
        stored: Stored,
        base: Path | None,
        part: Part | None = None,
        published: Published = lambda _: None,
    ) -> None:
        self.path = path
        self._info = info
        self._base = base
        self._part = part
        self._published = published
        self._poses = path / "poses"
        self.done = stored.clip_ids
        self.shard_names = stored.shard_names
        self.failures = {
            clip_id: failure
            for clip_id, failure in failures_of(path).items()
            if clip_id not in self.done and (part is None or part.holds(clip_id))
        }
        own = [number for name in self.shard_names for number in self._own_number(name)]
        self._next_shard = max(own, default=-1) + 1
        self._waiting: list[tuple[PoseSequence, Quality]] = []
        self._n_frames = 0
        self._shard_written = self._failures_written = monotonic()

    def add(self, outcome: Outcome) -> None:
        """Take one outcome; may publish a shard."""
        if isinstance(outcome, Failure):
            self._add_failure(outcome)
            return
        self._add_poses(outcome)
        if (
            len(self._waiting) >= CLIPS_PER_SHARD
            or self._n_frames >= FRAMES_PER_SHARD
            or monotonic() - self._shard_written > SHARD_EVERY_S
        ):
            self.flush()

    def flush(self) -> None:
        """Publish what is waiting as a shard, and bring the failures up to date."""
        if self._waiting:
            poses, quality = zip(*self._waiting, strict=True)
            shard = shard_path(self._poses, self._next_shard, part=self._label)
            self._published(write_quality(self.path, shard.name, quality))
            write_shard(shard, poses, made_by=self._info.extractor)
            self._published(shard)
            self.done.update(pose.clip_id for pose in poses)
            self.shard_names.append(shard.name)
            # In one statement: Ctrl-C before it writes the same shard again, never a clip twice.
            self._waiting, self._n_frames, self._next_shard = [], 0, self._next_shard + 1
        self._shard_written = monotonic()
        self._write_failures()

    def finish(self) -> None:
        """Publish the rest, and give further people of a clip a row in the clip table."""
        self.flush()
        further = sorted(clip_id for clip_id in self.done if "#" in clip_id)
        if self._part or not further:  # the other parts have the same table
            return
        table = ClipTable.read(self.path / CLIPS)
        people = [_further_person(table, clip_id) for clip_id in further]
        extended = table.extended([clip for clip in people if clip is not None])
        if len(extended) > len(table):
            extended.write(self.path / CLIPS)
            self._published(self.path / CLIPS)

    @property
    def _label(self) -> str:
        return str(self._part) if self._part else ""

    def _own_number(self, name: str) -> Iterator[int]:
        number = int(name.removesuffix(".parquet").rpartition("-")[2])
        if name == shard_path(self._poses, number, part=self._label).name:
            yield number

    def _add_poses(self, extracted: Extracted) -> None:
        for pose, quality in zip(extracted.poses, extracted.quality, strict=True):
            self._waiting.append((pose, self._with_extractor(quality)))
            self._n_frames += pose.n_frames
        self.failures.pop(extracted.poses[0].clip_id, None)

    def _with_extractor(self, quality: Quality) -> Quality:
        extractor = self._info.extractor
        provenance = replace(
            quality.provenance,
            extractor=extractor["name"],
            extractor_version=extractor["version"],
            weights_sha256=extractor["weights_sha256"],
            options=json.dumps(extractor["options"]),
        )
        return replace(quality, provenance=provenance)

    def _add_failure(self, failure: Failure) -> None:
        earlier = self.failures.get(failure.clip_id)
        tries = earlier.tries + 1 if earlier else 1
        video = video_name(failure.video, self._base)
        self.failures[failure.clip_id] = replace(failure, tries=tries, video=video)
        if monotonic() - self._failures_written > FAILURES_EVERY_S:
            self._write_failures()

    def _write_failures(self) -> None:
        name = f"failures-{self._label}.csv" if self._part else "failures.csv"
        write_failures(self.path / name, self.failures.values())
        self._published(self.path / name)
        if not self._part:  # they are in the one table now
            for table in self.path.glob("failures-*.csv"):
                table.unlink()
                self._published(table)
        self._failures_written = monotonic()


def _further_person(table: ClipTable, clip_id: str) -> Clip | None:
    """A row for another person of a listed clip: what that person signs is not known."""
    of = clip_id.rpartition("#")[0]
    if clip_id in table or of not in table:
        return None
    return replace(table[of], clip_id=clip_id, glosses=(), text="", signer="")
