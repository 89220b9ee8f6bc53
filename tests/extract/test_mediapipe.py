"""MediaPipe by both of its APIs: which one, which face, and nothing carried from clip to clip."""

from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import numpy as np
import pytest

from benchmarks.identity import extract_scene, judge
from signkit.errors import ExtractionError, WeightsError
from signkit.extract import mediapipe as module
from signkit.extract.extractor import ExtractorOptions
from signkit.extract.landmarks import ClipJob, Extracted, find_landmarks
from signkit.extract.mediapipe import TASK_FILE, TASK_URL, MediaPipeExtractor, n_face_landmarks
from signkit.extract.video import VideoReader
from signkit.extract.weights import sha256_of
from signkit.failures import Failure
from signkit.skeletons import MEDIAPIPE_543
from signkit.synth.scene import make_scene
from signkit.synth.truth import TRUTH_SKELETON


def points(n: int, x: float, y: float, z: float, visibility: float = 0.0) -> np.ndarray:
    return np.array([(x, y, z, visibility)] * n, np.float32)


class Still:
    """Pictures at 25 frames a second."""

    fps = 25.0

    def __init__(self, pictures):
        self.height_px, self.width_px = pictures[0].shape[:2]
        self._pictures = pictures

    def __iter__(self):
        return ((n / 25, picture) for n, picture in enumerate(self._pictures))


class FakeBackend:
    """Sees a body and a right hand."""

    skeleton = MEDIAPIPE_543

    def describe(self):
        return {"weights_sha256": "0", "options": {"api": "fake"}}

    def open(self):
        return self

    def detect(self, frame, time_s):
        hand = points(21, 0.25, 0.5, -0.125)
        return {"pose": points(33, 0.5, 0.5, 0.1, 0.75), "right_hand": hand}

    def close(self):
        pass


