import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from signkit.cli.main import run
from signkit.decoding import DecoderConfig, read_decoder
from signkit.lm import estimate, write_arpa
from signkit.study import tune as tune_module
from signkit.train import train
from tests.strokes import make_recipe, make_strokes
from tests.study.heard import make_heard

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A continuous run of one epoch and its dataset, with a language model of its dev sentences."""
    folder = tmp_path_factory.mktemp("tuning")
    data = make_strokes(folder / "data", n_clips=60, continuous=True)
    train(make_recipe("continuous", train={"epochs": 1}), data, folder / "run")
    sentences = [clip.glosses for clip in data.clips.where(split="dev")]
    write_arpa(estimate(sentences), folder / "dev.arpa")
    return folder


@pytest.fixture(autouse=True)
def clean(folder: Path) -> Iterator[None]:
    """Nothing stored in the run before and after a test."""
    yield
    for name in ("decoder.json", "tuning.json", "lm-*"):
        for path in (folder / "run").glob(name):
            path.unlink()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune_module, "make_lattices", make_heard(right=0.3, false=0.1))


def command(name: str, folder: Path, *options: str) -> int:
    return run([name, str(folder / "run"), str(folder / "data"), *options])


def test_tune_stores_what_score_and_recognize_then_use(folder, heard, capsys: Capture):
    assert command("tune", folder, "--device", "cpu") == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0].split() == ["WER", "errors", "decoder"]
    assert "100.0  100.0 to 100.0  100.0" in told.out
    assert "greedy(blank_bias=1) is better than greedy; on clips it was not chosen on" in told.out
    assert "flattered" in told.out
    stored = folder / "run" / "decoder.json"
    assert f"stored in {stored}: greedy(blank_bias=1)\n" in told.err
    assert read_decoder(folder / "run") == DecoderConfig(blank_bias=1.0)

    assert command("score", folder, "--split", "dev") == 0
    assert " decoder:greedy(blank_bias=1) " in capsys.readouterr().out
    assert command("recognize", folder) == 0
    assert f"decoder stored in {stored}: greedy(blank_bias=1)" in capsys.readouterr().err


def test_a_dry_run_prints_and_writes_nothing(folder, heard, capsys: Capture):
    before = sorted((folder / "run").iterdir())
    assert command("tune", folder, "--dry-run") == 0
    assert "nothing was written: greedy(blank_bias=1)\n" in capsys.readouterr().err
    assert sorted((folder / "run").iterdir()) == before


def test_json_is_one_object_and_the_record_that_is_stored(folder, heard, capsys: Capture):
    assert command("tune", folder, "--json", "--beam", "3") == 0
    told = json.loads(capsys.readouterr().out)
    stored = json.loads((folder / "run" / "tuning.json").read_text(encoding="utf-8"))
    assert told == stored
    assert told["schema"] == "signkit.tuning/1"
    assert told["decoder"] == "greedy(blank_bias=1)"
    assert {one["config"]["beam"] for one in told["tried"]} == {10, 3}
    assert told["default"]["wer"] == 1.0


def test_quiet_says_nothing_on_stderr(folder, heard, capsys: Capture):
    assert command("tune", folder, "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_a_language_model_is_copied_into_the_run_with_its_hash(
    folder, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    monkeypatch.setattr(tune_module, "make_lattices", make_heard(right=0.44, wrong=0.46))
    assert command("tune", folder, "--lm", str(folder / "dev.arpa"), "--beam", "4") == 0
    told = capsys.readouterr().out
    [copy] = (folder / "run").glob("lm-*.arpa")
    assert copy.read_bytes() == (folder / "dev.arpa").read_bytes()
    assert f"language model {copy.name}, sha256 {copy.name[3:15]}" in told
    assert command("score", folder, "--split", "dev") == 0
    assert f" decoder:beam4(lm={copy.name},lm_weight=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--split", "test"],
            "error: knobs that were chosen on test clips make every score on these worthless; use "
            "--split dev\n",
        ),
        (["--split", "de"], "error: there is no split 'de'; use --split dev\n"),
    ],
)
def test_only_dev_will_do(folder, capsys: Capture, options: list[str], said: str):
    assert command("tune", folder, *options) == 1
    assert capsys.readouterr().err == said
    assert not (folder / "run" / "decoder.json").exists()


def test_a_language_model_of_other_words_is_refused(folder, tmp_path: Path, capsys: Capture):
    write_arpa(estimate([("A", "B"), ("B", "A")]), tmp_path / "other.arpa")
    assert command("tune", folder, "--lm", str(tmp_path / "other.arpa")) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'other.arpa'} has none of the 4 glosses of {folder / 'run'} (such "
        "as 'CIRCLE'); make one of the train sentences with 'signkit lm'\n"
    )


def test_a_beam_out_of_range_is_usage(folder, capsys: Capture):
    assert command("tune", folder, "--beam", "0") == 2


def test_stress_prints_a_table_and_draws_it(folder, tmp_path: Path, capsys: Capture):
    plot = tmp_path / "stress.svg"
    options = ["--split", "dev", "--only", "speed, size", "--quick", "--plot", str(plot)]
    assert command("stress", folder, *options) == 0
    told = capsys.readouterr()
    rows = [line for line in told.out.splitlines() if line.startswith("| ")]
    assert len(rows) == 3 + 3
    assert rows[2].startswith("| undisturbed |  | ")
    assert rows[3].startswith("| signing speed | x 0.5 | ")
    assert rows[5].startswith("| picture size, whole pixels | 1/4 | ")
    assert {line.count("|") for line in rows} == {8}
    assert f"plot written to {plot}\n" in told.err
    ElementTree.parse(plot)


def test_stress_uses_what_is_stored_and_prints_json(folder, capsys: Capture):
    DecoderConfig(blank_bias=30.0).write(folder / "run" / "decoder.json")
    assert command("stress", folder, "--split", "dev", "--only", "fps", "--quick", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["decoder"] == "greedy(blank_bias=30)"
    assert told["run"] == "run"
    assert [row["level"] for row in told["rows"]] == ["undisturbed", "12.5 a second"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--only", "speed,nois"],
            "error: there is no disturbance 'nois'; choose among noise, hands, drops, speed, cuts, "
            "mirror, fps, camera, size\n",
        ),
        (["--plot", "a.png"], "error: --plot a.png: plots are SVG; call it for instance a.svg\n"),
    ],
)
def test_wrong_requests_are_told_before_anything_is_recognized(
    folder, capsys: Capture, options: list[str], said: str
):
    assert command("stress", folder, *options) == 1
    assert capsys.readouterr().err == said
