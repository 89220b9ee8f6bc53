"""A person followed through a clip. An extractor or an importer gives everybody it followed; which
of them signs is decided afterwards, by one rule for all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

Landmarks = tuple[Floats, Floats]
"""(L, C) pixels, x right, y down, z in the scale of x, NaN where not seen; (L,) confidence, 0 where
not seen."""


@dataclass(frozen=True, eq=False)
class Track:
    """One person in a clip.

    Args:
        frames: (N,) int64 rising positions of the frames, counted from 0, in which the person was
            followed.
        coords: (N, L, C) float32 pixels, NaN where not seen.
        confidence: (N, L) float32, 0 where not seen.
        boxes: (N, 4) float32 pixels x0, y0, x1, y1 around the person; None from an extractor that
            knows of one person only.
    """

    frames: NDArray[np.int64]
    coords: Floats
    confidence: Floats
    boxes: Floats | None = None
