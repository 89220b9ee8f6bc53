"""Extraction against a bare MediaPipe loop, one core, and pose-format. Run with:

    python benchmarks/extraction_speed.py [VIDEOS] [--repeats 3]

Every figure is a ratio of two runs made in turns on the same videos, the median over the repeats.
VIDEOS is a folder of videos; without one, generated signers are drawn. The runs are processes of
their own, start-up included. pose-format: pip install 'signkit[dev]'.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from signkit.extract.sources import find_clips
from signkit.synth import synthesize

BARE = """
import sys
import av
from mediapipe.python.solutions.holistic import Holistic
for path in sys.argv[1:]:
    with av.open(path) as container, Holistic(model_complexity=1) as holistic:
        for frame in container.decode(video=0):
            holistic.process(frame.to_ndarray(format="rgb24"))
"""


def main() -> None:
    """Draw videos if need be, then time each pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="?", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        videos = given.videos or _drawn(folder)
        cores = sorted(os.sched_getaffinity(0))[:2]
        for compare in (against_bare_loop, two_workers_against_one, against_pose_format):
            compare(videos, folder, cores, given.repeats)


def against_bare_loop(videos: Path, folder: Path, cores: list[int], repeats: int) -> None:
    """CPU time of `signkit extract` against decoding and MediaPipe alone, both on one core."""
    files = [str(source.video) for source in find_clips(videos)]
    bare = [sys.executable, "-c", BARE, *files]
    ratios = _paired(
        lambda: _run(_extract(videos, folder), cores[:1])[1],
        lambda: _run(bare, cores[:1])[1],
        repeats,
    )
    _tell("CPU time against a bare MediaPipe loop", ratios, "at most 1.05")


def two_workers_against_one(videos: Path, folder: Path, cores: list[int], repeats: int) -> None:
    """Speed with a worker on each of two cores against one worker on one core."""
    ratios = _paired(
        lambda: _run(_extract(videos, folder), cores[:1])[0],
        lambda: _run(_extract(videos, folder), cores)[0],
        repeats,
    )
    _tell("two pinned workers against one", ratios, "at least 1.85")


def against_pose_format(videos: Path, folder: Path, cores: list[int], repeats: int) -> None:
    """Speed against pose-format's directory tool with two workers."""
    tool = Path(sys.executable).parent / "videos_to_poses"
    if not tool.is_file():
        print("pose-format is not installed: pip install 'signkit[dev]'")
        return

    def peer() -> float:
        copies = folder / "copies"
        shutil.rmtree(copies, ignore_errors=True)
        copies.mkdir()
        for source in find_clips(videos):
            shutil.copy(source.video, copies)
        command = [str(tool), "-d", str(copies), "--num-workers", "2"]
        return _run([*command, "--additional-config", "model_complexity=1"], cores)[0]

    ratios = _paired(peer, lambda: _run(_extract(videos, folder), cores)[0], repeats)
    _tell("speed against pose-format with two workers", ratios, "at least 1.05")


def _drawn(folder: Path) -> Path:
    synthesize(folder / "drawn", n_clips=24, n_signers=6, n_glosses=24, workers=2)
    return folder / "drawn" / "videos"


def _extract(videos: Path, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "signkit", "extract", str(videos), str(folder / "out")]
    return [*command, "--overwrite", "--quiet"]


def _run(command: list[str], cores: list[int]) -> tuple[float, float]:
    """(seconds, CPU seconds) of a process and its children, which may use only these cores."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    seconds, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu


def _paired(one: Callable[[], float], other: Callable[[], float], repeats: int) -> list[float]:
    return [one() / other() for _ in range(repeats)]


def _tell(what: str, ratios: list[float], wanted: str) -> None:
    runs = ", ".join(f"{ratio:.3f}" for ratio in sorted(ratios))
    print(f"{what}: {median(ratios):.3f} (wanted {wanted}; runs {runs})", flush=True)


if __name__ == "__main__":
    main()
