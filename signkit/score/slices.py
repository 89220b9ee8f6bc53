"""The clips of a split in groups: by signer, by length, by what train has; and those missing."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import Clip
from signkit.report import OutOfVocabulary

UNKNOWN_SIGNER = "unknown"
LENGTHS = ((1, 1), (2, 3), (4, 5), (6, 8), (9, 12), (13, None))

Glosses = tuple[str, ...]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Train:
    """What train has.

    Args:
        signers: Who signs there.
        sentences: Gloss sequences, after the gloss profile.
        glosses: What the recognizer could say; None where unknown.
    """

    signers: frozenset[str]
    sentences: frozenset[Glosses]
    glosses: frozenset[str] | None

    @property
    def is_known(self) -> bool:
        return bool(self.sentences)


def train_of(
    clips: Sequence[Clip],
    glosses: Collection[str] | None,
    apply: Callable[[Sequence[str]], Glosses],
    references: Collection[Glosses] = (),
) -> Train:
    """What the labelled clips of the train split have; its glosses are those given, else all of it.

    A gloss profile may join glosses, and whoever can say the parts can say the whole. So what it
    makes of sentences of known glosses is known as well.

    Args:
        clips: Of the train split.
        glosses: What the recognizer could say; None: those of the clips.
        apply: Gloss profile of the references.
        references: That are scored, before the profile.
    """
    raw = [clip.glosses for clip in clips if clip.glosses]
    given = None if glosses is None else frozenset(glosses)
    signers = frozenset(clip.signer for clip in clips)
    sentences = frozenset(map(apply, raw))
    if not raw and given is None:
        return Train(signers, sentences, None)
    single = frozenset(g for s in raw for g in s) if given is None else given
    alone = frozenset(gloss for one in single for gloss in apply((one,)))
    joined = frozenset(
        gloss
        for sentence in {*raw, *references}
        if all(part in single or alone.issuperset(apply((part,))) for part in sentence)
        for gloss in apply(sentence)
    )
    return Train(signers, sentences, alone | joined)


def group_masks(
    clips: Sequence[Clip], references: Sequence[Glosses], train: Train
) -> dict[str, Any]:
    """Which clips each slice of a report has: (N,) masks under the names of its fields.

    Args:
        clips: N clips.
        references: Their glosses, after the gloss profile.
        train: What train has. What is not known of a clip puts it into neither of two slices.
    """
    seen_sentences, unseen_sentences = _both(
        [glosses in train.sentences for glosses in references],
        [train.is_known] * len(clips),
    )
    seen_signers, unseen_signers = _both(
        [clip.signer in train.signers for clip in clips],
        [train.is_known and "" not in train.signers and bool(clip.signer) for clip in clips],
    )
    known = train.glosses
    with_oov, without_oov = _both(
        [known is not None and not known.issuperset(glosses) for glosses in references],
        [known is not None] * len(clips),
    )
    return {
        "by_signer": _by_signer(clips),
        "by_length": _by_length(references),
        "seen_sentences": seen_sentences,
        "unseen_sentences": unseen_sentences,
        "seen_signers": seen_signers,
        "unseen_signers": unseen_signers,
        "with_oov": with_oov,
        "without_oov": without_oov,
    }


def _by_signer(clips: Sequence[Clip]) -> dict[str, Mask]:
    """By name; empty where no signer is known."""
    if not any(clip.signer for clip in clips):
        return {}
    signers = np.array([clip.signer or UNKNOWN_SIGNER for clip in clips], dtype=object)
    return {signer: signers == signer for signer in sorted(set(signers))}


def _by_length(references: Sequence[Glosses]) -> dict[str, Mask]:
    """The shortest first; lengths that no clip has are left out."""
    lengths = np.array([len(glosses) for glosses in references])
    found = {"0": lengths == 0}
    for low, high in LENGTHS:
        name = f"{low}+" if high is None else f"{low}-{high}" if high > low else f"{low}"
        found[name] = (lengths >= low) & (lengths <= (high or lengths.max(initial=low)))
    return {name: mask for name, mask in found.items() if mask.any()}


def _both(belongs: Sequence[bool], is_known: Sequence[bool]) -> tuple[Mask, Mask]:
    yes, known = np.asarray(belongs, dtype=bool), np.asarray(is_known, dtype=bool)
    return known & yes, known & ~yes


def out_of_vocabulary(references: Sequence[Glosses], train: Train) -> OutOfVocabulary | None:
    """What train does not have; None where that is unknown or nothing is signed."""
    glosses = Counter(gloss for reference in references for gloss in reference)
    if train.glosses is None or not glosses:
        return None
    unknown = [n for gloss, n in glosses.items() if gloss not in train.glosses]
    return OutOfVocabulary(len(unknown), sum(unknown), sum(unknown) / glosses.total())


def signers_word(clips: Sequence[Clip], train: Train) -> str:
    """Are the signers in train? seen, unseen, mixed or unknown."""
    here, there = {clip.signer for clip in clips}, train.signers
    if "" in here | there or not there:
        return "unknown"
    if here <= there:
        return "seen"
    return "mixed" if here & there else "unseen"


def missing_by_signer(clips: Sequence[Clip], missing: Collection[str]) -> dict[str, int]:
    """Signer to how many clips have no hypothesis."""
    absent = frozenset(missing)
    found = Counter(c.signer or UNKNOWN_SIGNER for c in clips if c.clip_id in absent)
    return dict(sorted(found.items()))


def missing_by_gloss(references: dict[str, Glosses], missing: Collection[str]) -> dict[str, int]:
    """Gloss to how many of its references are in clips without a hypothesis."""
    return dict(sorted(Counter(g for clip_id in missing for g in references[clip_id]).items()))
