"""What comes out of a file: its video and no cover, whole pictures instead of fields."""

import numpy as np
import pytest

from signkit.errors import ExtractionError
from signkit.extract.video import VideoReader
from tests.extract.films import write_film, write_with_sound


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize(("name", "codec"), [("tape.mp4", "libx264"), ("tape.mpg", "mpeg2video")])
def test_interlaced_pictures_lose_their_comb_and_show_their_first_field(
    tmp_path, order, name, codec
):
    """A bar moves by 2 pixels from field to field; bwdif at full height keeps it whole."""
    first = ("tff", "bff").index(order)

    def bar(n: int, width: int, height: int) -> np.ndarray:
        image = np.zeros((height, width, 3), np.uint8)
        for field in (0, 1):
            left = 4 * n + 2 * (field != first)
            image[field::2, left : left + 8] = 255
        return image

    options = {"flags": "+ilme+ildct", "qp": "5", "qscale": "1"}
    options.pop("qscale" if codec == "libx264" else "qp")
    write_film(
        tmp_path / name,
        codec,
        n_frames=12,
        draw=bar,
        filters=[("setfield", order)],
        options=options,
    )
    with VideoReader(tmp_path / name) as video:
        frames = [(time_s, image[..., 1].astype(int)) for time_s, image in video.frames()]
        assert video.is_interlaced
        assert (video.n_decoded, len(frames)) == (12, 12)
    for n, (time_s, image) in enumerate(frames[1:], start=1):  # the first has no picture before it
        comb = np.abs(2 * image[1:-1] - image[:-2] - image[2:]).mean()
        left = np.nonzero(image[24] > 128)[0].min()
        assert time_s == pytest.approx(n / 25, abs=1e-3)
        assert left == pytest.approx(4 * n, abs=1)
        assert comb < 3  # 32 as stored


def test_sound_with_a_cover_is_no_video(tmp_path):
    for name in ("song.mp3", "song.mp4"):
        write_with_sound(tmp_path / name, n_frames=1, is_cover=True)
        with pytest.raises(ExtractionError) as error:
            VideoReader(tmp_path / name)
        assert str(error.value) == (
            f"{tmp_path / name} has sound but no picture (but for a cover); expected a video"
        )
