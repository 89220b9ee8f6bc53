"""Which clips a folder holds, and what they are called."""

from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

from signkit.clip import clip_id_of
from signkit.errors import ClipTableError, DatasetError
from signkit.extract.sources import find_clips, video_name


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def described(folder: Path | str, labels: Path | None = None) -> list[tuple[str, str, str]]:
    return [
        (s.clip.clip_id, " ".join(s.clip.glosses), s.video.removeprefix(f"{folder}/"))
        for s in find_clips(folder, labels=labels)
    ]


@pytest.fixture
def store() -> Iterator[Callable[..., str]]:
    """Puts files into an object store in memory, and says where."""
    files = fsspec.filesystem("memory")

    def put(**texts: str) -> str:
        for name, text in texts.items():
            files.pipe_file(f"/bucket/videos/{name}", text.encode())
        return "memory://bucket/videos"

    yield put
    if files.exists("/bucket"):
        files.rm("/bucket", recursive=True)


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
            [("HELLO-1", "HELLO", "HELLO/1.mp4"), ("THANK_YOU-1", "THANK-YOU", "THANK YOU/1.mp4")],
        ),
        # A video outside the folders: they are no glosses.
        (["HELLO/1.mp4", "2.mp4"], [("2", "", "2.mp4"), ("HELLO-1", "", "HELLO/1.mp4")]),
        # A folder of numbered pictures is one clip, in the order of their numbers; GIFs are videos.
        (["a/1.jpg", "a/2.jpg", "b.gif"], [("a", "", "a"), ("b", "", "b.gif")]),
        (
            ["HELLO/take.1/f1-0.png", "HELLO/take.1/f2-0.png", "NO/2/a1.png", "NO/2/a2.png"],
            [("HELLO-take.1", "HELLO", "HELLO/take.1"), ("NO-2", "NO", "NO/2")],
        ),
        # Photos, thumbnails of videos and a single picture are no clips.
        (["1.mp4", "1.jpg", "2.jpg", "x/cat1.jpg", "x/dog2.jpg", "y/1.jpg"], [("1", "", "1.mp4")]),
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
    assert (source.clip.clip_id, source.video) == ("my_sign", f"{tmp_path}/my sign.mp4")


def test_one_folder_of_pictures_is_one_clip(tmp_path):
    touch(tmp_path / "my sign", "1.png", "2.png", "fps.txt")
    (source,) = find_clips(tmp_path / "my sign")
    assert (source.clip.clip_id, source.video) == ("my_sign", f"{tmp_path}/my sign")


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
    assert (a.video, b.video) == (f"{videos}/a.mp4", f"{tmp_path}/more/b.mp4")


def test_a_table_names_folders_of_pictures_and_urls_too(tmp_path):
    touch(tmp_path, "take/1.png", "take/2.png")
    (tmp_path / "clips.csv").write_text("clip_id,video\na,take\nb,s3://bucket/b.mp4\ntake,\n")
    assert described(tmp_path) == [
        ("a", "", "take"),
        ("b", "", "s3://bucket/b.mp4"),
        ("take", "", "take"),
    ]


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


def test_a_folder_in_a_store_is_like_one_here(store):
    url = store(
        **{"HELLO/1.mp4": "", "YES/my take/1.png": "", "YES/my take/2.png": "", "x.txt": ""}
    )
    assert described(url) == [
        ("HELLO-1", "HELLO", "HELLO/1.mp4"),
        ("YES-my_take", "YES", "YES/my take/"),
    ]


def test_a_table_in_a_store_names_its_clips(store):
    url = store(**{"clips.csv": "clip_id,video,glosses\none,a.mp4,HI\ntwo,b,\n", "a.mp4": ""})
    assert described(url) == [("one", "HI", "a.mp4"), ("two", "", "b/")]


def test_a_table_here_may_list_videos_in_a_store(store, tmp_path):
    url = store(**{"clips.csv": "clip_id,video\nold,a.mp4\n", "a.mp4": "", "b.mp4": ""})
    (tmp_path / "labels.csv").write_text("clip_id,video\nnew,a.mp4\nb,\n")
    assert described(url, tmp_path / "labels.csv") == [("new", "", "a.mp4"), ("b", "", "b.mp4")]


def test_one_video_in_a_store_is_one_clip(store):
    url = store(**{"my sign.mp4": ""}) + "/my sign.mp4"
    (source,) = find_clips(url)
    assert (source.clip.clip_id, source.video) == ("my_sign", url)


@pytest.mark.parametrize(
    ("files", "below", "kind", "message"),
    [
        (
            {"a.txt": ""},
            "",
            DatasetError,
            "no video under {url}; expected files like .mp4, .mov, .webm, or a clips.csv",
        ),
        (
            {},
            "/gone",
            DatasetError,
            "no folder or video at {url}; give a folder of videos, or one video",
        ),
        (
            {"clips.csv": "clip_id\na b\n"},
            "",
            ClipTableError,
            "{url}/clips.csv line 2 has clip_id 'a b'; ids may not contain spaces or slashes",
        ),
    ],
)
def test_what_is_wrong_in_a_store_is_said(store, files, below, kind, message):
    url = store(**files) + below
    with pytest.raises(kind) as error:
        find_clips(url)
    assert str(error.value) == message.format(url=url)


def test_a_scheme_that_nobody_knows_is_refused():
    with pytest.raises(DatasetError) as error:
        find_clips("carrier-pigeon://loft/videos")
    assert str(error.value) == (
        "carrier-pigeon://loft/videos cannot be read: Protocol not known: carrier-pigeon"
    )


@pytest.mark.parametrize(
    ("video", "base", "name"),
    [
        ("/data/videos/a.mp4", "/data/out", "../videos/a.mp4"),
        ("/data/videos/a.mp4", None, "/data/videos/a.mp4"),
        ("s3://bucket/a.mp4", "/data/out", "s3://bucket/a.mp4"),
    ],
)
def test_a_table_calls_a_video_by_its_way_there(video, base, name):
    assert video_name(video, Path(base) if base else None) == name


def test_ids_have_no_spaces_or_slashes():
    assert clip_id_of(Path("day 1/my  sign.take.mp4")) == "day_1-my_sign.take"
