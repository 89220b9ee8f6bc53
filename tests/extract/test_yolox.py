"""The detector on pictures whose answer is known, and the real one on real videos."""

from pathlib import Path

import numpy as np
import pytest

from signkit.errors import WeightsError
from signkit.extract.extractor import ExtractorOptions
from signkit.extract.runtime import open_session
from signkit.extract.video import VideoReader
from signkit.extract.yolox import YoloxDetector, find_detector, not_suppressed
from tests.onnx_nets import GREEN_CONFIDENCE, RED_CONFIDENCE, Graph, detector_net, pose_net

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def scene(width: int, height: int, *rectangles: tuple) -> np.ndarray:
    """A grey RGB picture with (x0, y0, x1, y1, colour) on it."""
    image = np.full((height, width, 3), 90, np.uint8)
    for x0, y0, x1, y1, colour in rectangles:
        image[y0:y1, x0:x1] = colour
    return image


def detector(folder: Path, **net: object) -> YoloxDetector:
    return YoloxDetector(open_session(detector_net(folder / "net.onnx", **net), device="cpu"))


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> YoloxDetector:
    """A quick one, for pictures up to 320x256."""
    return detector(tmp_path_factory.mktemp("small"), width=320, height=256, batch="batch")


@pytest.mark.parametrize("answer", ["raw", "boxes", "labelled"])
@pytest.mark.parametrize(
    ("width", "height", "tolerance_px"),
    [(1280, 720, 0.0), (640, 640, 0.0), (300, 500, 0.5), (1000, 333, 1.0)],
    ids=["halved", "as it is", "enlarged", "uneven"],
)
def test_boxes_are_in_pixels_of_the_picture(tmp_path, answer, width, height, tolerance_px):
    """A resampled edge may lie one pixel of the model's picture off, that is 1/scale pixels."""
    one, other = (20, 40, 120, 240), (140, 60, 260, 300)
    image = scene(width, height, (*one, RED), (*other, GREEN))
    (people,) = detector(tmp_path, answer=answer)([image])
    np.testing.assert_allclose(people[:, :4], [one, other], atol=tolerance_px + 1e-3)
    np.testing.assert_allclose(people[:, 4], [RED_CONFIDENCE, GREEN_CONFIDENCE], rtol=1e-5)


def test_the_net_sees_bgr_from_0_to_255_on_a_grey_canvas(tmp_path):
    """A net that calls every pixel it gets a sure box, blue, green and red being its sides."""
    graph = Graph()
    pixels = graph.op("Reshape", "images", graph.constant((1, 3, 32 * 32), np.int64))
    values = graph.op("Transpose", pixels, perm=[0, 2, 1])
    rest = graph.constant(np.broadcast_to((0.0, 1.0), (1, 32 * 32, 2)))
    graph.op("Concat", values, rest, axis=2, name="dets")
    shapes = {"images": [1, 3, 32, 32]}, {"dets": [1, 32 * 32, 5]}
    echo = YoloxDetector(open_session(graph.save(tmp_path / "echo.onnx", *shapes), device="cpu"))
    image = np.random.default_rng(0).integers(0, 256, (20, 32, 3), dtype=np.uint8)
    (boxes,) = echo([image])
    seen = boxes[:, :3].reshape(32, 32, 3)
    np.testing.assert_array_equal(seen[:20], image[..., ::-1])
    assert (seen[20:] == 114).all()


@pytest.mark.parametrize("answer", ["raw", "boxes", "labelled"])
def test_a_red_person_is_not_a_blue_thing(tmp_path, answer):
    """The net calls red a person and blue something else; RGB would exchange them."""
    detect = detector(tmp_path, answer=answer)
    red, blue = (scene(640, 640, (100, 100, 200, 300, colour)) for colour in (RED, BLUE))
    assert [len(people) for people in detect([red, blue])] == [1, 0]


def test_a_double_is_suppressed_and_a_neighbour_is_not(small):
    """The net reports red twice, 8 px apart."""
    image = scene(320, 256, (40, 40, 120, 200, RED), (130, 40, 200, 200, GREEN))
    (people,) = small([image])
    assert people[:, :4].round(3).tolist() == [[40, 40, 120, 200], [130, 40, 200, 200]]


def test_nobody_is_an_empty_answer(small):
    (people,) = small([scene(320, 256)])
    assert people.shape == (0, 5)
    assert small([]) == []


def test_many_pictures_at_once_give_what_each_gives_alone(tmp_path, small):
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 100, (11, 2))
    images = [scene(320, 256, (x, y, x + 60, y + 80, RED)) for x, y in corners]
    images[4] = scene(200, 100, (10, 10, 40, 90, GREEN))  # of another size
    one_by_one = detector(tmp_path, width=320, height=256, batch=1)
    assert (small.session.max_batch, one_by_one.session.max_batch) == (8, 1)
    for together, alone in zip(small(images), one_by_one(images), strict=True):
        np.testing.assert_array_equal(together, alone)
        assert len(together) == 1


