"""Opening a dataset of two million clips: seconds and memory. Run with:

    python benchmarks/index.py [CLIPS]

The clip table is generated, with windows, glosses, a translation, signer, language and split in
each row; the poses lie in shards of 256 clips, all with the landmarks of one (2.5 GB in the
temporary folder).

Opening is what has to happen in a fresh process before `train` or `recognize` can touch a clip:
the imports, `PoseDataset.open` (every row of the table is parsed and checked), and the first
answers that take the shards: the labelled clips of two splits, and whether a clip has a pose, how
long it is and at which rate. Wanted: less than 3 s, and at most 1 GiB resident.

The very first opening also reads the end of every shard, to leave `poses/index.arrow`; it has a
line of its own. So have the examples that training makes before its first update, all of them in
Python. The files are in the system's cache. Linux and macOS only.
"""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from random import Random
from statistics import median
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what a process imports, and when, is measured
    from signkit.dataset import PoseDataset

REPEATS = 5
CLIPS_PER_SHARD = 256
CLIPS_PER_VIDEO = 20
GLOSSES = [f"GLOSS-{n}" for n in range(5000)]
SPLITS = {0: "dev", 1: "test"}  # of each hundred clips; the others are for training
WHOLE = "the whole process"
UNITS_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10

Steps = dict[str, list[float]]
"""What was done -> seconds, seconds of processors, and MiB resident at most until then."""


