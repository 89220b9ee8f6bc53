from pathlib import Path

import pytest

from signkit.convert.eaf_reader import Eaf, read_header
from signkit.convert.ledger import Ledger
from signkit.errors import FormatError
from tests.convert.eaf_files import VIDEO, Slots, aligned, referring, tier, write_eaf

Spans = list[tuple[str, float, float]]


def read_tier(path: Path, name: str) -> tuple[Spans, list[str]]:
    """Value, start and end of the annotations of a tier, and the bad rows of each kind."""
    with Ledger() as ledger:
        annotations = Eaf(path, ledger).tier(name).annotations
        spans = [(one.value, one.start_ms, one.end_ms) for one in annotations]
        return spans, [str(row) for row in ledger.first.values()]


@pytest.mark.parametrize("version", ["2.7", "2.8", "3.0"])
def test_published_versions_are_read(tmp_path: Path, version: str) -> None:
    gloss = tier("SIGN", aligned("a1", "ts1", "ts2", "TEA"))
    path = write_eaf(tmp_path / "a.eaf", {"ts1": 40, "ts2": 80}, gloss, version=version)
    assert read_tier(path, "SIGN") == ([("TEA", 40, 80)], [])


def test_another_version_is_read_and_noted(tmp_path: Path) -> None:
    path = write_eaf(tmp_path / "a.eaf", {}, tier("SIGN"), version="2.5")
    found = "a.eaf line 3: has version '2.5', expected 2.7, 2.8, 3.0; read like 3.0; kept"
    assert read_tier(path, "SIGN") == ([], [found])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        # on the tier a chain of three: the slots between are put evenly
        ({"ts1": 0, "ts2": None, "ts3": None, "ts4": 900}, [0, 300, 600, 900]),
        # a slot of another tier in between is no neighbour
        ({"ts1": 0, "ts2": None, "ts3": None, "ts9": 100, "ts4": 900}, [0, 300, 600, 900]),
        ({"ts1": 0, "ts2": 500, "ts3": None, "ts4": 900}, [0, 500, 700, 900]),
    ],
)
def test_slots_without_a_time_lie_evenly_between_their_neighbours(
    tmp_path: Path, times: Slots, expected: list[float]
) -> None:
    chain = [aligned(f"a{i}", f"ts{i}", f"ts{i + 1}", str(i)) for i in (1, 2, 3)]
    path = write_eaf(tmp_path / "a.eaf", times, tier("SIGN", *chain))
    spans, (bad,) = read_tier(path, "SIGN")
    assert [start for _, start, _ in spans] + [spans[-1][2]] == expected
    assert "annotations of tier 'SIGN' without times of their own; put evenly between" in bad


def test_a_slot_alone_lies_between_its_neighbours_in_the_list(tmp_path: Path) -> None:
    times = {"ts1": 0, "ts2": None, "ts3": 1000}
    path = write_eaf(tmp_path / "a.eaf", times, tier("SIGN", aligned("a1", "ts1", "ts2", "A")))
    assert read_tier(path, "SIGN") == (
        [("A", 0, 500)],
        [
            "a.eaf line 12: has 1 annotations of tier 'SIGN' without times of their own; put "
            "evenly between their neighbours; repaired"
        ],
    )


def test_references_are_followed_to_a_time(tmp_path: Path) -> None:
    path = write_eaf(
        tmp_path / "a.eaf",
        {"ts1": 0, "ts2": 600},
        tier("TEXT", aligned("a1", "ts1", "ts2", "I drink tea")),
        tier("GLOSS", referring("a2", "a1", "I DRINK TEA"), parent="TEXT"),
        tier("POS", referring("a3", "a2", "sentence"), parent="GLOSS"),
    )
    assert read_tier(path, "POS") == ([("sentence", 0, 600)], [])


def test_several_references_share_the_time(tmp_path: Path) -> None:
    path = write_eaf(
        tmp_path / "a.eaf",
        {"ts1": 0, "ts2": 600},
        tier("TEXT", aligned("a1", "ts1", "ts2", "I drink")),
        tier("GLOSS", referring("a2", "a1", "I"), referring("a3", "a1", "DRINK", "a2")),
        tier("HEAD", referring("a4", "a3", "nod")),
    )
    assert read_tier(path, "GLOSS")[0] == [("I", 0, 300), ("DRINK", 300, 600)]
    spans, (bad,) = read_tier(path, "HEAD")
    assert spans == [("nod", 300, 600)]
    assert bad == (
        "a.eaf line 18: has 1 annotations of tier 'HEAD' without times of their own; put evenly "
        "between their neighbours; repaired"
    )


@pytest.mark.parametrize(
    "annotation",
    [
        aligned("a9", "ts1", "ts7", "X"),  # no such slot
        aligned("a9", "ts1", "ts3", "X"),  # nothing after it
        referring("a9", "a7", "X"),  # no such annotation
        referring("a9", "a9", "X"),  # itself
    ],
)
def test_an_annotation_at_no_time_is_left_out(tmp_path: Path, annotation: str) -> None:
    times = {"ts1": 0, "ts2": 600, "ts3": None}
    rows = tier("SIGN", aligned("a1", "ts1", "ts2", "A"), annotation)
    spans, bad = read_tier(write_eaf(tmp_path / "a.eaf", times, rows), "SIGN")
    assert spans == [("A", 0, 600)]
    assert bad == ["a.eaf line 13: has annotation 'a9' of tier 'SIGN' at no time; left out"]


