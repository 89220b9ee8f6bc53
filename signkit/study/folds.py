"""The same dataset with other splits, without a change to its files."""

from dataclasses import replace

import numpy as np

from signkit.clip import ClipTable
from signkit.dataset import PoseDataset
from signkit.split.labels import Labels
from signkit.split.makers import assign_folds

SEED = 0
"""Folds are the same ones for every seed of a training, so that variants and seeds compare."""


def fold_views(dataset: PoseDataset, *, n_folds: int, group: str | None) -> dict[int, PoseDataset]:
    """Fold number, from 1, to the dataset whose test split is that fold and whose train split is
    the other folds.

    Clips of an existing test split are in no fold: a study is for choosing, and what chooses must
    not have seen them. So are clips without glosses or poses.
    """
    frame = dataset.clips.frame()
    posed = set(dataset.ids_with_poses)
    usable = (
        (frame["split"] != "test") & (frame["glosses"] != "") & frame["clip_id"].isin(posed)
    ).to_numpy()
    pool = frame[usable]
    labels = Labels.of(pool["glosses"].tolist())
    fold_of = np.zeros(len(frame), dtype=np.int64)
    fold_of[usable] = assign_folds(pool, labels, n_folds=n_folds, group=group, seed=SEED)

    def view(fold: int) -> PoseDataset:
        splits = np.where(fold_of == fold, "test", np.where(fold_of > 0, "train", ""))
        return replace(dataset, clips=ClipTable(frame.assign(split=splits.astype(object))))

    return {fold: view(fold) for fold in range(1, n_folds + 1)}
