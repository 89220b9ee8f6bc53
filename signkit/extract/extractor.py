"""What finds landmarks in a picture: one protocol, a registry by name, and your own by import path.

An extractor is made once per worker process and fed clip after clip. `begin_clip` must forget
everything about the clip before it: the landmarks of a clip may not depend on what the same
process saw earlier.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ExtractionError
from signkit.skeleton import Skeleton

Landmarks = tuple[NDArray[np.float32], NDArray[np.float32]]


class Extractor(Protocol):
    """Finds the landmarks of one signer in the frames of one clip after another.

    Attributes:
        name: What `--extractor` calls it.
        version: Version of the code that finds the landmarks.
        skeleton: Landmarks it returns, in its order.
    """

    name: str
    version: str
    skeleton: Skeleton

    def describe(self) -> dict[str, Any]:
        """All else that changes a result, as JSON values: `weights_sha256` and `options`."""
        ...

    def begin_clip(self, fps: float, width_px: int, height_px: int) -> None:
        """Forget the clip before; the frames that follow have this rate and size."""
        ...

    def __call__(self, frame: NDArray[np.uint8], time_s: float) -> Landmarks:
        """Landmarks of the next frame.

        Args:
            frame: (H, W, 3) RGB.
            time_s: Its time in the video; rises within a clip.

        Returns:
            (L, C) pixels, x right, y down, z in the scale of x, NaN where not seen; and (L,)
            confidence in [0, 1], 0 where not seen.
        """
        ...

    def close(self) -> None:
        """Release models and threads."""
        ...


ExtractorFactory = Callable[[Path | None], Extractor]


@dataclass(frozen=True)
class ExtractorInfo:
    """What a dataset remembers of its extractor; two infos that are equal make the same poses."""

    name: str
    version: str
    skeleton: Skeleton
    weights_sha256: str
    options: Mapping[str, Any]

    @classmethod
    def of(cls, extractor: Extractor) -> "ExtractorInfo":
        details = extractor.describe()
        return cls(
            name=extractor.name,
            version=extractor.version,
            skeleton=extractor.skeleton,
            weights_sha256=str(details.get("weights_sha256", "")),
            options=dict(details.get("options", {})),
        )


def import_path(name: str) -> str:
    """Where the factory of an extractor lives: `package.module:factory`.

    Args:
        name: A name from `EXTRACTORS`, or an import path of your own.

    Raises:
        ExtractionError: Neither.
    """
    from signkit.extract import EXTRACTORS

    if ":" in name:
        return name
    if name not in EXTRACTORS:
        near = get_close_matches(name, EXTRACTORS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(EXTRACTORS)}"
        raise ExtractionError(
            f"no extractor is called {name!r}; {hint} (your own: package.module:factory)"
        )
    return EXTRACTORS[name]


def make_extractor(name: str, *, weights: Path | None = None) -> Extractor:
    """The extractor called `name`, ready for its first clip.

    Args:
        name: A name from `EXTRACTORS`, or `package.module:factory` where the factory takes
            `weights`.
        weights: Model file or folder; None lets the extractor look in its usual places.

    Raises:
        ExtractionError: There is no such extractor.
        WeightsError: Its model is missing or damaged.
    """
    module_name, _, factory_name = import_path(name).partition(":")
    try:
        factory = getattr(import_module(module_name), factory_name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ExtractionError(
            f"extractor {name!r} cannot be imported ({error}); expected package.module:factory"
        ) from error
    return cast(ExtractorFactory, factory)(weights)
