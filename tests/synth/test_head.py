import numpy as np
import pytest

from signkit.synth.head import Expression, draw_head, turn
from tests.synth.stage import make_signer

SCALE = 500.0


def draw(**changes: float):
    neutral = {"brows": 0.0, "opening": 0.0, "width": 0.0, "lids": 0.0}
    return draw_head(make_signer(0), SCALE, Expression(**{**neutral, **changes}))


@pytest.mark.parametrize("change", ["brows", "opening", "width", "lids"])
def test_every_action_changes_the_face(change):
    assert np.abs(draw(**{change: 1.0}).image - draw().image).max() > 30


def test_unturned_head_is_the_relief_itself():
    relief = draw()
    rows, columns = relief.alpha.shape
    matrix = np.array([[SCALE, 0, 0], [0, SCALE, 0]], np.float32)
    centre = np.array([columns / 2, rows / 2], np.float32)
    seen = turn(relief, SCALE, matrix, centre, (columns, rows))
    assert np.abs(seen.image - relief.image).max() < 1


def test_turned_head_moves_its_nose_more_than_its_outline():
    relief = draw()
    rows, columns = relief.alpha.shape
    matrix = np.array([[SCALE, 0, 0.3 * SCALE], [0, SCALE, 0]], np.float32)
    centre = np.array([columns / 2, rows / 2], np.float32)
    seen = turn(relief, SCALE, matrix, centre, (columns, rows))
    highest = np.unravel_index(seen.height.argmax(), seen.height.shape)
    still = np.unravel_index(relief.height.argmax(), relief.height.shape)
    assert highest[1] - still[1] == pytest.approx(0.3 * relief.height.max() * SCALE, abs=3)
