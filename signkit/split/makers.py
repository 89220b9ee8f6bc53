"""Split makers: which clips are dev and test, so that a score answers the question that is asked.

By signer asks how a recognizer does on people it never saw, by sentence how it does on sentences it
never saw; at random answers neither. Only what is asked for is assigned: a split that is not asked
for stays as it is. Folds and two-way splits are made of all clips at once.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from signkit.errors import DatasetError
from signkit.partition import pick_clips, pick_groups
from signkit.split.groups import Keys, whole_groups
from signkit.split.kfold import deal_clips, deal_groups
from signkit.split.labels import Codes, Labels, codes_of

if TYPE_CHECKING:
    import pandas as pd

FOLD_GROUPS = ("signer", "sentence", "session", "video")


def by_signer(pool: "pd.DataFrame", n_wanted: float, seed: int, n_left: int) -> set[str]:
    """Ids of the clips of whole signers."""
    return _whole_groups(pool, "signer", n_wanted, seed, n_left)


def by_session(pool: "pd.DataFrame", n_wanted: float, seed: int, n_left: int) -> set[str]:
    """Ids of the clips of whole recording sessions."""
    return _whole_groups(pool, "session", n_wanted, seed, n_left)


def by_sentence(pool: "pd.DataFrame", n_wanted: float, seed: int, n_left: int) -> set[str]:
    """Ids of the clips of whole sentences; clips without glosses stay."""
    labelled = pool[pool["glosses"] != ""]
    return _whole_groups(labelled, "sentence", n_wanted, seed, n_left)


def by_video(pool: "pd.DataFrame", n_wanted: float, seed: int, n_left: int) -> set[str]:
    """Ids of the clips of whole source videos: the same share of every language, at least one.

    A language with too few videos stays.
    """
    chosen: set[str] = set()
    languages = pool["language"].to_numpy(dtype=object)
    found = sorted(set(languages))
    for language in found:
        same = pool[languages == language]
        if len(found) > 1 and len(set(whole_groups(same, "video"))) <= n_left:
            continue
        share = n_wanted * len(same) / len(pool)
        chosen |= _whole_groups(same, "video", share, seed, n_left)
    return chosen


def at_random(pool: "pd.DataFrame", n_wanted: float, seed: int, n_left: int) -> set[str]:
    """Ids of single clips, spread over the sentences; none is the last of a gloss."""
    sentences = dict(zip(pool["clip_id"], pool["glosses"], strict=True))
    chosen = pick_clips(sentences, n_clips=max(1, round(n_wanted)), seed=seed)
    if not chosen:
        raise DatasetError(
            f"none of {len(pool)} clips can leave train without taking a gloss along; record more "
            "takes or split --by sentence"
        )
    return chosen


MAKERS: dict[str, Callable[["pd.DataFrame", float, int, int], set[str]]] = {
    "signer": by_signer,
    "sentence": by_sentence,
    "session": by_session,
    "video": by_video,
    "random": at_random,
}
"""Name -> (clips that may leave train, clips wanted, seed, groups that must stay) to chosen ids."""

METHODS = (*MAKERS, "two-way", "kfold")


def assign_shares(
    frame: "pd.DataFrame",
    *,
    by: str,
    shares: dict[str, float],
    holdout_signers: Sequence[str],
    seed: int,
) -> Keys:
    """(N,) split of each clip: shares of the clips leave train.

    Args:
        frame: The clip table.
        by: A name of `MAKERS`.
        shares: Split to the share of all clips that it shall have.
        holdout_signers: Their clips, and no others, become test.
        seed: Of the choice.
    """
    check_signers(frame, holdout_signers)
    splits: Keys = frame["split"].to_numpy(dtype=object).copy()
    remade = ["", *shares, *(["test"] if holdout_signers else [])]
    splits[np.isin(splits, remade)] = "train"
    splits[frame["signer"].isin(holdout_signers).to_numpy()] = "test"
    n_to_go = len(shares)
    for split, share in shares.items():
        pool = frame[splits == "train"]
        chosen = MAKERS[by](pool, share * len(frame), seed, n_to_go)
        splits[frame["clip_id"].isin(chosen).to_numpy()] = split
        n_to_go -= 1
    if "train" not in splits:
        raise DatasetError(
            f"nothing would be left to train on: all {len(frame)} clips are in other splits; "
            "hold out fewer signers"
        )
    return splits


def assign_two_way(
    frame: "pd.DataFrame", *, shares: dict[str, float], seed: int
) -> tuple[Keys, Keys]:
    """(N,) split and (N,) cell of each clip: signers and sentences are both held apart.

    Signers are divided, and sentences are; a clip is in a split only where both are. The others are
    in no split: their cell, such as `test signer, train sentence`, says what they are.

    Args:
        frame: The clip table.
        shares: Split to the share of the signers' and of the sentences' clips. A share of 0.2 gives
            about 0.2 * 0.2 of all clips, for both must be new.
        seed: Of the choice.
    """
    labelled = frame[frame["glosses"] != ""]
    sides = {
        noun: assign_shares(
            labelled.assign(split=""), by=noun, shares=shares, holdout_signers=(), seed=seed
        )
        for noun in ("signer", "sentence")
    }
    cells = np.full(len(frame), "", dtype=object)
    splits = np.full(len(frame), "", dtype=object)
    is_labelled = (frame["glosses"] != "").to_numpy()
    both = zip(sides["signer"], sides["sentence"], strict=True)
    cells[is_labelled] = [f"{signer} signer, {sentence} sentence" for signer, sentence in both]
    splits[is_labelled] = np.where(sides["signer"] == sides["sentence"], sides["signer"], "")
    for split in ("train", *shares):
        if split not in splits:
            raise DatasetError(
                f"no clip of a {split} signer has a {split} sentence; ask for larger shares, or "
                "split --by signer or --by sentence"
            )
    return splits, cells


def assign_folds(
    frame: "pd.DataFrame", labels: Labels, *, n_folds: int, group: str | None, seed: int
) -> Codes:
    """(N,) fold of each clip, 1 to `n_folds`; 0 for clips without glosses where sentences are kept
    whole.

    Args:
        frame: The clip table.
        labels: Of the same clips.
        n_folds: K.
        group: What stays whole: a name of `FOLD_GROUPS`, or None for single clips.
        seed: Decides between what is equally good.
    """
    if group is None:
        ids = frame["clip_id"].tolist()
        return deal_clips(ids, labels, n_folds=n_folds, seed=seed)
    keys = whole_groups(frame, group)
    codes, names = codes_of(keys[keys != ""])
    group_of = np.full(len(frame), -1, dtype=np.int64)
    group_of[keys != ""] = codes
    fold_of_group = deal_groups(
        names,
        np.bincount(codes, minlength=len(names)),
        labels.by_group(group_of, len(names)),
        n_folds=n_folds,
        seed=seed,
        noun=group,
    )
    folds: Codes = np.append(fold_of_group, 0)[group_of]
    return folds


def check_signers(frame: "pd.DataFrame", signers: Sequence[str]) -> None:
    """Refuse a signer that nobody is."""
    known = sorted(set(frame["signer"]) - {""})
    for signer in signers:
        if signer not in known:
            near = get_close_matches(signer, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise DatasetError(f"no clip has the signer {signer!r}; {hint}")


def _whole_groups(
    pool: "pd.DataFrame", noun: str, n_wanted: float, seed: int, n_left: int
) -> set[str]:
    keys = whole_groups(pool, noun)
    sizes = Counter(keys)
    if len(sizes) <= n_left:
        raise DatasetError(
            f"a split by {noun} needs at least {n_left + 1} {noun}s to choose from, found "
            f"{len(sizes)}; ask for fewer splits or use another --by"
        )
    groups = pick_groups(sizes, target=n_wanted, seed=seed, n_left=n_left)
    return {clip_id for clip_id, key in zip(pool["clip_id"], keys, strict=True) if key in groups}
