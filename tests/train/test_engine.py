from dataclasses import replace

import pytest
import torch

from signkit.errors import TrainingError
from signkit.train import train
from signkit.train.optimizer import copy_weights
from signkit.train.processes import Processes
from signkit.train.setup import set_up
from tests.train.engines import calm_recipe, first_shares, ready


def ready_with_plain_steps(recipe, dataset, run, says=None):
    """AdamW makes a step as large as any other of what is nought but for rounding; plain steps
    show what the gradients are.
    """
    made, _ = ready(recipe, dataset, run, says)
    made.engine.optimizer = torch.optim.SGD(made.engine.model.parameters(), lr=1.0)
    return made


def after_updates(recipe, dataset, run, *, n_updates=3):
    """Weights and values after some updates."""
    made = ready_with_plain_steps(recipe, dataset, run)
    values = [
        made.engine.update(share, made.feed, update=i, lr=0.1)
        for i, share in enumerate(first_shares(made, n_updates))
    ]
    return copy_weights(made.engine.model), values


def assert_same(one, other):
    for name, value in one[0].items():
        torch.testing.assert_close(value, other[0][name], atol=1e-5, rtol=1e-4, msg=name)
    for own, theirs in zip(one[1], other[1], strict=True):
        for name, value in own.items():
            torch.testing.assert_close(value, theirs[name], atol=1e-4, rtol=1e-4, msg=name)


@pytest.mark.parametrize("task", ["isolated", "continuous"])
@pytest.mark.parametrize("extra", [{}, {"consistency": 0.5}])
def test_small_passes_come_to_the_same_as_one(request, tmp_path, task, extra):
    dataset = request.getfixturevalue(task)
    whole = after_updates(calm_recipe(task, **extra), dataset, tmp_path)
    cut = after_updates(calm_recipe(task, frames_per_pass=60, **extra), dataset, tmp_path)
    assert_same(whole, cut)


def test_the_pieces_of_an_update_are_really_cut(tmp_path, continuous):
    made, _ = ready(calm_recipe("continuous", frames_per_pass=60), continuous, tmp_path)
    (share,) = first_shares(made, 1)
    assert len(share.passes) > 2


