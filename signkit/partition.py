"""Which clips leave the train split: whole groups where there are any, never the last of a gloss.

Nothing here depends on the order of the table or on Python's hashing: whatever is "random" is the
SHA-256 of a seed and an id, so the same table gives the same split on every machine.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from signkit.clip import Clip

MIN_GROUPS_BY_SESSION = 3
MIN_GROUPS_BY_SIGNER = 5
_ACCEPTED = (0.3, 2.0)  # a group-wise dev split may be this much smaller or larger than asked
_GLOSS_SHARE = 0.75  # of the glosses that as many single clips would have
_TRIES = 16


def fraction(seed: int, name: str) -> float:
    """A number in [0, 1) that only depends on the seed and the name."""
    return int.from_bytes(sha256(f"{seed}\t{name}".encode()).digest()[:7]) / 2**56


def pick_groups(sizes: Mapping[str, int], *, target: float, seed: int, n_left: int = 1) -> set[str]:
    """Whole groups, at least one, of about `target` in total; at least `n_left` groups stay.

    Groups are tried in the order of their hashes; one is taken when it brings the total nearer.
    """
    total = 0.0
    chosen: set[str] = set()
    for name in sorted(sizes, key=lambda name: (fraction(seed, name), name)):
        is_nearer = abs(total + sizes[name] - target) < abs(total - target)
        if is_nearer and len(chosen) < len(sizes) - n_left:
            chosen.add(name)
            total += sizes[name]
    return chosen or {min(sizes, key=lambda name: (sizes[name], fraction(seed, name), name))}


def pick_clips(sentences: Mapping[str, str], *, n_clips: int, seed: int) -> set[str]:
    """Ids of `n_clips` clips, spread evenly over equal sentences.

    A clip that is the last of one of its glosses stays, so fewer may come back.

    Args:
        sentences: Clip id to its glosses, joined by spaces.
        n_clips: How many are wanted.
        seed: Of the choice.
    """
    by_sentence: dict[str, list[str]] = defaultdict(list)
    for clip_id in sorted(sentences, key=lambda clip_id: (fraction(seed, clip_id), clip_id)):
        by_sentence[sentences[clip_id]].append(clip_id)
    # Systematic sampling: the k-th of n equal clips stands at (k + offset) / n, whatever n is.
    queue: list[tuple[float, str]] = []
    for sentence, same in by_sentence.items():
        offset = fraction(seed, sentence)
        queue += (((rank + offset) / len(same), clip_id) for rank, clip_id in enumerate(same))
    left: Counter[str] = Counter()
    for sentence, same in by_sentence.items():
        left.update(dict.fromkeys(sentence.split(), len(same)))
    chosen: set[str] = set()
    for _, clip_id in sorted(queue):
        if len(chosen) >= n_clips:
            break
        glosses = set(sentences[clip_id].split())
        if all(left[gloss] > 1 for gloss in glosses):
            left.subtract(glosses)
            chosen.add(clip_id)
    return chosen


def carve_dev(clips: Sequence[Clip], *, share: float = 0.1, seed: int = 0) -> set[str]:
    """Ids of the clips that leave train to become a dev split.

    Whole sessions, or else whole signers, where the table has enough of them, their total is near
    `share`, they sign enough different glosses, and every gloss keeps a training clip; otherwise
    single clips, spread evenly over the glosses.
    """
    group_of = _grouping(clips)
    if group_of is not None:
        sizes = Counter(group_of(clip) for clip in clips)
        for attempt in range(_TRIES):
            groups = pick_groups(sizes, target=share * len(clips), seed=seed + attempt)
            dev = {clip.clip_id for clip in clips if group_of(clip) in groups}
            low, high = (factor * share * len(clips) for factor in _ACCEPTED)
            if low <= len(dev) <= high and _is_fair(clips, dev, seed=seed):
                return dev
    return pick_clips(_sentences(clips), n_clips=max(1, round(share * len(clips))), seed=seed)


def _is_fair(clips: Sequence[Clip], dev: set[str], *, seed: int) -> bool:
    """Does train keep every gloss, and has dev about as many of them as single clips would have?"""
    if lost_glosses(clips, dev):
        return False
    spread = pick_clips(_sentences(clips), n_clips=len(dev), seed=seed)
    return len(_glosses(clips, dev)) >= _GLOSS_SHARE * len(_glosses(clips, spread))


def _glosses(clips: Sequence[Clip], ids: set[str]) -> set[str]:
    return {gloss for clip in clips if clip.clip_id in ids for gloss in clip.glosses}


def lost_glosses(clips: Sequence[Clip], gone: set[str]) -> list[str]:
    """Glosses that occur only in clips of `gone`, sorted."""
    kept = {clip.clip_id for clip in clips} - gone
    return sorted(_glosses(clips, gone) - _glosses(clips, kept))


def _grouping(clips: Sequence[Clip]) -> Callable[[Clip], str] | None:
    def session_of(clip: Clip) -> str:
        return f"{clip.signer}\t{clip.session}"

    def signer_of(clip: Clip) -> str:
        return clip.signer

    has_sessions = any(clip.session for clip in clips)
    if has_sessions and len({session_of(clip) for clip in clips}) >= MIN_GROUPS_BY_SESSION:
        return session_of
    if len({clip.signer for clip in clips}) >= MIN_GROUPS_BY_SIGNER:
        return signer_of
    return None


def _sentences(clips: Sequence[Clip]) -> dict[str, str]:
    return {clip.clip_id: " ".join(clip.glosses) for clip in clips}
