from dataclasses import replace

import pytest
import torch

from signkit.checkpoint import read_weights, write_checkpoint
from signkit.errors import CheckpointError, TrainingError
from signkit.skeletons import SKELETONS
from signkit.train.objective import Objective
from signkit.train.teacher import load_teacher, match_pace
from tests.strokes import POINTS, make_recipe
from tests.tensors import as_batch, padded, random_clips
from tests.train.runs import make_checkpoint, make_model, make_run

CPU = torch.device("cpu")


def clips(n_frames: int = 12) -> torch.Tensor:
    return random_clips(POINTS, n_clips=2, n_frames=n_frames, seed=3)


@pytest.mark.parametrize("task", ["isolated", "continuous"])
def test_a_teacher_that_is_the_student_costs_nothing(tmp_path, task):
    checkpoint = make_checkpoint(make_recipe(task))
    teacher = load_teacher([make_run(tmp_path, checkpoint)], checkpoint, device=CPU)
    student = make_model(checkpoint).eval()
    batch = as_batch(clips(), torch.tensor([[1], [2]]))
    objective = Objective(checkpoint.recipe, teacher)
    loss = objective(student(batch.coords, batch.is_frame), batch)
    assert loss.parts["distill"].item() == pytest.approx(0.0, abs=1e-5)
    assert loss.total.item() == pytest.approx(loss.parts["recognition"].item(), abs=1e-5)

    other = make_model(checkpoint, seed=1).eval()
    loss = objective(other(batch.coords, batch.is_frame), batch)
    assert loss.parts["distill"] > 1e-3


def test_a_teacher_gets_no_gradient_and_draws_no_random_numbers(tmp_path):
    checkpoint = make_checkpoint(make_recipe("continuous", model={"dropout": 0.5}))
    teacher = load_teacher([make_run(tmp_path, checkpoint)], checkpoint, device=CPU)
    batch = as_batch(clips(), torch.tensor([[1], [2]]))
    state = torch.get_rng_state()
    decided = teacher(batch, n_steps=12, temperature=1.0)
    assert not decided.requires_grad
    assert torch.equal(torch.get_rng_state(), state)


def test_glosses_are_matched_by_name_when_the_teacher_knows_more(tmp_path):
    recipe = make_recipe("continuous")
    run = make_run(tmp_path, make_checkpoint(recipe, ("CIRCLE", "DOWN", "SIDE", "UP")))
    student = make_checkpoint(recipe, ("DOWN", "UP"))
    batch = as_batch(clips(), torch.tensor([[1], [2]]))
    decided = load_teacher([run], student, device=CPU)(batch, n_steps=12, temperature=1.0)
    model = make_model(make_checkpoint(recipe)).eval()
    values = model(batch.coords, batch.is_frame).values.detach()
    torch.testing.assert_close(decided, values[..., [0, 2, 4]].softmax(dim=-1))


def test_several_teachers_speak_with_their_mean(tmp_path):
    checkpoint = make_checkpoint(make_recipe("isolated"))
    runs = [make_run(tmp_path / str(seed), checkpoint, seed=seed) for seed in range(2)]
    batch = as_batch(clips(), torch.tensor([[1], [2]]))

    def said(*chosen):
        return load_teacher(chosen, checkpoint, device=CPU)(batch, n_steps=1, temperature=2.0)

    torch.testing.assert_close(said(*runs), (said(runs[0]) + said(runs[1])) / 2)
    record = load_teacher(runs, checkpoint, device=CPU).record
    assert [entry["run"] for entry in record] == ["0", "1"]
    assert record[0]["weights_sha256"] != record[1]["weights_sha256"]


def test_at_equal_pace_decisions_stay_as_they_are():
    decisions = torch.rand(2, 5, 3)
    assert match_pace(decisions, torch.tensor([5, 3]), n_steps=5, pace=1.0) is decisions


