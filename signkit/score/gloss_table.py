"""What became of each gloss: hits, deletions, insertions, and which is taken for which."""

from collections import Counter
from collections.abc import Container, Iterable

from signkit.report import GlossScore, Pair


def gloss_scores(
    pairs: Counter[Pair], train_glosses: Container[str] | None
) -> tuple[GlossScore, ...]:
    """One row for every gloss of references and hypotheses, the most frequent in references first.

    Args:
        pairs: How often a reference gloss was recognized as what.
        train_glosses: What train has; None where unknown.
    """
    hits, deletions, insertions = Counter[str](), Counter[str](), Counter[str]()
    substituted, mistaken = Counter[str](), Counter[str]()
    for (reference, hypothesis), n in pairs.items():
        if reference is None:
            assert hypothesis is not None
            insertions[hypothesis] += n
        elif hypothesis is None:
            deletions[reference] += n
        elif reference == hypothesis:
            hits[reference] += n
        else:
            substituted[reference] += n
            mistaken[hypothesis] += n
    n_ref = hits + deletions + substituted
    glosses = n_ref.keys() | insertions.keys() | mistaken.keys()
    return tuple(
        GlossScore(
            gloss=gloss,
            n_ref=n_ref[gloss],
            hits=hits[gloss],
            deletions=deletions[gloss],
            insertions=insertions[gloss],
            substituted=substituted[gloss],
            mistaken=mistaken[gloss],
            in_train=None if train_glosses is None else gloss in train_glosses,
        )
        for gloss in sorted(glosses, key=lambda gloss: (-n_ref[gloss], gloss))
    )


def confusions(pairs: Counter[Pair]) -> tuple[tuple[str, str, int], ...]:
    """(reference, hypothesis, how often) of all substitutions, the most frequent first."""
    found = [(r, h, n) for (r, h), n in pairs.items() if r is not None and h is not None and r != h]
    return tuple(sorted(found, key=lambda row: (-row[2], row[0], row[1])))


def count_pairs(alignments: Iterable[tuple[Pair, ...]]) -> Counter[Pair]:
    """How often each pair occurs."""
    counts: Counter[Pair] = Counter()
    for pairs in alignments:
        counts.update(pairs)
    return counts
