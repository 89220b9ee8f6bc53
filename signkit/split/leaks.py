"""Is what two splits share a leak? That depends on what a score on them is said to show.

A split may declare a claim, and then nothing may speak against it:

- `signer-independent`: no signer is in two splits;
- `unseen-sentences`: no sentence is in two splits;
- `source-disjoint`: no source video is in two splits.

The same recording in two splits is a leak whatever is claimed: moments of one video that both show,
and copied poses. Where nothing is claimed, these are leaks too: a source video in two splits; in
dev or test a sentence of several glosses that occurs word for word in train, for it can be learned
by heart whoever signs it; and a single sign of train by a signer who is not known to be new. So a
split of sentences that is only signer-independent has to say so, and a random one never passes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from signkit.errors import DatasetError
from signkit.split.overlap import Overlap, Overlaps

CLAIMS = {
    "signer-independent": ("signers",),
    "unseen-sentences": ("sentences",),
    "source-disjoint": ("videos", "urls"),
}
ALWAYS = ("footage", "copies")
AFTER_TRAIN = ("whole_sentences", "nothing_new")
"""Dev and test may well have the same new signers and sentences."""
WITHOUT_CLAIM = ("videos", "urls", *AFTER_TRAIN)

_SAID = {
    "signers": "{share} of {after} clips are of signers of {before}",
    "sentences": "{share} of {after} sentences occur in {before}",
    "videos": "{share} of {after} clips are from source videos of {before}",
    "urls": "{share} of {after} clips are from URLs of {before}",
    "footage": "{share} of {after} clips show moments of a video that {before} shows too",
    "copies": "{share} of {after} clips are copies of clips of {before}",
    "whole_sentences": "{share} of {after} clips have a sentence of several glosses of {before}",
    "nothing_new": "{share} of {after} clips have a sentence of {before} and no signer new to it",
}


@dataclass(frozen=True)
class Leak:
    """Something that a split must not share with another, and does.

    Args:
        what: `signers`, `sentences`, `videos`, `urls`, `footage`, `copies`, `whole_sentences` or
            `nothing_new`.
        splits: The pair, such as `train/test`; empty where it is about all of them.
        claim: The claim it speaks against; empty where it is a leak whatever is claimed.
        message: In one line.
    """

    what: str
    splits: str
    claim: str
    message: str


def find_leaks(overlaps: Mapping[str, Overlaps], claims: Sequence[str]) -> tuple[Leak, ...]:
    """The leaks between splits that make these claims.

    Args:
        overlaps: Pair of splits to what they share.
        claims: Names of `CLAIMS`.
    """
    forbidden = dict.fromkeys(ALWAYS, "")
    forbidden |= {what: claim for claim in claims for what in CLAIMS[claim]}
    if not claims:
        forbidden |= dict.fromkeys(WITHOUT_CLAIM, "")
    leaks = []
    for pair, found in overlaps.items():
        for what, claim in forbidden.items():
            is_meant = what not in AFTER_TRAIN or pair.startswith("train/")
            if is_meant and what in found and found[what].n_clips:
                leaks.append(Leak(what, pair, claim, _said(what, pair, found[what])))
    return (*leaks, *_unproven(overlaps, claims))


def check_claims(claims: Sequence[str]) -> None:
    """Refuse a claim that there is not."""
    for claim in claims:
        if claim not in CLAIMS:
            near = get_close_matches(claim, CLAIMS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(CLAIMS)}"
            raise DatasetError(f"no claim is called {claim!r}; {hint}")


def _unproven(overlaps: Mapping[str, Overlaps], claims: Sequence[str]) -> list[Leak]:
    """Claims that nothing speaks for: no two splits of which it is known."""
    leaks = []
    for claim in claims:
        whats = CLAIMS[claim]
        if not any(each[w].share is not None for each in overlaps.values() for w in whats):
            noun = whats[0]
            message = f"nothing shows it: there are no two splits whose {noun} are known"
            leaks.append(Leak(noun, "", claim, message))
    return leaks


def _said(what: str, pair: str, overlap: Overlap) -> str:
    before, after = pair.split("/")
    share = f"{100 * (overlap.share or 0):.1f} %"
    examples = f", such as {overlap.examples[0]}" if overlap.examples else ""
    counted = f" ({overlap.n_clips} of {overlap.n_known} clips{examples})"
    return _SAID[what].format(share=share, after=after, before=before) + counted
