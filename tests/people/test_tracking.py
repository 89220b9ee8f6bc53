"""Who is who from frame to frame, on boxes made by hand and on simulated crossings."""

import numpy as np
import pytest

from signkit.people.tracking import GAP_S, Sightings, Tracker, overlaps

RED, BLUE, GREEN = np.eye(3, 8, dtype=np.float32)
STEP_S = 0.2


def sight(*people: tuple[float, np.ndarray], width: float = 100.0, landmarks=None) -> Sightings:
    """People as high as three quarters of a frame: (middle of the box, look)."""
    boxes = [[x - width / 2, 60.0, x + width / 2, 360.0] for x, _ in people]
    looks = [look for _, look in people]
    return Sightings(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        looks=np.array(looks, np.float32).reshape(-1, 8),
        whole=np.ones(len(people), bool),
        landmarks=landmarks,
    )


def follow(*frames: Sightings, step_s: float = STEP_S) -> list[list[int]]:
    tracker = Tracker()
    return [tracker(n * step_s, seen).tolist() for n, seen in enumerate(frames)]


def test_people_keep_their_numbers_whatever_the_order_of_their_boxes():
    one, two = (100, RED), (400, BLUE)
    assert follow(sight(one, two), sight(two, one), sight(one, two)) == [[0, 1], [1, 0], [0, 1]]


def test_people_who_cross_are_told_apart_by_their_looks():
    ways = zip(range(100, 420, 40), range(400, 80, -40), strict=True)
    frames = [sight((x, RED), (y, BLUE)) for x, y in ways]
    assert follow(*frames) == [[0, 1]] * len(frames)


def test_twins_who_cross_are_told_apart_by_the_way_they_go():
    frames = [sight((100 + 80 * n, RED), (440 - 80 * n, RED)) for n in range(5)]
    assert follow(*frames) == [[0, 1]] * len(frames)


def test_who_is_hidden_by_a_passer_by_is_found_again():
    frames = [
        sight((300, BLUE)),
        sight((120, RED), (300, BLUE)),
        sight((200, RED), (300, BLUE)),
        sight((280, RED)),
        sight((360, RED), (300, BLUE)),
        sight((440, RED), (300, BLUE)),
    ]
    assert follow(*frames) == [[0], [1, 0], [1, 0], [1], [1, 0], [1, 0]]


def test_who_went_behind_somebody_may_come_out_on_the_other_side():
    behind = [(120, RED), (180, RED), None, None, None, (430, RED)]
    frames = [sight((300, BLUE), *([b] if b else []), width=200) for b in behind]
    assert follow(*frames) == [[0, 1], [0, 1], [0], [0], [0], [0, 1]]


def test_somebody_new_is_not_taken_for_somebody_who_left():
    assert follow(sight((300, RED)), sight(), sight((310, BLUE))) == [[0], [], [1]]


def test_a_person_gone_for_longer_than_the_gap_is_found_again_only_in_the_same_place():
    away = [sight()] * 2
    again, elsewhere = sight((300, RED)), sight((500, RED))
    assert follow(again, *away, again, step_s=GAP_S)[-1] == [0]
    assert follow(again, *away, elsewhere, step_s=GAP_S)[-1] == [1]


def test_a_child_before_an_adult_is_another_person():
    def seen(*, child_first: bool) -> Sightings:
        boxes = np.array([[200, 0, 400, 360], [260, 200, 340, 360]], np.float32)
        order = [1, 0] if child_first else [0, 1]
        return Sightings(boxes[order], np.array([RED, RED]), np.array([True, True]))

    assert follow(seen(child_first=False), seen(child_first=True)) == [[0, 1], [1, 0]]


def test_frames_with_nobody_are_no_obstacle():
    assert follow(sight(), sight(), sight((100, RED)), sight()) == [[], [], [0], []]


def landmarks_at(x: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[x, 100], [x, 200]], np.float32), np.ones(2, np.float32)


