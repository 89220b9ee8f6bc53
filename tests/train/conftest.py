from pathlib import Path

import pytest

from signkit.dataset import PoseDataset
from tests.strokes import make_strokes


@pytest.fixture
def isolated(tmp_path: Path) -> PoseDataset:
    return make_strokes(tmp_path / "isolated", n_clips=24, continuous=False)


@pytest.fixture
def continuous(tmp_path: Path) -> PoseDataset:
    return make_strokes(tmp_path / "continuous", n_clips=24, continuous=True)
