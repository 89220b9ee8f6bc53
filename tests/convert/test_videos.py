from pathlib import Path

import pytest

from signkit.convert.corpus import ImportOptions
from signkit.convert.videos import VideoFolder
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows, build, entry, lines
from tests.extract.films import write_film


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    for name in ("a.mp4", "day/b.webm", "one/twin.mp4", "two/twin.mp4", "notes.txt", "pics/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("a.mp4", "a.mp4"),
        ("b.webm", "day/b.webm"),  # in another folder
        ("old/b.mp4", "day/b.webm"),  # with another suffix
        ("a", "a.mp4"),
        ("one/twin.mp4", "one/twin.mp4"),
        ("twin.mp4", None),  # which of the two?
        ("pics", "pics"),  # pictures
        ("c.mp4", None),
        ("", None),
    ],
)
def test_a_video_is_found_by_path_name_or_stem(videos: Path, asked: str, found: str | None) -> None:
    assert VideoFolder(videos).find(asked) == found


def test_what_nobody_asked_for_is_told(videos: Path) -> None:
    folder = VideoFolder(videos)
    folder.find("a.mp4")
    assert folder.unused() == ["day/b.webm", "one/twin.mp4", "two/twin.mp4"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        VideoFolder(tmp_path / "no")
    assert str(caught.value) == f"no folder of videos at {tmp_path / 'no'}"


def test_a_window_outside_of_its_video_is_left_out_or_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    write_film(tmp_path / "videos" / "a.mp4", n_frames=50)  # 2 s
    (tmp_path / "videos" / "b.mp4").write_bytes(b"no video")
    entries = [
        entry("a-1", video="a.mp4", start_s=0.0, end_s=2.02, line=2),
        entry("a-2", video="a.mp4", start_s=1.5, end_s=3.0, line=3),
        entry("a-3", video="a.mp4", start_s=2.5, end_s=3.0, line=4),
        entry("b-1", video="b.mp4", start_s=2.5, end_s=3.0, line=5),
    ]
    build(entries, tmp_path / "out", ImportOptions(videos=tmp_path / "videos"))
    clips = PoseDataset.open(tmp_path / "out").clips
    assert [(clip.clip_id, clip.end_s) for clip in clips] == [
        ("a-1", 2.02),
        ("a-2", 2.0),
        ("b-1", 3.0),
    ]
    assert [line.split(",")[:4] for line in bad_rows(tmp_path / "out")] == [
        ["outside_video", "table.csv", "3", "a-2"],
        ["outside_video", "table.csv", "4", "a-3"],
    ]


def test_missing_videos_are_counted_by_split_and_gloss(videos: Path, tmp_path: Path) -> None:
    entries = [
        entry("a", video="a.mp4", split="train"),
        entry("b", video="b.mp4", split="train"),
        entry("c", video="c.mp4", split="test", glosses=("MILK",)),
        entry("d", video="d.mp4", split="test"),
    ]
    summary = build(entries, tmp_path / "out", ImportOptions(videos=videos))
    assert summary.missing_by_split == {"test": 2}
    assert summary.missing_by_gloss == {"MILK": 1, "TEA": 1}
    assert lines(tmp_path / "out" / "missing.csv")[1:] == [
        "c,c.mp4,test,,MILK,no such video",
        "d,d.mp4,test,,TEA,no such video",
    ]
    assert lines(tmp_path / "out" / "unlisted.csv")[1:] == [
        "one/twin.mp4,no row names it",
        "two/twin.mp4,no row names it",
    ]
    assert PoseDataset.open(tmp_path / "out").clips["b"].video == "day/b.webm"


def test_a_whole_path_counts_before_a_name_that_two_have(tmp_path: Path) -> None:
    for name in ("a.mp4", "old/a.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    folder = VideoFolder(tmp_path)
    assert [folder.find(name) for name in ("a.mp4", "old/a.mp4", "a")] == [
        "a.mp4",
        "old/a.mp4",
        None,
    ]


def test_a_name_that_no_file_can_have_is_not_there(videos: Path) -> None:
    assert VideoFolder(videos).find(f"{'x' * 300}/z") is None


def test_a_name_in_another_encoding_is_listed_with_an_escape(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "caf\udce9.mp4").touch()
    build([entry("a")], tmp_path / "out", ImportOptions(videos=tmp_path / "videos"))
    assert lines(tmp_path / "out" / "unlisted.csv")[1:] == [r"caf\udce9.mp4,no row names it"]
