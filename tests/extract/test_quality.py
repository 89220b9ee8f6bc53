"""The quality table, and when a clip counts as complete."""

import pytest

from signkit.errors import DatasetError
from signkit.extract.quality import Quality, read_quality, summarize_detection, write_quality


def test_quality_is_read_as_it_was_written(tmp_path):
    whole = Quality("a", 10, 20, 20, 0, 0.5, {"pose": 1.0, "left_hand": 0.25})
    cut = Quality("b", 10, 10, None, 2, 0.5, {"pose": 0.5, "left_hand": 0.0})
    write_quality(tmp_path / "quality.parquet", [whole, cut])
    assert read_quality(tmp_path / "quality.parquet") == {"a": whole, "b": cut}


def test_a_damaged_quality_file_is_named(tmp_path):
    path = tmp_path / "quality.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(DatasetError) as error:
        read_quality(path)
    assert str(error.value) == (
        f"{path} is truncated or damaged; delete it and run the same command again"
    )


@pytest.mark.parametrize(
    ("n_decoded", "n_expected", "is_complete"),
    [(98, 100, True), (97, 100, False), (1, None, True), (101, 100, True)],
)
def test_a_clip_is_complete_within_two_percent(n_decoded, n_expected, is_complete):
    quality = Quality("a", n_decoded, n_decoded, n_expected, 0, 0.1, {})
    assert quality.is_complete is is_complete


def test_detection_is_weighted_by_frames():
    long = Quality("a", 30, 30, 30, 0, 0.1, {"pose": 1.0, "face": 0.5})
    short = Quality("b", 10, 10, 10, 0, 0.1, {"pose": 0.0, "face": 0.5})
    assert summarize_detection([long, short]) == {"pose": 0.75, "face": 0.5}
    assert summarize_detection([]) == {}
