"""Sentences that are nearly the same: equal glosses in another order, or one gloss apart.

A split by sentence may still hold `I GO HOME` in train and `I GO HOME NOW` in test. Comparing every
pair would take hours for 20,000 sentences; instead, each sentence gives a key for every way to
leave one gloss out, and only equal keys meet (after Mor and Fraenkel 1982). With the place of the
gap in the key, a key that two sentences share is exactly one exchanged gloss; a key that equals a
whole sentence is exactly one gloss more or less.
"""

from collections.abc import Iterable, Iterator

_GAP = "\0"  # stands in no gloss


def sorted_glosses(sentence: str) -> str:
    """The same for all orders of the same glosses."""
    return " ".join(sorted(sentence.split(" ")))


def one_gloss_apart(asked: Iterable[str], known: Iterable[str]) -> set[str]:
    """The asked sentences that become a known one by adding, leaving out or exchanging one gloss.

    A sentence of one gloss is not said to be near another one of one gloss: all are.
    """
    asked = set(asked)
    by_key: dict[str, list[str]] = {}
    for sentence in asked:
        for key in {*_gapped(sentence), *_shorter(sentence)}:
            by_key.setdefault(key, []).append(sentence)
    found: set[str] = set()
    for sentence in known:
        found.update(by_key.get(sentence, ()))  # one gloss more than the known one
        found.update(key for key in _shorter(sentence) if key in asked)
        for key in _gapped(sentence):
            found.update(by_key.get(key, ()))
    return found


def _gapped(sentence: str) -> Iterator[str]:
    words = sentence.split(" ")
    if len(words) > 1:
        for i in range(len(words)):
            yield " ".join([*words[:i], _GAP, *words[i + 1 :]])


def _shorter(sentence: str) -> Iterator[str]:
    words = sentence.split(" ")
    if len(words) > 1:
        for i in range(len(words)):
            yield " ".join([*words[:i], *words[i + 1 :]])
