import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from signkit.cli.main import run
from signkit.decoding import DecoderConfig
from signkit.hypothesis import read_hypotheses
from signkit.train import train
from tests.strokes import make_recipe, make_strokes

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A continuous and an isolated run, with their datasets."""
    folder = tmp_path_factory.mktemp("decoders")
    for task, epochs in (("continuous", 2), ("isolated", 1)):
        data = make_strokes(folder / task, n_clips=12, continuous=task == "continuous")
        train(make_recipe(task, train={"epochs": epochs}), data, folder / f"{task}-run")
    return folder


@pytest.fixture
def tuned(folder: Path) -> Iterator[Path]:
    """The continuous run with stored knobs, for one test."""
    path = folder / "continuous-run" / "decoder.json"
    DecoderConfig(decoder="beam", beam=4, blank_bias=30.0).write(path)
    yield path
    path.unlink()


def recognize(folder: Path, *options: str, task: str = "continuous") -> int:
    return run(["recognize", str(folder / f"{task}-run"), str(folder / task), *options])


def test_the_beam_lists_alternatives(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "h.jsonl"
    options = ["--decoder", "beam", "--n-best", "3", "--blank-bias", "2", "--out", str(out)]
    assert recognize(folder, *options, "--quiet") == 0
    hypotheses = read_hypotheses(out)
    assert len(hypotheses) == 12
    assert any(len(hypothesis.n_best) == 3 for hypothesis in hypotheses)
    assert all(len(h.confidence) == len(h.glosses) == len(h.times_s) for h in hypotheses)


def test_stored_knobs_are_used_and_said_and_the_command_line_goes_before_them(
    folder: Path, tuned: Path, capsys: Capture
) -> None:
    assert recognize(folder, "--json") == 0
    caught = capsys.readouterr()
    assert f"decoder stored in {tuned}: beam4(blank_bias=30)\n" in caught.err
    assert "command line" not in caught.err
    stored = json.loads(caught.out)["hypotheses"]
    assert all(hypothesis["glosses"] for hypothesis in stored)
    assert recognize(folder, "--json", "--blank-bias", "-60", "--beam", "1") == 0
    caught = capsys.readouterr()
    assert "the command line makes it: beam1(blank_bias=-60)\n" in caught.err
    assert not any(h["glosses"] for h in json.loads(caught.out)["hypotheses"])
    assert (
        "warning: more than 90 % of the hypotheses have no gloss: the recognizer is not trained "
        "enough, or the clips are not like those it was trained on; a larger blank bias "
        "(--blank-bias) makes it speak sooner\n"
    ) in caught.err


def test_quiet_says_nothing(folder: Path, tuned: Path, capsys: Capture) -> None:
    assert recognize(folder, "--quiet", "--blank-bias", "-60") == 0
    assert capsys.readouterr().err == ""


def test_snapping_keeps_what_was_recognized_and_warns(folder: Path, capsys: Capture) -> None:
    assert recognize(folder, "--json", "--snap-to-train", "--blank-bias", "3") == 0
    caught = capsys.readouterr()
    lines = (folder / "continuous" / "clips.csv").read_text(encoding="utf-8")
    for hypothesis in json.loads(caught.out)["hypotheses"]:
        assert " ".join(hypothesis["glosses"]) in lines
        assert isinstance(hypothesis["unsnapped"], list)
    assert "warning: hypotheses were replaced by the nearest train sentence" in caught.err


def test_a_language_model_from_a_file_has_a_say(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    from signkit.lm import estimate, write_arpa

    arpa = tmp_path / "circles.arpa"
    write_arpa(estimate([["CIRCLE", "CIRCLE"]] * 20 + [["UP", "DOWN", "SIDE"]], order=2), arpa)
    options = ["--decoder", "beam", "--lm", str(arpa), "--lm-weight", "20", "--blank-bias", "30"]
    assert recognize(folder, *options, "--json", "--quiet") == 0
    found = [h["glosses"] for h in json.loads(capsys.readouterr().out)["hypotheses"]]
    assert sum(glosses.count("CIRCLE") for glosses in found) > 0.8 * sum(map(len, found))


def test_a_language_model_that_nothing_was_tuned_for_has_a_weight(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    from signkit.lm import estimate, write_arpa

    arpa = tmp_path / "lm.arpa"
    write_arpa(estimate([["UP", "DOWN", "CIRCLE", "SIDE"]]), arpa)
    found = []
    for knobs in ([], ["--lm-weight", "0.5", "--length-bonus", "1"]):
        assert recognize(folder, "--decoder", "beam", "--lm", str(arpa), *knobs) == 0
        caught = capsys.readouterr()
        found.append(caught.out)
        start = "without 'signkit tune', --lm counts with --lm-weight 0.5, --length-bonus 1\n"
        assert caught.err.startswith(start) == (not knobs)
    assert found[0] == found[1]


def test_a_language_model_of_other_glosses_is_refused_and_missing_ones_are_named(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    from signkit.lm import estimate, write_arpa

    arpa = tmp_path / "lm.arpa"
    options = ["--decoder", "beam", "--lm", str(arpa), "--lm-weight", "1"]
    write_arpa(estimate([["up", "down"]]), arpa)
    assert recognize(folder, *options) == 1
    assert capsys.readouterr().err == (
        f"error: {arpa} has none of the 4 glosses of {folder / 'continuous-run'} (such as "
        "'CIRCLE'); make one of the train sentences with 'signkit lm'\n"
    )
    write_arpa(estimate([["UP", "DOWN", "CIRCLE"]]), arpa)
    assert recognize(folder, *options) == 0
    assert capsys.readouterr().err.startswith(
        f"warning: {arpa} lacks 1 of the 4 glosses of the run (such as 'SIDE'); they have the "
        "probability of <unk>\n"
    )


def test_snapping_without_a_dataset_is_refused_before_any_video_is_read(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert run(["recognize", str(folder / "continuous-run"), str(tmp_path), "--snap-to-train"]) == 1
    assert capsys.readouterr().err == (
        f"error: --snap-to-train needs the train sentences of a dataset, and {tmp_path} is none; "
        "give a dataset with a train split, or leave it out\n"
    )


def test_an_isolated_run_takes_a_lexicon_and_alternatives(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    lexicon = tmp_path / "two.txt"
    lexicon.write_text("UP\nDOWN\n")
    options = ["--lexicon", os.fspath(lexicon), "--n-best", "2", "--json"]
    assert recognize(folder, *options, task="isolated") == 0
    caught = capsys.readouterr()
    assert caught.err.startswith(f"lexicon {lexicon}: 2 of the 4 glosses may be found\n")
    for hypothesis in json.loads(caught.out)["hypotheses"]:
        assert {glosses[0] for glosses, _ in hypothesis["n_best"]} == {"UP", "DOWN"}
        assert hypothesis["glosses"][0] in ("UP", "DOWN")
        assert 0 < hypothesis["confidence"][0] < 1


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        (
            "isolated",
            ["--beam", "10"],
            "{run} is an isolated run, one gloss a clip, and has no use for --beam; leave it out "
            "(--n-best and --lexicon are possible)",
        ),
        (
            "isolated",
            ["--decoder", "beam"],
            "{run} is an isolated run, one gloss a clip, and has no use for --decoder; leave it "
            "out (--n-best and --lexicon are possible)",
        ),
        (
            "isolated",
            ["--snap-to-train"],
            "{run} is an isolated run, one gloss a clip, and has no use for --snap-to-train; leave "
            "it out (--n-best and --lexicon are possible)",
        ),
        (
            "continuous",
            ["--length-bonus", "1"],
            "--length-bonus means nothing to the greedy decoder; add --decoder beam",
        ),
        (
            "continuous",
            ["--decoder", "beam", "--lm-weight", "1"],
            "--lm-weight has no language model to weigh; add --lm FILE ('signkit lm' makes one)",
        ),
        (
            "continuous",
            ["--decoder", "beam", "--lm", "x.arpa", "--lm-weight", "0"],
            "--lm has no say with a weight of 0; set --lm-weight higher",
        ),
        (
            "continuous",
            ["--decoder", "beam", "--beam", "101"],
            "beam is 101, expected a whole number from 1 to 100",
        ),
        (
            "continuous",
            ["--decoder", "viterbi"],
            "there is no decoder 'viterbi'; choose 'greedy' or 'beam'",
        ),
    ],
)
def test_knobs_that_would_have_no_say_are_refused(
    folder: Path, capsys: Capture, task: str, options: list[str], message: str
) -> None:
    assert recognize(folder, *options, task=task) == 1
    expected = message.format(run=folder / f"{task}-run")
    assert capsys.readouterr().err == f"error: {expected}\n"
