"""Layouts of encoded features for tests of frontends, and random features that fit them."""

import torch
from torch import Tensor

from signkit.encode.layout import FeatureLayout, layout_of
from signkit.skeleton import Skeleton, skeleton_from_names
from signkit.skeletons import SKELETONS

BODY = SKELETONS["mediapipe-75"]
HANDS = skeleton_from_names(
    "hands", [name for name in BODY.landmarks if "_hand_" in name], n_dims=2
)
THREE = skeleton_from_names("three", ("nose", "left_wrist", "right_wrist"), n_dims=2)


def make_layout(
    skeleton: Skeleton = BODY, *, motion: bool = True, n_distances: int = 5
) -> FeatureLayout:
    """Places, motion if asked for, distances if there are any, and the seen-mask."""
    n_dims, n_landmarks = skeleton.n_dims, skeleton.n_landmarks
    sizes = {"places": (n_dims, n_dims * n_landmarks)}
    if motion:
        sizes |= dict.fromkeys(("motion_back", "motion_ahead"), sizes["places"])
    if n_distances:
        sizes["distances"] = (0, n_distances)
    return layout_of(skeleton, {**sizes, "seen": (1, n_landmarks)})


def random_features(
    layout: FeatureLayout, *, n_clips: int = 2, n_frames: int = 13, seed: int = 0
) -> Tensor:
    """(B, T, F) of unit variance."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_clips, n_frames, layout.n_features, generator=generator)


def frames(lengths: list[int], n_frames: int) -> Tensor:
    """(B, T) mask of clips of these lengths."""
    return torch.arange(n_frames)[None] < torch.tensor(lengths)[:, None]
