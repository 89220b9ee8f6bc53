"""The arrays format: landmarks from anywhere as plain numpy arrays beside a clip table, both ways.

A folder with `corpus.json` (name, units, skeleton), `clips.csv` (the clip table with fps, width_px,
height_px and n_frames), `coords.npz` (clip id to (T, L, C), NaN where unseen) and perhaps
`confidence.npz` ((T, L)) and `times.npz` ((T,) seconds, for clips whose frames are not evenly
spaced). Nothing is ever unpickled. Import and export are exact
inverses: shards keep 1/16 px, and an export writes pixels.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import ClipTable, read_text_table
from signkit.convert.corpus import Corpus, Entry, ExportOptions, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.npz import NpzReader, NpzWriter
from signkit.convert.summary import ExportSummary
from signkit.convert.tables import read_json
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import FormatError
from signkit.files import atomic_folder, write_text
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton, skeleton_from_names
from signkit.skeletons import SKELETONS, get_skeleton

VERSION = 1
FRAME_COLUMNS = ("fps", "width_px", "height_px", "n_frames")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Frames:
    """What `clips.csv` says about the frames of one clip, as text."""

    fps: str
    width_px: str
    height_px: str
    n_frames: str


@dataclass(frozen=True)
class _Source:
    """An arrays folder that was opened and whose description makes sense."""

    skeleton: Skeleton
    in_fractions: bool
    frames: dict[str, _Frames]
    coords: NpzReader
    confidence: NpzReader | None
    times: NpzReader | None
    files: ExitStack


def read_arrays(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of an arrays folder.

    Raises:
        FormatError: The folder as a whole breaks the format.
        ClipTableError: `clips.csv` breaks the rules of a clip table.
    """
    corpus = _read_corpus(source / "corpus.json")
    table, frames = _read_clips(source / "clips.csv")
    opened = _open(source, corpus, frames)
    return Corpus(
        info=_info(corpus, opened.skeleton),
        entries=_entries(opened, table, ledger),
        n_clips=len(table),
        extra=table.extra_columns,
        close=opened.files.close,
    )


def _entries(source: _Source, table: ClipTable, ledger: Ledger) -> Iterator[Entry]:
    for line, clip in enumerate(table, start=2):
        there = clip.clip_id in source.coords
        yield Entry(
            clip,
            read=partial(_pose, source, clip.clip_id) if there else None,
            file="clips.csv",
            line=line,
            missing="" if there else "coords.npz has no landmarks for it",
            is_unlabelled=True,
        )
    for name in source.coords.names:
        if name not in table:
            ledger.unlisted(name)


def export_arrays(
    dataset: Path, out: Path, options: ExportOptions, *, progress: Progress | None = None
) -> ExportSummary:
    """An arrays folder, in pixels, from a dataset; an import makes the same dataset of it.

    Raises:
        DatasetError: There is no dataset with poses, or `out` already exists.
    """
    opened = PoseDataset.open(dataset)
    _ = opened.skeleton  # annotations alone would make a folder that nobody can read
    listed = [clip_id for clip_id in opened.ids_with_poses if clip_id in opened.clips]
    frames: dict[str, dict[str, str]] = {}
    with atomic_folder(out) as folder:
        with (
            NpzWriter(folder / "coords.npz") as coords,
            NpzWriter(folder / "confidence.npz") as confidence,
            NpzWriter(folder / "times.npz") as times,
        ):
            for done, pose in enumerate(opened.poses(listed), start=1):
                coords.add(pose.clip_id, pose.coords)
                confidence.add(pose.clip_id, pose.confidence)
                if not np.array_equal(pose.time_s, np.arange(pose.n_frames) / pose.fps):
                    times.add(pose.clip_id, pose.time_s)
                frames[pose.clip_id] = _frame_cells(pose)
                if progress is not None:
                    progress(done, len(listed))
        _write_clips(folder / "clips.csv", opened.clips, frames)
        corpus = json.dumps(_corpus(opened.info), indent=1, ensure_ascii=False)
        write_text(folder / "corpus.json", corpus)
    return ExportSummary(
        out=out,
        n_clips=len(opened.clips),
        n_with_poses=len(frames),
        n_frames=sum(int(cells["n_frames"]) for cells in frames.values()),
        unlisted=tuple(name for name in opened.ids_with_poses if name not in opened.clips),
    )


