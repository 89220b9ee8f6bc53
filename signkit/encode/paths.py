"""Paths of the hands: where they go, how fast, which way, and where they are to each other.

For corpora of a few tracked points, where shape is not seen and signs are told apart by movement.
Tracks are smoothed a little first, and velocities are taken over one and over three frames to
either side: a hand that is tracked by hand jumps from frame to frame.
"""

import math
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from signkit.encode.relative import Trunk, length_of
from signkit.encode.trajectory import carried_points
from signkit.skeleton import Skeleton

_SMOOTHING = 0.7
"""Sigma in frames, of places."""
_SLOW_SMOOTHING = 1.0
"""Sigma in frames, of velocities before they are compared."""
_SLOW = 0.1
"""Units of the trunk in six frames at which a hand's direction counts half."""


class HandPaths(nn.Module):
    """Smoothed places of both hands and the nose from the clip's trunk, their velocities and
    accelerations, speed and direction of the hands, and what lies between each two points.

    Args:
        skeleton: Names of the landmarks.
    """

    chosen: Tensor

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        points = carried_points(skeleton)  # the nose, if there is one, is the last
        self.hands = slice(sum(name != "nose" for name in points))
        self.pairs = list(combinations(range(len(points)), 2))
        n_dims, n_points, n_hands = skeleton.n_dims, len(points), self.hands.stop
        moving = n_hands * (2 * n_dims + 1)  # slow velocity, direction, speed
        self.per_landmark = 0
        self.n_features = 3 * n_points * n_dims + moving + len(self.pairs) * (n_dims + 1)
        chosen = torch.tensor([skeleton.index(name) for name in points], dtype=torch.long)
        self.register_buffer("chosen", chosen, persistent=False)

    def forward(self, coords: Tensor, trunk: Trunk) -> Tensor:
        """(B, T, F) of (B, T, L, C) pixels, NaN where unseen."""
        places = coords.index_select(2, self.chosen)
        places = smoothed((places - trunk.origin) / trunk.scale, sigma=_SMOOTHING)  # (B, T, P, C)
        velocity = change(places, reach=1)
        acceleration = change(smoothed(velocity, sigma=_SLOW_SMOOTHING), reach=2)
        hands = change(places[:, :, self.hands], reach=3)
        found = [places, velocity, acceleration, hands, *_speed_and_direction(hands)]
        if self.pairs:
            offsets = torch.stack([places[:, :, a] - places[:, :, b] for a, b in self.pairs], dim=2)
            found += [offsets, _length(offsets)]
        return torch.cat([values.flatten(2) for values in found], dim=-1)


def change(values: Tensor, *, reach: int) -> Tensor:
    """(B, T, ...) how much values change from `reach` frames before to as many after."""
    return reached(values, reach) - reached(values, -reach)


def smoothed(values: Tensor, *, sigma: float) -> Tensor:
    """(B, T, ...) Gaussian mean over time; NaN where unseen, ends repeated."""
    radius = max(1, int(3 * sigma))
    weights = [math.exp(-(k**2) / (2 * sigma**2)) for k in range(-radius, radius + 1)]
    around = [reached(values, k) for k in range(-radius, radius + 1)]
    parts = [w / sum(weights) * value for w, value in zip(weights, around, strict=True)]
    return torch.stack(parts).sum(dim=0)


def reached(values: Tensor, n_frames: int) -> Tensor:
    """(B, T, ...) values of `n_frames` later, or earlier if negative; where those are unseen, of
    the farthest frame on the way that is seen.
    """
    length, found = values.shape[1], values
    after = [0, 0] * (values.ndim - 2)
    for step in range(1, abs(n_frames) + 1):
        if n_frames > 0:
            there = pad(values, (*after, 0, step), value=torch.nan)[:, step:]
        else:
            there = pad(values, (*after, step, 0), value=torch.nan)[:, :length]
        found = torch.where(there.isnan(), found, there)
    return found


def _speed_and_direction(velocity: Tensor) -> tuple[Tensor, Tensor]:
    """(B, T, H, 1) and (B, T, H, C): the direction of what hardly moves is nearly 0."""
    unseen, seen = velocity.detach() * 0, velocity.nan_to_num()  # no gradient may become NaN
    speed = length_of(seen)
    return speed + unseen[..., :1], seen / (speed + _SLOW) + unseen


def _length(vectors: Tensor) -> Tensor:
    """(..., 1) lengths, NaN where unseen."""
    return length_of(vectors.nan_to_num()) + vectors[..., :1].detach() * 0
