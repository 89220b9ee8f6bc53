import json
from pathlib import Path
from typing import Any

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows

NICE = {
    "org_text": "NICE",
    "clean_text": "nice",
    "start_time": 1.804,
    "signer_id": 38,
    "signer": -1,
    "start": 54,
    "end": 165,
    "file": "nice in ASL",
    "label": 1,
    "height": 270.0,
    "fps": 29.934,
    "end_time": 5.512,
    "url": "https://www.youtube.com/watch?v=C37R_Ix8-qs&t=1s",
    "text": "nice",
    "box": [0.1, 0.2, 1.0, 0.8],
    "width": 480.0,
}


def without(*keys: str, **fields: Any) -> dict[str, Any]:
    return {key: value for key, value in (NICE | fields).items() if key not in keys}


def write(path: Path, records: list[Any], encoding: str = "utf-8") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(records), encoding=encoding)
    return path


def read(
    source: Path, out: Path, options: ImportOptions | None = None
) -> tuple[ImportSummary, dict[str, Clip]]:
    summary = import_dataset("msasl", source, out, options)
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def test_a_record_becomes_a_clip_with_all_its_columns(tmp_path: Path) -> None:
    _, clips = read(write(tmp_path / "MSASL_val.json", [NICE]), tmp_path / "out")
    assert list(clips.values()) == [
        Clip(
            "C37R_Ix8-qs-54-165",
            "C37R_Ix8-qs.mp4",
            1.804,
            5.512,
            ("nice",),
            signer="38",
            language="ase",
            split="dev",
            extra={
                "x_class": "1",
                "x_start": "54",
                "x_end": "165",
                "x_fps": "29.934",
                "x_box": "0.1 0.2 1.0 0.8",
                "x_clean_text": "nice",
                "x_org_text": "NICE",
                "x_file": "nice in ASL",
                "x_url": "https://www.youtube.com/watch?v=C37R_Ix8-qs&t=1s",
                "x_signer": "-1",
                "x_width": "480.0",
                "x_height": "270.0",
            },
        )
    ]


@pytest.mark.parametrize(
    ("record", "clip_id", "window"),
    [
        (NICE, "C37R_Ix8-qs-54-165", (1.804, 5.512)),
        (without("start_time", start=30, end=60, fps=30.0), "C37R_Ix8-qs-30-60", (1.0, 2.0)),
        (without("start", "end"), "C37R_Ix8-qs-1804ms-5512ms", (1.804, 5.512)),
        (without("start_time", "end_time", "fps"), "C37R_Ix8-qs-54-165", (None, None)),
    ],
    ids=["seconds", "frames and rate", "no frames", "frames only"],
)
def test_the_window_is_in_seconds_or_not_there(
    tmp_path: Path,
    record: dict[str, Any],
    clip_id: str,
    window: tuple[float | None, float | None],
) -> None:
    _, clips = read(write(tmp_path / "MSASL_test.json", [record]), tmp_path / "out")
    assert (clips[clip_id].start_s, clips[clip_id].end_s) == pytest.approx(window)
    noted = (
        "missing_value,MSASL_test.json,1,C37R_Ix8-qs-54-165,"
        '"is from frame 54 to 165 at an unknown frame rate, so it has no time window; the '
        'published files have start_time and end_time",kept'
    )
    assert bad_rows(tmp_path / "out") == ([noted] if window == (None, None) else [])


@pytest.mark.parametrize(
    "url",
    [
        "www.youtube.com/watch?v=C37R_Ix8-qs",
        "https://www.youtube.com/watch?feature=share&v=C37R_Ix8-qs#t=3",
        "https://youtu.be/C37R_Ix8-qs",
        "https://www.youtube.com/embed/C37R_Ix8-qs",
    ],
)
def test_the_video_is_named_by_its_youtube_id(tmp_path: Path, url: str) -> None:
    _, clips = read(write(tmp_path / "MSASL_test.json", [NICE | {"url": url}]), tmp_path / "out")
    assert [clip.video for clip in clips.values()] == ["C37R_Ix8-qs.mp4"]


def test_a_folder_gives_the_three_splits_in_order(tmp_path: Path) -> None:
    source = tmp_path / "msasl"
    for number, split in enumerate(("test", "train", "val")):
        record = NICE | {"start": number, "text": "thank you"}
        write(source / f"MSASL_{split}.json", [record], encoding="utf-8-sig")
    write(source / "MSASL_classes.json", ["hello", "nice"])
    write(source / "MSASL_synonym.json", [["nice", "good"]])
    _, clips = read(source, tmp_path / "out")
    assert [(c.split, c.glosses, c.extra["x_label"]) for c in clips.values()] == [
        ("train", ("thank-you",), "thank you"),
        ("dev", ("thank-you",), "thank you"),
        ("test", ("thank-you",), "thank you"),
    ]


