import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from signkit.comparison import (
    ALL,
    ClipDifference,
    Comparison,
    Match,
    Paired,
    SliceDifference,
)
from signkit.errors import ScoreError
from signkit.report import Report, Slice, TopAccuracy
from signkit.view.score_table import comparison_table, score_table
from tests.view.latex import assert_is_sound_latex

REPORT = Report(
    task="continuous",
    split="test",
    n_clips=20,
    n_ref=100,
    wer=0.2,
    wer_ci=(0.15, 0.25),
    substitutions=10,
    deletions=7,
    insertions=3,
    sentence_accuracy=0.5,
    sentence_accuracy_ci=(0.4, 0.6),
    by_signer={"ann_b": Slice(0.1, 60, 12, (0.05, 0.15)), "سارة": Slice(0.35, 40, 8)},
    seen_sentences=Slice(0.2, 100, 20, (0.15, 0.25)),
    unseen_sentences=Slice(None, 0, 0),
    oov_rate=0.0,
    signers="unseen",
    decoder="greedy",
    cluster="sentence",
    n_clusters=15,
)
ISOLATED = replace(
    REPORT,
    task="isolated",
    top1=0.8,
    top=(TopAccuracy(1, 0.8, 0.75, (0.7, 0.9)), TopAccuracy(5, 0.95, 0.9)),
)


def part(a: float, b: float, p: float) -> SliceDifference:
    difference = Paired(b - a, (b - a - 0.05, b - a + 0.05), p, p)
    return SliceDifference(20, 100, "sentence", 15, a, b, difference, p)


def comparison(**changes: object) -> Comparison:
    match = Match(
        run="new_run",
        against="base",
        slices={ALL: part(0.3, 0.2, 0.0004), "signer سارة": part(0.3, 0.28, 0.6)},
        accuracy_a=0.4,
        accuracy_b=0.5,
        accuracy=Paired(0.1, (0.02, 0.18), 0.03),
        accuracy_p=0.03,
        n_better=8,
        n_worse=2,
        n_equal=10,
    )
    found = Comparison(
        split="test",
        task="continuous",
        n_clips=20,
        n_ref=100,
        cluster="sentence",
        n_clusters=15,
        profile="none",
        runs={"base": Slice(0.3, 100, 20), "new_run": Slice(0.2, 100, 20)},
        signatures={},
        matches=(match,),
        best={ALL: "new_run"},
        draws=100,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def rows(text: str) -> dict[str, list[str]]:
    """First cell to the others, of all rows of Markdown."""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in cells}


def test_one_score_has_its_slices_and_figures():
    found = rows(score_table({"my_run": REPORT}, "md"))
    assert found[ALL] == ["20", "100", "20.0 [15.0, 25.0]"]
    assert found[r"signer ann\_b"] == ["12", "60", "10.0 [5.0, 15.0]"]
    assert found["\u2068signer سارة\u2069"] == ["8", "40", "35.0"]
    assert found["deletions"][-1] == "7.0"
    assert found["clips without an error"][-1] == "50.0 [40.0, 60.0]"
    assert "sentences not in train" not in found


def test_scores_stand_side_by_side_and_nothing_is_bold():
    better = replace(REPORT, wer=0.1, wer_ci=None, by_signer={"ann_b": Slice(0.05, 60, 12)})
    text = score_table({"a": REPORT, "b": better}, "md")
    found = rows(text)
    assert found[ALL] == ["20", "100", "20.0 [15.0, 25.0]", "10.0"]
    assert "| \u2068signer سارة\u2069 | 8 | 40 | 35.0 |  |\n" in text  # b does not have it
    assert "**" not in text
    assert "b: WER 10.0 \\| clips:20" in text


def test_isolated_signs_have_their_top_accuracies():
    found = rows(score_table({"a": ISOLATED, "b": REPORT}, "md"))
    assert found["top 1"][-2:] == ["80.0 [70.0, 90.0]", "-"]
    assert found["top 5, mean over glosses"][-2:] == ["90.0", "-"]


