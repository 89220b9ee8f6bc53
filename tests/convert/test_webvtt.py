import pytest

from signkit.convert.ledger import Ledger
from signkit.convert.webvtt import Cue, format_vtt, parse_vtt

ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.160 --> 00:00:02.470 align:start position:0%
_
hello<00:00:00.480><c> everyone</c><00:00:01.000><c> welcome</c>

00:00:02.470 --> 00:00:02.480 align:start position:0%
hello everyone welcome
_

00:00:02.480 --> 00:00:05.430 align:start position:0%
hello everyone welcome
to<00:00:02.700><c> my</c><00:00:03.000><c> channel</c>

00:00:05.430 --> 00:00:05.440 align:start position:0%
to my channel
_

00:00:05.440 --> 00:00:08.000 align:start position:0%
to my channel
to<00:00:05.700><c> my</c><00:00:06.000><c> channel</c>
""".replace("_", " ")


def parse(text: str) -> tuple[list[Cue], list[str]]:
    """Cues, and the first bad row of each kind."""
    with Ledger() as ledger:
        cues = parse_vtt(text, name="a.vtt", ledger=ledger)
        return cues, [str(row) for row in ledger.first.values()]


def cue(text: str, *, times: str = "00:01.000 --> 00:02.000") -> str:
    return f"WEBVTT\n\n{times}\n{text}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("HELLO", "HELLO"),
        ("one\ntwo", "one two"),  # a line break is a space
        ("<v Ann>so <i.loud>there</i></v>", "so there"),
        ("a<00:01.500><c> b</c>", "a b"),
        ("&lt;i&gt; &amp;&nbsp;so&#33;", "<i> & so!"),  # decoded after the tags are taken away
        ("a < b, b > a", "a < b, b > a"),  # not a tag
        (r"{\an8}above", "above"),
        ("  spaces   ", "spaces"),
        ("שלום עולם", "שלום עולם"),
        ("[Music]", "[Music]"),
    ],
)
def test_text_is_one_plain_line(text: str, said: str) -> None:
    assert parse(cue(text)) == ([Cue(1, 2, said)], [])


@pytest.mark.parametrize(
    ("times", "start_s", "end_s"),
    [
        ("00:01.000 --> 00:02.500", 1, 2.5),
        ("01:00:01.001 --> 100:00:00.000", 3601.001, 360_000),
        ("00:01.000 --> 00:02.000 line:0 align:start", 1, 2),
        (" 00:01.000-->00:02.000 ", 1, 2),
    ],
)
def test_times_have_hours_or_not_and_settings_are_skipped(
    times: str, start_s: float, end_s: float
) -> None:
    assert parse(cue("A", times=times)) == ([Cue(start_s, end_s, "A")], [])


def test_header_ids_and_other_blocks_are_skipped() -> None:
    text = (
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
        "NOTE\nA comment\nof two lines\n\nNOTE short\n\nfirst\n00:01.000 --> 00:02.000\nA\n\n\n"
        "2\n00:02.000 --> 00:03.000\nB"
    )
    assert parse(text) == ([Cue(1, 2, "A"), Cue(2, 3, "B")], [])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_line_end_and_a_byte_order_mark_are_fine(line_end: str, mark: str) -> None:
    text = mark + cue("one\ntwo").replace("\n", line_end)
    assert parse(text) == ([Cue(1, 2, "one two")], [])


def test_a_cue_begins_without_a_blank_line_before_it() -> None:
    text = cue("A\n00:02.000 --> 00:03.000\nB\n \n3\n00:03.000 --> 00:04.000\nC")
    assert [one.text for one in parse(text)[0]] == ["A", "B", "C"]


def test_every_line_of_rolling_captions_counts_once() -> None:
    cues, bad = parse(ROLLING)
    assert cues == [
        Cue(0.16, 2.48, "hello everyone welcome"),
        Cue(2.48, 5.44, "to my channel"),
        Cue(5.44, 8, "to my channel"),  # said again
    ]
    assert bad == [
        "a.vtt line 9: has 4 cues that repeat lines of the one before, as rolling captions do; "
        "repaired"
    ]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("00:02.000 --> 00:03.000", ["Yes.", "Yes."]),  # a person says it twice
        ("00:01.500 --> 00:03.000", ["Yes."]),  # shown twice at one time
    ],
)
def test_a_person_may_repeat_a_line_but_not_over_itself(second: str, said: list[str]) -> None:
    cues, _ = parse(cue("Yes.") + f"\n{second}\nYes.\n")
    assert [one.text for one in cues] == said
    assert cues[-1].end_s == 3


def test_rolling_captions_are_known_by_what_nobody_can_read() -> None:
    text = "\n\n".join(
        [cue("one"), "00:02.000 --> 00:02.010\none", "00:02.010 --> 00:03.000\none\ntwo"]
    )
    assert parse(text)[0] == [Cue(1, 2.01, "one"), Cue(2.01, 3, "two")]


@pytest.mark.parametrize(
    ("text", "cues", "bad"),
    [
        (
            "1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n00:00:02,000 --> 00:00:03,000\nB\n",
            [Cue(1, 2, "A"), Cue(2, 3, "B")],
            "a.vtt line 2: has 2 cues with commas in their times, as SubRip (.srt) writes them; "
            "repaired",
        ),
        (
            "00:01.000 --> 00:02.000\nA\n",
            [Cue(1, 2, "A")],
            "a.vtt line 1: does not begin with WEBVTT; read as if it did; repaired",
        ),
        (
            "<html>\n<p>not found</p>",
            [],
            "a.vtt line 1: is not WebVTT: it has neither the header WEBVTT nor a cue; left out",
        ),
        (
            cue("B", times="00:05.000 --> 00:06.000") + "\n00:01.000 --> 00:02.000\nA\n",
            [Cue(1, 2, "A"), Cue(5, 6, "B")],
            "a.vtt line 6: has a cue at 1 s after one at 5 s; sorted; repaired",
        ),
        (
            cue("A", times="00:02.000 --> 00:01.000"),
            [],
            "a.vtt line 3: has a cue that ends at 1 s and begins at 2 s; left out",
        ),
        (
            cue("A", times="00:02.000 --> 00:02.000"),
            [],
            "a.vtt line 3: has a cue that ends at 2 s and begins at 2 s; left out",
        ),
        (
            cue("A", times="-00:00:01.500 --> 00:00:02.000"),
            [Cue(0, 2, "A")],
            "a.vtt line 3: has a cue that begins at -1.5 s; now at 0 s; repaired",
        ),
        (
            cue("A", times="00:01 --> 00:02"),
            [],
            "a.vtt line 3: has the times '00:01 --> 00:02', expected 00:00:01.000 --> "
            "00:00:02.000; left out",
        ),
        (cue("<i></i>"), [], "a.vtt line 3: has a cue without text; left out"),
        (
            cue("A\n\nlost after a blank line"),
            [Cue(1, 2, "A")],
            "a.vtt line 6: has 'lost after a blank line' outside of a cue; left out",
        ),
    ],
)
def test_what_is_wrong_is_noted_with_its_line(text: str, cues: list[Cue], bad: str) -> None:
    assert parse(text) == (cues, [bad])


@pytest.mark.parametrize("header", ["WEBVTT\n", "WEBVTT\nKind: captions\n", "WEBVTT title\n\n"])
def test_a_cue_may_follow_the_header_at_once(header: str) -> None:
    assert parse(f"{header}00:01.000 --> 00:02.000\nA\n") == ([Cue(1, 2, "A")], [])


def test_an_empty_file_with_a_header_has_no_cues() -> None:
    assert parse("WEBVTT") == ([], [])
    assert parse("WEBVTT\n\nNOTE nothing yet\n") == ([], [])


def test_what_is_written_is_read_again() -> None:
    cues = [
        Cue(0, 0.04, "THANK-YOU & <b>"),
        Cue(0.04, 1.5, "a --> b &amp; \u05e9\u05dc\u05d5\u05dd"),
        Cue(3599.999, 360_000.001, 'he said "no"'),
    ]
    text = format_vtt(cues, notes=["Licence: CC BY\n\n00:00 --> 00:01", ""])
    assert text.startswith("WEBVTT\n\nNOTE Licence: CC BY 00:00 -> 00:01\n\n00:00:00.000 --> ")
    assert parse(text) == (cues, [])


def test_a_written_cue_has_text_and_lasts() -> None:
    text = format_vtt([Cue(1, 1.0001, "two\nlines"), Cue(2, 3, " ")])
    assert text == "WEBVTT\n\n00:00:01.000 --> 00:00:01.001\ntwo lines\n"


@pytest.mark.parametrize("n_digits", [400, 5000])
def test_hours_without_end_are_no_time(n_digits: int) -> None:
    hours = "1" * n_digits
    text = (
        cue("x", times=f"{hours}:00:01.000 --> {hours}:00:02.000")
        + "\n00:01.000 --> 00:02.000\nb\n"
    )
    cues, (bad,) = parse(text)
    assert cues == [Cue(1, 2, "b")]
    assert bad.startswith("a.vtt line 3: has the times '1111")
