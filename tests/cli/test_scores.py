import json
import zipfile
from pathlib import Path

import pytest

from signkit import __version__
from signkit.cli.main import run
from signkit.decoding import DecoderConfig
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
        "] | clips:4 missing:1 split:test signers:unseen gloss:none decoder:unknown "
        f"cluster:sentence/2 seed:0 signkit:{__version__}"
    )
    assert "substituted / deleted / inserted  1 / 4 / 0" in lines
    assert "missing clips                     1 of 4 (cem 1)" in lines
    assert "WER without missing clips         28.6 %" in lines
    assert "slice                 WER   95 %          clips  glosses" in lines
    assert "signer cem            50.0  25.0 to 66.7  4      10" in lines
    assert "signed  recognized  times" in lines
    assert "EAT     TEA         1" in lines
    assert lines[lines.index("signed  recognized  times") - 1] == ""


def test_json_is_one_object_and_messages_go_to_stderr(
    dataset: Path, hypotheses: Path, capsys: Capture
) -> None:
    assert run(["score", str(hypotheses), str(dataset), "--split", "test", "--json"]) == 0
    caught = capsys.readouterr()
    record = json.loads(caught.out)
    assert record["task"] == "continuous"
    assert (record["wer"], record["n_ref"], record["n_clips"]) == (0.5, 10, 4)
    assert record["missing"] == ["cem-I_DRINK_TEA-1"]
    assert caught.err == (
        "warning: with fewer than 10 signers (here 1) the interval is over sentences, which says "
        "little about other signers\n"
        "warning: the interval is over 2 sentences only; with fewer than 10 it is too narrow to be "
        "trusted\n1 clips have no hypothesis and count as wrong: cem-I_DRINK_TEA-1\n"
    )
    assert "clips" not in record


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


TABLE = """id,gloss
cem-I_EAT-0,I EAT
cem-I_EAT-1,I TEA
cem-I_DRINK_TEA-0,I TEA
cem-I_DRINK_TEA-1,
"""


def wer_of(arguments: list[str], capsys: Capture) -> float:
    assert run(["score", *arguments, "--json", "--quiet"]) == 0
    return float(json.loads(capsys.readouterr().out)["wer"])


@pytest.mark.parametrize("name", ["x.csv", "x.txt", "x.zip", "x.ctm"])
def test_predictions_of_others(dataset: Path, tmp_path: Path, name: str, capsys: Capture) -> None:
    path = tmp_path / name
    if name == "x.zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("test.csv", TABLE)
    elif name == "x.ctm":
        rows = [line.split(",") for line in TABLE.splitlines()[1:]]
        tokens = [(i, n, gloss) for i, cell in rows for n, gloss in enumerate(cell.split())]
        path.write_text("".join(f"{i} 1 {n} 1 {gloss}\n" for i, n, gloss in tokens))
    else:
        path.write_text(TABLE if name == "x.csv" else TABLE.replace(",", " ").split("\n", 1)[1])
    assert wer_of(["--predictions", str(path), str(dataset)], capsys) == 0.5
    assert wer_of([str(path), str(dataset)], capsys) == 0.5


