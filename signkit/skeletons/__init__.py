"""The landmark schemas signkit knows by name. They are plain data: nothing heavy is imported."""

from difflib import get_close_matches

from signkit.errors import SkeletonError
from signkit.skeleton import Skeleton
from signkit.skeletons.coco_wholebody import COCO_WHOLEBODY_133
from signkit.skeletons.isharah import ISHARAH_86
from signkit.skeletons.mediapipe import MEDIAPIPE_75, MEDIAPIPE_543, MEDIAPIPE_553
from signkit.skeletons.openpose import (
    OPENPOSE_18,
    OPENPOSE_128,
    OPENPOSE_130,
    OPENPOSE_134,
    OPENPOSE_137,
)

SKELETONS: dict[str, Skeleton] = {
    skeleton.name: skeleton
    for skeleton in (
        MEDIAPIPE_543,
        MEDIAPIPE_553,
        MEDIAPIPE_75,
        COCO_WHOLEBODY_133,
        OPENPOSE_18,
        OPENPOSE_128,
        OPENPOSE_130,
        OPENPOSE_134,
        OPENPOSE_137,
        ISHARAH_86,
    )
}


def get_skeleton(name: str) -> Skeleton:
    """The skeleton called `name`; an unknown name is an error that offers the nearest."""
    if name not in SKELETONS:
        near = get_close_matches(name, SKELETONS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(SKELETONS)}"
        raise SkeletonError(f"no skeleton is called {name!r}; {hint}")
    return SKELETONS[name]
