from importlib.util import find_spec

import pytest

from signkit.errors import MissingExtraError, TrainingError
from signkit.recipe import load_recipe
from signkit.train import train
from signkit.train.trackers import TRACKERS, check_trackers, settings
from tests.strokes import make_recipe


def test_an_unknown_tracker_is_told_with_the_known_ones():
    with pytest.raises(TrainingError) as caught:
        check_trackers(["tensorbord"])
    assert str(caught.value) == (
        "no tracker is called 'tensorbord'; known are tensorboard, trackio, wandb"
    )


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("tensorboard", "pip install 'signkit[track]'"),
        ("trackio", "pip install 'signkit[track]'"),
        ("wandb", "pip install 'wandb'"),
    ],
)
def test_a_missing_package_is_told_before_anything_is_done(
    tmp_path, isolated, monkeypatch, name, command
):
    monkeypatch.setattr("signkit.train.trackers.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught:
        train(make_recipe("isolated"), isolated, tmp_path / "run", track=[name])
    assert str(caught.value) == (
        f"--track {name} needs the package {name}, which is not installed; run {command}"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", TRACKERS[:2])
def test_a_tracker_that_is_there_writes_below_the_run(tmp_path, isolated, name, monkeypatch):
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "run" / "logs" / "trackio"))
    train(make_recipe("isolated"), isolated, tmp_path / "run", device="cpu", track=[name])
    written = [path for path in (tmp_path / "run" / "logs").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in written) > 0


def test_every_number_of_a_recipe_is_a_setting():
    found = settings(load_recipe("isolated", ["train.peak_lr=0.5"]))
    assert found["train.peak_lr"] == 0.5
    assert found["task"] == "isolated"
    assert all(isinstance(value, int | float | str) for value in found.values())
