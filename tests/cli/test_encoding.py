import json
from pathlib import Path

import pytest

from signkit.cli.main import run
from signkit.clip import ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from tests.factories import make_dataset

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("encode") / "data").path


def encode(dataset: Path, *options: str) -> int:
    return run(["encode", str(dataset), "--quiet", *options])


def test_without_stats_it_says_what_the_features_are(dataset: Path, capsys: Capture) -> None:
    assert encode(dataset, "--preset", "rqe", "--set", "encoder.motion=1") == 0
    assert capsys.readouterr().out.splitlines() == [
        "mediapipe-75: 65 landmarks, 3 dimensions",
        "features      per landmark  in all",
        "places        3             195",
        "motion_back   3             195",
        "motion_ahead  3             195",
        "seen          1             65",
        "                            650",
    ]


def test_features_as_json(dataset: Path, capsys: Capture) -> None:
    assert encode(dataset, "--preset", "none", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["n_features"] == 260
    assert len(record["landmarks"]) == 65
    assert record["groups"] == [
        {"name": "places", "start": 0, "per_landmark": 3, "n_features": 195},
        {"name": "seen", "start": 195, "per_landmark": 1, "n_features": 65},
    ]


def test_stats_have_a_row_for_each_axis_of_each_part(dataset: Path, capsys: Capture) -> None:
    assert encode(dataset, "--preset", "bdslw60", "--stats") == 0
    first, header, *rows = capsys.readouterr().out.splitlines()
    assert first == (
        "preset bdslw60, fitted on train, measured on 288 frames of 24 train clips at 25 fps"
    )
    assert header.split() == [
        "part", "axis", "landmarks", "bins", "used", "bits", "missing", "clipped", "error", "px",
    ]  # fmt: skip
    parts = ("trunk", "face", "arms", "left_hand", "right_hand")
    assert [row.split()[:2] for row in rows] == [[part, axis] for part in parts for axis in "xyz"]
    hand = rows[9].split()
    assert hand[2:6] == ["21", "11", "of", "11"]


def test_stats_as_json_are_the_same_numbers(dataset: Path, capsys: Capture) -> None:
    assert encode(dataset, "--preset", "rqe-adaptive", "--stats", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["preset"], record["split"], record["n_clips"]) == ("rqe-adaptive", "train", 24)
    first = record["axes"][0]
    assert (first["part"], first["axis"], first["n_bins"]) == ("trunk", "x", 8)
    assert 0 < first["entropy_bits"] <= 3
    assert 0 < first["error_units"] < first["error_px"]


def test_levels_may_be_set_on_the_command_line(dataset: Path, capsys: Capture) -> None:
    options = ("--preset", "rqe-adaptive", "--stats", "--json", "--set", "encoder.levels=3")
    assert encode(dataset, *options) == 0
    assert {axis["n_bins"] for axis in json.loads(capsys.readouterr().out)["axes"]} == {3.0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--preset", "rqf"],
            "error: recipe key 'encoder.preset' is 'rqf': input should be 'parts', 'bdslw60', "
            "'rqe', 'rqe-sf', 'rqe-adaptive' or 'none'\n",
        ),
        (
            ["--set", "encoder.level=3"],
            "error: recipe has no key 'encoder.level'; did you mean 'encoder.levels'?\n",
        ),
        (
            ["--recipe", "isolatd"],
            "error: no recipe is called 'isolatd'; did you mean 'isolated'? or give the path of a "
            ".toml file\n",
        ),
        (
            ["--stats", "--split", "test"],
            "error: {dataset} has no clip with poses in split 'test'; set the split column of "
            "clips.csv or run 'signkit split'\n",
        ),
    ],
)
def test_wrong_input_is_one_plain_line(
    options: list[str], message: str, dataset: Path, capsys: Capture
) -> None:
    assert encode(dataset, *options) == 1
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err == message.format(dataset=dataset)


def test_a_dataset_without_poses_is_told(tmp_path: Path, capsys: Capture) -> None:
    PoseDataset.create(tmp_path / "labels", DatasetInfo("labels"), ClipTable.from_clips([]))
    assert encode(tmp_path / "labels", "--stats") == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'labels'} has no clip with poses in split 'train'; set the split "
        "column of clips.csv or run 'signkit split'\n"
    )
    assert encode(tmp_path / "nowhere") == 1
    assert capsys.readouterr().err == (
        f"error: no folder at {tmp_path / 'nowhere'}; expected a dataset folder with dataset.json\n"
    )
