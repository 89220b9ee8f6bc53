"""Who is who: detections of one frame after another, told apart by place, pose and look.

A detector gives boxes, best first, and which comes first changes from frame to frame. Here every
box gets the number of a person. Three cues are weighed against each other, and the assignment of
all boxes of a frame to all people followed is the cheapest one there is:

- place: 1 - IoU with the box that the person should have by now. People go on as they went, but
  not for long: speed is forgotten with `DAMPING_S`. The longer somebody has been out of sight, the
  wider both boxes are made (as Yang et al. 2023, arXiv:2211.14317, do against fast motion).
- pose: mean distance of the landmarks that both sides have, in the size of the box. A poser that
  needs to know the person first has none yet; then this cue is left out.
- look: Hellinger distance of colour histograms (`extract.look`). It is what tells two people apart
  who cross, so it counts, and is learned, only as far as nobody covers the person. Of two boxes the
  larger one is taken for the nearer. Without pictures all looks are the same, and tell nothing.

A cost is a sum of squares, each cue in units of what is usual. Who goes out of sight behind
somebody may come out anywhere around them: there the place costs no more than usual. Who is out of
sight for longer than the gap is found again only by a look and a place much the same as before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from signkit.people.track import Floats, Landmarks

HEAD, CHEST, MIDDLE = (0.03, 0.25), (0.33, 0.60), (0.35, 0.65)
"""Where head and chest are in a box, from above, and where its middle is, from the left."""
GAP_S = 1.0
"""How long somebody may be out of sight and still count as there."""
FORGET_S = 10.0
"""How long a person who is gone may be found again."""
DAMPING_S = 0.4
"""A speed is worth this many seconds of going on."""
WIDEN_PER_S, WIDEST = 0.5, 0.5
"""How much of its size a box is widened by on each side, a second out of sight and at most."""
USUAL_PLACE, USUAL_POSE, USUAL_LOOK = 0.5, 0.2, 0.25
"""Distances that are nothing unusual between two sightings of one person."""
UNUSUAL = 6.0
"""Cost of one cue at most: a cue may be wrong."""
MAX_COST, MAX_COST_OF_LOST = 4.0, 2.5
"""Cost from which a box is somebody else's."""
SEEN = 0.3
"""Confidence from which a landmark counts."""
SCREENED = 0.5
"""Share of a box from which somebody who is not seen is behind whoever covers it."""
KNOWN = 0.5
"""Trust in a look from which somebody who is lost or behind another can be told by it."""
CUT_TRUST = 0.3
"""Trust in the look of somebody cut off by the frame: the middle of the box is elsewhere."""
LEARN, SPEED_UP = 0.3, 0.5
"""How much of a new look and of a new speed is taken over."""


@dataclass(frozen=True, eq=False)
class Sightings:
    """The N people that a detector found in one frame.

    Args:
        boxes: (N, 4) x0, y0, x1, y1 in pixels.
        looks: (N, B) of `look_of`.
        whole: (N,) False where the frame cuts a person off at the side.
        landmarks: Of each, or None where they are not known yet.
    """

    boxes: Floats
    looks: Floats
    whole: NDArray[np.bool_]
    landmarks: Sequence[Landmarks] | None = None


@dataclass(frozen=True, eq=False)
class _Person:
    """Somebody as last seen.

    Args:
        number: Who.
        time_s: When.
        box: (4,) where.
        velocity: (4,) of its edges, pixels per second.
        look: (B,) of `look_of`, a mean over what was seen so far.
        trust: How far the look can be relied on, 0 to 1.
        landmarks: None where they are not known.
        screen: (4,) box of somebody else behind whom the person went out of sight, or None.
    """

    number: int
    time_s: float
    box: Floats
    velocity: Floats
    look: Floats
    trust: float
    landmarks: Landmarks | None
    screen: Floats | None = None

    def box_at(self, time_s: float) -> Floats:
        spent = 1 - np.exp(-(time_s - self.time_s) / DAMPING_S)
        box: Floats = self.box + (self.velocity * (DAMPING_S * spent)).astype(np.float32)
        return box