@pytest.fixture
def fake(monkeypatch) -> MediaPipeExtractor:
    monkeypatch.setattr(module, "_import_mediapipe", lambda: None)
    monkeypatch.setattr(module, "version", lambda name: "9.9")
    monkeypatch.setattr(MediaPipeExtractor, "_choose", lambda self, task: FakeBackend())
    monkeypatch.setattr(module, "find_weights", lambda name, explicit: None)
    return MediaPipeExtractor(ExtractorOptions())


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A MediaPipe without the bundled graph, on a machine without a `.task` file."""
    monkeypatch.setattr(module, "_import_mediapipe", SimpleNamespace)
    monkeypatch.setattr(module, "version", lambda name: "1.2.2")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SIGNKIT_WEIGHTS", raising=False)


def first_frame(extractor):
    (track,) = extractor(Still([np.zeros((100, 200, 3), np.uint8)]))
    return track.coords[0], track.confidence[0]


def test_fractions_become_pixels_and_z_has_the_scale_of_x(fake):
    coords, confidence = first_frame(fake)
    index = fake.skeleton.index
    np.testing.assert_allclose(coords[index("nose")], [100, 50, 20])
    np.testing.assert_allclose(coords[index("right_hand_wrist")], [50, 50, -25])
    assert confidence[index("nose")] == 0.75
    assert confidence[index("right_hand_wrist")] == 1.0


def test_a_part_out_of_sight_is_nan_with_no_confidence(fake):
    coords, confidence = first_frame(fake)
    for part in ("face", "left_hand"):
        where = fake.skeleton.part_indices(part)
        assert np.isnan(coords[where]).all()
        assert (confidence[where] == 0).all()


def test_without_a_model_the_error_says_where_to_get_it(bare):
    with pytest.raises(WeightsError) as error:
        MediaPipeExtractor(ExtractorOptions())
    assert str(error.value) == (
        f"MediaPipe 1.2.2 brings no models and no {TASK_FILE} was found; download {TASK_URL} "
        f"and pass --weights PATH/{TASK_FILE}, or put it into ~/.cache/signkit"
    )


@pytest.mark.parametrize("kind", ["text", "other bundle", "torn model"])
def test_a_damaged_model_file_is_named(bare, tmp_path, kind):
    path = tmp_path / TASK_FILE
    if kind == "text":
        path.write_text("<html>404</html>")
    else:
        with ZipFile(path, "w") as bundle:
            name = "pose.tflite" if kind == "other bundle" else module.FACE_MODEL
            bundle.writestr(name, b"\x20\x00\x00\x00")
    with pytest.raises(WeightsError) as error:
        MediaPipeExtractor(ExtractorOptions(weights=path))
    assert str(error.value).startswith(f"{path} is damaged or not a holistic landmarker (")
    assert str(error.value).endswith(f"; download {TASK_URL} again")


def test_mediapipe_that_cannot_be_loaded_says_what_to_install(monkeypatch):
    def no_library(name):
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(module, "import_module", no_library)
    with pytest.raises(ExtractionError, match=r"libGL\.so\.1.*apt-get install libgl1"):
        MediaPipeExtractor(ExtractorOptions())


@pytest.mark.real_data
def test_the_face_of_the_task_file_has_irises(real_data):
    assert n_face_landmarks(real_data / "models" / TASK_FILE) == 478


def weights_of(api: str, real_data: Path) -> Path | None:
    if api == "tasks":
        return real_data / "models" / TASK_FILE
    if not hasattr(pytest.importorskip("mediapipe"), "solutions"):
        pytest.skip("this MediaPipe has no bundled graph")
    return None


@pytest.fixture(params=["solutions", "tasks"])
def extractor(request, real_data, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("SIGNKIT_WEIGHTS", raising=False)
    extractor = MediaPipeExtractor(ExtractorOptions(weights=weights_of(request.param, real_data)))
    assert extractor.describe()["options"]["api"] == request.param
    yield extractor
    extractor.close()


def pose_of(extractor, video: Path, *, end_s: float = 0.7):
    outcome = find_landmarks(ClipJob("clip", str(video), end_s=end_s), extractor)
    assert isinstance(outcome, Extracted)
    return outcome.poses[0]


@pytest.mark.mediapipe
@pytest.mark.real_data
def test_a_clip_does_not_depend_on_the_clip_before(extractor, real_data):
    videos = real_data / "videos"
    alone = pose_of(extractor, videos / "tr_hello.mp4")
    pose_of(extractor, videos / "sa_want.mp4", end_s=0.4)
    after = pose_of(extractor, videos / "tr_hello.mp4")
    assert np.array_equal(alone.coords, after.coords, equal_nan=True)
    assert np.array_equal(alone.confidence, after.confidence)


@pytest.mark.mediapipe
@pytest.mark.real_data
def test_a_signer_has_a_body_where_it_is(extractor, real_data):
    pose = pose_of(extractor, real_data / "videos" / "tr_hello.mp4")
    index = pose.skeleton.index
    assert pose.skeleton.name in ("mediapipe-543", "mediapipe-553")
    assert pose.seen[:, index("nose")].all()
    nose, face, left, right = (
        np.median(pose.coords[:, index(name)], axis=0)
        for name in ("nose", "face_1", "left_shoulder", "right_shoulder")
    )
    assert 0 < right[0] < nose[0] < left[0] < 1280  # the signer's right is on our left
    assert 0 < nose[1] < left[1] < 720
    assert np.hypot(*(nose - face)[:2]) < 40
    assert pose.seen[:, pose.skeleton.part_indices("right_hand")].any()


@pytest.mark.mediapipe
@pytest.mark.real_data
def test_an_empty_picture_has_no_landmarks_and_parts_may_come_later(extractor, real_data):
    with VideoReader(real_data / "videos" / "tr_hello.mp4") as video:
        frame = next(image for _, image in video.frames())
    (track,) = extractor(Still([np.zeros_like(frame), frame, frame, frame]))
    assert np.isnan(track.coords[0]).all()
    assert (track.confidence[0] == 0).all()
    assert np.isfinite(track.coords[-1, extractor.skeleton.index("nose")]).all()


@pytest.mark.mediapipe
@pytest.mark.real_data
def test_nobody_is_a_failure_to_detect(extractor, tmp_path, write_video, real_data):
    video = write_video(tmp_path / "black.mp4", scene="black", n_frames=4)
    outcome = find_landmarks(ClipJob("black", str(video)), extractor)
    assert isinstance(outcome, Failure)
    assert (outcome.stage, outcome.reason) == ("detect", f"no person found in 4 frames of {video}")


@pytest.mark.mediapipe
@pytest.mark.real_data
@pytest.mark.parametrize("api", ["solutions", "tasks"])
def test_with_a_signer_everybody_gets_a_pose_of_their_own(api, real_data, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(real_data / "models" / "yolox_nano.onnx"))
    options = ExtractorOptions(weights=weights_of(api, real_data), signer="active")
    extractor = MediaPipeExtractor(options)
    assert extractor.describe()["options"]["api"] == api
    scene = make_scene(2, duration_s=0.6)
    tracks = extractor(Still(list(scene.frames())))
    shoulders = ["left_shoulder", "right_shoulder"]
    true = scene.coords[:, :, TRUTH_SKELETON.indices(shoulders), :2].mean(axis=2)  # (P, T, 2)
    in_sight = (scene.hidden < 0.2).all(axis=1)
    assert in_sight.sum() == 2
    for middle in true[in_sight]:
        away = [
            np.linalg.norm(
                track.coords[:, extractor.skeleton.indices(shoulders), :2].mean(axis=1)
                - middle[track.frames],
                axis=1,
            )
            for track in tracks
        ]
        assert sum(np.nanmedian(distance) < 15 for distance in away) == 1


@pytest.mark.real_data
def test_the_detector_is_told_only_where_it_is_used(real_data, monkeypatch):
    monkeypatch.setattr(module, "_import_mediapipe", lambda: None)
    monkeypatch.setattr(module, "version", lambda name: "9.9")
    monkeypatch.setattr(MediaPipeExtractor, "_choose", lambda self, task: FakeBackend())
    models = real_data / "models"
    alone = MediaPipeExtractor(ExtractorOptions(weights=models)).describe()
    options = ExtractorOptions(weights=models, signer="largest", detect_every=7)
    among = MediaPipeExtractor(options).describe()
    assert alone == FakeBackend().describe()
    assert among["options"]["detector"] == "yolox_nano.onnx"
    assert among["options"]["detector_sha256"] == sha256_of(models / "yolox_nano.onnx")
    assert among["options"]["detect_every"] == 7


@pytest.mark.mediapipe
@pytest.mark.real_data
def test_a_signer_passed_by_others_stays_the_same_person(real_data, monkeypatch, tmp_path):
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(real_data / "models"))
    extractor = MediaPipeExtractor(ExtractorOptions(signer="active"))
    scene = make_scene(26, duration_s=2.0)  # a passer-by hides the signer for a while
    tracks = extract_scene(scene, tmp_path / "scene.mp4", extractor)
    result = judge(scene, tracks, "active", extractor.skeleton)
    assert (result.is_right, result.switched) == (True, False)
    assert result.found > 0.9
