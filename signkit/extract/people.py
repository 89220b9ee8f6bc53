"""Everybody in a clip, followed through it: the loop around any detector and any poser.

People are looked for in every n-th frame, the key frames, and told apart there; between two key
frames a box moves in a straight line. All that needs frames beyond the present one: whether
somebody who is out of sight comes back within the gap, and whether somebody new stays. So frames
wait until the boxes in them are settled, about a second at the most, and then go to the poser
together. Nobody has landmarks without a box.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby, islice, product

import numpy as np
from numpy.typing import NDArray

from signkit.extract.look import look_of
from signkit.extract.person import Crop, Detector, Frames, Image, Poser
from signkit.people.track import Floats, Landmarks, Track
from signkit.people.tracking import GAP_S, SEEN, Sightings, Tracker, overlaps
from signkit.skeleton import Skeleton

KEY_FRAMES = 8
"""Key frames looked at together, if they fit into `CHUNK_BYTES` with all frames between them."""
CHUNK_BYTES = 2**28
SHORTEST_S = 0.3
"""Whoever is seen for less long is a fault of the detector, if the clip is longer."""
POOR = 0.3
"""Mean confidence of a body below which its box is looked for again."""
SAME_BOX = 0.1
"""Overlap from which a box that was looked for again is the same person's."""
SAME_PLACE = 0.05
"""Two people whose landmarks lie this near, in sizes of a box, are one person seen twice."""
EDGE_PX = 2
"""A box this near to the side of the frame may be cut off by it."""


@dataclass(frozen=True, eq=False)
class _Moment:
    """A frame of the clip, counted from 0, with its time."""

    frame: int
    time_s: float
    image: Image


@dataclass(eq=False)
class _Path:
    """Where one person was found: key frames, their times, the boxes in them."""

    frames: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    boxes: list[Floats] = field(default_factory=list)

    def add(self, moment: _Moment, box: Floats) -> None:
        self.frames.append(moment.frame)
        self.times_s.append(moment.time_s)
        self.boxes.append(box)

    @property
    def stays(self) -> bool:
        """Whether this is a person at all."""
        return len(self.frames) > 1 and self.times_s[-1] - self.times_s[0] >= SHORTEST_S

    def at(self, moment: _Moment, *, gap_s: float, end: int) -> tuple[Floats, int] | None:
        """The box in a frame, and how many frames lie between the sightings around it.

        Args:
            moment: The frame.
            gap_s: Sightings further apart have nothing between them.
            end: The key frame whose boxes are held till the clip ends; -1 where it goes on.
        """
        after = bisect_right(self.frames, moment.frame)
        before = after - 1
        if after == 0:
            return None
        if self.frames[before] == moment.frame or self.frames[before] == end:
            return self.boxes[before], 0
        if after == len(self.frames) or self.times_s[after] - self.times_s[before] > gap_s:
            return None
        gap = self.frames[after] - self.frames[before]
        part = np.float32((moment.frame - self.frames[before]) / gap)
        return self.boxes[before] + (self.boxes[after] - self.boxes[before]) * part, gap


@dataclass(frozen=True, eq=False)
class _Place:
    """Where one person is in one frame; `is_seen` unless a key frame around it lacks the person."""

    moment: _Moment
    number: int
    box: Floats
    is_seen: bool

    @property
    def crop(self) -> Crop:
        return Crop(self.moment.image, self.box, self.moment.time_s, self.number)


_Posed = tuple[_Place, Landmarks]


