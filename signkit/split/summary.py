"""What a split holds: how many clips, which signers, which glosses are missing where."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from signkit.clip import SPLITS
from signkit.split.groups import GROUPS
from signkit.split.kfold import Deviation, largest_deviation
from signkit.split.labels import Codes, Labels, Mask, codes_of
from signkit.split.overlap import group_overlaps, shared_counts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FoldCounts:
    """What one fold holds."""

    clips: int
    signers: int
    sentences: int
    glosses: int


@dataclass(frozen=True)
class SplitSummary:
    """What each split holds now.

    Args:
        method: How the splits were made.
        seed: Of the choice; None where the splits come from a file.
        n_clips: Split to its number of clips.
        signers: Split to its signers, sorted.
        n_sentences: Split to its number of different gloss sequences.
        n_glosses: Split to its number of different glosses.
        lost_glosses: Glosses of dev or test that train does not have.
        rare_glosses: Glosses that too few clips (or whole groups) have for every split, or every
            fold, to have one.
        shared: Pair of splits, such as `train/test`, to how many signers, sentences, ... both have.
        n_unassigned: Clips that are in no split now.
        fold: The fold that is the test split now; None without folds.
        folds: Fold to what it holds.
        deviation: The gloss whose share of a fold differs most from its share of all.
        name: Of the split, and of its files.
        path: Its CSV file.
        sha256: Of its rows.
        replaced: Hash of another split that had the same files; empty if none had.
        missing: Clips of the published split that the dataset does not have.
        unlisted: Clips of the dataset that the published split does not name.
    """

    method: str
    seed: int | None
    n_clips: dict[str, int]
    signers: dict[str, tuple[str, ...]]
    n_sentences: dict[str, int]
    n_glosses: dict[str, int]
    lost_glosses: tuple[str, ...]
    rare_glosses: tuple[str, ...]
    shared: dict[str, dict[str, int]]
    n_unassigned: int
    fold: int | None
    folds: dict[int, FoldCounts]
    deviation: Deviation | None
    name: str
    path: Path
    sha256: str
    replaced: str = ""
    missing: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self) | {"path": str(self.path)}


def counts_of(
    frame: "pd.DataFrame", labels: Labels, folds: Codes, *, group: str | None
) -> dict[str, Any]:
    """The counts of a `SplitSummary`.

    Args:
        frame: The clip table with its new splits.
        labels: Of the same clips.
        folds: (N,) fold of each clip, 0 for none.
        group: What was kept whole; None for single clips.
    """
    splits = frame["split"].to_numpy(dtype=object)
    is_in = {split: splits == split for split in SPLITS}
    glosses = {split: labels.gloss_counts(mask) > 0 for split, mask in is_in.items()}
    n_folds = int(folds.max(initial=0))
    parts = folds if n_folds else np.select([is_in[s] for s in SPLITS], [1, 2, 3], 0)
    signers = frame["signer"].to_numpy(dtype=object)
    return {
        "n_clips": {split: int(mask.sum()) for split, mask in is_in.items()},
        "signers": {s: tuple(sorted(set(signers[m]) - {""})) for s, m in is_in.items()},
        "n_sentences": {split: _n_sentences(labels, mask) for split, mask in is_in.items()},
        "n_glosses": {split: int(has.sum()) for split, has in glosses.items()},
        "lost_glosses": labels.names((glosses["dev"] | glosses["test"]) & ~glosses["train"]),
        "rare_glosses": rare_glosses(frame, labels, parts, group=group),
        "shared": shared_counts(group_overlaps(frame)),
        "n_unassigned": int((splits == "").sum()),
        "folds": {k: _fold(frame, labels, folds == k) for k in range(1, n_folds + 1)},
        "deviation": largest_deviation(labels, folds, n_folds) if n_folds else None,
    }


def rare_glosses(
    frame: "pd.DataFrame", labels: Labels, parts: Codes, *, group: str | None
) -> tuple[str, ...]:
    """Glosses that fewer clips, or whole groups, have than there are parts with clips.

    Args:
        frame: The clip table.
        labels: Of the same clips.
        parts: (N,) number of the split or fold of each clip, 0 for none.
        group: What was kept whole; None for single clips.
    """
    n_parts = len(np.unique(parts[parts > 0]))
    group_of = np.arange(len(frame))
    if group is not None:
        keys = GROUPS[group](frame)
        group_of, names = codes_of(keys)
        alone = keys == ""
        group_of = np.where(alone, len(names) + np.arange(len(frame)), group_of)
    group_of = np.where(parts > 0, group_of, -1)
    counts = labels.by_group(group_of, int(group_of.max(initial=0)) + 1)
    n_groups = np.bincount(counts.indices, minlength=len(labels.glosses))
    return labels.names((n_groups > 0) & (n_groups < n_parts))


def record_of(frame: "pd.DataFrame", labels: Labels, part_of: dict[str, Mask]) -> dict[str, Any]:
    """How much each part holds, for the JSON file of a published split.

    Args:
        frame: The clip table.
        labels: Of the same clips.
        part_of: Name of a split or fold to the mask of its clips.
    """
    signer_of, signers = codes_of(frame["signer"].to_numpy(dtype=object))
    of_signers = {p: np.bincount(signer_of[m], minlength=len(signers)) for p, m in part_of.items()}
    of_glosses = {part: labels.gloss_counts(mask) for part, mask in part_of.items()}
    return {
        "parts": {
            part: {
                "clips": int(mask.sum()),
                "signers": int((of_signers[part] > 0).sum()),
                "sentences": _n_sentences(labels, mask),
                "glosses": int((of_glosses[part] > 0).sum()),
            }
            for part, mask in part_of.items()
        },
        "clips_of_signer": _by_name(signers, of_signers),
        "signed_of_gloss": _by_name(labels.glosses, of_glosses),
    }


def _by_name(names: list[str], counts: dict[str, Codes]) -> dict[str, dict[str, int]]:
    order = sorted(range(len(names)), key=names.__getitem__)
    columns = {part: values.tolist() for part, values in counts.items()}
    return {
        names[i]: {part: values[i] for part, values in columns.items() if values[i]} for i in order
    }


def _n_sentences(labels: Labels, is_in: Mask) -> int:
    return len(np.unique(labels.sentence_of[is_in & labels.is_labelled]))


def _fold(frame: "pd.DataFrame", labels: Labels, is_in: Mask) -> FoldCounts:
    return FoldCounts(
        clips=int(is_in.sum()),
        signers=len(set(frame["signer"].to_numpy(dtype=object)[is_in]) - {""}),
        sentences=_n_sentences(labels, is_in),
        glosses=int((labels.gloss_counts(is_in) > 0).sum()),
    )
