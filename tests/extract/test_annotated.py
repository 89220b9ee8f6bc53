"""Annotations that were imported first are the list of clips of an extraction into their folder."""

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import DatasetError
from signkit.extract import ExtractSettings, extract, plan_extraction
from tests.extract.conftest import SQUARE, WriteVideo, picture

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


def test_pictures_have_the_rate_that_the_annotations_say(tmp_path: Path) -> None:
    folder = tmp_path / "videos" / "take"
    folder.mkdir(parents=True)
    for n in range(6):
        cv2.imwrite(str(folder / f"{n:03d}.png"), picture(n, scene="square"))
    info = DatasetInfo(name="gsl", annotations="gsl", picture_fps=30.0)
    table = ClipTable.from_clips([Clip("take", video="take", glosses=("TEA",))])
    PoseDataset.create(tmp_path / "data", info, table)
    extract(tmp_path / "videos", tmp_path / "data", SETTINGS)
    assert PoseDataset.open(tmp_path / "data").fps("take") == 30
    extract(tmp_path / "videos", tmp_path / "alone", SETTINGS)
    assert PoseDataset.open(tmp_path / "alone").fps("take") == 25
    given = replace(SETTINGS, picture_fps=15.0)
    extract(tmp_path / "videos", tmp_path / "given", given)
    assert PoseDataset.open(tmp_path / "given").fps("take") == 15
    with pytest.raises(DatasetError, match="picture_fps 15"):
        extract(tmp_path / "videos", tmp_path / "given", SETTINGS)