def _pose(source: _Source, clip_id: str) -> PoseSequence:
    """One clip in pixels.

    Raises:
        FormatError: Its landmarks or its row cannot be used.
        PoseError: Its arrays do not fit each other.
    """
    coords = source.coords.read(clip_id).astype(np.float32)
    fps, width_px, height_px = _frame_numbers(source.frames[clip_id], coords)
    if coords.ndim == 3 and source.in_fractions:
        per_axis = np.array([width_px, height_px, width_px], dtype=np.float32)
        coords = coords * per_axis[: coords.shape[2]]
    if np.isinf(coords).any():
        raise FormatError("coords has infinite values; use NaN for an unseen landmark")
    return PoseSequence(
        clip_id=clip_id,
        skeleton=source.skeleton,
        coords=coords,
        confidence=_confidence(source, clip_id, coords),
        fps=fps,
        width_px=width_px,
        height_px=height_px,
        time_s=_times(source, clip_id, len(coords), fps),
    )


def _confidence(source: _Source, clip_id: str, coords: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, L) as given, or 1 where a landmark was seen."""
    if source.confidence is None or clip_id not in source.confidence:
        return np.where(np.isnan(coords).any(axis=-1), np.float32(0), np.float32(1))
    confidence: NDArray[np.float32] = source.confidence.read(clip_id).astype(np.float32)
    if not np.all((confidence >= 0) & (confidence <= 1)):
        raise FormatError("confidence has values that are not between 0 and 1")
    return confidence


def _times(source: _Source, clip_id: str, n_frames: int, fps: float) -> NDArray[np.float64]:
    """(T,) seconds as given, or evenly spaced."""
    if source.times is None or clip_id not in source.times:
        return np.arange(n_frames) / fps
    return source.times.read(clip_id).astype(np.float64)


def _frame_numbers(cells: _Frames, coords: NDArray[np.float32]) -> tuple[float, int, int]:
    """fps, width_px and height_px of a clip."""
    try:
        fps, width_px, height_px = float(cells.fps), int(cells.width_px), int(cells.height_px)
    except ValueError as error:
        raise FormatError(
            f"clips.csv has fps {cells.fps!r}, width_px {cells.width_px!r}, height_px "
            f"{cells.height_px!r}; expected a number and two whole numbers"
        ) from error
    if not len(coords):
        raise FormatError("coords has no frames")
    if min(width_px, height_px) < 1:
        raise FormatError(f"the frame is {width_px} x {height_px} px; expected at least 1 x 1")
    if cells.n_frames and cells.n_frames != str(len(coords)):
        raise FormatError(f"clips.csv says {cells.n_frames} frames, coords has {len(coords)}")
    return fps, width_px, height_px


def _read_corpus(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FormatError(
            f"{path} does not exist; the arrays format is a folder with corpus.json, clips.csv and "
            "coords.npz"
        )
    corpus = read_json(path)
    if not isinstance(corpus, dict) or corpus.get("format", "arrays") != "arrays":
        raise FormatError(f"{path} does not describe an arrays folder; expected format 'arrays'")
    if corpus.get("version", VERSION) != VERSION:
        raise FormatError(f"{path} has version {corpus['version']!r}; signkit reads {VERSION}")
    if "skeleton" not in corpus:
        raise FormatError(f"{path} has no 'skeleton'; give its name and landmark names")
    if not isinstance(corpus.get("extractor", {}), dict):
        raise FormatError(f"{path} has an 'extractor' that is no record of name and version")
    return corpus


def _in_fractions(corpus: dict[str, Any], path: Path) -> bool:
    units = str(corpus.get("units", ""))
    if units.startswith("pixels"):
        return False
    if units.startswith(("frame fractions", "fractions")):
        return True
    raise FormatError(f"{path} has units {units!r}; expected 'pixels' or 'frame fractions'")


def _read_clips(path: Path) -> tuple[ClipTable, dict[str, _Frames]]:
    cells = read_text_table(path)
    for column in FRAME_COLUMNS[:3]:
        if column not in cells.columns:
            raise FormatError(
                f"{path} has no column {column!r}; the arrays format needs fps, width_px and "
                "height_px of every clip"
            )
    own = [column for column in FRAME_COLUMNS if column in cells.columns]
    table = ClipTable(cells.drop(columns=own), source=str(path))
    n_frames = cells["n_frames"] if "n_frames" in cells.columns else [""] * len(cells)
    rows = zip(cells["fps"], cells["width_px"], cells["height_px"], n_frames, strict=True)
    return table, {clip_id: _Frames(*row) for clip_id, row in zip(table.ids, rows, strict=True)}


def _open(source: Path, corpus: dict[str, Any], frames: dict[str, _Frames]) -> _Source:
    with ExitStack() as files:

        def optional(name: str) -> NpzReader | None:
            path = source / name
            return files.enter_context(NpzReader(path)) if path.is_file() else None

        coords = files.enter_context(NpzReader(source / "coords.npz"))
        return _Source(
            skeleton=_skeleton(corpus, coords, source / "corpus.json"),
            in_fractions=_in_fractions(corpus, source / "corpus.json"),
            frames=frames,
            coords=coords,
            confidence=optional("confidence.npz"),
            times=optional("times.npz"),
            files=files.pop_all(),
        )
    raise AssertionError  # an ExitStack swallows nothing


def _skeleton(corpus: dict[str, Any], coords: NpzReader, path: Path) -> Skeleton:
    """The known skeleton with these landmarks, or one that is derived from their names."""
    given = corpus["skeleton"]
    given = {"name": given} if isinstance(given, str) else given
    if not isinstance(given, dict):
        raise FormatError(f"{path} has a 'skeleton' that is no name and no record of landmarks")
    if "parts" in given:
        try:
            return Skeleton.from_json(given)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError(f"{path} has a 'skeleton' that is damaged ({error!r})") from error
    n_dims = given.get("n_dims", coords.n_dims)
    name = str(given.get("name", corpus.get("name", "unnamed")))
    if n_dims not in (2, 3):
        raise FormatError(f"{path} has a skeleton of {n_dims!r} dimensions; expected 2 or 3")
    if "landmarks" not in given:
        return replace(get_skeleton(name), n_dims=n_dims)
    if not (isinstance(given["landmarks"], list) and _are_names(given["landmarks"])):
        raise FormatError(f"{path} has a skeleton whose 'landmarks' are no list of names")
    landmarks = tuple(given["landmarks"])
    for known in SKELETONS.values():
        if known.landmarks == landmarks:
            return replace(known, n_dims=n_dims)
    if name in SKELETONS:
        raise FormatError(
            f"{path} calls its skeleton {name!r}, but lists other landmarks than {name!r} has; "
            "correct the list or give the skeleton another name"
        )
    return skeleton_from_names(name, landmarks, n_dims=n_dims)


def _are_names(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _info(corpus: dict[str, Any], skeleton: Skeleton) -> DatasetInfo:
    texts: dict[str, Any] = {
        key: str(corpus.get(key, "")) for key in ("name", "source", "licence", "consent", "note")
    }
    return DatasetInfo(skeleton=skeleton, extractor=corpus.get("extractor", {}), **texts)


def _corpus(info: DatasetInfo) -> dict[str, Any]:
    record = info.to_json()
    del record["schema"]
    return {"format": "arrays", "version": VERSION, "units": "pixels", **record}


def _frame_cells(pose: PoseSequence) -> dict[str, str]:
    return {
        "fps": repr(pose.fps),
        "width_px": str(pose.width_px),
        "height_px": str(pose.height_px),
        "n_frames": str(pose.n_frames),
    }


def _write_clips(path: Path, clips: ClipTable, frames: dict[str, dict[str, str]]) -> None:
    table = clips.frame()
    for column in FRAME_COLUMNS:
        table[column] = [frames.get(clip_id, {}).get(column, "") for clip_id in clips.ids]
    keep = [
        column for column in table.columns if (table[column] != "").any() or column == "clip_id"
    ]
    write_text(path, table[keep].to_csv(index=False, lineterminator="\n"))
