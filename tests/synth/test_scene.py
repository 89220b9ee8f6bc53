"""Scenes with several people: what is drawn is what is known."""

import numpy as np
import pytest

from signkit.synth.outline import GRID_PX
from signkit.synth.scene import make_scene, scenes
from signkit.synth.truth import TRUTH_SKELETON

INDEX = TRUTH_SKELETON.index


@pytest.fixture(scope="module")
def scene():
    return make_scene(2)


@pytest.fixture(scope="module")
def frames(scene):
    return list(scene.frames())


def test_a_scene_has_three_or_four_people_from_far_to_near():
    for scene in scenes(6, seed=1):
        sizes = [actor.camera.pixels_per_metre for actor in scene.actors]
        assert len(sizes) in (3, 4)
        assert sizes == sorted(sizes)
        assert scene.coords.shape == (len(sizes), 75, 75, 3)
        assert scene.boxes.shape[:2] == scene.hidden.shape == (len(sizes), 75)


def test_the_seed_decides_everything(scene, frames):
    again, other = make_scene(2), make_scene(3)
    np.testing.assert_array_equal(again.coords, scene.coords)
    np.testing.assert_array_equal(next(again.frames()), frames[0])
    assert not np.array_equal(next(other.frames()), frames[0])


def test_frames_have_the_size_and_number_asked_for():
    scene = make_scene(0, width_px=320, height_px=180, duration_s=0.2)
    assert [frame.shape for frame in scene.frames()] == [(180, 320, 3)] * 5


def test_who_signs_moves_the_hands_most():
    wrists = [INDEX("left_wrist"), INDEX("right_wrist")]
    shoulders = [INDEX("left_shoulder"), INDEX("right_shoulder")]
    for scene in scenes(6, seed=2):
        places = scene.coords[:, :, wrists, :2] - scene.coords[:, :, shoulders, :2]
        ways = np.linalg.norm(np.diff(places, axis=1), axis=-1).sum(axis=(1, 2))
        assert np.argmax(ways) == scene.who_signs


def test_skin_of_the_nearest_is_drawn_where_the_nose_is_known_to_be(scene, frames):
    nearest = scene.actors[-1].signer
    x, y = scene.coords[-1, :, INDEX("nose"), :2].astype(int).T
    inside = (x > 0) & (x < scene.width_px) & (scene.hidden[-1] < 0.1)
    colours = np.array([frames[t][y[t], x[t]] for t in np.flatnonzero(inside)], float)
    near_skin, near_room = (
        np.abs(colours / colours.sum(axis=1, keepdims=True) - np.array(c) / sum(c)).sum(axis=1)
        for c in (nearest.skin, scene.actors[0].signer.room)
    )
    assert inside.sum() > 20
    assert (near_skin < near_room).all()


def test_a_nose_behind_somebody_is_hidden_and_its_box_is_still_known(scene):
    covered = scene.hidden > 0.8
    assert covered.any()
    inside = np.isfinite(scene.boxes[..., 0])
    assert (covered & inside).any()


def test_who_is_outside_the_frame_is_hidden_and_has_no_box():
    outside = 0
    for scene in scenes(6, seed=3):
        nowhere = np.isnan(scene.boxes[..., 0])
        assert (scene.hidden[nowhere] == 1).all()
        outside += nowhere.sum()
    assert outside > 20


def test_boxes_hold_heads_and_arms(scene):
    upper = [INDEX(name) for name in ("nose", "left_elbow", "right_elbow", "left_wrist")]
    points, boxes = scene.coords[:, :, upper, :2], scene.boxes[:, :, None]
    limits = np.array([scene.width_px, scene.height_px])
    in_frame = ((points >= 0) & (points < limits)).all(axis=-1)
    held = (points >= boxes[..., :2] - GRID_PX) & (points <= boxes[..., 2:] + GRID_PX)
    assert held.all(axis=-1)[in_frame].all()


def test_drawing_over_a_room_leaves_the_room_where_the_signer_is_not(scene):
    from signkit.synth.render import Renderer

    actor = scene.actors[0]
    shape = (actor.camera.height_px, actor.camera.width_px, 3)
    black, white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
    renderer = Renderer(actor.signer, actor.camera)
    on_black, on_white = (next(renderer.frames(actor.body, [room])) for room in (black, white))
    apart = (on_white.astype(int) - on_black).mean(axis=2)
    assert (apart[:5, :5] == 255).all()  # the room
    x, y = (scene.coords[0, 0, INDEX("nose"), :2] - (actor.left_px[0], 0)).astype(int)
    assert apart[y, x] == 0  # the signer
