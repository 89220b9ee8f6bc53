"""The labels of a clip table as numbers, so that two million clips are counted in seconds.

A sentence is a gloss string; equal strings are one sentence, and its glosses are taken apart once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Labels:
    """N clips with S different sentences of V different glosses.

    Args:
        sentences: The S gloss strings, in the order of the table; one is empty where a clip has no
            glosses.
        sentence_of: (N,) number of the sentence of each clip.
        glosses: The V glosses, in the order of the table.
        tokens: Numbers of the glosses of all sentences, one sentence after the other.
        lengths: (S,) glosses of each sentence.
    """

    sentences: list[str]
    sentence_of: Codes
    glosses: list[str]
    tokens: Codes
    lengths: Codes

    @classmethod
    def of(cls, column: Sequence[str]) -> "Labels":
        """The labels of clips whose glosses are joined by single spaces."""
        sentence_of, sentences = codes_of(column)
        number_of: dict[str, int] = {}
        words = [sentence.split(" ") if sentence else [] for sentence in sentences]
        tokens = np.fromiter(
            (number_of.setdefault(word, len(number_of)) for each in words for word in each),
            dtype=np.int64,
        )
        lengths = np.array([len(each) for each in words], dtype=np.int64)
        return cls(sentences, sentence_of, list(number_of), tokens, lengths)

    @property
    def is_labelled(self) -> Mask:
        """(N,) True for clips with glosses."""
        labelled: Mask = self.lengths[self.sentence_of] > 0
        return labelled

    @property
    def sentence_of_token(self) -> Codes:
        """(W,) number of the sentence that each token stands in."""
        return np.repeat(np.arange(len(self.sentences)), self.lengths)

    @cached_property
    def repeats(self) -> Codes:
        """(S,) glosses of a sentence that follow an equal gloss."""
        is_repeat = np.zeros(len(self.tokens), dtype=bool)
        where = self.sentence_of_token
        is_repeat[1:] = (self.tokens[1:] == self.tokens[:-1]) & (where[1:] == where[:-1])
        return np.bincount(where[is_repeat], minlength=len(self.sentences)).astype(np.int64)

    @cached_property
    def matrix(self) -> Any:
        """(S, V) sparse: how often each sentence has each gloss."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self.tokens), dtype=np.int64)
        shape = (len(self.sentences), len(self.glosses))
        return csr_matrix((ones, (self.sentence_of_token, self.tokens)), shape=shape)

    def gloss_counts(self, is_in: Mask) -> Codes:
        """(V,) how often each gloss is signed in the clips of a mask over the N clips."""
        n_clips = np.bincount(self.sentence_of[is_in], minlength=len(self.sentences))
        counts: Codes = self.matrix.T @ n_clips.astype(np.int64)
        return counts

    def by_group(self, group_of: Codes, n_groups: int) -> Any:
        """(G, V) sparse: how often each group of clips has each gloss.

        Args:
            group_of: (N,) number of the group of each clip; clips with -1 are left out.
            n_groups: G.
        """
        from scipy.sparse import csr_matrix

        rows, columns = group_of[group_of >= 0], self.sentence_of[group_of >= 0]
        shape = (n_groups, len(self.sentences))
        clips = csr_matrix((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape)
        counts = (clips @ self.matrix).tocsr()
        counts.sort_indices()
        return counts

    def names(self, is_wanted: Mask) -> tuple[str, ...]:
        """The glosses of a mask over the V glosses, sorted."""
        return tuple(sorted(self.glosses[i] for i in np.flatnonzero(is_wanted)))


def codes_of(column: Sequence[str] | NDArray[np.object_]) -> tuple[Codes, list[str]]:
    """Number of each value, and the different values in the order of their first appearance."""
    import pandas as pd

    codes, values = pd.factorize(np.asarray(column, dtype=object))
    return codes.astype(np.int64), list(values)
