"""Datasets that are a clip table and nothing else."""

from collections.abc import Sequence
from pathlib import Path

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset


def annotations(folder: Path, clips: Sequence[Clip]) -> Path:
    """A dataset folder with annotations only."""
    PoseDataset.create(folder, DatasetInfo(name="table"), ClipTable.from_clips(clips))
    return folder


def splits_of(folder: Path) -> dict[str, str]:
    """Clip id to split."""
    table = PoseDataset.open(folder).clips
    return dict(zip(table.ids, table.column("split"), strict=True))