def test_landmarks_tell_people_apart_whose_boxes_do_not():
    left, right = landmarks_at(80), landmarks_at(120)
    frames = [
        sight((100, RED), (101, RED), landmarks=[left, right]),
        sight((100, RED), (101, RED), landmarks=[right, left]),
    ]
    assert follow(*frames) == [[0, 1], [1, 0]]


def test_landmarks_nobody_sees_say_nothing():
    unseen = np.full((2, 2), np.nan, np.float32), np.zeros(2, np.float32)
    frames = [sight((100, RED), landmarks=[unseen])] * 2
    assert follow(*frames) == [[0], [0]]


def crossing(rng: np.random.Generator, n_frames: int = 16) -> list[tuple[list[int], Sightings]]:
    """Somebody stands, somebody passes before or behind: who is seen, and how, in each frame."""
    looks = rng.dirichlet(np.full(8, 0.3), 2).astype(np.float32)
    size = np.array([rng.uniform(80, 120), rng.choice([70, 150])])
    way = rng.uniform(20, 80) * rng.choice([-1, 1])
    meets = rng.uniform(5, 11)
    frames = []
    for n in range(n_frames):
        x = np.array([300, 300 + (n - meets) * way])
        boxes = np.stack([x - size / 2, np.full(2, 60), x + size / 2, np.full(2, 360)], axis=1)
        hidden = np.zeros(2)
        rear = int(np.argmin(size))
        shared = min(boxes[0, 2], boxes[1, 2]) - max(boxes[0, 0], boxes[1, 0])
        hidden[rear] = max(shared, 0) / size[rear]
        seen = np.flatnonzero((hidden < 0.6) & (rng.random(2) > 0.05))
        boxes += 0.03 * size[:, None] * rng.standard_normal((2, 4))
        mixed = looks + hidden[:, None].astype(np.float32) * (looks[::-1] - looks)
        sightings = Sightings(boxes[seen].astype(np.float32), mixed[seen], np.ones(len(seen), bool))
        frames.append((seen.tolist(), sightings))
    return frames


def switches(frames: list[tuple[list[int], Sightings]]) -> bool:
    """Whether one number is given to two people."""
    owners: dict[int, set[int]] = {}
    numbers = follow(*(sightings for _, sightings in frames))
    for (people, _), given in zip(frames, numbers, strict=True):
        for person, number in zip(people, given, strict=True):
            owners.setdefault(number, set()).add(person)
    return any(len(people) > 1 for people in owners.values())


def test_hundreds_of_crossings_with_noise_and_misses_have_hardly_a_switch():
    rng = np.random.default_rng(0)
    assert np.mean([switches(crossing(rng)) for _ in range(200)]) <= 0.02


@pytest.mark.parametrize(
    ("other", "widen", "share"),
    [
        ((0, 0, 10, 10), 0.0, 1.0),
        ((5, 0, 15, 10), 0.0, 1 / 3),
        ((20, 0, 30, 10), 0.0, 0.0),
        ((20, 0, 30, 10), 1.0, 1 / 5),  # both are 30 wide and share 10 of 50
    ],
)
def test_overlap_is_intersection_over_union(other, widen, share):
    box = np.array([0, 0, 10, 10], np.float32)
    found = overlaps(box, np.array([other], np.float32), widen=widen)
    assert found.tolist() == pytest.approx([share], abs=1e-5)


def test_who_was_followed_for_certain_is_where_the_tracker_thinks():
    tracker = Tracker()
    numbers = tracker(0.0, sight((100, RED), (400, BLUE)))
    assert numbers.tolist() == [0, 1]
    tracker.follow(5.0, sight((390, BLUE), (700, RED)), np.array([1, 0]))
    assert tracker(5.2, sight((702, RED), (388, BLUE), (50, GREEN))).tolist() == [0, 1, 2]
