import pytest

from signkit.view.table_style import STYLES, Table
from tests.view.latex import assert_is_sound_latex

TABLE = Table(
    head=["", "a", "b"],
    groups=[[["x", "1", "2"]], [["y", "3", "4"], ["z", "5", "6"]]],
    caption="50 % of it",
    label="tab:x",
    remarks=["one\ntwo"],
)


@pytest.mark.parametrize(
    ("text", "md", "tex"),
    [
        ("HELLO", "HELLO", "HELLO"),
        ("my_run", r"my\_run", r"my\_run"),
        ("A|B", r"A\|B", r"A\textbar{}B"),
        ("A\\B", r"A\\B", r"A\textbackslash{}B"),
        ("50 % & $2 #1 {x}", r"50 % \& \$2 \#1 {x}", r"50 \% \& \$2 \#1 \{x\}"),
        ("a~b^c", r"a\~b^c", r"a\textasciitilde{}b\textasciicircum{}c"),
        (
            "<b>*x*</b>",
            r"\<b\>\*x\*\</b\>",
            r"\textless{}b\textgreater{}*x*\textless{}/b\textgreater{}",
        ),
        ("[link](url)", r"\[link\](url)", "[link](url)"),
        ("two\nlines\x00\u2028more", "two lines more", "two lines more"),
        ("GÄHNEN", "GÄHNEN", "GÄHNEN"),
        ("أنا أكل", "\u2068أنا أكل\u2069", r"\rtltext{أنا أكل}"),
        ("שלום_1", "\u2068שלום\\_1\u2069", r"\rtltext{שלום\_1}"),
        ("abc\u202edef\u2067", "abcdef", "abcdef"),  # an override would turn what follows
    ],
)
def test_text_of_others_stays_text(text, md, tex):
    assert STYLES["md"].text(text) == md
    assert STYLES["tex"].text(text) == tex


@pytest.mark.parametrize(
    ("value", "interval", "is_bold", "sign", "md", "tex"),
    [
        (0.123, None, False, "", "12.3", "$12.3$"),
        (0.123, (0.11, 0.135), False, "", "12.3 [11.0, 13.5]", r"$12.3_{[11.0,\,13.5]}$"),
        (
            0.123,
            (0.11, 0.135),
            True,
            "",
            "**12.3** [11.0, 13.5]",
            r"$\mathbf{12.3}_{[11.0,\,13.5]}$",
        ),
        (-0.031, (-0.05, 0.01), False, "+", "-3.1 [-5.0, 1.0]", r"$-3.1_{[-5.0,\,1.0]}$"),
        (0.031, None, False, "+", "+3.1", "$+3.1$"),
    ],
)
def test_rates_are_percent_with_their_interval(value, interval, is_bold, sign, md, tex):
    assert STYLES["md"].percent(value, interval, is_bold, sign) == md
    assert STYLES["tex"].percent(value, interval, is_bold, sign) == tex


def test_markdown():
    assert STYLES["md"].table(TABLE) == (
        "|  | a | b |\n| --- | ---: | ---: |\n| x | 1 | 2 |\n| y | 3 | 4 |\n| z | 5 | 6 |\n\n"
        "50 % of it\n\n- one two\n"
    )


def test_latex_has_rules_between_groups_and_remarks_that_stay_comments():
    lines = STYLES["tex"].table(TABLE).splitlines()
    assert "% one two" in lines
    assert r"\caption{50 \% of it}" in lines
    assert lines[lines.index(r"\toprule") :] == [
        r"\toprule",
        r" & a & b \\",
        r"\midrule",
        r"{}x & 1 & 2 \\",
        r"\midrule",
        r"{}y & 3 & 4 \\",
        r"{}z & 5 & 6 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


def test_right_to_left_text_says_what_it_needs():
    arabic = Table(["", "n"], [[[STYLES["tex"].text("أنا"), "1"]]], "x", "tab:x")
    assert STYLES["tex"].table(arabic).count(r"\providecommand{\rtltext}[1]{#1}") == 1
    assert r"\providecommand" not in STYLES["tex"].table(TABLE)


def test_the_check_of_latex_finds_what_is_wrong():
    sound = STYLES["tex"].table(TABLE)
    assert_is_sound_latex(sound)
    for broken in (
        sound.replace("{}x & 1", "{}x"),
        sound.replace("{}x", "{x"),
        sound.replace("& 1", "& $1"),
        sound.replace(r"\end{table}", ""),
    ):
        with pytest.raises(AssertionError):
            assert_is_sound_latex(broken)
