from pathlib import Path

import pytest

from signkit.clip import one_gloss
from signkit.convert.ledger import Ledger
from signkit.convert.tables import (
    is_whole_number,
    read_json,
    split_name,
    table_rows,
    text_lines,
    whole_number,
)
from signkit.errors import FormatError


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_quotation_marks_are_text(tmp_path: Path) -> None:
    path = written(tmp_path, 'id|text\r\n1|he said "tea\r\n\r\n2|"tea" |\n')
    with Ledger() as ledger:
        rows = list(table_rows(path, ledger, delimiter="|"))
        assert ledger.first["unreadable"].line == 4
    assert rows == [(2, {"id": "1", "text": 'he said "tea'})]


def test_a_table_that_was_written_with_quoting_is_read_with_it(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n1,"tea, please"\n')
    with Ledger() as ledger:
        rows = table_rows(path, ledger, delimiter=",", is_quoted=True)
        assert list(rows) == [(2, {"id": "1", "text": "tea, please"})]


def test_a_byte_order_mark_is_taken_away_and_noted(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffid|text\n1|a\n\ufeff2|b\n")
    with Ledger() as ledger:
        rows = [row["id"] for _, row in table_rows(path, ledger, delimiter="|", required=("id",))]
        assert rows == ["1", "2"]
        assert str(ledger.first["byte_order_mark"]) == (
            "table.csv line 1: has a byte-order mark; repaired"
        )
        assert ledger.bad_rows["byte_order_mark"] == 2


def test_a_table_without_a_header_has_the_names_it_is_given(tmp_path: Path) -> None:
    path = written(tmp_path, "a,1\nb,2,3\n")
    with Ledger() as ledger:
        rows = list(table_rows(path, ledger, delimiter=",", columns=("name", "label")))
        assert str(ledger.first["unreadable"]) == (
            "table.csv line 2: has 3 cells, expected 2; left out"
        )
    assert rows == [(1, {"name": "a", "label": "1"})]


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("name|gloss\n", "utf-8", " has no column 'id' (found: name, gloss); expected id|text"),
        ("", "utf-8", " is empty; expected id|text"),
        (
            "id|text\n1|für\n",
            "latin-1",
            " is not UTF-8 text (invalid start byte); save it as UTF-8",
        ),
    ],
)
def test_a_table_that_cannot_be_one_is_refused(
    tmp_path: Path, text: str, encoding: str, message: str
) -> None:
    path = written(tmp_path, text, encoding)
    with Ledger() as ledger, pytest.raises(FormatError) as caught:
        list(table_rows(path, ledger, delimiter="|", required=("id", "text")))
    assert str(caught.value) == f"{path}{message}"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with Ledger() as ledger, pytest.raises(FormatError) as caught:
        list(text_lines(tmp_path / "no.csv", ledger))
    assert str(caught.value) == f"no file at {tmp_path / 'no.csv'}"
    with pytest.raises(FormatError):
        read_json(tmp_path / "no.json")


def test_what_is_not_json_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "{")
    with pytest.raises(FormatError, match="is not JSON: "):
        read_json(path)


def test_a_label_of_several_words_is_one_gloss() -> None:
    assert one_gloss(" thank  you ") == ("thank-you",)
    assert one_gloss("") == ()


def test_splits_have_one_name() -> None:
    assert [split_name(n) for n in ("val", "Validation", "train", "x")] == [
        "dev",
        "dev",
        "train",
        "x",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [("[" * 100_000, "maximum recursion depth"), ("1" * 5000, "Exceeds the limit")],
)
def test_json_without_end_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(FormatError) as error:
        read_json(path)
    assert str(error.value).startswith(f"{path} is not JSON: {why}")


def test_a_cell_that_is_too_long_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, f'id,text\n1,"{"x" * 200_000}"\n2,b\n')
    with Ledger() as ledger:
        rows = list(table_rows(path, ledger, delimiter=",", is_quoted=True))
        assert str(ledger.first["unreadable"]) == (
            "table.csv line 2: cannot be split into cells (field larger than field limit "
            "(131072)); left out"
        )
    assert rows == [(3, {"id": "2", "text": "b"})]


@pytest.mark.parametrize(("value", "number"), [(12, 12), ("12", 12), (12.0, 12), (-1, -1)])
def test_whole_numbers(value: object, number: int) -> None:
    assert whole_number(value) == number


@pytest.mark.parametrize(
    "value", [1.5, float("inf"), float("nan"), 10**400, "1" * 5000, "a", "1.5"]
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"number|invalid|limit"):
        whole_number(value)


@pytest.mark.parametrize(
    ("text", "is_one"), [("12", True), ("", False), ("-1", False), ("1" * 5000, False)]
)
def test_a_cell_with_a_whole_number_is_told(text: str, is_one: bool) -> None:
    assert is_whole_number(text) is is_one
