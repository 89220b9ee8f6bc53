import re
from pathlib import Path

import pytest

import signkit
from signkit.convert import FORMATS, card_names, read_card
from signkit.convert import cards as cards_module
from signkit.convert.cards import FIELDS, SECTIONS
from signkit.errors import FormatError

CARDS = Path(signkit.__file__).parent.parent / "data_cards"
IMPORTERS = [name for name, form in FORMATS.items() if form.reader]


@pytest.mark.parametrize("name", card_names())
def test_a_card_is_whole(name: str) -> None:
    card = read_card(name)
    assert list(card.fields) == list(FIELDS)
    for heading in SECTIONS:
        section = card.text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        assert len(section.split()) >= 5, heading
    assert not re.search(r"\b(TODO|TBD|XXX)\b", card.text)


@pytest.mark.parametrize("name", IMPORTERS)
def test_an_importer_has_a_card_that_says_how_it_is_called(name: str) -> None:
    assert f"signkit import {name} " in read_card(name).fields["Import"]


def test_every_card_belongs_to_an_importer_or_to_the_generated_corpus() -> None:
    assert set(card_names()) == {*IMPORTERS, "synthetic"}


def test_the_template_has_the_fields_that_are_asked_for() -> None:
    text = (CARDS / "TEMPLATE.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\w+) \|", text, re.MULTILINE) == list(FIELDS)
    assert all(f"\n## {section}\n" in text for section in SECTIONS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# X\n\n| Source | here |\n", "has no 'Licence'; see TEMPLATE.md beside it"),
        (
            "# X\n" + "".join(f"| {field} | x |\n" for field in FIELDS),
            "has no section 'Known faults'; see TEMPLATE.md beside it",
        ),
    ],
)
def test_a_card_that_is_not_whole_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "x.md").write_text(text)
    monkeypatch.setattr(cards_module, "_folder", lambda: tmp_path)
    with pytest.raises(FormatError) as caught:
        read_card("x")
    assert str(caught.value) == f"{tmp_path / 'x.md'} {message}"


def test_what_depends_on_the_corpus_says_nothing_about_it() -> None:
    assert read_card("arrays").of_corpus("Licence") == ""
