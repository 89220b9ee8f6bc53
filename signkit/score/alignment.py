"""Which reference gloss was recognized as which: jiwer's alignment, from which all counts are made.

Errors cost one each. Of several alignments with equally few errors jiwer always takes the same one
(it counts `A B` against `B A` as one deletion and one insertion, not as two substitutions); the
number of errors does not depend on that choice. Counts, gloss tables and confusions are all read
off these pairs, so they cannot disagree with each other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from signkit.report import Pair

Glosses = Sequence[str]
Aligned = tuple[Pair, ...]


def align(pairs: Sequence[tuple[Glosses, Glosses]]) -> list[Aligned]:
    """Reference and hypothesis side by side, for each (reference, hypothesis).

    Args:
        pairs: Glosses without any white space in them, which the caller has checked.
    """
    if not pairs:
        return []
    import jiwer

    # Glosses are compared as they are: the default transforms would squeeze and strip white space.
    words = jiwer.Compose([jiwer.ReduceToListOfListOfWords()])
    output = jiwer.process_words(
        reference=[" ".join(reference) for reference, _ in pairs],
        hypothesis=[" ".join(hypothesis) for _, hypothesis in pairs],
        reference_transform=words,
        hypothesis_transform=words,
    )
    return [
        _side_by_side(reference, hypothesis, chunks)
        for (reference, hypothesis), chunks in zip(pairs, output.alignments, strict=True)
    ]


def _side_by_side(reference: Glosses, hypothesis: Glosses, chunks: Sequence[object]) -> Aligned:
    """jiwer's chunks as pairs; "equal" and "substitute" have as many glosses on both sides."""
    pairs: list[Pair] = []
    for chunk in chunks:
        left: Glosses = reference[chunk.ref_start_idx : chunk.ref_end_idx]  # type: ignore[attr-defined]
        right: Glosses = hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]  # type: ignore[attr-defined]
        if left and right:
            pairs += zip(left, right, strict=True)
        else:
            pairs += [(gloss, None) for gloss in left] + [(None, gloss) for gloss in right]
    return tuple(pairs)


def count_errors(alignments: Sequence[Aligned]) -> NDArray[np.int64]:
    """(4, N) substitutions, deletions, insertions and reference lengths."""
    counts = np.zeros((len(alignments), 4), dtype=np.int64)
    for clip, pairs in enumerate(alignments):
        substituted = sum(r != h for r, h in pairs if r is not None and h is not None)
        deleted = sum(h is None for _, h in pairs)
        inserted = sum(r is None for r, _ in pairs)
        counts[clip] = substituted, deleted, inserted, len(pairs) - inserted
    return counts.T
