from pathlib import Path
from xml.etree import ElementTree

import pytest

from signkit.comparison import Paired
from signkit.errors import StudyError
from signkit.study.stress_plot import check_plot, draw_stress
from signkit.study.stress_table import StressRow, StressTable

SVG = "{http://www.w3.org/2000/svg}"


def table(*rows: StressRow, run: str = "run") -> StressTable:
    plain = StressRow("", "undisturbed", 0.1, (0.05, 0.15))
    return StressTable(run, "test", "continuous", "greedy", 9, 30, "clip", 9, 0, (plain, *rows))


def row(kind: str, level: str, wer: float, p: float) -> StressRow:
    paired = Paired(wer - 0.1, (0.0, 0.2), p)
    return StressRow(kind, level, wer, (wer - 0.05, wer + 0.05), paired, p)


ROWS = (row("noise", "sigma 0.01", 0.1, 1.0), row("noise", "sigma 0.05", 0.4, 0.01),
        row("speed", "x 2", 0.3, 0.2))  # fmt: skip


def test_every_row_has_a_dot_and_full_ones_are_sure():
    drawn = ElementTree.fromstring(draw_stress(table(*ROWS)))
    dots = drawn.findall(f"{SVG}circle")
    assert [dot.get("class") for dot in dots] == ["open", "dot", "open"]
    across = [float(dot.get("cx", "")) for dot in dots]
    [line] = [p for p in drawn.findall(f"{SVG}path") if p.get("class") == "plain"]
    assert line.get("d", "").startswith(f"M{across[0]:.1f} ")
    assert across[1] > across[2] > across[0]
    heights = [float(dot.get("cy", "")) for dot in dots]
    assert heights == sorted(set(heights))
    assert len([p for p in drawn.findall(f"{SVG}path") if p.get("class") == "span"]) == 3


def test_kinds_are_named_once_and_nothing_sticks_out():
    drawn = ElementTree.fromstring(draw_stress(table(*ROWS)))
    names = [text.text for text in drawn.findall(f"{SVG}text") if text.get("class") == "kind"]
    assert names == ["landmark noise, shoulder widths", "signing speed"]
    width, height = map(float, drawn.get("viewBox", "").split()[2:])
    for dot in drawn.findall(f"{SVG}circle"):
        assert 0 < float(dot.get("cx", "")) < width
        assert 0 < float(dot.get("cy", "")) < height


def test_names_are_escaped_and_a_perfect_run_can_be_drawn():
    drawn = draw_stress(table(row("size", "<1/2>", 0.0, 1.0), run="a & b"))
    assert "&lt;1/2&gt;" in drawn
    assert (
        ElementTree.fromstring(drawn).get("aria-label", "").startswith("Word error rate of a & b")
    )
    plain = StressRow("", "undisturbed", 0.0, None)
    alone = StressTable("r", "test", "isolated", "greedy", 1, 1, "clip", 1, 0, (plain,))
    ElementTree.fromstring(draw_stress(alone))


def test_other_pictures_than_svg_are_refused_in_time():
    check_plot(None)
    check_plot(Path("a.svg"))
    with pytest.raises(StudyError) as error:
        check_plot(Path("out/a.png"))
    assert str(error.value) == "--plot out/a.png: plots are SVG; call it for instance a.svg"
