from pathlib import Path

from signkit.study.folds import fold_views
from tests.strokes import make_strokes


def test_every_clip_outside_test_is_scored_in_exactly_one_fold(tmp_path: Path):
    dataset = make_strokes(tmp_path, n_clips=24, continuous=False)
    held_out = dataset.clips.ids[0]
    dataset.clips.with_splits({held_out: "test"}).write(tmp_path / "clips.csv")
    dataset = type(dataset).open(tmp_path)

    views = fold_views(dataset, n_folds=3, group=None)

    tested = [c.clip_id for view in views.values() for c in view.clips.where(split="test")]
    assert sorted(tested) == sorted(set(dataset.clips.ids) - {held_out})
    for view in views.values():
        assert view.clips[held_out].split == ""
        assert not view.clips.where(split="dev")


def test_signers_stay_whole(tmp_path: Path):
    dataset = make_strokes(tmp_path, n_clips=24, continuous=False)
    for view in fold_views(dataset, n_folds=3, group="signer").values():
        there = {clip.signer for clip in view.clips.where(split="train")}
        here = {clip.signer for clip in view.clips.where(split="test")}
        assert len(here) == 1
        assert not here & there


def test_the_files_stay_as_they_are(tmp_path: Path):
    dataset = make_strokes(tmp_path, n_clips=12, continuous=False)
    before = (tmp_path / "clips.csv").read_bytes()
    fold_views(dataset, n_folds=2, group=None)
    assert (tmp_path / "clips.csv").read_bytes() == before
    assert not (tmp_path / "splits").exists()
