"""Shares of a job: every clip in one of them, and merged by copying files together."""

import shutil

import pytest

from signkit.dataset import PoseDataset
from signkit.errors import DatasetError, ExtractionError
from signkit.extract import ExtractSettings, extract
from signkit.extract.folder import locked
from signkit.extract.part import Part
from signkit.failures import failures_of
from signkit.quality import read_quality


@pytest.fixture
def videos(tmp_path, write_video):
    folder = tmp_path / "videos"
    for n in range(9):
        write_video(folder / f"take{n}.mp4", n_frames=2 + n)
    (folder / "bad.mp4").write_bytes(b"")
    return folder


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ExtractionError) as error:
        Part.parse(text)
    assert str(error.value) == f"part {text!r} is not I/N with 1 <= I <= N, such as 3/16"


def test_every_clip_is_in_exactly_one_part_of_about_the_same_size():
    parts = [Part(number, 4) for number in range(1, 5)]
    ids = [f"clip-{n}" for n in range(4000)]
    counts = [sum(part.holds(clip_id) for clip_id in ids) for part in parts]
    assert sum(counts) == 4000
    assert all(part_of == 1 for part_of in (sum(p.holds(i) for p in parts) for i in ids))
    assert min(counts) > 900


def test_a_part_has_names_that_sort(tmp_path):
    assert str(Part(3, 16)) == "03of16"


def assert_whole(out, whole):
    dataset, expected = PoseDataset.open(out), PoseDataset.open(whole)
    assert sorted(dataset.ids_with_poses) == sorted(expected.ids_with_poses)
    assert dataset.clips.ids == expected.clips.ids
    assert failures_of(out).keys() == failures_of(whole).keys() == {"bad"}
    assert read_quality(out) == read_quality(whole)
    for clip_id in expected.ids_with_poses:
        assert (dataset.pose(clip_id).coords == expected.pose(clip_id).coords).all()


def test_outputs_of_parts_merge_by_copying(videos, tmp_path, square):
    extract(videos, tmp_path / "whole", ExtractSettings(extractor=square, workers=1))
    merged = tmp_path / "merged"
    for number in (1, 2, 3):
        out = tmp_path / f"part{number}"
        settings = ExtractSettings(extractor=square, workers=1, part=f"{number}/3")
        summary = extract(videos, out, settings)
        assert summary.n_done == len(PoseDataset.open(out).ids_with_poses)
        shutil.copytree(out, merged, dirs_exist_ok=True)
    assert_whole(merged, tmp_path / "whole")

    summary = extract(videos, merged, ExtractSettings(extractor=square, workers=1))
    assert (summary.n_done, summary.n_skipped, summary.n_failed) == (0, 9, 1)
    assert [path.name for path in merged.glob("failures*.csv")] == ["failures.csv"]


def test_parts_may_share_a_folder(videos, tmp_path, square):
    extract(videos, tmp_path / "whole", ExtractSettings(extractor=square, workers=1))
    out = tmp_path / "out"
    for number in (2, 1, 2):  # the second time there is nothing left to do
        extract(videos, out, ExtractSettings(extractor=square, workers=1, part=f"{number}/2"))
    assert_whole(out, tmp_path / "whole")


def test_a_part_runs_beside_another_but_not_beside_itself_or_the_whole(tmp_path):
    busy = f"another extraction is writing into {tmp_path}; wait for it or choose another folder"
    with locked(tmp_path, Part(1, 2)), locked(tmp_path, Part(2, 2)):
        for second in (Part(1, 2), None):
            with pytest.raises(DatasetError) as error, locked(tmp_path, second):
                pass
            assert str(error.value) == busy


def test_a_clip_that_two_files_hold_is_named(videos, tmp_path, square):
    out = tmp_path / "out"
    extract(videos, out, ExtractSettings(extractor=square, workers=1))
    shards = out / "poses"
    shutil.copy(shards / "shard-00000.parquet", shards / "shard-1of2-00000.parquet")
    with pytest.raises(DatasetError) as error:
        _ = PoseDataset.open(out).ids_with_poses
    assert str(error.value) == (
        f"clip 'take0' is in {shards}/shard-00000.parquet and in {shards}/shard-1of2-00000.parquet;"
        " delete one of the files and run the command that made it again"
    )
