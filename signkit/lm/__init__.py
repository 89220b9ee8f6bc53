"""n-gram language models over glosses: estimated, read and written as ARPA files, and asked by
thousands of states at a time.
"""

from signkit.lm.arpa import read_arpa, write_arpa
from signkit.lm.discounts import FALLBACK, Discounts
from signkit.lm.estimate import MAX_ORDER, estimate
from signkit.lm.model import NgramModel, Perplexity
from signkit.lm.sentences import read_sentences, split_sentences

__all__ = [
    "FALLBACK",
    "MAX_ORDER",
    "Discounts",
    "NgramModel",
    "Perplexity",
    "estimate",
    "read_arpa",
    "read_sentences",
    "split_sentences",
    "write_arpa",
]