def follow_people(
    frames: Frames, *, detector: Detector, poser: Poser, detect_every: int
) -> list[Track]:
    """Everybody in a clip, whoever was seen first at the front; empty where nobody is.

    Args:
        frames: The clip.
        detector: Finds people in the frames 0, n, 2n and so on.
        poser: Finds the landmarks of everybody in all frames.
        detect_every: That n.
    """
    poser.begin_clip(frames.fps, frames.width_px, frames.height_px)
    follower = _Follower(detector, poser, detect_every, frames)
    frame_bytes = 3 * frames.width_px * frames.height_px
    n_keys = max(1, min(KEY_FRAMES, CHUNK_BYTES // (frame_bytes * detect_every)))
    for moments in _chunks(frames, n_keys * detect_every):
        follower.see(moments)
    return follower.finish()


def _chunks(frames: Frames, n_frames: int) -> Iterator[list[_Moment]]:
    moments: list[_Moment] = []
    for frame, (time_s, image) in enumerate(frames):
        moments.append(_Moment(frame, time_s, image))
        if len(moments) == n_frames:
            yield moments
            moments = []
    if moments:
        yield moments


class _Follower:
    """Takes a clip piece by piece and keeps who was found where."""

    def __init__(self, detector: Detector, poser: Poser, detect_every: int, frames: Frames) -> None:
        self._detector = detector
        self._poser = poser
        self._detect_every = detect_every
        self._width_px = frames.width_px
        self._gap_s = max(GAP_S, 1.1 * detect_every / frames.fps)  # bridges two key frames
        self._tracker = Tracker(self._gap_s)
        self._body = _body_indices(poser.skeleton)
        self._paths: dict[int, _Path] = {}
        self._waiting: list[_Moment] = []
        self._first_s = 0.0
        self._last_key, self._last_s = -1, 0.0
        self._known: dict[tuple[int, int], Landmarks] = {}  # of key frames, by frame and number
        self._found: dict[int, list[tuple[int, Floats, Landmarks]]] = {}

    def see(self, moments: list[_Moment]) -> None:
        """Take the next piece of the clip; its first frame is a key frame."""
        if moments[0].frame == 0:
            self._first_s = moments[0].time_s
        self._waiting += moments
        self._find(moments[:: self._detect_every])
        settled = self._settled()
        self._pose([m for m in self._waiting if m.frame < settled])
        self._waiting = [m for m in self._waiting if m.frame >= settled]

    def finish(self) -> list[Track]:
        """Take the frames that still wait, and return everybody."""
        is_short = self._last_s - self._first_s < SHORTEST_S
        self._pose(self._waiting, end=self._last_key, is_short=is_short)
        return [_track(self._found[number]) for number in sorted(self._found)]

    def _find(self, keys: list[_Moment]) -> None:
        """Look for people in key frames and tell who they are."""
        boxes = [found[:, :4] for found in self._detector([key.image for key in keys])]
        landmarks = self._pose_unknown(keys, boxes)
        for key, around, seen in zip(keys, boxes, landmarks, strict=True):
            numbers = self._tracker(key.time_s, self._sightings(key.image, around, seen))
            for i, number in enumerate(numbers.tolist()):
                self._paths.setdefault(number, _Path()).add(key, around[i])
                if seen is not None:
                    self._known[key.frame, number] = seen[i]
        self._last_key, self._last_s = keys[-1].frame, keys[-1].time_s

    def _pose_unknown(
        self, keys: list[_Moment], boxes: list[Floats]
    ) -> Sequence[list[Landmarks] | None]:
        """Landmarks in each key frame before it is known whose they are, if the poser can."""
        if self._poser.needs_person:
            return [None] * len(keys)
        crops = [
            Crop(key.image, box, key.time_s)
            for key, around in zip(keys, boxes, strict=True)
            for box in around
        ]
        posed = iter(self._poser(crops) if crops else [])
        return [list(islice(posed, len(around))) for around in boxes]

    def _sightings(
        self, image: Image, boxes: Floats, landmarks: list[Landmarks] | None
    ) -> Sightings:
        looks = [look_of(image, box) for box in boxes]
        return Sightings(
            boxes=boxes,
            looks=np.stack(looks) if looks else np.empty((0, 0), np.float32),
            whole=(boxes[:, 0] > EDGE_PX) & (boxes[:, 2] < self._width_px - EDGE_PX),
            landmarks=landmarks,
        )

    def _settled(self) -> int:
        """The first frame in which a box may still change."""
        first_open = self._last_key + 1
        for path in self._paths.values():
            if self._last_s - path.times_s[-1] > self._gap_s:
                continue  # gone
            if not path.stays:
                first_open = min(first_open, path.frames[0])
            elif path.frames[-1] < self._last_key:
                first_open = min(first_open, path.frames[-1] + 1)
        return first_open

    def _pose(self, moments: list[_Moment], *, end: int = -1, is_short: bool = False) -> None:
        """Find the landmarks of everybody in some frames whose boxes are settled.

        Args:
            moments: The frames.
            end: The last key frame of the clip, where these frames are its last; else -1.
            is_short: The clip is too short for anybody to be seen for long.
        """
        people = [(n, path) for n, path in self._paths.items() if path.stays or is_short]
        places = []
        for moment, (number, path) in product(moments, people):
            if where := path.at(moment, gap_s=self._gap_s, end=end):
                box, gap = where
                places.append(_Place(moment, number, box, is_seen=gap <= self._detect_every))
        found = self._landmarks(places)
        if not self._poser.needs_person:
            found = self._look_again(found)
        for place, landmarks in without_doubles(found):
            seen = self._found.setdefault(place.number, [])
            seen.append((place.moment.frame, place.box, landmarks))  # without the picture

    def _landmarks(self, places: list[_Place]) -> list[_Posed]:
        """Of everybody everywhere, in one call of the poser; key frames may have them already."""
        known = [self._known.pop((p.moment.frame, p.number), None) for p in places]
        crops = [p.crop for p, landmarks in zip(places, known, strict=True) if landmarks is None]
        posed = iter(self._poser(crops) if crops else [])
        return [
            (place, next(posed) if landmarks is None else landmarks)
            for place, landmarks in zip(places, known, strict=True)
        ]

    def _look_again(self, found: list[_Posed]) -> list[_Posed]:
        """Between key frames, look for people anew whose landmarks are poor in the expected box."""
        poor = [
            i
            for i, (place, (_, confidence)) in enumerate(found)
            if place.moment.frame % self._detect_every and confidence[self._body].mean() < POOR
        ]
        images = [found[i][0].moment.image for i in poor]
        again = dict[int, _Place]()
        for i, people in zip(poor, self._detector(images) if images else [], strict=True):
            same = overlaps(found[i][0].box, people[:, :4])
            if len(same) and same.max() >= SAME_BOX:
                again[i] = replace(found[i][0], box=people[same.argmax(), :4], is_seen=True)
        better = list(found)
        for i, posed in zip(again, self._landmarks(list(again.values())), strict=True):
            better[i] = max(found[i], posed, key=lambda p: float(p[1][1][self._body].mean()))
        return better


def without_doubles(found: list[_Posed]) -> list[_Posed]:
    """The same, but nobody has the landmarks of somebody else in the same frame.

    Where one person hides another, a poser finds the nearer one in both boxes. The landmarks stay
    with the one who was seen there, or whose box they fill better; the other has none.
    """
    cleaned = list(found)
    for _, frame in groupby(range(len(found)), key=lambda i: found[i][0].moment.frame):
        for i, j in combinations(frame, 2):
            if _is_double(cleaned[i], cleaned[j]):
                loser = min(i, j, key=lambda k: _fit(cleaned[k]))
                place, (coords, confidence) = cleaned[loser]
                nothing = np.full_like(coords, np.nan), np.zeros_like(confidence)
                cleaned[loser] = place, nothing
    return cleaned


def _is_double(a: _Posed, b: _Posed) -> bool:
    both = (a[1][1] > SEEN) & (b[1][1] > SEEN)
    if not both.any():
        return False
    apart = np.linalg.norm(a[1][0][both, :2] - b[1][0][both, :2], axis=1)
    width, height = a[0].box[2:] - a[0].box[:2]
    return bool(np.median(apart) < SAME_PLACE * np.sqrt(width * height))


def _fit(posed: _Posed) -> tuple[bool, float]:
    """How much landmarks belong to the person they were found for; larger is better."""
    place, (coords, confidence) = posed
    seen = coords[confidence > SEEN, :2]
    extent = np.concatenate([seen.min(axis=0), seen.max(axis=0)])
    return place.is_seen, float(overlaps(extent, place.box[None])[0])


def _body_indices(skeleton: Skeleton) -> NDArray[np.int64]:
    if "pose" in skeleton.parts:
        return skeleton.part_indices("pose")
    return np.arange(skeleton.n_landmarks)


def _track(found: list[tuple[int, Floats, Landmarks]]) -> Track:
    """What was found of one person, frame after frame."""
    frames, boxes, landmarks = zip(*found, strict=True)
    coords, confidence = zip(*landmarks, strict=True)
    return Track(np.array(frames), np.stack(coords), np.stack(confidence), np.stack(boxes))
