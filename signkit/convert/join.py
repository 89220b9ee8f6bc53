"""Annotations meet a dataset that has poses: rows are filled in, and clips are cut out of poses.

A row belongs to the clip of its id, or else to the clip that was extracted from its video. With a
time window it becomes a clip of its own, cut out of the pose of the whole video: recordings are
extracted once, and annotated again and again. What a person wrote into the clip table stays;
another value in the annotations is noted as a conflict.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np

from signkit.clip import Clip, ClipTable, clip_id_of
from signkit.convert.corpus import Corpus, Entry
from signkit.convert.ledger import KEPT, LEFT_OUT, REPAIRED, Ledger
from signkit.convert.summary import ImportSummary, ledger_counts
from signkit.dataset import PoseDataset, write_info
from signkit.errors import DatasetError
from signkit.pose import PoseSequence
from signkit.shard import ShardWriter, shard_paths

CUTS = "cut"
_FILLED = ("glosses", "text", "signer", "language", "split", "session")
_TABLES = ("bad_rows.csv", "missing.csv", "unlisted.csv")


def join_corpus(
    corpus: Corpus,
    rows: Iterable[tuple[Entry, Clip]],
    out: Path,
    ledger: Ledger,
    progress: Callable[[int, int | None], None] | None = None,
) -> ImportSummary:
    """Fill the clip table of the dataset `out` from annotations.

    Raises:
        DatasetError: The corpus has landmarks of its own, or `out` has none.
    """
    dataset = PoseDataset.open(out)
    if corpus.info.skeleton is not None:
        raise DatasetError(f"{out} already exists; choose another place or delete it first")
    if dataset.info.skeleton is None:
        raise DatasetError(
            f"{out} holds annotations without poses already; choose another place, or extract its "
            f"poses first: 'signkit extract VIDEOS {out}'"
        )
    join = _Join(dataset, ledger)
    n_clips = 0
    with ShardWriter(
        dataset.poses_folder,
        part=CUTS,
        first_shard=len([p for p in shard_paths(dataset.poses_folder) if f"-{CUTS}-" in p.name]),
        made_by=dataset.info.extractor,
    ) as shards:
        for entry, clip in rows:
            pose = join.add(entry, clip)
            if pose is not None:
                shards.add(pose)
            n_clips += 1
            if progress is not None:
                progress(n_clips, corpus.n_clips)
    join.write(corpus)
    for name in _TABLES:  # of the import before
        (out / name).unlink(missing_ok=True)
    ledger.write(out)
    return ImportSummary(
        out=out,
        skeleton=dataset.skeleton.name,
        n_clips=join.n_met,
        n_with_poses=join.n_met,
        n_frames=join.n_frames,
        n_cut=join.n_cut,
        **ledger_counts(ledger),
    )


class _Join:
    """The clip table of a dataset while annotations are filled in."""

    def __init__(self, dataset: PoseDataset, ledger: Ledger) -> None:
        self._dataset = dataset
        self._ledger = ledger
        self._clips = {clip.clip_id: clip for clip in dataset.clips}
        self._of_video = _clips_of_videos(dataset)
        self._video = lru_cache(maxsize=1)(dataset.pose)  # its clips come one after another
        self._met: set[str] = set()
        self._cut_up: set[str] = set()
        self.n_cut = 0
        self.n_frames = 0

    @property
    def n_met(self) -> int:
        return len(self._met)

    def add(self, entry: Entry, clip: Clip) -> PoseSequence | None:
        """Take one row; the pose that was cut out for it, if any."""
        has_pose, row = self._dataset.has_pose(clip.clip_id), self._clips.get(clip.clip_id)
        if has_pose and (row is not None or not clip.has_window):
            self._note_other_window(row, entry, clip)
            self._fill(clip.clip_id, entry, clip)
            return None
        whole = self._whole(entry, clip)
        if whole is None and has_pose:
            self._clips[clip.clip_id] = replace(clip, glosses=(), extra={})
            self._fill(clip.clip_id, entry, clip)
            return None
        if whole is None:
            self._ledger.missing(clip, "the dataset has no poses of it")
            return None
        if not clip.has_window:
            self._fill(whole, entry, clip)
            return None
        pose = self._cut_out(whole, entry, clip)
        return None if has_pose else pose  # a join that was stopped has written it

    def _whole(self, entry: Entry, clip: Clip) -> str | None:
        """The clip that is all of a row's video; of several people the first."""
        names = self._of_video.get(clip_id_of(PurePosixPath(clip.video or clip.clip_id)), [])
        if len(names) > 1:
            listed = ", ".join(map(repr, names))
            found = f"is of a video with {len(names)} poses ({listed}); the first is taken"
            self._note("ambiguous", found, entry, clip, KEPT)
        return names[0] if names else None

    def _cut_out(self, whole: str, entry: Entry, clip: Clip) -> PoseSequence | None:
        old = self._clips.get(clip.clip_id)
        if old is not None and old.has_window:
            self._note_other_window(old, entry, clip)
            clip = replace(clip, start_s=old.start_s, end_s=old.end_s)
        video = self._video(whole)
        pose = _cut(video, clip)
        if pose is None:
            found = f"is from {clip.start_s} s to {clip.end_s} s, where {whole!r} has no frames"
            self._note("outside_video", found, entry, clip, LEFT_OUT)
            return None
        end_s = float(video.time_s[-1]) + 1 / video.fps
        if clip.end_s is not None and clip.end_s > end_s + 0.5 / video.fps:
            found = f"ends at {clip.end_s:g} s of a video of {end_s:g} s; now at its end"
            self._note("outside_video", found, entry, clip, REPAIRED)
            clip = replace(clip, end_s=end_s)
        row = clip if old is None else self._filled(old, entry, clip)
        self._clips[clip.clip_id] = replace(
            row, video=self._clips[whole].video, start_s=clip.start_s, end_s=clip.end_s
        )
        self._met.add(clip.clip_id)
        self._cut_up.add(whole)
        self.n_cut += 1
        self.n_frames += pose.n_frames
        return pose

    def _note(self, kind: str, found: str, entry: Entry, clip: Clip, action: str) -> None:
        self._ledger.bad(
            kind, found, file=entry.file, line=entry.line, clip_id=clip.clip_id, action=action
        )

    def _note_other_window(self, old: Clip | None, entry: Entry, clip: Clip) -> None:
        """Note a row that is about another part of the video than the dataset's clip."""
        if old is None or not clip.has_window or self._is_same_window(old, clip):
            return
        there = f"is {_window(old)}" if old.has_window else "is all of its video"
        found = f"is {_window(clip)}, the clip of the dataset {there}"
        self._note("conflict", found, entry, clip, KEPT)

    def _is_same_window(self, old: Clip, clip: Clip) -> bool:
        if (old.start_s, old.end_s) == (clip.start_s, clip.end_s):
            return True
        names = self._of_video.get(clip_id_of(PurePosixPath(old.video or old.clip_id)), [])
        if not names:
            return False
        video = self._video(names[0])
        frames, others = _cut(video, old), _cut(video, clip)  # an end behind the video's is its end
        if frames is None or others is None:
            return frames is others
        return np.array_equal(frames.time_s, others.time_s)

    def _fill(self, clip_id: str, entry: Entry, clip: Clip) -> None:
        old = self._clips.get(clip_id, Clip(clip_id))
        self._clips[clip_id] = self._filled(old, entry, clip)
        if clip_id not in self._met:
            self.n_frames += self._dataset.n_frames(clip_id)
        self._met.add(clip_id)

    def _filled(self, old: Clip, entry: Entry, clip: Clip) -> Clip:
        """A row of the dataset, its empty cells filled; other values are noted."""
        news = {name: getattr(clip, name) for name in _FILLED if getattr(clip, name)}
        for name, new in news.items():
            there = getattr(old, name)
            if there and there != new:
                shown, other = (" ".join(v) if isinstance(v, tuple) else v for v in (there, new))
                found = f"has {name} {other!r}, the dataset {shown!r}"
                self._note("conflict", found, entry, old, KEPT)
        filled = {name: new for name, new in news.items() if not getattr(old, name)}
        return replace(old, **filled, extra={**clip.extra, **old.extra})

    def write(self, corpus: Corpus) -> None:
        met = self._met | self._cut_up
        for clip_id in self._dataset.ids_with_poses:
            if clip_id not in met:
                self._ledger.unlisted(clip_id)
        ClipTable.from_clips(self._clips.values()).write(self._dataset.path / "clips.csv")
        known, told = self._dataset.info, corpus.info
        licence, consent = known.licence or told.licence, known.consent or told.consent
        write_info(self._dataset.path, replace(known, licence=licence, consent=consent))


