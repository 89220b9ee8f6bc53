"""Greedy CTC decoding: best id of each step, equal neighbours merged, then blanks dropped, in this
order.

So a gloss signed twice in a row comes out twice when a blank lies between (`A blank A` gives A A),
and steps beyond a clip's length never emit anything. Ties go to the lowest id.
"""

from dataclasses import dataclass
from itertools import groupby

from torch import Tensor

from signkit.vocabulary import BLANK


@dataclass(frozen=True)
class BestPath:
    """One decoded clip.

    Args:
        ids: Gloss ids, without blanks.
        steps: (first, last + 1) step of each id.
        score: Natural log probability of the best path.
    """

    ids: tuple[int, ...]
    steps: tuple[tuple[int, int], ...]
    score: float


def greedy_path(log_probs: Tensor) -> BestPath:
    """Decode the (T', V) log probabilities of one clip, padding already cut off."""
    best, ids = log_probs.max(dim=-1)
    runs: list[tuple[int, int, int]] = []
    step = 0
    for gloss_id, same in groupby(ids.tolist()):
        n_steps = len(list(same))
        if gloss_id != BLANK:
            runs.append((gloss_id, step, step + n_steps))
        step += n_steps
    return BestPath(
        ids=tuple(gloss_id for gloss_id, _, _ in runs),
        steps=tuple((first, end) for _, first, end in runs),
        score=best.sum().item(),
    )
