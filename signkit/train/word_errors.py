"""Word errors on dev, clip by clip, and how sure their rate is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WordErrors:
    """Substituted, deleted and inserted glosses of one clip, and glosses that were signed."""

    n_errors: int
    n_ref: int


def count_errors(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
) -> list[WordErrors]:
    """Errors of each clip, by `jiwer`."""
    import jiwer

    if not references:
        return []
    texts = ([" ".join(glosses) for glosses in side] for side in (references, hypotheses))
    found = jiwer.process_words(*texts)
    both = zip(found.alignments, found.references, strict=True)
    return [WordErrors(sum(map(_n_errors, chunks)), len(words)) for chunks, words in both]


def _n_errors(chunk: Any) -> int:
    """Glosses of a stretch of an alignment that are wrong."""
    n_ref, n_hyp = chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx
    return 0 if chunk.type == "equal" else max(n_ref, n_hyp)


def error_rate(errors: Sequence[WordErrors]) -> float:
    """Pooled word error rate, a fraction."""
    return sum(e.n_errors for e in errors) / sum(e.n_ref for e in errors)


def standard_error(errors: Sequence[WordErrors]) -> float:
    """Standard error of the pooled rate over clips, a fraction: that of a ratio of two sums
    (Cochran 1977, eq. 6.13); 0 for a single clip.
    """
    n, rate = len(errors), error_rate(errors)
    if n < 2:
        return 0.0
    squares = sum((e.n_errors - rate * e.n_ref) ** 2 for e in errors)
    return math.sqrt(n / (n - 1) * squares) / sum(e.n_ref for e in errors)
