"""Scoring a large test set and writing its HTML page: seconds, size, and time to open. Run with:

    python benchmarks/score_page.py [CLIPS]

The set is generated: 30 signers, sentences of 1 to 12 of 1,000 glosses, an error for every fourth
gloss, and times and a confidence for each that is recognized. The poses are random walks of
MediaPipe's 543 landmarks over five seconds: the size of a packed pose does not depend on how it
moves.

Wanted for 10,000 clips: less than 5 s to score with every slice and write the page, a page of less
than 20 MB, and less than 2 s until a browser has loaded it and painted its second frame, each time
in a tab of its own. Chromium is asked, without a window; that line is left out where there is none.
Poses are read by the command before, so their reading is not in it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.files import write_text
from signkit.hypothesis import Hypothesis
from signkit.pose import PoseSequence
from signkit.score import score_dataset
from signkit.skeletons import SKELETONS
from signkit.view.score_page import score_page, shown_clips

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.browser.chromium import Browser, find_chromium

REPEATS = 5
N_SIGNERS = 30
LONGEST = 12
GLOSSES = [f"GLOSS-{i}" for i in range(1000)]
SKELETON = SKELETONS["mediapipe-543"]
FPS, N_FRAMES = 25.0, 125
TWO_FRAMES = (
    "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))"
)


def main(n_clips: int = 10_000) -> None:
    """Print a table."""
    with TemporaryDirectory() as name:
        path = Path(name) / "score.html"
        scoring, writing = make_page(Path(name) / "data", path, n_clips)
        print(f"{n_clips:,} clips, median of {REPEATS}")
        print(f"{'score, every slice and interval':40} {median(scoring):7.2f} s")
        print(f"{'write the page':40} {median(writing):7.2f} s")
        both = [a + b for a, b in zip(scoring, writing, strict=True)]
        print(f"{'together':40} {median(both):7.2f} s      (wanted: less than 5)")
        print(f"{'size':40} {path.stat().st_size / 1e6:7.2f} MB     (wanted: less than 20)")
        if find_chromium():
            opening = list(opened(path))
            print(f"{'open in Chromium':40} {median(opening):7.2f} s      (wanted: less than 2)")


def make_page(folder: Path, path: Path, n_clips: int) -> tuple[list[float], list[float]]:
    """Seconds for scoring and for writing, each as often as it is repeated."""
    clips, hypotheses = make_clips(n_clips)
    info = DatasetInfo("score_page", SKELETON)
    dataset = PoseDataset.create(folder, info, ClipTable.from_clips(clips))
    by_clip = {hypothesis.clip_id: hypothesis for hypothesis in hypotheses}
    scoring, writing = [], []
    for _ in range(REPEATS):
        started = perf_counter()
        report = score_dataset(hypotheses, dataset, split="test")
        scoring.append(perf_counter() - started)
        poses = {
            clip.clip_id: make_pose(clip.clip_id, seed)
            for seed, clip in enumerate(shown_clips(report, by_clip))
        }
        started = perf_counter()
        write_text(path, score_page(report, poses=poses, hypotheses=by_clip, title="Benchmark"))
        writing.append(perf_counter() - started)
    return scoring, writing


def make_clips(n_clips: int) -> tuple[list[Clip], list[Hypothesis]]:
    """Clips for train and, four times as many, for test, and what is recognized in the latter."""
    rng = np.random.default_rng(0)
    clips: list[Clip] = []
    hypotheses: list[Hypothesis] = []
    for i in range(n_clips + n_clips // 4):
        n_glosses = rng.integers(1, LONGEST + 1)
        glosses = tuple(GLOSSES[g] for g in rng.integers(0, len(GLOSSES), n_glosses))
        signer, split = f"signer-{i % N_SIGNERS:02d}", "test" if i < n_clips else "train"
        clips.append(Clip(f"clip-{i:06d}", glosses=glosses, signer=signer, split=split))
        if split == "test":
            hypotheses.append(make_hypothesis(clips[-1], rng))
    return clips, hypotheses


def make_hypothesis(clip: Clip, rng: np.random.Generator) -> Hypothesis:
    """Ten in a hundred glosses are missed, ten are read as another, five are added to."""
    found: list[str] = []
    for gloss, chance in zip(clip.glosses, rng.random(len(clip.glosses)), strict=True):
        other = GLOSSES[rng.integers(len(GLOSSES))]
        if chance > 0.1:
            found.append(gloss if chance > 0.2 else other)
        if chance > 0.95:
            found.append(other)
    edges = np.linspace(0, N_FRAMES / FPS, len(found) + 1)
    times = tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    sure = tuple(rng.random(len(found)).tolist())
    return Hypothesis(clip.clip_id, tuple(found), times_s=times, confidence=sure)


def make_pose(clip_id: str, seed: int) -> PoseSequence:
    """A random walk of all landmarks."""
    rng = np.random.default_rng(seed)
    shape = (N_FRAMES, SKELETON.n_landmarks, SKELETON.n_dims)
    walk = rng.uniform(100, 380, (1, *shape[1:])) + rng.normal(0, 2, shape).cumsum(axis=0)
    sure = np.ones(shape[:2], dtype=np.float32)
    return PoseSequence(clip_id, SKELETON, walk.astype(np.float32), sure, FPS, 640, 480)


def opened(path: Path) -> Iterator[float]:
    """Seconds from asking for the page until it is painted, in a browser that runs already."""
    empty = path.with_name("empty.html")
    empty.write_text("<!doctype html>")
    with Browser() as browser:
        for _ in range(REPEATS):
            with browser.open(empty) as page:
                started = perf_counter()
                page.load(path)
                page.evaluate(TWO_FRAMES)
                yield perf_counter() - started
                assert page.evaluate("document.querySelectorAll('.clip').length") > 0


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
