"""Relative quantization encoding: where a landmark is, seen from the joint that carries it, in
coarse steps.

A finger is measured from its wrist, a wrist from its elbow or from the trunk, the face from the
nose. Moving the signer in the frame, or the camera back, then changes nothing. Coarse steps throw
away what is left of build and jitter.

Source: Rubaiyeat et al. 2025, arXiv:2503.02360, and the authors' BdSLW60 code. Departures: missing
landmarks are NaN and never confused with a place, ranges come from train clips only and values
outside them clip, the landmark mask goes along.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from signkit.encode.anchors import MID_SHOULDER, ORIGIN, has_shoulders
from signkit.skeleton import Skeleton

_TINY = 1e-3
_HAND_LENGTHS_PER_SHOULDER_WIDTH = 4.0


def relative_offsets(coords: Tensor, anchors: Tensor, scale: Tensor) -> Tensor:
    """Offsets of each landmark from its anchor, in units of `scale`.

    Args:
        coords: (B, T, L, C) followed on axis L by the virtual places of `with_virtual`; NaN where
            unseen.
        anchors: (L,) index of the place that carries each landmark.
        scale: (B, 1 or T, 1 or L, 1) pixels per unit.

    Returns:
        (B, T, L, C), NaN where a landmark or its anchor is unseen.
    """
    n_landmarks = len(anchors)
    return (coords[:, :, :n_landmarks] - coords[:, :, anchors]) / scale.clamp(min=_TINY)


def anchor_indices(names: Sequence[str], skeleton: Skeleton) -> list[int]:
    """Positions of anchors on axis L of `with_virtual`."""
    virtual = {MID_SHOULDER: skeleton.n_landmarks, ORIGIN: skeleton.n_landmarks + 1}
    return [virtual[name] if name in virtual else skeleton.index(name) for name in names]


def with_virtual(coords: Tensor, skeleton: Skeleton, *, trunk: str) -> Tensor:
    """(B, T, L + 2, C): the landmarks, the mid-shoulder of each frame, and the clip's origin."""
    origin = trunk_origin(coords, skeleton, trunk=trunk)
    middle = mid_shoulder(coords, skeleton) if has_shoulders(skeleton) else origin
    each_frame = (-1, coords.shape[1], -1, -1)
    return torch.cat([coords, middle.expand(each_frame), origin.expand(each_frame)], dim=2)


def mid_shoulder(coords: Tensor, skeleton: Skeleton) -> Tensor:
    """(B, T, 1, C) point between the shoulders, NaN where one is unseen."""
    left, right = skeleton.index("left_shoulder"), skeleton.index("right_shoulder")
    return (coords[:, :, left, None] + coords[:, :, right, None]) / 2


def trunk_origin(coords: Tensor, skeleton: Skeleton, *, trunk: str) -> Tensor:
    """Where the clip is measured from: the mid-shoulder per frame, of the first frame, or its
    median.

    Without shoulders the nose takes their place, without a nose the mean of everything seen. A clip
    in which the trunk is never seen is measured from that mean, too.

    Returns:
        (B, T, 1, C) or (B, 1, 1, C), never NaN except per frame.
    """
    everything = coords.flatten(1, 2).nanmean(dim=1)[:, None, None].nan_to_num()  # (B, 1, 1, C)
    if has_shoulders(skeleton):
        middle = mid_shoulder(coords, skeleton)
    elif "nose" in skeleton:
        middle = coords[:, :, skeleton.index("nose"), None]
    else:
        return everything
    if trunk == "frame":
        return middle
    point = first_seen(middle) if trunk == "frame0" else masked_median(middle)
    return torch.where(point.isnan(), everything, point)


def trunk_scale(coords: Tensor, skeleton: Skeleton, *, trunk: str, default: Tensor) -> Tensor:
    """Pixels per unit of length: the shoulder width; without shoulders, four hand lengths.

    Measured in the image plane, since the depth of shoulders is weak; a hand turns freely, so its
    length is measured in as many dimensions as there are.

    Returns:
        (B, T, 1, 1) or (B, 1, 1, 1); `default` where nothing can be measured.
    """
    if has_shoulders(skeleton):
        left, right = skeleton.index("left_shoulder"), skeleton.index("right_shoulder")
        ends = coords[:, :, left, None, :2], coords[:, :, right, None, :2]
        length = distance(*ends)[..., None]
    elif hands := hand_bones(skeleton):
        lengths = [hand_length(coords, bone) for bone in hands]
        length = torch.cat(lengths, dim=1) * _HAND_LENGTHS_PER_SHOULDER_WIDTH
    else:
        return default
    if trunk == "frame" and has_shoulders(skeleton):
        measured = length
    else:
        measured = first_seen(length) if trunk == "frame0" else masked_median(length)
    return torch.where(measured > _TINY, measured, default)


