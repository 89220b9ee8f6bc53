from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from signkit.dataset import PoseDataset
from signkit.errors import TrainingError
from signkit.models.recognizer import POOLED, Recognizer
from signkit.train.joint import join
from signkit.train.loader import ClipLoader
from signkit.train.objective import Objective
from signkit.train.plan import Plan, make_plan
from tests.strokes import make_recipe, make_strokes


def test_every_clip_is_found_under_its_joint_id(isolated, continuous):
    poses = join(isolated, [continuous])
    assert poses.pose("clip-000").n_frames == isolated.n_frames("clip-000")
    pose = poses.pose("strokes/clip-000")
    assert pose.clip_id == "strokes/clip-000"
    np.testing.assert_array_equal(pose.coords, continuous.pose("clip-000").coords)
    (n_frames, n_own), (fps, _) = poses.lengths(["strokes/clip-000", "clip-000"])
    assert n_frames == continuous.n_frames("clip-000")
    assert fps == 25.0
    assert n_own == isolated.n_frames("clip-000")


def test_datasets_of_one_name_get_numbers(tmp_path, isolated, continuous):
    third, named = (
        make_strokes(tmp_path / name, n_clips=4, continuous=False) for name in ("third", "named")
    )
    named = replace(named, info=replace(named.info, name="a/b"))
    poses = join(isolated, [continuous, third, named])
    assert list(poses.others) == ["strokes", "strokes-2", "a/b"]
    n_frames, _ = poses.lengths(["strokes-2/clip-001", "a/b/clip-001"])
    assert n_frames.tolist() == [third.n_frames("clip-001")] * 2


def test_a_dataset_without_a_name_is_called_as_its_folder_even_from_inside(
    isolated, continuous, monkeypatch
):
    monkeypatch.chdir(continuous.path)
    here = PoseDataset.open(Path())
    poses = join(isolated, [replace(here, info=replace(here.info, name=""))])
    name = continuous.path.name
    assert list(poses.others) == [name]
    assert poses.pose(f"{name}/clip-000").n_frames == continuous.n_frames("clip-000")


@pytest.mark.parametrize("twin", ["main", "other"])
def test_a_dataset_given_twice_is_refused(isolated, continuous, twin):
    others = [isolated] if twin == "main" else [continuous, continuous]
    with pytest.raises(TrainingError) as raised:
        join(isolated, others)
    assert str(raised.value) == f"{others[-1].path} is given twice; name every dataset once"


def learned(plan: Plan, recipe) -> tuple[Recognizer, ClipLoader]:
    """A recognizer trained in a few seconds, without augmentation."""
    torch.manual_seed(0)
    loader = ClipLoader(plan.poses, fps=plan.fps)
    skeleton = plan.poses.dataset.skeleton
    model = Recognizer(recipe, skeleton, plan.vocabulary, fps=plan.fps, pooled=plan.pooled)
    batch = loader.batch(plan.train)
    model.encoder.fit([batch.coords])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    objective = Objective(recipe)
    for _ in range(100):
        loss = objective(model.train()(batch.coords, batch.is_frame), batch)
        loss.total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return model, loader


def test_sentences_and_single_signs_are_learned_together(tmp_path):
    sentences = make_strokes(tmp_path / "sentences", n_clips=8, continuous=True)
    signs = make_strokes(tmp_path / "signs", n_clips=8, continuous=False, dev=False)
    recipe = make_recipe(
        "continuous",
        model={"width": 32, "head_dropout": 0.0, "input_dropout": 0.0, "block_drop": 0.0},
        train={"label_smoothing": 0.0},
    )
    plan = make_plan(recipe, sentences, [signs])
    assert plan.pooled
    model, loader = learned(plan, recipe)
    batch = loader.batch(plan.train)
    with torch.no_grad():
        decoded = model.head.decode(model.eval()(batch.coords, batch.is_frame))
        assert decoded == [list(example.target) for example in plan.train]
        pooled = model.train()(batch.coords, batch.is_frame).auxiliary[POOLED]
    chosen = (pooled.values[:, 0].argmax(dim=-1) + 1).tolist()
    single = [(i, e.target[0]) for i, e in enumerate(plan.train) if len(e.target) == 1]
    assert len(single) >= 8
    assert [chosen[i] for i, _ in single] == [target for _, target in single]
