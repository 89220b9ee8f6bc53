"""Data cards: what a corpus is, who is in it and what may be done with it.

`data_cards/NAME.md` is the one place where that is written. An importer takes the licence and the
consent of a dataset from there, and an export repeats them.
"""

import re
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import signkit
from signkit.errors import FormatError

FIELDS = (
    "Source",
    "Licence",
    "Consent",
    "Language",
    "Signers",
    "Size",
    "Splits",
    "Landmarks",
    "Import",
)
TEMPLATE = "TEMPLATE.md"
SECTIONS = ("Known faults", "Not for")
_ROW = re.compile(r"^\| (\w+) \| (.+?) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Card:
    """A data card.

    Args:
        name: Of the corpus or format.
        title: Its first line.
        fields: `FIELDS` to what the card says.
        text: All of it.
    """

    name: str
    title: str
    fields: dict[str, str]
    text: str

    def of_corpus(self, field: str) -> str:
        """What a field says; nothing where a format leaves it to the corpus ("depends on ...")."""
        value = self.fields[field]
        return "" if value.lower().startswith("depends") else value


def read_card(name: str) -> Card:
    """The card of a corpus or format.

    Raises:
        FormatError: There is none, or a field is not filled in.
    """
    path = _folder() / f"{name}.md"
    if not path.is_file():
        raise FormatError(f"there is no data card {name!r}; expected {path}")
    text = path.read_text(encoding="utf-8")
    fields = {name: value for name, value in _ROW.findall(text) if name in FIELDS}
    for field in FIELDS:
        if not fields.get(field, "").strip():
            raise FormatError(f"{path} has no {field!r}; see TEMPLATE.md beside it")
    for section in SECTIONS:
        if f"\n## {section}\n" not in text:
            raise FormatError(f"{path} has no section {section!r}; see TEMPLATE.md beside it")
    return Card(name, text.split("\n", 1)[0].removeprefix("# "), fields, text)


def card_names() -> list[str]:
    """Names of all cards."""
    return sorted(path.stem for path in _folder().glob("*.md") if path.name != TEMPLATE)


def _folder() -> Path:
    """Beside the package in a checkout, among the shared data of an installation."""
    checkout = Path(signkit.__file__).parent.parent / "data_cards"
    installed = Path(sysconfig.get_path("data")) / "share" / "signkit" / "data_cards"
    return checkout if (checkout / TEMPLATE).is_file() else installed
