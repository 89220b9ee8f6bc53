import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows

YOUTUBE = "https://www.youtube.com/watch?v=0UsjUE-TXns"
SITE = "https://somewhere.org/book.mp4"


def instance(video_id: str, **fields: Any) -> dict[str, Any]:
    """A whole video of signer 7 in train; a field of None is left away."""
    record = {
        "bbox": [385, 37, 885, 720],
        "fps": 25,
        "frame_end": -1,
        "frame_start": 1,
        "instance_id": 0,
        "signer_id": 7,
        "source": "somewhere",
        "split": "train",
        "url": SITE,
        "variation_id": 2,
        "video_id": video_id,
    }
    return {key: value for key, value in (record | fields).items() if value is not None}


def write_list(path: Path, glosses: dict[str, list[Any]]) -> Path:
    entries = [{"gloss": gloss, "instances": rows} for gloss, rows in glosses.items()]
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def write_nslt(path: Path, records: dict[str, Any], classes: str = "") -> Path:
    path.write_text(json.dumps(records))
    if classes:
        (path.parent / "wlasl_class_list.txt").write_text(classes)
    return path


def read(
    source: Path, out: Path, options: ImportOptions | None = None
) -> tuple[ImportSummary, dict[str, Clip]]:
    summary = import_dataset("wlasl", source, out, options)
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def test_an_instance_becomes_a_clip_with_all_its_columns(tmp_path: Path) -> None:
    source = write_list(
        tmp_path / "WLASL_v0.3.json",
        {
            "book": [],
            "thank you": [
                instance("00042", frame_start=26, frame_end=50, url=YOUTUBE, split="val")
            ],
        },
    )
    _, clips = read(source, tmp_path / "out")
    assert clips["00042"] == Clip(
        "00042",
        "00042.mp4",
        1.0,
        2.0,
        ("thank-you",),
        signer="7",
        language="ase",
        split="dev",
        session="0UsjUE-TXns",
        extra={
            "x_label": "thank you",
            "x_class": "1",
            "x_frame_start": "26",
            "x_frame_end": "50",
            "x_bbox": "385 37 885 720",
            "x_instance": "0",
            "x_variation": "2",
            "x_source": "somewhere",
            "x_url": YOUTUBE,
        },
    )


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        ({}, (None, None)),
        ({"frame_start": None, "frame_end": None}, (None, None)),
        ({"frame_start": 2}, (0.04, None)),
        ({"frame_end": 88}, (0.0, 3.52)),
        ({"frame_start": 11, "frame_end": 11}, (0.4, 0.44)),
        ({"frame_start": 11, "frame_end": 20, "fps": 10}, (1.0, 2.0)),
    ],
    ids=["whole video", "no frames", "to the end", "from the start", "one frame", "another rate"],
)
def test_frames_count_from_1_and_the_last_belongs_to_the_sign(
    tmp_path: Path, fields: dict[str, Any], window: tuple[float | None, float | None]
) -> None:
    source = write_list(tmp_path / "a.json", {"book": [instance("1", **fields)]})
    clip = read(source, tmp_path / "out")[1]["1"]
    assert (clip.start_s, clip.end_s) == window


@pytest.mark.parametrize(
    ("files", "url", "video", "window"),
    [
        (["1.mp4"], YOUTUBE, "1.mp4", (None, None)),
        (["0UsjUE-TXns.mp4"], YOUTUBE, "0UsjUE-TXns.mp4", (1.0, 2.0)),
        (["0UsjUE-TXns.mkv"], "https://youtu.be/0UsjUE-TXns", "0UsjUE-TXns.mkv", (1.0, 2.0)),
        (["1.mp4", "0UsjUE-TXns.mp4"], YOUTUBE, "1.mp4", (None, None)),
        (["1.mp4"], SITE, "1.mp4", (1.0, 2.0)),
        (["2.mp4"], YOUTUBE, "1.mp4", (1.0, 2.0)),
    ],
    ids=["cut", "uncut", "uncut, short address", "cut first", "no YouTube: copied", "missing"],
)
def test_videos_tell_whether_the_sign_was_cut_out_already(
    tmp_path: Path, files: list[str], url: str, video: str, window: tuple[float | None, ...]
) -> None:
    (tmp_path / "videos").mkdir()
    for name in files:
        (tmp_path / "videos" / name).touch()
    rows = [instance("1", frame_start=26, frame_end=50, url=url)]
    source = write_list(tmp_path / "a.json", {"book": rows})
    options = ImportOptions(videos=tmp_path / "videos")
    summary, clips = read(source, tmp_path / "out", options)
    clip = clips["1"]
    assert (clip.video, (clip.start_s, clip.end_s)) == (video, window)
    assert summary.missing_by_split == ({"train": 1} if files == ["2.mp4"] else {})