@pytest.mark.parametrize(
    ("box", "is_kept", "why"),
    [
        ((0, 0, 9, 3), True, "4 of 10 rows: 0.40"),
        ((0, 0, 9, 3.5), True, "exactly the limit: 0.45"),
        ((0, 0, 9, 3.6), False, "0.46, the last pixel counted; 0.40 without it"),
        ((50, 50, 59, 59), True, "elsewhere"),
    ],
)
def test_overlap_counts_the_last_pixel(box, is_kept, why):
    people = np.array([(0, 0, 9, 9, 0.9), (*box, 0.8)], np.float32)
    assert (len(not_suppressed(people)) == 2) == is_kept, why


def test_dropping_the_unsure_first_gives_the_same_people_as_last():
    """DWPose's order: suppress among all above 0.1, then drop up to 0.3; written out plainly."""
    rng = np.random.default_rng(1)
    low = rng.uniform(0, 100, (300, 2))
    boxes = np.concatenate([low, low + rng.uniform(20, 60, (300, 2))], axis=1)
    people = np.column_stack([boxes, rng.uniform(0.1, 1, 300)]).astype(np.float32)
    people = people[np.argsort(-people[:, 4])]

    kept: list[np.ndarray] = []
    for person in people:
        if all(overlap(person, better) <= 0.45 for better in kept):
            kept.append(person)
    sure_last = [person for person in kept if person[4] > 0.3]

    sure = people[people[:, 4] > 0.3]
    np.testing.assert_array_equal(sure[not_suppressed(sure)], sure_last)
    assert 10 < len(sure_last) < len(sure)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0]) + 1
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    shared = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (one, other)]
    return shared / (sum(areas) - shared)


def test_another_model_is_an_error(tmp_path):
    net = pose_net(tmp_path / "pose.onnx", width=64, height=64)
    with pytest.raises(WeightsError) as error:
        YoloxDetector(open_session(net, device="cpu"))
    assert str(error.value) == (
        f"{net} answers with shapes [(1, 133, 128), (1, 133, 128)]; expected a YOLOX detector: "
        "(1, 84, 85), or (1, N, 5) with or without labels (1, N)"
    )


def test_the_best_detector_in_the_folder_is_found(tmp_path):
    options = ExtractorOptions(weights=tmp_path, device="cpu")
    detector_net(tmp_path / "yolox_nano.onnx", width=64, height=64)
    assert find_detector(options).session.path.name == "yolox_nano.onnx"
    detector_net(tmp_path / "yolox_l.onnx", width=96, height=64)
    found = find_detector(options)
    assert found.describe() == {
        "detector": "yolox_l.onnx",
        "detector_input": [96, 64],
        "detector_device": "cpu",
        "detector_channels": "bgr",
        "detector_min_confidence": 0.3,
        "detector_max_overlap": 0.45,
    }


@pytest.fixture(scope="module")
def nano(real_data) -> YoloxDetector:
    return YoloxDetector(open_session(real_data / "models" / "yolox_nano.onnx", device="cpu"))


@pytest.fixture(scope="module")
def stills(real_data) -> dict[str, list[np.ndarray]]:
    """Three frames of the first second of every video."""
    pictures = {}
    for path in sorted((real_data / "videos").glob("*.mp4")):
        with VideoReader(path) as video:
            pictures[path.name] = [image for _, image in video.frames(end_s=1.0, fps=3)]
    return pictures


@pytest.mark.real_data
def test_a_signer_is_found_in_real_videos(nano, stills):
    assert len(stills) > 20
    for name, images in stills.items():
        height, width = images[0].shape[:2]
        for people in nano(images):
            assert len(people) == 1, name
            x0, y0, x1, y1, confidence = people[0]
            assert confidence > 0.8, name
            assert 0.25 * width < (x0 + x1) / 2 < 0.75 * width, name
            assert 0.4 * height < y1 - y0 < 1.02 * height, name


@pytest.mark.real_data
def test_real_people_are_surer_in_bgr_than_in_rgb(nano, stills):
    """The detector was trained with OpenCV's order; one still of each video shows it."""
    images = [some[0] for some in stills.values()]
    swapped = [np.ascontiguousarray(image[..., ::-1]) for image in images]
    as_meant, wrong = (np.concatenate(nano(some))[:, 4] for some in (images, swapped))
    assert np.mean(as_meant > wrong) > 0.75
    assert np.median(as_meant - wrong) > 0.003


@pytest.mark.real_data
def test_the_real_detector_sees_nobody_where_nobody_is(nano):
    rng = np.random.default_rng(0)
    black = np.zeros((480, 640, 3), np.uint8)
    noise = rng.integers(0, 256, black.shape, dtype=np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, 640).astype(np.uint8)[:, None], black.shape)
    assert [len(people) for people in nano([black, noise, ramp, black + 255])] == [0, 0, 0, 0]
