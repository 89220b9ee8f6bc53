"""A generated corpus of hand strokes that a tiny recognizer learns in seconds."""

from pathlib import Path

import numpy as np

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.pose import PoseSequence
from signkit.recipe import Recipe, parse_recipe
from signkit.shard import ShardWriter
from signkit.skeleton import skeleton_from_names

POINTS = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)
GLOSSES = ("CIRCLE", "DOWN", "SIDE", "UP")
TINY = {
    "model": {"width": 16, "n_blocks": 1, "n_heads": 2, "kernel_size": 5, "dropout": 0.0},
    "train": {"epochs": 2, "clips_per_batch": 8, "frames_per_batch": 600, "peak_lr": 3e-3},
}


def stroke(gloss: str, n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """(T, 2) path of the right hand for one gloss, ending where it began."""
    share = np.linspace(0, 1, n_frames)
    there = np.sin(np.pi * share)[:, None]
    round_ = np.stack([np.sin(2 * np.pi * share), np.cos(2 * np.pi * share) - 1], axis=1)
    way = {"UP": there * (0, -80), "DOWN": there * (0, 80), "SIDE": there * (80, 0)}
    return way.get(gloss, 60 * round_) * rng.uniform(0.9, 1.1)


def signed(clip_id: str, glosses: tuple[str, ...], rng: np.random.Generator) -> PoseSequence:
    """A clip in which the right hand makes the strokes of the glosses."""
    pause = np.zeros((3, 2))
    pieces = [pause]
    for gloss in glosses:
        pieces += [stroke(gloss, int(rng.integers(8, 13)), rng), pause]
    path = np.concatenate(pieces)
    coords = np.full((len(path), 3, 2), 200.0)
    coords[:, 0] = (120, 300)
    coords[:, 1] = np.array([260, 300]) + path
    coords += rng.normal(0, 1, coords.shape)
    seen = np.ones((len(path), 3), np.float32)
    return PoseSequence(clip_id, POINTS, coords.astype(np.float32), seen, 25.0, 400, 400)


def make_strokes(folder: Path, *, n_clips: int, continuous: bool, dev: bool = True) -> PoseDataset:
    """A dataset of strokes whose glosses are easy to tell apart."""
    rng = np.random.default_rng(0)
    clips, poses = [], []
    for i in range(n_clips):
        n = int(rng.integers(1, 4)) if continuous else 1
        first = GLOSSES[i % len(GLOSSES)]
        glosses = (first, *rng.choice(GLOSSES, n - 1).tolist())
        split = "dev" if dev and i % 4 == 3 and i >= 8 else "train"
        clips.append(Clip(f"clip-{i:03d}", glosses=glosses, signer=f"s{i % 3}", split=split))
        poses.append(signed(f"clip-{i:03d}", glosses, rng))
    dataset = PoseDataset.create(
        folder, DatasetInfo("strokes", POINTS), ClipTable.from_clips(clips)
    )
    with ShardWriter(dataset.poses_folder) as writer:
        for pose in poses:
            writer.add(pose)
    return dataset


def make_recipe(task: str, **sections: dict[str, object]) -> Recipe:
    """A tiny recipe; each section's values come on top of `TINY`."""
    record: dict[str, object] = {"task": task}
    for name in {*TINY, *sections}:
        record[name] = {**TINY.get(name, {}), **sections.get(name, {})}
    return parse_recipe(record)
