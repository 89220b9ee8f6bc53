from pathlib import Path

import numpy as np
import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import import_dataset
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from tests.convert.corpora import bad_rows, build, entry, lines, posed
from tests.factories import make_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> PoseDataset:
    """Three extracted videos of 12 frames at 25 frames/s, one of them labelled by hand."""
    clips = [
        Clip("a", video="../videos/a.mp4"),
        Clip("s1_color", video="../videos/day/s1_color.mp4"),
        Clip("c", video="../videos/c.mp4", glosses=("MILK",), signer="ann"),
    ]
    return make_dataset(tmp_path / "data", clips)


def test_rows_are_filled_in_by_id_and_by_video(dataset: PoseDataset) -> None:
    entries = [
        entry("a", signer="ben", split="dev", extra={"x_view": "front"}),
        entry("s1", video="s1_color.mp4", glosses=("BREAD",)),
    ]
    summary = build(entries, dataset.path, extra=("x_view",))
    after = PoseDataset.open(dataset.path).clips
    assert after.ids == dataset.clips.ids
    assert (after["a"].glosses, after["a"].signer, after["a"].split) == (("TEA",), "ben", "dev")
    assert after["a"].video == "../videos/a.mp4"
    assert after["a"].extra == {"x_view": "front"}
    assert after["s1_color"].glosses == ("BREAD",)
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (2, 2, 24)
    assert lines(dataset.path / "unlisted.csv") == ["name,reason", "c,no row names it"]


def test_what_a_person_wrote_stays_and_the_conflict_is_listed(dataset: PoseDataset) -> None:
    build([entry("c", glosses=("TEA",), signer="ann", text="Tee")], dataset.path)
    row = PoseDataset.open(dataset.path).clips["c"]
    assert (row.glosses, row.text) == (("MILK",), "Tee")
    assert bad_rows(dataset.path) == [
        "conflict,table.csv,2,c,\"has glosses 'TEA', the dataset 'MILK'\",kept"
    ]


def test_a_window_becomes_a_clip_cut_out_of_the_pose_of_the_video(dataset: PoseDataset) -> None:
    entries = [
        entry("a-1", video="a.mp4", start_s=0.08, end_s=0.2),
        entry("a-2", video="a.mp4", start_s=0.2, end_s=None, glosses=("MILK",)),
        entry("a-3", video="a.mp4", start_s=7.0, end_s=8.0, line=4),
    ]
    summary = build(entries, dataset.path)
    after = PoseDataset.open(dataset.path)
    whole = after.pose("a")
    first, second = after.pose("a-1"), after.pose("a-2")
    assert np.array_equal(first.coords, whole.coords[2:5], equal_nan=True)
    assert first.time_s.tolist() == whole.time_s[2:5].tolist()
    assert second.n_frames == 7
    assert after.clips["a-2"].video == "../videos/a.mp4"
    assert "a-3" not in after.clips
    assert (summary.n_clips, summary.n_cut, summary.n_left_out) == (2, 2, 1)
    assert "a,no row" not in (dataset.path / "unlisted.csv").read_text()
    assert bad_rows(dataset.path) == [
        "outside_video,table.csv,4,a-3,\"is from 7.0 s to 8.0 s, where 'a' has no frames\",left out"
    ]


def test_a_window_that_goes_on_after_the_video_ends_with_it(dataset: PoseDataset) -> None:
    build([entry("a-1", video="a.mp4", start_s=0.4, end_s=2.0)], dataset.path)
    assert PoseDataset.open(dataset.path).clips["a-1"].end_s == pytest.approx(0.48)
    assert bad_rows(dataset.path) == [
        "outside_video,table.csv,2,a-1,ends at 2 s of a video of 0.48 s; now at its end,repaired"
    ]


def test_joining_again_changes_nothing(dataset: PoseDataset) -> None:
    entries = [entry("a-1", video="a.mp4", start_s=0.08, end_s=0.2), entry("c", split="dev")]
    build(entries, dataset.path)
    before = {
        p: p.read_bytes()
        for p in dataset.path.rglob("*")
        if p.name != "unlisted.csv" and p.is_file()
    }
    summary = build(entries, dataset.path)
    assert summary.n_cut == 0
    assert {p: p.read_bytes() for p in before} == before
    assert len(list(dataset.poses_folder.glob("*cut*"))) == 1


def test_more_annotations_are_cut_out_later(dataset: PoseDataset) -> None:
    build([entry("a-1", video="a.mp4", start_s=0.0, end_s=0.2)], dataset.path)
    build([entry("a-2", video="a.mp4", start_s=0.2, end_s=0.4)], dataset.path)
    assert PoseDataset.open(dataset.path).ids_with_poses[:2] == ["a", "s1_color"]
    assert PoseDataset.open(dataset.path).ids_with_poses[3:] == ["a-1", "a-2"]


def test_another_window_than_the_clip_has_is_listed(dataset: PoseDataset) -> None:
    build([entry("a-1", video="a.mp4", start_s=0.08, end_s=0.2)], dataset.path)
    entries = [
        entry("a-1", video="a.mp4", start_s=0.2, end_s=0.4),
        entry("c", start_s=0.2, glosses=("MILK",), line=3),
    ]
    build(entries, dataset.path)
    after = PoseDataset.open(dataset.path)
    assert (after.clips["a-1"].start_s, after.n_frames("a-1")) == (0.08, 3)
    assert bad_rows(dataset.path) == [
        'conflict,table.csv,2,a-1,"is from 0.2 s to 0.4 s, the clip of the dataset is from 0.08 s '
        'to 0.2 s",kept',
        'conflict,table.csv,3,c,"is from 0.2 s to the end, the clip of the dataset is all of its '
        'video",kept',
    ]