def test_nslt_classes_are_named_by_the_list_beside_them(tmp_path: Path) -> None:
    records = {
        "05237": {"subset": "val", "action": [1, 26, 50]},
        "05238": {"subset": "test", "action": [0, 1, 50]},
    }
    source = write_nslt(tmp_path / "nslt_2.json", records, "0\tbook\n1\tice cream\n")
    summary, clips = read(source, tmp_path / "out")
    assert not summary.bad_rows
    assert [(c.glosses, c.split, c.start_s, c.end_s) for c in clips.values()] == [
        (("ice-cream",), "dev", 1.0, 2.0),
        (("book",), "test", 0.0, 2.0),
    ]
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "05237.mp4").touch()
    options = ImportOptions(videos=tmp_path / "videos")
    clips = read(source, tmp_path / "again", options)[1]
    assert [(c.start_s, c.end_s) for c in clips.values()] == [(None, None), (0.0, 2.0)]


def test_without_the_list_the_class_number_is_the_gloss(tmp_path: Path) -> None:
    source = write_nslt(tmp_path / "nslt_9.json", {"a": {"subset": "train", "action": [7, 1, 9]}})
    _, clips = read(source, tmp_path / "out")
    assert clips["a"].glosses == ("7",)
    assert bad_rows(tmp_path / "out") == [
        "missing_value,nslt_9.json,,,"
        "has class numbers and no wlasl_class_list.txt beside it; the numbers are the glosses,kept"
    ]


def test_a_folder_joins_its_files_and_notes_where_they_differ(tmp_path: Path) -> None:
    source = tmp_path / "wlasl"
    source.mkdir()
    write_list(source / "WLASL_v0.3.json", {"book": [instance("1")], "drink": [instance("2")]})
    write_list(source / "asl1.json", {"book": [instance("1", signer_id=8)]})
    records = {
        "1": {"subset": "test", "action": [1, 1, 9]},
        "3": {"subset": "train", "action": [1, 1, 9]},
    }
    write_nslt(source / "nslt_2.json", records, "0\tbook\n1\tdrink\n")
    summary, clips = read(source, tmp_path / "out")
    assert {name: (clip.glosses, clip.signer) for name, clip in clips.items()} == {
        "1": (("book",), "7"),
        "2": (("drink",), "7"),
        "3": (("drink",), ""),
    }
    assert summary.is_whole
    assert bad_rows(tmp_path / "out") == [
        "conflict,nslt_2.json,1,1,"
        "\"has split 'test', WLASL_v0.3.json 'train', which is taken\",kept",
        "conflict,nslt_2.json,1,1,"
        "\"has gloss 'drink', WLASL_v0.3.json 'book', which is taken\",kept",
    ]


def test_bad_rows_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [
        instance("1"),
        instance("1", split="val"),
        instance("", signer_id=None),
        instance("3", frame_start=60, frame_end=50),
        instance("4", frame_start=0, frame_end=50),
        instance("5", frame_start="x"),
        "not a record",
        instance("8", split="all", signer_id=None),
        {"gloss": "no id"},
    ]
    source = tmp_path / "a.json"
    entries = [
        {"gloss": 'say "hi', "instances": rows},
        {"gloss": "", "instances": [instance("10")]},
        {"gloss": "\u200fشكرا", "instances": [instance("11")]},
        "not an entry",
    ]
    source.write_text(json.dumps(entries), encoding="utf-8-sig")
    summary, clips = read(source, tmp_path / "out")
    assert {name: clip.glosses for name, clip in clips.items()} == {
        "1": ('say-"hi',),
        "8": ('say-"hi',),
        "10": (),
        "11": ("شكرا",),
    }
    assert summary.n_right_to_left == 1
    assert summary.bad_rows == {
        "stray_quote": 4,
        "unreadable": 4,
        "wrong_window": 2,
        "duplicate_id": 1,
        "empty_id": 1,
        "unknown_signer": 1,
        "unknown_split": 1,
        "empty_gloss": 1,
        "direction_mark": 1,
    }
    unreadable = [row for row in bad_rows(tmp_path / "out") if row.startswith("unreadable")]
    assert unreadable[0] == (
        "unreadable,a.json,6,,has a record that cannot be read (ValueError: invalid literal for "
        "int() with base 10: 'x'),left out"
    )
    assert [row.split(",")[2] for row in unreadable] == ["6", "7", "9", "12"]


