"""Prefix beam search for CTC, in log space.

A prefix is a gloss sequence; its probability sums over all its paths, kept apart by whether they
end in a blank or in the last gloss (Graves 2012, section 7.5; Hannun et al. 2014, arXiv:1408.2873,
algorithm 1). At each step a prefix stays (a blank, or its last gloss goes on) or grows by a gloss;
a prefix that can be reached both ways is one prefix. With a beam that holds every prefix the result
is exact.

Most prefixes with one gloss more have no chance, and this is seen before they are made: the
glosses of a step are tried from the best down, and the first that cannot reach the W best of what
was found so far ends the row, as everything after it scores even less. With a language model the
best that it gives after the prefix goes into that bound. So nothing is pruned by a threshold, no
step is skipped, and where a recognizer is sure of the blank hardly anything is tried. Plain numbers
are faster than arrays of all candidates, also for many clips at once.

Prefixes are nodes of a tree, so one that left the beam and comes back is the same prefix to its
children.

Ties: kept prefixes go before grown ones, then the better parent, then the gloss the frame prefers,
then the lower id.
"""

from collections.abc import Sequence
from heapq import heapify, heapreplace
from math import exp, inf, log, log1p
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from signkit.recognize.frames import Frame, frames
from signkit.recognize.fusion import Fusion, Row
from signkit.vocabulary import BLANK

Found = list[tuple[tuple[int, ...], float]]
"""(gloss ids, score) of one clip, best first."""

Prefix = tuple[float, float, float, float, float, int, int, int]
"""A prefix in the beam; a plain tuple, as thousands are made a second:

0. score: the two below together.
1. total: ln P of its paths.
2. extra: what language model and length bonus add.
3. blank: ln P of the paths that end in a blank.
4. gloss: ln P of the paths that end in the last gloss.
5. last: id of the last gloss, 0 for the empty prefix.
6. node: its place in the tree; of one that was not in the tree before, ~ its key there.
7. state: of the language model.
"""

_SCORE = itemgetter(0)
_LN_2 = log(2.0)


def beam_search(
    log_probs: NDArray[np.float32],
    lengths: Sequence[int],
    *,
    beam: int,
    n_best: int = 1,
    length_bonus: float = 0.0,
    fusion: Fusion | None = None,
) -> list[Found]:
    """The best gloss sequences of each clip.

    Args:
        log_probs: (B, T', V) natural logarithms, id 0 the blank; -inf is allowed, NaN is not.
        lengths: Steps of each clip.
        beam: W, how many prefixes are kept.
        n_best: How many are returned at most.
        length_bonus: Added to the score for each gloss.
        fusion: The language model, if it has a say.
    """
    return [
        _Search(beam, log_probs.shape[2], length_bonus, fusion).best(clip[:n_steps], n_best)
        for clip, n_steps in zip(log_probs, lengths, strict=True)
    ]


