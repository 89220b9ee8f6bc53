import json
from pathlib import Path

import numpy as np
import pytest

from signkit.cli.comparing import unique_names
from signkit.cli.main import run
from signkit.hypothesis import Hypothesis, write_hypotheses
from signkit.split import split_dataset
from tests.factories import make_clips, make_dataset

Capture = pytest.CaptureFixture[str]

SIGNERS = ("ann", "ben", "cem", "dan")
SENTENCES = ("I EAT", "I DRINK TEA", "YOU EAT BREAD", "HELLO")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    clips = make_clips(signers=SIGNERS, sentences=SENTENCES, n_takes=8)
    make_dataset(tmp_path / "data", clips, without_poses=[clip.clip_id for clip in clips])
    split_dataset(tmp_path / "data", holdout_signers=["cem", "dan"])
    return tmp_path / "data"


def heard(path: Path, *, error: float, seed: int = 0, left_out: int = 0) -> str:
    """A file of hypotheses in which so many glosses are wrong."""
    rng = np.random.default_rng(seed)
    clips = make_clips(signers=SIGNERS[2:], sentences=SENTENCES, n_takes=8)
    found = [
        Hypothesis(c.clip_id, tuple("X" if rng.random() < error else g for g in c.glosses))
        for c in clips[left_out:]
    ]
    path.parent.mkdir(exist_ok=True)
    write_hypotheses(path, found)
    return str(path)


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    old = heard(tmp_path / "old.jsonl", error=0.5)
    return [old, heard(tmp_path / "new.jsonl", error=0.1, seed=1)]


def test_the_verdict_comes_before_the_slices(
    two: list[str], dataset: Path, capsys: Capture
) -> None:
    assert run(["compare", *two, str(dataset), "--cluster", "clip", "--clips", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "WER", "95", "%"]
    assert [line.split()[0] for line in lines[1:3]] == ["old", "new"]
    assert lines[4].startswith("new makes ")
    assert lines[4].endswith("fewer errors than old (p < 0.001): better")
    assert lines[5].startswith("fewer errors in ")
    head = ["slice", "clips", "old", "new", "difference", "95", "%", "p", "drawn"]
    table = [line.split() for line in lines]
    assert head in table
    assert table[table.index(head) + 1][:3] == ["all", "clips", "64"]
    assert any(line.startswith("signer cem ") for line in lines)
    assert sum(line.startswith("  signed: ") for line in lines) == 2
    assert lines[-1].startswith("clips:64 split:test gloss:none cluster:clip/64 draws:10000 seed:0")


def test_few_sentences_are_warned_about(two: list[str], dataset: Path, capsys: Capture) -> None:
    assert run(["compare", *two, str(dataset)]) == 0
    caught = capsys.readouterr()
    assert "and 4 sentences cannot show one, as p is 0.125 at least" in caught.out
    assert "warning: with fewer than 10 signers (here 2) the interval is over" in caught.err
    assert "warning: the interval is over 4 sentences only" in caught.err
    assert run(["compare", *two, str(dataset), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_json_is_one_object(two: list[str], dataset: Path, capsys: Capture) -> None:
    assert run(["compare", *two, str(dataset), "--json", "--seed", "3", "--quiet"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record["runs"]) == ["old", "new"]
    assert record["seed"] == 3
    match = record["matches"][0]
    assert (match["run"], match["against"], len(match["clips"])) == ("new", "old", 5)
    assert match["slices"]["all clips"]["difference"] < -0.2


@pytest.mark.parametrize(
    ("style", "start"), [("md", "|  | clips | old | new | difference | p |\n"), ("tex", "% \\use")]
)
def test_tables_for_papers_have_clips_only_when_asked(
    style: str, start: str, two: list[str], dataset: Path, capsys: Capture
) -> None:
    assert run(["compare", *two, str(dataset), "--table", style]) == 0
    text = capsys.readouterr().out
    assert text.startswith(start)
    assert "differ most" not in text
    assert run(["compare", *two, str(dataset), "--table", style, "--clips", "1"]) == 0
    assert "differ most" in capsys.readouterr().out


def test_three_runs_are_compared_with_the_first(
    two: list[str], dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    third = heard(tmp_path / "more" / "old.jsonl", error=0.5, seed=2)
    assert run(["compare", *two, third, str(dataset), "--cluster", "clip", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [match["run"] for match in record["matches"]] == [
        f"{tmp_path.name}/new",
        "more/old",
    ]
    assert "adjusted for the 2 runs compared with" in record["method"]


def test_other_clips_are_refused(two: list[str], dataset: Path, tmp_path: Path, capsys: Capture):
    part = heard(tmp_path / "part.jsonl", error=0.1, left_out=3)
    assert run(["compare", two[0], part, str(dataset)]) == 1
    assert capsys.readouterr().err == (
        "error: part has no hypothesis for 3 clips that old has (first: 'cem-I_EAT-0'); only the "
        "same clips can be compared, so recognize the whole split with both\n"
    )


def test_another_split_is_refused(two: list[str], dataset: Path, capsys: Capture) -> None:
    assert run(["compare", *two, str(dataset), "--split", "train"]) == 1
    assert capsys.readouterr().err == (
        "error: there is a hypothesis for clip 'cem-I_EAT-0', which is in split 'test', not "
        "'train'; recognize with --split train\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--table", "html"], "there is no table 'html'; expected md or tex"),
        (
            ["--cluster", "town"],
            "there is no cluster 'town'; expected auto, signer, sentence, clip or two-way",
        ),
    ],
)
def test_wrong_options_are_refused(
    options: list[str], message: str, two: list[str], dataset: Path, capsys: Capture
) -> None:
    assert run(["compare", *two, str(dataset), *options]) == 1
    assert capsys.readouterr().err == f"error: {message}\n"


def test_there_is_no_test_over_two_kinds_at_once(
    two: list[str], dataset: Path, capsys: Capture
) -> None:
    assert run(["compare", *two, str(dataset), "--cluster", "two-way"]) == 2
    assert "takes signer, sentence or clip" in capsys.readouterr().err


def test_one_run_is_wrong_usage(two: list[str], dataset: Path, capsys: Capture) -> None:
    assert run(["compare", two[0], str(dataset)]) == 2
    assert "give two runs or more and DATASET; found 1 run" in capsys.readouterr().err


def test_json_and_a_table_exclude_each_other(
    two: list[str], dataset: Path, capsys: Capture
) -> None:
    assert run(["compare", *two, str(dataset), "--json", "--table", "md"]) == 2
    assert "--json and --table exclude each other" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (["a.jsonl", "b.jsonl"], ["a", "b"]),
        (["x/run", "y/run"], ["x/run", "y/run"]),
        (["x/1/run.jsonl", "x/2/run.jsonl"], ["1/run", "2/run"]),
        (["x/a.jsonl", "x/a.csv"], ["a.jsonl", "a.csv"]),  # only the ending tells them apart
        (["a.jsonl", "a.jsonl", "./a.jsonl"], ["a", "a (2)", "a (3)"]),
        (["/a", "/b"], ["a", "b"]),
    ],
)
def test_every_run_has_a_name_of_its_own(sources: list[str], names: list[str]) -> None:
    assert unique_names([Path(source) for source in sources]) == names


def test_the_dot_of_a_run_folder_is_no_ending(tmp_path: Path) -> None:
    folders = [tmp_path / "lr-0.1", tmp_path / "lr-0.2"]
    for folder in folders:
        folder.mkdir()
    assert unique_names(folders) == ["lr-0.1", "lr-0.2"]
