"""The encoder: first layer of every recognizer, from raw pixel landmarks to features.

It chooses landmarks, fills short gaps, measures every landmark from its anchor, quantizes if asked
to, and standardizes with statistics of the train clips. The fitted tables are buffers, so they live
in the checkpoint: training and serving cannot disagree.
"""

from collections.abc import Iterable
from itertools import combinations

import torch
from torch import Tensor, nn

from signkit.encode.anchors import anchor_names, level_group, signing_landmarks, sub_skeleton
from signkit.encode.gaps import interpolate_gaps
from signkit.encode.layout import FeatureLayout, layout_of
from signkit.encode.relative import (
    anchor_indices,
    decode_truncated,
    distance,
    part_scales,
    relative_offsets,
    round_to_step,
    truncate,
    trunk_scale,
    with_virtual,
)
from signkit.errors import TrainingError
from signkit.sections import DataConfig, EncoderConfig
from signkit.skeleton import FINGERS, Skeleton

_LARGEST = 6.0
"""Standardized features are cut off at this many standard deviations."""


class RelativeEncoder(nn.Module):
    """Relative quantization encoding of a whole batch.

    Args:
        source: Skeleton of the incoming landmarks.
        config: What to measure from where, in which steps.
        data: Which landmarks and how many dimensions to use.
        fps: Frames per second of the incoming clips.
    """

    def __init__(
        self, source: Skeleton, config: EncoderConfig, data: DataConfig, *, fps: float
    ) -> None:
        super().__init__()
        chosen = signing_landmarks(source) if data.landmarks == "signing" else source.landmarks
        self.skeleton = sub_skeleton(source, chosen, n_dims=min(data.n_dims, source.n_dims))
        self.config = config
        self.longest_gap = round(config.gap_fill_s * fps)
        self._pairs = distance_pairs(self.skeleton) if config.distances else []
        n_places = self.skeleton.n_landmarks * self.skeleton.n_dims
        anchors = anchor_indices(anchor_names(self.skeleton, config.anchors), self.skeleton)
        self._constant("chosen", torch.as_tensor(source.indices(chosen)))
        self._constant("anchors", torch.tensor(anchors))
        self._constant("levels", self._level_table())
        n_fitted = n_places + len(self._pairs)
        self.register_buffer("mean", torch.zeros(n_fitted))
        self.register_buffer("std", torch.ones(n_fitted))
        self.register_buffer("low", torch.zeros(self.skeleton.n_landmarks, self.skeleton.n_dims))
        self.register_buffer("high", torch.ones(self.skeleton.n_landmarks, self.skeleton.n_dims))
        self.register_buffer("default_scale", torch.ones(()))
        self.register_buffer("is_fitted", torch.zeros((), dtype=torch.bool))
        self.layout = self._layout()

    mean: Tensor
    std: Tensor
    low: Tensor
    high: Tensor
    default_scale: Tensor
    is_fitted: Tensor
    chosen: Tensor
    anchors: Tensor
    levels: Tensor

    def _constant(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value, persistent=False)

    def _layout(self) -> FeatureLayout:
        n_dims, n_landmarks = self.skeleton.n_dims, self.skeleton.n_landmarks
        places = (n_dims, n_dims * n_landmarks)
        sizes = {"places": places}
        if self.config.velocity:
            sizes |= {"motion_back": places, "motion_ahead": places}
        sizes |= {"distances": (0, len(self._pairs)), "seen": (1, n_landmarks)}
        return layout_of(self.skeleton, sizes)

    def _level_table(self) -> Tensor:
        """(L, C) quantization steps, 0 where the landmark stays continuous."""
        rows = [
            self.config.levels.get(level_group(landmark), (0, 0, 0))[: self.skeleton.n_dims]
            for landmark in self.skeleton.landmarks
        ]
        return torch.tensor(rows)

    @torch.no_grad()
    def fit(self, batches: Iterable[Tensor]) -> None:
        """Measure ranges, means and deviations on train clips: batches of (B, T, L, C) pixels, NaN
        on padding.

        Raises:
            TrainingError: No clip has a landmark.
        """
        kept = [self._select(batch) for batch in batches]
        self.default_scale.copy_(torch.stack([_spread(coords) for coords in kept]).nanmedian())
        if bool(self.default_scale.isnan()):
            raise TrainingError("no landmark is seen in any train clip; check the extraction")
        offsets = torch.cat([self._offsets(coords).flatten(0, 1) for coords in kept])  # (N, L, C)
        self.low.copy_(_nan_extreme(offsets, largest=False))
        self.high.copy_(_nan_extreme(offsets, largest=True))
        measured = torch.cat([self._measured(coords).flatten(0, 1) for coords in kept])
        mean = measured.nanmean(dim=0)
        self.mean.copy_(mean.nan_to_num())
        deviation = (measured - mean).square().nanmean(dim=0).sqrt()
        self.std.copy_(deviation.nan_to_num(1.0).clamp(min=1e-3))
        self.is_fitted.fill_(True)

    def measure(self, coords: Tensor) -> Tensor:
        """(B, T, L', C) offsets of the chosen landmarks from their anchors, NaN where unseen; not
        quantized.
        """
        return self._offsets(self._select(coords))

    def codes(self, coords: Tensor) -> Tensor:
        """(B, T, L', C) int64 codes of the quantized landmarks; levels + 1 where unseen."""
        return truncate(self.measure(coords), self.low, self.high, self.levels.clamp(min=1))

    def forward(self, coords: Tensor, is_frame: Tensor) -> Tensor:
        """Features of a batch.

        Args:
            coords: (B, T, L, C) source pixels, NaN where unseen.
            is_frame: (B, T) False on padding.

        Returns:
            (B, T, F) float32: places, velocities, distances, seen-mask; 0 on padding.
        """
        if not self.training and not bool(self.is_fitted):
            raise TrainingError("the encoder has no fitted tables; call fit on train clips first")
        places, distances, seen = self._standardized(coords)
        features = [places.nan_to_num()]
        if self.config.velocity:
            step = (places[:, 1:] - places[:, :-1]).nan_to_num()
            nothing = torch.zeros_like(places[:, :1])
            features += [torch.cat([nothing, step], dim=1), torch.cat([step, nothing], dim=1)]
        features += [distances.nan_to_num(), seen.float()]
        out = torch.cat(features, dim=-1)
        return out.masked_fill(~is_frame[..., None], 0.0)

    def _standardized(self, coords: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Places (B, T, L' C), distances (B, T, pairs), seen (B, T, L')."""
        n_places = self.mean.numel() - len(self._pairs)
        raw = self._measured(self._select(coords))
        fitted = ((raw - self.mean) / self.std).clamp(-_LARGEST, _LARGEST)
        seen = ~fitted[..., : n_places : self.skeleton.n_dims].isnan()
        return fitted[..., :n_places], fitted[..., n_places:], seen

    def _select(self, coords: Tensor) -> Tensor:
        chosen = coords[:, :, self.chosen, : self.skeleton.n_dims]
        return interpolate_gaps(chosen, longest=self.longest_gap)

    def _scale(self, coords: Tensor) -> Tensor:
        if self.config.scale == "none":
            return torch.ones_like(coords[:, :1, :1, :1])
        default = self.default_scale.expand(len(coords), 1, 1, 1)
        trunk = trunk_scale(coords, self.skeleton, trunk=self.config.trunk, default=default)
        if self.config.scale == "trunk":
            return trunk
        return part_scales(coords, self.skeleton, trunk=trunk)

    def _offsets(self, coords: Tensor) -> Tensor:
        if self.config.anchors == "none":
            return coords
        places = with_virtual(coords, self.skeleton, trunk=self.config.trunk)
        return relative_offsets(places, self.anchors, self._scale(coords))

    def _quantized(self, offsets: Tensor) -> Tensor:
        if self.config.step:
            return round_to_step(offsets, self.config.step)
        if not self.config.levels:
            return offsets
        levels = self.levels.clamp(min=1)
        codes = truncate(offsets, self.low, self.high, levels)
        decoded = decode_truncated(codes, self.low, self.high, levels)
        return torch.where(self.levels > 0, decoded, offsets)

    def _distances(self, coords: Tensor) -> Tensor:
        """(B, T, pairs) distances in units of the trunk's scale."""
        if not self._pairs:
            return coords[:, :, 0, :0]
        first, second = torch.tensor(self._pairs, device=coords.device).T
        between = distance(coords[:, :, first], coords[:, :, second])
        default = self.default_scale.expand(len(coords), 1, 1, 1)
        scale = trunk_scale(coords, self.skeleton, trunk="clip_median", default=default)
        return between / scale[..., 0]

    def _measured(self, selected: Tensor) -> Tensor:
        """(B, T, L' C + pairs) places and distances before standardizing, NaN where unseen."""
        places = self._quantized(self._offsets(selected)).flatten(2)
        return torch.cat([places, self._distances(selected)], dim=-1)


def distance_pairs(skeleton: Skeleton) -> list[tuple[int, int]]:
    """Pairs whose distance says much about a handshape or a place: fingertips, tips and wrist, hand
    and hand, hand and nose.
    """
    pairs = []
    for side in ("left", "right"):
        tips = [f"{side}_hand_{finger}_tip" for finger in FINGERS]
        knuckles = [f"{side}_hand_{finger}_mcp" for finger in FINGERS]
        pairs += [*combinations(tips, 2), *((tip, f"{side}_hand_wrist") for tip in tips)]
        pairs += [*zip(tips, knuckles, strict=True)]
        pairs += [(f"{side}_hand_index_tip", "nose"), (f"{side}_hand", "nose")]
    pairs += [("left_hand_wrist", "right_hand_wrist"), ("left_hand", "right_hand")]
    known = ((a, b) for a, b in pairs if a in skeleton and b in skeleton)
    return [(skeleton.index(a), skeleton.index(b)) for a, b in known]


def _spread(coords: Tensor) -> Tensor:
    """Median distance of the seen landmarks of (B, T, L, C) from their clips' means, pixels."""
    flat = coords[..., :2].flatten(1, 2)
    return distance(flat, flat.nanmean(dim=1, keepdim=True)).nanmedian()


def _nan_extreme(values: Tensor, *, largest: bool) -> Tensor:
    """(F,) largest or smallest value of each column of (N, F), NaN left out; 0 where nothing is
    seen.
    """
    worst = -torch.inf if largest else torch.inf
    filled = values.nan_to_num(worst)
    extreme = filled.amax(dim=0) if largest else filled.amin(dim=0)
    return torch.where(extreme.isinf(), 0.0, extreme)