def test_two_annotations_that_refer_to_each_other_have_no_time(tmp_path: Path) -> None:
    rows = tier("SIGN", referring("a1", "a2", "A"), referring("a2", "a1", "B"))
    assert read_tier(write_eaf(tmp_path / "a.eaf", {}, rows), "SIGN")[0] == []


@pytest.mark.parametrize(("time", "expected"), [("80.5", 80.5), ("1e2", 100), ("soon", 70)])
def test_odd_times_are_noted(tmp_path: Path, time: str, expected: float) -> None:
    times = {"ts1": 40, "ts2": time, "ts3": 100}
    path = write_eaf(tmp_path / "a.eaf", times, tier("SIGN", aligned("a1", "ts1", "ts2", "A")))
    spans, bad = read_tier(path, "SIGN")
    assert spans == [("A", 40, expected)]
    whole = "a.eaf line 8: has 1 times that are not whole milliseconds, the first "
    assert bad[:1] == ([] if time == "1e2" else [f"{whole}{time!r}; kept"])


def test_a_name_that_two_tiers_have_is_noted(tmp_path: Path) -> None:
    first = tier("SIGN", aligned("a1", "ts1", "ts2", "A"))
    path = write_eaf(tmp_path / "a.eaf", {"ts1": 0, "ts2": 9}, first, tier("SIGN"))
    found = "a.eaf line 13: has two tiers called 'SIGN'; the last one is read; left out"
    assert read_tier(path, "SIGN") == ([], [found])


def test_a_tier_without_a_participant_has_that_of_the_tier_above(tmp_path: Path) -> None:
    path = write_eaf(
        tmp_path / "a.eaf",
        {},
        tier("TEXT", participant="ann"),
        tier("GLOSS", parent="TEXT"),
        tier("X", parent="Y"),
        tier("Y", parent="X"),
    )
    with Ledger() as ledger:
        eaf = Eaf(path, ledger)
    assert [eaf.participant(name) for name in eaf.tier_names] == ["ann", "ann", "", ""]


def test_the_header_tells_media_and_licence(tmp_path: Path) -> None:
    more = '<MEDIA_DESCRIPTOR MEDIA_URL="file:///a.wav" MIME_TYPE="audio/x-wav" TIME_ORIGIN="-40"/>'
    path = write_eaf(tmp_path / "a.eaf", {}, media=VIDEO + more, licence="CC BY 4.0")
    header = read_header(path)
    assert [(media.name, media.is_video, media.origin_ms) for media in header.media] == [
        ("my film.mp4", True, 0),
        ("a.wav", False, -40),
    ]
    assert header.licence == "CC BY 4.0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a/>", "is not an .eaf file: it holds a, expected ANNOTATION_DOCUMENT"),
        ("<ANNOTATION_DOCUMENT/>", "has no HEADER; open it in ELAN and save it again"),
        (
            '<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="PAL-frames"/></ANNOTATION_DOCUMENT>',
            "counts time in 'PAL-frames', expected 'milliseconds'",
        ),
    ],
)
def test_what_is_not_an_eaf_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.eaf"
    path.write_text(text)
    with pytest.raises(FormatError) as error:
        read_header(path)
    assert str(error.value) == f"{path} {message}"


def test_children_follow_the_one_that_they_name_before_them(tmp_path: Path) -> None:
    above = tier("TOP", aligned("a1", "ts1", "ts2", "x"))
    signs = tier("SIGN", referring("a4", "a1", "B", previous="a3"), referring("a3", "a1", "A"))
    path = write_eaf(tmp_path / "a.eaf", {"ts1": 0, "ts2": 200}, above, signs)
    assert read_tier(path, "SIGN")[0] == [("A", 0, 100), ("B", 100, 200)]


@pytest.mark.parametrize("name", ["a5", ""])
def test_annotations_with_the_same_id_keep_their_own_times(tmp_path: Path, name: str) -> None:
    above = tier("TOP", aligned("a1", "ts1", "ts2", "x"), aligned("a2", "ts2", "ts3", "y"))
    signs = tier("SIGN", referring(name, "a1", "A"))
    others = tier("OTHER", referring(name, "a2", "B"))
    path = write_eaf(tmp_path / "a.eaf", {"ts1": 0, "ts2": 100, "ts3": 200}, above, signs, others)
    assert read_tier(path, "SIGN") == ([("A", 0, 100)], [])
    assert read_tier(path, "OTHER") == ([("B", 100, 200)], [])


def test_of_two_annotations_that_others_refer_to_the_first_is_taken(tmp_path: Path) -> None:
    above = tier("TOP", aligned("a1", "ts1", "ts2", "x"), aligned("a1", "ts2", "ts3", "y"))
    signs = tier("SIGN", referring("a5", "a1", "A"))
    path = write_eaf(tmp_path / "a.eaf", {"ts1": 0, "ts2": 100, "ts3": 200}, above, signs)
    spans, (bad,) = read_tier(path, "SIGN")
    assert spans == [("A", 0, 100)]
    assert bad.endswith(
        ": has two annotations 'a1', which others refer to; the first is taken; kept"
    )
