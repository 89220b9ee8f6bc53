"""Memory of an extraction over 2,000 clips, the job and its workers. Run with:

    python benchmarks/extraction_memory.py [CLIPS]

The clips are windows of drawn videos, four frames each, so that what is kept per clip would show.
Prints resident megabytes against clips done.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from signkit.clip import Clip, ClipTable
from signkit.extract import Progress, extract
from signkit.synth import synthesize

FRAMES_PER_CLIP = 4
FPS = 25
N_ROWS = 20


def main(n_clips: int = 2000) -> None:
    """Draw videos, cut them into clips by time, extract and watch."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        synthesize(folder / "drawn", n_clips=24, n_signers=6, n_glosses=24, workers=2)
        _windows(folder / "drawn" / "videos", n_clips).write(folder / "windows.csv")
        print("   clips   job MB   workers MB")

        def watch(state: Progress) -> None:
            if state.done % max(n_clips // N_ROWS, 1) == 0 and state.done:
                children = [_resident_mb(pid) for pid in _children(os.getpid())]
                workers = " + ".join(f"{mb:.0f}" for mb in children)
                print(f"{state.done:8d} {_resident_mb(os.getpid()):8.0f}   {workers}", flush=True)

        summary = extract(
            folder / "drawn", folder / "poses", labels=folder / "windows.csv", progress=watch
        )
        print(f"{summary.n_done} of {summary.n_clips} clips, {summary.frames_per_s:.0f} frames/s")


def _windows(videos: Path, n_clips: int) -> ClipTable:
    files = sorted(videos.glob("*.mp4"))
    length_s = FRAMES_PER_CLIP / FPS
    starts = [(file, k * length_s) for k in range(6) for file in files]
    return ClipTable.from_clips(
        Clip(f"clip{n:05d}", video=f"videos/{file.name}", start_s=start, end_s=start + length_s)
        for n, (file, start) in ((n, starts[n % len(starts)]) for n in range(n_clips))
    )


def _resident_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it has just been replaced
        return 0.0
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000 if "VmRSS:" in status else 0.0


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return sorted(found)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
