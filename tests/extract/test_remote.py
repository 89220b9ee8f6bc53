"""A video from elsewhere is here while it is needed, and gone afterwards."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

from signkit.errors import ExtractionError, MissingExtraError
from signkit.extract import remote
from signkit.extract.remote import is_url, local_copy, remove_left_copies

Put = Callable[[str, bytes], str]


@pytest.fixture
def put() -> Iterator[Put]:
    """Puts a file into an object store in memory, and gives its URL."""
    files = fsspec.filesystem("memory")

    def write(name: str, data: bytes) -> str:
        files.pipe_file(f"/bucket/{name}", data)
        return f"memory://bucket/{name}"

    yield write
    if files.exists("/bucket"):
        files.rm("/bucket", recursive=True)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, of this process and its children."""
    remote._remove_unused()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/a.mp4", True),
        ("memory://a", True),
        ("https://example.org/a.mp4", True),
        ("videos/a.mp4", False),
        ("/videos/s3://a.mp4", False),
        ("C:\\videos\\a.mp4", False),
        ("C://videos/a.mp4", False),
    ],
)
def test_urls_are_told_from_paths(text, expected):
    assert is_url(text) is expected


def test_a_local_video_is_read_where_it_lies(tmp_path):
    (tmp_path / "a b.mp4").write_bytes(b"video")
    for video in (f"{tmp_path}/a b.mp4", f"file://{tmp_path}/a b.mp4"):
        with local_copy(video) as path:
            assert path == tmp_path / "a b.mp4"
    assert path.is_file()


def test_a_copy_is_the_whole_video_under_its_name(put, scratch):
    data = bytes(range(256)) * 9000
    with local_copy(put("clips/my sign.mp4", data)) as path:
        assert path.name == "my sign.mp4"
        assert path.read_bytes() == data


def test_the_last_copy_is_kept_for_the_next_clip_and_no_other(put, scratch):
    first, second = put("a.mp4", b"a"), put("b.mp4", b"b")
    with local_copy(first) as path:
        copy = path
    fsspec.filesystem("memory").rm("/bucket/a.mp4")
    with local_copy(first) as path:
        assert path == copy
    with local_copy(second) as path:
        assert path.read_bytes() == b"b"
        assert not copy.exists()
    assert len(list(scratch.iterdir())) == 1


def test_two_copies_may_be_in_use_at_once(put, scratch):
    with local_copy(put("a.mp4", b"a")) as a, local_copy(put("b.mp4", b"b")) as b:
        assert (a.read_bytes(), b.read_bytes()) == (b"a", b"b")


def test_a_folder_of_pictures_is_copied_as_one(put, scratch):
    for n in range(3):
        put(f"take/{n}.png", bytes([n]))
    put("take/more/3.png", b"no part of it")
    with local_copy("memory://bucket/take/") as path:
        assert {p.name: p.read_bytes() for p in path.iterdir()} == {
            f"{n}.png": bytes([n]) for n in range(3)
        }


def test_what_killed_processes_left_is_removed_and_what_others_use_is_not(put, scratch):
    code = (
        "import time, fsspec; from signkit.extract.remote import local_copy\n"
        "fsspec.filesystem('memory').pipe_file('/a.mp4', b'video')\n"
        "with local_copy('memory://a.mp4') as path: print(path, flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert worker.stdout
    copy = Path(worker.stdout.readline().strip())
    remove_left_copies()
    assert copy.is_file()
    worker.kill()
    worker.communicate()
    remove_left_copies()
    assert list(scratch.iterdir()) == []


def test_what_cannot_be_fetched_says_why_and_leaves_nothing(put, scratch):
    expected = {
        "memory://bucket/gone.mp4": "no video at memory://bucket/gone.mp4",
        "memory://bucket/gone/": "no video at memory://bucket/gone/",
        "carrier-pigeon://a.mp4": (
            "carrier-pigeon://a.mp4 cannot be downloaded: Protocol not known: carrier-pigeon"
        ),
    }
    found = {}
    put("other.mp4", b"")
    for url in expected:
        with pytest.raises(ExtractionError) as error, local_copy(url):
            pass
        found[url] = str(error.value)
    assert found == expected
    assert list(scratch.iterdir()) == []


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)  # so that importing it fails
    with pytest.raises(MissingExtraError) as error, local_copy("s3://bucket/a.mp4"):
        pass
    assert str(error.value) == "s3:// needs 'pip install s3fs'"
