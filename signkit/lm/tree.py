"""All n-grams of a model in one sorted array, with the links that backing off follows.

Nodes are numbered: 0 is the empty n-gram, then come the words by themselves, then the 2-grams, and
so on, each order sorted by (node of all words but the last, last word). The key of a node, `prefix
* n_words + last word`, therefore grows over the whole array, and one binary search finds any
n-gram. `suffix` leads to the longest other n-gram that a node ends with, as the failure links of
Aho and Corasick (1975, Communications of the ACM 18(6)) do; so the search also works for pruned
models, which lack some suffixes.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
ROOT = 0


class NgramTree:
    """The n-grams of a model, without their probabilities.

    Args:
        keys: (N - 1,) int64, growing: node i + 1 is `prefix * n_words + last word`. The first
            `n_words` are the words by themselves, and a node's prefix is a node.
        n_words: W, the number of words.
    """

    def __init__(self, keys: Ints, n_words: int) -> None:
        self.keys, self.n_words = keys, n_words
        self.prefix = np.concatenate([[ROOT], keys // n_words])
        self.word = np.concatenate([[-1], keys % n_words])
        self.starts = _level_starts(keys, n_words)
        self.suffix = self._suffixes()

    @property
    def order(self) -> int:
        """Words in the longest n-gram."""
        return len(self.starts) - 2

    @property
    def n_nodes(self) -> int:
        return len(self.keys) + 1

    def level(self, n: int) -> slice:
        """The nodes of n words."""
        return slice(int(self.starts[n]), int(self.starts[n + 1]))

    def find(self, prefixes: Ints, words: Ints) -> Ints:
        """(n,) nodes of `prefixes` followed by `words`, -1 where there is none."""
        wanted = prefixes * self.n_words + words
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, at + 1, -1)

    def children(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Which of the given nodes each child belongs to, and the children themselves."""
        first = np.searchsorted(self.keys, nodes * self.n_words)
        n = np.searchsorted(self.keys, (nodes + 1) * self.n_words) - first
        owner = np.repeat(np.arange(len(nodes)), n)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)
        return owner, first[owner] + nth + 1

    @cached_property
    def n_children(self) -> Ints:
        """(N,) for each node."""
        counts: Ints = np.bincount(self.prefix[1:], minlength=self.n_nodes)
        return counts

    def words_of(self, n: int) -> Ints:
        """(nodes, n) word ids of all n-grams of n words, in order."""
        nodes = np.arange(self.starts[n], self.starts[n + 1])
        columns = np.empty((len(nodes), n), dtype=np.int64)
        for column in range(n - 1, -1, -1):
            columns[:, column] = self.word[nodes]
            nodes = self.prefix[nodes]
        return columns

    def _suffixes(self) -> Ints:
        suffix = np.zeros(self.n_nodes, dtype=np.int64)
        for n in range(2, self.order + 1):
            nodes = np.arange(self.starts[n], self.starts[n + 1])
            at = suffix[self.prefix[nodes]]
            while len(nodes):  # every word is a node by itself, so the root ends the search
                found = self.find(at, self.word[nodes])
                suffix[nodes[found >= 0]] = found[found >= 0]
                nodes, at = nodes[found < 0], suffix[at[found < 0]]
        return suffix


def _level_starts(keys: Ints, n_words: int) -> Ints:
    """First node of each order, beginning with the root, and the number of nodes at the end."""
    n_nodes = len(keys) + 1
    starts = [ROOT, 1]
    while starts[-1] < n_nodes:
        below = int(np.searchsorted(keys, starts[-1] * n_words)) + 1
        starts.append(below)
    return np.array(starts)
