"""A dataset becomes a folder of `.pose` files, one a clip, that pose-format and `pose_file` read.

Unseen landmarks have confidence 0 and zeros for a place, as pose-format itself writes them. One
that was seen with confidence 0 gets a little, or it would be hidden. The clip table and what
`dataset.json` says, above all licence and consent, stand beside the files.

Source: pose-format, https://github.com/sign-language-processing/pose (Moryossef et al. 2021)
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from signkit.clip import ClipTable
from signkit.convert.corpus import ExportOptions
from signkit.convert.pose_format import (
    MOST,
    SUFFIX,
    Body,
    Component,
    Header,
    exact_rate,
    pose_bytes,
)
from signkit.convert.pose_names import components_of, z_in_widths
from signkit.convert.summary import ExportSummary
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import FormatError
from signkit.files import atomic_folder, write_text
from signkit.pose import PoseSequence

BARELY = np.float32(1 / 4096)
"""Written for a landmark that was seen with confidence 0; a shard rounds it to 0 again."""
LONGEST_NAME = 255

Progress = Callable[[int, int], None]


def export_pose_files(
    dataset: Path, out: Path, options: ExportOptions, *, progress: Progress | None = None
) -> ExportSummary:
    """A folder with one `.pose` file of version 0.2 a clip.

    Raises:
        DatasetError: There is no dataset with poses, or `out` already exists.
        FormatError: The split is empty, or a name or number does not fit the format.
    """
    opened = PoseDataset.open(dataset)
    components = components_of(opened.skeleton)
    clips = _clips_of(opened, options.split)
    listed = [clip_id for clip_id in opened.ids_with_poses if clip_id in clips]
    _check_names(listed)
    losses: Counter[str] = Counter()
    n_frames = 0
    with atomic_folder(out) as folder:
        for done, pose in enumerate(opened.poses(listed), start=1):
            (folder / f"{pose.clip_id}{SUFFIX}").write_bytes(_file_of(pose, components))
            losses.update(_losses(pose))
            n_frames += pose.n_frames
            if progress is not None:
                progress(done, len(listed))
        clips.write(folder / "clips.csv")
        _write_texts(folder, opened.info)
    return ExportSummary(
        out=out,
        n_clips=len(clips),
        n_with_poses=len(listed),
        n_frames=n_frames,
        unlisted=tuple(name for name in opened.ids_with_poses if name not in opened.clips),
        notes=tuple(f"{n} clips: {loss}" for loss, n in sorted(losses.items())),
    )


def _clips_of(dataset: PoseDataset, split: str | None) -> ClipTable:
    if split is None:
        return dataset.clips
    clips = dataset.clips.where(split=split)
    if not clips:
        raise FormatError(f"{dataset.path} has no clip in split {split!r}")
    return ClipTable.from_clips(clips)


def _check_names(clip_ids: list[str]) -> None:
    for clip_id in clip_ids:
        if len(f"{clip_id}{SUFFIX}".encode()) > LONGEST_NAME:
            raise FormatError(f"clip {clip_id[:40]!r}... has too long an id for the name of a file")


def _file_of(pose: PoseSequence, components: tuple[Component, ...]) -> bytes:
    """The bytes of one clip; an unseen landmark has zeros, as pose-format writes it."""
    if max(pose.width_px, pose.height_px) > MOST:
        raise FormatError(
            f"clip {pose.clip_id!r} has a frame of {pose.width_px} x {pose.height_px} px; a .pose "
            f"file holds up to {MOST:,}"
        )
    n_dims = pose.skeleton.n_dims
    coords = np.where(pose.seen[..., None], pose.coords, np.float32(0))
    if n_dims == 3:
        in_widths = np.repeat(
            [z_in_widths(c) for c in components], [len(c.points) for c in components]
        )
        coords[:, in_widths, 2] /= pose.width_px
    confidence = np.where(pose.seen, np.maximum(pose.confidence, BARELY), np.float32(0))
    depth = pose.width_px if n_dims == 3 else 0
    header = Header(2, pose.width_px, pose.height_px, depth, components)
    return pose_bytes(header, Body(pose.fps, coords[:, None], confidence[:, None]))


def _losses(pose: PoseSequence) -> list[str]:
    """What of a clip cannot be read back."""
    losses = []
    if not np.array_equal(pose.time_s, np.arange(pose.n_frames) / pose.fps):
        losses.append("frames become evenly spaced, from 0 s on")
    if exact_rate(pose.fps) != pose.fps:
        losses.append("the frame rate is rounded to a float32")
    return losses


def _write_texts(folder: Path, info: DatasetInfo) -> None:
    record: dict[str, Any] = {k: v for k, v in info.to_json().items() if k != "schema"}
    record = {"format": "pose", "version": 1, **record}
    write_text(folder / "corpus.json", json.dumps(record, indent=1, ensure_ascii=False))
    rights = (
        f"- {title}: {text or 'unknown'}\n"
        for title, text in (
            ("Source", info.source),
            ("Licence", info.licence),
            ("Consent", info.consent),
            ("Note", info.note or "none"),
        )
    )
    text = (
        f"# {info.name}\n\nOne .pose file (v0.2 of pose-format) a clip. `clips.csv` has the "
        f"glosses, signers and splits, by the name of the file.\n\n{''.join(rights)}"
    )
    write_text(folder / "README.md", text)
