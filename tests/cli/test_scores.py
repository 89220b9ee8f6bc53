import json
from pathlib import Path

import pytest

from signkit import __version__
from signkit.cli.main import run
from signkit.hypothesis import Hypothesis, write_hypotheses
from signkit.split import split_dataset
from tests.factories import make_clips, make_dataset

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    clips = make_clips(sentences=("I EAT", "I DRINK TEA"))
    make_dataset(tmp_path / "data", clips, without_poses=[clip.clip_id for clip in clips])
    split_dataset(tmp_path / "data", holdout_signers=["cem"])
    return tmp_path / "data"


@pytest.fixture
def hypotheses(tmp_path: Path) -> Path:
    found = [
        Hypothesis("cem-I_EAT-0", ("I", "EAT")),
        Hypothesis("cem-I_EAT-1", ("I", "TEA")),
        Hypothesis("cem-I_DRINK_TEA-0", ("I", "TEA")),
    ]
    write_hypotheses(tmp_path / "hyps.jsonl", found)
    return tmp_path / "hyps.jsonl"


def test_hypotheses_become_a_score(dataset: Path, hypotheses: Path, capsys: Capture) -> None:
    assert run(["score", str(hypotheses), str(dataset), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("WER 50.0 [")
    assert lines[0].endswith(
        "] | clips:4 missing:1 split:test signers:unseen gloss:none decoder:greedy seed:0 "
        f"signkit:{__version__}"
    )
    assert "substituted / deleted / inserted  1 / 4 / 0" in lines
    assert "slice                          WER   clips  glosses" in lines
    assert "signer cem                     50.0  4      10" in lines


def test_json_is_one_object_and_messages_go_to_stderr(
    dataset: Path, hypotheses: Path, capsys: Capture
) -> None:
    assert run(["score", str(hypotheses), str(dataset), "--split", "test", "--json"]) == 0
    caught = capsys.readouterr()
    record = json.loads(caught.out)
    assert record["task"] == "continuous"
    assert (record["wer"], record["n_ref"], record["n_clips"]) == (0.5, 10, 4)
    assert record["missing"] == ["cem-I_DRINK_TEA-1"]
    assert caught.err == ("1 clips have no hypothesis and count as wrong: cem-I_DRINK_TEA-1\n")


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (
            "dev",
            "{data} has no clip in split 'dev' (train 8, dev 0, test 4); score another split with "
            "--split or make one with 'signkit split'",
        ),
        (
            "train",
            "there is a hypothesis for clip 'cem-I_EAT-0', which is in split 'test', not 'train'; "
            "recognize with --split train",
        ),
    ],
)
def test_another_split_is_refused(
    dataset: Path, hypotheses: Path, split: str, message: str, capsys: Capture
) -> None:
    assert run(["score", str(hypotheses), str(dataset), "--split", split]) == 1
    assert capsys.readouterr().err == f"error: {message.format(data=dataset)}\n"


def test_missing_hypotheses_say_how_to_make_them(
    dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert run(["score", str(tmp_path / "none.jsonl"), str(dataset)]) == 1
    assert capsys.readouterr().err == (
        f"error: no file or run at {tmp_path / 'none.jsonl'}; expected hypotheses as JSON lines, "
        "made with 'signkit recognize RUN SOURCE --out FILE.jsonl'\n"
    )
