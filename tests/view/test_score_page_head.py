"""The first things that are read: rate, interval, signature, and what qualifies them."""

import re

import pytest

from signkit.report import OutOfVocabulary, ProfileNote, TopAccuracy
from signkit.view.score_page_head import header
from tests.view.score_reports import make_clip, make_report

CLIPS = (make_clip("one", "A B>C D>"), make_clip("two", "A >E"))


def text_of(clips=CLIPS, **changes) -> str:
    return " ".join(re.sub("<.*?>", " ", header(make_report(clips, **changes), "it")).split())


def test_the_headline_is_the_rate_with_its_interval_and_signature():
    text = text_of(n_clusters=2, cluster="signer")
    assert "75.0 % word error rate 95 % interval 65.0 to 85.0 %, drawn over 2 signers" in text
    assert make_report(CLIPS, n_clusters=2, cluster="signer").signature in text
    assert "substituted 1 25.0 % of glosses deleted 1 25.0 % of glosses inserted 1" in text


def test_signers_and_sentences_that_are_both_drawn_are_both_named():
    report = make_report(CLIPS, n_clusters=12, cluster="two-way")
    assert f"drawn over {report.drawn} " in text_of(n_clusters=12, cluster="two-way")
    assert "two-ways" not in report.drawn


def test_without_references_there_is_no_rate():
    text = text_of([make_clip("a", ">A")])
    assert "no reference gloss, so no rate" in text
    assert "% of glosses" not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"notes": ("few signers",)}, "few signers"),
        ({"wer_unsnapped": 0.625}, "without that the word error rate is 62.5 %"),
        ({"missing": ("two",), "wer_without_missing": 0.25}, "without them the word error rate is"),
        ({"profile": ProfileNote("p", "merges", n_merged=3)}, "removed 3 repeated glosses"),
        ({"oov": OutOfVocabulary(2, 5, 0.125)}, "glosses not in train 12.50 % 2 kinds"),
        ({"top": (TopAccuracy(5, 0.75, 0.625),)}, "top 5 75.0 % per class 62.5 %"),
    ],
)
def test_what_a_reader_should_know_is_said(changes, said):
    assert said in text_of(**changes)
    assert said not in text_of()
