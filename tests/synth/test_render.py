from pathlib import Path

import av
import numpy as np
import pytest

from signkit.synth.body import Body
from signkit.synth.camera import Views
from signkit.synth.render import Renderer, write_video
from signkit.synth.truth import HIDDEN, TRUTH_SKELETON, project_landmarks
from tests.synth.stage import FPS, body_of, camera_of, make_signer

SIGNER = make_signer(0)
CAMERA = camera_of(SIGNER)


@pytest.fixture(scope="module")
def body() -> Body:
    return body_of(SIGNER, 0, 1)


@pytest.fixture(scope="module")
def frames(body) -> list[np.ndarray]:
    return list(Renderer(SIGNER, CAMERA).frames(body))


def is_skin(colour: np.ndarray) -> np.ndarray:
    """True where a colour has the hue of the signer's skin rather than of clothes or room."""
    skin, others = np.array(SIGNER.skin, float), (SIGNER.cloth, SIGNER.room)
    distance = [angle(colour, np.array(c, float)) for c in (skin, *others)]
    return (distance[0] < distance[1]) & (distance[0] < distance[2])


def angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosine = (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1) + 1e-6)
    return np.arccos(np.clip(cosine, -1, 1))


def test_skin_is_drawn_where_fingertips_are_known_to_be(body, frames):
    coords, confidence = project_landmarks(body, Views.of([CAMERA], [body.n_frames]))
    tips = TRUTH_SKELETON.indices(
        [f"{side}_hand_{finger}_tip" for side in ("left", "right") for finger in ("index", "ring")]
    )
    drawn = []
    for image, points, seen in zip(frames, coords[:, tips], confidence[:, tips], strict=True):
        x, y = points[seen > HIDDEN, :2].astype(int).T
        drawn.append(is_skin(image[y, x].astype(float)))
    assert np.concatenate(drawn).mean() > 0.97


def test_frames_change_as_the_signer_moves(frames):
    assert frames[0].shape == (360, 480, 3)
    assert frames[0].dtype == np.uint8
    assert np.abs(frames[len(frames) // 2].astype(int) - frames[0]).max() > 60


def test_same_body_is_drawn_the_same_twice(body, frames):
    again = next(Renderer(SIGNER, CAMERA).frames(body))
    assert (again == frames[0]).all()


def test_video_has_every_frame_at_its_time(tmp_path: Path, frames):
    path = tmp_path / "clip.mp4"
    write_video(path, iter(frames), size=(480, 360), fps=FPS)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        decoded = list(container.decode(stream))
    assert len(decoded) == len(frames)
    assert [f.time for f in decoded] == pytest.approx(np.arange(len(frames)) / FPS, abs=1e-3)
    error = np.abs(decoded[5].to_ndarray(format="rgb24").astype(int) - frames[5])
    assert error.mean() < 6


@pytest.mark.parametrize(("width_px", "height_px"), [(320, 240), (640, 360), (240, 320)])
def test_head_and_shoulders_are_in_any_frame(width_px, height_px):
    camera = camera_of(SIGNER, width_px, height_px)
    body = body_of(SIGNER, 0)
    coords, _ = project_landmarks(body, Views.of([camera], [body.n_frames]))
    upper = coords[:, TRUTH_SKELETON.indices(["nose", "left_shoulder", "right_shoulder"]), :2]
    assert (upper > 0).all()
    assert (upper < [width_px, height_px]).all()
    assert next(Renderer(SIGNER, camera).frames(body)).shape == (height_px, width_px, 3)
