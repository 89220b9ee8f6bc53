"""Arms and fingers with bones of other lengths.

A bone is the line from a joint to the one it carries: shoulder, elbow, wrist, hand, knuckle, tip.
Lengthening it moves everything it carries, so directions of all other bones stay as they are.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from signkit.skeleton import FINGERS, Skeleton

Levels = list[tuple[Tensor, Tensor]]
"""Indices of (parents, children) of each depth of the tree, parents first."""


def bone_levels(skeleton: Skeleton) -> Levels:
    """The bones of arms and fingers that a skeleton has both ends of."""
    levels: list[list[tuple[int, int]]] = []
    for side in ("left", "right"):
        for depth, links in enumerate(_links(side)):
            while len(levels) <= depth:
                levels.append([])
            levels[depth] += [
                (skeleton.index(a), skeleton.index(b))
                for a, b in links
                if a in skeleton and b in skeleton
            ]
    return [
        (torch.tensor([a for a, _ in level]), torch.tensor([b for _, b in level]))
        for level in levels
        if level
    ]


def lengthened(coords: Tensor, levels: Levels, change: Tensor) -> Tensor:
    """Clips with bones of other lengths.

    Args:
        coords: (B, T, L, C), NaN where unseen.
        levels: Of `bone_levels`.
        change: (B, bones) relative change of each bone, in the order of the levels.

    While an end of a bone is unseen, what hangs from it moves as the clip's mean bone would make
    it, so that nothing jumps to and fro; a bone that is never seen keeps its length.
    """
    moved = torch.zeros_like(coords)
    first = 0
    for parents, children in levels:
        parents, children = parents.to(coords.device), children.to(coords.device)
        own = change[:, None, first : first + len(parents), None]
        bones = coords[:, :, children] - coords[:, :, parents]
        usual = bones.nanmean(dim=1, keepdim=True).nan_to_num()
        bones = torch.where(bones.isnan(), usual, bones)
        moved = moved.index_copy(2, children, moved[:, :, parents] + own * bones)
        first += len(parents)
    return coords + moved


def _links(side: str) -> list[Sequence[tuple[str, str]]]:
    """(parent, child) names by depth, from the shoulder to the fingertips."""
    joints = ("mcp", "pip", "dip", "tip")
    chains = [
        [f"{side}_hand_{finger}_{joint}" for joint in joints]
        if finger != "thumb"
        else [f"{side}_hand_thumb_{joint}" for joint in ("cmc", "mcp", "ip", "tip")]
        for finger in FINGERS
    ]
    wrist, palm = f"{side}_wrist", f"{side}_hand_wrist"
    return [
        [(f"{side}_shoulder", f"{side}_elbow")],
        [(f"{side}_elbow", wrist)],
        [(wrist, palm), *((wrist, f"{side}_{finger}") for finger in ("pinky", "index", "thumb"))],
        [(palm, chain[0]) for chain in chains],
        *([(chain[i], chain[i + 1]) for chain in chains] for i in range(3)),
    ]
