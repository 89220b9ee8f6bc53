"""Small seeded batches of landmarks for tests of tensor code."""

import torch
from torch import Tensor

from signkit.batch import Batch
from signkit.skeleton import Skeleton


def random_clips(
    skeleton: Skeleton, *, n_clips: int = 3, n_frames: int = 12, hidden: float = 0.1, seed: int = 0
) -> Tensor:
    """(B, T, L, C) pixels of smooth random motion; a share of the landmarks is NaN."""
    generator = torch.Generator().manual_seed(seed)
    shape = (n_clips, 1, skeleton.n_landmarks, skeleton.n_dims)
    place = 300 + 80 * torch.randn(shape, generator=generator)
    steps = torch.randn((n_clips, n_frames, *shape[2:]), generator=generator).cumsum(dim=1)
    coords = place + 4 * steps
    unseen = torch.rand(coords.shape[:3], generator=generator) < hidden
    return coords.masked_fill(unseen[..., None], torch.nan)


def padded(coords: Tensor, n_more: int) -> Tensor:
    """The same clips with frames of padding after them."""
    shape = (len(coords), n_more, *coords.shape[2:])
    return torch.cat([coords, torch.full(shape, torch.nan)], dim=1)


def as_batch(coords: Tensor, targets: Tensor) -> Batch:
    """A batch of clips that all have full length."""
    return Batch(
        coords=coords,
        lengths=torch.full((len(coords),), coords.shape[1]),
        fps=25.0,
        targets=targets,
        target_lengths=torch.full((len(coords),), targets.shape[1]),
        clip_ids=tuple(f"clip-{i}" for i in range(len(coords))),
    )
