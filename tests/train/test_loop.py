import json
import math
import shutil
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from signkit.checkpoint import read_checkpoint, read_weights
from signkit.clip import ClipTable
from signkit.errors import CheckpointError, DatasetError, TrainingError
from signkit.sections import TrainConfig
from signkit.shard import write_shard
from signkit.train import train
from signkit.train.loop import learning_rate
from signkit.train.state import Progressed
from tests.strokes import make_recipe, make_strokes

NO_AUGMENTATION = {
    "rotate_deg": (0.0, 0.0, 0.0), "scale": 0.0, "shear": 0.0, "mirror": 0.0, "speed": 0.0,
    "warp": 0.0, "frame_drop": 0.0, "hand_drop": 0.0, "landmark_noise": 0.0, "bone_stretch": 0.0,
}  # fmt: skip


class StoppedError(Exception):
    """Stands for a kill in the middle of training."""


def test_the_learning_rate_rises_and_falls_per_update():
    config = TrainConfig(peak_lr=1.0, warmup=0.1)
    rates = [learning_rate(config, update, 100) for update in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == 1.0
    assert rates[55] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0.0, abs=1e-12)
    assert all(a >= b for a, b in pairwise(rates[10:]))


def test_a_lower_dev_wer_wins_and_ties_go_to_the_lower_loss():
    best = Progressed(best_wer=0.2, best_loss=1.0)
    assert best.improves(0.1, 9.0)
    assert best.improves(0.2, 0.9)
    assert not best.improves(0.2, 1.0)
    assert not best.improves(0.3, 0.1)


@pytest.mark.parametrize("body", ["transformer", "conformer"])
def test_continuous_training_learns_its_train_clips_by_heart(tmp_path, body):
    dataset = make_strokes(tmp_path / "data", n_clips=8, continuous=True, dev=False)
    recipe = make_recipe(
        "continuous",
        data={"dev_share": 0.0},
        augment=NO_AUGMENTATION,
        model={"body": body, "width": 32, "head_dropout": 0.0, "block_drop": 0.0},
        train={"epochs": 150, "peak_lr": 5e-3},
    )
    own_dev = {clip.clip_id: "train" for clip in dataset.clips}
    summary = train(recipe, with_dev(dataset, own_dev), tmp_path / "run")
    assert summary.dev_wer == 0.0


def with_dev(dataset, splits):
    """The dataset with its train clips also as dev: copies of the same poses under other ids."""
    twins = [replace(c, clip_id=f"dev-{c.clip_id}", split="dev") for c in dataset.clips]
    poses = [replace(dataset.pose(c.clip_id), clip_id=f"dev-{c.clip_id}") for c in dataset.clips]
    write_shard(dataset.poses_folder / "shard-00001.parquet", poses)
    clips = ClipTable.from_clips([*dataset.clips.with_splits(splits), *twins])
    return replace(dataset, clips=clips)


def test_an_interrupted_run_ends_with_the_weights_of_an_undisturbed_one(tmp_path, isolated):
    recipe = make_recipe("isolated", train={"epochs": 4}, model={"dropout": 0.2})
    train(recipe, isolated, tmp_path / "whole")

    def stop_in_the_third_epoch(progress):
        if progress.epoch == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(recipe, isolated, tmp_path / "broken", progress=stop_in_the_third_epoch)
    train(recipe, isolated, tmp_path / "broken", resume=True)

    whole, broken = read_weights(tmp_path / "whole"), read_weights(tmp_path / "broken")
    assert whole.keys() == broken.keys()
    for name, value in whole.items():
        assert torch.equal(value, broken[name]), name
    metrics = [
        [
            {k: v for k, v in json.loads(line).items() if k != "seconds"}
            for line in text.splitlines()
        ]
        for text in ((tmp_path / run / "metrics.jsonl").read_text() for run in ("whole", "broken"))
    ]
    assert metrics[0] == metrics[1]


def test_averaged_weights_survive_a_resume(tmp_path, isolated):
    recipe = make_recipe("isolated", train={"epochs": 3, "ema_decay": 0.9})
    train(recipe, isolated, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(recipe, isolated, tmp_path / "broken", progress=stop_after_one_epoch)
    train(recipe, isolated, tmp_path / "broken", resume=True)
    whole, broken = read_weights(tmp_path / "whole"), read_weights(tmp_path / "broken")
    assert all(torch.equal(value, broken[name]) for name, value in whole.items())


def stop_after_one_epoch(progress):
    if progress.epoch == 2:
        raise StoppedError


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path, isolated):
    recipe = make_recipe("isolated")
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(recipe, isolated, tmp_path / name, seed=seed)
        weights.append(read_weights(tmp_path / name)["frontend.project.weight"])
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_run_folder_explains_itself(tmp_path, isolated):
    summary = train(make_recipe("isolated"), isolated, tmp_path / "run")
    checkpoint = read_checkpoint(tmp_path / "run")
    assert checkpoint.vocabulary.glosses == ("CIRCLE", "DOWN", "SIDE", "UP")
    assert checkpoint.fps == 25.0
    assert checkpoint.data["n_train"] == 20
    assert checkpoint.data["n_dev"] == 4
    assert checkpoint.results["dev_wer"] == summary.dev_wer
    card = (tmp_path / "run" / "README.md").read_text()
    assert "| glosses | 4 |" in card
    assert {p.suffix for p in (tmp_path / "run").rglob("*") if p.is_file()} == {
        ".safetensors", ".json", ".jsonl", ".md",
    }  # fmt: skip


