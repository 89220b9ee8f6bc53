"""`.pose` files of pose-format, one a clip, become a dataset; `pose_export` is the way back.

Landmarks are in pixels already, but for the z of MediaPipe, which is a fraction of the width and is
multiplied by it. Confidence 0 is unseen. Where a file has several people, one is chosen. The files
know nothing of glosses: they come from a clip table.

A folder that signkit exported has the clip table and what `dataset.json` said beside the files, as
`clips.csv` and `corpus.json`: it is read back as the dataset it was, unless `--labels` are given.

Source: pose-format, https://github.com/sign-language-processing/pose (Moryossef et al. 2021)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from signkit.clip import Clip, ClipTable, clip_id_of
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.folders import FilesBelow
from signkit.convert.ledger import KEPT, Ledger
from signkit.convert.people import check_policy, one_of_all
from signkit.convert.pose_format import (
    SUFFIX,
    Body,
    Floats,
    Header,
    exact_rate,
    read_header,
    read_layout,
    read_pose_file,
)
from signkit.convert.pose_names import Plan, plan_of
from signkit.convert.tables import read_json
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError, one_line
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton

LARGEST_Z = 20.0
"""MediaPipe's z stays far below so many widths; a larger one was scaled by somebody."""
LARGEST_CONFIDENCE = 2.0
"""OpenPose's are read off heat maps and may pass 1 a little."""
SMALLEST_PX, MIN_FRAME_PX = 4.0, 64
"""A whole clip within so few pixels of such a frame is in other units."""


@dataclass(frozen=True)
class _Export:
    """What an export of ours has beside its files."""

    info: DatasetInfo
    clips: ClipTable


