import pytest
import torch
from safetensors import SafetensorError

from signkit.checkpoint import write_tensors
from signkit.errors import CheckpointError, DatasetError
from signkit.train.optimizer import copy_weights
from signkit.train.state import Progressed, has_state, load_state, save_state
from tests.train.engines import calm_recipe, first_shares, ready


def trained(recipe, dataset, run):
    made, _ = ready(recipe, dataset, run)
    for i, share in enumerate(first_shares(made, 2)):
        made.engine.update(share, made.feed, update=i, lr=1e-2)
    return made.engine


def test_everything_comes_back_bit_for_bit(tmp_path, isolated):
    recipe = calm_recipe("isolated", ema_decay=0.9)
    engine = trained(recipe, isolated, tmp_path)
    engine.frames_per_pass = 123
    progressed = Progressed(epoch=2, update=9, done=3, sums={"loss": 1 / 3}, best_wer=0.1)
    assert not has_state(tmp_path)
    save_state(tmp_path, engine, progressed, key="k")
    assert has_state(tmp_path)

    other = ready(recipe, isolated, tmp_path)[0].engine
    assert load_state(tmp_path, other, key="k") == progressed
    assert other.frames_per_pass == 123
    for own, theirs in (
        (copy_weights(engine.model), copy_weights(other.model)),
        (engine.average.weights, other.average.weights),
    ):
        assert own
        assert all(torch.equal(value, theirs[name]) for name, value in own.items())
    moments = engine.optimizer.state_dict()["state"], other.optimizer.state_dict()["state"]
    assert moments[0].keys() == moments[1].keys()
    for index, found in moments[0].items():
        assert all(torch.equal(value, moments[1][index][name]) for name, value in found.items())


def test_the_scale_of_fp16_gradients_comes_back(tmp_path, isolated):
    recipe = calm_recipe("isolated")
    engine = trained(recipe, isolated, tmp_path)
    engine.scaler = torch.amp.GradScaler("cpu", init_scale=512.0, growth_interval=7)
    engine.scaler.scale(torch.ones(()))  # it begins with its first use
    engine.scaler.update(64.0)
    save_state(tmp_path, engine, Progressed(), key="k")
    other = ready(recipe, isolated, tmp_path)[0].engine
    other.scaler = torch.amp.GradScaler("cpu")
    load_state(tmp_path, other, key="k")
    assert other.scaler.get_scale() == 64.0
    assert other.scaler.get_growth_interval() == 7


def test_a_state_of_something_else_is_refused(tmp_path, isolated):
    engine = trained(calm_recipe("isolated"), isolated, tmp_path)
    save_state(tmp_path, engine, Progressed(), key="one")
    with pytest.raises(CheckpointError) as caught:
        load_state(tmp_path, engine, key="other")
    assert str(caught.value) == (
        f"{tmp_path} was trained with another recipe, seed or data than this command's; use the "
        "same, or another --out"
    )


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left (os error 28)")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(DatasetError, match=r"no space left to write .*training\.safetensors"):
        write_tensors(tmp_path / "training.safetensors", {})
    assert list(tmp_path.iterdir()) == []
