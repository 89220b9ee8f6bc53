"""A dataset in the layout of Google's isolated competition on Kaggle: what was written for
`asl-signs` reads it, and `kaggle-islr` makes the same dataset of it.

`train.csv` begins with the published columns and goes on with those of the clip table and with fps,
width_px and height_px of every clip. A Parquet file has the published columns and `confidence`, and
`time_s` where the frames are not evenly spaced. `about.json` repeats licence and consent.

Fractions are float32, which is finer than the 1/16 px of the shards on frames of any size that
there is. Unseen landmarks are nulls, which pandas reads as NaN.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import COLUMNS, Clip
from signkit.convert.corpus import ExportOptions
from signkit.convert.kaggle_islr import ABOUT, FOLDER, FRAME_COLUMNS, PUBLISHED_COLUMNS, TABLE
from signkit.convert.kaggle_layout import NUMBERED, PUBLISHED
from signkit.convert.summary import ExportSummary
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import FormatError
from signkit.files import atomic_folder, write_text
from signkit.pose import PoseSequence
from signkit.skeletons.mediapipe import MEDIAPIPE_543, MEDIAPIPE_553

if TYPE_CHECKING:
    import pyarrow as pa

MAP = "sign_to_prediction_index_map.json"
NAMELESS = "unknown"  # folder of clips without a signer
_N = len(NUMBERED)
_PLACES = MEDIAPIPE_543.indices(PUBLISHED)
_CLIP_COLUMNS = tuple(name for name in COLUMNS if name != "signer")  # participant_id is the signer
_LONGEST_NAME = 200  # bytes; file systems allow 255

Progress = Callable[[int, int], None]


def export_kaggle(
    dataset: Path, out: Path, options: ExportOptions, *, progress: Progress | None = None
) -> ExportSummary:
    """A folder that `kaggle-islr` reads, from the clips that have landmarks.

    Raises:
        FormatError: The landmarks are not MediaPipe Holistic's, or no clip has any.
        DatasetError: There is no dataset, or `out` already exists.
    """
    opened = PoseDataset.open(dataset)
    _check_skeleton(opened)
    wanted = [clip for clip in opened.clips if options.split in (None, clip.split)]
    clips = [clip for clip in wanted if opened.has_pose(clip.clip_id)]
    if not clips:
        which = f"of split {options.split!r} " if options.split else ""
        raise FormatError(
            f"no clip {which}in {dataset} has landmarks, so there is nothing to write"
        )
    with atomic_folder(out) as folder:
        n_frames = _write_clips(folder, opened, clips, progress)
        glosses = {clip.glosses for clip in clips if clip.glosses}
        if all(len(sign) == 1 for sign in glosses):
            index = {sign: i for i, (sign,) in enumerate(sorted(glosses))}
            write_text(folder / MAP, json.dumps(index, indent=1, ensure_ascii=False))
        write_text(folder / ABOUT, json.dumps(_about(opened.info), indent=1, ensure_ascii=False))
    return ExportSummary(
        out=out,
        n_clips=len(clips),
        n_with_poses=len(clips),
        n_frames=n_frames,
        unlisted=tuple(name for name in opened.ids_with_poses if name not in opened.clips),
        notes=tuple(_notes(opened, wanted, clips)),
    )


def _check_skeleton(dataset: PoseDataset) -> None:
    skeleton = dataset.skeleton
    if skeleton.n_dims != 3 or not set(MEDIAPIPE_543.landmarks) <= set(skeleton.landmarks):
        raise FormatError(
            f"{dataset.path} has {skeleton.n_landmarks} landmarks in {skeleton.n_dims} dimensions "
            f"({skeleton.name}); the Kaggle layout is made of the 543 of MediaPipe Holistic in 3 "
            f"({MEDIAPIPE_543.name} or {MEDIAPIPE_553.name})"
        )


def _notes(dataset: PoseDataset, wanted: list[Clip], clips: list[Clip]) -> Iterator[str]:
    """What the layout cannot hold."""
    n_bare = len(wanted) - len(clips)
    if n_bare:
        yield f"{n_bare} clips without landmarks are left out"
    n_more = dataset.skeleton.n_landmarks - _N
    if n_more:
        yield f"{n_more} landmarks that the layout does not have are left out of every frame"
    if any(len(clip.glosses) > 1 for clip in clips):
        yield f"clips of several glosses: 'sign' has them all, and there is no {MAP}"
    n_broken = sum(any(_BREAK.search(cell) for cell in _texts(clip)) for clip in clips)
    if n_broken:
        yield f"line breaks in the texts of {n_broken} clips are spaces now"


def _write_clips(
    folder: Path, dataset: PoseDataset, clips: list[Clip], progress: Progress | None
) -> int:
    """Write `train.csv` and a Parquet file a clip; returns the number of frames."""
    extra = dataset.clips.extra_columns
    n_frames = 0
    with ExitStack() as files:
        file = files.enter_context((folder / TABLE).open("w", encoding="utf-8", newline=""))
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*PUBLISHED_COLUMNS, *_CLIP_COLUMNS, *FRAME_COLUMNS, *extra])
        poses = dataset.poses([clip.clip_id for clip in clips])
        for number, (clip, pose) in enumerate(zip(clips, poses, strict=True), start=1):
            path = f"{FOLDER}/{_folder_name(clip.signer)}/{_file_name(clip.clip_id)}.parquet"
            table.writerow(_cells(path, number, clip, pose, extra))
            _write_pose(folder / path, pose)
            n_frames += pose.n_frames
            if progress is not None:
                progress(number, len(clips))
    return n_frames


def _cells(
    path: str, number: int, clip: Clip, pose: PoseSequence, extra: tuple[str, ...]
) -> list[str]:
    glosses = " ".join(clip.glosses)
    times = [None if t is None else repr(float(t)) for t in (clip.start_s, clip.end_s)]
    values = {name: getattr(clip, name) for name in _CLIP_COLUMNS}
    values |= {"glosses": glosses, "start_s": times[0], "end_s": times[1]}
    frames = (repr(pose.fps), pose.width_px, pose.height_px)
    own = (clip.extra.get(name, "") for name in extra)
    row = (path, clip.signer, number, glosses, *values.values(), *frames, *own)
    return ["" if cell is None else _BREAK.sub(" ", str(cell)) for cell in row]


def _texts(clip: Clip) -> Iterator[str]:
    yield from (clip.text, clip.signer, clip.language, clip.session, clip.video)
    yield from clip.extra.values()


def _write_pose(path: Path, pose: PoseSequence) -> None:
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    table = _long_table(pose.select(MEDIAPIPE_543))
    by_dictionary = ["frame", "type", "landmark_index"]
    others = [name for name in table.column_names if name not in by_dictionary]
    encodings = dict.fromkeys(others, "BYTE_STREAM_SPLIT") | {"row_id": "DELTA_BYTE_ARRAY"}
    pq.write_table(
        table,
        path,
        compression="zstd",
        use_dictionary=by_dictionary,
        column_encoding=encodings,
        write_statistics=False,
    )


def _long_table(pose: PoseSequence) -> "pa.Table":
    """A row a landmark, as it is published, with confidence."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = _frame_numbers(pose)
    is_even = np.array_equal(numbers / pose.fps, pose.time_s)
    frame, place = np.repeat(np.arange(pose.n_frames), _N), np.tile(np.arange(_N), pose.n_frames)
    types = pa.array([kind for kind, _ in NUMBERED])
    index = pa.array([index for _, index in NUMBERED], pa.int16())
    ends = pa.array([f"{kind}-{index}" for kind, index in NUMBERED])
    columns = {
        "frame": pa.array(numbers[frame], pa.int32()),
        "row_id": pc.binary_join_element_wise(
            pa.array(numbers).cast(pa.string()).take(frame), ends.take(place), "-"
        ),
        "type": types.take(place),
        "landmark_index": index.take(place),
    }
    sizes = (pose.width_px, pose.height_px, pose.width_px)
    for axis, (name, size) in enumerate(zip("xyz", sizes, strict=True)):
        fractions = (pose.coords[:, _PLACES, axis].astype(np.float64) / size).astype(np.float32)
        columns[name] = pa.array(fractions.ravel(), from_pandas=True)
    columns["confidence"] = pa.array(pose.confidence[:, _PLACES].ravel())
    if not is_even:
        columns["time_s"] = pa.array(pose.time_s[frame])
    return pa.table(columns)


def _frame_numbers(pose: PoseSequence) -> NDArray[np.int64]:
    """(T,) the numbers that the times stand for, or 0, 1, ... where they stand for none."""
    numbers = np.round(pose.time_s * pose.fps).astype(np.int64)
    return numbers if (np.diff(numbers) > 0).all() else np.arange(pose.n_frames)


def _about(info: DatasetInfo) -> dict[str, Any]:
    record = {key: value for key, value in info.to_json().items() if key not in _NOT_TOLD}
    return {"format": "kaggle", "version": 1, "skeleton": MEDIAPIPE_543.name, **record}


def _folder_name(signer: str) -> str:
    """A folder of a signer; two signers may share one, for ids of clips are unique."""
    return _ODD.sub("_", signer).strip(".")[:_LONGEST_NAME] or NAMELESS


def _file_name(clip_id: str) -> str:
    """The id, or the beginning of one that is too long and its hash."""
    if len(clip_id.encode()) <= _LONGEST_NAME:
        return clip_id
    return f"{_ODD.sub('_', clip_id)[:100]}-{sha256(clip_id.encode()).hexdigest()[:32]}"


_BREAK = re.compile(r"[\r\n]+")
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_NOT_TOLD = frozenset({"schema", "skeleton", "annotations"})
