"""Split makers: which clips are dev and test, so that a score answers the question that is asked.

By signer asks how a recognizer does on people it never saw, by sentence how it does on sentences it
never saw; at random answers neither. Only what is asked for is assigned: a split that is not asked
for stays as it is.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from signkit.clip import SPLITS, Clip, ClipTable
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.partition import lost_glosses, pick_clips, pick_groups


@dataclass(frozen=True)
class SplitSummary:
    """What each split holds now.

    Args:
        method: How the splits were made.
        seed: Of the choice.
        n_clips: Split to its number of clips.
        signers: Split to its signers, sorted.
        n_sentences: Split to its number of different gloss sequences.
        lost_glosses: Glosses of dev or test that train does not have.
    """

    method: str
    seed: int
    n_clips: dict[str, int]
    signers: dict[str, tuple[str, ...]]
    n_sentences: dict[str, int]
    lost_glosses: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self)


def split_dataset(
    path: Path,
    *,
    by: str = "signer",
    dev: float = 0.0,
    test: float = 0.0,
    holdout_signers: Sequence[str] = (),
    seed: int = 0,
) -> SplitSummary:
    """Write the split column of `clips.csv`.

    What is in no split, or in one that is made anew, becomes train unless it is chosen.

    Args:
        path: The dataset folder.
        by: signer, sentence (both keep their groups whole) or random (single clips, spread over the
            glosses).
        dev: Share of all clips wanted in dev; 0 leaves the dev split as it is.
        test: Share of all clips wanted in test; 0 leaves the test split as it is.
        holdout_signers: All clips of these signers, and no others, become test.
        seed: Of the choice.

    Raises:
        DatasetError: What is asked for is impossible with these clips.
    """
    dataset = PoseDataset.open(path)
    clips = list(dataset.clips)
    shares = {split: share for split, share in (("test", test), ("dev", dev)) if share}
    _check_shares(shares, by=by, holdout_signers=holdout_signers)
    _check_signers(clips, holdout_signers)
    remade = {*shares, *(["test"] if holdout_signers else [])}
    splits = {c.clip_id: "train" if c.split in ("", *remade) else c.split for c in clips}
    splits |= {clip.clip_id: "test" for clip in clips if clip.signer in holdout_signers}
    n_to_go = len(shares)
    for split, share in shares.items():
        pool = [clip for clip in clips if splits[clip.clip_id] == "train"]
        chosen = METHODS[by](pool, share * len(clips), seed, n_to_go)
        splits |= dict.fromkeys(chosen, split)
        n_to_go -= 1
    table = dataset.clips.with_splits(splits)
    if "train" not in splits.values():
        raise DatasetError(
            f"nothing would be left to train on: all {len(clips)} clips are in other splits; "
            "hold out fewer signers"
        )
    table.write(path / "clips.csv")
    return _summary(table, method=by, seed=seed)


def _by_signer(pool: Sequence[Clip], n_wanted: float, seed: int, n_left: int) -> set[str]:
    nameless = sum(not clip.signer for clip in pool)
    if nameless:
        raise DatasetError(
            f"{nameless} of {len(pool)} clips have no signer; fill in the signer column of "
            "clips.csv or split --by sentence"
        )
    return _whole_groups(pool, lambda clip: clip.signer, "signer", n_wanted, seed, n_left)


def _by_sentence(pool: Sequence[Clip], n_wanted: float, seed: int, n_left: int) -> set[str]:
    labelled = [clip for clip in pool if clip.glosses]
    return _whole_groups(
        labelled, lambda clip: " ".join(clip.glosses), "sentence", n_wanted, seed, n_left
    )


def _at_random(pool: Sequence[Clip], n_wanted: float, seed: int, n_left: int) -> set[str]:
    chosen = pick_clips(pool, n_clips=max(1, round(n_wanted)), seed=seed)
    if not chosen:
        raise DatasetError(
            f"none of {len(pool)} clips can leave train without taking a gloss along; record more "
            "takes or split --by sentence"
        )
    return chosen


METHODS: dict[str, Callable[[Sequence[Clip], float, int, int], set[str]]] = {
    "signer": _by_signer,
    "sentence": _by_sentence,
    "random": _at_random,
}
"""Name -> (clips that may leave train, clips wanted, seed, groups that must stay) to chosen ids."""


def _whole_groups(
    pool: Sequence[Clip],
    group_of: Callable[[Clip], str],
    noun: str,
    n_wanted: float,
    seed: int,
    n_left: int,
) -> set[str]:
    sizes = Counter(group_of(clip) for clip in pool)
    if len(sizes) <= n_left:
        raise DatasetError(
            f"a split by {noun} needs at least {n_left + 1} {noun}s to choose from, found "
            f"{len(sizes)}; ask for fewer splits or use another --by"
        )
    groups = pick_groups(sizes, target=n_wanted, seed=seed, n_left=n_left)
    return {clip.clip_id for clip in pool if group_of(clip) in groups}


def _check_shares(shares: dict[str, float], *, by: str, holdout_signers: Sequence[str]) -> None:
    if by not in METHODS:
        near = get_close_matches(by, METHODS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(METHODS)}"
        raise DatasetError(f"there is no split by {by!r}; {hint}")
    if not shares and not holdout_signers:
        raise DatasetError("nothing to split off; give --dev, --test or --holdout-signers")
    if "test" in shares and holdout_signers:
        raise DatasetError("--test and --holdout-signers both choose the test split; give only one")
    if any(share < 0 for share in shares.values()) or sum(shares.values()) >= 1:
        asked = " and ".join(f"{split} {share:g}" for split, share in shares.items())
        raise DatasetError(
            f"shares {asked} leave nothing to train on; shares are between 0 and 1 and add up to "
            "less than 1"
        )


def _check_signers(clips: Sequence[Clip], holdout_signers: Sequence[str]) -> None:
    known = {clip.signer for clip in clips if clip.signer}
    for signer in holdout_signers:
        if signer not in known:
            near = get_close_matches(signer, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
            raise DatasetError(f"no clip has the signer {signer!r}; {hint}")


def _summary(table: ClipTable, *, method: str, seed: int) -> SplitSummary:
    clips = {split: table.where(split=split) for split in SPLITS}
    gone = {clip.clip_id for split in ("dev", "test") for clip in clips[split]}
    return SplitSummary(
        method=method,
        seed=seed,
        n_clips={split: len(members) for split, members in clips.items()},
        signers={s: tuple(sorted({c.signer for c in clips[s]} - {""})) for s in SPLITS},
        n_sentences={s: len({c.glosses for c in clips[s]} - {()}) for s in SPLITS},
        lost_glosses=tuple(lost_glosses(list(table), gone)),
    )