def part_scales(coords: Tensor, skeleton: Skeleton, *, trunk: Tensor) -> Tensor:
    """(B, T, L, 1) pixels per unit of each landmark's own part (RQE-SF): hands by wrist to middle
    knuckle, face by the eyes, body by the shoulders; the trunk's where the part's own reference is
    unseen.
    """
    scales = trunk.expand(-1, coords.shape[1], coords.shape[2], -1).clone()
    references = {
        **{part: hand_length(coords, bone) for part, bone in _bones_by_part(skeleton).items()},
        **_eye_distances(coords, skeleton),
    }
    for part, length in references.items():
        where = torch.as_tensor(skeleton.part_indices(part), device=coords.device)
        usable = torch.where(length > _TINY, length, trunk)
        scales[:, :, where] = usable.expand(-1, -1, len(where), -1)
    return scales


def hand_bones(skeleton: Skeleton) -> list[tuple[int, int]]:
    """(wrist, middle knuckle) of each hand that has both."""
    return list(_bones_by_part(skeleton).values())


def hand_length(coords: Tensor, bone: tuple[int, int]) -> Tensor:
    """(B, T, 1, 1) pixels between the two ends of `bone`, NaN where unseen."""
    wrist, knuckle = bone
    return distance(coords[:, :, wrist, None], coords[:, :, knuckle, None])[..., None]


def distance(a: Tensor, b: Tensor) -> Tensor:
    """(...) lengths between places of (..., C), NaN where one is unseen."""
    return (a - b).square().sum(dim=-1).sqrt()


def _bones_by_part(skeleton: Skeleton) -> dict[str, tuple[int, int]]:
    bones = {}
    for side in ("left", "right"):
        ends = (f"{side}_hand_wrist", f"{side}_hand_middle_mcp")
        if all(end in skeleton for end in ends):
            bones[f"{side}_hand"] = (skeleton.index(ends[0]), skeleton.index(ends[1]))
    return bones


def _eye_distances(coords: Tensor, skeleton: Skeleton) -> dict[str, Tensor]:
    for left, right in (("face_263", "face_33"), ("face_ibug_45", "face_ibug_36")):
        if left in skeleton and right in skeleton:
            return {"face": hand_length(coords, (skeleton.index(left), skeleton.index(right)))}
    return {}


def first_seen(x: Tensor) -> Tensor:
    """(B, 1, ...): the value at the first frame of (B, T, ...) that is not NaN, else NaN."""
    seen = ~x.flatten(2).isnan().any(dim=2)  # (B, T)
    first = seen.int().argmax(dim=1)
    return x[torch.arange(len(x), device=x.device), first][:, None]


def masked_median(x: Tensor) -> Tensor:
    """(B, 1, ...): lower median over frames of (B, T, ...), NaN left out; NaN where nothing is
    seen.
    """
    unseen = x.isnan()
    ordered = x.masked_fill(unseen, torch.inf).sort(dim=1).values
    middle = ((~unseen).sum(dim=1, keepdim=True) - 1).clamp(min=0) // 2
    median = ordered.gather(1, middle)
    return median.masked_fill(median.isinf(), torch.nan)


def truncate(offsets: Tensor, low: Tensor, high: Tensor, levels: Tensor) -> Tensor:
    """Codes 0 ... levels by truncation, as the BdSLW60 code does; the top code means exactly `high`
    or more.

    Args:
        offsets: (B, T, L, C), NaN where unseen.
        low: (L, C) smallest offset of the train clips.
        high: (L, C) largest offset.
        levels: (L, C) number of steps between them.

    Returns:
        (B, T, L, C) int64; the missing code `levels + 1` where unseen.
    """
    share = ((offsets - low) / (high - low + 1e-10)).clamp(0, 1)
    codes = (share * levels).trunc().nan_to_num(-1).long()
    return torch.where(codes < 0, levels.long() + 1, codes)


def decode_truncated(codes: Tensor, low: Tensor, high: Tensor, levels: Tensor) -> Tensor:
    """The offsets that codes of `truncate` stand for; NaN for the missing code."""
    offsets = low + codes * (high - low) / levels
    return offsets.masked_fill(codes > levels, torch.nan)


def round_to_step(offsets: Tensor, step: float) -> Tensor:
    """Offsets rounded to multiples of `step`, unbounded, as in the RQE-SF variant."""
    return torch.round(offsets / step) * step
