"""Imports against merely decoding their source, and annotation tables in clips a second. Run with:

    python benchmarks/import_speed.py [--clips 300] [--rows 50000]

Each landmark source holds generated clips of 100 frames and is read in turns: by the import, and by
the usual library alone, which makes arrays of it and throws them away (numpy, pyarrow, json,
pickle, pose-format). A ratio is the whole import, packed and compressed on disk, over that. Times
are wall times, the median of three turns.
"""

import argparse
import json
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, export_dataset, import_dataset
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.pose import PoseSequence
from signkit.shard import ShardWriter
from signkit.skeleton import Skeleton
from signkit.skeletons import ISHARAH_86, MEDIAPIPE_543

TURNS = 3
N_FRAMES = 100
SIZE = (640, 480)
PYSKL = "clips.pkl"


def main() -> None:
    """Print a line for each format."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--rows", type=int, default=50_000)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        for task in LANDMARKS:
            compare(task, Path(name) / task, given.clips)
        print()
        for task in ANNOTATIONS:
            time_rows(task, Path(name) / task, given.rows)


def compare(task: str, folder: Path, n_clips: int) -> None:
    """Time one landmark format and its decoder, in turns."""
    make, decode, options = LANDMARKS[task]
    folder.mkdir()
    make(folder / "source", n_clips)
    source = folder / "source" / PYSKL if task == "pyskl" else folder / "source"
    n_bytes = sum(f.stat().st_size for f in (folder / "source").rglob("*") if f.is_file())
    times: dict[str, list[float]] = {"import": [], "decode": []}
    for _ in range(TURNS):
        start = perf_counter()
        decode(folder / "source")
        times["decode"].append(perf_counter() - start)
        start = perf_counter()
        summary = import_dataset(task, source, folder / "out", options)
        times["import"].append(perf_counter() - start)
        assert summary.n_with_poses == n_clips, summary
        rmtree(folder / "out")
    rmtree(folder)
    whole, alone = median(times["import"]), median(times["decode"])
    print(
        f"{task:22} {whole / alone:5.2f} x decoding   {n_clips / whole:6.0f} clips/s "
        f"{n_bytes / 1e6 / whole:6.0f} MB/s   (decoding alone {n_bytes / 1e6 / alone:6.0f} MB/s)",
        flush=True,
    )


def time_rows(task: str, folder: Path, n_rows: int) -> None:
    """Time one annotation format."""
    folder.mkdir()
    source = ANNOTATIONS[task](folder / "source", n_rows)
    start = perf_counter()
    summary = import_dataset(task, source, folder / "out")
    rate = summary.n_clips / (perf_counter() - start)
    assert summary.n_clips == n_rows, summary
    print(f"{task:22} {rate:8.0f} clips/s", flush=True)
    rmtree(folder)


def coords_of(n: int, skeleton: Skeleton, n_dims: int) -> NDArray[np.float32]:
    """(T, L, C) smooth motion in pixels; a hand's worth of landmarks is unseen in a third."""
    rng = np.random.default_rng(n)
    place = rng.uniform(100, 380, size=(1, skeleton.n_landmarks, n_dims))
    moves = rng.normal(0, 1, (N_FRAMES, skeleton.n_landmarks, n_dims)).cumsum(axis=0)
    coords = np.round((place + moves) * 16) / 16
    coords[: N_FRAMES // 3, :21] = np.nan
    return coords.astype(np.float32)


def poses(n_clips: int) -> Iterator[PoseSequence]:
    """Clips of all 543 landmarks of MediaPipe."""
    for n in range(n_clips):
        coords = coords_of(n % 20, MEDIAPIPE_543, 3)
        confidence = np.ones(coords.shape[:2], np.float32)
        yield PoseSequence(f"clip-{n:05d}", MEDIAPIPE_543, coords, confidence, 25.0, *SIZE)


def exported(format_name: str) -> Callable[[Path, int], None]:
    """What writes a source by signkit's own export."""

    def make(source: Path, n_clips: int) -> None:
        dataset = source.parent / "dataset"
        clips = ClipTable.from_clips(
            Clip(f"clip-{n:05d}", glosses=(f"G{n % 50}",), signer="1") for n in range(n_clips)
        )
        PoseDataset.create(dataset, DatasetInfo("benchmark", MEDIAPIPE_543), clips)
        with ShardWriter(dataset / "poses") as shards:
            for pose in poses(n_clips):
                shards.add(pose)
        export_dataset(format_name, dataset, source)
        rmtree(dataset)

    return make


def decode_arrays(source: Path) -> None:
    for name in ("coords.npz", "confidence.npz"):
        with closing(np.load(source / name)) as archive:
            for clip in archive.files:
                archive[clip]


def decode_pose(source: Path) -> None:
    from pose_format import Pose

    for path in sorted(source.rglob("*.pose")):
        Pose.read(path.read_bytes()).body.data.filled(np.nan)


def decode_parquet(source: Path) -> None:
    import pyarrow.parquet as pq

    for path in sorted(source.rglob("*.parquet")):
        pq.read_table(path).to_pandas()


def make_numpy(source: Path, n_clips: int) -> None:
    source.mkdir()
    for pose in poses(n_clips):
        np.save(source / f"{pose.clip_id}.npy", pose.coords)


def decode_numpy(source: Path) -> None:
    for path in sorted(source.rglob("*.npy")):
        np.load(path)


def make_mp_data(source: Path, n_clips: int) -> None:
    for n, pose in enumerate(poses(n_clips // 10)):
        take = source / "HELLO" / str(n)
        take.mkdir(parents=True)
        for t in range(N_FRAMES):
            np.save(take / f"{t}.npy", np.nan_to_num(pose.coords[t] / 640).ravel()[:258])


def make_openpose(source: Path, n_clips: int) -> None:
    rng = np.random.default_rng(0)
    keys = {"pose": 25, "face": 70, "hand_left": 21, "hand_right": 21}
    for n in range(n_clips):
        folder = source / f"clip-{n:05d}"
        folder.mkdir(parents=True)
        for t in range(N_FRAMES):
            person = {
                f"{part}_keypoints_2d": rng.uniform(1, 400, 3 * size).round(3).tolist()
                for part, size in keys.items()
            }
            path = folder / f"clip_{t:012d}_keypoints.json"
            path.write_text(json.dumps({"version": 1.3, "people": [person]}))


def decode_json(source: Path) -> None:
    for path in sorted(source.rglob("*.json")):
        json.loads(path.read_text())


def make_signeval(source: Path, n_clips: int) -> None:
    source.mkdir()
    ids = [f"00_{n:04d}" for n in range(n_clips)]
    clips = {
        name: {"keypoints": coords_of(n % 20, ISHARAH_86, 2).astype(np.float64)}
        for n, name in enumerate(ids)
    }
    (source / "train.csv").write_text("id|gloss\n" + "".join(f"{name}|TEA\n" for name in ids))
    (source / "pose_data.pkl").write_bytes(pickle.dumps(clips))


def decode_pickle(source: Path) -> None:
    for path in sorted(source.rglob("*.pkl")):
        with path.open("rb") as file:
            pickle.load(file)


def make_signverse(source: Path, n_clips: int) -> None:
    for n in range(n_clips):
        payloads = np.empty(N_FRAMES, dtype=object)
        body = coords_of(n % 20, MEDIAPIPE_543, 2) / 640
        for t in range(N_FRAMES):
            payloads[t] = _payload(np.nan_to_num(body[t]))
        folder = source / f"video{n:05d}" / "npz"
        folder.mkdir(parents=True)
        np.savez(
            folder / "poses.npz",
            video_id=np.array(f"video{n:05d}"),
            fps=np.int32(24),
            total_frames=np.int32(N_FRAMES),
            frame_widths=np.full(N_FRAMES, 640, np.int32),
            frame_heights=np.full(N_FRAMES, 480, np.int32),
            frame_indices=np.arange(1, N_FRAMES + 1, dtype=np.int32),
            frame_payloads=payloads,
        )
        (folder / ".complete").write_text("fps=24\n")


def _payload(points: NDArray[np.float32]) -> dict[str, Any]:
    parts = {"body": 18, "face": 68, "left_hand": 21, "right_hand": 21}
    payload: dict[str, Any] = {
        "num_persons": np.int32(1),
        "frame_width": np.int32(640),
        "frame_height": np.int32(480),
    }
    first = 0
    for part, size in parts.items():
        payload[f"person_000_{part}_keypoints"] = points[first : first + size].copy()
        payload[f"person_000_{part}_scores"] = np.arange(size, dtype=np.float32)
        first += size
    return payload


def decode_npz(source: Path) -> None:
    for path in sorted(source.rglob("*.npz")):
        with closing(np.load(path, allow_pickle=True)) as archive:
            for name in archive.files:
                archive[name]


def make_skels(source: Path, n_clips: int) -> None:
    source.mkdir()
    n_values = 151 * N_FRAMES
    with (source / "train.skels").open("w") as file:
        for n in range(n_clips):
            values = np.random.default_rng(n % 20).uniform(-1, 1, n_values)
            values[150::151] = np.arange(N_FRAMES) / N_FRAMES
            file.write(" ".join(f"{value:.5f}" for value in values) + "\n")
    ids = [f"train/clip-{n:05d}" for n in range(n_clips)]
    for suffix, text in (("files", ids), ("gloss", ["TEA"] * n_clips), ("text", ["Tee"] * n_clips)):
        (source / f"train.{suffix}").write_text("\n".join(text) + "\n")


def decode_skels(source: Path) -> None:
    with (source / "train.skels").open() as file:
        for line in file:
            np.array(line.split(), dtype=np.float32)


def make_pyskl(source: Path, n_clips: int) -> None:
    source.mkdir()
    rng = np.random.default_rng(0)
    annotations = [
        {
            "frame_dir": f"clip-{n:05d}",
            "total_frames": N_FRAMES,
            "img_shape": (480, 640),
            "original_shape": (480, 640),
            "label": n % 50,
            "keypoint": rng.uniform(1, 400, (1, N_FRAMES, 17, 2)).astype(np.float16),
            "keypoint_score": np.ones((1, N_FRAMES, 17), np.float16),
        }
        for n in range(n_clips)
    ]
    split = {"train": [record["frame_dir"] for record in annotations]}
    (source / PYSKL).write_bytes(pickle.dumps({"split": split, "annotations": annotations}))


LANDMARKS: dict[str, tuple[Callable[[Path, int], None], Callable[[Path], None], Any]] = {
    "arrays": (exported("arrays"), decode_arrays, None),
    "pose": (exported("pose"), decode_pose, None),
    "numpy": (
        make_numpy,
        decode_numpy,
        ImportOptions(fps=25, size=SIZE, skeleton="mediapipe-543", units="pixels"),
    ),
    "kaggle-islr": (exported("kaggle"), decode_parquet, None),
    "openpose-json": (make_openpose, decode_json, ImportOptions(fps=25, size=SIZE)),
    "signeval": (make_signeval, decode_pickle, ImportOptions(size=SIZE)),
    "signverse": (make_signverse, decode_npz, None),
    "phoenix-skels": (make_skels, decode_skels, ImportOptions(size=SIZE)),
    "pyskl": (make_pyskl, decode_pickle, ImportOptions(fps=25)),
}


def _table(name: str, header: str, row: Callable[[int], str]) -> Callable[[Path, int], Path]:
    def make(source: Path, n_rows: int) -> Path:
        source.mkdir()
        lines = [header] * bool(header) + [row(n) for n in range(n_rows)]
        (source / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return source

    return make


def _wlasl(source: Path, n_rows: int) -> Path:
    source.mkdir()
    instances = [
        {
            "bbox": [385, 37, 885, 720],
            "fps": 25,
            "frame_end": -1,
            "frame_start": 1,
            "instance_id": n,
            "signer_id": n % 100,
            "source": "somewhere",
            "split": "train",
            "url": "http://example.org/a.mp4",
            "variation_id": 0,
            "video_id": f"{n:06d}",
        }
        for n in range(n_rows)
    ]
    words = [
        {"gloss": f"word {n}", "instances": instances[n::1000]} for n in range(min(1000, n_rows))
    ]
    (source / "WLASL_v0.3.json").write_text(json.dumps(words))
    return source


ANNOTATIONS: dict[str, Callable[[Path, int], Path]] = {
    "wlasl": _wlasl,
    "autsl": _table("train_labels.csv", "", lambda n: f"signer{n % 40}_sample{n},{n % 226}"),
    "phoenix14t": _table(
        "PHOENIX-2014-T.train.corpus.csv",
        "name|video|start|end|speaker|orth|translation",
        lambda n: (
            f"clip-{n}|clip-{n}/1/*.png|-1|-1|Signer{n % 9:02d}|REGEN WIND NORD STARK|der "
            "wind weht im norden stark ."
        ),
    ),
    "signeval": _table(
        "train.csv", "id|gloss", lambda n: f"{n % 18:02d}_{n:06d}|هو معلم لغه اشاره"
    ),
}

if __name__ == "__main__":
    sys.exit(main())