def read_pose_files(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of a `.pose` file or of a folder of them, at any depth.

    Raises:
        FormatError: There is no file that can be read, or `--signer` is unknown.
        ClipTableError: `clips.csv` of an export breaks the rules of a clip table.
    """
    check_policy(options.signer)
    paths = _pose_paths(source)
    export = _export(source)
    if export is not None and options.labels is None:
        read = partial(_pose, policy=options.signer, is_scaled=None)
        return Corpus(
            info=export.info,
            entries=_listed(source, paths, export.clips, read, ledger),
            n_clips=len(export.clips),
            extra=export.clips.extra_columns,
        )
    plan, is_scaled = _first(source, paths)
    read = partial(_pose, policy=options.signer, is_scaled=None if export else is_scaled)
    return Corpus(
        info=export.info if export else _info(source, plan, is_scaled=bool(is_scaled)),
        entries=_found(paths, read, ledger, is_labelled=options.labels is not None),
        n_clips=paths.n_files,
    )


def _pose_paths(source: Path) -> FilesBelow:
    """All files, in order.

    Raises:
        FormatError: There are none.
    """
    if not source.exists():
        raise FormatError(f"no .pose file or folder of them at {source}")
    paths = FilesBelow(source, lambda name: name.endswith(SUFFIX))
    if not paths.n_files:
        raise FormatError(f"{source} has no .pose files")
    return paths


def _export(source: Path) -> _Export | None:
    """What our own export says about its files; None for files from elsewhere."""
    path = source / "corpus.json"
    record = read_json(path) if path.is_file() else None
    if not isinstance(record, dict) or record.get("format") != "pose":
        return None
    keys = ("name", "source", "licence", "consent", "note")
    try:
        skeleton = Skeleton.from_json(record["skeleton"])
        texts: dict[str, Any] = {key: str(record[key]) for key in keys}
        info = DatasetInfo(
            skeleton=skeleton,
            extractor=dict(record["extractor"]),
            **texts,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} is not as 'signkit export pose' writes it ({error!r}); restore it, or delete "
            "it to read the .pose files alone"
        ) from error
    return _Export(info, ClipTable.read(source / "clips.csv"))


def _first(source: Path, paths: FilesBelow) -> tuple[Plan, bool | None]:
    """How the first readable file is read, and whether its z was scaled."""
    reasons = []
    for path in paths:
        try:
            header, body = read_pose_file(path)
            plan = plan_of(header.components)
            return plan, _is_scaled(_landmarks(body, plan)[0], plan)
        except (FormatError, OSError) as error:
            reasons.append(f"{path.name} {one_line(error)}")
    raise FormatError(f"no file of {source} can be read (first: {reasons[0]})")


def _info(source: Path, plan: Plan, *, is_scaled: bool) -> DatasetInfo:
    notes = list(plan.notes)
    if is_scaled:
        notes.append("z is no fraction of the width, as MediaPipe writes it: it is kept as it is")
    return DatasetInfo(
        name=source.stem,
        skeleton=plan.skeleton,
        extractor={"name": "unknown"},
        note="; ".join(notes),
    )


def _found(
    paths: FilesBelow,
    read: Callable[[Path], PoseSequence],
    ledger: Ledger,
    *,
    is_labelled: bool,
) -> Iterator[Entry]:
    """Every file is a clip."""
    for path in paths:
        name = paths.name_of(path)
        clip_id = clip_id_of(name.with_name(name.name.removesuffix(SUFFIX)))
        _note_rest(path, clip_id, ledger)
        yield Entry(
            Clip(clip_id),
            read=partial(read, path),
            file=str(name),
            is_unlabelled=not is_labelled,
        )


def _listed(
    source: Path,
    paths: FilesBelow,
    clips: ClipTable,
    read: Callable[[Path], PoseSequence],
    ledger: Ledger,
) -> Iterator[Entry]:
    """Every row of the table of an export is a clip."""
    for line, clip in enumerate(clips, start=2):
        path = source / f"{clip.clip_id}{SUFFIX}"
        there = path.is_file()
        if there:
            _note_rest(path, clip.clip_id, ledger)
        yield Entry(
            clip,
            read=partial(read, path) if there else None,
            file="clips.csv",
            line=line,
            missing="" if there else f"no file {path.name}",
            is_unlabelled=True,
        )
    for path in paths:
        if path.parent != source or path.name.removesuffix(SUFFIX) not in clips:
            ledger.unlisted(path.relative_to(source).as_posix())


def _note_rest(path: Path, clip_id: str, ledger: Ledger) -> None:
    """Tell the ledger of bytes behind the last frame; a damaged file fails when it is read."""
    try:
        with path.open("rb") as file:
            header = read_header(file)
            layout = read_layout(file, header, path.stat().st_size)
    except (FormatError, OSError):
        return
    if layout.n_trailing:
        found = f"has {layout.n_trailing:,} bytes behind its last frame"
        ledger.bad("unreadable", found, file=path.name, clip_id=clip_id, action=KEPT)


def _pose(path: Path, *, policy: str | None, is_scaled: bool | None) -> PoseSequence:
    """One file in pixels.

    Args:
        path: The file.
        policy: Who becomes the pose.
        is_scaled: Whether z is no fraction of the width; None where it surely is one.

    Raises:
        FormatError: Its landmarks cannot be used.
    """
    header, body = read_pose_file(path)
    plan = plan_of(header.components)
    if not header.width_px or not header.height_px:
        raise FormatError(f"says that the frame is {header.width_px} x {header.height_px} px")
    coords, confidence = _landmarks(body, plan)
    found = _is_scaled(coords, plan)
    if None not in (is_scaled, found) and is_scaled != found:
        scales = ("a fraction of the width", "in an unknown scale")
        raise FormatError(f"has z {scales[bool(found)]}, the first file {scales[not found]}")
    if plan.skeleton.n_dims == 3 and not is_scaled:
        coords[..., plan.in_widths, 2] *= header.width_px
    _check_units(coords, header)
    fps = exact_rate(body.fps)
    if coords.shape[1] == 1:
        coords, confidence = coords[:, 0], confidence[:, 0]
    else:
        coords, confidence = _one_of(coords, confidence, plan.skeleton, fps=fps, policy=policy)
    return PoseSequence(
        clip_id=path.name.removesuffix(SUFFIX),
        skeleton=plan.skeleton,
        coords=coords,
        confidence=confidence,
        fps=fps,
        width_px=header.width_px,
        height_px=header.height_px,
    )


def _landmarks(body: Body, plan: Plan) -> tuple[Floats, Floats]:
    """(T, P, L, C) as it stands, NaN where unseen, and (T, P, L) between 0 and 1."""
    confidence = body.confidence[:, :, plan.points]
    if not ((confidence >= 0) & (confidence <= LARGEST_CONFIDENCE)).all():
        raise FormatError("has confidences that are not between 0 and 1")
    coords = body.coords[:, :, plan.points, : plan.skeleton.n_dims]
    if plan.skeleton.n_dims == 3:
        coords[..., ~plan.has_z, 2] = 0
    coords[confidence == 0] = np.nan
    if np.isinf(coords).any():
        raise FormatError("has infinite coordinates")
    return coords, np.minimum(confidence, 1)


def _is_scaled(coords: Floats, plan: Plan) -> bool | None:
    """Whether z is no fraction of the width where MediaPipe writes one; None if there is none."""
    if plan.skeleton.n_dims < 3:
        return None
    z = coords[..., plan.in_widths, 2]
    return None if np.isnan(z).all() else bool((np.abs(z) > LARGEST_Z).any())


def _check_units(coords: Floats, header: Header) -> None:
    places = coords[..., :2]
    seen = ~np.isnan(places)
    if not seen.any() or min(header.width_px, header.height_px) < MIN_FRAME_PX:
        return
    low, high = (float(end(places[seen])) for end in (np.min, np.max))
    if coords.shape[2] > 1 and high - low < SMALLEST_PX:
        raise FormatError(
            f"has all landmarks between {low:.3g} and {high:.3g} in a frame of {header.width_px} x "
            f"{header.height_px} px, so they are not in pixels; was the file normalized?"
        )


def _one_of(
    coords: Floats, confidence: Floats, skeleton: Skeleton, *, fps: float, policy: str | None
) -> tuple[Floats, Floats]:
    """(T, L, C) and (T, L) of one person out of (T, P, L, C) and (T, P, L)."""
    n_frames, n_people = confidence.shape[:2]
    return one_of_all(
        np.repeat(np.arange(n_frames), n_people),
        coords.reshape(-1, *coords.shape[2:]),
        confidence.reshape(-1, *confidence.shape[2:]),
        skeleton,
        n_frames=n_frames,
        fps=fps,
        policy=policy,
    )