class _Search:
    """The search through one clip.

    Args:
        width: W.
        n_ids: V.
        length_bonus: Added for each gloss.
        fusion: The language model, if it has a say.
    """

    def __init__(self, width: int, n_ids: int, length_bonus: float, fusion: Fusion | None) -> None:
        self._width, self._n_ids = width, n_ids
        self._length_bonus, self._fusion = length_bonus, fusion
        self._parent_of, self._gloss_of = [-1], [BLANK]  # node 0 is the empty prefix
        self._node_of: dict[int, int] = {}  # by `parent * V + last gloss`

    def best(self, log_probs: NDArray[np.float32], n_best: int) -> Found:
        """The best sequences of (T', V) log probabilities, best first."""
        start = self._fusion.start if self._fusion is not None else 0
        beam: list[Prefix] = [(0.0, 0.0, 0.0, 0.0, -inf, BLANK, 0, start)]
        for frame in frames(log_probs):
            beam = self._step(beam, frame)
        ends = [0.0] * len(beam)
        if self._fusion is not None:
            ends = self._fusion.ends([prefix[7] for prefix in beam])
        scored = [(prefix[0] + end, prefix[6]) for prefix, end in zip(beam, ends, strict=True)]
        scored.sort(key=_SCORE, reverse=True)  # stable, as all sorting here
        return [(self._spelled(node), score) for score, node in scored[:n_best]]

    def _step(self, beam: list[Prefix], frame: Frame) -> list[Prefix]:
        """The beam after one more step, best first."""
        in_beam = {prefix[6]: prefix for prefix in beam}
        found = self._kept(beam, in_beam, frame)
        grown = self._grown(beam, in_beam, frame, [prefix[0] for prefix in found])
        found += grown
        found.sort(key=_SCORE, reverse=True)
        if grown:
            found = [p if p[6] >= 0 else self._planted(p) for p in found[: self._width]]
        if found[-1][0] == -inf:
            found = [prefix for prefix in found if prefix[0] > -inf]
        return found

    def _kept(self, beam: list[Prefix], in_beam: dict[int, Prefix], frame: Frame) -> list[Prefix]:
        """The prefixes themselves: by a blank, by their last gloss, by growth of their parent."""
        value_of, parent_of = frame.value_of, self._parent_of
        blank_value = value_of(BLANK)
        kept = []
        for _, total, extra, _, gloss, last, node, state in beam:
            total = blank = total + blank_value
            if last:
                value = value_of(last)
                gloss += value
                parent = in_beam.get(parent_of[node])
                if parent is not None:
                    paths = parent[3] if parent[5] == last else parent[1]
                    gloss = _logaddexp(gloss, paths + value)
                total = _logaddexp(blank, gloss)
            kept.append((total + extra, total, extra, blank, gloss, last, node, state))
        return kept

    def _grown(
        self, beam: list[Prefix], in_beam: dict[int, Prefix], frame: Frame, scores: list[float]
    ) -> list[Prefix]:
        """Prefixes with a gloss more: all that may belong to the best W, best parent first.

        Args:
            beam: The prefixes.
            in_beam: The same by their nodes.
            frame: The step.
            scores: Of the kept prefixes; holds the best W of all at the end.
        """
        node_of, n_ids = self._node_of, self._n_ids
        rows: list[Row] | None = None
        if self._fusion is not None:
            rows = self._fusion.rows([prefix[7] for prefix in beam])
        scores += [-inf] * (self._width - len(scores))
        heapify(scores)
        least = scores[0]  # a score of at most this has no chance
        row, most, grown = None, 0.0, []
        for rank, (_, total, extra, blank, _, last, node, state) in enumerate(beam):
            extra += self._length_bonus
            if rows is not None:
                row = rows[rank]
                most = row.most
            if total + frame.best + (extra + most) <= least:
                continue
            for gloss_id, value in frame.glosses(total, extra, row, scores):
                paths = total + value
                if paths + (extra + most) <= least:
                    break
                if gloss_id == last:
                    paths = blank + value
                more = extra if row is None else extra + row.log_prob(gloss_id - 1)
                score = paths + more
                if score <= least:
                    continue
                key = node * n_ids + gloss_id
                place = node_of.get(key, ~key)
                if place in in_beam:  # its score is among the kept ones
                    continue
                after = state if row is None else row.next_state(gloss_id - 1)
                grown.append((score, paths, more, -inf, paths, gloss_id, place, after))
                heapreplace(scores, score)
                least = scores[0]
        return grown

    def _planted(self, prefix: Prefix) -> Prefix:
        """A grown prefix with a node of its own."""
        key = ~prefix[6]
        node = self._node_of[key] = len(self._parent_of)
        parent, gloss_id = divmod(key, self._n_ids)
        self._parent_of.append(parent)
        self._gloss_of.append(gloss_id)
        return (*prefix[:6], node, prefix[7])

    def _spelled(self, node: int) -> tuple[int, ...]:
        ids = []
        while node:
            ids.append(self._gloss_of[node])
            node = self._parent_of[node]
        return tuple(reversed(ids))


def _logaddexp(a: float, b: float) -> float:
    """ln(e^a + e^b), as NumPy has it, for two numbers much faster."""
    if a == b:
        return a + _LN_2
    return a + log1p(exp(b - a)) if a > b else b + log1p(exp(a - b))
