"""One signer out of everybody, on people whose ways are known."""

import numpy as np
import pytest

from signkit.convert.people import one_person
from signkit.errors import FormatError
from signkit.people.track import Landmarks
from signkit.people.tracking import Sightings, Tracker
from signkit.skeletons import OPENPOSE_18

FPS = 25.0
N_LANDMARKS = OPENPOSE_18.n_landmarks
BODY = np.array(
    [(0, -60), (0, -40), (-20, -40), (-24, -10), (-22, 20), (20, -40), (24, -10), (22, 20),
     (-12, 20), (-12, 60), (-12, 100), (12, 20), (12, 60), (12, 100), (-4, -64), (4, -64),
     (-8, -62), (8, -62)], np.float32,
)  # fmt: skip
WRISTS = OPENPOSE_18.indices(["left_wrist", "right_wrist"])


def person(x: float, *, size: float = 1.0, wrists: float = 0.0) -> Landmarks:
    """A body with 40 px between the shoulders, its middle at x, its wrists moved up by so much."""
    coords = BODY * np.float32(size) + np.array([x, 200], np.float32)
    coords[WRISTS, 1] -= np.float32(wrists)
    return coords, np.full(N_LANDMARKS, 0.9, np.float32)


def nobody() -> Landmarks:
    return np.full((N_LANDMARKS, 2), np.nan, np.float32), np.zeros(N_LANDMARKS, np.float32)


def necks(chosen: Landmarks) -> list[float | None]:
    """Where the neck is from left to right, None where nobody is."""
    x = chosen[0][:, OPENPOSE_18.index("neck"), 0]
    return [None if np.isnan(value) else round(float(value), 1) for value in x]


def choose(people: list[list[Landmarks]], policy: str | None = None) -> Landmarks:
    return one_person(people, OPENPOSE_18, fps=FPS, policy=policy)


def test_who_is_alone_is_taken_as_is_and_unseen_where_nobody_is():
    coords, confidence = choose([[person(100)], [], [person(300)], [nobody()]])
    np.testing.assert_array_equal(coords[0], person(100)[0])
    np.testing.assert_array_equal(coords[2], person(300)[0])
    assert np.isnan(coords[[1, 3]]).all()
    assert confidence.dtype == np.float32
    assert confidence.mean(axis=1).tolist() == pytest.approx([0.9, 0, 0.9, 0])


@pytest.mark.parametrize("people", [[], [[], []], [[nobody()], []]], ids=str)
def test_a_clip_without_anybody_is_unseen(people):
    coords, confidence = choose(people)
    assert coords.shape == (len(people), N_LANDMARKS, 2)
    assert np.isnan(coords).all()
    assert not confidence.any()


def test_the_order_in_a_frame_means_nothing():
    people = [[person(100 + t, size=1.3), person(300)][:: 1 if t % 3 else -1] for t in range(50)]
    assert necks(choose(people)) == [100 + t for t in range(50)]


def test_first_takes_the_first_of_each_frame_whoever_it_is():
    people = [[person(100, size=2), person(300)][:: 1 if t % 2 else -1] for t in range(4)]
    assert necks(choose(people, "first")) == [300, 100, 300, 100]
    assert necks(choose([[nobody(), person(300)]], "first")) == [None]


@pytest.mark.parametrize(("policy", "signer"), [("largest", 400), ("active", 100), (None, 400)])
def test_the_largest_or_who_moves_the_hands_is_the_signer(policy, signer):
    people = [[person(400, size=1.5), person(100, wrists=40 * np.sin(t / 2))] for t in range(50)]
    assert necks(choose(people, policy)) == [signer] * 50


def test_who_is_not_found_in_some_frames_is_unseen_there():
    people = [[person(100, size=1.3), person(300)] for _ in range(40)]
    people[10:15] = [[person(300)]] * 5
    assert necks(choose(people)) == [100] * 10 + [None] * 5 + [100] * 25


def test_who_walks_past_the_signer_is_not_the_signer():
    signer = [person(300, size=1.3, wrists=20 * np.sin(t)) for t in range(60)]
    people = [[signer[t], person(60 + 8 * t)][:: 1 if t % 2 else -1] for t in range(60)]
    assert necks(choose(people, "active")) == [300] * 60


def test_somebody_without_landmarks_counts_for_nobody():
    people = [[nobody(), person(300)] for _ in range(5)]
    assert necks(choose(people)) == [300] * 5


def test_landmarks_of_little_confidence_do_not_make_anybody_larger():
    far, small = person(100), person(300, size=1.2)
    far[0][0], far[1][0] = (5000, 5000), 0.1
    assert necks(choose([[far, small]] * 10)) == [300] * 10


def test_an_unknown_policy_is_refused():
    with pytest.raises(FormatError) as error:
        choose([[person(100)]], "all")
    assert str(error.value) == "--signer is 'all'; give largest, active, first"


def test_runs_in_which_all_is_plain_are_followed_as_the_tracker_follows_them():
    rng = np.random.default_rng(3)
    people = [
        [
            person(100 + 2 * t + rng.normal(0, 1), size=1.2),
            person(330 - 2 * t + rng.normal(0, 1)),
            *([person(600)] if t % 20 else []),
        ]
        for t in range(40)
    ]
    tracker, tracked = Tracker(), []
    for t, frame in enumerate(people):
        boxes = np.array([[*c.min(axis=0), *c.max(axis=0)] for c, _ in frame], np.float32)
        looks, whole = np.ones((len(frame), 1), np.float32), np.ones(len(frame), bool)
        numbers = tracker(t / FPS, Sightings(boxes, looks, whole, frame)).tolist()
        tracked.append(round(float(frame[numbers.index(0)][0][1, 0]), 1))
    assert necks(choose(people)) == tracked
