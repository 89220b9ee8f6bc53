"""A landmarker for each person: what it sees, and what is made of its answer."""

import numpy as np
import pytest

from signkit.extract.holistic_poser import HolisticPoser, moved_window, view_of, window_around
from signkit.extract.person import Crop
from signkit.skeletons import MEDIAPIPE_543

INDEX = MEDIAPIPE_543.index
IMAGE = np.random.default_rng(0).integers(1, 255, (90, 160, 3), dtype=np.uint8)


def box(*edges: float) -> np.ndarray:
    return np.array(edges, np.float32)


class Landmarker:
    """Finds a body in the middle of what it sees, `off` pixels to the right."""

    def __init__(self, off: float) -> None:
        self.views: list[np.ndarray] = []
        self.is_closed = False
        self._off = off

    def detect(self, frame, time_s):
        self.views.append(frame)
        pose = np.full((33, 4), 0.5, np.float32)
        pose[:, 0] += self._off / frame.shape[1]
        return {"pose": pose} if frame.any() else {}

    def close(self) -> None:
        self.is_closed = True


class Backend:
    skeleton = MEDIAPIPE_543

    def __init__(self, off: float = 0.0) -> None:
        self.opened: list[Landmarker] = []
        self._off = off

    def describe(self):
        return {}

    def open(self):
        self.opened.append(Landmarker(self._off))
        return self.opened[-1]


def test_landmarks_are_in_pixels_of_the_frame_and_z_in_the_scale_of_x():
    ((coords, confidence),) = HolisticPoser(Backend())([Crop(IMAGE, box(40, 20, 80, 80), 0.0, 0)])
    # the window is 60 wide, so half of it is 30 pixels deep
    np.testing.assert_allclose(coords[INDEX("nose")], [60, 50, 30])
    assert confidence[INDEX("nose")] == 0.5
    assert np.isnan(coords[INDEX("face_0")]).all()


def test_shoulders_outside_the_box_are_somebody_elses_and_are_forgotten():
    backend = Backend(off=26)
    ((coords, confidence),) = HolisticPoser(backend)([Crop(IMAGE, box(40, 20, 80, 80), 0.0, 0)])
    assert np.isnan(coords).all()
    assert not confidence.any()
    assert not backend.opened[0].views[-1].any()  # a blank picture


def test_a_landmarker_sees_pictures_of_one_size_only():
    backend = Backend(off=26)  # so that blank pictures are shown as well
    poser = HolisticPoser(backend)
    for time_s, reach in enumerate((20, 22, 45, 12)):
        around = box(80 - reach, 45 - reach, 80 + reach, 45 + reach)
        poser([Crop(IMAGE, around, 0.04 * time_s, 0)])
    sizes = [{view.shape for view in landmarker.views} for landmarker in backend.opened]
    assert [len(some) for some in sizes] == [1, 1, 1]
    assert [landmarker.is_closed for landmarker in backend.opened] == [True, True, False]


def test_everybody_has_a_landmarker_until_they_are_gone():
    backend = Backend()
    poser = HolisticPoser(backend)
    left, right = box(10, 20, 50, 80), box(100, 20, 140, 80)
    poser([Crop(IMAGE, left, 0.0, 7), Crop(IMAGE, right, 0.0, 3)])
    poser([Crop(IMAGE, left, 0.9, 7)])
    assert [landmarker.is_closed for landmarker in backend.opened] == [False, False]
    poser([Crop(IMAGE, left, 1.1, 7)])
    assert [landmarker.is_closed for landmarker in backend.opened] == [False, True]
    poser.begin_clip(25.0, 160, 90)
    poser([Crop(IMAGE, left, 0.0, 7)])
    assert [landmarker.is_closed for landmarker in backend.opened] == [True, True, False]


def test_others_are_blanked_out_where_they_are_not_before_the_person():
    own, other = box(40, 30, 80, 70), box(70, 10, 120, 90)
    poser = HolisticPoser(backend := Backend())
    poser([Crop(IMAGE, own, 0.0, 0), Crop(IMAGE, other, 0.0, 1)])
    x0, y0, x1, y1 = window_around(own)
    expected = IMAGE.copy()
    expected[10:90, 80:120] = 0
    expected[10:30, 70:80] = expected[70:90, 70:80] = 0
    np.testing.assert_array_equal(backend.opened[0].views[0], expected[y0:y1, x0:x1])


def test_a_window_outside_the_frame_is_black_there():
    view = view_of(IMAGE, np.array([-10, -5, 30, 25]), box(0, 0, 20, 20), np.empty((0, 4)))
    assert view.shape == (30, 40, 3)
    assert not view[:5].any()
    assert not view[:, :10].any()
    np.testing.assert_array_equal(view[5:, 10:], IMAGE[:25, :30])


@pytest.mark.parametrize(
    ("edges", "window"),
    [
        ((45, 30, 75, 70), (30, 5, 90, 95)),  # inside: stays
        ((60, 20, 100, 80), (40, 5, 100, 95)),  # pushes it to the right
        ((25, -2, 65, 58), (25, -2, 85, 88)),  # to the left and up
        ((40, 20, 110, 80), (22, 5, 128, 95)),  # too large: a new one
        ((50, 40, 70, 70), (45, 32, 75, 78)),  # much too small: a new one
    ],
)
def test_a_window_moves_only_as_far_as_the_box_pushes_it(edges, window):
    around = window_around(box(40, 20, 80, 80))
    assert around.tolist() == [30, 5, 90, 95]
    moved = moved_window(around, box(*edges))
    np.testing.assert_allclose(moved, window, atol=1)
