"""The whole DWPose path on drawn people, with nets whose answers are known."""

from collections.abc import Callable, Iterator
from hashlib import sha256

import av
import numpy as np
import pytest

from signkit.errors import WeightsError
from signkit.extract.dwpose import DWPoseExtractor
from signkit.extract.extractor import ExtractorInfo, ExtractorOptions, make_extractor
from signkit.extract.landmarks import ClipJob, Extracted, find_landmarks
from signkit.extract.runtime import onnxruntime_version
from tests.onnx_nets import GREEN, N_LANDMARKS, RED, TOP_Y, detector_net, pose_net

WIDTH, HEIGHT, FPS = 320, 256, 10.0
DETECTOR, DWPOSE = "yolox_l.onnx", "dw-ll_ucoco_384.onnx"
RTMW = "rtmw-dw-x-l_simcc-cocktail14_270e-384x288_20231122.onnx"
RTMW_SMALL = "rtmw-dw-l-m_simcc-cocktail14_270e-256x192_20231122.onnx"
K = np.arange(N_LANDMARKS)
SHIFTS = np.column_stack([(K % 19 - 9) * 4.0, (K // 19 - 3) * 8.0])
PERSON_WIDTH, PERSON_HEIGHT = 60, 120
FRAME_PX_PER_MODEL_PX = 1.25 * PERSON_HEIGHT / 384  # the box is higher than 4/3 of its width


class Drawn:
    """A clip of drawn people: (colour, x, y) of the top left of everybody in each frame."""

    fps, width_px, height_px = FPS, WIDTH, HEIGHT

    def __init__(self, people: list[list[tuple[int, int, int]]]) -> None:
        self._people = people

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        for n, people in enumerate(self._people):
            image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
            for colour, x, y in people:
                image[y : y + PERSON_HEIGHT, x : x + PERSON_WIDTH] = 255 * np.eye(3)[colour]
            yield n / FPS, image


def walk(n_frames: int, *, colour: int = RED, x: int = 40, step: int = 4) -> list[list[tuple]]:
    return [[(colour, x + step * n, 80)] for n in range(n_frames)]


def centre(person: tuple[int, int, int]) -> np.ndarray:
    """Of its pixels."""
    _, x, y = person
    return np.array([x + (PERSON_WIDTH - 1) / 2, y + (PERSON_HEIGHT - 1) / 2])


MakeExtractor = Callable[..., DWPoseExtractor]


@pytest.fixture
def make(tmp_path) -> MakeExtractor:
    """The extractor with a folder of nets; `net` goes to the pose net."""

    def make(*, detect_every: int = 5, pose_file: str = DWPOSE, **net: object) -> DWPoseExtractor:
        detector_net(tmp_path / DETECTOR, width=WIDTH, height=HEIGHT, batch="batch")
        pose_net(tmp_path / pose_file, **net)
        options = ExtractorOptions(weights=tmp_path, detect_every=detect_every, device="cpu")
        return DWPoseExtractor(options)

    return make


def test_landmarks_follow_a_person_in_every_frame(make):
    people = walk(16)
    (track,) = make(shifts=SHIFTS)(Drawn(people))
    assert track.frames.tolist() == list(range(16))
    for coords, (person,) in zip(track.coords, people, strict=True):
        expected = centre(person) + SHIFTS * FRAME_PX_PER_MODEL_PX
        np.testing.assert_allclose(coords, expected, atol=1)
    np.testing.assert_allclose(track.confidence, TOP_Y, rtol=1e-6)
    x, y = np.array([person[1:] for (person,) in people]).T
    boxes = np.column_stack([x, y, x + PERSON_WIDTH, y + PERSON_HEIGHT])
    np.testing.assert_allclose(track.boxes, boxes, atol=1)


def test_two_people_have_their_own_landmarks(make):
    people = [
        [*red, *green]
        for red, green in zip(walk(10, x=20), walk(10, colour=GREEN, x=240, step=-4), strict=True)
    ]
    tracks = make(colours=np.where(K % 2, GREEN, RED))(Drawn(people))
    assert len(tracks) == 2
    from_the_left = sorted(tracks, key=lambda track: track.boxes[0, 0])
    for number, track in enumerate(from_the_left):
        for coords, both in zip(track.coords, people, strict=True):
            own = coords[number::2]
            np.testing.assert_allclose(own, np.tile(centre(both[number]), (len(own), 1)), atol=1)


@pytest.mark.parametrize("detect_every", [1, 5])
def test_without_a_person_there_are_no_landmarks(make, detect_every):
    """The pose net would see some in any picture; a person is found at the next look for people."""
    extractor = make(detect_every=detect_every, phantoms=True)
    assert list(extractor(Drawn([[]] * 20))) == []
    away = 30  # frames, that is 3 s
    people = [*walk(11), *[[]] * away, *walk(11, x=84)]
    seen = np.zeros(len(people), bool)
    for track in extractor(Drawn(people)):
        seen[track.frames] |= (track.confidence > 0).any(axis=1)
    assert seen[:11].all()
    assert not seen[11 + detect_every : 11 + away - detect_every].any()
    assert seen[11 + away + detect_every - 1 :].all()


def test_a_clip_does_not_depend_on_the_clip_before(make):
    extractor = make(shifts=SHIFTS)
    (alone,) = extractor(Drawn(walk(10)))
    extractor(Drawn(walk(10, colour=GREEN, x=200, step=-3)))
    (after,) = extractor(Drawn(walk(10)))
    np.testing.assert_array_equal(alone.coords, after.coords)
    np.testing.assert_array_equal(alone.confidence, after.confidence)


def test_a_video_becomes_a_pose(make, tmp_path):
    people = walk(10)
    with av.open(str(tmp_path / "walk.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=int(FPS), options={"crf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv444p"
        for _, image in Drawn(people):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    outcome = find_landmarks(ClipJob("walk", str(tmp_path / "walk.mp4")), make())
    assert isinstance(outcome, Extracted)
    (pose,) = outcome.poses
    assert pose.skeleton.name == "coco-wholebody-133"
    noses = pose.coords[:, pose.skeleton.index("nose")]
    np.testing.assert_allclose(noses, [centre(person) for (person,) in people], atol=1)


def test_all_that_makes_a_landmark_is_described(make, tmp_path):
    extractor = make(detect_every=3)
    both = (tmp_path / DETECTOR).read_bytes() + (tmp_path / DWPOSE).read_bytes()
    assert extractor.describe() == {
        "weights_sha256": sha256(both).hexdigest(),
        "options": {
            "detect_every": 3,
            "detector": DETECTOR,
            "detector_input": [WIDTH, HEIGHT],
            "detector_device": "cpu",
            "detector_channels": "bgr",
            "detector_min_confidence": 0.3,
            "detector_max_overlap": 0.45,
            "pose": DWPOSE,
            "pose_input": [288, 384],
            "pose_device": "cpu",
            "pose_channels": "rgb",
            "pose_box_scale": 1.25,
            "confidence": "simcc_min",
        },
    }
    assert extractor.version == f"1 (onnxruntime {onnxruntime_version()})"
    assert ExtractorInfo.of(extractor) == ExtractorInfo.of(make(detect_every=3))
    assert ExtractorInfo.of(extractor) != ExtractorInfo.of(make(detect_every=3, shifts=SHIFTS))


def test_the_best_pose_net_in_the_folder_is_used_with_the_score_of_its_authors(make):
    used = []
    for pose_file in (RTMW_SMALL, RTMW, DWPOSE):
        width, height = (192, 256) if pose_file == RTMW_SMALL else (288, 384)
        options = make(pose_file=pose_file, width=width, height=height).describe()["options"]
        used.append((options["pose"], options["pose_input"], options["confidence"]))
    assert used == [
        (RTMW_SMALL, [192, 256], "simcc_mean"),
        (RTMW, [288, 384], "simcc_mean"),
        (DWPOSE, [288, 384], "simcc_min"),
    ]


def test_a_missing_net_is_named(tmp_path):
    with pytest.raises(WeightsError, match=f"no {DETECTOR} or "):
        make_extractor("dwpose", ExtractorOptions(weights=tmp_path))
    detector_net(tmp_path / DETECTOR, width=64, height=64)
    with pytest.raises(WeightsError, match=f"no {DWPOSE} or "):
        make_extractor("dwpose", ExtractorOptions(weights=tmp_path))