def test_without_a_dev_split_one_is_carved_out_of_train_and_remembered(tmp_path):
    dataset = make_strokes(tmp_path / "data", n_clips=40, continuous=False, dev=False)
    summary = train(make_recipe("isolated"), dataset, tmp_path / "run")
    kept = read_checkpoint(tmp_path / "run").data["dev_ids"]
    assert summary.n_dev == len(kept) > 0
    assert summary.n_train + summary.n_dev == 40
    assert summary.dev_source == f"{len(kept)} clips carved out of train"


def test_starting_from_a_run_with_other_glosses_keeps_all_but_the_classifier(tmp_path, isolated):
    train(make_recipe("isolated"), isolated, tmp_path / "first")
    few = isolated.clips.with_splits(
        {c.clip_id: "" for c in isolated.clips if c.glosses[0] == "CIRCLE"}
    )
    recipe = make_recipe("isolated", train={"epochs": 1, "peak_lr": 1e-12})
    train(recipe, replace(isolated, clips=few), tmp_path / "second", init_from=tmp_path / "first")
    first, second = read_weights(tmp_path / "first"), read_weights(tmp_path / "second")
    torch.testing.assert_close(
        second["frontend.project.weight"], first["frontend.project.weight"], atol=1e-8, rtol=0
    )
    assert second["head.classify.1.weight"].shape[0] == 3


@pytest.mark.parametrize(
    ("break_it", "error", "message"),
    [
        ("existing", TrainingError, "already holds files; add --resume to go on with its training"),
        ("task", TrainingError, "recipe is for isolated signs, but "),
        ("empty", DatasetError, "has no clip in split 'train' (train 0, dev 4, test 0)"),
        ("short", TrainingError, "clips have too few frames for their glosses, for instance"),
        (
            "device",
            TrainingError,
            "--device cuda was asked for, but no CUDA device is here; use cpu",
        ),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(tmp_path, continuous, break_it, error, message):
    if break_it == "device" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    dataset, recipe, device = continuous, make_recipe("continuous"), None
    if break_it == "existing":
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "notes.txt").write_text("mine")
    elif break_it == "task":
        recipe = make_recipe("isolated")
    elif break_it == "empty":
        splits = {c.clip_id: "dev" if c.split == "dev" else "" for c in dataset.clips}
        dataset = replace(dataset, clips=dataset.clips.with_splits(splits))
    elif break_it == "short":
        recipe = make_recipe("continuous", model={"subsampling": 8}, data={"fps": 5.0})
    else:
        device = "cuda"
    with pytest.raises(error) as raised:
        train(recipe, dataset, tmp_path / "run", device=device)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_resuming_with_another_recipe_is_refused(tmp_path, isolated):
    train(make_recipe("isolated"), isolated, tmp_path / "run")
    other = make_recipe("isolated", train={"epochs": 3})
    with pytest.raises(CheckpointError, match="was trained with another recipe, seed or data"):
        train(other, isolated, tmp_path / "run", resume=True)


def test_resuming_a_finished_run_changes_nothing(tmp_path, isolated):
    train(make_recipe("isolated"), isolated, tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    train(make_recipe("isolated"), isolated, tmp_path / "run", resume=True)
    for path in (tmp_path / "copy").rglob("*"):
        if path.is_file():
            other = tmp_path / "run" / path.relative_to(tmp_path / "copy")
            assert path.read_bytes() == other.read_bytes(), path.name


def test_a_loss_that_is_no_number_stops_with_advice(tmp_path, isolated):
    recipe = make_recipe("isolated", train={"peak_lr": 1e30, "epochs": 5, "clip_norm": 1e30})
    with pytest.raises(TrainingError, match=r"the loss is nan at update \d+ .*lower train.peak_lr"):
        train(recipe, isolated, tmp_path / "run")


def test_progress_counts_to_the_end(tmp_path, isolated):
    seen = []
    train(make_recipe("isolated"), isolated, tmp_path / "run", progress=seen.append)
    assert seen[-1].update == seen[-1].n_updates == len(seen)
    assert seen[-1].epoch == seen[-1].n_epochs == 2
    assert all(math.isfinite(p.loss) and p.seconds_left >= 0 for p in seen)
    assert seen[0].dev_wer is None
    assert seen[-1].dev_wer is not None
