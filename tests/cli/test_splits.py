import json
from pathlib import Path

import pytest

from signkit.cli.main import run
from signkit.clip import Clip
from signkit.dataset import PoseDataset
from tests.factories import make_clips, make_dataset
from tests.split.tables import annotations

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "data").path


def test_split_prints_what_each_split_holds(dataset: Path, capsys: Capture) -> None:
    assert run(["split", str(dataset), "--holdout-signers", "cem"]) == 0
    caught = capsys.readouterr()
    *table, published = caught.out.splitlines()
    assert table == [
        "split  clips  signers  sentences  glosses",
        "train  16     2        4          4",
        "dev    0      0        0          0",
        "test   8      1        4          4",
    ]
    assert published.startswith(f"{dataset / 'splits' / 'holdout-cem.csv'}: sha256 ")
    assert caught.err == ""


def test_split_warns_of_glosses_that_leave_train(dataset: Path, capsys: Capture) -> None:
    assert run(["split", str(dataset), "--by", "sentence", "--test", "0.25", "--json"]) == 0
    caught = capsys.readouterr()
    (lost,) = json.loads(caught.out)["lost_glosses"]
    assert caught.err.splitlines() == [
        f"1 glosses of dev or test are not in train: {lost}",
        "4 glosses are too rare to be in every split: EAT, HELLO, HOME and 1 more",
        "in train and in test: 3 signers",
    ]


def test_folds_are_printed(dataset: Path, capsys: Capture) -> None:
    command = ["split", str(dataset), "--by", "kfold", "--folds", "3", "--group", "signer"]
    assert run([*command, "--fold", "2", "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[5:10] == [
        "fold      clips  signers  sentences  glosses",
        "1         8      1        4          4",
        "2 (test)  8      1        4          4",
        "3         8      1        4          4",
        "largest deviation of a gloss: HELLO is 25.0 % of fold 1, 25.0 % of all",
    ]
    assert lines[10].startswith(f"{dataset / 'splits' / 'kfold3-signer-seed0.csv'}: sha256 ")


def test_a_published_split_is_applied(dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["split", str(dataset), "--by", "random", "--test", "0.3", "--name", "ours"]) == 0
    clips = [clip for clip in make_clips() if clip.clip_id != "ann-EAT-0"]
    other = annotations(tmp_path / "other", [*clips, Clip("more")])
    file = dataset / "splits" / "ours.csv"
    capsys.readouterr()
    assert run(["split", str(other), "--from", str(file), "--partial", "--json"]) == 0
    caught = capsys.readouterr()
    assert json.loads(caught.out)["missing"] == ["ann-EAT-0"]
    assert caught.err.splitlines()[-2:] == [
        "1 clips of the file are not in the dataset: ann-EAT-0",
        "1 clips are in no split, for the file does not name them: more",
    ]
    assert PoseDataset.open(other).clips["more"].split == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing to split off; give --dev, --test or --holdout-signers"),
        (["--holdout-signers", "anne"], "no clip has the signer 'anne'; did you mean 'ann'?"),
        (
            ["--by", "singer", "--dev", "0.1"],
            "there is no split by 'singer'; did you mean 'signer'?",
        ),
        (
            ["--from", "nowhere.csv"],
            "no split file at nowhere.csv; give one that 'signkit split' wrote",
        ),
    ],
)
def test_impossible_splits_are_refused(
    dataset: Path, options: list[str], message: str, capsys: Capture
) -> None:
    assert run(["split", str(dataset), *options]) == 1
    caught = capsys.readouterr()
    assert (caught.out, caught.err) == ("", f"error: {message}\n")


@pytest.mark.parametrize(
    "options", [["--from", "x.csv", "--test", "0.2"], ["--partial", "--test", "0.2"]]
)
def test_options_that_do_not_go_together_are_usage_errors(
    dataset: Path, options: list[str], capsys: Capture
) -> None:
    assert run(["split", str(dataset), *options]) == 2


def test_audit_prints_a_table(dataset: Path, capsys: Capture) -> None:
    assert run(["split", str(dataset), "--holdout-signers", "cem"]) == 0
    capsys.readouterr()
    assert run(["audit", str(dataset), "--strict", "--quiet"]) == 0
    caught = capsys.readouterr()
    lines = caught.out.splitlines()
    assert lines[0].startswith("factory: 24 clips, split holdout-cem ")
    assert "clips                                           16         8" in lines
    assert "too short for CTC at subsampling 2              0.0 % (0)  0.0 % (0)" in lines
    shared = lines[lines.index("clips of the later split that share with the earlier:") + 1 :]
    assert shared == [
        "shared                           train/test",
        "signers                          0.0 % (0)",
        "sentences                        100.0 % (8)",
        "  or equal but for the order     100.0 % (8)",
        "  or one gloss apart             100.0 % (8)",
        "neither signer nor sentence new  0.0 % (0)",
        "source videos                    -",
        "copied poses                     0.0 % (0)",
        "100.0 % of test sentences occur in train",
    ]
    assert caught.err == ""


