"""Scoring 10,000 clips with every slice, gloss table, confusion and alignment, and the HTML page.

The corpus is labels only, made up: 800 glosses, 12 signers of whom 9 are in train, a third of the
sentences in train, some glosses that train does not have. Times are medians of five, without
starting Python; jiwer's own counting of the same pairs stands beside them. Run with:

    python benchmarks/scoring.py
"""

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.hypothesis import Hypothesis
from signkit.score import score_dataset
from signkit.view.score_page import score_page

N_CLIPS, N_TRAIN, N_GLOSSES, N_KNOWN = 10_000, 2_000, 800, 780
LONGEST, ROUNDS = 14, 5
MEGABYTE = 1e6


def sentence(rng: random.Random, n_glosses: int) -> tuple[str, ...]:
    """1 to `LONGEST` of the first glosses."""
    return tuple(f"GLOSS{rng.randrange(n_glosses)}" for _ in range(rng.randint(1, LONGEST)))


def spoilt(glosses: tuple[str, ...], rng: random.Random) -> tuple[str, ...]:
    """What a recognizer with a tenth of each kind of error would say."""
    out = []
    for gloss in glosses:
        fate = rng.random()
        if fate > 0.1:
            out.append(f"GLOSS{rng.randrange(N_GLOSSES)}" if fate < 0.2 else gloss)
        if rng.random() < 0.1:
            out.append(f"GLOSS{rng.randrange(N_GLOSSES)}")
    return tuple(out)


def corpus(folder: Path) -> tuple[PoseDataset, list[Hypothesis]]:
    """A dataset without poses, and hypotheses of its test split."""
    rng = random.Random(0)
    train = [
        Clip(f"train-{i}", glosses=sentence(rng, N_KNOWN), signer=f"s{i % 9}", split="train")
        for i in range(N_TRAIN)
    ]
    test = [
        Clip(
            f"test-{i}",
            glosses=rng.choice(train).glosses if i % 3 == 0 else sentence(rng, N_GLOSSES),
            signer=f"s{i % 12}",
            split="test",
        )
        for i in range(N_CLIPS)
    ]
    PoseDataset.create(folder, DatasetInfo(name="labels"), ClipTable.from_clips([*train, *test]))
    found = [Hypothesis(clip.clip_id, spoilt(clip.glosses, rng)) for clip in test]
    return PoseDataset.open(folder), found


def median_seconds(job: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time."""
    times = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        job()
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = zip(*times, strict=True)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    """Print the times and the size of the page."""
    import jiwer

    with TemporaryDirectory() as folder:
        dataset, found = corpus(Path(folder))
        report = score_dataset(found, dataset, split="test")
        texts = [(" ".join(c.glosses), " ".join(c.hypothesis)) for c in report.clips]
        references, hypotheses = (list(column) for column in zip(*texts, strict=True))
        by_id = {hypothesis.clip_id: hypothesis for hypothesis in found}
        page = score_page(report, hypotheses=by_id)
        jobs: dict[str, Callable[[], object]] = {
            "jiwer alone": lambda: jiwer.process_words(references, hypotheses),
            "report": lambda: score_dataset(found, dataset, split="test"),
            "report as JSON": lambda: report.to_json(clips=True),
            "HTML page": lambda: score_page(report, hypotheses=by_id),
        }
        print(f"{report.signature}; {len(report.slices())} slices")
        for name, job in jobs.items():
            wall, cpu = median_seconds(job)
            print(f"{name}: {wall:.2f} s (processor {cpu:.2f} s)")
        print(f"HTML page: {len(page.encode()) / MEGABYTE:.2f} MB")


if __name__ == "__main__":
    main()
