"""What two splits have in common: signers, sentences, sessions, source videos, moments of a video.

Everything is counted in columns, so two million clips take seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from signkit.split.groups import GROUPS
from signkit.split.labels import Codes, Labels, Mask, codes_of
from signkit.split.sentences import one_gloss_apart, sorted_glosses

if TYPE_CHECKING:
    import pandas as pd

PAIRS = (("train", "dev"), ("train", "test"), ("dev", "test"))
N_EXAMPLES = 5
MIN_OVERLAP_S = 0.02  # half a frame at 25 per second: windows that only touch share no picture


@dataclass(frozen=True)
class Overlap:
    """What the later of two splits shares with the earlier, in one respect.

    Args:
        n_shared: Signers, sentences, ... that both have.
        n_clips: Clips of the later split that have one of them.
        n_known: Clips of the later split of which it is known.
        n_known_before: Clips of the earlier split of which it is known.
        share: `n_clips` of `n_known`; None where it is known of no clip of one of the two.
        examples: A few of what both have.
    """

    n_shared: int
    n_clips: int
    n_known: int
    n_known_before: int
    share: float | None
    examples: tuple[str, ...] = ()


Overlaps = dict[str, Overlap]
"""What is shared (`signers`, `sentences`, ...) to how much."""


def pair_name(pair: tuple[str, str]) -> str:
    """`train/dev`."""
    return "/".join(pair)


def group_overlaps(frame: "pd.DataFrame") -> dict[str, Overlaps]:
    """Pair of splits, such as `train/dev`, to the groups of `GROUPS` that both have."""
    splits = frame["split"].to_numpy(dtype=object)
    found: dict[str, Overlaps] = {pair_name(pair): {} for pair in PAIRS}
    for group, keys_of in GROUPS.items():
        keys = keys_of(frame)
        codes, names = codes_of(keys)
        codes = np.where(keys == "", -1, codes)
        for pair in PAIRS:
            found[pair_name(pair)][f"{group}s"] = shared(codes, names, splits, pair)
    return found


def shared(
    codes: Codes, names: list[str], splits: NDArray[np.object_], pair: tuple[str, str]
) -> Overlap:
    """What is in both splits of a pair.

    Args:
        codes: (N,) number of the group of each clip, -1 where it is not known.
        names: Name of each group.
        splits: (N,) split of each clip.
        pair: The earlier and the later split.
    """
    before, after = ((splits == split) & (codes >= 0) for split in pair)
    is_before = np.zeros(len(names), dtype=bool)
    is_before[codes[before]] = True
    hits = codes[after][is_before[codes[after]]]
    both = np.unique(hits)
    examples = tuple(sorted(names[i].replace("\t", "/") for i in both[:N_EXAMPLES]))
    return _overlap(len(both), len(hits), after, before, examples)


def sentence_overlaps(
    labels: Labels, signers: Codes, splits: NDArray[np.object_], pair: tuple[str, str]
) -> Overlaps:
    """Sentences that are nearly the same in both splits, and clips that are new in nothing.

    Args:
        labels: Of the N clips.
        signers: (N,) number of the signer of each clip, -1 where unknown.
        splits: (N,) split of each clip.
        pair: The earlier and the later split.

    Returns:
        `same_glosses` in any order, `one_gloss_apart` (one gloss more, less or other), both with
        the equal sentences; `whole_sentences`, those of several glosses that are equal; and
        `nothing_new`: clips whose sentence is in the earlier split, and whose signer is too or is
        not known.
    """
    before, after = ((splits == split) & labels.is_labelled for split in pair)
    known, asked = (np.unique(labels.sentence_of[is_in]) for is_in in (before, after))
    texts = [labels.sentences[i] for i in known]
    ordered = {sorted_glosses(text) for text in texts}
    equal = set(texts)
    others = [labels.sentences[i] for i in asked if labels.sentences[i] not in equal]
    near = equal | one_gloss_apart(others, texts)
    in_any_order = [i for i in asked if sorted_glosses(labels.sentences[i]) in ordered]
    nearly = [i for i in asked if labels.sentences[i] in near]
    whole = [i for i in asked if labels.sentences[i] in equal and " " in labels.sentences[i]]
    return {
        "same_glosses": _of_sentences(labels, in_any_order, before, after),
        "one_gloss_apart": _of_sentences(labels, nearly, before, after),
        "whole_sentences": _of_sentences(labels, whole, before, after),
        "nothing_new": _nothing_new(labels, signers, splits, pair),
    }


def _of_sentences(labels: Labels, sentences: list[int], before: Mask, after: Mask) -> Overlap:
    is_hit = np.zeros(len(labels.sentences), dtype=bool)
    is_hit[sentences] = True
    n_clips = int(is_hit[labels.sentence_of[after]].sum())
    examples = tuple(labels.sentences[i] for i in sentences[:N_EXAMPLES])
    return _overlap(len(sentences), n_clips, after, before, examples)


def _nothing_new(
    labels: Labels, signers: Codes, splits: NDArray[np.object_], pair: tuple[str, str]
) -> Overlap:
    before, after = ((splits == split) & labels.is_labelled for split in pair)
    has_signer = np.zeros(int(signers.max(initial=-1)) + 2, dtype=bool)
    has_sentence = np.zeros(len(labels.sentences), dtype=bool)
    has_signer[signers[before]] = True
    has_signer[-1] = True  # nobody knows that an unknown signer is new
    has_sentence[labels.sentence_of[before]] = True
    hits = after & has_signer[signers] & has_sentence[labels.sentence_of]
    both = np.unique(labels.sentence_of[hits])
    examples = tuple(labels.sentences[i] for i in both[:N_EXAMPLES])
    return _overlap(len(both), int(hits.sum()), after, before, examples)


def footage_overlap(
    frame: "pd.DataFrame", sources: NDArray[np.object_], pair: tuple[str, str]
) -> Overlap:
    """Clips of the later split that show a moment of a video that the earlier split shows too.

    Args:
        frame: The clip table.
        sources: (N,) what identifies the video of each clip, empty where it is not known.
        pair: The earlier and the later split.
    """
    codes, _ = codes_of(sources)
    splits = frame["split"].to_numpy(dtype=object)
    before, after = ((splits == split) & (sources != "") for split in pair)
    start_s, end_s = _seconds(frame, "start_s", 0.0), _seconds(frame, "end_s", np.inf)
    latest = np.concatenate([start_s, end_s[np.isfinite(end_s)]]).max(initial=0.0)
    end_s = np.minimum(end_s, latest + 1)
    begin = codes * (latest + 2)  # one long line of all videos, one after the other
    starts, ends = np.sort((begin + start_s)[before]), np.sort((begin + end_s)[before])
    slack = np.minimum(MIN_OVERLAP_S, (end_s - start_s) / 4)
    # Of the windows of the same video: those that begin before this one ends, but for those that
    # end before it begins.
    n_begun = np.searchsorted(starts, begin + end_s - slack) - np.searchsorted(starts, begin)
    n_over = np.searchsorted(ends, begin + start_s + slack, side="right")
    n_over = n_over - np.searchsorted(ends, begin)
    hits = after & (n_begun > n_over)
    both = np.unique(codes[hits])
    examples = tuple(frame["clip_id"].to_numpy(dtype=object)[hits][:N_EXAMPLES])
    return _overlap(len(both), int(hits.sum()), after, before, examples)


def _seconds(frame: "pd.DataFrame", column: str, default: float) -> NDArray[np.float64]:
    texts = frame[column].to_numpy(dtype=object)
    return np.where(texts == "", str(default), texts).astype(np.float64)


def _overlap(
    n_shared: int, n_clips: int, after: Mask, before: Mask, examples: tuple[str, ...]
) -> Overlap:
    n_known, n_known_before = int(after.sum()), int(before.sum())
    share = n_clips / n_known if n_known and n_known_before else None
    return Overlap(n_shared, n_clips, n_known, n_known_before, share, examples)


def shared_counts(overlaps: Mapping[str, Overlaps]) -> dict[str, dict[str, int]]:
    """Pair of splits to how many signers, sentences, ... both have, where there are any."""
    return {
        pair: {what: found.n_shared for what, found in each.items() if found.n_shared}
        for pair, each in overlaps.items()
    }
