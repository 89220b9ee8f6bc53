"""The landmarks of a SignVerse-2M video, with two defects of its published files repaired.

Every frame is a record (payload) of everybody in it: body 18, hands 21 each, face 68, as fractions
of the frame, in the order of the detector. The program that wrote them

- overwrote the scores of the body: 18 k + j for landmark j of person k where it was seen, else -1.
  Such a landmark counts as certain, and one with -1, whose coordinates are worthless, as unseen;
- dealt the hands to the wrong people where there are several: all left hands and then all right
  ones, in the places of left, right, left, right, ...

Both are undone here, once. Scores that are no such indices are real and stay. Hands that lie at
their wrists as they are, and would not after the repair, were repaired by somebody else and stay
too. Scores of hands and face are always real, up to about 1.1.

Source: SignVerse-2M, https://huggingface.co/datasets/SignerX/SignVerse-2M; DWPose, Yang et al.
2023, arXiv:2307.15880.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.errors import FormatError
from signkit.people.track import Floats
from signkit.skeletons.openpose import OPENPOSE_18, OPENPOSE_128

SKELETON = OPENPOSE_128
REPAIRED = ("body scores", "hands")
LOWEST, HIGHEST = -0.25, 1.25
"""Fractions of the frame beyond which a landmark counts as unseen."""
WORSE, MANY = 0.9, 20
"""Hands were not mixed if at least so large a part of at least so many would be farther away."""

Payload = Mapping[str, Any]
_WRISTS = OPENPOSE_18.indices(["left_wrist", "right_wrist"])
_N_LANDMARKS = {"body": 18, "left_hand": 21, "right_hand": 21, "face": 68}
_PART_NAMES = {"body": "pose", "left_hand": "left_hand", "right_hand": "right_hand", "face": "face"}


@dataclass(frozen=True, eq=False)
class Everybody:
    """All P sightings of people in a video.

    Args:
        frames: (P,) int64 frame of each, counted from 0, never falling.
        numbers: (P,) int64 number of each among the people of its frame.
        n_people: (P,) int64 how many there are in its frame.
        coords: Part to (P, L, 2) fractions of the frame.
        scores: Part to (P, L).
        repaired: What was repaired already.
        hands_improved: Share of the moved hands that came nearer to their wrist; None where there
            are none to compare.
    """

    frames: NDArray[np.int64]
    numbers: NDArray[np.int64]
    n_people: NDArray[np.int64]
    coords: dict[str, Floats]
    scores: dict[str, Floats]
    repaired: tuple[str, ...] = ()
    hands_improved: float | None = None


def gather(payloads: Iterable[tuple[int, Payload]]) -> Everybody:
    """Everybody in some frames, as the files have them.

    Args:
        payloads: Frame, counted from 0 and rising, and its record.

    Raises:
        FormatError: A record breaks the format.
    """
    frames: list[int] = []
    numbers: list[int] = []
    n_people: list[int] = []
    columns: tuple[list[Any], ...] = tuple([] for _ in range(2 * len(_N_LANDMARKS)))
    for frame, payload in payloads:
        try:
            n = int(payload["num_persons"]) if payload is not None and len(payload) else 0
            for k in range(n):
                for column, key in zip(columns, _keys(k), strict=True):
                    column.append(payload[key])
        except KeyError as error:
            raise FormatError(f"frame {frame + 1} has no {error.args[0]!r}") from error
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            raise FormatError(f"frame {frame + 1} is no record of people") from error
        frames += [frame] * n
        numbers += range(n)
        n_people += [n] * n
    parts = list(_N_LANDMARKS)
    keypoints = zip(parts, columns[::2], strict=True)
    scores = zip(parts, columns[1::2], strict=True)
    return Everybody(
        frames=np.array(frames, np.int64),
        numbers=np.array(numbers, np.int64),
        n_people=np.array(n_people, np.int64),
        coords={part: _joined(arrays, frames, part, (2,)) for part, arrays in keypoints},
        scores={part: _joined(arrays, frames, part, ()) for part, arrays in scores},
    )


def repair_scores(people: Everybody) -> Everybody:
    """The same with the confidence 1 of body landmarks where the score is only an index; -1 stays.

    Raises:
        FormatError: They are repaired already.
    """
    _refuse_twice(people, "body scores")
    scores = people.scores["body"]
    indices = 18 * people.numbers[:, None] + np.arange(18)
    is_index = ((scores == -1) | (scores == indices)).all(axis=1)
    starts = np.flatnonzero(people.numbers == 0)
    if len(starts):
        whole = np.logical_and.reduceat(is_index, starts)
        is_index = np.repeat(whole, people.n_people[starts])
    certain = np.where(scores >= 0, np.float32(1), np.float32(-1))
    body = np.where(is_index[:, None], certain, scores)
    return replace(
        people,
        scores={**people.scores, "body": body},
        repaired=(*people.repaired, "body scores"),
    )


def repair_hands(people: Everybody) -> Everybody:
    """The same with everybody's own hands.

    Raises:
        FormatError: They are repaired already: a second time would mix them.
    """
    _refuse_twice(people, "hands")
    several = people.n_people > 1
    if not several.any():
        return replace(people, repaired=(*people.repaired, "hands"))
    first = 2 * (np.arange(len(people.frames)) - people.numbers)  # of the frame, among all hands
    left = first + people.numbers
    right = np.where(several, left + people.n_people, left + 1)
    coords = people.coords | _dealt(people.coords, left, right)
    share, n_compared = _improved(people, coords)
    if n_compared >= MANY and share <= 1 - WORSE:
        return replace(people, hands_improved=share)
    return replace(
        people,
        coords=coords,
        scores=people.scores | _dealt(people.scores, left, right),
        repaired=(*people.repaired, "hands"),
        hands_improved=share if n_compared else None,
    )


def landmarks(people: Everybody, width_px: int, height_px: int) -> tuple[Floats, Floats]:
    """(P, L, 2) pixels of a frame of this size, NaN where unseen, and (P, L) confidence.

    Raises:
        FormatError: The coordinates are no fractions of the frame.
    """
    n_people = len(people.frames)
    coords = np.empty((n_people, SKELETON.n_landmarks, 2), np.float32)
    confidence = np.empty(coords.shape[:2], np.float32)
    for part, name in _PART_NAMES.items():
        where = SKELETON.part_indices(name)
        where_from = slice(int(where[0]), int(where[-1]) + 1)
        coords[:, where_from] = people.coords[part]
        confidence[:, where_from] = people.scores[part]
    inside = ((coords >= LOWEST) & (coords <= HIGHEST)).all(axis=-1)
    if n_people and not inside.any():
        raise FormatError(
            "has no coordinates in the frame; expected fractions of its width and height, not "
            "pixels as in an early layout that was never published"
        )
    seen = inside & (confidence > 0)
    coords *= np.array([width_px, height_px], np.float32)
    coords[~seen] = np.nan
    return coords, np.where(seen, np.minimum(confidence, np.float32(1)), np.float32(0))


@lru_cache(maxsize=256)
def _keys(k: int) -> tuple[str, ...]:
    """Keys of a person: keypoints and scores of every part."""
    parts = (f"person_{k:03d}_{part}" for part in _N_LANDMARKS)
    return tuple(f"{part}_{what}" for part in parts for what in ("keypoints", "scores"))


def _joined(
    arrays: Sequence[Any], frames: Sequence[int], part: str, last: tuple[int, ...]
) -> Floats:
    """(P, L) or (P, L, 2) of P arrays."""
    shape = (_N_LANDMARKS[part], *last)
    if not arrays:
        return np.empty((0, *shape), np.float32)
    for frame, array in zip(frames, arrays, strict=True):
        if getattr(array, "shape", None) != shape or array.dtype.kind not in "fiu":
            raise FormatError(
                f"frame {frame + 1} has {part} of {getattr(array, 'shape', type(array).__name__)}, "
                f"expected {shape}"
            )
    joined: Floats = np.concatenate(arrays).reshape(-1, *shape).astype(np.float32, copy=False)
    return joined


def _dealt(
    arrays: Mapping[str, Floats], left: NDArray[np.int64], right: NDArray[np.int64]
) -> dict[str, Floats]:
    """Both hands of everybody, by their places among all hands: left, right, left, right, ..."""
    saved = np.stack([arrays["left_hand"], arrays["right_hand"]], axis=1)
    saved = saved.reshape(-1, *saved.shape[2:])
    return {"left_hand": saved[left], "right_hand": saved[right]}


def _improved(people: Everybody, coords: Mapping[str, Floats]) -> tuple[float, int]:
    """Share of the hands that come nearer to the wrist of the body, and how many were compared."""
    before, after = (_to_wrists(people, hands) for hands in (people.coords, coords))
    compared = np.isfinite(before) & np.isfinite(after) & (before != after)
    n_compared = int(compared.sum())
    return float((after < before)[compared].sum()) / max(n_compared, 1), n_compared


def _to_wrists(people: Everybody, hands: Mapping[str, Floats]) -> Floats:
    """(P, 2) way from the wrist of the body to the root of the hand, left and right, in frames."""
    roots = np.stack([hands["left_hand"][:, 0], hands["right_hand"][:, 0]], axis=1)
    wrists = people.coords["body"][:, _WRISTS]
    inside = ((roots >= LOWEST) & (roots <= HIGHEST)).all(axis=-1)
    inside &= people.scores["body"][:, _WRISTS] >= 0
    way: Floats = np.where(inside, np.linalg.norm(roots - wrists, axis=-1), np.float32(np.nan))
    return way


def _refuse_twice(people: Everybody, what: str) -> None:
    if what in people.repaired:
        raise FormatError(f"{what} are repaired already; a second repair would damage them")
