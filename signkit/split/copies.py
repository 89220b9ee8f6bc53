"""Clips that are copies of each other: the same recording once more, perhaps encoded again,
cropped, scaled, mirrored, or cut shorter.

First, `sketch` finds pairs of clips that share a few moments; that takes one look at every clip and
a sort, so it scales to millions. Then every such pair is compared frame by frame: the one is laid
over the other where the shared moments say, moved and scaled to fit.

Two takes of one sign by one signer can look very much alike, two takes of a hand that is held still
even more; they are not copies. What tells them apart is what no signer does twice: the movement
itself. A copy has the same shapes (`MAX_DIFFERENCE` of the body's spread) and the same movement
about each landmark's mean place (correlation of at least `MIN_CORRELATION`). On 20,655 aligned
pairs of takes of `asl-words` the nearest shapes differ by 0.043 and those of copies with noise of
1 px by 0.018 or less; on 59,211 pairs of `asl-letters`, where hands are held still, shapes go down
to 0.006, but movements of those within 0.03 correlate by 0.77 at most. So a clip in which nothing
moves more than the noise is found as an exact copy only, and one without any movement never.

Of 200 copies planted among the 870 clips of `asl-words`, all are found that are exact, mirrored or
scaled, 97 % of those with noise of 1 px, 99 % of those cut shorter; among the 2,040 clips of
`asl-letters` all exact ones, but 28 % of those with noise. None of these real clips, and none of
2,000 generated ones, is taken for a copy of another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from signkit.dataset import PoseDataset
from signkit.split.labels import Codes
from signkit.split.sketch import (
    MIN_FRAMES,
    N_EVEN,
    N_MOMENTS,
    Floats,
    Outline,
    cells,
    moments,
    outline,
)

Progress = Callable[[int, int], None]

MAX_DIFFERENCE = 0.03
MIN_CORRELATION = 0.85
MIN_COMMON = 0.6  # of the shorter clip must lie over the longer one, and of landmarks be in both

_NEAR = 0.02  # how far apart descriptions of the same moment may be, along one direction
_NEIGHBOURS = 8
_MIN_MOMENTS = 2  # that agree where the one clip begins in the other
_AGREE_S = 0.1
_TRIED_PLACES = 3
_HOPELESS = 0.2  # a shape this far off does not come near within two frames
_THREADS = 2
_OUTLINES_KEPT = 4096


@dataclass(frozen=True)
class Copy:
    """Two clips with the same recording.

    Args:
        one, other: Their ids, in the order of the table.
        is_mirrored: The one shows the other in a mirror.
        offset_s: Where in the one the other begins, seconds.
        difference: Of their shapes, as a share of the body's spread.
    """

    one: str
    other: str
    is_mirrored: bool
    offset_s: float
    difference: float


def find_copies(
    dataset: PoseDataset, clip_ids: Sequence[str], *, progress: Progress | None = None
) -> list[Copy]:
    """The pairs of clips that are copies, as far as their landmarks tell.

    Of many copies of one recording not every pair is listed, but all are joined through others.

    Args:
        dataset: With poses.
        clip_ids: Clips that have poses.
        progress: Called with (done, total) clips.
    """
    candidates = _candidates(*_all_moments(dataset, clip_ids, progress))

    @lru_cache(maxsize=_OUTLINES_KEPT)
    def outline_of(position: int) -> Outline:
        return outline(dataset.pose(clip_ids[position]))

    copies = []
    for one, other, is_mirrored, offsets_s in candidates:
        first = outline_of(one)
        second = outline_of(other).mirrored() if is_mirrored else outline_of(other)
        found = compare(first, second, offsets_s)
        if found is not None:
            copies.append(Copy(clip_ids[one], clip_ids[other], is_mirrored, *found))
    return copies


def copy_groups(copies: Sequence[Copy], clip_ids: Sequence[str]) -> Codes:
    """(N,) number of the group of copies that each clip belongs to, -1 for none."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    position = {clip_id: i for i, clip_id in enumerate(clip_ids)}
    ones = np.array([position[copy.one] for copy in copies], dtype=np.int64)
    others = np.array([position[copy.other] for copy in copies], dtype=np.int64)
    n = len(clip_ids)
    graph = coo_matrix((np.ones(len(copies)), (ones, others)), shape=(n, n))
    groups: Codes = connected_components(graph, directed=False)[1].astype(np.int64)
    is_copy = np.zeros(n, dtype=bool)
    is_copy[ones] = is_copy[others] = True
    return np.where(is_copy, groups, -1)


