"""Who signs: one of the people an extractor followed, or all of them.

With `w` a wrist, `m` the middle of the shoulders and `s` their width (the median over the clip),

    place    = (w - m) / s, the median over `SMOOTH` frames                 shoulder widths
    speed    = |place(t + 1) - place(t - 1)| fps / 2             shoulder widths per second
    activity = sqrt(area) / T * sum over frames and wrists of min(speed, FAST)^2

with the median area of the boxes and T frames in the clip. A speed below `STILL` is the jitter of
an extractor, one above `FASTEST` a mistaken wrist; both count as none. So does a wrist that is not
seen, one whose shoulders are not as wide as usual, as they are when two people are mixed up, and
everything of somebody whose box lies mostly within somebody else's. Whoever walks through the
picture moves wrists and shoulders alike, and whoever is in a part of the clip only is active in
that part only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ExtractionError
from signkit.people.track import Track
from signkit.people.tracking import SEEN
from signkit.skeleton import Skeleton

POLICIES = ("largest", "active", "all")
STILL, FAST, FASTEST = 0.5, 5.0, 15.0
"""Shoulder widths per second; signing is mostly 1 to 5."""
SMOOTH = 5
SURE = 0.5
"""Confidence from which a wrist moves."""
CROWDED = 0.5
"""Share of a box within another one from which what is seen may be anybody's."""
USUAL_WIDTH = 0.2
"""How far shoulders may be from their usual width, as a fraction of it."""
PRESENT_S, PRESENT_SHARE = 1.0, 0.25
"""Who is seen for so long, or in so much of the clip, counts as there."""
STRIDE, SPEED = 1.0, 6.0
"""Shoulder widths, and shoulder widths per second, that a body may move between two sightings."""
OUTSIDE = 0.25
"""Sides of a box that the shoulders may be outside of it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Choice:
    """A person that becomes a pose, and what else there was in the clip.

    Args:
        track: The person.
        track_id: Its position in the extractor's answer.
        n_others: How many other people the clip shows.
        n_switches: How often the track seems to have jumped from one person to another, as
            `count_switches` finds it.
        missing_share: Part of the clip's frames in which nothing of the person was seen, 0 to 1.
    """

    track: Track
    track_id: int
    n_others: int
    n_switches: int
    missing_share: float = 0.0


def choose_signers(
    tracks: Sequence[Track],
    policy: str | None,
    skeleton: Skeleton,
    *,
    fps: float,
    n_frames: int | None = None,
) -> list[Choice]:
    """The signer, or with `all` everybody, the most active first; empty where nobody is.

    Args:
        tracks: Everybody in the clip.
        policy: `largest`, median area times the share of frames; `active`, as said above; `all`,
            everybody who is there for a while; None takes the extractor's first.
        skeleton: Landmarks of the tracks.
        fps: Rate of the frames.
        n_frames: Of the clip; None for those up to the last in which anybody was followed.

    Raises:
        ExtractionError: There is no such policy.
    """
    if policy not in (None, *POLICIES):
        raise ExtractionError(f"signer is {policy!r}; give {', '.join(POLICIES)}")
    seen = [i for i, track in enumerate(tracks) if (track.confidence > 0).any()]
    if not seen:
        return []
    if n_frames is None:
        n_frames = 1 + max(int(tracks[i].frames[-1]) for i in seen)
    people = [_Motion.of(tracks[i], skeleton) for i in seen]
    order = _ranked(people, policy, skeleton, fps=fps, n_frames=n_frames)
    return [
        Choice(
            track=people[i].track,
            track_id=seen[i],
            n_others=len(seen) - 1,
            n_switches=count_switches(people[i].track, skeleton, fps=fps),
            missing_share=1 - people[i].n_seen / n_frames,
        )
        for i in order
    ]


def activity(
    track: Track, others: Sequence[Track], skeleton: Skeleton, *, fps: float, n_frames: int
) -> float:
    """How much a person signs, as the top of this file defines it, in (shoulder widths / s)^2 px.

    Args:
        track: The person.
        others: The other people in the clip.
        skeleton: Landmarks of them all.
        fps: Rate of the frames.
        n_frames: Of the clip, whether the person was there or not.
    """
    motion = _Motion.of(track, skeleton)
    places = np.full((int(track.frames[-1]) + 1, 2, 2), np.nan)
    places[track.frames] = motion.places
    for other in others:
        places[_crowded_frames(track, other)] = np.nan
    places = _smoothed(places)
    speed = np.linalg.norm(places[2:] - places[:-2], axis=-1) * (fps / 2)
    moves = (speed > STILL) & (speed < FASTEST)  # False where a wrist was not seen
    energy = np.minimum(speed[moves], FAST) ** 2
    return float(np.sqrt(motion.area) * energy.sum() / n_frames)


def count_switches(track: Track, skeleton: Skeleton, *, fps: float) -> int:
    """How often a track seems to have jumped from one person to another.

    A jump is a way of the shoulders' middle, from one frame in which it was seen to the next, of
    more than `STRIDE` and `SPEED` times the time between (a second at most) allow, or its leaving
    of the person's own box.
    """
    motion = _Motion.of(track, skeleton)
    seen = np.flatnonzero(np.isfinite(motion.middle).all(axis=1))
    way = np.linalg.norm(np.diff(motion.middle[seen], axis=0), axis=1) / motion.width
    seconds = np.minimum(np.diff(track.frames[seen]) / fps, 1.0)
    jumps = way > STRIDE + SPEED * seconds
    if track.boxes is not None:
        boxes = track.boxes[seen]
        reach = OUTSIDE * (boxes[:, 2:] - boxes[:, :2])
        middle = motion.middle[seen]
        outside = (middle < boxes[:, :2] - reach) | (middle > boxes[:, 2:] + reach)
        left = outside.any(axis=1)
        jumps |= left[1:] & ~left[:-1]
    return int(jumps.sum())


def _ranked(
    people: list["_Motion"],
    policy: str | None,
    skeleton: Skeleton,
    *,
    fps: float,
    n_frames: int,
) -> list[int]:
    """Positions of those who become a pose, the first one first."""
    if policy is None or len(people) == 1:
        return [0]
    if policy == "largest":
        return [int(np.argmax([person.area * person.n_seen for person in people]))]
    tracks = [person.track for person in people]
    active = [
        activity(track, tracks[:i] + tracks[i + 1 :], skeleton, fps=fps, n_frames=n_frames)
        for i, track in enumerate(tracks)
    ]
    order: list[int] = np.argsort(active)[::-1].tolist()
    if policy == "active":
        return order[:1]
    long_enough = min(PRESENT_S * fps, PRESENT_SHARE * n_frames)
    return [i for i in order if people[i].n_seen >= long_enough] or order[:1]


@dataclass(frozen=True, eq=False)
class _Motion:
    """What of a track decides who signs.

    Args:
        track: The person.
        n_seen: Frames in which any landmark was seen.
        places: (N, 2, 2) shoulder widths from their middle to the wrists, left and right; NaN
            where that is not certain.
        middle: (N, 2) pixels, between the shoulders, NaN where not seen.
        width: Pixels between the shoulders, the median over the clip.
        area: Median of the boxes' areas, or of the landmarks' extents without boxes.
    """

    track: Track
    n_seen: int
    places: Floats
    middle: Floats
    width: float
    area: float

    @classmethod
    def of(cls, track: Track, skeleton: Skeleton) -> "_Motion":
        coords = np.where(track.confidence[..., None] >= SEEN, track.coords, np.nan)[..., :2]
        sure = np.where(track.confidence[..., None] >= SURE, coords, np.nan)
        area = _area(track)
        shoulders = _pair(coords, skeleton, "shoulder")
        middle = shoulders.mean(axis=1)
        widths = np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=1)
        seen = widths[np.isfinite(widths)]
        width = max(float(np.median(seen)) if len(seen) else np.sqrt(area) / 2, 1.0)
        usual = np.abs(widths / width - 1) <= USUAL_WIDTH
        places = (_pair(sure, skeleton, "wrist") - middle[:, None]) / width
        return cls(
            track=track,
            n_seen=int((track.confidence > 0).any(axis=1).sum()),
            places=np.where(usual[:, None, None], places, np.nan),
            middle=middle,
            width=width,
            area=area,
        )


def _crowded_frames(track: Track, other: Track) -> NDArray[np.int64]:
    """Frames in which a box lies mostly within that of somebody else."""
    if track.boxes is None or other.boxes is None:
        return np.empty(0, np.int64)
    frames, own, others = np.intersect1d(
        track.frames, other.frames, assume_unique=True, return_indices=True
    )
    a, b = track.boxes[own], other.boxes[others]
    shared = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    inside = np.clip(shared, 0, None).prod(axis=1) > CROWDED * (a[:, 2:] - a[:, :2]).prod(axis=1)
    crowded: NDArray[np.int64] = frames[inside]
    return crowded


def _smoothed(places: Floats) -> Floats:
    """(T, 2, 2) the median of what was seen in the frames around; NaN where a place was not."""
    padded = np.pad(places, [(SMOOTH // 2, SMOOTH // 2), (0, 0), (0, 0)], constant_values=np.nan)
    around = np.sort([padded[i : i + len(places)] for i in range(SMOOTH)], axis=0)  # NaN last
    n_seen = np.isfinite(around).sum(axis=0, keepdims=True)
    low, high = (np.take_along_axis(around, k, axis=0)[0] for k in ((n_seen - 1) // 2, n_seen // 2))
    return np.where(np.isfinite(places), (low + high) / 2, np.nan)


def _pair(coords: Floats, skeleton: Skeleton, joint: str) -> Floats:
    """(N, 2, 2) the left and right one of a joint; NaN where a skeleton has none."""
    pair = np.full((len(coords), 2, 2), np.nan)
    for i, name in enumerate((f"left_{joint}", f"right_{joint}")):
        if name in skeleton:
            pair[:, i] = coords[:, skeleton.index(name)]
    return pair


def _area(track: Track) -> float:
    if track.boxes is not None:
        sides = track.boxes[:, 2:] - track.boxes[:, :2]
    else:
        seen = (track.confidence > 0).any(axis=1)
        coords = track.coords[seen, :, :2]
        sides = np.nanmax(coords, axis=1) - np.nanmin(coords, axis=1)
    return float(np.median(sides.prod(axis=1)))