def test_a_leak_is_code_4_when_strict(dataset: Path, capsys: Capture) -> None:
    assert run(["split", str(dataset), "--by", "random", "--test", "0.3", "--quiet"]) == 0
    assert run(["audit", str(dataset), "--quiet"]) == 0
    capsys.readouterr()
    assert run(["audit", str(dataset), "--strict", "--json", "--no-poses"]) == 4
    caught = capsys.readouterr()
    record = json.loads(caught.out)
    assert [leak["what"] for leak in record["leaks"]] == ["nothing_new"]
    assert record["overlaps"]["train/test"]["signers"]["share"] == 1
    assert caught.err == f"1 leaks, the first: {record['leaks'][0]['message']}\n"


def test_a_claim_that_does_not_hold_is_code_4_when_strict(dataset: Path, capsys: Capture) -> None:
    assert run(["split", str(dataset), "--holdout-signers", "cem"]) == 0
    claims = ["--claim", "signer-independent", "--claim", "unseen-sentences"]
    capsys.readouterr()
    assert run(["audit", str(dataset), *claims, "--no-poses", "--quiet", "--strict"]) == 4
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "signer-independent: holds",
        "unseen-sentences: does not hold",
        "leak: 100.0 % of test sentences occur in train (8 of 8 clips, such as EAT)",
    ]
    assert run(["audit", str(dataset), "--claim", "honest"]) == 1
    assert capsys.readouterr().err == (
        "error: no claim is called 'honest'; use signer-independent, unseen-sentences, "
        "source-disjoint\n"
    )


def test_a_claim_says_of_how_many_clips_nobody_knows(tmp_path: Path, capsys: Capture) -> None:
    clips = [Clip("a", glosses=("A",), signer="ann", split="train")]
    clips += [Clip("b", glosses=("B",), signer="ben", split="dev")]
    clips += [Clip("c", signer="cem", split="test"), Clip("d", glosses=("D",), split="test")]
    folder = annotations(tmp_path / "table", clips)
    claims = ["--claim", "signer-independent", "--claim", "unseen-sentences"]
    assert run(["audit", str(folder), *claims, "--strict"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "signer-independent: holds as far as is known; nothing is known of 1 clips of test",
        "unseen-sentences: holds as far as is known; nothing is known of 1 clips of test",
    ]


def test_a_split_by_sentence_says_what_an_older_dev_split_tears_apart(
    tmp_path: Path, capsys: Capture
) -> None:
    clips = [Clip(f"{s}{g}", glosses=(g,), signer=s, split="dev" if s == "x" else "")
             for g in "ABCDEFGH" for s in "xyz"]  # fmt: skip
    folder = annotations(tmp_path / "table", clips)
    assert run(["split", str(folder), "--by", "sentence", "--test", "0.2"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert any(line.startswith("in train and in dev: ") and "sentences" in line for line in said)


def test_a_replaced_split_is_told(dataset: Path, capsys: Capture) -> None:
    assert run(["split", str(dataset), "--holdout-signers", "cem", "--name", "ours"]) == 0
    digest = capsys.readouterr().out.split()[-1]
    assert run(["split", str(dataset), "--holdout-signers", "ben", "--name", "ours"]) == 0
    assert capsys.readouterr().err == (
        f"ours.csv held another split, {digest[:16]}..., which is replaced; --name keeps both\n"
    )


def test_a_dataset_without_poses_or_splits_is_audited(tmp_path: Path, capsys: Capture) -> None:
    folder = annotations(tmp_path / "table", make_clips(split=""))
    assert run(["audit", str(folder), "--strict"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "there are no two splits to compare"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("task", "said", "code"),
    [
        ("SI", "82.7 % of dev sentences occur in train", 4),
        ("US", "0.0 % of dev sentences occur in train", 0),
    ],
)
def test_the_published_isharah_splits_are_told_apart(
    real_data: Path, tmp_path: Path, task: str, said: str, code: int, capsys: Capture
) -> None:
    tables, folder = real_data / "annotations" / "signeval" / task, tmp_path / "data"
    assert run(["import", "signeval", str(tables), str(folder), "--quiet"]) == 0
    assert run(["audit", str(folder), "--quiet", "--strict"]) == code
    assert said in capsys.readouterr().out.splitlines()
