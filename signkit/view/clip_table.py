"""One row a clip: what its labels say, how good its poses are, how its extraction went."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from signkit.dataset import PoseDataset
from signkit.measures import PoseMeasures, measure_pose
from signkit.quality import quality_table
from signkit.view.faults import with_faults

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]

LABELS = ("clip_id", "split", "signer", "glosses")
RECORDED = ("n_decoded", "n_expected", "n_damaged", "n_others", "n_switches")


def clip_table(dataset: PoseDataset, progress: Progress | None = None) -> "pd.DataFrame":
    """One row for each clip with poses, in the order of the shards.

    Clips with a quality record are taken from there; the landmarks of the others are read and
    measured.

    Returns:
        `LABELS`, `fps`, the columns of `PoseMeasures.to_row`, `RECORDED` (NaN for clips without a
        record), `completeness` (decoded / expected frames), `swaps_per_min`, `badness` and
        `faults`.
    """
    import pandas as pd

    ids = dataset.ids_with_poses
    recorded = quality_table(dataset.path)
    is_recorded = set(recorded["clip_id"])
    n_recorded = sum(clip_id in is_recorded for clip_id in ids)
    measured = []
    for clip_id in ids:
        if clip_id not in is_recorded:
            row = measure_pose(dataset.pose(clip_id)).to_row()
            measured.append({"clip_id": clip_id, **row})
            if progress is not None:
                progress(n_recorded + len(measured), len(ids))
    numbers = _numbers(dataset)
    known = [table for table in (recorded, pd.DataFrame(measured)) if len(table)]
    table = pd.concat(known) if known else recorded
    table = (
        table.drop_duplicates("clip_id").set_index("clip_id").reindex(index=ids, columns=numbers)
    )
    table["fps"] = [dataset.fps(clip_id) for clip_id in ids]
    table = table.astype(np.float64).reset_index(names="clip_id").astype({"clip_id": str})
    labels = dataset.clips.frame()[[*LABELS]].astype({"clip_id": str})
    table = labels.merge(table, on="clip_id", how="right")  # in the order of the table
    return with_faults(
        table.assign(
            **{name: table[name].fillna("") for name in LABELS},
            completeness=table["n_decoded"] / table["n_expected"].where(table["n_expected"] > 0),
            swaps_per_min=60 * table["n_swaps"] / table["duration_s"].where(table["n_frames"] > 0),
        )
    )


def _numbers(dataset: PoseDataset) -> list[str]:
    parts = [
        column.format(part)
        for part in dataset.parts
        for column in ("rate_{}", "gap_{}_s", "gaps_{}")
    ]
    return ["fps", *_MEASURES, *parts, *RECORDED]


_MEASURES = [
    name
    for name in PoseMeasures.from_row({}).to_row()
    if not name.startswith(("rate_", "gap_", "gaps_"))
]
