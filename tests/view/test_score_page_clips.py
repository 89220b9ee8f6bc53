"""Which clips are shown, and how they are written."""

import re
from dataclasses import replace

import pytest

from signkit.hypothesis import Hypothesis
from signkit.view.score_page_clips import (
    N_RANDOM,
    alignment,
    card,
    operation,
    random_clips,
    worst_clips,
)
from tests.factories import make_pose
from tests.view.score_reports import make_clip, make_hypothesis, make_report


@pytest.mark.parametrize(
    ("pair", "kind"), [(("A", "A"), ""), (("A", "B"), "S"), (("A", None), "D"), ((None, "A"), "I")]
)
def test_operations(pair, kind):
    assert operation(pair) == kind


def test_worst_are_those_with_most_errors_then_short_then_sure_ones():
    clips = [
        make_clip("right", "A"),
        make_clip("one of two", "A B>C"),
        make_clip("unsure", "A>B"),
        make_clip("sure", "A>B"),
        make_clip("two", "A>B B>C"),
    ]
    sure = {clip.clip_id: make_hypothesis(clip, sure=0.5) for clip in clips}
    sure["sure"] = make_hypothesis(clips[3], sure=0.9)
    found = worst_clips(make_report(clips), sure)
    assert [clip.clip_id for clip in found] == ["two", "sure", "unsure", "one of two"]


def test_random_clips_are_others_and_depend_on_the_seed():
    clips = [make_clip(f"{i}", "A>B" if i < 50 else "A") for i in range(99)]
    reports = [make_report(clips, seed=seed) for seed in (0, 0, 1)]
    chosen = [random_clips(report, {}) for report in reports]
    assert chosen[0] == chosen[1] != chosen[2]
    assert len(chosen[0]) == N_RANDOM
    assert not set(chosen[0]) & set(worst_clips(reports[0], {}))


def test_an_alignment_is_read_aloud_without_its_colours():
    html = alignment(make_clip("a", "A B>C D> >E"))
    assert re.findall('aria-label="(.*?)"', html) == [
        "A: right",
        "B: recognized as C",
        "D: deleted",
        "E: inserted",
    ]
    assert re.findall('data-kind="(.*?)"', html) == ["", "S", "D", "I"]


def test_texts_of_an_alignment_are_its_glosses_alone():
    """Or a letter of ours could decide its direction."""
    html = alignment(make_clip("a", "سلام شاي>بيت ماء> >يوم"))
    texts = [text for text in re.split("<.*?>", html) if text]
    assert texts == ["سلام", "سلام", "شاي", "بيت", "ماء", "يوم"]
    assert '<ol class="pairs" dir="auto">' in html


def test_times_are_shown_on_the_clock_of_the_source():
    clip = make_clip("a", "A B>C")
    pose = make_pose("a", n_frames=50)  # two seconds
    pose = replace(pose, time_s=pose.time_s + 10)
    times = ((10.5, 11.0), (11.0, 12.0))
    found = Hypothesis("a", clip.hypothesis, times_s=times, confidence=(0.5, 0.25))
    html = card(clip, found, pose)
    assert 'data-from="10.000" data-to="12.000"' in html
    assert re.findall('style="(.*?)"', html) == [
        "left:25.00%;width:25.00%",
        "left:50.00%;width:50.00%",
    ]
    assert re.findall('title="(.*?)"', html) == [
        "A, 10.50 to 11.00 s, confidence 50 %",
        "C, 11.00 to 12.00 s, confidence 25 %",
    ]


def test_glosses_that_a_profile_changed_have_times_but_no_colour():
    clip = make_clip("a", "A")
    found = Hypothesis("a", ("loc-A", "A"), times_s=((0, 1), (1, 2)))
    html = card(clip, found, None)
    assert re.findall('<span data-kind="(.)"', html) == ["?", "?"]


@pytest.mark.parametrize("hypothesis", [None, Hypothesis("a", ("A",))])
def test_a_clip_without_times_and_pose_has_no_timeline(hypothesis):
    assert "timeline" not in card(make_clip("a", "A"), hypothesis, None)
