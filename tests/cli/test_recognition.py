import json
from pathlib import Path

import pytest

from signkit.cli.main import run
from signkit.hypothesis import read_hypotheses
from tests.factories import make_clips, make_dataset

Capture = pytest.CaptureFixture[str]

SMALL = [
    "--set", "train.epochs=1", "--set", "train.min_updates=0", "--set", "model.width=16",
    "--set", "model.n_blocks=1", "--set", "model.n_heads=2", "--device", "cpu",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with a test split, and a run that was trained on it by the command line."""
    folder = tmp_path_factory.mktemp("journey")
    make_dataset(folder / "data", make_clips(), n_frames=8)
    assert run(["split", str(folder / "data"), "--holdout-signers", "cem"]) == 0
    command = ["train", "isolated", str(folder / "data"), "--out", str(folder / "run")]
    assert run([*command, *SMALL, "--quiet"]) == 0
    return folder


def test_training_leaves_a_whole_run(folder: Path) -> None:
    names = {path.name for path in (folder / "run").iterdir()}
    assert {"model.safetensors", "config.json", "vocabulary.json", "metrics.jsonl"} <= names


def test_training_again_needs_resume(folder: Path, capsys: Capture) -> None:
    command = ["train", "isolated", str(folder / "data"), "--out", str(folder / "run"), *SMALL]
    assert run(command) == 1
    assert capsys.readouterr().err.startswith(f"error: {folder / 'run'} already holds files; ")
    assert run([*command, "--resume", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["task"], record["best_epoch"]) == ("isolated", 1)


def test_recognition_prints_a_line_for_each_clip(folder: Path, capsys: Capture) -> None:
    command = ["recognize", str(folder / "run"), str(folder / "data"), "--split", "test"]
    assert run([*command, "--quiet"]) == 0
    caught = capsys.readouterr()
    lines = [line.split("\t") for line in caught.out.splitlines()]
    assert len(lines) == 8
    assert all(clip_id.startswith("cem-") and glosses for clip_id, glosses in lines)
    assert caught.err == ""


def test_recognized_and_scored_in_two_steps_or_one_is_the_same(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    run_folder, data, hyps = str(folder / "run"), str(folder / "data"), str(tmp_path / "h.jsonl")
    assert run(["recognize", run_folder, data, "--split", "test", "--out", hyps, "--quiet"]) == 0
    assert len(read_hypotheses(Path(hyps))) == 8
    capsys.readouterr()
    records = []
    for source in (run_folder, hyps):
        assert run(["score", source, data, "--json", "--quiet"]) == 0
        records.append(json.loads(capsys.readouterr().out))
    assert records[1].pop("vocabulary_hash") == ""  # a file does not say
    assert records[0].pop("vocabulary_hash") != ""
    assert records[0] == records[1]
    assert records[0]["wer"] == pytest.approx(1 - records[0]["top1"])
    assert records[0]["n_clips"] == 8


def test_a_source_that_is_not_there_is_one_line(folder: Path, capsys: Capture) -> None:
    assert run(["recognize", str(folder / "run"), str(folder / "none.mp4")]) == 1
    assert capsys.readouterr().err == (
        f"error: no dataset, video or folder of videos at {folder / 'none.mp4'}; check the path\n"
    )


def test_an_unknown_recipe_key_names_the_nearest(folder: Path, capsys: Capture) -> None:
    command = ["train", "isolated", str(folder / "data"), "--out", str(folder / "other")]
    assert run([*command, "--set", "train.epoch=3"]) == 1
    assert capsys.readouterr().err == (
        "error: recipe has no key 'train.epoch'; did you mean 'train.epochs'?\n"
    )


@pytest.mark.mediapipe
@pytest.mark.usefixtures("holistic_model")
def test_a_video_without_poses_says_why(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    video = tmp_path / "broken.mp4"
    video.write_text("no video", encoding="utf-8")
    assert run(["recognize", str(folder / "run"), str(video), "--quiet", "--workers", "1"]) == 1
    assert capsys.readouterr().err == (
        f"error: no clip of {video} could become poses (broken: {video} is not a video or is cut "
        "off; copy or download it again); check the videos\n"
    )


def test_hypotheses_are_not_written_over_a_folder(folder: Path, capsys: Capture) -> None:
    command = ["recognize", str(folder / "run"), str(folder / "data"), "--out", str(folder)]
    assert run(command) == 2
    assert "Invalid value for '--out'" in capsys.readouterr().err
