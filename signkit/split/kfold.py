"""Folds for cross-validation: of equal size, every gloss spread over them as evenly as possible,
and groups, such as signers, whole.

Single clips are dealt out like cards, sorted by their rarest gloss. Whole groups, the largest
first, go where they make the folds most alike; then groups move, or change places, as long as that
makes them more alike still. How unlike folds are is the chi-square of their glosses and of their
numbers of clips: the sum of (n - expected)^2 / expected. The sums are in whole numbers, so that
every machine decides the same way.

Greedy dealing of groups by the spread of their classes is the idea of scikit-learn's
StratifiedGroupKFold; the measure, the clip counts in it and the exchanges are ours.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.errors import DatasetError
from signkit.partition import fraction
from signkit.split.labels import Codes, Labels

_ONE = 2**20  # weights are fractions of it
_PASSES = 10
_FEW_GROUPS = 200  # so many can be tried in pairs
_MANY_GROUPS = 20_000  # so many are alike enough when the last one is dealt


@dataclass(frozen=True)
class Deviation:
    """The gloss whose share of a fold differs most from its share of all folds together.

    Args:
        gloss: Its name.
        fold: Where.
        share_in_fold, share: Of the glosses signed in the fold and in all.
    """

    gloss: str
    fold: int
    share_in_fold: float
    share: float


def deal_clips(clip_ids: list[str], labels: Labels, *, n_folds: int, seed: int) -> Codes:
    """(N,) fold of each clip, 1 to `n_folds`.

    Folds differ by at most one clip, and so do the clips of each rarest gloss and of each sentence.
    """
    _check(len(clip_ids), n_folds, "clips")
    rarest = _rarest_gloss(labels)[labels.sentence_of]
    names = [*labels.glosses, ""]
    order = sorted(
        range(len(clip_ids)),
        key=lambda i: (
            names[rarest[i]],
            labels.sentences[labels.sentence_of[i]],
            fraction(seed, clip_ids[i]),
            clip_ids[i],
        ),
    )
    folds = np.zeros(len(clip_ids), dtype=np.int64)
    folds[order] = np.arange(len(order)) % n_folds + 1
    return folds


def _rarest_gloss(labels: Labels) -> Codes:
    """(S,) the rarest gloss of each sentence, -1 for none; by name where they are equally rare."""
    everywhere = np.ones(len(labels.sentence_of), dtype=bool)
    counts = labels.gloss_counts(everywhere)
    by_name = np.argsort(np.array(labels.glosses, dtype=object), kind="stable")
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.lexsort((np.argsort(by_name), counts))] = np.arange(len(counts))
    lowest = np.full(len(labels.sentences), len(counts), dtype=np.int64)
    np.minimum.at(lowest, labels.sentence_of_token, rank[labels.tokens])
    gloss_at = np.append(np.argsort(rank), -1)
    rarest: Codes = gloss_at[lowest]
    return rarest


def deal_groups(
    names: list[str], sizes: Codes, glosses: Any, *, n_folds: int, seed: int, noun: str
) -> Codes:
    """(G,) fold of each group, 1 to `n_folds`; none is empty.

    Args:
        names: Of the G groups.
        sizes: (G,) clips of each.
        glosses: (G, V) sparse, how often each signs each gloss.
        n_folds: K.
        seed: Decides between what is equally good.
        noun: What the groups are, for messages.
    """
    _check(len(names), n_folds, f"{noun}s")
    dealer = _Dealer(sizes, glosses, n_folds)
    order = sorted(
        range(len(names)), key=lambda g: (-int(sizes[g]), fraction(seed, names[g]), names[g])
    )
    for position, group in enumerate(order):
        n_left = len(order) - position
        dealer.place(group, only_empty=n_left <= dealer.n_empty)
    for _ in range(_PASSES if len(names) <= _MANY_GROUPS else 0):
        has_changed = dealer.move(order)
        if len(names) <= _FEW_GROUPS:
            has_changed |= dealer.exchange(order)
        if not has_changed:
            break
    return dealer.fold_of + 1


class _Dealer:
    """The folds while groups are dealt; changes in place.

    A fold's unlikeness is the sum of weight * n^2 over its glosses and clips: with given totals,
    that is smallest where chi-square is.
    """

    def __init__(self, sizes: Codes, glosses: Any, n_folds: int) -> None:
        totals = np.asarray(glosses.sum(axis=0)).ravel().astype(np.int64)
        self._indptr, self._columns = glosses.indptr, glosses.indices
        self._counts = glosses.data.astype(np.int64)
        self._weights = _ONE // np.maximum(totals, 1)
        self._sizes = sizes.astype(np.int64)
        self._size_weight = _ONE // max(int(sizes.sum()), 1)
        self._n = np.zeros((n_folds, len(totals)), dtype=np.int64)  # glosses of each fold
        self._n_clips = np.zeros(n_folds, dtype=np.int64)
        self._n_groups = np.zeros(n_folds, dtype=np.int64)
        self.fold_of = np.full(len(sizes), -1, dtype=np.int64)

    @property
    def n_empty(self) -> int:
        return int((self._n_groups == 0).sum())

    def place(self, group: int, *, only_empty: bool = False) -> None:
        """Put a group where it costs least; of equal folds into the first."""
        costs = self._costs(group)
        if only_empty:
            costs = np.where(self._n_groups == 0, costs, np.iinfo(np.int64).max)
        self._put(group, int(costs.argmin()))

    def move(self, order: list[int]) -> bool:
        """Move each group to where it costs less, if there is such a fold; has any moved?"""
        has_changed = False
        for group in order:
            fold = int(self.fold_of[group])
            if self._n_groups[fold] == 1:
                continue
            self._take(group)
            costs = self._costs(group)
            best = int(costs.argmin())
            better = best if costs[best] < costs[fold] else fold
            has_changed |= better != fold
            self._put(group, better)
        return has_changed

    def exchange(self, order: list[int]) -> bool:
        """Let two groups change places wherever that costs less; have any?"""
        has_changed = False
        for position, one in enumerate(order):
            for other in order[position + 1 :]:
                has_changed |= self._try_exchange(one, other)
        return has_changed

    def _try_exchange(self, one: int, other: int) -> bool:
        fold, other_fold = int(self.fold_of[one]), int(self.fold_of[other])
        if fold == other_fold:
            return False
        self._take(one)
        self._take(other)
        costs, other_costs = self._costs(one), self._costs(other)
        is_better = costs[other_fold] + other_costs[fold] < costs[fold] + other_costs[other_fold]
        self._put(one, other_fold if is_better else fold)
        self._put(other, fold if is_better else other_fold)
        return bool(is_better)

    def _costs(self, group: int) -> Codes:
        """(K,) how much more unlike each fold becomes by the group."""
        columns, counts = self._glosses(group)
        size = self._sizes[group]
        of_clips = self._size_weight * size * (2 * self._n_clips + size)
        of_glosses = (2 * self._n[:, columns] + counts) @ (self._weights[columns] * counts)
        costs: Codes = of_clips + of_glosses
        return costs

    def _glosses(self, group: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        row = slice(self._indptr[group], self._indptr[group + 1])
        return self._columns[row], self._counts[row]

    def _put(self, group: int, fold: int) -> None:
        self._change(group, fold, 1)
        self.fold_of[group] = fold

    def _take(self, group: int) -> None:
        self._change(group, int(self.fold_of[group]), -1)

    def _change(self, group: int, fold: int, sign: int) -> None:
        columns, counts = self._glosses(group)
        self._n[fold, columns] += sign * counts
        self._n_clips[fold] += sign * self._sizes[group]
        self._n_groups[fold] += sign


def largest_deviation(labels: Labels, folds: Codes, n_folds: int) -> Deviation | None:
    """The worst gloss share over all folds; None without glosses.

    Args:
        labels: Of the N clips.
        folds: (N,) fold of each clip, 0 for none.
        n_folds: K.
    """
    counts = labels.by_group(folds - 1, n_folds).toarray()  # (K, V)
    totals = counts.sum(axis=1, keepdims=True)
    if not totals.all():
        return None
    shares = counts / totals
    share = counts.sum(axis=0) / totals.sum()
    fold, gloss = np.unravel_index(np.abs(shares - share).argmax(), shares.shape)
    return Deviation(
        labels.glosses[gloss], int(fold) + 1, float(shares[fold, gloss]), float(share[gloss])
    )


def _check(n_found: int, n_folds: int, noun: str) -> None:
    if n_found < n_folds:
        raise DatasetError(
            f"{n_folds} folds need at least {n_folds} {noun}, found {n_found}; ask for fewer folds"
        )
