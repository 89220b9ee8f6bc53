"""An extractor that kills the process above its own, as a machine without memory would."""

import os
import signal

from square_extractor import SquareExtractor

from signkit.extract.extractor import ExtractorOptions
from signkit.extract.person import Frames
from signkit.people.track import Track


class DeadlyExtractor(SquareExtractor):
    """Kills whoever asks it for a clip."""

    def __call__(self, frames: Frames) -> list[Track]:
        os.kill(os.getppid(), signal.SIGKILL)
        return super().__call__(frames)


def make(options: ExtractorOptions) -> DeadlyExtractor:
    return DeadlyExtractor(options)
