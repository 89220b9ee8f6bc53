"""Augmentation of training clips, in source pixels, before the encoder; every change is drawn once
per clip.

Rotations, stretch and shear act about the clip's own middle, so nothing depends on the frame size.
Mirroring exchanges left and right landmarks; a landmark without partner becomes unseen. What is
unseen stays unseen. Sources: the augmentations of the first places of the Kaggle isolated and
fingerspelling competitions (2023), without their per-frame flicker.
"""

import math

import torch
from torch import Tensor

from signkit.sections import AugmentConfig
from signkit.skeleton import Skeleton


class Augment:
    """Random changes of a batch, the same ones for the same generator state.

    Args:
        skeleton: Landmarks of the incoming clips.
        config: How strong each change may be.
    """

    def __init__(self, skeleton: Skeleton, config: AugmentConfig) -> None:
        self._config = config
        self._mirror = torch.as_tensor(skeleton.mirror_permutation())
        self._unmirrored = torch.as_tensor(skeleton.indices(skeleton.unmirrored))
        self._parts = [torch.as_tensor(skeleton.part_indices(part)) for part in skeleton.parts]
        self._hands = [
            torch.as_tensor(skeleton.part_indices(part))
            for part in ("left_hand", "right_hand")
            if part in skeleton.parts
        ]

    def __call__(
        self, coords: Tensor, lengths: Tensor, min_lengths: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Changed clips and their new lengths.

        Args:
            coords: (B, T, L, C) pixels, NaN where unseen and on padding.
            lengths: (B,) frames.
            min_lengths: (B,) frames that a clip must keep.
            generator: Source of randomness.
        """
        coords, lengths = self.retime(coords, lengths, min_lengths, generator)
        return self.disturb(coords, lengths, generator), lengths

    def retime(
        self, coords: Tensor, lengths: Tensor, min_lengths: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Changes of time alone, and the new lengths; arguments as for a call."""
        return _retimed(coords, lengths, min_lengths, self._config, generator)

    def disturb(self, coords: Tensor, lengths: Tensor, generator: torch.Generator) -> Tensor:
        """Changes of place and sight alone: what happens when stays as it is."""
        config = self._config
        coords = self._mirrored(coords, generator)
        centre, spread = _middle(coords)
        coords = self._stretched_parts(coords, generator)
        matrix = _transforms(len(coords), coords.shape[-1], config, generator).to(coords.device)
        coords = torch.einsum("btlc,bdc->btld", coords - centre, matrix) + centre
        if config.landmark_noise:
            noise = torch.randn(coords.shape, generator=generator).to(coords.device)
            coords = coords + noise * (config.landmark_noise * spread)
        return self._dropped(coords, lengths, generator)

    def _mirrored(self, coords: Tensor, generator: torch.Generator) -> Tensor:
        chosen = torch.rand(len(coords), generator=generator) < self._config.mirror
        if not bool(chosen.any()):
            return coords
        mirrored = mirror(coords, self._mirror, self._unmirrored)
        return torch.where(chosen.to(coords.device)[:, None, None, None], mirrored, coords)

    def _stretched_parts(self, coords: Tensor, generator: torch.Generator) -> Tensor:
        """Each part larger or smaller about its own middle, as other people's hands are."""
        if not self._config.bone_stretch:
            return coords
        stretched = coords.clone()
        for part in self._parts:
            size = _uniform(len(coords), self._config.bone_stretch, generator).to(coords.device)
            own = coords[:, :, part]
            middle = own.nanmean(dim=2, keepdim=True)
            stretched[:, :, part] = middle + (own - middle) * (1 + size)[:, None, None, None]
        return stretched

    def _dropped(self, coords: Tensor, lengths: Tensor, generator: torch.Generator) -> Tensor:
        """A run of frames unseen, and now and then one hand unseen for a while."""
        config = self._config
        everything = torch.arange(coords.shape[2])
        coords = _hide(coords, lengths, everything, config.frame_drop, 1.0, generator)
        for hand in self._hands:
            coords = _hide(coords, lengths, hand, 0.5, config.hand_drop, generator)
        return coords


def mirror(coords: Tensor, permutation: Tensor, unmirrored: Tensor) -> Tensor:
    """Reflect (B, T, L, C) about each clip's own middle and exchange left and right landmarks."""
    centre, _ = _middle(coords)
    flipped = coords[:, :, permutation.to(coords.device)].clone()
    flipped[..., 0] = 2 * centre[..., 0] - flipped[..., 0]
    flipped[:, :, unmirrored.to(coords.device)] = torch.nan
    return flipped


def resample(coords: Tensor, lengths: Tensor, positions: Tensor, new_lengths: Tensor) -> Tensor:
    """Clips read at fractional frame positions, linearly; unseen if the nearer frame is.

    Args:
        coords: (B, T, L, C).
        lengths: (B,) frames.
        positions: (B, T') source frame of each new frame.
        new_lengths: (B,) new frames; later ones become NaN.

    Returns:
        (B, T', L, C).
    """
    last = (lengths - 1)[:, None]
    below = positions.floor().long().clamp(min=0).minimum(last)
    above = (below + 1).minimum(last)
    share = (positions - below).clamp(0, 1)[..., None, None]
    rows = torch.arange(len(coords), device=coords.device)[:, None]
    a, b = coords[rows, below], coords[rows, above]  # (B, T', L, C)
    nearer = torch.where(share < 0.5, a, b)
    out = torch.where((a + b).isnan(), nearer, torch.lerp(a, b, share))
    beyond = torch.arange(positions.shape[1], device=coords.device)[None] >= new_lengths[:, None]
    return out.masked_fill(beyond[..., None, None], torch.nan)


def _retimed(
    coords: Tensor,
    lengths: Tensor,
    least: Tensor,
    config: AugmentConfig,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    if not (config.speed or config.warp):
        return coords, lengths
    n_clips, device = len(coords), coords.device
    rate = 1 + _uniform(n_clips, config.speed, generator).to(device)
    floor = least.to(device).clamp(min=2)
    new_lengths = torch.maximum((lengths / rate).round().long(), floor.minimum(lengths))
    grid = torch.arange(int(new_lengths.max()), device=device)[None]
    share = grid / (new_lengths - 1).clamp(min=1)[:, None]  # (B, T') 0 ... 1 over the clip
    bend = _uniform(n_clips, config.warp, generator).to(device)[:, None]
    phase = torch.rand(n_clips, 1, generator=generator).to(device)
    bent = share + bend / (2 * math.pi) * (
        (2 * math.pi * (share + phase)).sin() - (2 * math.pi * phase).sin()
    )
    positions = bent.clamp(0, 1) * (lengths - 1)[:, None]
    return resample(coords, lengths, positions, new_lengths), new_lengths


def _transforms(n: int, n_dims: int, config: AugmentConfig, generator: torch.Generator) -> Tensor:
    """(B, C, C) rotation times stretch and shear of each clip."""
    pitch, yaw, roll = (torch.deg2rad(_uniform(n, limit, generator)) for limit in config.rotate_deg)
    rotation = _about(2, roll)
    if n_dims == 3:
        rotation = rotation @ _about(1, yaw) @ _about(0, pitch)
    stretch = torch.diag_embed(1 + _uniform((n, 3), config.scale, generator))
    if n_dims == 2:  # seen from the side, a flat figure is narrower; from above, lower
        stretch[:, 0, 0] *= yaw.cos()
        stretch[:, 1, 1] *= pitch.cos()
    stretch[:, 0, 1] = _uniform(n, config.shear, generator)
    stretch[:, 1, 0] = _uniform(n, config.shear, generator)
    return (rotation @ stretch)[:, :n_dims, :n_dims]


def _about(axis: int, angle: Tensor) -> Tensor:
    """(B, 3, 3) rotations about one axis."""
    first, second = ((1, 2), (0, 2), (0, 1))[axis]
    matrix = torch.eye(3).repeat(len(angle), 1, 1)
    matrix[:, first, first] = matrix[:, second, second] = angle.cos()
    matrix[:, first, second] = -angle.sin()
    matrix[:, second, first] = angle.sin()
    return matrix


def _middle(coords: Tensor) -> tuple[Tensor, Tensor]:
    """(B, 1, 1, C) mean place of everything seen, and (B, 1, 1, 1) its mean distance from there,
    pixels.
    """
    flat = coords.flatten(1, 2)
    centre = flat.nanmean(dim=1)[:, None, None].nan_to_num()
    spread = (coords - centre)[..., :2].norm(dim=-1).flatten(1).nanmean(dim=1)
    return centre, spread.nan_to_num(1.0)[:, None, None, None]


def _hide(
    coords: Tensor,
    lengths: Tensor,
    landmarks: Tensor,
    most: float,
    chance: float,
    generator: torch.Generator,
) -> Tensor:
    """Landmarks unseen for one run of frames, at most the share `most` of a clip, with probability
    `chance`.
    """
    if not (most and chance):
        return coords
    draw = torch.rand(3, len(coords), generator=generator).to(coords.device)
    longest = lengths * most * (draw[2] < chance)
    n_hidden = (longest * draw[0]).long()
    first = ((lengths - n_hidden) * draw[1]).long()
    frame = torch.arange(coords.shape[1], device=coords.device)[None]
    hidden = (frame >= first[:, None]) & (frame < (first + n_hidden)[:, None])  # (B, T)
    out = coords.clone()
    where = landmarks.to(coords.device)
    out[:, :, where] = out[:, :, where].masked_fill(hidden[..., None, None], torch.nan)
    return out


def _uniform(size: int | tuple[int, ...], limit: float, generator: torch.Generator) -> Tensor:
    """Uniform numbers in [-limit, limit]."""
    return (torch.rand(size, generator=generator) * 2 - 1) * limit
