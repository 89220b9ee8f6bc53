"""Pictures as a viewer sees them: turned, in their colours, of one size."""

import struct

import numpy as np
import pytest

from signkit.extract.video import VideoReader
from tests.extract.films import set_matrix, write_film, write_picture, write_pictures

# What is stored with its square at the top left is seen with it there.
ORIENTATIONS = [
    ((1, 0, 0, 1), "top left", 0, False),
    ((0, 1, -1, 0), "top right", 270, False),  # as a phone held upright writes it
    ((-1, 0, 0, -1), "bottom right", 180, False),
    ((0, -1, 1, 0), "bottom left", 90, False),
    ((-1, 0, 0, 1), "top right", 0, True),  # as a phone's front camera may
    ((1, 0, 0, -1), "bottom left", 180, True),
    ((0, 1, 1, 0), "top left", 90, True),
    ((0, -1, -1, 0), "bottom right", 270, True),
]


@pytest.mark.parametrize(("matrix", "corner", "rotation_deg", "is_mirrored"), ORIENTATIONS)
def test_pictures_are_seen_as_a_player_shows_them(
    tmp_path, matrix, corner, rotation_deg, is_mirrored
):
    path = tmp_path / "phone.mp4"
    write_film(path, n_frames=2)
    set_matrix(path, *matrix)
    with VideoReader(path) as video:
        _, image = next(video.frames())
        assert (video.width_px, video.height_px) == (64, 48)
        assert (video.rotation_deg, video.is_mirrored) == (rotation_deg, is_mirrored)
    rows, columns = np.nonzero(image[..., 1] > 128)
    height, width = (48, 64) if matrix[0] else (64, 48)
    vertical = "top" if rows.mean() < height / 2 else "bottom"
    horizontal = "left" if columns.mean() < width / 2 else "right"
    assert image.shape == (height, width, 3)
    assert f"{vertical} {horizontal}" == corner


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("studio.mp4", "libx264", "yuv444p"),
        ("full.mp4", "libx264", "yuvj444p"),
        ("ten-bits.mp4", "libx264", "yuv444p10le"),
        ("rgb.mov", "qtrle", "rgb24"),
        ("alpha.mov", "prores_ks", "yuva444p10le"),
    ],
)
def test_colours_come_back(tmp_path, name, codec, pixels):
    colours = np.array(
        [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255,) * 3, (128,) * 3, (200, 150, 120)]
    )

    def card(n: int, width: int, height: int) -> np.ndarray:
        return np.repeat(np.repeat(colours[None], 12, axis=1), height, axis=0).astype(np.uint8)

    options = {"qp": "1"} if codec == "libx264" else {}
    write_film(
        tmp_path / name, codec, pixels, size=(72, 48), n_frames=2, draw=card, options=options
    )
    with VideoReader(tmp_path / name) as video:
        _, image = next(video.frames())
    np.testing.assert_allclose(image[24, 6::12], colours, atol=6)


def test_gray_stays_gray(tmp_path):
    write_film(tmp_path / "gray.mkv", "ffv1", "gray", n_frames=1, draw=ramp)
    with VideoReader(tmp_path / "gray.mkv") as video:
        ((_, image),) = video.frames()
    np.testing.assert_array_equal(image, ramp(0, 64, 48))


def ramp(n: int, width: int, height: int) -> np.ndarray:
    grays = np.linspace(0, 255, width).astype(np.uint8)
    return np.broadcast_to(grays[None, :, None], (height, width, 3)).copy()


def test_photos_are_turned_as_their_camera_was_held(tmp_path):
    write_pictures(tmp_path / "photos", ["1.jpg", "2.jpg"])
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)  # orientation 6
    exif = b"Exif\0\0" + tiff
    for path in (tmp_path / "photos").iterdir():
        segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
        path.write_bytes(path.read_bytes()[:2] + segment + path.read_bytes()[2:])
    with VideoReader(tmp_path / "photos") as video:
        _, image = next(video.frames())
        assert (image.shape, video.rotation_deg) == ((64, 48, 3), 270)


def test_what_shines_through_is_white(tmp_path):
    folder = tmp_path / "cut-out"
    folder.mkdir()
    image = np.zeros((4, 6, 4), np.uint8)
    image[:, 2:] = (200, 0, 0, 128)
    image[:, 4:] = (0, 0, 200, 255)
    for n in range(2):
        write_picture(folder / f"{n}.png", image, "rgba")
    with VideoReader(folder) as video:
        _, shown = next(video.frames())
    assert shown[0, ::2].tolist() == [[255, 255, 255], [227, 127, 127], [0, 0, 200]]


def test_a_picture_of_another_shape_is_framed_and_not_stretched(tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    write_picture(folder / "0.png", np.zeros((40, 60, 3), np.uint8))
    write_picture(folder / "1.png", np.full((80, 40, 3), 255, np.uint8))
    with VideoReader(folder) as video:
        _, (_, framed) = video.frames()
    rows, columns = np.nonzero(framed[..., 1] > 128)
    assert framed.shape == (40, 60, 3)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 39, 20, 39)
