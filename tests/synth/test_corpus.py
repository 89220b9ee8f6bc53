from pathlib import Path

import av
import numpy as np
import pytest

from signkit.clip import ClipTable
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.synth import synthesize
from signkit.synth.truth import HIDDEN


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("corpus") / "toy"
    synthesize(out, n_signers=2, n_glosses=3, n_clips=4, width_px=240, height_px=180, seed=1)
    return out


def again(out: Path, **changes: int):
    sizes = {"n_signers": 2, "n_glosses": 3, "n_clips": 4, "width_px": 240, "height_px": 180}
    return synthesize(out, **{**sizes, "seed": 1, **changes})


def test_landmarks_without_videos_are_a_dataset(tmp_path: Path):
    done: list[tuple[int, int]] = []
    summary = synthesize(
        tmp_path / "poses", mode="continuous", n_clips=20, render=False,
        progress=lambda *counts: done.append(counts),
    )  # fmt: skip
    dataset = PoseDataset.open(tmp_path / "poses")
    assert dataset.ids_with_poses == dataset.clips.ids
    assert summary.n_frames == sum(dataset.n_frames(clip_id) for clip_id in dataset.clips.ids)
    assert summary.n_clips == 20
    assert done[-1] == (20, 20)
    pose = dataset.pose(dataset.clips.ids[0])
    assert pose.skeleton.name == "mediapipe-75"
    assert not set(dataset.clips.column("split")) - {""}


def test_same_settings_give_the_same_bytes_with_any_number_of_workers(tmp_path: Path):
    for name, workers in (("one", 1), ("two", 2)):
        synthesize(tmp_path / name, n_clips=520, render=False, n_glosses=5, workers=workers)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(files(tmp_path / "one")) == 3


def test_another_seed_gives_other_landmarks(tmp_path: Path):
    for seed in (0, 1):
        synthesize(tmp_path / str(seed), n_clips=3, render=False, seed=seed)
    assert files(tmp_path / "0") != files(tmp_path / "1")


def test_videos_match_their_truth_frame_by_frame(rendered: Path):
    table, truth = ClipTable.read(rendered / "clips.csv"), PoseDataset.open(rendered / "truth")
    assert table.ids == truth.ids_with_poses
    for clip in table:
        with av.open(str(rendered / clip.video)) as container:
            times = [float(frame.time) for frame in container.decode(video=0)]
        assert times == pytest.approx(truth.pose(clip.clip_id).time_s, abs=1e-3)


def test_truth_is_complete_and_says_what_is_hidden(rendered: Path):
    truth = PoseDataset.open(rendered / "truth")
    for pose in truth.poses():
        assert pose.seen.all()
        assert set(np.unique(pose.confidence)) == {HIDDEN, 1.0}


def test_finished_corpus_is_left_as_it_is(rendered: Path):
    before = {p: p.stat().st_mtime_ns for p in rendered.rglob("*.mp4")}
    assert again(rendered).n_clips == 4
    assert {p: p.stat().st_mtime_ns for p in rendered.rglob("*.mp4")} == before


def test_stopped_run_is_continued_without_redoing_videos(rendered: Path):
    first, second, *_ = sorted(rendered.rglob("*.mp4"))
    lost, kept = first.read_bytes(), second.stat().st_mtime_ns
    first.unlink()
    (rendered / "clips.csv").unlink()
    again(rendered)
    assert first.read_bytes() == lost
    assert second.stat().st_mtime_ns == kept
    assert (rendered / "clips.csv").is_file()
    assert not list(rendered.rglob("*.tmp"))


def test_corrected_labels_survive_the_same_command(tmp_path: Path):
    synthesize(tmp_path / "poses", n_clips=4, render=False)
    table = ClipTable.read(tmp_path / "poses" / "clips.csv")
    table.with_splits({table.ids[0]: "test"}).write(tmp_path / "poses" / "clips.csv")
    synthesize(tmp_path / "poses", n_clips=4, render=False)
    assert ClipTable.read(tmp_path / "poses" / "clips.csv")[table.ids[0]].split == "test"


def test_other_settings_are_refused_where_a_corpus_is(rendered: Path):
    with pytest.raises(DatasetError, match="seed=1") as caught:
        again(rendered, seed=2)
    assert "\n" not in str(caught.value)


def test_folder_with_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DatasetError, match="not empty"):
        synthesize(tmp_path, n_clips=2)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_more_than_no_workers_are_needed(tmp_path: Path):
    with pytest.raises(DatasetError, match="workers"):
        synthesize(tmp_path / "new", workers=0)
    assert not (tmp_path / "new").exists()
