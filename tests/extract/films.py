"""Films of a white square whose place tells the number of the frame, in all kinds of files."""

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import av.filter
import numpy as np
from av.stream import Disposition

WIDTH, HEIGHT = 64, 48
GRID, SQUARE = 4, 8

Draw = Callable[[int, int, int], np.ndarray]


def numbered(n: int, width: int, height: int) -> np.ndarray:
    """Frame `n`: a white square on black, on places 4 pixels apart, row by row."""
    row, column = divmod(n, (width - SQUARE) // GRID + 1)
    image = np.zeros((height, width, 3), np.uint8)
    image[GRID * row : GRID * row + SQUARE, GRID * column : GRID * column + SQUARE] = 255
    return image


def number_in(image: np.ndarray) -> int:
    """The number of a frame by what it shows."""
    rows, columns = np.nonzero(image[..., 1] > 128)
    per_row = (image.shape[1] - SQUARE) // GRID + 1
    row, column = (round((place.mean() - (SQUARE - 1) / 2) / GRID) for place in (rows, columns))
    return row * per_row + column


def write_film(
    path: Path | BytesIO,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    *,
    n_frames: int = 25,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    ticks: Sequence[int] | None = None,
    draw: Draw = numbered,
    filters: Sequence[tuple[str, str]] = (),
    options: dict[str, str] | None = None,
    file_options: dict[str, str] | None = None,
    format: str | None = None,
    gop: int = 10,
    aspect: Fraction | None = None,
) -> None:
    """25 frames a second; `ticks` are presentation times in 1/1000 s instead."""
    target = str(path) if isinstance(path, Path) else path
    with av.open(target, "w", format=format, options=file_options or {}) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.codec_context.gop_size = gop
        stream.codec_context.options = options or {}
        if ticks is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        frames = (av.VideoFrame.from_ndarray(draw(n, *size)) for n in range(n_frames))
        for n, frame in enumerate(_filtered(frames, filters)):
            if ticks is not None:
                frame.pts, frame.time_base = ticks[n], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _filtered(frames, filters):
    graph = None
    for n, frame in enumerate(frames):
        if not filters:
            yield frame
            continue
        frame.pts, frame.time_base = n, Fraction(1, 25)
        if graph is None:
            graph = av.filter.Graph()
            source = graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base="1/25"
            )
            middle = [graph.add(name, arguments) for name, arguments in filters]
            graph.link_nodes(source, *middle, graph.add("buffersink")).configure()
        graph.vpush(frame)
        yield graph.vpull()


def remux(
    source: Path,
    path: Path,
    *,
    shift: int = 0,
    n_dropped: int = 0,
    later: dict[int, int] | None = None,
    file_options: dict[str, str] | None = None,
) -> None:
    """Copy the packets: shifted in time, without the first ones, some shown later than they were.

    Args:
        shift: Frames (of 1/25 s) that every packet is moved by.
        n_dropped: Packets left out at the beginning.
        later: Packet -> frames that only its presentation is moved by.
    """
    with av.open(str(source)) as old, av.open(str(path), "w", options=file_options or {}) as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        packets = (packet for packet in old.demux(stream) if packet.dts is not None)
        for n, packet in enumerate(packets):
            frame = round(1 / (25 * packet.time_base))
            packet.dts += shift * frame
            packet.pts += (shift + (later or {}).get(n, 0)) * frame
            packet.stream = copy
            if n >= n_dropped:
                new.mux(packet)


def write_with_sound(path: Path, *, delay: int = 0, n_frames: int = 25, is_cover: bool = False):
    """A second of sound that begins at once and a film that begins `delay` frames later.

    With `is_cover` the film is the cover picture of the sound.
    """
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame" if path.suffix == ".mp3" else "aac", rate=8000)
        film = container.add_stream("mjpeg" if is_cover else "libx264", rate=25)
        film.width, film.height = WIDTH, HEIGHT
        film.pix_fmt = "yuvj420p" if is_cover else "yuv420p"
        if is_cover:
            film.disposition = Disposition.attached_pic
        silence = np.zeros((1, 8000), np.float32)
        heard = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        heard.sample_rate = 8000
        container.mux(sound.encode(heard))
        container.mux(sound.encode())
        for n in range(n_frames):
            frame = av.VideoFrame.from_ndarray(numbered(n, WIDTH, HEIGHT))
            frame.pts, frame.time_base = n + delay, Fraction(1, 25)
            container.mux(film.encode(frame))
        container.mux(film.encode())


def write_two_films(path: Path, *, default: int) -> None:
    """Two video streams, 64 and 32 pixels wide, of which one is the default."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for n, (stream, width) in enumerate(zip(streams, (WIDTH, WIDTH // 2), strict=True)):
            stream.width, stream.height, stream.pix_fmt = width, HEIGHT, "yuv420p"
            stream.disposition = Disposition.default if n == default else Disposition(0)
        for stream in streams:
            for n in range(5):
                image = numbered(n, stream.width, HEIGHT)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
            container.mux(stream.encode())


def set_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Write the display matrix of an MP4: what is at (x, y) is shown at (a x + c y, b x + d y)."""
    one = 0x10000
    matrix = (a * one, b * one, 0, c * one, d * one, 0, 0, 0, 0x40000000)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version-0 track header: the matrix is its 11th field
    data[at : at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)


def write_picture(path: Path, image: np.ndarray, pixels: str = "rgb24") -> None:
    """One picture of (H, W, 3) RGB or (H, W, 4) RGBA, in the format of its name."""
    codec = {".png": "png", ".jpg": "mjpeg", ".bmp": "bmp"}[path.suffix]
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = pixels
        drawn = av.VideoFrame.from_ndarray(image, format="rgba" if image.shape[2] == 4 else "rgb24")
        container.mux(stream.encode(drawn.reformat(format=pixels)))
        container.mux(stream.encode())


def write_pictures(folder: Path, names: Sequence[str]) -> None:
    """A folder with the first pictures of a film under these names."""
    folder.mkdir(parents=True)
    for n, name in enumerate(names):
        pixels = "yuvj420p" if name.endswith(".jpg") else "rgb24"
        write_picture(folder / name, numbered(n, WIDTH, HEIGHT), pixels)


def cut(path: Path, fraction: float) -> None:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
