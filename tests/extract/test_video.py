"""Decoding: real times, upright pictures, and the good part of bad files."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from signkit.errors import ExtractionError
from signkit.extract.upright import Upright
from signkit.extract.video import VideoReader, nearest_frames
from tests.extract.films import write_film


def times(path: Path, **window: float) -> list[float]:
    with VideoReader(path) as video:
        return [round(time_s, 6) for time_s, _ in video.frames(**window)]


def test_times_are_those_at_which_frames_are_shown(tmp_path, write_video):
    ticks = [0, 40, 80, 250, 260, 500]
    path = write_video(tmp_path / "phone.mp4", n_frames=6, ticks=ticks)
    assert times(path) == [0.0, 0.04, 0.08, 0.25, 0.26, 0.5]


def test_frames_without_times_follow_the_declared_rate(tmp_path, write_video):
    path = write_video(tmp_path / "raw.h264", n_frames=5, fps=25, format="h264")
    assert times(path) == [0.0, 0.04, 0.08, 0.12, 0.16]


def test_a_rate_that_the_frames_belie_is_measured(tmp_path, write_video):
    path = write_video(tmp_path / "pause.mkv", n_frames=5, fps=99, ticks=[0, 100, 200, 900, 1000])
    with VideoReader(path) as video:
        list(video.frames())
        assert video.fps == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("aspect", "shape"), [(Fraction(2, 1), (48, 128)), (Fraction(1, 2), (96, 64))]
)
def test_pixels_become_square(tmp_path, write_video, aspect, shape):
    path = write_video(tmp_path / "dv.mp4", n_frames=1, aspect=aspect)
    with VideoReader(path) as video:
        ((_, image),) = video.frames()
    assert image.shape == (*shape, 3)


def test_pictures_are_rgb_in_row_order(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", n_frames=1)
    with VideoReader(path) as video:
        ((_, image),) = video.frames()
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    rows, columns = np.nonzero(image[..., 1] > 128)
    assert (rows.mean(), columns.mean()) == pytest.approx((11.5, 7.5), abs=0.5)


def test_messages_call_a_video_what_they_are_told(tmp_path):
    with pytest.raises(ExtractionError) as error:
        VideoReader(tmp_path / "copy.mp4", name="s3://bucket/a.mp4")
    assert str(error.value) == "no video at s3://bucket/a.mp4"


def test_a_sought_window_has_the_pictures_of_the_whole(tmp_path, write_video):
    path = write_video(tmp_path / "long.mp4", n_frames=100, fps=25)
    with VideoReader(path) as video:
        whole = {round(t, 6): image for t, image in video.frames()}
    with VideoReader(path) as video:
        for time_s, image in video.frames(start_s=3.0, end_s=3.4):
            assert np.array_equal(image, whole[round(time_s, 6)])
        assert (video.n_decoded, video.n_expected) == (10, 10)


def test_files_that_are_no_video_say_so(tmp_path, write_video, write_sound):
    whole = write_video(tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("these are notes, not a video\n" * 9)
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "folder.mp4").mkdir()
    write_sound(tmp_path / "sound.mp4")
    (tmp_path / "codec.mp4").write_bytes(b"zzzz".join(whole.rsplit(b"avc1", 1)))
    copy = "copy or download it again"
    not_video = "not a video or is cut off"
    expected = {
        "missing.mp4": f"no video at {tmp_path}/missing.mp4",
        "empty.mp4": f"{tmp_path}/empty.mp4 is empty (0 bytes); {copy}",
        "text.mp4": f"{tmp_path}/text.mp4 is {not_video}; {copy}",
        "cut.mp4": f"{tmp_path}/cut.mp4 is {not_video}; {copy}",
        "folder.mp4": f"{tmp_path}/folder.mp4 is a folder without numbered pictures; expected a "
        "video file, or pictures such as 0001.jpg, 0002.jpg",
        "sound.mp4": f"{tmp_path}/sound.mp4 has sound but no picture; expected a video",
        "codec.mp4": (
            f"{tmp_path}/codec.mp4 has a codec that FFmpeg does not know; convert it to H.264"
        ),
    }
    found = {}
    for name in expected:
        with pytest.raises(ExtractionError) as error:
            VideoReader(tmp_path / name)
        found[name] = str(error.value)
    assert found == expected


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ((0.5, 0.5), "the clip of {path} ends at 0.5 s, but starts at 0.5 s"),
        ((0.5, 0.2), "the clip of {path} ends at 0.2 s, but starts at 0.5 s"),
        ((0.09, 0.11), "no frame of {path} begins between 0.09 and 0.11 s; widen the clip"),
        ((1.0, 2.0), "the clip starts at 1 s, but {path} ends at 1.00 s"),
        ((7.0, None), "the clip starts at 7 s, but {path} ends at 1.00 s"),
    ],
)
def test_a_window_without_frames_says_why(tmp_path, window, message):
    path = tmp_path / "a.mp4"
    write_film(path)
    with pytest.raises(ExtractionError) as error:
        times(path, start_s=window[0], end_s=window[1])
    assert str(error.value) == message.format(path=path)


@dataclass
class Shown:
    time_s: float


@pytest.mark.parametrize(
    ("ticks", "fps", "kept"),
    [
        ([0, 1, 2, 3, 4, 5, 6], 5, [0, 2, 4, 6]),  # half the rate: every other frame
        ([0, 1, 2, 3, 4], 10, [0, 1, 2, 3, 4]),  # the same rate
        ([0, 2, 4, 6], 10, [0, 2, 4, 6]),  # a slower source: nothing is invented
        ([0, 1, 9, 10], 5, [0, 1, 9, 10]),  # a pause: nothing is repeated
        ([7, 8, 9, 10, 11], 5, [7, 9, 11]),  # counted from the first frame
        ([0, 0.9, 2.2, 2.9, 4.1], 5, [0, 2.2, 4.1]),  # times that shake: the nearest
        ([0], 5, [0]),
        ([], 5, []),
    ],
)
def test_the_frame_nearest_to_each_tick_is_kept_once(ticks, fps, kept):
    frames = [Shown(tick / 10) for tick in ticks]
    assert [round(f.time_s * 10, 6) for f in nearest_frames(frames, fps=fps)] == kept


def test_thinning_a_video_keeps_real_times(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", n_frames=50, fps=50)
    assert times(path, fps=12.5) == pytest.approx(np.arange(0, 1, 0.08).tolist())


def test_frames_that_are_thinned_away_are_not_converted(tmp_path, monkeypatch):
    converted = []
    convert = Upright.__call__
    monkeypatch.setattr(
        Upright, "__call__", lambda self, picture: converted.append(1) or convert(self, picture)
    )
    write_film(tmp_path / "a.mp4", n_frames=20)
    with VideoReader(tmp_path / "a.mp4") as video:
        frames = list(video.frames(fps=5))
        assert (len(frames), len(converted)) == (4, 4)
        assert (video.n_decoded, video.n_expected) == (20, 20)
