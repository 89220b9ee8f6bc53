"""XML as a tree of plain records, read without doing anything that a file asks for.

A file that declares a document type or an entity is refused: such a declaration may fetch files or
grow without end, and none of the formats read here needs one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from signkit.errors import FormatError

_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False, slots=True)
class Element:
    """An element of XML, the line it begins on, and its text in pieces."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute; empty where there is none."""
        return self.attributes.get(name, "")

    def all(self, tag: str) -> Iterator["Element"]:
        """The children with a tag."""
        return (child for child in self.children if child.tag == tag)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def read_xml(path: Path, *, until: str = "") -> Element:
    """The root element of a file; with `until` little more than what stands before that tag.

    Raises:
        FormatError: There is no such file, it is not XML, or it declares what may do harm.
    """
    if not path.is_file():
        raise FormatError(f"no file at {path}")
    parser = expat.ParserCreate()
    parser.buffer_text = True
    document = Element("", {}, 0)
    opened = [document]
    tags: set[str] = set()

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, parser.CurrentLineNumber)
        opened[-1].children.append(element)
        opened.append(element)
        tags.add(tag)

    def refuse(*_: object) -> NoReturn:
        raise FormatError(
            f"{path} declares a document type or an entity, which may do harm; take the "
            "declaration out of the file, or save it again with the program it is from"
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: opened.pop()
    parser.CharacterDataHandler = lambda text: opened[-1].pieces.append(text)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
                if until in tags:
                    return document.children[0]
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # these two: of encodings
        raise FormatError(f"{path} is not readable XML: {error}") from error
    return document.children[0]