def test_bad_rows_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    records = [
        NICE,
        NICE | {"text": "other"},
        NICE | {"url": "https://vimeo.com/1"},
        "not a record",
        NICE | {"start": 0, "text": "", "clean_text": "", "signer_id": None},
        NICE | {"start": 1, "start_time": 6.0},
        without("start", "start_time"),
    ]
    summary, clips = read(write(tmp_path / "MSASL_test.json", records), tmp_path / "out")
    assert list(clips) == ["C37R_Ix8-qs-54-165", "C37R_Ix8-qs-0-165"]
    assert summary.bad_rows == {
        "unreadable": 3,
        "duplicate_id": 1,
        "empty_gloss": 1,
        "unknown_signer": 1,
        "wrong_window": 1,
    }
    assert (
        "unreadable,MSASL_test.json,3,,has a record that cannot be read (ValueError: no YouTube "
        "video in 'https://vimeo.com/1'),left out"
    ) in bad_rows(tmp_path / "out")


def test_videos_that_are_gone_are_listed_with_the_split(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "C37R_Ix8-qs.webm").touch()
    records = [NICE, NICE | {"url": "www.youtube.com/watch?v=aaaaaaaaaaa"}]
    source = write(tmp_path / "MSASL_test.json", records)
    summary, clips = read(source, tmp_path / "out", ImportOptions(videos=tmp_path / "videos"))
    assert [clip.video for clip in clips.values()] == ["C37R_Ix8-qs.webm", "aaaaaaaaaaa.mp4"]
    assert summary.missing_by_split == {"test": 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "MSASL_test.json",
            '["nice"]',
            "{path} has no signs of MS-ASL; expected a list of records with 'url'",
        ),
        (
            "other.json",
            "[]",
            "{folder} has no annotations of MS-ASL; expected MSASL_train.json, MSASL_val.json or "
            "MSASL_test.json in it, or give one table",
        ),
    ],
)
def test_what_is_no_msasl_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / name).write_text(content)
    with pytest.raises(FormatError) as error:
        import_dataset("msasl", folder, tmp_path / "out")
    assert str(error.value) == message.format(path=folder / name, folder=folder)


@pytest.mark.real_data
def test_the_real_sample_comes_whole_without_windows(tmp_path: Path, real_data: Path) -> None:
    folder = real_data / "annotations" / "msasl"
    records = json.loads((folder / "MS_ASL_SI_ASL100_test.json").read_text())
    summary, clips = read(folder, tmp_path / "out")
    assert (summary.n_clips, summary.bad_rows) == (757, {"missing_value": 757})
    for record, clip in zip(records, clips.values(), strict=True):
        assert clip.video.removesuffix(".mp4") in record["url"]
        assert clip.glosses == (record["text"],)
        assert (clip.signer, clip.split) == (str(record["signer_id"]), "test")
        assert clip.extra["x_class"] == str(record["label"])
    assert len({clip.video for clip in clips.values()}) == 357
    assert len({clip.glosses for clip in clips.values()}) == 100
    assert len({clip.signer for clip in clips.values()}) == 20


@pytest.mark.parametrize(
    "record",
    [
        without(start=10**400),
        without(start=float("inf")),
        without(start_time=10**400),
        without("start_time", "end_time", fps="0"),
        without("start", "end", start_time=float("nan")),
    ],
)
def test_numbers_that_make_no_sense_are_left_out(tmp_path: Path, record: dict[str, Any]) -> None:
    good = without(url="https://www.youtube.com/watch?v=abcdefghijk")
    source = write(tmp_path / "MSASL_val.json", [good, record])
    summary, clips = read(source, tmp_path / "out")
    assert list(clips) == ["abcdefghijk-54-165"]
    assert summary.n_left_out == 1


def test_times_may_be_text(tmp_path: Path) -> None:
    record = without("start", "end", start_time="1.5", end_time="2")
    _, clips = read(write(tmp_path / "MSASL_val.json", [record]), tmp_path / "out")
    clip = clips["C37R_Ix8-qs-1500ms-2000ms"]
    assert (clip.start_s, clip.end_s) == (1.5, 2.0)