def main(n_clips: int = 2_000_000) -> None:
    """Print a table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_dataset(folder, n_clips)
        first = measured("--open", folder)
        later = [measured("--open", folder) for _ in range(REPEATS)]
        training = measured("--train", folder)
    print(f"{f'{n_clips:,} clips, median of {REPEATS}':40} seconds  processors'  MiB at most")
    for step in later[0]:
        show(
            step,
            [median(figures) for figures in zip(*(steps[step] for steps in later), strict=True)],
        )
    show("the whole process, the very first time", first[WHOLE])
    show("training: its imports and opening", training["opened"])
    show("training: an example of every clip", training["examples"])


def show(step: str, figures: list[float]) -> None:
    """Print a line of the table."""
    print(f"{step:40} {figures[0]:7.2f} {figures[1]:12.2f} {figures[2]:12.0f}", flush=True)


def measured(mode: str, folder: Path) -> Steps:
    """The steps of a process of its own, and all of it together."""
    whole: Steps = {}
    with timed(whole, WHOLE, resource.RUSAGE_CHILDREN):
        done = run([sys.executable, __file__, mode, str(folder)], check=True, stdout=PIPE)
    steps: Steps = json.loads(done.stdout)
    whole[WHOLE][2] = max(mib for *_, mib in steps.values())
    return steps | whole


@contextmanager
def timed(steps: Steps, name: str, whose: int = resource.RUSAGE_SELF) -> Iterator[None]:
    """Write down what the block took."""
    started, before = perf_counter(), resource.getrusage(whose)
    yield
    seconds, after = perf_counter() - started, resource.getrusage(whose)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    steps[name] = [seconds, busy, after.ru_maxrss / UNITS_PER_MIB]


def open_dataset(folder: Path, steps: Steps) -> None:
    """What `train` and `recognize` do first."""
    with timed(steps, "imports"):
        import pyarrow.compute
        import pyarrow.csv  # noqa: F401

        from signkit.dataset import PoseDataset
    with timed(steps, "PoseDataset.open"):
        dataset = PoseDataset.open(folder)
    with timed(steps, "labelled(split='train')"):
        train = dataset.labelled(split="train")
    with timed(steps, "labelled(split='dev')"):
        dev = dataset.labelled(split="dev")
    with timed(steps, "has_pose, n_frames, fps of a clip"):
        clip_id = train[len(train) // 2].clip_id
        assert dataset.has_pose(clip_id)
        assert dataset.n_frames(clip_id) > 0
        assert dataset.fps(clip_id) == 25
    assert len(train) + 2 * len(dev) == len(dataset.clips)


def make_training_examples(folder: Path, steps: Steps) -> None:
    """What `train` does for each clip before its first update."""
    with timed(steps, "opened"):
        from signkit.dataset import PoseDataset
        from signkit.train.loader import make_examples
        from signkit.vocabulary import Vocabulary

        dataset = PoseDataset.open(folder)
        clips = dataset.labelled(split="train")
    with timed(steps, "examples"):
        vocabulary = Vocabulary.of((clip.glosses for clip in clips), has_blank=True)
        examples = make_examples(dataset, clips, vocabulary, fps=25.0)
    assert len(examples) == len(clips)


def write_dataset(folder: Path, n_clips: int) -> None:
    """`dataset.json`, `clips.csv` and shards of `n_clips` clips."""
    from signkit.clip import ClipTable
    from signkit.dataset import DatasetInfo, PoseDataset
    from signkit.skeleton import skeleton_from_names

    points = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)
    dataset = PoseDataset.create(folder, DatasetInfo("index", points), ClipTable.from_clips([]))
    write_shards(dataset, n_clips)
    names = "clip_id,video,start_s,end_s,glosses,text,signer,language,split"
    with (folder / "clips.csv").open("w", encoding="utf-8") as file:
        file.write(names + "\n")
        file.writelines(map(row, range(n_clips)))


def clip_id(n: int) -> str:
    return f"v{n // CLIPS_PER_VIDEO:07d}-{n % CLIPS_PER_VIDEO:03d}"


def row(n: int) -> str:
    """The line of a clip."""
    video, start_s = n // CLIPS_PER_VIDEO, n % CLIPS_PER_VIDEO * 4.52
    glosses = " ".join(GLOSSES[(n * 7 + k * 131) % len(GLOSSES)] for k in range(1 + n * 5 % 7))
    window = f"{start_s:.3f},{start_s + 4.1:.3f}"
    text = f'"So, this is what was said, number {n}"'
    split = SPLITS.get(n % 100, "train")
    return (
        f"{clip_id(n)},videos/v{video:07d}.mp4,{window},{glosses},{text},"
        f"signer-{video % 3000},ase,{split}\n"
    )


def write_shards(dataset: "PoseDataset", n_clips: int) -> None:
    """One shard as it is always written, and copies of it with other ids at their ends."""
    import numpy as np

    from signkit.pose import PoseSequence
    from signkit.shard import shard_index, shard_path, write_shard

    lengths = [Random(n).randint(16, 240) for n in range(CLIPS_PER_SHARD)]
    poses = [
        PoseSequence(
            clip_id=clip_id(n),
            skeleton=dataset.skeleton,
            coords=np.zeros((length, 3, 2), np.float32),
            confidence=np.ones((length, 3), np.float32),
            fps=25.0,
            width_px=640,
            height_px=480,
        )
        for n, length in enumerate(lengths)
    ]
    first = shard_path(dataset.poses_folder, 0)
    write_shard(first, poses)
    whole = first.read_bytes()
    rows = [astuple(ref.row) for ref in shard_index(first)]
    listed = json.dumps(rows).encode()
    assert whole.count(listed) == 1
    for number in range(1, -(-n_clips // CLIPS_PER_SHARD)):
        ids = (clip_id(number * CLIPS_PER_SHARD + n) for n in range(CLIPS_PER_SHARD))
        others = json.dumps([(name, *row[1:]) for name, row in zip(ids, rows, strict=True)])
        path = shard_path(dataset.poses_folder, number)
        path.write_bytes(whole.replace(listed, others.encode()))


if __name__ == "__main__":
    modes = {"--open": open_dataset, "--train": make_training_examples}
    if sys.argv[1:] and sys.argv[1] in modes:
        steps: Steps = {}
        modes[sys.argv[1]](Path(sys.argv[2]), steps)
        print(json.dumps(steps))
    else:
        main(*map(int, sys.argv[1:2]))
