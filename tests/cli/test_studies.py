import json
from pathlib import Path

import pytest

from signkit.cli.main import run
from tests.strokes import TINY, make_strokes

Capture = pytest.CaptureFixture[str]
SMALL = [
    text
    for section, keys in {**TINY, "train": {**TINY["train"], "min_updates": 0}}.items()
    for key, value in keys.items()
    for text in ("--set", f"{section}.{key}={value}")
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make_strokes(tmp_path / "data", n_clips=16, continuous=False, dev=False)
    return tmp_path / "data"


def test_training_over_folds_and_seeds_reports_mean_and_spread(data: Path, capsys: Capture):
    command = ["train", "isolated", str(data), "--out", str(data.parent / "out"), *SMALL]
    code = run([*command, "--folds", "2", "--seeds", "2", "--device", "cpu", "--quiet", "--json"])
    record = json.loads(capsys.readouterr().out)
    (row,) = record["rows"]
    assert code == 0
    assert set(row["wer_of_seeds"]) == {"0", "1"}
    assert row["wer_sd"] is not None
    assert row["n_clips"] == 16
    assert len(list((data.parent / "out").rglob("model.safetensors"))) == 4


def test_a_study_file_becomes_a_table(data: Path, capsys: Capture):
    sets = json.dumps([SMALL[i] for i in range(1, len(SMALL), 2)])
    file = data.parent / "study.toml"
    file.write_text(f'recipe = "isolated"\nseeds = 1\nfolds = 2\nset = {sets}\n')
    command = ["study", str(file), str(data), "--out", str(data.parent / "out")]
    assert run([*command, "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("variant   parameters")
    assert "study 2/2" in captured.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seeds", "2", "--seed", "1"], "error: --seed is for a single run; --seeds N runs"),
        (["--group", "signer"], "error: --group says what folds keep whole; give --folds, too"),
        (["--folds", "2", "--group", "hand"], "error: train: study key 'group' is 'hand'"),
    ],
)
def test_wrong_options_are_told(data: Path, capsys: Capture, options: list[str], message: str):
    command = ["train", "isolated", str(data), "--out", str(data.parent / "out")]
    assert run([*command, *options]) == 1
    assert capsys.readouterr().err.startswith(message)
