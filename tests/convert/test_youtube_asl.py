from pathlib import Path

import pandas as pd
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.dataset import PoseDataset
from signkit.errors import FormatError

VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nhello\n\n00:03.000 --> 00:04.000\nsee you\n"


def make_source(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def clips_of(tmp_path: Path, source: Path, **options: Path) -> tuple[ImportSummary, list[Clip]]:
    summary = import_dataset("youtube-asl", source, tmp_path / "out", ImportOptions(**options))
    return summary, list(PoseDataset.open(tmp_path / "out").clips)


def column(tmp_path: Path, table: str, name: str) -> list[str]:
    return pd.read_csv(tmp_path / "out" / f"{table}.csv", dtype=str)[name].tolist()


def test_every_cue_is_a_clip_with_its_text(tmp_path: Path) -> None:
    files = {"ids.txt": "-a_b1c2D3e4\n", "captions/-a_b1c2D3e4.en.vtt": VTT}
    summary, clips = clips_of(tmp_path, make_source(tmp_path / "in", files))
    known = {"video": "-a_b1c2D3e4.mp4", "language": "ase", "session": "-a_b1c2D3e4"}
    assert clips == [
        Clip("-a_b1c2D3e4-1", start_s=1, end_s=2.5, text="hello", **known),
        Clip("-a_b1c2D3e4-2", start_s=3, end_s=4, text="see you", **known),
    ]
    assert summary.is_whole
    assert summary.n_bad_rows == 0


def test_ids_and_captions_that_do_not_meet_are_listed(tmp_path: Path) -> None:
    files = {
        "ids.txt": "\ufeffvideo_id\nGGGGGGGGGGG\nmissing0000\nGGGGGGGGGGG\nhttps://youtu.be/x\nsilent00000",
        "GGGGGGGGGGG.vtt": VTT,
        "silent00000.vtt": "WEBVTT\n",
        "unlisted000.en.vtt": VTT,
        "A title.en.vtt": VTT,
        "GGGGGGGGGGG.en-US.vtt": VTT,
        "GGGGGGGGGGG.es.vtt": VTT,
    }
    summary, clips = clips_of(tmp_path, make_source(tmp_path / "in", files))
    assert [clip.clip_id for clip in clips] == ["GGGGGGGGGGG-1", "GGGGGGGGGGG-2"]
    assert summary.bad_rows == {"byte_order_mark": 1, "duplicate_id": 1, "unreadable": 1}
    assert [str(row) for row in summary.first_bad][1:] == [
        "ids.txt line 4: repeats the id 'GGGGGGGGGGG'; left out",
        "ids.txt line 5: has 'https://youtu.be/x', expected the id of a video; left out",
    ]
    assert column(tmp_path, "missing", "clip_id") == ["missing0000", "silent00000"]
    assert column(tmp_path, "missing", "reason") == ["no captions", "silent00000.vtt has no cue"]
    unlisted = dict(
        zip(
            column(tmp_path, "unlisted", "name"),
            column(tmp_path, "unlisted", "reason"),
            strict=True,
        )
    )
    assert unlisted == {
        "A title.en.vtt": "its name is not a video id, as in ID.vtt or ID.en.vtt",
        "GGGGGGGGGGG.en-US.vtt": "GGGGGGGGGGG.vtt has captions of the same video",
        "GGGGGGGGGGG.es.vtt": "captions in 'es', expected English",
        "unlisted000.en.vtt": "no row names it",
    }


def test_what_is_wrong_with_a_cue_is_listed_with_the_line_of_its_times(tmp_path: Path) -> None:
    text = VTT.replace("see you", 'see "you')
    summary, _ = clips_of(tmp_path, make_source(tmp_path / "in", {"aaa.vtt": text}))
    assert [str(row) for row in summary.first_bad] == [
        "aaa.vtt line 6: has a stray quote in text 'see \"you'; kept"
    ]


def test_without_a_list_all_captions_are_read_and_english_ones_first(tmp_path: Path) -> None:
    other = VTT.replace("hello", "howdy")
    files = {"b.en-GB.vtt": other, "b.vtt": other, "b.en.vtt": VTT, "a.en-US.srt": VTT}
    _, clips = clips_of(tmp_path, make_source(tmp_path / "in", files))
    assert [(clip.clip_id, clip.text) for clip in clips][::2] == [
        ("a-1", "hello"),
        ("b-1", "hello"),
    ]


def test_the_list_itself_may_be_given(tmp_path: Path) -> None:
    files = {"train.txt": "aaa\n", "test.txt": "bbb\n", "aaa.vtt": VTT, "bbb.vtt": VTT}
    source = make_source(tmp_path / "in", files)
    with pytest.raises(FormatError) as error:
        clips_of(tmp_path, source)
    assert str(error.value) == (
        f"{source} has several lists (test.txt, train.txt); give the list itself as SOURCE"
    )
    summary, clips = clips_of(tmp_path, source / "train.txt")
    assert [clip.clip_id for clip in clips] == ["aaa-1", "aaa-2"]
    assert summary.n_unlisted == 1


def test_videos_that_are_not_there_are_missing(tmp_path: Path) -> None:
    source = make_source(tmp_path / "in", {"aaa.vtt": VTT, "bbb.vtt": VTT})
    videos = make_source(tmp_path / "videos", {"x/aaa.webm": "", "ccc.mp4": ""})
    summary, clips = clips_of(tmp_path, source, videos=videos)
    assert [clip.video for clip in clips] == ["x/aaa.webm"] * 2 + ["bbb.mp4"] * 2
    assert (summary.n_missing, summary.n_unlisted) == (2, 1)


def test_captions_that_cannot_be_read_do_not_stop_the_others(tmp_path: Path) -> None:
    late = VTT + "\n00:00.500 --> 00:00.200\nnever\n"
    source = make_source(tmp_path / "in", {"aaa.vtt": late})
    (source / "bad.vtt").write_bytes(b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff\n")
    summary, clips = clips_of(tmp_path, source)
    assert len(clips) == 2
    assert [str(row) for row in summary.first_bad] == [
        "aaa.vtt line 9: has a cue that ends at 0.2 s and begins at 0.5 s; left out",
        "bad.vtt: is not UTF-8 text (invalid start byte); left out",
    ]
    assert column(tmp_path, "missing", "clip_id") == ["bad"]


def test_a_folder_with_nothing_in_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as error:
        clips_of(tmp_path, tmp_path)
    assert str(error.value) == (
        f"{tmp_path} has neither a list of video ids (.txt, an id a line) nor captions "
        "(ID.en.vtt); fetch them first, see 'signkit import youtube-asl --card'"
    )
