"""Extra channels: what can be measured of a clip beside the places of its landmarks.

A kind of channels is a module, built from the skeleton. It has `n_features`, `per_landmark` (how
many of them belong to each landmark and lie together; 0: not one by landmark) and a `forward` from
(B, T, L, C) pixels and the clip's trunk, its median or that of its first frame, to
(B, T, n_features), NaN where unseen. The field of the same name in `EncoderConfig` turns it on; the
encoder standardizes, fills and lays it out.
"""

from collections.abc import Callable

from signkit.encode.distances import Distances
from signkit.encode.handshape import Handshape
from signkit.encode.paths import HandPaths
from signkit.encode.trajectory import AnchorTrajectory
from signkit.sections import EncoderConfig
from signkit.skeleton import Skeleton

Channels = Distances | Handshape | AnchorTrajectory | HandPaths
CHANNELS: dict[str, Callable[[Skeleton], Channels]] = {
    "distances": Distances,
    "handshape": Handshape,
    "anchor_trajectory": AnchorTrajectory,
    "hand_paths": HandPaths,
}


def chosen_channels(skeleton: Skeleton, config: EncoderConfig) -> dict[str, Channels]:
    """The kinds that a configuration asks for and the skeleton has landmarks for, by name."""
    wanted = {name: kind(skeleton) for name, kind in CHANNELS.items() if getattr(config, name)}
    return {name: channels for name, channels in wanted.items() if channels.n_features}