@pytest.mark.parametrize(
    ("pace", "n_steps", "expected"),
    [
        (0.5, 5, [0.0, 0.5, 1.0, 1.5, 2.0]),  # teacher steps 0 1 2 at student steps 0 2 4
        (0.25, 4, [0.0, 0.25, 0.5, 0.75]),
        (2.0, 2, [1 / 3, 5 / 3]),  # weights 1 1/2 0, then 0 1/2 1
    ],
)
def test_decisions_of_another_pace_are_read_linearly_in_time(pace, n_steps, expected):
    ramp = torch.arange(4.0)[None, :, None]  # what step 3 says is padding
    read = match_pace(ramp, torch.tensor([3]), n_steps=n_steps, pace=pace)
    torch.testing.assert_close(read[0, :, 0], torch.tensor(expected))


def test_a_short_peak_of_a_finer_teacher_is_not_lost():
    decisions = torch.tensor([[1.0, 0.0]]).repeat(8, 1)
    decisions[3] = torch.tensor([0.0, 1.0])
    read = match_pace(decisions[None], torch.tensor([8]), n_steps=4, pace=2.0)
    assert read[0, :, 1].sum().item() == pytest.approx(0.5)
    torch.testing.assert_close(read.sum(dim=-1), torch.ones(1, 4))


@pytest.mark.parametrize(("teacher_pace", "student_pace"), [(1, 4), (4, 1), (2, 2)])
def test_padding_changes_nothing_of_what_a_teacher_of_any_pace_says(
    tmp_path, teacher_pace, student_pace
):
    fast, slow = (
        make_checkpoint(make_recipe("continuous", model={"subsampling": pace}))
        for pace in (teacher_pace, student_pace)
    )
    teacher = load_teacher([make_run(tmp_path, fast)], slow, device=CPU)
    coords = clips(n_frames=11)
    n_steps = -(-11 // student_pace)
    alone = teacher(as_batch(coords, torch.ones(2, 1)), n_steps=n_steps, temperature=1.0)
    long = replace(as_batch(padded(coords, 9), torch.ones(2, 1)), lengths=torch.tensor([11, 11]))
    together = teacher(long, n_steps=-(-20 // student_pace), temperature=1.0)
    torch.testing.assert_close(together[:, :n_steps], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (
            make_checkpoint(make_recipe("continuous"), skeleton=SKELETONS["mediapipe-75"]),
            "{run} reads skeleton 'mediapipe-75' (3-D), but the data have 'points' (2-D); "
            "choose a run with the same skeleton",
        ),
        (
            make_checkpoint(make_recipe("isolated")),
            "{run} was trained on isolated clips, but the recipe is for continuous ones; "
            "choose a teacher of the same task",
        ),
        (
            make_checkpoint(make_recipe("continuous"), fps=12.5),
            "{run} works at 12.5 frames per second, but this training at 25; "
            "set data.fps=12.5 to learn from it",
        ),
        (
            make_checkpoint(make_recipe("continuous"), ("CIRCLE", "UP")),
            "{run} does not know 2 of the 4 glosses of the train split, for instance 'DOWN'; "
            "choose a teacher that knows all of them",
        ),
    ],
)
def test_a_teacher_that_does_not_fit_is_refused_in_one_line(tmp_path, teacher, message):
    run = make_run(tmp_path / "run", teacher)
    with pytest.raises(TrainingError) as raised:
        load_teacher([run], make_checkpoint(make_recipe("continuous")), device=CPU)
    assert str(raised.value) == message.format(run=run)


def test_a_teacher_of_another_version_is_refused_in_one_line(tmp_path):
    checkpoint = make_checkpoint(make_recipe("continuous"))
    run = make_run(tmp_path / "old", checkpoint)
    weights = read_weights(run)
    weights["head.classify.weight"] = weights.pop("head.classifier.weight")
    write_checkpoint(run, checkpoint, weights)
    with pytest.raises(CheckpointError) as raised:
        load_teacher([run], checkpoint, device=CPU)
    assert str(raised.value) == (
        f"{run}/model.safetensors does not fit {run}/config.json: one of them was changed, or "
        "another version of signkit wrote them; restore a copy or train again"
    )