def test_predictions_and_a_run_do_not_go_together(dataset: Path, capsys: Capture) -> None:
    assert run(["score", "RUN", str(dataset), "--predictions", "x.csv"]) == 2
    assert "takes the place of RUN|HYPS" in capsys.readouterr().err
    assert run(["score", str(dataset)]) == 2
    assert "give RUN|HYPS and DATASET" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nobody,TEA", "there is a hypothesis for clip 'nobody', which {data} does not have; "
         "score against the dataset that was recognized"),
        ("cem-I_EAT-0,TEA", "{file} line 6 repeats the id 'cem-I_EAT-0'; keep one"),
    ],
)  # fmt: skip
def test_ids_that_do_not_fit_are_refused(
    dataset: Path, tmp_path: Path, line: str, message: str, capsys: Capture
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(TABLE + line)
    assert run(["score", "--predictions", str(path), str(dataset)]) == 1
    assert capsys.readouterr().err == f"error: {message.format(data=dataset, file=path)}\n"


def test_references_of_a_file(
    dataset: Path, hypotheses: Path, tmp_path: Path, capsys: Capture
) -> None:
    ids = ("cem-I_EAT-0", "cem-I_EAT-1", "cem-I_DRINK_TEA-0", "cem-I_DRINK_TEA-1")
    stm = tmp_path / "test.stm"
    stm.write_text("".join(f"{i} 1 cem 0.0 1.79769e+308 <o> I TEA\n" for i in ids))
    arguments = [str(hypotheses), str(dataset), "--references", str(stm)]
    assert wer_of(arguments, capsys) == 3 / 8


def test_profile_level_and_cluster_are_in_the_signature(
    dataset: Path, hypotheses: Path, capsys: Capture
) -> None:
    options = ["--gloss-profile", "csl-daily", "--profile-level", "char", "--cluster", "clip"]
    assert run(["score", str(hypotheses), str(dataset), *options, "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert " gloss:csl-daily-char/1 decoder:unknown cluster:clip/4 " in lines[0]
    assert (
        "gloss profile                     csl-daily-char/1: references and hypotheses: "
        "count characters" in lines
    )


def test_top_k_of_an_isolated_set(tmp_path: Path, capsys: Capture) -> None:
    clips = make_clips(signers=("ann",), sentences=("TEA", "HOME"), split="test")
    data = make_dataset(tmp_path / "data", clips, without_poses=[clip.clip_id for clip in clips])
    lists = ((("TEA",), -0.1), (("BED",), -1.0), (("HOME",), -2.0))
    found = [Hypothesis(clip.clip_id, ("TEA",), n_best=lists) for clip in clips]
    write_hypotheses(tmp_path / "hyps.jsonl", found)
    line = ["score", str(tmp_path / "hyps.jsonl"), str(data.path)]
    assert run([*line, "--top", "2", "--top", "3", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "top 1, mean over glosses          50.0 %" in out
    assert "top 2                             50.0 % [" in out
    assert "top 3                             100.0 % [" in out
    assert run([*line, "--json", "--quiet"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["top1"], record["top5"]) == (0.5, 1.0)
    assert run([*line, "--top", "4"]) == 1
    assert capsys.readouterr().err == (
        "error: top 4 needs as many candidates and the hypotheses have 3 at most; recognize with a "
        "longer n-best list\n"
    )


def test_clips_are_in_the_json_where_they_are_asked_for(
    dataset: Path, hypotheses: Path, capsys: Capture
) -> None:
    assert run(["score", str(hypotheses), str(dataset), "--json", "--clips", "--quiet"]) == 0
    clips = json.loads(capsys.readouterr().out)["clips"]
    assert {clip["clip_id"]: clip["errors"] for clip in clips} == {
        "cem-I_EAT-0": 0,
        "cem-I_EAT-1": 1,
        "cem-I_DRINK_TEA-0": 1,
        "cem-I_DRINK_TEA-1": 3,
    }
    assert all(pair[0] or pair[1] for clip in clips for pair in clip["pairs"])


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--cluster", "word"], 1, "there is no cluster 'word'; expected auto, signer, sentence"),
        (["--gloss-profile", "phoenix"], 1, "there is no gloss profile 'phoenix'; expected one of"),
        (["--references", "none.stm"], 1, "no file at none.stm; check the path"),
        (["--table", "html"], 1, "there is no table 'html'; expected md or tex"),
        (["--clips"], 2, "needs --json"),
        (["--top", "0"], 2, "'--top'"),
        (["--html", "."], 2, "'--html'"),
    ],
)
def test_wrong_options_are_told_before_anything_is_recognized(
    dataset: Path, options: list[str], code: int, message: str, capsys: Capture
) -> None:
    """A run that would be opened is not there; nobody gets as far."""
    assert run(["score", str(dataset / "no-run"), str(dataset), *options]) == code
    assert message in capsys.readouterr().err


def test_signers_and_sentences_may_both_be_drawn(
    dataset: Path, hypotheses: Path, capsys: Capture
) -> None:
    assert run(["score", str(hypotheses), str(dataset), "--cluster", "two-way"]) == 0
    caught = capsys.readouterr()
    assert " cluster:sentence/2 " in caught.out  # as there is one signer
    assert "there is only one signer, so the interval is over sentences" in caught.err


def test_top_k_of_sentences_is_told_to_do_nothing(
    dataset: Path, hypotheses: Path, capsys: Capture
) -> None:
    assert run(["score", str(hypotheses), str(dataset), "--top", "3"]) == 0
    assert "warning: --top is for isolated sets; this one is continuous" in capsys.readouterr().err


def test_snapped_hypotheses_print_both_rates(
    dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    found = [Hypothesis("cem-I_EAT-0", ("I", "EAT"), unsnapped=("EAT",))]
    write_hypotheses(tmp_path / "hyps.jsonl", found)
    assert run(["score", str(tmp_path / "hyps.jsonl"), str(dataset)]) == 0
    caught = capsys.readouterr()
    assert caught.out.startswith("WER 80.0 ")
    assert "WER before snapping to train      90.0 %" in caught.out
    assert "WER of what was recognized: 90.0" in caught.err


def test_a_page_is_written(
    dataset: Path, hypotheses: Path, tmp_path: Path, capsys: Capture
) -> None:
    page = tmp_path / "score.html"
    line = ["score", str(hypotheses), str(dataset), "--html", str(page), "--json"]
    assert run(line) == 0
    json.loads(capsys.readouterr().out)
    assert "cem-I_DRINK_TEA-1" in page.read_text(encoding="utf-8")


def test_a_table_for_a_paper(dataset: Path, hypotheses: Path, capsys: Capture) -> None:
    line = ["score", str(hypotheses), str(dataset), "--quiet"]
    assert run([*line, "--table", "md"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("|")
    assert "hyps" in out
    assert "50.0" in out
    assert run([*line, "--table", "tex"]) == 0
    assert "\\begin{tabular}" in capsys.readouterr().out
    assert run([*line, "--table", "md", "--json"]) == 2
    assert "--json and --table exclude each other" in capsys.readouterr().err


def test_a_run_recognizes_with_its_own_decoder_first(tmp_path: Path, capsys: Capture) -> None:
    data, folder = tmp_path / "data", tmp_path / "run"
    make_dataset(data, make_clips(sentences=("I EAT", "I DRINK TEA"), n_takes=1), n_frames=24)
    split_dataset(data, holdout_signers=["cem"])
    small = ["train.epochs=1", "train.min_updates=0", "model.width=16", "model.n_blocks=1"]
    settings = [part for value in (*small, "model.n_heads=2") for part in ("--set", value)]
    train = ["train", "continuous", str(data), "--out", str(folder), "--device", "cpu", "--quiet"]
    assert run([*train, *settings]) == 0
    DecoderConfig(blank_bias=0.5).write(folder / "decoder.json")
    capsys.readouterr()
    assert run(["score", str(folder), str(data), "--device", "cpu", "--json"]) == 0
    caught = capsys.readouterr()
    record = json.loads(caught.out)
    assert record["task"] == "continuous"
    assert (record["n_clips"], record["missing"]) == (2, [])
    assert record["decoder"] == DecoderConfig(blank_bias=0.5).name
    assert record["vocabulary_hash"]
    assert f"decoder stored in {folder}" in caught.err


@pytest.mark.real_data
def test_a_table_like_those_of_signeval(real_data: Path, tmp_path: Path, capsys: Capture) -> None:
    """The references of the US dev split, with known faults, against themselves."""
    source = real_data / "annotations" / "signeval" / "US"
    assert run(["import", "signeval", str(source), str(tmp_path / "data"), "--quiet"]) == 0
    lines = (source / "dev.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("|") for line in lines]
    n_ref = sum(len(glosses.split()) for _, glosses in rows)
    without_first = [(i, " ".join(glosses.split()[1:])) for i, glosses in rows]
    path = tmp_path / "dev.csv"
    path.write_text("id,gloss\n" + "".join(f"{i},{g}\n" for i, g in without_first), "utf-8")
    capsys.readouterr()
    line = ["score", "--predictions", str(path), str(tmp_path / "data"), "--split", "dev"]
    assert run([*line, "--json", "--quiet"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["n_clips"], record["n_ref"], record["deletions"]) == (550, n_ref, 550)
    assert record["wer"] == pytest.approx(550 / n_ref)
    assert record["oov"]["types"] == 8  # as the specification has it, counted apart
    assert record["oov_rate"] == pytest.approx(0.0339, abs=5e-5)
