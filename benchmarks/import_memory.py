"""Peak memory of imports against the number of clips. Run with:

    python benchmarks/import_memory.py [CLIPS]

Each import runs in a process of its own, with a tenth, a half and all of 50,000 generated clips of
20 frames. Prints the most memory of its own that it had, in megabytes; what it maps of the source
does not count, for the system takes those pages back when it needs them. Linux only.
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep

import numpy as np

CLIP = np.random.default_rng(0).uniform(0, 400, (20, 86, 2)).astype(np.float32)


def main(n_clips: int = 50_000) -> None:
    """Print a line for each format."""
    sizes = (n_clips // 10, n_clips // 2, n_clips)
    print(f"{'format':16}" + "".join(f"{n:>10} clips" for n in sizes))
    for name, make in SOURCES.items():
        peaks = [peak_mb(name, make, n) for n in sizes]
        print(f"{name:16}" + "".join(f"{peak:>13.0f} MB" for peak in peaks), flush=True)


def peak_mb(name: str, make: Callable[[Path, int], list[str]], n_clips: int) -> float:
    """Of an import of that many clips."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.mkdir()
        options = make(source, n_clips)
        command = [sys.executable, __file__, "--import", name, str(source), f"{folder}/out"]
        done = run([*command, *options], check=True, stdout=PIPE, text=True)
        return float(done.stdout.split()[-1])


def import_and_measure(arguments: list[str]) -> None:
    """Run `signkit import` in this process and print its peak."""
    from signkit.cli.main import run as signkit

    peaks = [0.0]
    Thread(target=watch, args=(peaks,), daemon=True).start()
    code = signkit(["import", *arguments, "--quiet"])
    assert code == 0, code
    print(max(peaks))


def watch(peaks: list[float]) -> None:
    """Look every few milliseconds how much memory this process has."""
    while True:
        status = Path("/proc/self/status").read_text()
        peaks[0] = max(peaks[0], int(status.partition("RssAnon:")[2].split()[0]) / 1000)
        sleep(0.01)


def make_table(source: Path, n_clips: int) -> list[str]:
    lines = (f"police/signer{n % 7 + 1}_rep1/sentence{n:07d}|ΓΕΙΑ ΕΓΩ(1)\n" for n in range(n_clips))
    with (source / "gsl_split_SI_train.csv").open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return []


def make_numpy(source: Path, n_clips: int) -> list[str]:
    for n in range(n_clips):
        folder = source / f"{n // 1000}"
        folder.mkdir(exist_ok=True)
        np.save(folder / f"{n}.npy", CLIP[:, :75])
    return ["--fps=25", "--size=640x480", "--skeleton=mediapipe-75", "--units=pixels"]


def make_signeval(source: Path, n_clips: int) -> list[str]:
    ids = [f"{n // 10000:02d}_{n % 10000:04d}" for n in range(n_clips)]
    (source / "train.csv").write_text("id|gloss\n" + "".join(f"{i}|TEA\n" for i in ids))
    clips = {name: {"keypoints": CLIP + n % 7} for n, name in enumerate(ids)}
    with (source / "pose_data.pkl").open("wb") as file:
        pickle.dump(clips, file)
    return ["--size=640x480"]


SOURCES: dict[str, Callable[[Path, int], list[str]]] = {
    "gsl": make_table,
    "numpy": make_numpy,
    "signeval": make_signeval,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--import"]:
        import_and_measure(sys.argv[2:])
    else:
        main(*map(int, sys.argv[1:2]))
