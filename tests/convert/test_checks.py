from pathlib import Path
from typing import Any

import pytest

from signkit.clip import Clip
from signkit.convert.corpus import ImportOptions
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows, build, entry

RLM, BOM, NBSP = "\u200f", "\ufeff", "\u00a0"


def rows_of(folder: Path) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in PoseDataset.open(folder).clips}


@pytest.mark.parametrize(
    ("fields", "kept", "listed"),
    [
        ({"glosses": ()}, {"glosses": ()}, "empty_gloss,table.csv,7,a,has no gloss,kept"),
        (
            {"glosses": (f"{RLM}بيت",)},
            {"glosses": ("بيت",)},
            "direction_mark,table.csv,7,a,has an invisible mark in gloss "
            r"'\u200f\u0628\u064a\u062a',repaired",
        ),
        (
            {"text": f"{BOM}Tee, bitte"},
            {"text": "Tee, bitte"},
            r"byte_order_mark,table.csv,7,a,"
            "\"has an invisible mark in text '\\ufeffTee, bitte'\",repaired",
        ),
        (
            {"text": 'he said "tea'},
            {"text": 'he said "tea'},
            'stray_quote,table.csv,7,a,"has a stray quote in text \'he said ""tea\'",kept',
        ),
        (
            {"glosses": ("TE\u0301E",)},
            {"glosses": ("TE\u0301E",)},
            r"not_nfc,table.csv,7,a," "\"has gloss 'TE\\u0301E', not in NFC\",kept",
        ),
        (
            {"split": "training"},
            {"split": ""},
            "unknown_split,table.csv,7,a,\"has the split 'training', expected train, dev, test; "
            'taken as none",repaired',
        ),
        ({"signer": ""}, {"signer": ""}, "unknown_signer,table.csv,7,a,has no signer,kept"),
        (
            {"signer": "eve"},
            {"signer": "eve"},
            "unknown_signer,table.csv,7,a,has the unknown signer 'eve',kept",
        ),
        (
            {"start_s": 1.0, "end_s": 9.0, "video_s": 4.0},
            {"start_s": 1.0, "end_s": 4.0},
            "outside_video,table.csv,7,a,ends at 9 s of a video of 4 s; now at its end,repaired",
        ),
    ],
)
def test_what_is_odd_is_repaired_or_kept_and_listed_with_its_line(
    tmp_path: Path, fields: dict[str, Any], kept: dict[str, Any], listed: str
) -> None:
    fields = {"signer": "ann", **fields}
    build([entry(line=7, **fields)], tmp_path / "out", signers=frozenset({"ann"}))
    row = rows_of(tmp_path / "out")["a"]
    assert {name: getattr(row, name) for name in kept} == kept
    assert bad_rows(tmp_path / "out") == [listed]


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ({"clip_id": " "}, "empty_id,table.csv,7, ,has no id,left out"),
        ({"clip_id": "good"}, "duplicate_id,table.csv,7,good,repeats the id 'good',left out"),
        (
            {"clip_id": "a", "start_s": 3.0, "end_s": 2.0},
            "wrong_window,table.csv,7,a,ends at 2 s and begins at 3 s,left out",
        ),
        (
            {"clip_id": "a", "start_s": -1.0},
            "wrong_window,table.csv,7,a,is from -1.0 s to None s,left out",
        ),
        (
            {"clip_id": "a", "start_s": 5.0, "video_s": 4.0},
            "outside_video,table.csv,7,a,begins at 5 s of a video of 4 s,left out",
        ),
    ],
)
def test_what_makes_no_sense_is_left_out_and_listed_with_its_line(
    tmp_path: Path, fields: dict[str, Any], listed: str
) -> None:
    summary = build([entry("good"), entry(line=7, **fields)], tmp_path / "out")
    assert list(rows_of(tmp_path / "out")) == ["good"]
    assert bad_rows(tmp_path / "out") == [listed]
    assert (summary.n_left_out, summary.is_whole) == (1, False)


def test_an_id_with_spaces_and_slashes_is_changed_as_extraction_changes_paths(
    tmp_path: Path,
) -> None:
    build([entry("day 1/take 2")], tmp_path / "out")
    assert list(rows_of(tmp_path / "out")) == ["day_1-take_2"]
    assert bad_rows(tmp_path / "out") == [
        "odd_id,table.csv,2,day 1/take 2,\"has the id 'day 1/take 2', now 'day_1-take_2'\",repaired"
    ]


def test_right_to_left_text_comes_out_as_it_went_in_and_is_counted(tmp_path: Path) -> None:
    glosses = ("سوال", "هو")
    entries = [entry("a", glosses=glosses), entry("b", text="שלום"), entry("c", text="tea")]
    summary = build(entries, tmp_path / "out")
    assert rows_of(tmp_path / "out")["a"].glosses == glosses
    assert (summary.n_right_to_left, summary.bad_rows) == (2, {})


def test_a_withheld_gloss_is_no_fault(tmp_path: Path) -> None:
    assert build([entry(glosses=(), is_unlabelled=True)], tmp_path / "out").bad_rows == {}


def test_strict_stops_at_the_first_bad_row_and_writes_nothing(tmp_path: Path) -> None:
    entries = [entry("a"), entry("a", line=3)]
    with pytest.raises(FormatError) as caught:
        build(entries, tmp_path / "out", ImportOptions(strict=True))
    assert str(caught.value) == (
        "table.csv line 3: repeats the id 'a'; correct it, or leave --strict away to list it"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fields",
    [{"glosses": ("TE\ud800A",)}, {"video": "\udcff.mp4"}, {"extra": {"x_label": "\ud800"}}],
)
def test_what_utf8_cannot_hold_is_left_out_and_listed(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    entries = [entry("a", **fields), entry("b")]
    build(entries, tmp_path / "out", extra=("x_label",))
    assert list(rows_of(tmp_path / "out")) == ["b"]
    (bad,) = bad_rows(tmp_path / "out")
    assert bad.endswith(', which is not UTF-8",left out')


def test_an_id_that_utf8_cannot_hold_is_listed_with_an_escape(tmp_path: Path) -> None:
    build([entry("a\udcff"), entry("b")], tmp_path / "out")
    (bad,) = bad_rows(tmp_path / "out")
    assert bad.startswith("unreadable,table.csv,2,a\\udcff,")
