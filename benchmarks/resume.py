"""Seconds that `signkit extract` takes to see that a job of 10,000 clips is finished. Run with:

    python benchmarks/resume.py [CLIPS]

The clips are one-frame windows of one small drawn video; wanted: less than 2 s, start-up included.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from signkit.clip import Clip, ClipTable
from signkit.dataset import PoseDataset
from signkit.pose import PoseSequence
from signkit.shard import shard_path, shard_paths, write_shard
from signkit.synth import synthesize

REPEATS = 5
CLIPS_PER_SHARD = 256


def main(n_clips: int = 10_000) -> None:
    """Make a finished job, then run it again."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        synthesize(folder / "drawn", n_clips=2, n_signers=1, n_glosses=2)
        video = next((folder / "drawn" / "videos").glob("*.mp4"))
        ids = [f"clip{n:06d}" for n in range(n_clips)]
        rows = (Clip(i, video=f"videos/{video.name}", start_s=0.0, end_s=0.04) for i in ids)
        command = [sys.executable, "-m", "signkit", "extract", str(folder / "drawn")]
        command += [str(folder / "poses"), "--labels", str(folder / "windows.csv"), "--quiet"]
        ClipTable.from_clips([Clip(ids[0], video=f"videos/{video.name}", end_s=0.04)]).write(
            folder / "windows.csv"
        )
        subprocess.run(command, check=True, capture_output=True)
        _multiply(PoseDataset.open(folder / "poses"), ids)
        ClipTable.from_clips(rows).write(folder / "windows.csv")
        subprocess.run(command, check=True, capture_output=True)  # brings the clip table up to date
        times = [_seconds(command) for _ in range(REPEATS)]
    print(f"a finished job of {n_clips} clips: {median(times):.2f} s (wanted less than 2 s)")


def _multiply(dataset: PoseDataset, ids: list[str]) -> None:
    """The shards that the job would have written, all with the pose of its first clip."""
    (first,) = dataset.poses()
    coords, confidence = np.array(first.coords), np.array(first.confidence)
    (only,) = shard_paths(dataset.poses_folder)
    only.unlink()
    for number, start in enumerate(range(0, len(ids), CLIPS_PER_SHARD)):
        poses = [
            PoseSequence(i, first.skeleton, coords, confidence, 25.0, 480, 360)
            for i in ids[start : start + CLIPS_PER_SHARD]
        ]
        write_shard(shard_path(dataset.poses_folder, number), poses)


def _seconds(command: list[str]) -> float:
    started = perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "0 of" in done.stdout, done.stdout
    return perf_counter() - started


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
