"""Interpolated modified Kneser-Ney: an n-gram model from sentences.

Chen and Goodman 1998 (TR-10-98, section 3), in the form that KenLM's `lmplz` computes (Heafield et
al. 2013, ACL), so that both give the same ARPA file:

1. Each sentence is `<s> w1 ... wn </s>`; `<s>` is never foreseen.
2. The longest n-grams, and those that begin with `<s>`, keep their counts. Shorter ones count how
   many different words come before them ("adjusted counts"): a gloss that follows only one other
   gloss is no likely newcomer elsewhere, however frequent it is.
3. p(w | h) = (a(hw) - D(a(hw))) / sum a(h.) + gamma(h) p(w | h'), with gamma(h) what the discounts
   D took. The words' own distribution is mixed with the uniform one over all glosses, `</s>` and
   `<unk>`; so `<unk>` gets what a gloss would get that was never seen.

Only glosses of the sentences are words: the vocabulary is closed, all else is `<unk>`.
"""

from collections.abc import Sequence

import numpy as np

from signkit.errors import LanguageModelError
from signkit.lm.discounts import Discounts, find_discounts
from signkit.lm.model import END, SPECIAL, START, Floats, NgramModel
from signkit.lm.tree import ROOT, Ints, NgramTree

MAX_ORDER = 6


def estimate(sentences: Sequence[Sequence[str]], *, order: int = 3) -> NgramModel:
    """The n-gram model of the given sentences.

    Args:
        sentences: Glosses of each; repeated sentences count each time.
        order: Words in the longest n-grams, 1 to `MAX_ORDER`. Where no sentence is that long, the
            model is of a lower order.

    Raises:
        LanguageModelError: There is no gloss at all, a gloss has the name of a special word, or the
            order is out of range.
    """
    if not 1 <= order <= MAX_ORDER:
        raise LanguageModelError(f"order is {order}, expected 1 to {MAX_ORDER}")
    glosses = sorted({gloss for sentence in sentences for gloss in sentence})
    if not glosses:
        raise LanguageModelError("there is no gloss to estimate a language model from")
    spaced = next((gloss for gloss in glosses if gloss.split() != [gloss]), None)
    if spaced is not None:
        raise LanguageModelError(
            f"the gloss {spaced!r} is empty or contains white space, which ARPA files cannot hold; "
            "rename the gloss"
        )
    for special in SPECIAL:
        if special in glosses:
            raise LanguageModelError(
                f"{special!r} is a gloss of the sentences, but language models use it for "
                "something else; rename the gloss"
            )
    words = (*SPECIAL, *glosses)
    keys, counts = _count(_tokens(sentences, words), order=order, n_words=len(words))
    tree = NgramTree(keys, len(words))
    adjusted = _adjusted(tree, counts)
    discounts = _discounts(tree, adjusted)
    probs, gammas = _interpolate(tree, adjusted, discounts)
    with np.errstate(divide="ignore"):  # <s> has no probability
        log_probs, back_offs = np.log(probs), np.log(gammas)
    return NgramModel(words, keys, log_probs[1:], back_offs[1:], discounts=discounts)


def _tokens(sentences: Sequence[Sequence[str]], words: Sequence[str]) -> Ints:
    """Word ids of all sentences, one after the other, each in `<s>` and `</s>`."""
    id_of = {word: i for i, word in enumerate(words)}
    return np.array(
        [id_of[word] for sentence in sentences for word in (START, *sentence, END)],
        dtype=np.int64,
    )


def _count(tokens: Ints, *, order: int, n_words: int) -> tuple[Ints, Ints]:
    """Keys of all n-grams, as `NgramTree` wants them, and (N,) how often each node occurs."""
    start, end = SPECIAL.index(START), SPECIAL.index(END)
    last = np.flatnonzero(tokens == end)
    ends = np.repeat(last, np.diff(np.concatenate([[-1], last])))  # of each token's sentence
    n_tokens = len(tokens) - int((tokens == start).sum())
    keys = [np.arange(n_words)]
    counts = [np.array([n_tokens]), np.bincount(tokens, minlength=n_words)]
    at, nodes, first = np.arange(len(tokens)), tokens + 1, 1 + n_words
    for n in range(2, order + 1):
        fits = at + n - 1 <= ends[at]
        at, nodes = at[fits], nodes[fits]
        if not len(at):
            break
        found, nodes, count = np.unique(
            nodes * n_words + tokens[at + n - 1], return_inverse=True, return_counts=True
        )
        keys.append(found)
        counts.append(count)
        nodes, first = nodes + first, first + len(found)
    return np.concatenate(keys), np.concatenate(counts)


def _adjusted(tree: NgramTree, counts: Ints) -> Ints:
    """(N,) adjusted counts; `<s>` and `<unk>` by themselves have 0."""
    adjusted = counts.copy()
    begins = _begins_with_start(tree)
    for n in range(1, tree.order):
        nodes, longer = tree.level(n), tree.level(n + 1)
        n_before = np.bincount(tree.suffix[longer], minlength=tree.n_nodes)[nodes]
        adjusted[nodes] = np.where(begins[nodes], counts[nodes], n_before)
    adjusted[1 + SPECIAL.index(START)] = 0
    return adjusted


def _begins_with_start(tree: NgramTree) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    begins = np.zeros(tree.n_nodes, dtype=np.bool_)
    begins[1 + SPECIAL.index(START)] = True
    for n in range(2, tree.order + 1):
        nodes = tree.level(n)
        begins[nodes] = begins[tree.prefix[nodes]]
    return begins


def _discounts(tree: NgramTree, adjusted: Ints) -> tuple[Discounts, ...]:
    return tuple(find_discounts(n, adjusted[tree.level(n)]) for n in range(1, tree.order + 1))


def _interpolate(
    tree: NgramTree, adjusted: Ints, discounts: Sequence[Discounts]
) -> tuple[Floats, Floats]:
    """(N,) probabilities of the last words, and (N,) weights of backing off, 1 where nothing
    follows.
    """
    taken = np.concatenate(
        [[0.0], *(d.of(adjusted[tree.level(n)]) for n, d in enumerate(discounts, start=1))]
    )
    parents, size = tree.prefix[1:], tree.n_nodes
    total = np.bincount(parents, weights=adjusted[1:], minlength=size)
    taken_after = np.bincount(parents, weights=taken[1:], minlength=size)
    gammas = np.divide(taken_after, total, out=np.ones(size), where=total > 0)
    probs = np.zeros(size)
    words = tree.level(1)
    uniform = np.full(tree.n_words, 1 / (tree.n_words - 1))
    uniform[SPECIAL.index(START)] = 0.0
    probs[words] = (adjusted - taken)[words] / total[ROOT] + gammas[ROOT] * uniform
    for n in range(2, tree.order + 1):
        nodes = np.arange(tree.starts[n], tree.starts[n + 1])
        context = tree.prefix[nodes]
        seen = (adjusted[nodes] - taken[nodes]) / total[context]
        probs[nodes] = seen + gammas[context] * probs[tree.suffix[nodes]]
    gammas[ROOT] = 1.0
    return probs, gammas
