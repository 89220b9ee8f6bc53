import json
from hashlib import sha256
from pathlib import Path

import pytest

from signkit.cli.main import run
from signkit.clip import Clip
from signkit.lm import read_arpa
from tests.factories import make_dataset
from tests.lm.backoff import sentences_like_glosses

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Sentences enough for discounts of their own, but for those of single words."""
    path = tmp_path / "sentences.txt"
    path.write_text("".join(f"{' '.join(s)}\n" for s in sentences_like_glosses(300)))
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    clips = [
        Clip("a", glosses=("I", "EAT"), split="train"),
        Clip("b", glosses=("I", "SLEEP"), split="train"),
        Clip("c", glosses=("YOU", "EAT"), split="dev"),
        Clip("d", glosses=(), split="test"),
    ]
    return make_dataset(tmp_path / "data", clips).path


def test_a_text_becomes_a_model(text: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "m.arpa"
    assert run(["lm", str(text), "--out", str(out), "--quiet"]) == 0
    caught = capsys.readouterr()
    lines = caught.out.splitlines()
    assert lines[0] == f"{out}: order 3, 32 words with </s> and <unk>"
    assert lines[1] == "order  n-grams  D1      D2      D3+     discounts"
    assert [line.split()[-1] for line in lines[2:5]] == ["fixed", "own", "own"]
    assert lines[2].split()[:5] == ["1", "33", "0.5000", "1.0000", "1.5000"]
    assert lines[6] == "sentences of  number  glosses  unknown    perplexity  with unknown"
    assert lines[7].split()[:5] == ["train", "300", "1316", "0", "(0.0"]
    assert len(lines) == 8
    assert caught.err == ""
    assert read_arpa(out).n_grams[0] == 33


def test_the_train_split_alone_is_used_and_it_is_said(
    dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "m.arpa.gz"
    assert run(["lm", str(dataset), "--out", str(out), "--order", "2", "--test", "dev"]) == 0
    caught = capsys.readouterr()
    assert caught.err.splitlines() == [
        "estimated from the train split only",
        "1-grams: too little text for their own discounts (no 1-gram has a count of 3); the fixed "
        "ones 0.5, 1, 1.5 are used",
        "2-grams: too little text for their own discounts (no 2-gram has a count of 3); the fixed "
        "ones 0.5, 1, 1.5 are used",
    ]
    assert caught.out.splitlines()[-1].split()[:5] == ["test", "1", "2", "1", "(50.0"]
    assert read_arpa(out).words == ("<unk>", "<s>", "</s>", "EAT", "I", "SLEEP")


def test_json_has_everything_that_is_printed(
    dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "m.arpa"
    command = ["lm", str(dataset), "--out", str(out), "--test", "dev", "--order", "5"]
    assert run([*command, "--json", "--quiet"]) == 0
    caught = capsys.readouterr()
    record = json.loads(caught.out)
    assert caught.err == ""
    model = read_arpa(out)
    expected = model.perplexity([("I", "EAT"), ("I", "SLEEP")]).perplexity
    assert record.pop("train") == {
        "n_sentences": 2,
        "n_tokens": 4,
        "n_oov": 0,
        "oov_rate": 0.0,
        "perplexity": pytest.approx(expected, rel=1e-4),
        "perplexity_with_oov": pytest.approx(expected, rel=1e-4),
    }
    test = record.pop("test")
    assert (test["source"], test["n_sentences"], test["n_oov"]) == ("dev", 1, 1)
    assert test["perplexity"] != test["perplexity_with_oov"]
    assert [d["order"] for d in record.pop("discounts")] == [1, 2, 3, 4]
    assert record == {
        "out": str(out),
        "sha256": sha256(out.read_bytes()).hexdigest(),
        "source": str(dataset),
        "split": "train",
        "order": 4,
        "smoothing": "modified-kneser-ney",
        "n_words": 5,
        "n_grams": [6, 5, 4, 2],
    }


def test_what_makes_a_score_unfair_is_said(dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    command = ["lm", str(dataset), "--out", str(tmp_path / "m.arpa"), "--order", "6"]
    assert run([*command, "--split", "dev", "--test", "dev"]) == 0
    assert capsys.readouterr().err.splitlines()[:3] == [
        "estimated from the dev split: a score on dev with this model would be unfairly good",
        "--test dev is what the model was estimated from",
        "no sentence is long enough for 6-grams; the order is 4",
    ]


def test_a_text_can_be_held_out(text: Path, tmp_path: Path, capsys: Capture) -> None:
    held_out = tmp_path / "dev.txt"
    held_out.write_text("G00 NEW\n")
    command = ["lm", str(text), "--out", str(tmp_path / "m.arpa"), "--test", str(held_out)]
    assert run([*command, "--json", "--quiet"]) == 0
    test = json.loads(capsys.readouterr().out)["test"]
    assert (test["source"], test["n_tokens"], test["n_oov"]) == (str(held_out), 2, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--out", "{tmp}/m.txt"],
            "--out is {tmp}/m.txt; expected a name that ends in .arpa or .arpa.gz",
        ),
        (
            ["--out", "{tmp}/m.arpa", "--split", "test"],
            "no clip of split 'test' in {tmp}/data has glosses (1 clips); fill in the glosses of "
            "clips.csv, choose another split or give a text file",
        ),
        (
            ["--out", "{tmp}/m.arpa", "--test", "none.txt"],
            "no file at none.txt; expected a dataset or a text file with one sentence a line",
        ),
    ],
)
def test_wrong_input_is_one_plain_line(
    dataset: Path, tmp_path: Path, options: list[str], message: str, capsys: Capture
) -> None:
    options = [option.format(tmp=tmp_path) for option in options]
    assert run(["lm", str(dataset), *options]) == 1
    caught = capsys.readouterr()
    assert (caught.out, caught.err) == ("", f"error: {message.format(tmp=tmp_path)}\n")
    assert not (tmp_path / "m.arpa").exists()


def test_the_source_is_not_written_over(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "m.arpa"
    path.write_text("A B\n")
    assert run(["lm", str(path), "--out", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"error: --out {path} is a folder or SOURCE itself; choose another name\n"
    )
    assert path.read_text() == "A B\n"


@pytest.mark.parametrize("options", [["--split", "dev"], ["--order", "7"], ["--order", "0"]])
def test_usage_errors(text: Path, tmp_path: Path, options: list[str], capsys: Capture) -> None:
    assert run(["lm", str(text), "--out", str(tmp_path / "m.arpa"), *options]) == 2
