from pathlib import Path

import pytest

from signkit.clip_file import read_columns, read_text_table
from signkit.errors import ClipTableError


def write(folder: Path, text: str) -> Path:
    path = folder / "clips.csv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "clip_id,glosses\na,TEA\nb,\n",
        "clip_id,glosses\n\na,TEA\n\n\nb,I",
        "\ufeffclip_id,x_date\r\na,2026-01-02\r\nb,007\r\n",
        'clip_id,text\na,"Tea, please"\nb,"two\nlines"\nc,"she said ""no"""\nd,in"side\n',
        'clip_id,glosses\na,""\nb,nan\nc,NA\nd,null\ne, \n',
        "clip_id,text\na,سلام\nb,\u2028\n",
        "clip_id\na\n\nb\n",
        'clip_id,text\na,"closed"',
        'clip_id,text\na,"closed ""twice"""\n',
        'clip_id,text\na,"ends with a line\n"\n',
    ],
)
def test_the_fast_reader_sees_the_same_cells(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    columns = read_columns(path)
    assert columns is not None
    cells = {name: column.to_pylist() for name, column in columns.items()}
    assert cells == read_text_table(path).to_dict("list")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\nclip_id\na\n",
        "clip_id,glosses\na\n",
        "clip_id,glosses\na,TEA,I\n",
        "clip_id,clip_id\na,b\n",
        "clip_id\n",
        'clip_id,text\na,"never closed',
        'clip_id,text\na,b\nc,"never ""closed""\nd,e\n',
        'clip_id,text\na,in"side\nb,"never closed\n',
        'clip_id,"text',
        "clip_id,text\na,stops\0here\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_other_reader(tmp_path: Path, text: str) -> None:
    assert read_columns(write(tmp_path, text)) is None


def test_a_quote_that_never_closes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipTableError, match="EOF inside string"):
        read_text_table(write(tmp_path, 'clip_id,text\na,b\nc,"never closed\nd,e\n'))


def test_what_is_not_utf_8_is_left_to_the_other_reader(tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    path.write_bytes("clip_id,glosses\na,HÄUSER\n".encode("latin-1"))
    assert read_columns(path) is None


def test_short_rows_are_filled_up_and_rows_of_commas_left_out(tmp_path: Path) -> None:
    frame = read_text_table(write(tmp_path, "clip_id,glosses\na\n,\nb,TEA\n"))
    assert frame.to_dict("index") == {
        2: {"clip_id": "a", "glosses": ""},
        4: {"clip_id": "b", "glosses": "TEA"},
    }


def test_a_first_row_with_too_many_cells_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "clip_id,text\na,Tea, please\n")
    with pytest.raises(ClipTableError) as caught:
        read_text_table(path)
    assert str(caught.value) == (
        f"{path} has more cells in its first row than the header has names; quote cells that hold "
        "commas"
    )
