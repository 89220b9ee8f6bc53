"""Pose shards against `.pose` and npz: size, a random clip, reading everything. Run with:

    python benchmarks/shards.py [VIDEOS] [--clips 20000]

The landmarks are those MediaPipe finds in a folder of videos, as float32; without VIDEOS, in 24
drawn ones. The random clip comes out of CLIPS generated ones. pose-format comes with
'signkit[dev]'.
"""

import argparse
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from signkit.clip import ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.extract.executors import LocalExecutor
from signkit.extract.landmarks import ClipJob, Extracted
from signkit.extract.sources import find_clips
from signkit.pose import PoseSequence
from signkit.shard import shard_path, shard_paths, write_shard
from signkit.synth import synthesize

REPEATS = 5
N_RANDOM = 2000


def main() -> None:
    """Print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="?", type=Path)
    parser.add_argument("--clips", type=int, default=20_000)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        poses = _extracted(given.videos or _drawn(folder))
        files = write_foreign(poses, folder)
        dataset = write_shards(poses, folder / "dataset")
        compare_sizes(dataset, files)
        compare_reading(dataset, files)
        synthesize(folder / "many", n_clips=given.clips, n_glosses=50, render=False, workers=2)
        read_at_random(folder / "many")


def write_shards(poses: list[PoseSequence], path: Path) -> PoseDataset:
    """A dataset of the landmarks, whose rounding is checked."""
    info = DatasetInfo("benchmark", poses[0].skeleton)
    dataset = PoseDataset.create(path, info, ClipTable.from_clips([]))
    write_shard(shard_path(dataset.poses_folder, 0), poses)
    for raw, kept in zip(poses, dataset.poses(), strict=True):
        assert (np.isnan(raw.coords) == np.isnan(kept.coords)).all()
        error = np.abs(raw.coords - kept.coords)
        assert np.nanmax(error) <= 1 / 32 + np.nanmax(np.abs(raw.coords)) * 1e-6
    return dataset


def write_foreign(poses: list[PoseSequence], folder: Path) -> dict[str, list[Path]]:
    """The same landmarks as `.pose` files and as compressed npz; float32, as both are used."""
    from pose_format import Pose
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

    files: dict[str, list[Path]] = {"pose": [], "npz": []}
    for pose in poses:
        skeleton = pose.skeleton
        parts = [
            PoseHeaderComponent(part, list(names), [], [], "XYZC")
            for part, names in skeleton.parts.items()
        ]
        size = PoseHeaderDimensions(pose.width_px, pose.height_px, 1000)
        order = np.concatenate([skeleton.part_indices(part) for part in skeleton.parts])
        coords = np.ma.masked_invalid(pose.coords[:, None, order]).filled(0)
        confidence = pose.confidence[:, None, order]
        body = NumPyPoseBody(pose.fps, np.ma.array(coords), confidence)
        files["pose"].append(folder / f"{pose.clip_id}.pose")
        with files["pose"][-1].open("wb") as file:
            Pose(PoseHeader(0.2, size, parts), body).write(file)
        files["npz"].append(folder / f"{pose.clip_id}.npz")
        np.savez_compressed(files["npz"][-1], coords=pose.coords, confidence=pose.confidence)
    return files


def compare_sizes(dataset: PoseDataset, files: dict[str, list[Path]]) -> None:
    """Bytes of all shards against bytes of the foreign files."""
    ours = sum(path.stat().st_size for path in shard_paths(dataset.poses_folder))
    for name, wanted in (("pose", 0.25), ("npz", 0.35)):
        theirs = sum(path.stat().st_size for path in files[name])
        print(f"shard bytes against {name}: {ours / theirs:.3f} (wanted at most {wanted})")


def compare_reading(dataset: PoseDataset, files: dict[str, list[Path]]) -> None:
    """Speed of reading everything with two threads, against `.pose` files with two threads."""
    from pose_format import Pose

    def ours() -> None:
        for _ in dataset.poses(threads=2):
            pass

    def read_pose(path: Path) -> None:
        Pose.read(path.read_bytes())

    def theirs() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(read_pose, files["pose"]))

    ratio = median(_seconds(theirs) / _seconds(ours) for _ in range(REPEATS))
    print(f"reading with two threads against .pose: {ratio:.2f} (wanted at least 0.5)")


def read_at_random(path: Path) -> None:
    """Milliseconds to read one clip of an opened dataset."""
    dataset = PoseDataset.open(path)
    ids = dataset.ids_with_poses
    wanted = random.Random(0).sample(ids, min(N_RANDOM, len(ids)))
    times = sorted(1000 * _seconds(lambda i=clip_id: dataset.pose(i)) for clip_id in wanted)
    print(
        f"a random clip out of {len(ids)}: median {median(times):.2f} ms, 95 % below "
        f"{times[int(0.95 * len(times))]:.2f} ms (wanted at most 1)"
    )


def _drawn(folder: Path) -> Path:
    synthesize(folder / "drawn", n_clips=24, n_signers=6, n_glosses=24, workers=2)
    return folder / "drawn"


def _extracted(videos: Path) -> list[PoseSequence]:
    """What the extractor gives, before any rounding."""
    jobs = [ClipJob(source.clip.clip_id, source.video) for source in find_clips(videos)]
    with LocalExecutor("mediapipe") as executor:
        outcomes = [outcome for _, outcome in executor.run(jobs)]
    return [pose for o in outcomes if isinstance(o, Extracted) for pose in o.poses]


def _seconds(call: Callable[[], object]) -> float:
    started = perf_counter()
    call()
    return perf_counter() - started


if __name__ == "__main__":
    main()
