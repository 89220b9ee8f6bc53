"""The rules are those of the published schema, EAFv3.0.xsd, for what signkit writes."""

import re
from xml.etree import ElementTree

import pytest

from signkit.convert.eaf import Annotation, Header, Media, Tier, format_eaf, legal

XSI = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
REQUIRED = {
    "ANNOTATION_DOCUMENT": {"DATE", "AUTHOR", "VERSION"},
    "MEDIA_DESCRIPTOR": {"MEDIA_URL", "MIME_TYPE"},
    "TIME_SLOT": {"TIME_SLOT_ID", "TIME_VALUE"},  # the schema allows slots without a time
    "TIER": {"TIER_ID", "LINGUISTIC_TYPE_REF"},
    "ALIGNABLE_ANNOTATION": {"ANNOTATION_ID", "TIME_SLOT_REF1", "TIME_SLOT_REF2"},
    "LINGUISTIC_TYPE": {"LINGUISTIC_TYPE_ID"},
}
OPTIONAL = {
    "ANNOTATION_DOCUMENT": {"FORMAT", XSI},
    "LICENSE": {"LICENSE_URL"},
    "HEADER": {"MEDIA_FILE", "TIME_UNITS"},
    "MEDIA_DESCRIPTOR": {"RELATIVE_MEDIA_URL"},
    "PROPERTY": {"NAME"},
    "TIER": {"PARTICIPANT"},
    "LINGUISTIC_TYPE": {"GRAPHIC_REFERENCES", "TIME_ALIGNABLE"},
}
CHILDREN = {
    "ANNOTATION_DOCUMENT": "LICENSE* HEADER TIME_ORDER TIER* LINGUISTIC_TYPE*",
    "HEADER": "MEDIA_DESCRIPTOR* PROPERTY*",
    "TIME_ORDER": "TIME_SLOT*",
    "TIER": "ANNOTATION*",
    "ANNOTATION": "ALIGNABLE_ANNOTATION",
    "ALIGNABLE_ANNOTATION": "ANNOTATION_VALUE",
}


def assert_valid(text: str) -> ElementTree.Element:
    """Names, order, required and unique values, and references, as the schema wants them."""
    root = ElementTree.fromstring(text.encode())
    for element in root.iter():
        required, optional = (rules.get(element.tag, set()) for rules in (REQUIRED, OPTIONAL))
        assert required <= set(element.attrib) <= required | optional, element.tag
        order = "".join(f"{child.tag} " for child in element)
        pattern = re.sub(r"(\w+)(\*?)", r"(?:\1 )\2", CHILDREN.get(element.tag, ""))
        assert re.fullmatch(pattern.replace(") ", ")").replace("* ", "*"), order), element.tag
    slots = {one.get("TIME_SLOT_ID"): one.get("TIME_VALUE") for one in root.iter("TIME_SLOT")}
    annotations = list(root.iter("ALIGNABLE_ANNOTATION"))
    ids = [*slots, *(one.get("ANNOTATION_ID") for one in annotations)]
    assert len(ids) == len(set(ids)) == len(list(root.iter("TIME_SLOT"))) + len(annotations)
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", str(name)) for name in ids)  # xsd:ID
    assert all(str(time).isdecimal() and int(str(time)) < 2**32 for time in slots.values())
    assert list(map(int, map(str, slots.values()))) == sorted(map(int, map(str, slots.values())))
    kinds = {one.get("LINGUISTIC_TYPE_ID") for one in root.iter("LINGUISTIC_TYPE")}
    names = [tier.get("TIER_ID") for tier in root.iter("TIER")]
    assert len(names) == len(set(names))
    for tier in root.iter("TIER"):
        assert tier.get("LINGUISTIC_TYPE_REF") in kinds
        until = 0
        for one in tier.iter("ALIGNABLE_ANNOTATION"):
            start, end = (int(str(slots[one.get(f"TIME_SLOT_REF{i}")])) for i in (1, 2))
            assert until <= start < end
            until = end
    return root


def make_tiers() -> list[Tier]:
    return [
        Tier(
            "SIGN@ann", "kind a", "ann", (Annotation(0, 40, "A & <B>"), Annotation(40, 90, "\"C'"))
        ),
        Tier("SIGN", "kind a", "", (Annotation(0, 80.0, "two\nlines\r\n"),)),
        Tier('TEXT "b"', "kind & b", 'b"\n', (Annotation(20, 90, "שלום 🤟"),)),
    ]


def test_what_is_written_keeps_the_rules_of_the_schema() -> None:
    media = Media("file:///a.mp4", "./a%20b.mp4", "video/mp4")
    header = Header((media,), "CC BY <4.0>", {"signkit video": "a b.mp4", "x": ""})
    text = format_eaf(header, make_tiers())
    root = assert_valid(text)
    assert root.get("FORMAT") == "3.0"
    assert root.get(XSI) == "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
    values = [one.text for one in root.iter("ANNOTATION_VALUE")]
    assert values == ["A & <B>", "\"C'", "two\nlines\r\n", "שלום 🤟"]
    assert [tier.get("TIER_ID") for tier in root.iter("TIER")][2] == 'TEXT "b"'
    properties = {one.get("NAME"): one.text or "" for one in root.iter("PROPERTY")}
    assert properties == {"signkit video": "a b.mp4", "x": "", "lastUsedAnnotationId": "4"}
    assert text == format_eaf(header, make_tiers())


def test_nothing_to_write_is_a_valid_file_too() -> None:
    assert_valid(format_eaf(Header(), []))


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\tb\n", "a\tb\n"), ("a\x00\x1bb", "a\ufffd\ufffdb"), ("🤟\uffff", "🤟\ufffd")],
)
def test_characters_that_xml_cannot_hold_are_replaced(text: str, kept: str) -> None:
    assert legal(text) == kept
    assert_valid(format_eaf(Header(licence=text), [Tier(text, text, text, ())]))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("file:///C:/Videos/My%20Film.mp4", "My Film.mp4"),
        (r"file:///C:\Videos\film.mp4", "film.mp4"),
        ("film.mp4", "film.mp4"),
        ("", "other.mp4"),
    ],
)
def test_a_video_has_the_name_of_its_file(url: str, name: str) -> None:
    assert Media(url, "../other.mp4").name == name


def test_annotations_are_found_by_their_middle() -> None:
    tier = Tier("SIGN", "", "", tuple(Annotation(i, i + 10, str(i)) for i in (0, 10, 20, 30)))
    assert [one.value for one in tier.within(Annotation(5, 25, ""))] == ["0", "10"]
    assert tier.within(Annotation(100, 200, "")) == ()
