from dataclasses import replace
from pathlib import Path

import pytest

from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis, read_hypotheses, write_hypotheses

ONE = Hypothesis(
    clip_id="a",
    glosses=("سلام", "TEA"),
    score=-1.25,
    n_best=((("سلام", "TEA"), -1.25), (("TEA",), -2.5)),
    times_s=((0.0, 0.5), (0.5, 1.25)),
    confidence=(0.5, 0.9999),
)


def test_file_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "hyps.jsonl"
    write_hypotheses(path, [ONE, Hypothesis("b", ())])
    assert read_hypotheses(path) == [ONE, Hypothesis("b", ())]
    assert path.read_text(encoding="utf-8").count("\n") == 2
    assert "سلام" in path.read_text(encoding="utf-8")


def test_what_was_recognized_before_snapping_is_kept(tmp_path: Path) -> None:
    snapped = [replace(ONE, unsnapped=("TEA",)), Hypothesis("b", ("TEA",), unsnapped=())]
    write_hypotheses(tmp_path / "hyps.jsonl", snapped)
    assert read_hypotheses(tmp_path / "hyps.jsonl") == snapped
    assert "unsnapped" not in ONE.to_json()


def test_confidence_is_written_with_four_places() -> None:
    assert Hypothesis("a", ("TEA",), confidence=(2 / 3,)).to_json()["confidence"] == [0.6667]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "hyps.jsonl"
    path.write_text('{"clip_id": "a", "glosses": ["TEA"]}\n', encoding="utf-8-sig")
    assert read_hypotheses(path) == [Hypothesis("a", ("TEA",))]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('"confidence": [NaN]', "confidence is between 0 and 1"),
        ('"confidence": [-0.1]', "confidence is between 0 and 1"),
        ('"confidence": [7]', "confidence is between 0 and 1"),
        ('"confidence": [0.5, 0.5]', "2 confidence for 1 glosses"),
        ('"times_s": [[NaN, 1]]', "times_s are [start, end] in seconds"),
        ('"times_s": [[0, Infinity]]', "times_s are [start, end] in seconds"),
        ('"times_s": [[1, 0.5]]', "times_s are [start, end] in seconds"),
        ('"times_s": [[0, 1], [1, 2]]', "2 times_s for 1 glosses"),
        ('"n_best": [["TEA", -1]]', "glosses is a text, not a list"),
        ('"unsnapped": ["\\ud800"]', "surrogates not allowed"),
    ],
)
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, more: str, message: str) -> None:
    path = tmp_path / "hyps.jsonl"
    path.write_text(f'{{"clip_id": "a", "glosses": ["TEA"], {more}}}\n')
    with pytest.raises(ScoreError) as raised:
        read_hypotheses(path)
    assert str(raised.value).startswith(f"{path} line 1 is not a hypothesis (")
    assert message in str(raised.value)


def test_only_id_and_glosses_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "hyps.jsonl"
    path.write_text('{"clip_id": "a", "glosses": ["TEA"]}\n\n')
    assert read_hypotheses(path) == [Hypothesis("a", ("TEA",))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"clip_id": "a"}\n',
            "line 1 is not a hypothesis ('glosses'); expected a JSON object with clip_id and "
            "glosses",
        ),
        (
            '{"clip_id": "a", "glosses": []}\n{"clip_id": "a", "glosses": []}\n',
            "line 2 repeats clip 'a'; keep one",
        ),
        (
            '{"clip_id": "a", "glosses": [1]}',
            "line 1 is not a hypothesis (clip_id, glosses and decoder are texts); expected a JSON "
            "object with clip_id and glosses",
        ),
        (
            '{"clip_id": "a", "glosses": [], "unsnapped": [1]}',
            "line 1 is not a hypothesis (clip_id, glosses and decoder are texts); expected a JSON "
            "object with clip_id and glosses",
        ),
        (
            '{"clip_id": 5, "glosses": []}',
            "line 1 is not a hypothesis (clip_id, glosses and decoder are texts); expected a JSON "
            "object with clip_id and glosses",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "hyps.jsonl"
    path.write_text(text)
    with pytest.raises(ScoreError) as caught:
        read_hypotheses(path)
    assert str(caught.value) == f"{path} {message}"


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hyps.jsonl"
    path.write_bytes('{"clip_id": "é", "glosses": []}'.encode("latin-1"))
    with pytest.raises(ScoreError) as caught:
        read_hypotheses(path)
    assert str(caught.value) == f"{path} is not UTF-8 text; expected hypotheses as JSON lines"


def test_a_line_ends_at_a_line_feed_only(tmp_path: Path) -> None:
    path = tmp_path / "hyps.jsonl"
    write_hypotheses(path, [Hypothesis("a", ("TEA\u2028",))])
    assert read_hypotheses(path) == [Hypothesis("a", ("TEA\u2028",))]


def test_glosses_given_as_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hyps.jsonl"
    path.write_text('{"clip_id": "a", "glosses": "TEA I"}\n')
    with pytest.raises(ScoreError) as caught:
        read_hypotheses(path)
    assert str(caught.value) == (
        f"{path} line 1 is not a hypothesis (glosses is a text, not a list); expected a JSON "
        "object with clip_id and glosses"
    )


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ScoreError) as caught:
        read_hypotheses(tmp_path / "hyps.jsonl")
    assert str(caught.value) == (
        f"no file or run at {tmp_path / 'hyps.jsonl'}; expected hypotheses as JSON lines, made "
        "with 'signkit recognize RUN SOURCE --out FILE.jsonl'"
    )


def test_how_a_hypothesis_was_found_is_kept_and_is_a_text(tmp_path):
    path = tmp_path / "h.jsonl"
    write_hypotheses(path, [Hypothesis("a", ("TEA",), decoder="beam10(blank_bias=1)")])
    assert read_hypotheses(path)[0].decoder == "beam10(blank_bias=1)"
    path.write_text('{"clip_id": "a", "glosses": [], "decoder": 3}', encoding="utf-8")
    with pytest.raises(ScoreError, match="decoder are texts"):
        read_hypotheses(path)
