"""A dataset is divided: the split column of `clips.csv` is made anew, and the split is published.

A split that was published, here or elsewhere, is applied again from its file.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from signkit import __version__
from signkit.clip import SPLITS, ClipTable
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.split.groups import Keys
from signkit.split.labels import Codes, Labels, Mask
from signkit.split.makers import assign_folds, assign_shares, assign_two_way
from signkit.split.publish import FOLDER, Published, publish, read_published, read_record
from signkit.split.request import SplitRequest, kept_whole
from signkit.split.summary import SplitSummary, counts_of, record_of

if TYPE_CHECKING:
    import pandas as pd

FOLD_COLUMN = "x_fold"
CELL_COLUMN = "x_cell"
_HOW_IT_WAS_MADE = ("method", "seed", "shares", "holdout_signers", "folds", "group")


def split_dataset(
    path: Path,
    *,
    by: str = "signer",
    dev: float = 0.0,
    test: float = 0.0,
    holdout_signers: Sequence[str] = (),
    folds: int | None = None,
    group: str | None = None,
    fold: int | None = None,
    seed: int = 0,
    name: str | None = None,
) -> SplitSummary:
    """Write the split column of `clips.csv`, and the split to `splits/NAME.csv` and `.json`.

    What is in no split, or in one that is made anew, becomes train unless it is chosen. Folds and
    two-way splits divide all clips anew.

    Args:
        path: The dataset folder.
        by: signer, sentence, session, video (these keep their groups whole), random (single clips,
            spread over the glosses), two-way (signers and sentences both new) or kfold.
        dev: Share of all clips wanted in dev; 0 leaves the dev split as it is.
        test: Share of all clips wanted in test; 0 leaves the test split as it is.
        holdout_signers: All clips of these signers, and no others, become test.
        folds: Number of folds; by default 5.
        group: What folds keep whole: signer, sentence, session or video; by default single clips,
            every gloss spread evenly.
        fold: The fold that becomes the test split, the others becoming train; by default 1.
        seed: Of the choice.
        name: Of the published files; by default made of the method.

    Raises:
        DatasetError: What is asked for is impossible with these clips.
    """
    dataset = PoseDataset.open(path)
    request = SplitRequest(
        by=by,
        dev=dev,
        test=test,
        holdout_signers=tuple(holdout_signers),
        folds=folds,
        group=group,
        fold=fold,
        seed=seed,
    )
    frame = _divided(dataset.clips.frame(), request)
    return _finish(dataset, frame, name or request.name, request.options)


def apply_split(
    path: Path, file: Path, *, fold: int | None = None, is_partial: bool = False
) -> SplitSummary:
    """Make the split column of `clips.csv` what a published file says.

    Args:
        path: The dataset folder.
        file: `clip_id,split` or `clip_id,fold`; the JSON file beside it, if any, has its hash.
        fold: The fold that becomes the test split; by default 1.
        is_partial: The dataset and the file need not have the same clips. Those that the file does
            not name are in no split.

    Raises:
        DatasetError: The file is damaged or changed, or names other clips than the dataset has.
    """
    dataset = PoseDataset.open(path)
    frame = dataset.clips.frame()
    rows, source = read_published(file)
    rows = rows.set_index("clip_id")
    listed, there = set(rows.index), set(frame["clip_id"])
    missing = tuple(sorted(listed - there))
    unlisted = tuple(sorted(there - listed))
    _check_ids(file, dataset, missing, unlisted, is_partial=is_partial)
    rows = rows.reindex(frame["clip_id"].tolist()).fillna("")
    if "fold" in rows:
        texts = rows["fold"].to_numpy(dtype=object)
        fold_of = np.where(texts == "", "0", texts).astype(np.int64)
        frame = _with_fold(frame, fold_of, 1 if fold is None else fold)
        frame = frame.assign(split=frame["split"].where(frame["clip_id"].isin(listed), ""))
    elif fold is not None:
        raise DatasetError(f"{file} has no folds; leave --fold out")
    else:
        splits = rows["split"].to_numpy(dtype=object)
        cells = rows["cell"].to_numpy(dtype=object) if "cell" in rows else None
        frame = _relabelled(frame, splits, cells)
    known = read_record(file)
    made = {key: known[key] for key in _HOW_IT_WAS_MADE if key in known}
    options = {"method": "published", "seed": None, **made}
    is_whole = not (missing or unlisted)
    if not is_whole:
        options |= {"part_of": source.sha256}
    name = source.name if is_whole else f"{source.name}-part"
    return replace(_finish(dataset, frame, name, options), missing=missing, unlisted=unlisted)


def published_as(path: Path, frame: "pd.DataFrame") -> Published | None:
    """The published split of a dataset that its split column is now; None if there is none.

    Args:
        path: The dataset folder.
        frame: Its clip table.
    """
    for file in sorted((path / FOLDER).glob("*.csv")):
        try:
            rows, published = read_published(file)
        except DatasetError:  # one that somebody changed is not what the column is
            continue
        if len(rows) != len(frame):
            continue
        rows = rows.set_index("clip_id").reindex(frame["clip_id"].tolist()).fillna("")
        column = "split" if "split" in rows else "fold"
        own = "split" if column == "split" else FOLD_COLUMN
        is_same = (
            own in frame and (rows[column].to_numpy(object) == frame[own].to_numpy(object)).all()
        )
        if is_same and (column == "split" or _is_a_fold(frame)):
            return published
    return None


def _is_a_fold(frame: "pd.DataFrame") -> bool:
    """Whether the test split is one fold, and train are the others."""
    tested = frame.loc[frame["split"] == "test", FOLD_COLUMN].unique()
    others = frame.loc[frame["split"] != "test"]
    is_train = others["split"].isin(["train", ""]).all()
    return len(tested) == 1 and bool(is_train) and tested[0] not in set(others[FOLD_COLUMN])


def _divided(frame: "pd.DataFrame", request: SplitRequest) -> "pd.DataFrame":
    """The clip table with the splits, folds or cells that are asked for."""
    shares, seed = request.shares, request.seed
    if request.by == "kfold":
        labels, n_folds = Labels.of(frame["glosses"].tolist()), request.n_folds
        fold_of = assign_folds(frame, labels, n_folds=n_folds, group=request.group, seed=seed)
        return _with_fold(frame, fold_of, request.fold or 1)
    if request.by == "two-way":
        return _relabelled(frame, *assign_two_way(frame, shares=shares, seed=seed))
    held_out = request.holdout_signers
    splits = assign_shares(frame, by=request.by, shares=shares, holdout_signers=held_out, seed=seed)
    return _relabelled(frame, splits)


def _relabelled(frame: "pd.DataFrame", splits: Keys, cells: Keys | None = None) -> "pd.DataFrame":
    """The table with new splits; folds and cells of another split go."""
    frame = frame.drop(columns=[c for c in (FOLD_COLUMN, CELL_COLUMN) if c in frame.columns])
    extra = {} if cells is None else {CELL_COLUMN: cells}
    return frame.assign(split=splits, **extra)


def _with_fold(frame: "pd.DataFrame", fold_of: Codes, fold: int) -> "pd.DataFrame":
    """The table with its folds; one of them is the test split, the rest is train."""
    n_folds = int(fold_of.max(initial=0))
    if not 1 <= fold <= n_folds:
        raise DatasetError(f"--fold is {fold}; the folds are 1 to {n_folds}")
    splits = np.where(fold_of == fold, "test", "train").astype(object)
    texts = np.where(fold_of == 0, "", fold_of.astype(str)).astype(object)
    return _relabelled(frame, splits).assign(**{FOLD_COLUMN: texts})


def _finish(
    dataset: PoseDataset, frame: "pd.DataFrame", name: str, options: dict[str, Any]
) -> SplitSummary:
    """Publish the split, write `clips.csv`, and say what there is."""
    labels = Labels.of(frame["glosses"].tolist())
    has_folds = FOLD_COLUMN in frame.columns
    folds = _folds_of(frame)
    table = ClipTable(frame.set_axis(range(2, len(frame) + 2)))
    record = {
        "dataset": dataset.info.name,
        "created_by": f"signkit {__version__}",
        **options,
        **record_of(frame, labels, _parts(frame, folds)),
    }
    published = publish(dataset.path, name, _rows(frame), record)
    table.write(dataset.path / "clips.csv")
    is_test = frame["split"].to_numpy(dtype=object) == "test"
    return SplitSummary(
        method=options["method"],
        seed=options["seed"],
        fold=int(folds[is_test][0]) if has_folds and is_test.any() else None,
        name=name,
        path=published.path,
        sha256=published.sha256,
        replaced=published.replaced,
        **counts_of(frame, labels, folds, group=kept_whole(options)),
    )


def _folds_of(frame: "pd.DataFrame") -> Codes:
    if FOLD_COLUMN not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64)
    texts = frame[FOLD_COLUMN].to_numpy(dtype=object)
    folds: Codes = np.where(texts == "", "0", texts).astype(np.int64)
    return folds


def _rows(frame: "pd.DataFrame") -> "pd.DataFrame":
    """What is published: the folds where there are some, for they do not say which one is test."""
    columns = {"clip_id": frame["clip_id"]}
    if FOLD_COLUMN in frame.columns:
        columns["fold"] = frame[FOLD_COLUMN]
    else:
        columns["split"] = frame["split"]
        if CELL_COLUMN in frame.columns:
            columns["cell"] = frame[CELL_COLUMN]
    import pandas as pd

    return pd.DataFrame(columns)


def _parts(frame: "pd.DataFrame", folds: Codes) -> dict[str, Mask]:
    n_folds = int(folds.max(initial=0))
    if n_folds:
        return {str(fold): folds == fold for fold in range(1, n_folds + 1)}
    splits = frame["split"].to_numpy(dtype=object)
    return {split: splits == split for split in SPLITS}


def _check_ids(
    file: Path,
    dataset: PoseDataset,
    missing: tuple[str, ...],
    unlisted: tuple[str, ...],
    *,
    is_partial: bool,
) -> None:
    if len(unlisted) == len(dataset.clips):
        raise DatasetError(
            f"{file} names none of the clips of {dataset.path} (it has {missing[0]!r} ..., the "
            f"dataset {unlisted[0]!r} ...); it is a split of another dataset"
            if missing
            else f"{file} names no clips"
        )
    if is_partial or not (missing or unlisted):
        return
    faults = []
    if missing:
        faults.append(f"{len(missing)} clips that the dataset lacks, such as {missing[0]!r}")
    if unlisted:
        faults.append(f"not {len(unlisted)} clips that it has, such as {unlisted[0]!r}")
    raise DatasetError(
        f"{file} names {' and '.join(faults)}; give --partial to split those that both have"
    )
