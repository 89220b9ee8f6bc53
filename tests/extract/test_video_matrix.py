"""Every kind of file gives the right frames at the right times, or says what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from signkit.extract.video import VideoReader
from tests.extract.films import (
    cut,
    number_in,
    remux,
    write_film,
    write_pictures,
    write_two_films,
    write_with_sound,
)

N = 25
B_FRAMES = {"bf": "3"}
OPEN_GOP = {"bf": "3", "x264-params": "open-gop=1:scenecut=0:keyint=10"}
QUIET = {"x265-params": "log-level=none"}
FAST = {"deadline": "realtime", "cpu-used": "8"}
LOSSLESS = {"qp": "0", "bf": "0"}
AS_MANY = -1
PAUSES = [0, 40, 80, 250, 260, 500, 540, 4000]


@dataclass(frozen=True)
class Kind:
    """A kind of file, and what its reader must find.

    Args:
        name: File or folder to write.
        write: Writes it.
        numbers: Numbers of the frames, told from their pictures.
        times_s: When they are shown; 25 a second from 0 if None.
        n_expected: Frames the file promises; as many as it gives if AS_MANY.
        shape: Height and width of the pictures.
        is_damaged: Whether damaged packets must have been met.
    """

    name: str
    write: Callable[[Path], object] = write_film
    numbers: Sequence[int] = range(N)
    times_s: Sequence[float] | None = None
    n_expected: int | None = AS_MANY
    shape: tuple[int, int] = (48, 64)
    is_damaged: bool = False


def film(codec: str = "libx264", pixels: str = "yuv420p", **how) -> Callable[[Path], object]:
    return partial(write_film, codec=codec, pixels=pixels, **how)


def read(path: Path, **window: float) -> list[tuple[float, int]]:
    with VideoReader(path) as video:
        return [(round(time_s, 4), number_in(image)) for time_s, image in video.frames(**window)]


def first_film(path: Path, **how) -> Path:
    """A film to be copied into the one that is wanted."""
    source = path.with_name("source.mp4")
    write_film(source, **how)
    return source


def write_live(path: Path) -> None:
    """To a pipe: the length is not known when the head of the file is written."""

    class Pipe:
        def __init__(self) -> None:
            self.write = BytesIO.write.__get__(buffer)

    buffer = BytesIO()
    write_film(Pipe(), "libvpx-vp9", options=FAST, format="webm")
    path.write_bytes(buffer.getvalue())


def write_after_one_another(path: Path, *parts: Callable[[Path], object]) -> None:
    """Broadcasts joined as files: the clock starts anew."""
    paths = [path.with_name(f"part{n}.ts") for n in range(len(parts))]
    for write, part in zip(parts, paths, strict=True):
        write(part)
    path.write_bytes(b"".join(part.read_bytes() for part in paths))


def write_holey_pictures(folder: Path) -> None:
    """Every fifth number, 5 pictures a second; the third is damaged, the fifth is missing."""
    write_pictures(folder, [f"take2_{5 * n:03d}.png" for n in range(8)])
    cut(folder / "take2_010.png", 0.3)
    (folder / "take2_020.png").unlink()
    (folder / "fps.txt").write_text("5\n")


KINDS = [
    # Containers and codecs.
    Kind("b-frames.mp4", film(options=B_FRAMES)),
    Kind("open-gop.mkv", film(options=OPEN_GOP)),
    Kind("hevc.mp4", film("libx265", options=QUIET)),
    Kind("av1.mp4", film("libsvtav1", options={"preset": "12"})),
    Kind("fragments.mp4", film(file_options={"movflags": "frag_keyframe+empty_moov"})),
    Kind("prores.mov", film("prores_ks", "yuv422p10le")),
    Kind("no-key-frames.mov", film("qtrle", "rgb24")),
    Kind("vp8.webm", film("libvpx", options=FAST)),
    Kind("vp9.webm", film("libvpx-vp9", options=FAST)),
    Kind("mpeg4.avi", film("mpeg4")),
    Kind("camera.avi", film("mjpeg", "yuvj420p")),
    Kind("b-frames.avi", film("mpeg4", options={"bf": "2"}), times_s=np.arange(1, 26) / 25),
    Kind("mpeg2.mpg", film("mpeg2video", options={"b": "900k"})),
    Kind("h264.ts", film(options=B_FRAMES)),
    Kind("mpeg2.mts", film("mpeg2video", format="mpegts")),
    Kind("sorenson.flv", film("flv")),
    Kind("b-frames.flv", film(options=B_FRAMES)),
    Kind("windows.wmv", film("wmv2")),
    Kind("phone.3gp", film("mpeg4")),
    Kind("colours.gif", film("gif", "rgb8")),
    Kind("bare.h264", film(format="h264", options=B_FRAMES), n_expected=None),
    Kind("bare.mjpeg", film("mjpeg", "yuvj420p"), n_expected=None),
    # Sizes and pixels.
    Kind("odd.webm", film("libvpx-vp9", options=FAST, size=(63, 47)), shape=(47, 63)),
    Kind("odd.mp4", film(pixels="yuv444p", size=(63, 47)), shape=(47, 63)),
    Kind("odd-gray.mkv", film("ffv1", "gray", size=(63, 47)), shape=(47, 63)),
    Kind("gray-12.mkv", film("ffv1", "gray12le")),
    Kind("ten-bits.mp4", film(pixels="yuv420p10le")),
    Kind("full-range.mp4", film(pixels="yuvj420p")),
    Kind("transparent.mov", film("qtrle", "argb")),
    Kind("wide-pixels.mp4", film(aspect=Fraction(2)), shape=(48, 128), numbers=()),
    # Times.
    Kind("pauses.mp4", film(ticks=PAUSES, n_frames=8), range(8), np.array(PAUSES) / 1000),
    Kind("pauses.mkv", film(ticks=PAUSES, n_frames=8), range(8), np.array(PAUSES) / 1000),
    Kind("pauses.ts", film(ticks=PAUSES, n_frames=8), range(8), np.array(PAUSES) / 1000),
    Kind(
        "delays.gif",
        film("gif", "rgb8", ticks=PAUSES, n_frames=8),
        range(8),
        np.array(PAUSES) / 1000,
    ),
    Kind("no-length.webm", write_live, n_expected=None),
    Kind("starts-late.ts", lambda path: remux(first_film(path), path, shift=1000)),
    Kind("starts-late.mkv", lambda path: remux(first_film(path), path, shift=50)),
    Kind(
        "starts-after-sound.mp4", partial(write_with_sound, delay=5), times_s=np.arange(5, 30) / 25
    ),
    Kind(
        "edit-list.mp4",
        lambda path: remux(
            first_film(path, options=OPEN_GOP),
            path,
            shift=-13,
            file_options={"avoid_negative_ts": "disabled"},
        ),
        range(13, N),
    ),
    Kind(
        "negative-offsets.mp4",
        film(options=B_FRAMES, file_options={"movflags": "negative_cts_offsets"}),
    ),
    Kind(
        "same-time-twice.mp4",
        lambda path: remux(first_film(path, options={"bf": "0"}), path, later={3: 1}),
        times_s=[0, 0.04, 0.08, 0.16, 0.1604, *(np.arange(5, N) / 25)],
    ),
    Kind(
        "one-time-slips.mp4",
        lambda path: remux(first_film(path, options={"bf": "0"}), path, later={3: 7}),
        times_s=[0, 0.04, 0.08, 0.12, *(np.arange(4, N) / 25)],
    ),
    Kind(
        "clock-starts-anew.ts",
        lambda path: write_after_one_another(
            path, film(n_frames=10), film(n_frames=5, ticks=[0, 40, 80, 200, 240])
        ),
        [*range(10), *range(5)],
        times_s=[*(np.arange(10) / 25), 0.4, 0.44, 0.48, 0.6, 0.64],
        n_expected=17,
        is_damaged=True,  # packets are missing between the two
    ),
    # Damage.
    Kind(
        "begins-without-key.mkv",
        lambda path: remux(first_film(path, options={"bf": "0"}), path, n_dropped=4),
        range(10, N),
        (np.arange(10, N) - 4) / 25,
        n_expected=20,
    ),
    # Several streams and sizes.
    Kind("second-is-default.mkv", partial(write_two_films, default=1), range(5), shape=(48, 32)),
    Kind("first-is-default.mp4", partial(write_two_films, default=0), range(5)),
    Kind(
        "grows.ts",
        lambda path: write_after_one_another(
            path, film(n_frames=5), film(n_frames=5, size=(128, 96))
        ),
        (),
        is_damaged=True,
    ),
    # Pictures.
    Kind("numbered", partial(write_pictures, names=[f"{n}.jpg" for n in range(1, 13)]), range(12)),
    Kind(
        "holey",
        write_holey_pictures,
        [0, 1, 3, 5, 6, 7],
        np.array([0, 1, 3, 5, 6, 7]) / 5,
        n_expected=8,
        is_damaged=True,
    ),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_file_gives_its_frames_at_their_times(tmp_path, kind):
    kind.write(tmp_path / kind.name)
    with VideoReader(tmp_path / kind.name) as video:
        frames = list(video.frames())
        found = (video.n_decoded, video.n_expected, video.n_damaged > 0)
    times_s = np.arange(len(frames)) / 25 if kind.times_s is None else kind.times_s
    n_expected = len(frames) if kind.n_expected == AS_MANY else kind.n_expected
    numbers = [number_in(image) for _, image in frames]
    assert not kind.numbers or numbers == list(kind.numbers)
    np.testing.assert_allclose([time_s for time_s, _ in frames], times_s, atol=1e-3)
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(frames))
    assert {image.shape for _, image in frames} == {(*kind.shape, 3)}
    assert found == (len(frames), n_expected, kind.is_damaged)


LONG = {
    "b-frames.mp4": film(n_frames=100, options=B_FRAMES),
    "open-gop.mkv": film(n_frames=100, options=OPEN_GOP),
    "open-gop.ts": film(n_frames=100, options=OPEN_GOP),
    "one-key-frame.webm": film("libvpx-vp9", n_frames=100, options=FAST, gop=100),
    "no-key-frames.mov": film("qtrle", "rgb24", n_frames=100),
    "mpeg4.ts": film("mpeg4", n_frames=100, gop=40),
    "mpeg4.avi": film("mpeg4", n_frames=100),
    "mpeg2.mpg": film("mpeg2video", n_frames=100, options={"b": "900k"}),
    "sorenson.flv": film("flv", n_frames=100),
    "windows.wmv": film("wmv2", n_frames=100),
    "colours.gif": film("gif", "rgb8", n_frames=100),
    "bare.h264": film(n_frames=100, format="h264"),
    "bare.m2v": film("mpeg2video", n_frames=100, format="mpeg2video"),
    "numbered": partial(write_pictures, names=[f"{n:03d}.png" for n in range(100)]),
    "starts-late.mp4": lambda path: remux(
        first_film(path, n_frames=100, options=OPEN_GOP), path, shift=77
    ),
    "edit-list.mp4": lambda path: remux(
        first_film(path, n_frames=120, options=OPEN_GOP),
        path,
        shift=-20,
        file_options={"avoid_negative_ts": "disabled"},
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_a_window_holds_exactly_the_frames_shown_in_it(tmp_path, name):
    LONG[name](tmp_path / name)
    whole = read(tmp_path / name)
    for start_s, end_s in [(0.0, 0.2), (0.41, 0.6), (2.0, 2.04), (2.81, 3.33), (3.7, 9.0)]:
        expected = [frame for frame in whole if start_s <= frame[0] < end_s]
        with VideoReader(tmp_path / name) as video:
            frames = [
                (round(t, 4), number_in(im)) for t, im in video.frames(start_s=start_s, end_s=end_s)
            ]
            counts = (video.n_decoded, video.n_expected or len(expected), video.n_damaged)
        assert frames == expected
        assert counts == (len(expected), len(expected), 0)


CUT = {
    # Name, how it is written, and whether the file promises more than is left of it.
    "end.mp4": (film(n_frames=100, options=LOSSLESS, file_options={"movflags": "faststart"}), True),
    "end.mkv": (film(n_frames=100, options=LOSSLESS), True),
    "end.webm": (film("libvpx-vp9", n_frames=100, options=FAST), True),
    "end.mov": (
        film("prores_ks", "yuv422p10le", n_frames=100, file_options={"movflags": "faststart"}),
        True,
    ),
    "end.avi": (film("mjpeg", "yuvj420p", n_frames=100), True),
    "end.flv": (film("flv", n_frames=100), True),
    "end.ts": (film(n_frames=100, options=LOSSLESS), False),
    "end.wmv": (film("wmv2", n_frames=100), False),
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_file_gives_its_beginning_and_says_what_is_missing(tmp_path, name):
    write, is_noticed = CUT[name]
    write(tmp_path / name)
    cut(tmp_path / name, 0.5)
    with VideoReader(tmp_path / name) as video:
        numbers = [number_in(image) for _, image in video.frames()]
        n_decoded, n_expected = video.n_decoded, video.n_expected
    assert 10 < n_decoded < 90
    assert numbers == list(range(n_decoded))
    assert n_expected == 100 if is_noticed else n_expected in (None, n_decoded)


def test_a_hole_costs_only_the_frames_that_build_on_it(tmp_path):
    path = tmp_path / "hole.ts"
    write_film(path, n_frames=100, options=LOSSLESS)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    path.write_bytes(data)
    with VideoReader(path) as video:
        frames = [(round(25 * time_s), number_in(image)) for time_s, image in video.frames()]
        assert video.n_damaged > 0
        assert video.n_decoded < video.n_expected == 100
    wrong = [tick for tick, number in frames if tick != number]
    assert frames[-1] == (99, 99)
    assert len(wrong) < 10
