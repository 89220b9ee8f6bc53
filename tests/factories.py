"""Small seeded poses, clips and datasets for tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.pose import PoseSequence
from signkit.shard import ShardWriter
from signkit.skeleton import Skeleton
from signkit.skeletons import MEDIAPIPE_75

WIDTH_PX, HEIGHT_PX = 640, 480


def make_pose(
    clip_id: str = "clip-0",
    *,
    n_frames: int = 12,
    skeleton: Skeleton = MEDIAPIPE_75,
    hidden: float = 0.1,
    fps: float = 25.0,
    seed: int = 0,
) -> PoseSequence:
    """Smooth random motion on the 1/16 px grid of the shards; a share of landmarks is unseen."""
    rng = np.random.default_rng(seed)
    shape = (n_frames, skeleton.n_landmarks, skeleton.n_dims)
    place = rng.uniform(100, 380, size=(1, *shape[1:]))
    coords = np.round((place + rng.normal(0, 2, shape).cumsum(axis=0)) * 16) / 16
    coords[rng.uniform(size=shape[:2]) < hidden] = np.nan
    return PoseSequence(
        clip_id=clip_id,
        skeleton=skeleton,
        coords=coords.astype(np.float32),
        confidence=np.round(rng.uniform(0.5, 1, shape[:2]) * 256).astype(np.float32) / 256,
        fps=fps,
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
    )


def make_clips(
    *,
    signers: Sequence[str] = ("ann", "ben", "cem"),
    sentences: Sequence[str] = ("HELLO", "EAT", "HOME", "TEA"),
    n_takes: int = 2,
    split: str = "train",
) -> list[Clip]:
    """Every signer signs every sentence `n_takes` times."""
    return [
        Clip(
            clip_id=f"{signer}-{sentence.replace(' ', '_')}-{take}",
            glosses=tuple(sentence.split()),
            signer=signer,
            split=split,
        )
        for signer in signers
        for sentence in sentences
        for take in range(n_takes)
    ]


def make_dataset(
    folder: Path,
    clips: Sequence[Clip] | None = None,
    *,
    skeleton: Skeleton = MEDIAPIPE_75,
    n_frames: int = 12,
    without_poses: Sequence[str] = (),
    clips_per_shard: int = 8,
) -> PoseDataset:
    """A dataset folder whose clips all have poses, but for those in `without_poses`."""
    clips = make_clips() if clips is None else clips
    info = DatasetInfo(name="factory", skeleton=skeleton, licence="CC0-1.0")
    PoseDataset.create(folder, info, ClipTable.from_clips(clips))
    with ShardWriter(folder / "poses", clips_per_shard=clips_per_shard) as shards:
        for seed, clip in enumerate(clips):
            if clip.clip_id not in without_poses:
                shards.add(make_pose(clip.clip_id, skeleton=skeleton, n_frames=n_frames, seed=seed))
    return PoseDataset.open(folder)


def assert_same_pose(one: PoseSequence, other: PoseSequence) -> None:
    """Bit for bit the same clip."""
    assert one.clip_id == other.clip_id
    assert one.skeleton.landmarks == other.skeleton.landmarks
    assert one.coords.tobytes() == other.coords.tobytes()
    assert one.confidence.tobytes() == other.confidence.tobytes()
    assert one.time_s.tobytes() == other.time_s.tobytes()
    assert (one.fps, one.width_px, one.height_px) == (other.fps, other.width_px, other.height_px)
