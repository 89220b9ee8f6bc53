"""Isolated recognition: how often the right gloss is among the best k candidates.

Per instance (P-I) every clip counts the same, per class (P-C) every gloss: the mean over glosses of
the share of their clips, so that rare signs weigh as much as frequent ones (the two figures of
WLASL and MS-ASL papers).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.report import TopAccuracy
from signkit.score.clusters import Clusters

TOPS = (1, 5)

Glosses = tuple[str, ...]


def top_accuracies(
    references: Sequence[Glosses],
    hypotheses: Sequence[Hypothesis | None],
    *,
    ks: Sequence[int],
    clusters: Clusters,
    apply: Callable[[Sequence[str]], Glosses],
) -> tuple[TopAccuracy, ...]:
    """The accuracy for every `k`; beyond 1 only where n-best lists are long enough.

    Args:
        references: N references.
        hypotheses: N hypotheses; None where there is none.
        ks: How many candidates may hold the right one.
        clusters: What the intervals are drawn over.
        apply: Gloss profile of the hypotheses.

    Raises:
        ScoreError: More candidates are asked for than there are.
    """
    candidates = [_candidates(hypothesis, apply) for hypothesis in hypotheses]
    longest = max((len(h.n_best) for h in hypotheses if h is not None), default=0)
    _check(ks, longest)
    found = []
    enough = len(set(references))  # a list of all signs may be shorter than k
    for k in sorted({1, *ks}):
        if k > 1 and longest < min(k, enough):
            continue
        right = np.array(
            [r in best[:k] for r, best in zip(references, candidates, strict=True)], dtype=bool
        )
        found.append(
            TopAccuracy(
                k,
                float(right.mean()),
                _per_class(references, right),
                clusters.accuracy_interval(right),
            )
        )
    return tuple(found)


def _candidates(
    hypothesis: Hypothesis | None, apply: Callable[[Sequence[str]], Glosses]
) -> list[Glosses]:
    """Best first; the hypothesis itself is the best, whatever its list says."""
    if hypothesis is None:
        return []
    best = apply(hypothesis.glosses)
    others = [apply(glosses) for glosses, _ in hypothesis.n_best]
    return [best, *(glosses for glosses in dict.fromkeys(others) if glosses != best)]


def _check(ks: Sequence[int], longest: int) -> None:
    wrong = [k for k in ks if k < 1]
    if wrong:
        raise ScoreError(f"top {wrong[0]} has no meaning; expected 1 or more")
    asked = [k for k in ks if k not in TOPS and k > max(longest, 1)]
    if asked:
        raise ScoreError(
            f"top {asked[0]} needs as many candidates and the hypotheses have {longest} at most; "
            "recognize with a longer n-best list"
        )


def _per_class(references: Sequence[Glosses], right: NDArray[np.bool_]) -> float:
    shares: dict[Glosses, list[bool]] = {}
    for glosses, is_right in zip(references, right.tolist(), strict=True):
        shares.setdefault(glosses, []).append(is_right)
    return sum(sum(share) / len(share) for share in shares.values()) / len(shares)