def limit_memory(made, most_frames: int, error: type[Exception] = torch.OutOfMemoryError) -> list:
    """From now on the recognizer fails above so many padded frames; returns what was tried."""
    tried = []

    def refuse(module, inputs):
        coords = inputs[0]
        tried.append(coords.shape[0] * coords.shape[1])
        if tried[-1] > most_frames:
            raise error("out of memory, says the device")

    made.engine.model.register_forward_pre_hook(refuse)
    return tried


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError, RuntimeError])
def test_passes_that_do_not_fit_are_halved_and_the_update_is_made_all_the_same(
    tmp_path, continuous, error
):
    recipe = calm_recipe("continuous")
    whole = after_updates(recipe, continuous, tmp_path)
    says: list[str] = []
    made = ready_with_plain_steps(recipe, continuous, tmp_path, says)
    shares = first_shares(made, 3)
    largest = max(one.n_frames for share in shares for one in share.passes)
    tried = limit_memory(made, largest // 2, error)
    values = [
        made.engine.update(share, made.feed, update=i, lr=0.1) for i, share in enumerate(shares)
    ]
    assert_same(whole, (copy_weights(made.engine.model), values))
    assert len(says) == sum(n > largest // 2 for n in tried) >= 1
    limit = made.engine.frames_per_pass
    assert 0 < limit <= largest // 2
    assert says[-1].endswith(
        f"from now on passes hold {limit} (train.frames_per_pass={limit} does so from the start); "
        "what is learned stays the same"
    )


def test_a_single_clip_that_does_not_fit_ends_training_with_advice(tmp_path, continuous):
    made, _ = ready(calm_recipe("continuous"), continuous, tmp_path)
    (share,) = first_shares(made, 1)
    limit_memory(made, 5)
    with pytest.raises(
        TrainingError, match=r"memory is full with a single clip of \d+ frames; set"
    ):
        made.engine.update(share, made.feed, update=0, lr=1e-3)


def test_other_errors_are_not_taken_for_full_memory(tmp_path, continuous):
    made, _ = ready(calm_recipe("continuous"), continuous, tmp_path)
    (share,) = first_shares(made, 1)
    made.engine.model.register_forward_pre_hook(lambda *_: torch.ones(2) @ torch.ones(3))
    with pytest.raises(RuntimeError, match="inconsistent tensor size"):
        made.engine.update(share, made.feed, update=0, lr=1e-3)


def test_an_update_follows_its_number_and_seed_only(tmp_path, isolated):
    recipe = calm_recipe("isolated").model_copy(
        update={"augment": calm_recipe("isolated").augment.model_copy(update={"mirror": 0.5})}
    )
    losses = []
    for update in (4, 4, 5):
        made, _ = ready(recipe, isolated, tmp_path)
        (share,) = first_shares(made, 1)
        losses.append(made.engine.update(share, made.feed, update=update, lr=1e-3)["loss"])
    assert losses[0] == losses[1] != losses[2]


def test_averaged_weights_are_judged_and_training_goes_on_with_its_own(tmp_path, isolated):
    made, _ = ready(calm_recipe("isolated", ema_decay=0.9), isolated, tmp_path)
    for i, share in enumerate(first_shares(made, 2)):
        made.engine.update(share, made.feed, update=i, lr=1e-2)
    own = copy_weights(made.engine.model)
    with made.engine.with_weights() as model:
        judged = copy_weights(model)
    for name, value in made.engine.weights().items():
        assert torch.equal(judged[name], value), name
    assert any(not torch.equal(judged[name], own[name]) for name in own)
    assert all(torch.equal(v, own[n]) for n, v in copy_weights(made.engine.model).items())


def test_bf16_trains_and_its_losses_are_float32(tmp_path, continuous):
    full = after_updates(calm_recipe("continuous"), continuous, tmp_path)
    half = after_updates(calm_recipe("continuous", precision="bf16"), continuous, tmp_path)
    assert half[1][0]["loss"].dtype == torch.float32
    assert half[1][0]["loss"] != full[1][0]["loss"]
    torch.testing.assert_close(half[1][0]["loss"], full[1][0]["loss"], rtol=0.05, atol=0.05)


def test_gradients_are_clipped_by_their_norm(tmp_path, isolated):
    made = ready_with_plain_steps(calm_recipe("isolated", clip_norm=1e-3), isolated, tmp_path)
    (share,) = first_shares(made, 1)
    before = [p.detach().clone() for p in made.engine.model.parameters()]
    values = made.engine.update(share, made.feed, update=0, lr=1.0)
    assert values["gradient_norm"] > 1e-3
    after = made.engine.model.parameters()
    moved = torch.cat([(new - old).flatten() for new, old in zip(after, before, strict=True)])
    assert moved.norm().item() == pytest.approx(1e-3, rel=1e-2)


def test_a_process_without_clips_adds_nothing(tmp_path, isolated):
    made, _ = ready(calm_recipe("isolated"), isolated, tmp_path)
    (share,) = first_shares(made, 1)
    made.engine.update(share, made.feed, update=0, lr=1e-3)
    before = copy_weights(made.engine.model)
    empty = replace(share, own=[], passes=[])
    assert made.engine.update(empty, made.feed, update=1, lr=1e-3)["loss"] == 0
    assert all(torch.equal(v, before[n]) for n, v in copy_weights(made.engine.model).items())


def with_scaled_gradients(recipe, dataset, run, *, scale: float):
    """What fp16 does, on the CPU: `accelerate` scales on accelerators only."""
    processes = Processes(device="cpu", precision="no", run=run)
    processes.accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    processes.accelerator.native_amp = True
    processes.accelerator.state._mixed_precision = "fp16"
    made = set_up(recipe, dataset, run, processes, say=print)
    made.engine.model.train()
    return made


def test_scaled_gradients_are_unscaled_before_they_are_clipped(tmp_path, continuous):
    recipe = calm_recipe("continuous", frames_per_pass=100)
    full, _ = ready(recipe, continuous, tmp_path)
    (share,) = first_shares(full, 1)
    expected = full.engine.update(share, full.feed, update=0, lr=1e-3)
    half = with_scaled_gradients(recipe, continuous, tmp_path, scale=1024.0)
    before = copy_weights(half.engine.model)
    found = half.engine.update(share, half.feed, update=0, lr=1e-3)
    torch.testing.assert_close(found["loss"], expected["loss"], rtol=0.02, atol=0.02)
    torch.testing.assert_close(
        found["gradient_norm"], expected["gradient_norm"], rtol=0.05, atol=0.05
    )
    assert not torch.equal(
        half.engine.weights()["head.classifier.weight"], before["head.classifier.weight"]
    )


def test_an_update_whose_scaled_gradients_overflow_is_left_out(tmp_path, continuous):
    made = with_scaled_gradients(calm_recipe("continuous"), continuous, tmp_path, scale=2.0**40)
    before = copy_weights(made.engine.model)
    (share,) = first_shares(made, 1)
    values = made.engine.update(share, made.feed, update=0, lr=1e-3)
    assert values["loss"].isfinite()
    assert not values["gradient_norm"].isfinite()
    assert all(torch.equal(v, before[n]) for n, v in copy_weights(made.engine.model).items())
    assert made.engine.scaler.get_scale() == 2.0**39


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["no", "bf16", "fp16"])
def test_a_gpu_trains_in_every_precision(tmp_path, continuous, precision):
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    recipe = calm_recipe("continuous", precision=precision, epochs=4)
    told = []
    train(recipe, continuous, tmp_path / "run", device="cuda", on_epoch=told.append)
    assert told[-1].loss < told[0].loss
