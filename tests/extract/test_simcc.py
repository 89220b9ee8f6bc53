"""The pose net on pictures in which every landmark's place is known."""

from pathlib import Path

import numpy as np
import pytest

from signkit.errors import WeightsError
from signkit.extract.person import Crop
from signkit.extract.runtime import open_session
from signkit.extract.simcc import (
    SIMCC_MEAN,
    SIMCC_MIN,
    SimccPoser,
    decode,
    model_picture,
    window_around,
)
from tests.onnx_nets import (
    BLUE,
    GREEN,
    MEAN,
    N_LANDMARKS,
    RED,
    STD,
    TOP_X,
    TOP_Y,
    detector_net,
    pose_net,
)

SIZE = np.array((288, 384), np.float32)
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
K = np.arange(N_LANDMARKS)
SHIFTS = np.column_stack([(K % 19 - 9) * 4.0, (K // 19 - 3) * 8.0])
"""How far landmark k lies from its spot, in pixels of the model's picture."""


def crop_of(image: np.ndarray, *box: float) -> Crop:
    return Crop(image, np.array(box, np.float32), time_s=0.0)


def with_spot(x: int, y: int, *, colour: int = RED, image: np.ndarray | None = None) -> np.ndarray:
    """A grey frame, or the one given, with a spot of 31x31 px centred at (x, y)."""
    image = np.full((720, 1280, 3), 90, np.uint8) if image is None else image
    image[y - 15 : y + 16, x - 15 : x + 16] = COLOURS[colour]
    return image


def poser(folder: Path, *, score: str = SIMCC_MIN, **net: object) -> SimccPoser:
    return SimccPoser(
        open_session(pose_net(folder / "pose.onnx", **net), device="cpu"), score=score
    )


@pytest.fixture(scope="module")
def shifted(tmp_path_factory) -> SimccPoser:
    return poser(tmp_path_factory.mktemp("shifted"), shifts=SHIFTS)


@pytest.mark.parametrize(
    ("box", "centre", "size"),
    [
        ((100, 100, 200, 300), (150, 200), (187.5, 250)),  # 1.25 x 200 high, 3/4 of it wide
        ((0, 0, 400, 100), (200, 50), (500, 2000 / 3)),  # 1.25 x 400 wide
        ((-50, 20, 10, 100), (-20, 60), (75, 100)),  # leaves the frame, has the shape already
        ((7, 7, 7, 7), (7, 7), (1.25, 5 / 3)),  # a point is a pixel
    ],
    ids=["high", "wide", "outside", "point"],
)
def test_the_window_is_the_box_enlarged_in_the_shape_of_the_model(box, centre, size):
    found = window_around(np.array(box, np.float32), SIZE)
    np.testing.assert_allclose(found, (centre, size), rtol=1e-6)


def test_a_window_of_the_models_size_is_the_picture_itself():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (384, 288, 3), dtype=np.uint8)
    picture = model_picture(image, (SIZE / 2, SIZE), SIZE)
    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture, ((image - MEAN) / STD).transpose(2, 0, 1), atol=1e-6)


def test_a_window_beside_the_frame_is_black():
    image = np.full((100, 100, 3), 255, np.uint8)
    picture = model_picture(image, np.array(((0, 50), (75, 100)), np.float32), SIZE)
    black, white = -MEAN / STD, (255 - MEAN) / STD
    np.testing.assert_allclose(picture[:, 200, 100], black, rtol=1e-6)
    np.testing.assert_allclose(picture[:, 200, 200], white, rtol=1e-6)


@pytest.mark.parametrize(
    ("box", "spot"),
    [
        ((400, 100, 700, 600), (560, 330)),
        ((400, 100, 1100, 300), (800, 210)),
        ((500, 300, 560, 400), (530, 350)),
        ((-200, -100, 260, 500), (60, 200)),
        ((900, 300, 1500, 900), (1180, 560)),
    ],
    ids=["high", "wide", "small", "beyond the top left", "beyond the bottom right"],
)
def test_landmarks_are_found_in_pixels_of_the_frame(shifted, box, spot):
    """The answer is rounded to half a pixel of the model, and resampling moves the spot's edge."""
    ((coords, confidence),) = shifted([crop_of(with_spot(*spot), *box)])
    _, size = window_around(np.array(box, np.float32), SIZE)
    frame_px_per_model_px = size[0] / SIZE[0]
    expected = np.array(spot) + SHIFTS * frame_px_per_model_px
    assert coords.dtype == np.float32
    np.testing.assert_allclose(coords, expected, atol=0.5 * frame_px_per_model_px)
    np.testing.assert_allclose(confidence, TOP_Y, rtol=1e-6)


def test_pictures_go_in_as_rgb(tmp_path):
    """Each third of the landmarks belongs to a colour, and each colour has its place."""
    spots = {RED: (500, 300), GREEN: (600, 400), BLUE: (540, 500)}
    image = None
    for colour, (x, y) in spots.items():
        image = with_spot(x, y, colour=colour, image=image)
    ((coords, _),) = poser(tmp_path, colours=K % 3)([crop_of(image, 400, 100, 700, 700)])
    for colour, spot in spots.items():
        np.testing.assert_allclose(coords[colour::3], np.tile(spot, (len(K[colour::3]), 1)), atol=1)


def test_many_crops_at_once_give_what_each_gives_alone(tmp_path, shifted):
    one_by_one = poser(tmp_path, shifts=SHIFTS, batch=1)
    assert (shifted.session.max_batch, one_by_one.session.max_batch) == (8, 1)
    crops = [
        crop_of(with_spot(300 + 40 * n, 300 + 10 * n), 200 + 30 * n, 100, 600 + 35 * n, 650)
        for n in range(11)
    ]
    for together, alone in zip(shifted(crops), one_by_one(crops), strict=True):
        np.testing.assert_array_equal(together[0], alone[0])
        np.testing.assert_array_equal(together[1], alone[1])
    assert shifted([]) == []


def test_what_the_net_does_not_see_is_nan_without_confidence(tmp_path):
    """No green is in the picture, so every second landmark has a score of 0."""
    net = poser(tmp_path, colours=np.where(K % 2, GREEN, RED))
    ((coords, confidence),) = net([crop_of(with_spot(600, 400), 400, 100, 700, 700)])
    assert np.isnan(coords[1::2]).all()
    assert (confidence[1::2] == 0).all()
    assert np.isfinite(coords[::2]).all()
    np.testing.assert_allclose(confidence[::2], TOP_Y, rtol=1e-6)


@pytest.mark.parametrize(
    ("score", "expected"), [(SIMCC_MIN, TOP_Y), (SIMCC_MEAN, (TOP_X + TOP_Y) / 2)]
)
def test_the_score_is_that_of_the_authors(tmp_path, score, expected):
    net = poser(tmp_path, score=score)
    ((_, confidence),) = net([crop_of(with_spot(600, 400), 400, 100, 700, 700)])
    np.testing.assert_allclose(confidence, expected, rtol=1e-6)
    assert net.describe() == {
        "pose": "pose.onnx",
        "pose_input": [288, 384],
        "pose_device": "cpu",
        "pose_channels": "rgb",
        "pose_box_scale": 1.25,
        "confidence": score,
    }


@pytest.mark.parametrize(
    ("score", "top_x", "top_y", "confidence", "is_seen"),
    [
        (SIMCC_MIN, 0.9, 0.5, 0.5, True),
        (SIMCC_MEAN, 0.9, 0.5, 0.7, True),
        (SIMCC_MIN, 1.08, 1.04, 1.0, True),
        (SIMCC_MEAN, 1.04, 0.9, 0.97, True),
        (SIMCC_MIN, 0.9, 0.0, 0.0, False),
        (SIMCC_MEAN, 0.9, 0.0, 0.45, True),
        (SIMCC_MEAN, 0.2, -0.4, 0.0, False),
    ],
)
def test_a_score_is_cut_to_one_and_needs_to_be_above_zero(score, top_x, top_y, confidence, is_seen):
    along_x, along_y = np.full((1, 1, 8), -1, np.float32), np.full((1, 1, 6), -1, np.float32)
    along_x[0, 0, 5], along_y[0, 0, 2] = top_x, top_y
    places, found = decode(along_x, along_y, score=score)
    np.testing.assert_allclose(found, [[confidence]], rtol=1e-6)
    assert np.array_equal(places, [[(2.5, 1.0) if is_seen else (np.nan, np.nan)]], equal_nan=True)


def test_another_model_is_an_error(tmp_path):
    net = detector_net(tmp_path / "net.onnx", width=64, height=96)
    with pytest.raises(WeightsError) as error:
        SimccPoser(open_session(net, device="cpu"), score=SIMCC_MIN)
    assert str(error.value) == (
        f"{net} answers with shapes [(1, 126, 85)]; expected a whole-body SimCC net: "
        "[(1, 133, 128), (1, 133, 192)]"
    )
