"""Calibration by hand, and plots that stay on their axes."""

import re

import numpy as np
import pytest

from signkit.hypothesis import Hypothesis
from signkit.report import Slice
from signkit.view.score_page_plots import calibrate, calibration_plot, forest, length_plot
from tests.view.score_reports import make_clip, make_hypothesis


def test_calibration_error_by_hand():
    clips = [make_clip("a", "A B>C"), make_clip("b", "A >E"), make_clip("c", "A")]
    hypotheses = {
        "a": Hypothesis("a", ("A", "C"), confidence=(0.92, 0.98)),  # a half right, 0.95 sure
        "b": Hypothesis("b", ("A", "E"), confidence=(0.25, 0.25)),  # a half right, 0.25 sure
        "c": Hypothesis("c", ("A",), confidence=(1.0,)),  # joins the last bin
    }
    calibration = calibrate(clips, hypotheses)
    assert calibration is not None
    assert calibration.n.tolist() == [0, 0, 2, 0, 0, 0, 0, 0, 0, 3]
    np.testing.assert_allclose(calibration.confidence[[2, 9]], [0.25, 2.9 / 3])
    np.testing.assert_allclose(calibration.right[[2, 9]], [1 / 2, 2 / 3])
    expected = (2 * 0.25 + 3 * (2.9 / 3 - 2 / 3)) / 5
    np.testing.assert_allclose(calibration.error, expected)


def test_confidences_of_other_glosses_than_were_scored_are_left_out():
    clips = [make_clip("a", "A B"), make_clip("b", "A"), make_clip("c", "B")]
    hypotheses = {
        "a": Hypothesis("a", ("A", "A", "B"), confidence=(0.9,) * 3),  # a profile merged two
        "b": make_hypothesis(clips[1]),
        "c": Hypothesis("c", ("B",)),
    }
    calibration = calibrate(clips, hypotheses)
    assert calibration is not None
    assert calibration.n.sum() == 1
    assert calibration.n_left_out == 1


def test_without_confidences_there_is_no_calibration():
    clip = make_clip("a", "A")
    assert calibrate([clip], {"a": Hypothesis("a", ("A",))}) is None
    assert calibrate([clip], {}) is None


@pytest.mark.parametrize("pairs", ["", "A", ">A >B >C", "A " * 499 + "A"])
def test_plots_stay_inside_their_frame(pairs):
    clips = [make_clip("a", pairs), make_clip("b", "A>B")]
    calibration = calibrate(clips, {clip.clip_id: make_hypothesis(clip) for clip in clips})
    assert calibration is not None
    for plot in (length_plot(clips), calibration_plot(calibration)):
        places = [float(value) for value in re.findall(r'\bc?[xy]="(-?[\d.]+)"', plot)]
        assert places
        assert min(places) >= 0
        assert max(places) <= 320


def test_a_bar_of_the_calibration_stands_over_its_bin():
    clips = [make_clip(f"{i}", "A") for i in range(10)]
    sure = {clip.clip_id: make_hypothesis(clip, sure=i / 10) for i, clip in enumerate(clips)}
    calibration = calibrate(clips, sure)
    assert calibration is not None
    plot = calibration_plot(calibration)
    bars = re.findall(r'<rect class="gap \w+" x="([\d.]+)".*?width="([\d.]+)"', plot)
    left, right = 40, 304  # of the axis, from 0 to 1
    bin_width = (right - left) / 10
    for i, (x, width) in enumerate(bars):
        assert left + i * bin_width <= float(x) <= left + (i + 0.1) * bin_width
        assert float(x) + float(width) <= left + (i + 1) * bin_width
    assert len(bars) == 10


def test_intervals_are_drawn_to_scale_and_undefined_rates_are_left_out():
    rows = [
        ("a", Slice(0.25, 4, 1, (0.1, 0.5))),
        ("without interval", Slice(0.5, 4, 1)),
        ("undefined", Slice(None, 0, 1)),
    ]
    html = forest(rows, overall=0.25, label="it")
    assert re.findall('style="(.*?)"', html) == [
        "--overall:50.00%",
        "left:20.00%;width:80.00%",
        "left:50.00%",
        "left:100.00%;width:0.00%",
        "left:100.00%",
    ]
    assert "undefined" not in html
    assert "<strong>25.0</strong> [10.0, 50.0]" in html
    assert forest(rows[2:], overall=None, label="it") == ""


def test_rates_far_above_one_still_have_an_axis():
    html = forest([("a", Slice(7.3, 1, 1))], overall=7.3, label="it")
    assert "800 %" in html
    assert "<span>5,000</span><span>10,000 %</span>" in forest(
        [("a", Slice(100.0, 1, 1))], overall=100.0, label="it"
    )