class Tracker:
    """Gives the people of one frame after another their numbers, counted from 0.

    Args:
        gap_s: How long somebody may be out of sight without being lost.
    """

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._people: list[_Person] = []
        self._n_people = 0

    def __call__(self, time_s: float, sightings: Sightings) -> NDArray[np.int64]:
        """(N,) number of the person behind each sighting; somebody new gets a new number.

        Args:
            time_s: Time of the frame, later than that of the frame before.
            sightings: Whom the detector found in it.
        """
        people = [p for p in self._people if self._is_remembered(p, time_s - p.time_s)]
        matches = self._match(people, time_s, sightings)
        return self._take(time_s, sightings, people, matches)

    def follow(self, time_s: float, sightings: Sightings, numbers: NDArray[np.int64]) -> None:
        """Take a frame of which it is certain who is who.

        Args:
            time_s: Time of the frame, later than that of the frame before.
            sightings: Whom the detector found in it.
            numbers: (N,) whose they are: people who were all seen in the last frame taken.
        """
        where = {person.number: i for i, person in enumerate(self._people)}
        matches = {i: where[number] for i, number in enumerate(numbers.tolist())}
        self._take(time_s, sightings, self._people, matches)

    def _take(
        self, time_s: float, sightings: Sightings, people: list[_Person], matches: dict[int, int]
    ) -> NDArray[np.int64]:
        """(N,) numbers after the people are moved on to a frame.

        Args:
            time_s: Time of the frame.
            sightings: Whom the detector found in it.
            people: Who is remembered.
            matches: Sighting -> person; who has none is new.
        """
        known = set(matches.values())
        unseen = [p for i, p in enumerate(people) if i not in known]
        missing = [p.box_at(time_s) for p in unseen if time_s - p.time_s <= self._gap_s]
        trusts = _trusts(sightings, np.array(missing, np.float32).reshape(-1, 4))
        seen = []
        for i, trust in enumerate(trusts):
            person = _first_seen(self._n_people, time_s, sightings, i, trust)
            if i in matches:
                person = _seen_again(people[matches[i]], person)
            else:
                self._n_people += 1
            seen.append(person)
        self._people = seen + [_out_of_sight(p, time_s, sightings.boxes) for p in unseen]
        return np.array([person.number for person in seen], dtype=np.int64)

    def _is_remembered(self, person: _Person, away_s: float) -> bool:
        return away_s <= self._gap_s or (person.trust >= KNOWN and away_s <= FORGET_S)

    def _match(self, people: list[_Person], time_s: float, sightings: Sightings) -> dict[int, int]:
        """Sighting -> person, of all assignments the one with the least sum of costs.

        `MAX_COST` is also the cost of leaving both alone, so that nobody is given somebody else's
        box only for the number of matches.
        """
        from scipy.optimize import linear_sum_assignment

        if not people or not len(sightings.boxes):
            return {}
        trusts = _trusts(sightings, np.empty((0, 4), np.float32))
        cost = np.array([self._costs(p, time_s, sightings, trusts) for p in people])
        rows, columns = linear_sum_assignment(cost)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return {column: row for row, column in pairs if cost[row, column] < MAX_COST}

    def _costs(
        self, person: _Person, time_s: float, sightings: Sightings, trusts: Floats
    ) -> NDArray[np.float64]:
        """(N,) how unlike a person the sightings are; `MAX_COST` where it is somebody else."""
        away_s = time_s - person.time_s
        box, widen = person.box_at(time_s), min(WIDEN_PER_S * away_s, WIDEST)
        place = 1 - overlaps(box, sightings.boxes, widen=widen)
        look = np.sqrt(np.clip(1 - np.sqrt(sightings.looks * person.look).sum(axis=1), 0, 1))
        if person.screen is not None:
            near = overlaps(person.screen, sightings.boxes) > 0
            place = np.where(near, np.minimum(place, USUAL_PLACE), place)
        cost = _squared(place, USUAL_PLACE) + _squared(look, USUAL_LOOK, trusts * person.trust)
        points = person.landmarks if person.screen is None else None
        if points is not None and sightings.landmarks is not None:
            pose, known = _pose_distances(points, box - person.box, sightings)
            cost += _squared(pose, USUAL_POSE * (1 + away_s), known)
        limit = MAX_COST if away_s <= self._gap_s else MAX_COST_OF_LOST
        return np.where((place < 1) & (cost < limit), cost, MAX_COST)


