"""Where each gloss of a sequence lies: the best of all paths that spell it (Viterbi, forced
alignment over the CTC states blank, gloss, blank, gloss, ..., blank).

Beam search sums over the paths of a sequence and so does not know steps; they are found afterwards,
for the best sequence only. Of equally good paths the one that stays longest is taken.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from signkit.vocabulary import BLANK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Steps = tuple[tuple[int, int], ...]


def align(
    log_probs: NDArray[np.float32], lengths: Sequence[int], sequences: Sequence[Sequence[int]]
) -> list[Steps]:
    """(first, last + 1) step of each gloss of each clip.

    Args:
        log_probs: (B, T', V) natural logarithms, id 0 the blank.
        lengths: Steps of each clip, never rising: longest clip first.
        sequences: Gloss ids of each clip, at most as many as its steps can spell.
    """
    n_clips, n_steps, _ = log_probs.shape
    n_states = 2 * max((len(ids) for ids in sequences), default=0) + 1
    if not n_steps or n_states == 1:
        return [()] * n_clips
    states = np.full((n_clips, n_states), BLANK)
    for row, ids in enumerate(sequences):
        states[row, 1 : 2 * len(ids) : 2] = ids
    came_from, score = _forward(log_probs, lengths, states)
    clip = np.arange(n_clips)
    n_glosses = [len(ids) for ids in sequences]
    last: Ints = 2 * np.array(n_glosses)  # a path ends in the last blank or in the gloss before it
    state = last - (score[clip, np.maximum(last - 1, 0)] > score[clip, last])
    path = np.full((n_clips, n_steps), -1)
    for step in range(n_steps - 1, -1, -1):
        on = np.asarray(lengths) > step
        path[on, step] = state[on]
        state = np.where(on, state - came_from[step, clip, state], state)
    return _runs(path, n_glosses)


def _forward(
    log_probs: NDArray[np.float32], lengths: Sequence[int], states: Ints
) -> tuple[NDArray[np.int8], Floats]:
    """(T', B, S) how many states each best path moved on, and (B, S) its score at the end."""
    n_clips, n_steps, _ = log_probs.shape
    values = np.take_along_axis(log_probs, states[:, None], axis=2).astype(np.float64)  # (B, T', S)
    n_states = states.shape[1]
    may_skip = np.zeros((n_clips, n_states), dtype=np.bool_)  # two glosses in a row, not the same
    may_skip[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    came_from = np.zeros((n_steps, n_clips, n_states), dtype=np.int8)
    score = np.full((n_clips, n_states), -np.inf)
    n_active = (np.asarray(lengths)[:, None] > np.arange(n_steps)).sum(axis=0)
    first = n_active[0]
    score[:first, :2] = values[:first, 0, :2]
    for step, n in enumerate(n_active[1:].tolist(), start=1):
        ways = np.full((3, n, n_states), -np.inf)
        ways[0] = score[:n]
        ways[1, :, 1:] = score[:n, :-1]
        ways[2, :, 2:] = np.where(may_skip[:n, 2:], score[:n, :-2], -np.inf)
        best = ways.argmax(axis=0)
        came_from[step, :n] = best
        score[:n] = np.take_along_axis(ways, best[None], axis=0)[0] + values[:n, step]
    return came_from, score


def _runs(path: Ints, n_glosses: Sequence[int]) -> list[Steps]:
    """First and last + 1 step of each odd state (a gloss) of each path."""
    edge = np.full((len(path), 1), -1)
    before = np.hstack([edge, path[:, :-1]])
    after = np.hstack([path[:, 1:], edge])
    is_gloss = path % 2 == 1
    is_gloss &= path > 0
    firsts = np.nonzero(is_gloss & (path != before))[1].tolist()
    ends = (np.nonzero(is_gloss & (path != after))[1] + 1).tolist()
    runs, done = [], 0
    for n in n_glosses:
        runs.append(tuple(zip(firsts[done : done + n], ends[done : done + n], strict=True)))
        done += n
    return runs
