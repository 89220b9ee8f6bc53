"""A dry run: right numbers, nothing written."""

import pytest

from signkit.errors import DatasetError
from signkit.extract import ExtractSettings, extract, plan_extraction


@pytest.fixture
def videos(tmp_path, write_video):
    folder = tmp_path / "videos"
    for n in range(4):
        write_video(folder / f"take{n}.mp4", n_frames=25)
    (folder / "bad.mp4").write_bytes(b"")
    return folder


def test_a_dry_run_writes_nothing(videos, tmp_path, square):
    plan = plan_extraction(videos, tmp_path / "out", ExtractSettings(extractor=square))
    assert (plan.n_clips, plan.n_done, plan.n_to_do, plan.n_missing) == (5, 0, 5, 0)
    assert plan.hours == pytest.approx(4 / 3600)
    assert plan.n_frames == 100
    assert plan.gigabytes == pytest.approx(100 * 0.28 * 4 * 3 / 1e9)
    assert plan.extractor["name"] == "square"
    assert not (tmp_path / "out").exists()


def test_a_dry_run_knows_what_is_done_and_what_failed(videos, tmp_path, square):
    settings = ExtractSettings(extractor=square, workers=1)
    extract(videos, tmp_path / "out", settings)
    plan = plan_extraction(videos, tmp_path / "out", settings)
    assert (plan.n_done, plan.n_failed, plan.n_to_do) == (4, 1, 0)
    plan = plan_extraction(videos, tmp_path / "out", settings, retry_failed=True)
    assert (plan.n_done, plan.n_failed, plan.n_to_do) == (4, 0, 1)
    plan = plan_extraction(videos, tmp_path / "out", settings, overwrite=True)
    assert (plan.n_done, plan.n_failed, plan.n_to_do) == (0, 0, 5)


def test_a_dry_run_refuses_what_the_run_would_refuse(videos, tmp_path, square):
    extract(videos, tmp_path / "out", ExtractSettings(extractor=square, workers=1))
    with pytest.raises(DatasetError, match="other settings"):
        plan_extraction(videos, tmp_path / "out", ExtractSettings(extractor=square, fps=5))


def test_clips_of_the_other_parts_do_not_count(videos, tmp_path, square):
    plans = [
        plan_extraction(videos, tmp_path / "out", ExtractSettings(extractor=square, part=f"{n}/2"))
        for n in (1, 2)
    ]
    assert sum(plan.n_to_do for plan in plans) == 5
