from dataclasses import replace
from pathlib import Path

import pytest

from signkit.checkpoint import Checkpoint, read_checkpoint
from signkit.clip import ClipTable
from signkit.dataset import PoseDataset
from signkit.errors import RecognitionError
from signkit.study.dev_clips import find_dev_clips
from signkit.train import train
from tests.strokes import make_recipe, make_strokes


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Checkpoint, PoseDataset]]:
    """A run on a dataset with a dev split, and one that carved its own."""
    found = {}
    for name in ("split", "carved"):
        folder = tmp_path_factory.mktemp(name)
        data = make_strokes(folder / "data", n_clips=24, continuous=True, dev=name == "split")
        train(make_recipe("continuous", train={"epochs": 1}), data, folder / "run")
        found[name] = read_checkpoint(folder / "run"), data
    return found


def resplit(dataset: PoseDataset, splits: dict[str, str]) -> PoseDataset:
    return replace(dataset, clips=dataset.clips.with_splits(splits))


def test_the_dev_split_is_taken_as_it_is(runs):
    checkpoint, data = runs["split"]
    dev = find_dev_clips(checkpoint, data)
    assert [clip.clip_id for clip in dev.clips] == [
        c.clip_id for c in data.clips.where(split="dev")
    ]
    assert (dev.source, dev.warnings) == ("dev split", ())


def test_without_a_dev_split_the_runs_own_dev_clips_are_taken_and_no_other(runs):
    checkpoint, data = runs["carved"]
    dev = find_dev_clips(checkpoint, data)
    ids = [clip.clip_id for clip in dev.clips]
    assert ids == checkpoint.data["dev_ids"]
    assert 0 < len(ids) < 24
    assert dev.source == f"{len(ids)} clips that the run carved out of train"


@pytest.mark.parametrize(
    ("split", "said"),
    [
        (
            "test",
            "knobs that were chosen on test clips make every score on these worthless; use "
            "--split dev",
        ),
        (
            "train",
            "the run has learned the train clips, so they do not tell how it hears others; use "
            "--split dev",
        ),
        ("deb", "there is no split 'deb'; use --split dev"),
    ],
)
def test_other_splits_are_refused(runs, split: str, said: str):
    with pytest.raises(RecognitionError) as error:
        find_dev_clips(*runs["split"], split)
    assert str(error.value) == said


def test_train_clips_that_stand_in_for_dev_are_refused(runs):
    checkpoint, data = runs["carved"]
    every = [clip.clip_id for clip in data.clips]
    data_record = {
        **checkpoint.data, "dev_ids": every, "n_train": len(every),
        "dev_source": "the train clips themselves: too few to carve a dev split",
    }  # fmt: skip
    with pytest.raises(RecognitionError) as error:
        find_dev_clips(replace(checkpoint, data=data_record), data)
    assert str(error.value) == (
        f"{data.path} has no dev clips and the run had too few clips to carve some out of train; "
        "make a dev split with 'signkit split', and train again"
    )


def test_another_dataset_without_dev_clips_is_refused(runs):
    checkpoint, data = runs["carved"]
    foreign = {**checkpoint.data, "dev_ids": ["x", "y"]}
    with pytest.raises(RecognitionError, match=r"carved 2 out of another dataset \(first: 'x'\)"):
        find_dev_clips(replace(checkpoint, data=foreign), data)
    none = {**checkpoint.data, "dev_ids": []}
    with pytest.raises(RecognitionError, match="the run carved none out of train"):
        find_dev_clips(replace(checkpoint, data=none), data)


def test_dev_clips_that_are_gone_are_counted(runs):
    checkpoint, data = runs["carved"]
    first = checkpoint.data["dev_ids"][0]
    fewer = replace(data, clips=ClipTable.from_clips([c for c in data.clips if c.clip_id != first]))
    dev = find_dev_clips(checkpoint, fewer)
    n = len(checkpoint.data["dev_ids"])
    assert len(dev.clips) == n - 1
    assert dev.warnings == (f"1 of the run's {n} dev clips are not here",)


def test_a_dev_split_made_after_training_warns(runs):
    checkpoint, data = runs["carved"]
    carved = checkpoint.data["dev_ids"]
    learned = next(c.clip_id for c in data.clips if c.clip_id not in carved)
    own = find_dev_clips(checkpoint, resplit(data, dict.fromkeys(carved, "dev")))
    assert own.warnings == ()
    [warning] = find_dev_clips(checkpoint, resplit(data, {learned: "dev"})).warnings
    assert "so it has learned dev clips" in warning


def test_splits_that_changed_since_training_warn(runs):
    checkpoint, data = runs["split"]
    learned = data.clips.where(split="train")[0].clip_id
    [warning] = find_dev_clips(checkpoint, resplit(data, {learned: "dev"})).warnings
    assert "the run was trained on other clips of this dataset" in warning


def test_a_foreign_datasets_dev_split_is_taken_without_a_word(runs, tmp_path: Path):
    checkpoint, _ = runs["split"]
    other = make_strokes(tmp_path / "other", n_clips=16, continuous=True)
    named = replace(other, info=replace(other.info, name="others"))
    assert find_dev_clips(checkpoint, named).warnings == ()
