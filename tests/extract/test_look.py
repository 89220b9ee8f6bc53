"""What people look like, on pictures of plain colours."""

import numpy as np
import pytest

from signkit.extract.look import look_of


def test_a_look_is_of_head_and_chest_and_stands_dimmer_light():
    image = np.full((100, 200, 3), (120, 130, 140), np.uint8)
    image[:, 60:140] = (30, 90, 60)  # clothes
    image[:22, 60:140] = (150, 110, 90)  # a head
    box = np.array([50, 0, 150, 100], np.float32)
    dimmer, other = image // 2 + 2, image[..., ::-1]
    look = look_of(image, box)

    def unlike(picture: np.ndarray) -> float:
        return float(np.sqrt(1 - np.sqrt(look * look_of(picture, box)).sum()))

    assert look.sum() == pytest.approx(1, abs=1e-5)
    assert unlike(dimmer) < 0.6 < unlike(other)


def test_a_box_partly_outside_the_frame_has_a_look():
    image = np.full((100, 200, 3), 90, np.uint8)
    outside = look_of(image, np.array([-60, -20, 60, 130], np.float32))
    np.testing.assert_allclose(outside, look_of(image, np.array([50, 0, 150, 100], np.float32)))
