"""Which clips a folder holds, and what they are called."""

from pathlib import Path

import pytest

from signkit.errors import DatasetError
from signkit.extract.sources import clip_id_of, find_clips


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def described(folder: Path, labels: Path | None = None) -> list[tuple[str, str, str]]:
    return [
        (s.clip.clip_id, " ".join(s.clip.glosses), s.video.relative_to(folder).as_posix())
        for s in find_clips(folder, labels=labels)
    ]


@pytest.mark.parametrize(
    ("files", "clips"),
    [
        # Any depth, in the order of the paths; other files and hidden ones are no videos.
        (
            ["b.MP4", "a/x/y.mov", "notes.txt", ".hidden.mp4"],
            [("a-x-y", "", "a/x/y.mov"), ("b", "", "b.MP4")],
        ),
        # Folders named by gloss.
        (
            ["HELLO/1.mp4", "THANK YOU/1.mp4"],
            [("HELLO-1", "HELLO", "HELLO/1.mp4"), ("THANK_YOU-1", "THANK_YOU", "THANK YOU/1.mp4")],
        ),
        # A video outside the folders: they are no glosses.
        (["HELLO/1.mp4", "2.mp4"], [("2", "", "2.mp4"), ("HELLO-1", "", "HELLO/1.mp4")]),
        # A single folder is not a vocabulary, and splits are not glosses.
        (["clips/1.mp4"], [("clips-1", "", "clips/1.mp4")]),
        (
            ["train/1.mp4", "test/1.mp4"],
            [("test-1", "", "test/1.mp4"), ("train-1", "", "train/1.mp4")],
        ),
    ],
)
def test_a_folder_without_a_table(tmp_path, files, clips):
    assert described(touch(tmp_path, *files)) == clips


def test_one_video_is_one_clip(tmp_path):
    touch(tmp_path, "my sign.mp4", "other.mp4")
    (source,) = find_clips(tmp_path / "my sign.mp4")
    assert (source.clip.clip_id, source.video) == ("my_sign", tmp_path / "my sign.mp4")


def test_the_table_of_a_folder_names_its_clips(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4", "unlisted.mp4")
    (tmp_path / "clips.csv").write_text(
        "clip_id,video,glosses\none,a.mp4,HELLO YOU\ntwo,gone.mp4,\n"
    )
    assert described(tmp_path) == [("one", "HELLO YOU", "a.mp4"), ("two", "", "gone.mp4")]


def test_a_table_apart_takes_its_place(tmp_path):
    videos = touch(tmp_path / "videos", "a.mp4")
    (videos / "clips.csv").write_text("clip_id,video\nold,a.mp4\n")
    labels = tmp_path / "labels.csv"
    labels.write_text("clip_id,video\nnew,a.mp4\n")
    assert described(videos, labels) == [("new", "", "a.mp4")]


def test_videos_may_lie_beside_a_table_apart(tmp_path):
    videos = touch(tmp_path / "videos", "a.mp4")
    touch(tmp_path / "more", "b.mp4")
    (tmp_path / "more" / "labels.csv").write_text("clip_id,video\na,a.mp4\nb,b.mp4\n")
    a, b = find_clips(videos, labels=tmp_path / "more" / "labels.csv")
    assert (a.video, b.video) == (videos / "a.mp4", tmp_path / "more" / "b.mp4")


def test_a_row_without_a_video_takes_the_one_of_its_id(tmp_path):
    touch(tmp_path, "sa/hello 1.mp4")
    (tmp_path / "clips.csv").write_text("clip_id,glosses\nsa-hello_1,HELLO\nsa-gone,HELLO\n")
    assert described(tmp_path) == [
        ("sa-hello_1", "HELLO", "sa/hello 1.mp4"),
        ("sa-gone", "HELLO", "sa-gone"),
    ]


def test_a_table_that_lists_nothing_of_the_video_is_refused(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "labels.csv").write_text("clip_id,video\nb,b.mp4\n")
    with pytest.raises(DatasetError) as error:
        find_clips(tmp_path / "a.mp4", labels=tmp_path / "labels.csv")
    assert str(error.value) == (
        f"{tmp_path}/labels.csv lists no clip of {tmp_path}/a.mp4; give every clip a line"
    )


def test_ids_have_no_spaces_or_slashes():
    assert clip_id_of(Path("day 1/my  sign.take.mp4")) == "day_1-my_sign.take"