def compare(one: Outline, other: Outline, offsets_s: Sequence[float]) -> tuple[float, float] | None:
    """Is the other a copy of the one? Where it begins in the one, seconds, and their difference.

    Args:
        one: A clip.
        other: Another one; mirrored by the caller where that is the question.
        offsets_s: Where it may begin in the one, about.
    """
    step = min(_step_s(one), _step_s(other))
    is_same_rate = abs(_step_s(one) - _step_s(other)) < 0.01 * step
    fine = (0, 1, -1, 2, -2) if is_same_rate else (0, 0.5, -0.5, 1, -1, 1.5, -1.5, 2, -2)
    for offset_s in offsets_s:
        nearest = round(offset_s / step) * step if is_same_rate else offset_s
        for shift in fine:
            place = nearest + shift * step
            difference, correlation = _likeness(one, other, place)
            if difference > _HOPELESS:
                break
            if difference <= MAX_DIFFERENCE and correlation >= MIN_CORRELATION:
                return float(place), float(difference)
    return None


def _likeness(one: Outline, other: Outline, offset_s: float) -> tuple[float, float]:
    """How much two clips differ in shape, and how much they agree in movement, laid over each
    other; infinity and 0 where too little lies over.
    """
    wanted = one.time_s - offset_s
    slack = 0.01 * _step_s(other)
    inside = (wanted >= -slack) & (wanted <= other.time_s[-1] + slack)
    shorter = min(one.time_s[-1] + _step_s(one), other.time_s[-1] + _step_s(other))
    common_s = inside.sum() * _step_s(one)
    if inside.sum() < MIN_FRAMES or common_s < MIN_COMMON * shorter:
        return np.inf, 0.0
    a, b = one.xy[inside].astype(np.float64), _at(other, wanted[inside])
    unseen, either = np.isnan(a) | np.isnan(b), ~np.isnan(a) | ~np.isnan(b)
    both = ~unseen
    if both.sum() < MIN_COMMON * either.sum() or not both.any():
        return np.inf, 0.0
    in_both = both[..., 0]
    x, y = a[in_both], b[in_both]  # (n, 2)
    shape = _correlation(x - x.mean(axis=0), y - y.mean(axis=0))
    movement = _correlation(_moved(a, both)[both], _moved(b, both)[both])
    return float(np.sqrt(max(0.0, 2 - 2 * shape))), movement


