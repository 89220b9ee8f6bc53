"""Annotations that were imported first are the list of clips of an extraction into their folder."""

from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.extract import ExtractSettings, extract, plan_extraction
from tests.extract.conftest import SQUARE, WriteVideo

pytestmark = pytest.mark.usefixtures("square")

SETTINGS = ExtractSettings(extractor=SQUARE, workers=1)


@pytest.fixture
def videos(tmp_path: Path, write_video: WriteVideo) -> Path:
    for name in ("one_color.mp4", "two_color.mp4", "stray.mp4"):
        write_video(tmp_path / "videos" / name)
    return tmp_path / "videos"


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    info = DatasetInfo(name="corpus", licence="CC0-1.0", consent="asked", annotations="autsl")
    clips = [
        Clip("one", video="one_color.mp4", glosses=("TEA",), split="train"),
        Clip("two", video="two_color.mp4", glosses=("MILK",), split="dev"),
    ]
    PoseDataset.create(tmp_path / "data", info, ClipTable.from_clips(clips))
    return tmp_path / "data"


def test_its_clips_are_extracted_and_nothing_else(videos: Path, annotated: Path) -> None:
    before = (annotated / "clips.csv").read_bytes()
    assert plan_extraction(videos, annotated, SETTINGS).n_to_do == 2
    assert extract(videos, annotated, SETTINGS).n_done == 2
    dataset = PoseDataset.open(annotated)
    assert dataset.ids_with_poses == ["one", "two"]
    assert (annotated / "clips.csv").read_bytes() == before
    info = dataset.info
    assert (info.name, info.licence, info.consent, info.annotations) == (
        "corpus",
        "CC0-1.0",
        "asked",
        "autsl",
    )
    assert info.extractor["name"] == "square"


def test_the_same_command_goes_on(videos: Path, annotated: Path) -> None:
    extract(videos, annotated, SETTINGS)
    again = extract(videos, annotated, SETTINGS)
    assert (again.n_clips, again.n_done, again.n_skipped) == (2, 0, 2)


def test_overwriting_keeps_the_annotations(videos: Path, annotated: Path) -> None:
    extract(videos, annotated, SETTINGS)
    assert extract(videos, annotated, SETTINGS, overwrite=True).n_done == 2
    assert PoseDataset.open(annotated).info.licence == "CC0-1.0"