def test_a_window_that_ends_behind_the_video_is_the_same_again(dataset: PoseDataset) -> None:
    entries = [entry("a-1", video="a.mp4", start_s=0.4, end_s=2.0)]
    build(entries, dataset.path)
    assert build(entries, dataset.path).bad_rows == {}


def test_a_join_that_was_stopped_goes_on(
    dataset: PoseDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    entries = [entry("a-1", video="a.mp4", start_s=0.08, end_s=0.2)]
    with monkeypatch.context() as patch:
        patch.setattr(ClipTable, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            build(entries, dataset.path)
    assert build(entries, dataset.path).n_cut == 1
    row = PoseDataset.open(dataset.path).clips["a-1"]
    assert (row.video, row.start_s, row.end_s) == ("../videos/a.mp4", 0.08, 0.2)
    assert row.glosses == ("TEA",)


def test_a_pose_without_a_row_gets_the_row_of_the_annotations(dataset: PoseDataset) -> None:
    ClipTable.from_clips([dataset.clips["c"]]).write(dataset.path / "clips.csv")
    build([entry("a", video="z.mp4", start_s=1.0, end_s=2.0)], dataset.path)
    row = PoseDataset.open(dataset.path).clips["a"]
    assert row == Clip("a", "z.mp4", 1.0, 2.0, ("TEA",))


def test_a_row_that_a_person_wrote_stays_when_its_clip_is_cut_out(dataset: PoseDataset) -> None:
    mine = Clip("a-1", "a.mp4", 0.08, 0.2, ("HAND",), signer="me", extra={"x_note": "mine"})
    ClipTable.from_clips([*dataset.clips, mine]).write(dataset.path / "clips.csv")
    build([entry("a-1", video="a.mp4", start_s=0.2, end_s=0.4, text="Tee")], dataset.path)
    after = PoseDataset.open(dataset.path)
    row = after.clips["a-1"]
    assert (row.start_s, row.end_s, after.n_frames("a-1")) == (0.08, 0.2, 3)
    assert (row.glosses, row.signer, row.text) == (("HAND",), "me", "Tee")
    assert row.extra == {"x_note": "mine"}
    assert [line.split(",")[0] for line in bad_rows(dataset.path)] == ["conflict", "conflict"]


def test_of_several_people_in_a_video_the_first_is_taken_and_listed(tmp_path: Path) -> None:
    clips = [Clip("a", video="a.mp4"), Clip("a#2", video="a.mp4")]
    dataset = make_dataset(tmp_path / "data", clips)
    build([entry("a-1", video="a.mp4", start_s=0.08, end_s=0.2)], dataset.path)
    after = PoseDataset.open(dataset.path)
    assert np.array_equal(after.pose("a-1").coords, after.pose("a").coords[2:5], equal_nan=True)
    assert bad_rows(dataset.path) == [
        "ambiguous,table.csv,2,a-1,\"is of a video with 2 poses ('a', 'a#2'); the first is "
        'taken",kept'
    ]


def test_lists_of_an_earlier_join_go(dataset: PoseDataset) -> None:
    build([entry("z"), entry("c")], dataset.path)
    assert (dataset.path / "missing.csv").is_file()
    build([entry(name, glosses=()) for name in ("a", "s1_color", "c")], dataset.path)
    assert not (dataset.path / "missing.csv").exists()
    assert not (dataset.path / "unlisted.csv").exists()


def test_two_rows_of_one_clip_count_its_frames_once(dataset: PoseDataset) -> None:
    summary = build([entry("a"), entry("b", video="a.mp4")], dataset.path)
    assert (summary.n_clips, summary.n_frames) == (1, 12)


def test_a_row_of_a_video_that_was_not_extracted_is_missing(dataset: PoseDataset) -> None:
    summary = build([entry("z", split="test")], dataset.path)
    assert summary.missing_by_split == {"test": 1}
    assert "z" not in PoseDataset.open(dataset.path).clips


def test_landmarks_do_not_join_and_annotations_do_not_replace_annotations(
    dataset: PoseDataset, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="already exists; choose another place or delete it"):
        build([posed("a")], dataset.path, has_poses=True)
    build([entry("a")], tmp_path / "table")
    with pytest.raises(DatasetError, match="holds annotations without poses already; "):
        build([entry("a")], tmp_path / "table")


@pytest.mark.real_data
def test_real_annotations_join_real_landmarks(real_data: Path, tmp_path: Path) -> None:
    import_dataset("phoenix-skels", real_data / "phoenix14t", tmp_path / "data")
    table = real_data / "annotations" / "phoenix_csl" / "phoenix-2014t.dev.csv"
    summary = import_dataset("phoenix14t", table, tmp_path / "data")
    assert (summary.n_with_poses, summary.n_missing, summary.bad_rows) == (5, 514, {})
    clip = PoseDataset.open(tmp_path / "data").clips["11August_2010_Wednesday_tagesschau-2"]
    assert (clip.glosses, clip.signer) == (("DRUCK", "TIEF", "KOMMEN"), "Signer08")
