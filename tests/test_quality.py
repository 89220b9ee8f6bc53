"""The quality table, and when a clip counts as complete."""

import pandas as pd
import pytest

from signkit.errors import DatasetError
from signkit.measures import measure_pose
from signkit.quality import (
    Provenance,
    Quality,
    read_quality,
    summarize_quality,
    write_quality,
)
from tests.factories import make_pose

NAME = "shard-00000.parquet"


def quality(clip_id="a", *, n_frames=10, hidden=0.0, **values) -> Quality:
    pose = make_pose(clip_id, n_frames=n_frames, hidden=hidden)
    return Quality(clip_id, measure_pose(pose), **{"n_decoded": n_frames, **values})


def write(dataset, name, table):
    (dataset / "poses").mkdir(exist_ok=True)
    (dataset / "poses" / name).touch()
    return write_quality(dataset, name, table)


def test_quality_is_read_as_it_was_written(tmp_path):
    origin = Provenance(
        source_sha256="ab12",
        source_fps=29.97,
        source_width_px=640,
        source_height_px=480,
        rotation_deg=90,
        is_interlaced=True,
        codec="h264",
        extractor="square",
        extractor_version="1",
        weights_sha256="cd34",
        options='{"fps": null}',
    )
    whole = quality("a", n_expected=10, track_id=1, n_others=2, n_switches=3, provenance=origin)
    cut = quality("b", n_damaged=4)
    write(tmp_path, NAME, [whole, cut])
    assert read_quality(tmp_path) == {"a": whole, "b": cut}


def test_all_files_together_are_one_table_for_pandas(tmp_path):
    write(tmp_path, NAME, [quality("a")])  # nothing was expected here
    write(tmp_path, "shard-2of3-00000.parquet", [quality("b", n_expected=10)])
    frame = pd.read_parquet(tmp_path / "quality.parquet")
    assert frame["clip_id"].tolist() == ["a", "b"]
    assert frame["n_expected"].tolist()[1] == 10


def test_rows_without_their_shard_do_not_count(tmp_path):
    write_quality(tmp_path, NAME, [quality("a")])
    assert read_quality(tmp_path) == {}


def test_a_damaged_quality_file_is_named(tmp_path):
    path = write(tmp_path, NAME, [quality("a")])
    path.write_bytes(b"PAR1")
    with pytest.raises(DatasetError) as error:
        read_quality(tmp_path)
    assert str(error.value) == (
        f"{path} is truncated or damaged; delete it: its clips stay, and are measured again from "
        "their landmarks"
    )


@pytest.mark.parametrize(
    ("n_decoded", "n_expected", "is_complete"),
    [(98, 100, True), (97, 100, False), (1, None, True), (101, 100, True)],
)
def test_a_clip_is_complete_within_two_percent(tmp_path, n_decoded, n_expected, is_complete):
    row = quality("a", n_decoded=n_decoded, n_expected=n_expected)
    write(tmp_path, NAME, [row])
    assert row.is_complete is is_complete
    assert summarize_quality(tmp_path, [NAME]).n_incomplete == int(not is_complete)


def test_detection_is_weighted_by_frames(tmp_path):
    write(tmp_path, NAME, [quality("a", n_frames=30)])
    write(tmp_path, "shard-00001.parquet", [quality("b", n_frames=10, hidden=1.0)])
    assert set(summarize_quality(tmp_path, [NAME, "shard-00001.parquet"]).detection.values()) == {
        0.75
    }
    assert summarize_quality(tmp_path, []).detection == {}
