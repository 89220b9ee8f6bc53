"""A dataset in an object store: the same files, whole or not there, to go on with."""

import json

import fsspec
import pytest

from signkit.errors import DatasetError, ShardError
from signkit.extract import ExtractSettings, extract, output, plan_extraction
from signkit.shard import shard_paths

URL = "memory://bucket/poses"


@pytest.fixture
def store():
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


@pytest.fixture
def videos(tmp_path, write_video):
    folder = tmp_path / "videos"
    for n in range(5):
        write_video(folder / f"take{n}.mp4", n_frames=3 + n)
    (folder / "bad.mp4").write_bytes(b"")
    return folder


@pytest.fixture
def settings(square, monkeypatch):
    monkeypatch.setattr(output, "CLIPS_PER_SHARD", 2)
    return ExtractSettings(extractor=square, workers=1)


def names(store) -> list[str]:
    return sorted(name.removeprefix("/bucket/poses/") for name in store.find("/bucket/poses"))


def test_a_store_gets_the_files_that_a_folder_would(videos, tmp_path, store, settings):
    extract(videos, tmp_path / "local", settings)
    summary = extract(videos, URL, settings)
    assert (summary.n_done, summary.n_failed, summary.detection) == (5, 1, {"pose": 1.0})
    local = sorted(
        path.relative_to(tmp_path / "local").as_posix()
        for path in (tmp_path / "local").rglob("*")
        if path.is_file()
    )
    assert names(store) == local
    for shard in shard_paths(tmp_path / "local" / "poses"):
        assert store.cat_file(f"/bucket/poses/poses/{shard.name}") == shard.read_bytes()
    table = store.cat_file("/bucket/poses/clips.csv").decode()
    assert f"take0,{videos}/take0.mp4" in table


def test_a_dry_run_that_would_overwrite_counts_nothing_as_done(videos, store, settings):
    extract(videos, URL, settings)
    before = names(store)
    assert plan_extraction(videos, URL, settings).n_to_do == 0
    assert plan_extraction(videos, URL, settings, overwrite=True).n_to_do == 6
    assert names(store) == before


def test_a_job_goes_on_from_what_the_store_holds(videos, store, settings):
    extract(videos, URL, settings)
    store.rm_file("/bucket/poses/poses/shard-00001.parquet")
    summary = extract(videos, URL, settings)
    assert (summary.n_done, summary.n_skipped, summary.n_failed) == (2, 3, 1)
    summary = extract(videos, URL, settings)
    assert (summary.n_done, summary.n_skipped, summary.n_failed) == (0, 5, 1)


def test_what_is_mended_leaves_the_list_of_failures(videos, store, settings, write_video):
    extract(videos, URL, settings)
    assert "failures.csv" in names(store)
    write_video(videos / "bad.mp4")
    extract(videos, URL, settings, retry_failed=True)
    assert "failures.csv" not in names(store)


def test_parts_fill_one_store_and_the_whole_job_joins_their_failures(videos, store, square):
    for number in (1, 2):
        settings = ExtractSettings(extractor=square, workers=1, part=f"{number}/2")
        extract(videos, URL, settings)
    assert len([name for name in names(store) if name.startswith("failures-")]) == 1
    summary = extract(videos, URL, ExtractSettings(extractor=square, workers=1))
    assert (summary.n_done, summary.n_skipped, summary.n_failed) == (0, 5, 1)
    assert [name for name in names(store) if name.startswith("failures")] == ["failures.csv"]


def test_other_settings_are_refused_and_overwrite_starts_again(videos, store, settings, square):
    extract(videos, URL, settings)
    slower = ExtractSettings(extractor=square, workers=1, fps=5)
    with pytest.raises(DatasetError, match="other settings"):
        extract(videos, URL, slower)
    assert extract(videos, URL, slower, overwrite=True).n_done == 5
    info = json.loads(store.cat_file("/bucket/poses/dataset.json"))
    assert info["extractor"]["options"]["fps"] == 5


def test_a_store_that_holds_something_else_is_left_alone(videos, store, settings):
    store.pipe_file("/bucket/poses/thesis.tex", b"years of work")
    for overwrite in (False, True):
        with pytest.raises(DatasetError) as error:
            extract(videos, URL, settings, overwrite=overwrite)
        assert str(error.value) == (
            f"{URL} is not empty and has no dataset.json, so it is not a signkit dataset; give a "
            "new folder"
        )
    assert names(store) == ["thesis.tex"]


def test_a_damaged_shard_in_a_store_is_named(videos, store, settings):
    extract(videos, URL, settings)
    store.pipe_file("/bucket/poses/poses/shard-00000.parquet", b"PAR1")
    with pytest.raises(ShardError) as error:
        extract(videos, URL, settings)
    assert str(error.value).startswith(f"{URL}/poses/shard-00000.parquet is truncated or damaged")


def test_a_store_nobody_knows_is_one_plain_line(videos, settings):
    with pytest.raises(DatasetError) as error:
        extract(videos, "nosuch://bucket/poses", settings)
    assert str(error.value) == (
        "nosuch://bucket/poses cannot be opened: Protocol not known: nosuch"
    )


def test_a_file_url_is_a_folder_of_this_machine(videos, tmp_path, settings):
    for out in (tmp_path / "by path", (tmp_path / "by url").as_uri()):
        assert extract(videos.as_uri(), out, settings).n_done == 5
    by_path, by_url = (shard_paths(tmp_path / name / "poses") for name in ("by path", "by url"))
    assert [path.read_bytes() for path in by_path] == [path.read_bytes() for path in by_url]
