"""Where each kind of feature lies on the last axis of an encoded clip.

Most recognizers read all features side by side; a graph network wants them landmark by landmark.
"""

from dataclasses import dataclass

from torch import Tensor

from signkit.skeleton import Skeleton


@dataclass(frozen=True)
class FeatureGroup:
    """Neighbouring features of one kind.

    Args:
        name: `places`, `motion_back`, `motion_ahead`, `distances`, `seen`, ...
        start: First index on axis F.
        per_landmark: Features of each landmark, which lie together; 0: not one by landmark.
        n_features: All of them.
    """

    name: str
    start: int
    per_landmark: int
    n_features: int


@dataclass(frozen=True)
class FeatureLayout:
    """All groups of an encoder's features.

    Args:
        skeleton: The L landmarks that are encoded.
        groups: In the order of axis F.
    """

    skeleton: Skeleton
    groups: tuple[FeatureGroup, ...]

    @property
    def n_features(self) -> int:
        """F."""
        return sum(group.n_features for group in self.groups)

    def has(self, name: str) -> bool:
        """Whether there are features of this kind."""
        return any(group.name == name for group in self.groups)

    def of_landmarks(self, features: Tensor, name: str) -> Tensor:
        """(B, T, L, K) features of one kind of (B, T, F), landmark by landmark."""
        group = next(group for group in self.groups if group.name == name)
        chosen = features[..., group.start : group.start + group.n_features]
        shape = (*features.shape[:-1], self.skeleton.n_landmarks, group.per_landmark)
        return chosen.reshape(shape)


def layout_of(skeleton: Skeleton, sizes: dict[str, tuple[int, int]]) -> FeatureLayout:
    """A layout from (features per landmark or 0, all features) of each kind, in order."""
    groups, start = [], 0
    for name, (per_landmark, n_features) in sizes.items():
        groups.append(FeatureGroup(name, start, per_landmark, n_features))
        start += n_features
    return FeatureLayout(skeleton, tuple(groups))
