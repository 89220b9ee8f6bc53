"""A back-off n-gram model over glosses, asked for many states at once.

ln P(w | h) is that of the n-gram `h w` where the model has it; else the back-off weight of `h` plus
ln P(w | h'), with h' the longest suffix of h that the model knows (Katz 1987, IEEE Transactions on
Acoustics, Speech, and Signal Processing 35(3)). An interpolated model is kept in the same form, as
in ARPA files.

A state is the number of an n-gram: the longest suffix of what was signed that can still matter.
N-grams without a longer n-gram and without a back-off weight do not, so histories meet again soon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite

import numpy as np
from numpy.typing import NDArray

from signkit.lm.discounts import Discounts
from signkit.lm.rows import BoundRows
from signkit.lm.tree import ROOT, Ints, NgramTree

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
SPECIAL = (UNKNOWN, START, END)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Perplexity:
    """How well a model foresees sentences.

    Args:
        n_sentences: Their number; each end counts as a token to be foreseen.
        n_tokens: Glosses, without the ends.
        n_oov: Glosses among them that the model does not know.
        log_prob: Sum of ln P over all tokens but unknown glosses.
        log_prob_oov: Sum of ln P(<unk> | ...) over the unknown ones; -inf where the model has no
            <unk>.
    """

    n_sentences: int
    n_tokens: int
    n_oov: int
    log_prob: float
    log_prob_oov: float

    @property
    def oov_rate(self) -> float | None:
        return self.n_oov / self.n_tokens if self.n_tokens else None

    @property
    def perplexity(self) -> float | None:
        """Of known glosses and sentence ends; None where there is none, or one of them has no
        probability.
        """
        return _perplexity(self.log_prob, self.n_tokens - self.n_oov + self.n_sentences)

    @property
    def perplexity_with_oov(self) -> float | None:
        """The same with unknown glosses as `<unk>`."""
        return _perplexity(self.log_prob + self.log_prob_oov, self.n_tokens + self.n_sentences)

    def to_json(self) -> dict[str, float | None]:
        return {
            "n_sentences": self.n_sentences,
            "n_tokens": self.n_tokens,
            "n_oov": self.n_oov,
            "oov_rate": self.oov_rate,
            "perplexity": self.perplexity,
            "perplexity_with_oov": self.perplexity_with_oov,
        }


def _perplexity(log_prob: float, n: int) -> float | None:
    return exp(-log_prob / n) if n and isfinite(log_prob) and -log_prob / n < 700 else None


class NgramModel:
    """Words, n-grams and their probabilities; final, and its arrays are read-only.

    Args:
        words: Unique; `</s>` among them, `<s>` and `<unk>` where the model has them.
        keys: (N - 1,) the n-grams, as `NgramTree` wants them; the words come first.
        log_probs: (N - 1,) float64 ln P of each n-gram's last word after the others; -inf for no
            probability, as for `<s>`.
        back_offs: (N - 1,) float64 natural logarithm of the back-off weights, 0 where there is
            none.
        discounts: How each order was discounted, where this package has estimated the model.
    """

    def __init__(
        self,
        words: Sequence[str],
        keys: Ints,
        log_probs: Floats,
        back_offs: Floats,
        *,
        discounts: tuple[Discounts, ...] = (),
    ) -> None:
        self.words = tuple(words)
        self.discounts = discounts
        self._id_of = {word: i for i, word in enumerate(self.words)}
        assert END in self._id_of, "a model of sentences has </s>"
        self.tree = NgramTree(keys, len(self.words))
        self.log_probs = np.concatenate([[0.0], log_probs])
        self.back_offs = np.concatenate([[0.0], back_offs])
        self._state_of = self._states()
        for array in (self.log_probs, self.back_offs, self._state_of):
            array.flags.writeable = False
        self._rows: BoundRows | None = None

    @property
    def order(self) -> int:
        """Words in the longest n-gram."""
        return self.tree.order

    @property
    def n_words(self) -> int:
        """Words that can be foreseen: all but `<s>`; `</s>` and `<unk>` count."""
        return len(self.words) - (START in self._id_of)

    @property
    def n_grams(self) -> tuple[int, ...]:
        """How many n-grams there are of each order, from the words up."""
        return tuple(np.diff(self.tree.starts)[1:].tolist())

    @property
    def has_unknown(self) -> bool:
        """Whether glosses that the model does not know have a probability."""
        return UNKNOWN in self._id_of

    def __contains__(self, gloss: str) -> bool:
        return gloss in self._id_of and gloss not in SPECIAL

    def id_of(self, gloss: str) -> int:
        """Word id of a gloss, that of `<unk>` where it is not known, -1 without `<unk>`."""
        return self._id_of[gloss] if gloss in self else self._id_of.get(UNKNOWN, -1)

    def start(self) -> int:
        """State at the start of a sentence."""
        return int(self._state_of[1 + self._id_of[START]]) if START in self._id_of else ROOT

    def step(self, states: Ints, words: Ints) -> tuple[Floats, Ints]:
        """(n,) ln P of `words` after `states`, pair by pair, and (n,) the states that follow.

        Args:
            states: (n,) states.
            words: (n,) word ids; -1, a word without any probability, leads to the empty history.
        """
        log_probs = np.where(words < 0, -np.inf, 0.0)
        nodes = np.zeros(len(words), dtype=np.int64)
        at = np.array(states, dtype=np.int64)
        todo = np.flatnonzero(words >= 0)
        while len(todo):  # the root has every word, so this ends
            found = self.tree.find(at[todo], words[todo])
            hits, todo = todo[found >= 0], todo[found < 0]
            nodes[hits] = found[found >= 0]
            log_probs[hits] += self.log_probs[nodes[hits]]
            log_probs[todo] += self.back_offs[at[todo]]
            at[todo] = self.tree.suffix[at[todo]]
        return log_probs, self._state_of[nodes]

    def end(self, states: Ints) -> NDArray[np.float32]:
        """(n,) ln P that the sentence ends in each state."""
        states = np.asarray(states, dtype=np.int64)
        log_probs, _ = self.step(states, np.full(len(states), self._id_of[END]))
        return log_probs.astype(np.float32)

    def bind(self, glosses: Sequence[str]) -> "NgramModel":
        """Order the columns of `rows` as these glosses; returns the model itself.

        A gloss that the model does not know gets the probability of `<unk>`, and -inf where the
        model has no `<unk>`. What was bound before is forgotten, which is the one thing that
        changes in a model.
        """
        columns = np.array([self.id_of(gloss) for gloss in glosses], dtype=np.int64)
        self._rows = BoundRows(self.tree, self.log_probs, self.back_offs, self._state_of, columns)
        return self

    def rows(self, states: Ints) -> tuple[NDArray[np.float32], Ints]:
        """(n, glosses) ln P of each bound gloss after each state, and the states that follow.

        Rows are made when they are first asked for, and kept.
        """
        assert self._rows is not None, "bind the model to glosses first"
        return self._rows.rows(np.asarray(states, dtype=np.int64))

    def score(self, glosses: Sequence[str]) -> float:
        """ln P of a sentence, its end included."""
        return float(self._foresee([glosses])[0].sum())

    def perplexity(self, sentences: Sequence[Sequence[str]]) -> Perplexity:
        """How well the model foresees sentences, unknown glosses counted apart."""
        log_probs, is_oov = self._foresee(sentences)
        n_tokens = sum(map(len, sentences))
        return Perplexity(
            n_sentences=len(sentences),
            n_tokens=n_tokens,
            n_oov=int(is_oov.sum()),
            log_prob=float(log_probs[~is_oov].sum()),
            log_prob_oov=float(log_probs[is_oov].sum()),
        )

    def _foresee(self, sentences: Sequence[Sequence[str]]) -> tuple[Floats, NDArray[np.bool_]]:
        """ln P of every token and end, and which are unknown glosses; all sentences abreast."""
        lengths = np.array([len(glosses) for glosses in sentences], dtype=np.int64)
        states = np.full(len(sentences), self.start())
        log_probs, is_oov = [np.zeros(0)], [np.zeros(0, dtype=np.bool_)]
        for t in range(lengths.max(initial=0) + 1):
            active = np.flatnonzero(lengths >= t)
            glosses = [sentences[i][t] if t < lengths[i] else None for i in active]
            words = [self._id_of[END] if g is None else self.id_of(g) for g in glosses]
            found, states[active] = self.step(states[active], np.array(words, dtype=np.int64))
            log_probs.append(found)
            is_oov.append(
                np.array([g is not None and g not in self for g in glosses], dtype=np.bool_)
            )
        return np.concatenate(log_probs), np.concatenate(is_oov)

    def _states(self) -> Ints:
        """(N,) the state that each n-gram leads to."""
        tree = self.tree
        state_of = np.arange(tree.n_nodes)
        matters = (tree.n_children > 0) | (self.back_offs != 0)
        matters[tree.level(tree.order)] = False
        for n in range(1, tree.order + 1):  # suffixes are shorter, so theirs are known
            nodes = np.arange(tree.starts[n], tree.starts[n + 1])
            nodes = nodes[~matters[nodes]]
            state_of[nodes] = state_of[tree.suffix[nodes]]
        return state_of