@pytest.mark.parametrize("content", ["[]", "{}", "[1]", '{"a": 1}', '[{"gloss": "a"}]'])
def test_what_has_neither_shape_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(FormatError) as error:
        import_dataset("wlasl", tmp_path / "a.json", tmp_path / "out")
    assert str(error.value) == (
        f"{tmp_path / 'a.json'} has no annotations of WLASL; expected WLASL_v0.3.json, a list of "
        "glosses with instances, or nslt_100.json, video ids with subset and action"
    )


def test_no_source_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as error:
        import_dataset("wlasl", tmp_path / "nowhere", tmp_path / "out")
    assert str(error.value) == f"no folder or file at {tmp_path / 'nowhere'}"


@pytest.mark.real_data
def test_the_real_list_of_100_glosses_comes_whole(tmp_path: Path, real_data: Path) -> None:
    path = real_data / "annotations" / "wlasl" / "asl100.json"
    rows = [(e["gloss"], i) for e in json.loads(path.read_text()) for i in e["instances"]]
    summary, clips = read(path, tmp_path / "out")
    assert (summary.n_clips, summary.bad_rows) == (len(rows), {}) == (2038, {})
    assert Counter(clip.split for clip in clips.values()) == {
        "train": 1442,
        "dev": 338,
        "test": 258,
    }
    assert sum(clip.end_s is not None for clip in clips.values()) == 205
    assert {clip.signer for clip in clips.values()} == {str(i["signer_id"]) for _, i in rows}
    for gloss, row in rows:
        clip = clips[row["video_id"]]
        assert clip.glosses == ("-".join(gloss.split()),)
        if row["frame_end"] != -1:
            n_frames = row["frame_end"] - row["frame_start"] + 1
            assert clip.start_s is not None
            assert clip.end_s is not None
            assert clip.end_s - clip.start_s == pytest.approx(n_frames / 25)


@pytest.mark.real_data
def test_the_real_nslt_file_has_the_same_clips(tmp_path: Path, real_data: Path) -> None:
    folder = real_data / "annotations" / "wlasl"
    summary, clips = read(folder / "nslt_100.json", tmp_path / "nslt")
    listed = read(folder / "asl100.json", tmp_path / "list")[1]
    assert (summary.n_clips, summary.bad_rows) == (2038, {})
    same = ("glosses", "split", "video", "language")
    for name, clip in clips.items():
        assert all(getattr(clip, field) == getattr(listed[name], field) for field in same)
        assert clip.extra["x_class"] == listed[name].extra["x_class"]
    both, _ = read(folder, tmp_path / "both")
    assert (both.n_clips, both.bad_rows) == (2038, {})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"frame_start": 10**400}, "ValueError: a number of more than 15 digits"),
        ({"frame_end": float("inf")}, "ValueError: inf is not a whole number"),
        ({"frame_end": 3.7}, "ValueError: 3.7 is not a whole number"),
        ({"fps": "0", "frame_end": 9}, "ValueError: a frame rate of 0"),
        ({"fps": 10**400}, "OverflowError: int too large to convert to float"),
    ],
)
def test_numbers_that_make_no_sense_are_left_out(
    tmp_path: Path, wrong: dict[str, Any], why: str
) -> None:
    rows = [instance("1"), instance("2", **wrong)]
    source = write_list(tmp_path / "WLASL_v0.3.json", {"book": rows})
    _, clips = read(source, tmp_path / "out")
    assert list(clips) == ["1"]
    assert bad_rows(tmp_path / "out") == [
        f"unreadable,WLASL_v0.3.json,2,,has a record that cannot be read ({why}),left out"
    ]


def test_a_class_number_without_end_is_no_class(tmp_path: Path) -> None:
    classes = f"{'1' * 5000}\tdrink\n0\tbook\n"
    source = write_nslt(
        tmp_path / "nslt_100.json", {"1": {"subset": "train", "action": [0, 1, 9]}}, classes
    )
    assert read(source, tmp_path / "out")[1]["1"].glosses == ("book",)