def _moved(xy: NDArray[np.float64], both: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How far each landmark is from its mean place; only what is in `both` counts."""
    filled = np.where(both, xy, 0.0)
    mean = filled.sum(axis=0) / np.maximum(both.sum(axis=0), 1)
    moved: NDArray[np.float64] = xy - mean
    return moved


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    size = np.sqrt((x * x).sum() * (y * y).sum())
    return float((x * y).sum() / size) if size > 0 else 0.0


def _at(clip: Outline, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The landmarks at any time, on straight lines between the frames."""
    position = np.interp(time_s, clip.time_s, np.arange(len(clip.time_s)))
    nearest = np.round(position)
    position = np.where(np.abs(position - nearest) < 0.01, nearest, position)
    below = position.astype(np.int64)
    above = np.minimum(below + 1, len(clip.time_s) - 1)
    share = (position - below)[:, None, None]
    a, b = clip.xy[below].astype(np.float64), clip.xy[above].astype(np.float64)
    return np.where(share == 0, a, a + (b - a) * share)


def _step_s(clip: Outline) -> float:
    return float(clip.time_s[-1] / (len(clip.time_s) - 1))


def _all_moments(
    dataset: PoseDataset, clip_ids: Sequence[str], progress: Progress | None
) -> tuple[Floats, Floats, Codes]:
    """Descriptions, times and clip of all moments of all clips."""
    n = len(clip_ids)
    descriptions = np.empty((n * N_MOMENTS, 2 * N_EVEN), dtype=np.float16)
    times = np.empty(n * N_MOMENTS, dtype=np.float32)
    clip_of = np.empty(n * N_MOMENTS, dtype=np.int64)
    filled = 0
    for position, pose in enumerate(dataset.poses(clip_ids, threads=_THREADS)):
        found, time_s = moments(outline(pose))
        rows = slice(filled, filled + len(found))
        descriptions[rows], times[rows], clip_of[rows] = found, time_s, position
        filled += len(found)
        if progress is not None:
            progress(position + 1, n)
    return descriptions[:filled], times[:filled], clip_of[:filled]  # type: ignore[return-value]


def _candidates(
    descriptions: Floats, times: Floats, clip_of: Codes
) -> list[tuple[int, int, bool, list[float]]]:
    """Pairs of clips that share moments: both clips, whether mirrored, and likely offsets."""
    met = [_neighbours(descriptions, clip_of, shift=shift) for shift in (0.0, 0.5)]
    one, other = (np.concatenate([pair[side] for pair in met]) for side in (0, 1))
    swap = clip_of[one] > clip_of[other]
    one, other = np.where(swap, other, one), np.where(swap, one, other)
    near, is_mirrored = _are_near(descriptions[one], descriptions[other])
    rows = np.stack([one, other, is_mirrored.astype(np.int64)], axis=1)[near]
    rows = np.unique(rows, axis=0)  # both grids find most of them
    keys = np.stack([clip_of[rows[:, 0]], clip_of[rows[:, 1]], rows[:, 2]], axis=1)
    offsets = times[rows[:, 0]] - times[rows[:, 1]]
    pairs, pair_of, n_moments = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(pair_of.ravel(), kind="stable")
    ends = np.cumsum(n_moments)
    found = [
        (int(a), int(b), bool(mirrored), _likely(offsets[order[end - n : end]]))
        for (a, b, mirrored), n, end in zip(pairs, n_moments, ends, strict=True)
        if n >= _MIN_MOMENTS
    ]
    return [candidate for candidate in found if candidate[-1]]


def _neighbours(descriptions: Floats, clip_of: Codes, *, shift: float) -> tuple[Codes, Codes]:
    """Pairs of moments of different clips in the same cell, among the nearest few there."""
    cell = cells(descriptions, shift=shift)
    order = np.lexsort((descriptions[:, 0], cell))
    ones, others = [], []
    for distance in range(1, _NEIGHBOURS + 1):
        one, other = order[:-distance], order[distance:]
        meet = (cell[one] == cell[other]) & (clip_of[one] != clip_of[other])
        ones.append(one[meet])
        others.append(other[meet])
    return np.concatenate(ones), np.concatenate(others)


def _are_near(one: Floats, other: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether descriptions are nearly the same, straight or in the mirror, and which of the two."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    even = np.abs(a[:, :N_EVEN] - b[:, :N_EVEN]).max(axis=1, initial=0)
    straight = np.abs(a[:, N_EVEN:] - b[:, N_EVEN:]).max(axis=1, initial=0)
    mirrored = np.abs(a[:, N_EVEN:] + b[:, N_EVEN:]).max(axis=1, initial=0)
    is_near = (even <= _NEAR) & (np.minimum(straight, mirrored) <= _NEAR)
    return is_near, mirrored < straight


def _likely(offsets: Floats) -> list[float]:
    """The offsets that most moments agree on; none where no two do."""
    agree = np.abs(offsets[:, None] - offsets) <= _AGREE_S
    places: list[float] = []
    for i in np.argsort(-agree.sum(axis=1), kind="stable"):
        is_new = all(abs(offsets[i] - place) > _AGREE_S for place in places)
        if agree[i].sum() >= _MIN_MOMENTS and is_new:
            places.append(float(np.median(offsets[agree[i]])))
    return places[:_TRIED_PLACES]
