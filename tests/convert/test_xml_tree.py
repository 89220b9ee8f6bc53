from pathlib import Path

import pytest

from signkit.convert.xml_tree import read_xml
from signkit.errors import FormatError

LAUGHS = (
    '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;</a>'
)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.xml"
    path.write_text(text, encoding="utf-8")
    return path


def test_elements_have_attributes_text_and_lines(tmp_path: Path) -> None:
    root = read_xml(write(tmp_path, '<a>\n<b c="&lt;1&#10;">x &amp; y</b><b/>\n</a>'))
    first, second = root.all("b")
    assert (first.get("c"), first.get("d"), first.text, first.line) == ("<1\n", "", "x & y", 2)
    assert (second.text, root.line) == ("", 1)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        "<!DOCTYPE a><a/>",
    ],
)
def test_declarations_that_may_do_harm_are_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(FormatError) as error:
        read_xml(path)
    assert str(error.value) == (
        f"{path} declares a document type or an entity, which may do harm; take the declaration "
        "out of the file, or save it again with the program it is from"
    )


def test_what_is_not_xml_is_said_in_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, "<a><b></a>")
    with pytest.raises(FormatError) as error:
        read_xml(path)
    assert str(error.value) == f"{path} is not readable XML: mismatched tag: line 1, column 8"
    with pytest.raises(FormatError) as error:
        read_xml(write(tmp_path, ""))
    assert str(error.value) == f"{path} is not readable XML: no element found: line 1, column 0"
    with pytest.raises(FormatError) as error:
        read_xml(tmp_path / "none.xml")
    assert str(error.value) == f"no file at {tmp_path / 'none.xml'}"


def test_reading_ends_at_a_tag(tmp_path: Path) -> None:
    text = "<a><b/>" + "<c/>" * 50_000 + "<d>"  # never closed
    root = read_xml(write(tmp_path, text), until="c")
    assert [child.tag for child in root.children][:2] == ["b", "c"]


@pytest.mark.parametrize(
    ("encoding", "why"),
    [
        ("klingon", "unknown encoding: klingon"),
        ("shift_jis", "multi-byte encodings are not supported"),
    ],
)
def test_an_encoding_that_cannot_be_read_is_said(tmp_path: Path, encoding: str, why: str) -> None:
    path = write(tmp_path, f'<?xml version="1.0" encoding="{encoding}"?><a/>')
    with pytest.raises(FormatError) as error:
        read_xml(path)
    assert str(error.value) == f"{path} is not readable XML: {why}"
