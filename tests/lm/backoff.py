"""Slow and plain forms of what `signkit.lm` computes with arrays, written from the definitions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from random import Random

Gram = tuple[str, ...]
Entry = tuple[float, float]
"""log10 P and log10 back-off weight."""


def sentences_like_glosses(n: int, *, seed: int = 0, n_glosses: int = 30) -> list[Gram]:
    """Sentences of 1 to 8 glosses: some are frequent, and some follow each other often."""
    random = Random(seed)
    glosses = [f"G{i:02d}" for i in range(n_glosses)]
    weights = [1 / (i + 1) for i in range(n_glosses)]
    found = []
    for _ in range(n):
        sentence = random.choices(glosses, weights, k=random.randint(1, 8))
        for i, (before, _) in enumerate(pairwise(sentence)):
            if random.random() < 0.5:
                sentence[i + 1] = glosses[(glosses.index(before) * 7 + 1) % n_glosses]
        found.append(tuple(sentence))
    return found


def table_of(arpa: str) -> dict[Gram, Entry]:
    """The n-grams of a well-formed ARPA text."""
    table: dict[Gram, Entry] = {}
    order = 0
    for line in arpa.splitlines():
        if line.endswith("-grams:"):
            order = int(line[1 : line.index("-")])
        elif order and line and not line.startswith("\\"):
            log10, *words = line.split()
            weight = float(words.pop()) if len(words) > order else 0.0
            table[tuple(words)] = (zero(float(log10)), zero(weight))
    return table


def zero(log10: float) -> float:
    return -inf if log10 <= -99 else log10


def back_off(table: dict[Gram, Entry], history: Gram, word: str) -> float:
    """log10 P(word | history), recursively."""
    if (*history, word) in table:
        return table[*history, word][0]
    if not history:
        return back_off(table, (), "<unk>") if ("<unk>",) in table else -inf
    return table.get(history, (0.0, 0.0))[1] + back_off(table, history[1:], word)


def known(table: dict[Gram, Entry], words: Iterable[str]) -> Gram:
    """The words as the model has them."""
    return tuple(word if (word,) in table else "<unk>" for word in words)


def sentence_log10(table: dict[Gram, Entry], sentence: Gram, *, order: int) -> float:
    """log10 P of a sentence and its end."""
    words = ("<s>", *known(table, sentence), "</s>")
    return sum(
        back_off(table, words[max(0, i - order + 1) : i], words[i]) for i in range(1, len(words))
    )


class Recount:
    """Interpolated modified Kneser-Ney with dictionaries, by the formulas of Chen and Goodman.

    Args:
        sentences: What to count.
        order: Words in the longest n-grams.
        fixed: Discounts of the orders that shall not use their own.
    """

    def __init__(
        self,
        sentences: Sequence[Gram],
        *,
        order: int,
        fixed: dict[int, tuple[float, float, float]],
    ) -> None:
        self.order = order
        padded = [("<s>", *sentence, "</s>") for sentence in sentences]
        self.words = sorted({w for s in padded for w in s} | {"<unk>"})
        raw = {n: Counter(g for s in padded for g in grams(s, n)) for n in range(1, order + 1)}
        self.counts: dict[int, dict[Gram, int]] = {order: dict(raw[order])}
        for n in range(1, order):
            before: dict[Gram, set[str]] = defaultdict(set)
            for gram in raw[n + 1]:
                before[gram[1:]].add(gram[0])
            self.counts[n] = {
                gram: count if gram[0] == "<s>" else len(before[gram])
                for gram, count in raw[n].items()
            }
        del self.counts[1][("<s>",)]
        self.discounts = {
            n: fixed.get(n) or own_discounts(self.counts[n]) for n in range(1, order + 1)
        }

    def probability(self, history: Gram, word: str) -> float:
        n = len(history) + 1
        after = {g: c for g, c in self.counts[n].items() if g[:-1] == history}
        lower = self.probability(history[1:], word) if history else 1 / (len(self.words) - 1)
        if not after:
            return lower
        total = sum(after.values())
        count = after.get((*history, word), 0)
        taken = sum(self.discount(n, c) for c in after.values())
        return (count - self.discount(n, count) + taken * lower) / total

    def discount(self, n: int, count: int) -> float:
        return self.discounts[n][min(count, 3) - 1] if count else 0.0


def own_discounts(counts: dict[Gram, int]) -> tuple[float, float, float]:
    t = Counter(counts.values())
    y = t[1] / (t[1] + 2 * t[2])
    return (1 - 2 * y * t[2] / t[1], 2 - 3 * y * t[3] / t[2], 3 - 4 * y * t[4] / t[3])


def grams(words: Gram, n: int) -> list[Gram]:
    return [words[i : i + n] for i in range(len(words) - n + 1)]
