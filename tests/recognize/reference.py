"""A prefix beam search as plain as it can be: every prefix of the beam with every gloss of the
vocabulary, in Python. It says what is right; `benchmarks/beam.py` also asks it how long that takes.
"""

from collections.abc import Callable, Sequence
from math import exp, inf, log1p

import numpy as np

Prefix = tuple[int, ...]


def logaddexp(a: float, b: float) -> float:
    if a < b:
        a, b = b, a
    return a if b == -inf else a + log1p(exp(b - a))


def reference_beam(
    log_probs: np.ndarray,
    *,
    beam: int,
    length_bonus: float = 0.0,
    lm: Callable[[Prefix], Sequence[float]] | None = None,
    lm_end: Callable[[Prefix], float] = lambda prefix: 0.0,
) -> list[tuple[Prefix, float]]:
    """Prefixes and scores, best first.

    Args:
        log_probs: (T', V), id 0 the blank.
        beam: How many prefixes are kept.
        length_bonus: Added for each gloss.
        lm: Weighted ln P of every id after a prefix (that of id 0 is not looked at).
        lm_end: Weighted ln P that a sentence ends after a prefix.
    """
    prefixes: dict[Prefix, tuple[float, float, float]] = {(): (0.0, -inf, 0.0)}
    for frame in np.asarray(log_probs, dtype=np.float64).tolist():
        found: dict[Prefix, list[float]] = {}
        for prefix, (blank, gloss, extra) in prefixes.items():
            last = prefix[-1] if prefix else 0
            total = logaddexp(blank, gloss)
            going_on = gloss + frame[last] if prefix else -inf
            found[prefix] = [total + frame[0], going_on, extra]
        for prefix, (blank, gloss, extra) in prefixes.items():
            last = prefix[-1] if prefix else 0
            total = logaddexp(blank, gloss)
            row = lm(prefix) if lm else None
            for gloss_id in range(1, len(frame)):
                value = (blank if gloss_id == last else total) + frame[gloss_id]
                if value == -inf:
                    continue
                longer = (*prefix, gloss_id)
                if longer in found:
                    found[longer][1] = logaddexp(found[longer][1], value)
                else:
                    more = extra + length_bonus + (row[gloss_id] if row is not None else 0.0)
                    found[longer] = [-inf, value, more]
        scored = [(-(logaddexp(b, g) + e), p, (b, g, e)) for p, (b, g, e) in found.items()]
        scored.sort(key=lambda item: item[0])  # stable: kept first, then by parent, then by id
        prefixes = {p: parts for score, p, parts in scored[:beam] if score < inf}
    final = [(p, logaddexp(b, g) + e + lm_end(p)) for p, (b, g, e) in prefixes.items()]
    return sorted(final, key=lambda item: -item[1])


def matrix_beam(log_probs: np.ndarray, *, beam: int) -> list[tuple[Prefix, float]]:
    """The same search with a (prefixes, V) matrix a step, to say what is right for long clips."""
    prefixes: dict[Prefix, tuple[float, float]] = {(): (0.0, -inf)}
    for frame in np.asarray(log_probs, dtype=np.float64):
        at = {prefix: row for row, prefix in enumerate(prefixes)}
        blank, gloss = (np.array(part) for part in zip(*prefixes.values(), strict=True))
        last = np.array([prefix[-1] if prefix else 0 for prefix in prefixes])
        total = np.logaddexp(blank, gloss)
        grown = total[:, None] + frame
        repeats = np.flatnonzero(last)
        grown[repeats, last[repeats]] = blank[repeats] + frame[last[repeats]]
        grown[:, 0] = -inf
        kept_blank, kept_gloss = total + frame[0], gloss + frame[last]
        for prefix, row in at.items():
            if prefix and prefix[:-1] in at:
                parent = at[prefix[:-1]]
                kept_gloss[row] = np.logaddexp(kept_gloss[row], grown[parent, prefix[-1]])
                grown[parent, prefix[-1]] = -inf
        score = np.concatenate([np.logaddexp(kept_blank, kept_gloss), grown.ravel()])
        names, found = list(prefixes), {}
        for i in np.argsort(-score, kind="stable")[:beam].tolist():
            if i < len(names):
                found[names[i]] = (float(kept_blank[i]), float(kept_gloss[i]))
            elif score[i] > -inf:
                row, gloss_id = divmod(i - len(names), len(frame))
                found[(*names[row], gloss_id)] = (-inf, float(score[i]))
        prefixes = found
    return [(prefix, logaddexp(*parts)) for prefix, parts in prefixes.items()]


def all_sequences(
    log_probs: np.ndarray, score: Callable[[Prefix], float] = lambda prefix: 0.0
) -> list[tuple[Prefix, float]]:
    """Every gloss sequence with ln of the summed probability of all its paths, best first.

    Args:
        log_probs: (T', V), small.
        score: Added to that of each sequence.
    """
    from itertools import groupby, product

    summed: dict[Prefix, float] = {}
    for path in product(range(log_probs.shape[1]), repeat=len(log_probs)):
        value = sum(float(log_probs[step, i]) for step, i in enumerate(path))
        glosses = tuple(i for i, _ in groupby(path) if i)
        summed[glosses] = logaddexp(summed.get(glosses, -inf), value)
    found = [(glosses, value + score(glosses)) for glosses, value in summed.items()]
    return sorted((item for item in found if item[1] > -inf), key=lambda item: -item[1])


def peaky_lattice(
    rng: np.random.Generator, n_steps: int, n_ids: int, *, noise: float = 1.0
) -> np.ndarray:
    """(T', V) float32 as a trained CTC recognizer gives them: mostly sure of the blank, a gloss for
    a few steps now and then, sometimes torn between two or three."""
    logits = rng.normal(0.0, noise, size=(n_steps, n_ids))
    logits[:, 0] += 12.0
    step = int(rng.integers(1, 6))
    while step < n_steps:
        n_rivals = int(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15]))
        length = int(rng.integers(1, 5))
        for gloss_id in rng.integers(1, n_ids, size=n_rivals):
            logits[step : step + length, gloss_id] += rng.uniform(9.0, 16.0)
        step += length + int(rng.integers(1, 10))
    return normalized(logits)


def flat_lattice(rng: np.random.Generator, n_steps: int, n_ids: int) -> np.ndarray:
    """(T', V) float32 of a recognizer that knows nothing."""
    return normalized(rng.normal(size=(n_steps, n_ids)))


def normalized(logits: np.ndarray) -> np.ndarray:
    """Log probabilities, float32."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))).astype(np.float32)
