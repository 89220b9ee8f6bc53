from pathlib import Path

import pytest
import torch

from signkit.dataset import PoseDataset
from signkit.decoding import DecoderConfig
from signkit.recognize import load_recognizer
from signkit.study.lattices import make_lattices
from signkit.train import train
from tests.strokes import make_recipe, make_strokes


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PoseDataset]:
    folder = tmp_path_factory.mktemp("lattices")
    data = make_strokes(folder / "data", n_clips=20, continuous=True)
    train(make_recipe("continuous", train={"epochs": 2}), data, folder / "run")
    return folder / "run", data


@pytest.mark.parametrize(
    "config",
    [DecoderConfig(blank_bias=1.5), DecoderConfig(decoder="beam", beam=4, blank_bias=1.0)],
    ids=lambda config: config.name,
)
def test_decoding_what_was_kept_is_recognizing(trained, config: DecoderConfig):
    run, data = trained
    recognizer = load_recognizer(run, device="cpu", decoder=config)
    expected = {h.clip_id: h.glosses for h in recognizer.recognize(list(data.poses()))}
    ids = data.ids_with_poses[::-1]
    kept = make_lattices(recognizer, data, ids)
    assert kept.decode(config) == expected
    assert any(expected.values())


def test_lattices_are_log_probabilities_and_clips_are_counted(trained):
    run, data = trained
    told = []
    recognizer = load_recognizer(run, device="cpu")
    kept = make_lattices(
        recognizer, data, data.ids_with_poses, progress=lambda *state: told.append(state)
    )
    for log_probs in kept.log_probs:
        torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(log_probs.shape[:2]))
    assert told[-1] == (20, 20)
    assert sorted(i for batch in kept.clip_ids for i in batch) == sorted(data.ids_with_poses)
