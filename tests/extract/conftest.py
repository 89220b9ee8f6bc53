"""Videos drawn on the spot, and an extractor that needs no model: it follows a white square."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

WIDTH, HEIGHT = 64, 48
SQUARE = "square_extractor:make"

WriteVideo = Callable[..., Path]


def picture(n: int, *, scene: str) -> np.ndarray:
    """Frame `n`: a white square that moves to the right, nobody, or all red."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    if scene == "red":
        image[..., 0] = 255
    if scene == "square":
        image[8:16, 4 + 2 * (n % 20) : 12 + 2 * (n % 20)] = 255
    return image


def _write_video(
    path: Path,
    *,
    n_frames: int = 12,
    fps: int = 25,
    ticks: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    scene: str = "square",
    options: dict[str, str] | None = None,
    format: str | None = None,
) -> Path:
    """An H.264 video; `ticks` are presentation times in 1/1000 s instead of a constant rate."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format=format, options=options or {}) as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 10
        if ticks is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for n in range(n_frames):
            frame = av.VideoFrame.from_ndarray(picture(n, scene=scene), format="rgb24")
            if ticks is not None:
                frame.pts, frame.time_base = ticks[n], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def write_video() -> WriteVideo:
    return _write_video


@pytest.fixture
def write_sound() -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=8000)
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 8000), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture
def square(monkeypatch: pytest.MonkeyPatch) -> str:
    """The import path of the extractor without a model."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return SQUARE
