"""One signer out of landmarks of everybody in a clip, as people's tools write them: frame by frame,
in an order that may change from one frame to the next.

People are first told apart by `signkit.people`, from the boxes around their landmarks: there is no
picture, so all look the same. Then the signer is chosen as extraction does it. Most frames need no
tracker: where everybody's box covers one box of the next frame and touches no other, it is plain
who is who, and that is found for all frames at once.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from signkit.errors import FormatError
from signkit.people.signer import choose_signers
from signkit.people.track import Floats, Landmarks, Track
from signkit.people.tracking import SEEN, Sightings, Tracker
from signkit.skeleton import Skeleton

POLICIES = ("largest", "active", "first")
PLAIN, APART = 0.5, 0.25
"""Overlap from which a box is plainly the same person's, and up to which it is somebody else's."""

Indices = NDArray[np.int64]


def check_policy(policy: str | None) -> None:
    """Refuse a policy there is not.

    Raises:
        FormatError: It is none of `POLICIES`.
    """
    if policy is not None and policy not in POLICIES:
        raise FormatError(f"--signer is {policy!r}; give {', '.join(POLICIES)}")


def one_person(
    people: Sequence[Sequence[Landmarks]],
    skeleton: Skeleton,
    *,
    fps: float,
    policy: str | None,
) -> Landmarks:
    """Coordinates (T, L, C) and confidence (T, L) of one person; NaN and 0 in frames without it.

    Args:
        people: For each of T frames everybody in it: (L, C) float32 pixels, NaN where unseen, and
            (L,) float32 confidence.
        skeleton: Their landmarks.
        fps: Rate of the frames.
        policy: `largest` (as None), `active`, or `first`: the first of each frame, whoever it is.

    Raises:
        FormatError: There is no such policy.
    """
    everybody = [landmarks for frame in people for landmarks in frame]
    frames = np.repeat(np.arange(len(people)), [len(frame) for frame in people])
    shape = (len(everybody), skeleton.n_landmarks)
    coords = np.array([c for c, _ in everybody], np.float32).reshape(*shape, skeleton.n_dims)
    confidence = np.array([c for _, c in everybody], np.float32).reshape(shape)
    return one_of_all(
        frames, coords, confidence, skeleton, n_frames=len(people), fps=fps, policy=policy
    )


def one_of_all(
    frames: Indices,
    coords: Floats,
    confidence: Floats,
    skeleton: Skeleton,
    *,
    n_frames: int,
    fps: float,
    policy: str | None,
) -> Landmarks:
    """As `one_person`, from arrays of all P sightings of people in a clip.

    Args:
        frames: (P,) in which frame each is, counted from 0, never falling.
        coords: (P, L, C) pixels, NaN where unseen.
        confidence: (P, L).
        skeleton: Their landmarks.
        n_frames: T.
        fps: Rate of the frames.
        policy: As in `one_person`.

    Raises:
        FormatError: There is no such policy.
    """
    check_policy(policy)
    confidence = np.where(np.isnan(coords).any(axis=-1), np.float32(0), confidence)
    chosen = np.full((n_frames, *coords.shape[1:]), np.nan, np.float32)
    sure = np.zeros(chosen.shape[:2], np.float32)
    if policy != "first":
        there = (confidence > 0).any(axis=1)
        if not there.all():
            frames, coords, confidence = frames[there], coords[there], confidence[there]
    at, first = np.unique(frames, return_index=True)
    if policy == "first" or len(at) == len(frames):
        chosen[at], sure[at] = coords[first], confidence[first]
        return chosen, sure
    tracks = _tracks(frames, coords, confidence, fps=fps)
    choice = choose_signers(tracks, policy or "largest", skeleton, fps=fps, n_frames=n_frames)
    signer = choice[0].track
    chosen[signer.frames], sure[signer.frames] = signer.coords, signer.confidence
    return chosen, sure


def _tracks(frames: Indices, coords: Floats, confidence: Floats, *, fps: float) -> list[Track]:
    """Everybody in a clip, followed through it; whoever comes first is the first.

    Args:
        frames: (P,) in which frame each of P sightings is, never falling.
        coords: (P, L, C) pixels, NaN where unseen; something is seen of everybody.
        confidence: (P, L).
        fps: Rate of the frames.
    """
    boxes = _boxes(coords, confidence)
    numbers = _numbers(frames, boxes, coords, confidence, fps=fps)
    tracks = []
    for number in range(int(numbers.max(initial=-1)) + 1):
        own = np.flatnonzero(numbers == number)
        tracks.append(Track(frames[own], coords[own], confidence[own], boxes[own]))
    return tracks


def _boxes(coords: Floats, confidence: Floats) -> Floats:
    """(P, 4) around the landmarks that count, or around all where none does."""
    counts = confidence >= SEEN
    counts[~counts.any(axis=1)] = True
    counts &= confidence > 0
    low = np.where(counts[..., None], coords[..., :2], np.float32(np.inf)).min(axis=1)
    high = np.where(counts[..., None], coords[..., :2], np.float32(-np.inf)).max(axis=1)
    return np.concatenate([low, high], axis=1)


def _numbers(
    frames: Indices, boxes: Floats, coords: Floats, confidence: Floats, *, fps: float
) -> Indices:
    """(P,) who each sighting is, counted from 0.

    The tracker decides at the first frame of every run of frames in which all is plain, and is told
    the last two, from which it knows where people are and how they move.
    """
    at, first, n_people = np.unique(frames, return_index=True, return_counts=True)
    following = _following(at, first, n_people, boxes)
    bounds = [*first.tolist(), len(frames)]
    starts = [0, *(np.flatnonzero(following[first[:-1]] < 0) + 1).tolist(), len(at)]
    tracker = Tracker()
    numbers = np.empty(len(frames), np.int64)

    def sightings(frame: int) -> Sightings:
        here = range(bounds[frame], bounds[frame + 1])
        return Sightings(
            boxes=boxes[here.start : here.stop],
            looks=np.ones((len(here), 1), np.float32),
            whole=np.ones(len(here), bool),
            landmarks=[(coords[i], confidence[i]) for i in here],
        )

    for begin, end in pairwise(starts):
        seconds = (at[begin:end] / fps).tolist()
        where = slice(bounds[begin], bounds[begin + 1])
        numbers[where] = tracker(seconds[0], sightings(begin))
        for frame in range(begin, end - 1):
            where = slice(bounds[frame], bounds[frame + 1])
            numbers[following[where]] = numbers[where]
        for frame in range(max(begin + 1, end - 2), end):
            where = slice(bounds[frame], bounds[frame + 1])
            tracker.follow(seconds[frame - begin], sightings(frame), numbers[where])
    return numbers


def _following(at: Indices, first: Indices, n_people: Indices, boxes: Floats) -> Indices:
    """(P,) the sighting of the same person in the next frame; -1 in frames where not all is plain.

    Args:
        at: (F,) frames with people.
        first: (F,) first sighting in each.
        n_people: (F,) how many there are.
        boxes: (P, 4).
    """
    following = np.full(len(boxes), -1, np.int64)
    may_be_plain = (np.diff(at) == 1) & (np.diff(n_people) == 0)
    for n in np.unique(n_people[:-1][may_be_plain]).tolist():
        here = np.flatnonzero(may_be_plain & (n_people[:-1] == n))
        now = first[here][:, None] + np.arange(n)  # (F', N) sightings
        then = first[here + 1][:, None] + np.arange(n)
        shared = _overlaps(boxes[now], boxes[then])  # (F', N, N)
        same = shared >= PLAIN
        one_each = (same.sum(axis=1) == 1).all(axis=1) & (same.sum(axis=2) == 1).all(axis=1)
        plain = one_each & (same | (shared <= APART)).all(axis=(1, 2))
        following[now[plain]] = then[plain][:, :1] + same[plain].argmax(axis=2)
    return following


def _overlaps(boxes: Floats, others: Floats) -> Floats:
    """(F, N, N) intersection over union of each box with each of the others of a frame."""
    a, b = boxes[:, :, None], others[:, None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0, None).prod(axis=-1)
    area = (a[..., 2:] - a[..., :2]).prod(axis=-1) + (b[..., 2:] - b[..., :2]).prod(axis=-1)
    overlaps: Floats = shared / np.maximum(area - shared, np.float32(1e-6))
    return overlaps
