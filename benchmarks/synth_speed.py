"""Frames per second of `signkit synth` on one core, with and without drawing. Run with:

    python benchmarks/synth_speed.py

Wanted: at least 60 frames/s drawn and encoded at 480x360, at least 20,000 frames/s of landmarks.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import cv2

from signkit.synth import synthesize


def main() -> None:
    """Time both ways, everything included that the command does."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    for render, n_clips in ((True, 24), (False, 2000)):
        with TemporaryDirectory() as folder:
            wall, cpu = perf_counter(), process_time()
            summary = synthesize(
                Path(folder) / "corpus", n_clips=n_clips, n_glosses=24, render=render, workers=1
            )
            wall, cpu = perf_counter() - wall, process_time() - cpu
        what = "drawn and encoded" if render else "landmarks only"
        rates = f"{summary.n_frames / wall:.0f} frames/s (CPU {summary.n_frames / cpu:.0f})"
        print(f"{what}: {rates}, {summary.n_frames} frames")


if __name__ == "__main__":
    main()