def _window(clip: Clip) -> str:
    """`from 1.0 s to the end`."""
    end = "the end" if clip.end_s is None else f"{clip.end_s} s"
    return f"from {clip.start_s or 0.0} s to {end}"


def _clips_of_videos(dataset: PoseDataset) -> dict[str, list[str]]:
    """What a video is called by its path or by its name alone, to the clips of all of it: several
    where several people were extracted.
    """
    by_path: dict[str, list[str]] = {}
    paths: dict[str, set[str]] = {}  # by their name alone
    for clip in dataset.clips:
        if clip.has_window or not dataset.has_pose(clip.clip_id):
            continue
        path = PurePosixPath(clip.video or clip.clip_id)
        by_path.setdefault(clip_id_of(path), []).append(clip.clip_id)
        paths.setdefault(clip_id_of(PurePosixPath(path.name)), set()).add(clip_id_of(path))
    alone = {name: by_path[next(iter(of))] for name, of in paths.items() if len(of) == 1}
    own = {clip_id: [clip_id] for clips in by_path.values() for clip_id in clips}
    return alone | own | by_path


def _cut(pose: PoseSequence, clip: Clip) -> PoseSequence | None:
    """The frames of a time window; None where there are none."""
    half = 0.5 / pose.fps
    start = -np.inf if clip.start_s is None else clip.start_s - half
    end = np.inf if clip.end_s is None else clip.end_s - half
    frames = np.flatnonzero((pose.time_s >= start) & (pose.time_s < end))
    if not len(frames):
        return None
    where = slice(int(frames[0]), int(frames[-1]) + 1)
    return replace(
        pose,
        clip_id=clip.clip_id,
        coords=pose.coords[where],
        confidence=pose.confidence[where],
        time_s=pose.time_s[where],
    )
