"""Trajectories: where hands and head are, seen from the trunk, whatever they are anchored to."""

import torch
from torch import Tensor, nn

from signkit.encode.relative import Trunk
from signkit.skeleton import Skeleton

_CARRIED = (
    ("left_wrist", "left_hand_wrist", "left_hand"),
    ("right_wrist", "right_hand_wrist", "right_hand"),
    ("nose",),
)


class AnchorTrajectory(nn.Module):
    """Both wrists and the nose, from the clip's trunk and in its units.

    The winners of the continuous challenges keep location; recognizers without it made twice the
    errors.

    Args:
        skeleton: Names of the landmarks; a wrist may be the arm's, the hand's, or the hand itself.
    """

    chosen: Tensor

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        points = carried_points(skeleton)
        self.per_landmark, self.n_features = 0, len(points) * skeleton.n_dims
        chosen = torch.tensor([skeleton.index(name) for name in points], dtype=torch.long)
        self.register_buffer("chosen", chosen, persistent=False)

    def forward(self, coords: Tensor, trunk: Trunk) -> Tensor:
        """(B, T, places C) of (B, T, L, C) pixels, NaN where unseen."""
        places = coords.index_select(2, self.chosen)
        return ((places - trunk.origin) / trunk.scale).flatten(2)


def carried_points(skeleton: Skeleton) -> list[str]:
    """What stands for the left hand, the right hand and the head, where there is anything."""
    known = [[name for name in names if name in skeleton] for names in _CARRIED]
    return [names[0] for names in known if names]
