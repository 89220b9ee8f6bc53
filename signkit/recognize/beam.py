"""Prefix beam search for CTC, in log space, many clips at a time.

A prefix is a gloss sequence; its probability sums over all its paths, kept apart by whether they
end in a blank or in the last gloss (Graves 2012, section 7.5; Hannun et al. 2014, arXiv:1408.2873,
algorithm 1). At each step a prefix stays (a blank, or its last gloss goes on) or grows by a gloss;
a prefix that can be reached both ways is one prefix. With a beam that holds every prefix the result
is exact.

No step looks at whole prefixes. Each has a 64-bit rolling hash, so a prefix that left the beam and
comes back is the same prefix to its children, and back pointers spell the glosses at the end.

Only candidates that can be among the best W are looked at, and this is exact: no frame is skipped
and nothing is pruned by a threshold.

- Without language model, the score of a grown prefix falls with the rank i of its parent and with
  the rank j of its gloss in the frame, both from 0. All pairs of ranks at most (i, j) score at
  least as much, but for one gloss per parent, its last one, which only grows from paths that end in
  a blank. So W others are ahead of every pair with (i + 1) j > W.
- With one, the best glosses of the frame are tried first. What is left cannot beat its parent's
  score + the next gloss of the frame + the best the model gives there. Where that bound does not
  lie below the beam's last prefix, the step is done again with every gloss.

Ties: kept prefixes go before grown ones, then the better parent, then the gloss the frame prefers,
then the lower id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.recognize.choices import Frame, Grid, best_columns, best_glosses
from signkit.recognize.fusion import Fusion
from signkit.recognize.prefixes import Beam, Floats, Ints, longer_key
from signkit.vocabulary import BLANK

FIRST_TRIED = 16
"""Glosses of a frame that are tried first where a language model has a say."""

Found = list[tuple[tuple[int, ...], float]]
"""(gloss ids, score) of one clip, best first."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What may be in the next beam: (n, W + P) the W prefixes of this one, then P grown ones.

    Args:
        blank: ln P of the paths that end in a blank.
        gloss: ln P of the paths that end in the last gloss.
        total: ln P of both.
        extra: What language model and length bonus add.
        score: Both together; -inf for a grown prefix that is in the beam already.
    """

    blank: Floats
    gloss: Floats
    total: Floats
    extra: Floats
    score: Floats


def beam_search(
    log_probs: NDArray[np.float32],
    lengths: Sequence[int],
    *,
    beam: int,
    n_best: int = 1,
    length_bonus: float = 0.0,
    fusion: Fusion | None = None,
) -> list[Found]:
    """The best gloss sequences of each clip.

    Args:
        log_probs: (B, T', V) natural logarithms, id 0 the blank; -inf is allowed, NaN is not.
        lengths: Steps of each clip, never rising: longest clip first.
        beam: W, how many prefixes are kept.
        n_best: How many are returned at most.
        length_bonus: Added to the score for each gloss.
        fusion: The language model, if it has a say.
    """
    n_clips, n_steps, n_ids = log_probs.shape
    n_glosses = n_ids - 1
    n_tried = min(n_glosses, FIRST_TRIED if fusion else beam + 1)
    ids, values = best_glosses(log_probs, min(n_glosses, n_tried + bool(fusion)))
    grid = Grid.of(beam, n_tried, all_pairs=fusion is not None)
    prefixes = Beam.start(n_clips, beam, fusion.start if fusion else 0)
    slots = np.broadcast_to(np.arange(beam), (n_steps, n_clips, beam)).copy()
    symbols = np.zeros((n_steps, n_clips, beam), dtype=np.int64)
    n_active = (np.asarray(lengths)[:, None] > np.arange(n_steps)).sum(axis=0)
    for step, n in enumerate(n_active.tolist()):
        if not n:
            break
        frame = Frame(log_probs[:n, step], ids[:n, step, :n_tried], values[:n, step, :n_tried])
        old = prefixes[:n]
        new, slot, symbol = advance(old, frame, grid, length_bonus, fusion)
        if fusion is not None and n_tried < n_glosses:
            unsure = np.flatnonzero(
                _is_unsure(old, new, values[:n, step, n_tried], length_bonus, fusion)
            )
            if len(unsure):
                whole = Grid.of(beam, n_glosses, all_pairs=True)
                every = Frame.whole(frame.log_probs[unsure])
                parts = advance(old[unsure], every, whole, length_bonus, fusion)
                new[unsure], slot[unsure], symbol[unsure] = parts
        prefixes[:n], slots[step, :n], symbols[step, :n] = new, slot, symbol
    return _spelled(_final_scores(prefixes, fusion), slots, symbols, min(n_best, beam))


def advance(
    old: Beam, frame: Frame, grid: Grid, length_bonus: float, fusion: Fusion | None
) -> tuple[Beam, Ints, Ints]:
    """One step: the new beam, the place each prefix had before, and the gloss it grew by or 0."""
    n, width = old.total.shape
    clip = np.arange(n)[:, None]
    rows = fusion.places(old.state) if fusion is not None else np.zeros_like(old.state)
    found = _candidates(old, frame, grid, length_bonus, fusion, rows)
    order = best_columns(found.score, width)
    chosen = order + clip * found.score.shape[1]  # of the arrays as one row: much faster
    slot = grid.parent[order]
    kept = slot + clip * width
    is_new = order >= width
    gloss_id = frame.ids.reshape(-1).take(grid.gloss[order] + clip * frame.ids.shape[1])
    symbol = np.where(is_new, gloss_id, BLANK)
    key, state = old.key.take(kept), old.state.take(kept)
    new = Beam(
        blank=found.blank.take(chosen),
        gloss=found.gloss.take(chosen),
        total=found.total.take(chosen),
        extra=found.extra.take(chosen),
        last=np.where(is_new, symbol, old.last.take(kept)),
        key=np.where(is_new, longer_key(key, symbol), key),
        parent_key=np.where(is_new, key, old.parent_key.take(kept)),
        state=state if fusion is None else fusion.follow(state, rows.take(kept), symbol),
    )
    free = found.score.take(chosen) == -np.inf
    if free[:, -1].any():
        new.clear(free)
    return new, slot, symbol


def _candidates(
    old: Beam, frame: Frame, grid: Grid, length_bonus: float, fusion: Fusion | None, rows: Ints
) -> Candidates:
    """The prefixes of a beam after one more step, and those that grow from them."""
    n, width = old.total.shape
    kept, grown = slice(None, width), slice(width, None)
    blank, gloss, total, extra = (np.empty((n, width + grid.n_pairs)) for _ in range(4))
    blank[:, grown] = -np.inf
    np.add(old.total, frame.log_probs[:, :1], out=blank[:, kept])
    grown_id = frame.ids.take(grid.rank, axis=1)  # (n, P)
    gloss[:, grown] = _grown(old, frame, grid, grown_id)
    gloss[:, kept], taken = _kept(old, frame, grid)
    np.logaddexp(blank[:, kept], gloss[:, kept], out=total[:, kept])
    total[:, grown] = gloss[:, grown]
    extra[:, kept] = old.extra
    np.add(old.extra.take(grid.prefix, axis=1), length_bonus, out=extra[:, grown])
    if fusion is not None:
        extra[:, grown] += fusion.log_probs(rows.take(grid.prefix, axis=1), grown_id)
    score = total + extra
    score[:, grown][taken] = -np.inf
    return Candidates(blank, gloss, total, extra, score)


def _grown(old: Beam, frame: Frame, grid: Grid, grown_id: Ints) -> Floats:
    """(n, P) ln P of each prefix with a gloss more; the same gloss again only after a blank."""
    value = frame.values.take(grid.rank, axis=1)
    paths = old.total.take(grid.prefix, axis=1) + value
    clip, pair = np.nonzero(grown_id == old.last.take(grid.prefix, axis=1))
    paths[clip, pair] = old.blank[clip, grid.prefix[pair]] + value[clip, pair]
    return paths


def _kept(old: Beam, frame: Frame, grid: Grid) -> tuple[Floats, tuple[Ints, Ints]]:
    """(n, W) ln P of the paths of each prefix that now end in its last gloss: those that did, and
    those of its parent, where that is in the beam. Then (clip, pair) of the pairs that are covered
    by this.
    """
    n, n_ids = frame.log_probs.shape
    at_last = frame.log_probs.reshape(-1).take(old.last + np.arange(n)[:, None] * n_ids)
    gloss = old.gloss + at_last
    is_child = old.parent_key[:, :, None] == old.key[:, None, :]  # (n, W, W)
    clip, child, parent = np.nonzero(is_child)
    last = old.last[clip, child]
    is_same = old.last[clip, parent] == last
    paths = np.where(is_same, old.blank[clip, parent], old.total[clip, parent])
    gloss[clip, child] = np.logaddexp(gloss[clip, child], paths + at_last[clip, child])
    which, rank = np.nonzero(frame.ids[clip] == last[:, None])
    pair = grid.place[parent[which], rank]
    is_tried = pair < grid.n_pairs
    return gloss, (clip[which[is_tried]], pair[is_tried])


def _is_unsure(
    old: Beam, new: Beam, next_value: Floats, length_bonus: float, fusion: Fusion
) -> NDArray[np.bool_]:
    """(n,) whether a gloss that was not tried might belong into the new beam.

    Args:
        old: The beam before the step.
        new: The beam after it.
        next_value: (n,) log probability of the best gloss that was not tried.
        length_bonus: Added for each gloss.
        fusion: The language model.
    """
    most = (
        old.total
        + old.extra
        + next_value[:, None]
        + length_bonus
        + fusion.most(fusion.places(old.state))
    )
    least: Floats = (new.total + new.extra)[:, -1]
    is_unsure: NDArray[np.bool_] = (most.max(axis=1) >= least) & (next_value > -np.inf)
    return is_unsure


def _final_scores(beam: Beam, fusion: Fusion | None) -> Floats:
    """(B, W) scores with the language model's say on where the sentence ends."""
    end = fusion.end(beam.state) if fusion is not None else 0.0
    scores: Floats = beam.total + beam.extra + end
    return scores


def _spelled(score: Floats, slots: Ints, symbols: Ints, n_best: int) -> list[Found]:
    """Follow the back pointers of the best prefixes of all clips at once."""
    n_clips, n_steps = len(score), len(slots)
    slot = np.argsort(-score, axis=1, kind="stable")[:, :n_best]
    best = np.take_along_axis(score, slot, axis=1)
    clip = np.arange(n_clips)[:, None]
    glosses = np.empty((n_clips, n_best, n_steps), dtype=np.int64)
    for step in range(n_steps - 1, -1, -1):
        glosses[:, :, step] = symbols[step, clip, slot]
        slot = slots[step, clip, slot]
    return [
        [
            (tuple(row[row != BLANK].tolist()), value)
            for row, value in zip(rows, values.tolist(), strict=True)
            if value > -np.inf
        ]
        for rows, values in zip(glosses, best, strict=True)
    ]
