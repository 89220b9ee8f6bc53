"""Reading MediaPipe's answers: the short way gives what the long way gives."""

import numpy as np
import pytest

from signkit.errors import WeightsError
from signkit.extract.holistic import PartsReader, points_of_message, points_of_objects
from signkit.skeletons import MEDIAPIPE_543

FIELDS = ("x", "y", "z", "visibility", "presence")


def message_of(*n_fields: int):
    """A `NormalizedLandmarkList` whose landmarks have so many fields each."""
    module = "mediapipe.framework.formats.landmark_pb2"
    message = pytest.importorskip(module, exc_type=ImportError).NormalizedLandmarkList()
    rng = np.random.default_rng(0)
    for n in n_fields:
        message.landmark.add(**dict(zip(FIELDS[:n], rng.normal(size=n), strict=True)))
    return message


@pytest.mark.mediapipe
@pytest.mark.parametrize("n_fields", [(3, 3, 3), (4, 4), (5,) * 33, (3, 5, 4), (2, 2), ()], ids=str)
def test_a_message_read_as_bytes_has_the_points_it_has_as_objects(n_fields):
    message = message_of(*n_fields)
    objects = points_of_objects(message.landmark)
    np.testing.assert_array_equal(points_of_message(message), objects)
    assert objects.shape == (len(n_fields), 4)


def test_a_part_with_another_number_of_landmarks_is_named():
    with pytest.raises(WeightsError) as error:
        PartsReader(MEDIAPIPE_543)({"face": np.zeros((478, 4), np.float32)}, 100, 100)
    assert str(error.value) == (
        "MediaPipe returned 478 landmarks of the face, but skeleton 'mediapipe-543' has 468"
    )