def _squared(
    distances: NDArray[np.float64], usual: float, trusts: Floats | float = 1.0
) -> NDArray[np.float64]:
    """Costs of a cue: a distance that cannot be trusted counts as a usual one."""
    cost = np.minimum((distances / usual) ** 2, UNUSUAL)
    result: NDArray[np.float64] = trusts * cost + (1 - trusts)
    return result


def overlaps(box: Floats, boxes: Floats, *, widen: float = 0.0) -> NDArray[np.float64]:
    """(N,) intersection over union of one box with each of (N, 4).

    Args:
        widen: Make all of them wider first, by this fraction of their size on every side.
    """
    a, b = _widened(box[None], widen), _widened(boxes, widen)
    shared = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    intersection = np.clip(shared, 0, None).prod(axis=1)
    union = _area(a) + _area(b) - intersection
    result: NDArray[np.float64] = intersection / np.maximum(union, 1e-6)
    return result


def _first_seen(number: int, time_s: float, sightings: Sightings, i: int, trust: float) -> _Person:
    landmarks = None if sightings.landmarks is None else sightings.landmarks[i]
    still = np.zeros(4, dtype=np.float32)
    return _Person(
        number, time_s, sightings.boxes[i], still, sightings.looks[i], float(trust), landmarks
    )


def _seen_again(known: _Person, now: _Person) -> _Person:
    """The same person, moved on; a look learned in a crowd gives way to a better one."""
    went = (now.box - known.box) / (now.time_s - known.time_s)
    learn = now.trust * max(LEARN, now.trust / (now.trust + known.trust + 1e-6))
    return replace(
        now,
        number=known.number,
        velocity=known.velocity + (went - known.velocity) * np.float32(SPEED_UP),
        look=known.look + (now.look - known.look) * np.float32(learn),
        trust=max(known.trust, now.trust),
    )


def _out_of_sight(person: _Person, time_s: float, boxes: Floats) -> _Person:
    """Somebody who was not seen; behind whom, if anybody stands where the person should be."""
    if person.trust < KNOWN:
        return person
    expected = person.box_at(time_s)
    for box in boxes:
        if _covered(expected, box[None]) > SCREENED:
            return replace(person, screen=box)
    return person


def _trusts(sightings: Sightings, missing: Floats) -> Floats:
    """(N,) how much of head and chest nobody covers: nobody larger, and nobody `missing`."""
    boxes = sightings.boxes
    size = boxes[:, 2:] - boxes[:, :2]
    low = boxes[:, :2] + size * np.array([MIDDLE[0], HEAD[0]], np.float32)
    high = boxes[:, :2] + size * np.array([MIDDLE[1], CHEST[1]], np.float32)
    middles = np.concatenate([low, high], axis=1)
    trusts = np.where(sightings.whole, 1.0, CUT_TRUST).astype(np.float32)
    for i in range(len(boxes)):
        others = np.concatenate([boxes[_area(boxes) > _area(boxes[i : i + 1])], missing])
        trusts[i] *= 1 - _covered(middles[i], others)
    return trusts


def _covered(box: Floats, others: Floats) -> float:
    """How much of a box lies in the one of the others that covers most of it."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    covered = np.clip(shared, 0, None).prod(axis=1) / max((box[2:] - box[:2]).prod(), 1e-6)
    return float(covered.max(initial=0.0))


def _pose_distances(
    points: Landmarks, way: Floats, sightings: Sightings
) -> tuple[NDArray[np.float64], Floats]:
    """(N,) mean distance of shared landmarks in sizes of the box; (N,) 1 where there are any."""
    assert sightings.landmarks is not None
    distances = np.zeros(len(sightings.boxes))
    known = np.zeros(len(sightings.boxes), dtype=np.float32)
    expected = points[0][:, :2] + (way[:2] + way[2:]) / 2
    for i, (coords, confidence) in enumerate(sightings.landmarks):
        both = (points[1] > SEEN) & (confidence > SEEN)
        if both.any():
            apart = np.linalg.norm(expected[both] - coords[both, :2], axis=1)
            distances[i] = apart.mean() / np.sqrt(max(_area(sightings.boxes[i : i + 1])[0], 1))
            known[i] = 1
    return distances, known


def _widened(boxes: Floats, part: float) -> Floats:
    reach = part * (boxes[:, 2:] - boxes[:, :2])
    return np.concatenate([boxes[:, :2] - reach, boxes[:, 2:] + reach], axis=1)


def _area(boxes: Floats) -> Floats:
    area: Floats = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    return area
