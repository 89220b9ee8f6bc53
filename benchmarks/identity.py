"""Who is who where people cross: rendered scenes of two signers and passers-by. Run with:

    SIGNKIT_WEIGHTS=MODELS python benchmarks/identity.py [SCENES] [SEED]

Draws SCENES videos (default 40, seed 0) of three seconds and runs the real chain on them: YOLOX,
tracker, MediaPipe on each person, choice of the signer. MODELS is a folder with a YOLOX model.

A scene has a switch if in any frame, in which the true person is less than 30 % hidden, the middle
of the shoulders lies nearer to somebody else's than to the person's own and more than half a
shoulder width from it. The right one is, under `active`, who signs most, and under `largest`,
anybody who is at most a tenth smaller than the largest. Last, the tracker alone on five times as
many scenes: true boxes with noise, nobody found who is mostly hidden, one box in twenty missed.
There a scene has a switch if the signer's number is given to somebody else in plain sight.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from signkit.extract.extractor import Extractor, ExtractorOptions, make_extractor
from signkit.extract.landmarks import ClipFrames, ClipJob
from signkit.extract.video import VideoReader
from signkit.people.signer import choose_signers
from signkit.people.track import Track
from signkit.people.tracking import Sightings, Tracker
from signkit.skeleton import Skeleton
from signkit.synth.render import write_video
from signkit.synth.scene import FPS, Scene, scenes
from signkit.synth.truth import TRUTH_SKELETON

HIDDEN = 0.3
POLICIES = ("active", "largest")
DETECT_EVERY = ExtractorOptions.detect_every
MOSTLY_HIDDEN, MISSED, NOISE = 0.7, 0.05, 0.03
SHOULDERS = ("left_shoulder", "right_shoulder")


@dataclass(frozen=True)
class Result:
    """What one policy made of one scene: `found` is the share of frames with the person in plain
    sight that have a pose of that person."""

    is_right: bool
    switched: bool
    found: float


def main(n_scenes: int = 40, seed: int = 0) -> None:
    """Draw, extract, compare."""
    extractor = make_extractor("mediapipe", ExtractorOptions(signer="active"))
    results: dict[str, list[Result]] = {policy: [] for policy in POLICIES}
    with TemporaryDirectory() as folder:
        for scene in scenes(n_scenes, seed=seed):
            tracks = extract_scene(scene, Path(folder) / f"{scene.seed}.mp4", extractor)
            for policy in POLICIES:
                result = judge(scene, tracks, policy, extractor.skeleton)
                results[policy].append(result)
                print(f"scene {scene.seed} {policy}: {result}", file=sys.stderr)
    for policy, judged in results.items():
        right, switched, found = (
            np.mean([getattr(result, name) for result in judged])
            for name in ("is_right", "switched", "found")
        )
        print(
            f"--signer {policy}: {1 - switched:.1%} of {n_scenes} scenes without a switch, the "
            f"right one in {right:.1%}, {found:.1%} of its frames found"
        )
    kept = [keeps_signer(scene) for scene in scenes(5 * n_scenes, seed=seed + 1)]
    print(f"tracker on true boxes: {np.mean(kept):.1%} of {len(kept)} scenes without a switch")


def extract_scene(scene: Scene, video: Path, extractor: Extractor) -> list[Track]:
    """Everybody whom the extractor finds in a video of the scene."""
    size = (scene.width_px, scene.height_px)
    write_video(video, scene.frames(), size=size, fps=scene.fps)
    with VideoReader(video) as reader:
        return list(extractor(ClipFrames(ClipJob("scene", str(video)), reader)))


def judge(scene: Scene, tracks: list[Track], policy: str, skeleton: Skeleton) -> Result:
    """Compare the pose that a policy chooses with the truth."""
    (choice,) = choose_signers(tracks, policy, skeleton, fps=scene.fps, n_frames=scene.n_frames)
    middle = np.full((scene.n_frames, 2), np.nan)
    shoulders = skeleton.indices(SHOULDERS)
    middle[choice.track.frames] = choice.track.coords[:, shoulders, :2].mean(axis=1)
    true = scene.coords[:, :, TRUTH_SKELETON.indices(SHOULDERS), :2]  # (P, T, 2, 2)
    width = np.linalg.norm(true[:, :, 0] - true[:, :, 1], axis=-1)
    away = np.linalg.norm(true.mean(axis=2) - middle, axis=-1) / width  # (P, T), NaN without pose
    person = int(np.argmax((away < 0.5).sum(axis=1)))  # whose pose this is, most of the time
    in_sight = scene.hidden[person] < HIDDEN
    nearest_other = np.delete(away * width, person, axis=0).min(axis=0)
    is_other = (nearest_other < away[person] * width[person]) & (away[person] > 0.5)
    sizes = sizes_of(scene)
    is_large = sizes[person] >= 0.9 * max(sizes)
    is_right = person == scene.who_signs if policy == "active" else is_large
    own = in_sight & (away[person] <= 0.5)
    return Result(
        bool(is_right), bool((is_other & in_sight).any()), float(own.sum() / max(in_sight.sum(), 1))
    )


def sizes_of(scene: Scene) -> list[float]:
    """Of each person, the median area of the true box times how long there was one."""
    sides = scene.boxes[..., 2:] - scene.boxes[..., :2]  # (P, T, 2)
    areas = [person[np.isfinite(person)] for person in sides.prod(axis=-1)]
    return [float(np.median(area)) * len(area) if len(area) else 0.0 for area in areas]


def keeps_signer(scene: Scene) -> bool:
    """Whether the tracker gives the signer's numbers to nobody else in plain sight."""
    tracker = Tracker()
    owners: dict[int, set[int]] = {}
    for frame, people, sightings in simulate(scene):
        numbers = tracker(frame / FPS, sightings).tolist()
        for person, number in zip(people, numbers, strict=True):
            if scene.hidden[person, frame] < HIDDEN:
                owners.setdefault(number, set()).add(person)
    return all(
        people == {scene.who_signs} for people in owners.values() if scene.who_signs in people
    )


def simulate(scene: Scene) -> Iterator[tuple[int, list[int], Sightings]]:
    """Key frames of a scene: position, whom a detector would see, and how."""
    rng = np.random.default_rng(scene.seed)
    looks = rng.dirichlet(np.full(64, 0.1), len(scene.actors)).astype(np.float32)
    for frame in range(0, scene.n_frames, DETECT_EVERY):
        hidden = scene.hidden[:, frame]
        seen = np.flatnonzero((hidden < MOSTLY_HIDDEN) & (rng.random(len(hidden)) > MISSED))
        boxes = scene.boxes[seen, frame]
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        noisy = boxes + (NOISE * sides * rng.standard_normal(boxes.shape)).astype(np.float32)
        sightings = Sightings(
            boxes=noisy,
            looks=_mixed(looks, seen, hidden),
            whole=(boxes[:, 0] > 0) & (boxes[:, 2] < scene.width_px),
        )
        yield frame, seen.tolist(), sightings


def _mixed(
    looks: NDArray[np.float32], seen: NDArray[np.int64], hidden: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Looks of those seen; where somebody is covered, the look is that of the nearest of all."""
    covered = hidden[seen, None]
    return (1 - covered) * looks[seen] + covered * looks[-1]


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:3]))