def test_a_score_is_sound_latex():
    text = score_table({"my_run": ISOLATED, "50% & more": REPORT}, "tex")
    assert_is_sound_latex(text)
    assert r"{}all clips & 20 & 100 & $20.0_{[15.0,\,25.0]}$ & $20.0_{[15.0,\,25.0]}$ \\" in text
    assert r" & clips & glosses & my\_run & 50\% \& more \\" in text
    assert r"{}\rtltext{signer سارة} & 8 & 40" in text


def test_a_difference_stands_beside_both_rates():
    found = rows(comparison_table(comparison(), "md"))
    assert found[ALL] == ["20", "30.0", "**20.0**", "-10.0 [-15.0, -5.0]", "< 0.001"]
    assert found["\u2068signer سارة\u2069"] == ["20", "30.0", "28.0", "-2.0 [-7.0, 3.0]", "0.600"]
    assert found["clips without an error"] == ["20", "40.0", "50.0", "+10.0 [2.0, 18.0]", "0.030"]


def test_the_best_is_bold_only_where_the_test_says_so():
    assert "**" not in comparison_table(comparison(best={}), "md")
    assert comparison_table(comparison(best={ALL: "base"}), "md").count("**30.0**") == 1
    assert comparison_table(comparison(), "tex").count(r"\mathbf") == 1


def test_a_comparison_says_how_it_was_made_and_what_it_found():
    text = comparison_table(comparison(), "tex")
    assert "% new_run makes 10.0 points [5.0, 15.0] fewer errors than base (p < 0.001): better" in (
        text.splitlines()
    )
    assert "paired bootstrap over 15 sentences (clips in slices with too few), 100 draws" in text


def test_several_runs_are_adjusted_for_all_pairs():
    one = comparison()
    third = replace(one.matches[0], run="third")
    both = replace(
        one, runs={**one.runs, "third": Slice(0.2, 100, 20)}, matches=(*one.matches, third)
    )
    text = comparison_table(both, "md")
    assert "adjusted for all 3 pairs" in text
    assert len(rows(text)[ALL]) == 8
    assert_is_sound_latex(comparison_table(both, "tex"))


def test_right_to_left_glosses_keep_the_cells_beside_them():
    clip = ClipDifference("c_1", "ann", ("أنا", "G_1"), ("أنا",), (), 1, 2)
    match = replace(comparison().matches[0], clips=(clip,))
    text = comparison_table(comparison(matches=(match,)), "md")
    assert "| c\\_1 | \u2068أنا G\\_1\u2069 | \u2068أنا\u2069 | - | 1 / 2 |" in text
    latex = comparison_table(comparison(matches=(match,)), "tex")
    assert r"{}c\_1 & \rtltext{أنا G\_1} & \rtltext{أنا} & - & 1 / 2 \\" in latex
    assert_is_sound_latex(latex)


@pytest.mark.skipif(which("pdflatex") is None, reason="there is no pdflatex")
def test_latex_takes_names_full_of_its_own_marks(tmp_path: Path):
    hostile = "a&b<c>|d~e^f\\g_h#i{j}$k%l\"m'n[o]"
    clip = ClipDifference(hostile, "ann", (hostile, "GÄHNEN"), ("[x]",), (), 1, 2)
    match = replace(comparison().matches[0], run=hostile, slices={ALL: part(0.3, 0.2, 0.01)})
    tables = (
        score_table({hostile: replace(ISOLATED, by_signer={"[x]": Slice(0.1, 60, 12)})}, "tex"),
        comparison_table(comparison(matches=(replace(match, clips=(clip,)),)), "tex"),
    )
    head = "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
    paper = tmp_path / "paper.tex"
    paper.write_text(head + "\n".join(tables) + "\\end{document}\n", encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", paper.name]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:]


@pytest.mark.parametrize("style", ["html", ""])
def test_another_style_is_refused(style):
    with pytest.raises(ScoreError) as error:
        score_table({"a": REPORT}, style)
    assert str(error.value) == f"there is no table {style!r}; expected md or tex"
