"""How splits and their audit look on stdout."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from signkit.cli.printing import percent, print_rows

if TYPE_CHECKING:
    from signkit.split import Audit, SplitSummary
    from signkit.split.facts import SplitFacts
    from signkit.split.overlap import Overlap

_HASH_SHOWN = 16

_SHARED = {
    "signers": "signers",
    "sentences": "sentences",
    "same_glosses": "  or equal but for the order",
    "one_gloss_apart": "  or one gloss apart",
    "nothing_new": "neither signer nor sentence new",
    "sessions": "sessions",
    "videos": "source videos",
    "urls": "URLs",
    "footage": "moments of a video",
    "copies": "copied poses",
}
_ALWAYS_SHOWN = ("signers", "sentences", "videos", "copies")


def print_split(summary: "SplitSummary") -> None:
    """The table of `signkit split`."""
    rows = [
        (
            split,
            n,
            len(summary.signers[split]),
            summary.n_sentences[split],
            summary.n_glosses[split],
        )
        for split, n in summary.n_clips.items()
    ]
    print_rows([("split", "clips", "signers", "sentences", "glosses"), *rows])
    if summary.n_unassigned:
        print(f"in no split: {summary.n_unassigned} clips")
    if summary.folds:
        print()
        _print_folds(summary)
    print(f"{summary.path}: sha256 {summary.sha256}")


def _print_folds(summary: "SplitSummary") -> None:
    rows = [
        (
            f"{fold} (test)" if fold == summary.fold else fold,
            n.clips,
            n.signers,
            n.sentences,
            n.glosses,
        )
        for fold, n in summary.folds.items()
    ]
    print_rows([("fold", "clips", "signers", "sentences", "glosses"), *rows])
    worst = summary.deviation
    if worst is not None:
        print(
            f"largest deviation of a gloss: {worst.gloss} is {percent(worst.share_in_fold)} of "
            f"fold {worst.fold}, {percent(worst.share)} of all"
        )


def print_audit(audit: "Audit") -> None:
    """The table of `signkit audit`."""
    published = f", split {audit.published} {audit.sha256[:_HASH_SHOWN]}" if audit.published else ""
    print(f"{audit.name or '-'}: {audit.n_clips} clips{published}")
    print()
    rows = zip(*_columns(audit), strict=True)
    print_rows([("", *audit.splits), *rows])
    print()
    if audit.overlaps:
        print("clips of the later split that share with the earlier:")
        print_rows([("shared", *audit.overlaps), *_shared_rows(audit)])
    else:
        print("there are no two splits to compare")
    for line in _notes(audit):
        print(line)


def _columns(audit: "Audit") -> Iterator[list[object]]:
    names = (
        [name for name, _ in _facts(next(iter(audit.splits.values())), audit)]
        if audit.splits
        else []
    )
    yield list(names)
    for facts in audit.splits.values():
        yield [value for _, value in _facts(facts, audit)]


def _facts(facts: "SplitFacts", audit: "Audit") -> list[tuple[str, object]]:
    unknown, balance, too_short = facts.unknown, facts.balance, facts.too_short
    return [
        ("clips", facts.n_clips),
        ("with glosses", facts.n_labelled),
        ("with poses", facts.n_with_poses),
        ("glosses without poses", facts.n_labels_without_poses),
        ("poses without glosses", facts.n_poses_without_labels),
        ("signers", facts.n_signers),
        ("clips without a signer", facts.n_without_signer),
        ("sentences", facts.n_sentences),
        ("glosses", facts.n_glosses),
        ("glosses signed", facts.n_signed),
        ("glosses a clip, least / middle / most", _three(facts.lengths)),
        ("clips with a gloss twice in a row", _part(facts.n_with_repeats, facts.n_labelled)),
        ("glosses train does not have", "-" if unknown is None else unknown.n_glosses),
        (
            "  of all glosses signed (OOV)",
            "-" if unknown is None else f"{100 * unknown.share:.2f} %",
        ),
        (
            "times a gloss is signed, least / middle / most",
            "-" if balance is None else _three((balance.fewest, balance.median, balance.most)),
        ),
        ("glosses signed once", "-" if balance is None else balance.n_once),
        (
            "glosses to exchange to match train",
            "-" if balance is None else percent(balance.distance),
        ),
        (
            f"too short for CTC at subsampling {audit.subsampling}",
            "-" if too_short is None else _part(too_short.n_clips, too_short.n_checked),
        ),
    ]


def _shared_rows(audit: "Audit") -> Iterator[tuple[str, ...]]:
    for what, label in _SHARED.items():
        found = [each.get(what) for each in audit.overlaps.values()]
        is_known = any(overlap is not None and overlap.share is not None for overlap in found)
        if is_known or what in _ALWAYS_SHOWN:
            yield (label, *map(_share, found))


def _share(overlap: "Overlap | None") -> str:
    if overlap is None or overlap.share is None:
        return "-"
    return _part(overlap.n_clips, overlap.n_known)


def _notes(audit: "Audit") -> Iterator[str]:
    """What needs a sentence: claims that hold, copies, poses that nobody names, leaks."""
    for pair, overlaps in audit.overlaps.items():
        before, after = pair.split("/")
        sentences = overlaps["sentences"]
        if sentences.share is not None:
            yield f"{percent(sentences.share)} of {after} sentences occur in {before}"
    n_unlisted, unlisted = audit.poses_without_clip
    if n_unlisted:
        yield f"{n_unlisted} poses have no row in clips.csv, such as {unlisted[0]}"
    for split, facts in audit.splits.items():
        if facts.unknown is not None and facts.unknown.n_glosses:
            yield f"not in train, but in {split}: {', '.join(facts.unknown.examples)}"
        if facts.too_short is not None and facts.too_short.n_clips:
            yield f"too short for CTC in {split}: {', '.join(facts.too_short.examples)}"
    copies = audit.copies
    if copies is not None and copies.n_clips:
        first = copies.examples[0]
        yield (
            f"copies: {copies.n_clips} clips show {copies.n_groups} recordings, such as "
            f"{first.one} = {first.other}"
        )
    broken = {leak.claim for leak in audit.leaks}
    for claim in audit.claims:
        yield f"{claim}: {'does not hold' if claim in broken else _holds(claim, audit)}"
    for leak in audit.leaks:
        yield f"leak: {leak.message}"


def _holds(claim: str, audit: "Audit") -> str:
    """That a claim holds, and of how many clips nobody can tell."""
    from signkit.split import CLAIMS

    n_known = dict.fromkeys((split for pair in audit.overlaps for split in pair.split("/")), 0)
    for pair, overlaps in audit.overlaps.items():
        before, after = pair.split("/")
        for found in (overlaps[what] for what in CLAIMS[claim]):
            n_known[before] = max(n_known[before], found.n_known_before)
            n_known[after] = max(n_known[after], found.n_known)
    n_unknown = {split: audit.splits[split].n_clips - n for split, n in n_known.items()}
    told = ", ".join(f"{n} clips of {split}" for split, n in n_unknown.items() if n)
    return f"holds as far as is known; nothing is known of {told}" if told else "holds"


def _part(n: int, of: int) -> str:
    return f"{100 * n / of:.1f} % ({n})" if of else "-"


def _three(values: tuple[int, float, int] | None) -> str:
    return "-" if values is None else " / ".join(f"{value:g}" for value in values)
