import json
from pathlib import Path

import numpy as np
import pytest

from signkit.dataset import PoseDataset
from signkit.decoding import DecoderConfig, read_decoder
from signkit.errors import RecognitionError
from signkit.files import sha256_of
from signkit.lm import estimate, read_arpa, write_arpa
from signkit.recognize import load_recognizer
from signkit.study import tune as tune_module
from signkit.study.tune import cross_validated, store, tune
from signkit.study.tuning import Tuning
from signkit.train import train
from tests.strokes import make_recipe, make_strokes
from tests.study.heard import make_heard

Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PoseDataset:
    """13 dev clips of 7 sentences."""
    return make_strokes(tmp_path_factory.mktemp("tune") / "data", n_clips=60, continuous=True)


@pytest.fixture(scope="module")
def run(dataset: PoseDataset) -> Path:
    folder = dataset.path.parent / "run"
    train(make_recipe("continuous", train={"epochs": 1}), dataset, folder)
    return folder


@pytest.fixture(scope="module")
def arpa(dataset: PoseDataset) -> Path:
    """A language model that has learned the dev sentences by heart."""
    path = dataset.path.parent / "dev.arpa"
    write_arpa(estimate([clip.glosses for clip in dataset.clips.where(split="dev")]), path)
    return path


@pytest.fixture
def hear(monkeypatch: Patch):
    """Let the run hear what `make_heard` says."""

    def set_up(**shares: float) -> None:
        monkeypatch.setattr(tune_module, "make_lattices", make_heard(**shares))

    return set_up


def with_lm(run: Path, dataset: PoseDataset, arpa: Path) -> Tuning:
    return tune(run, dataset, lm=read_arpa(arpa), lm_file=arpa, device="cpu")


def test_the_smallest_blank_bias_that_is_right_is_chosen(run: Path, dataset, hear):
    hear(right=0.3, false=0.1)  # right above ln(0.69 / 0.3) = 0.83, wrong above ln 9 = 2.2
    found = tune(run, dataset, device="cpu")
    assert found.default.wer == 1.0
    assert found.chosen == DecoderConfig(blank_bias=1.0)
    [step] = found.steps
    assert (step.best.errors, step.crossed_wer, step.is_kept) == (0, 0.0, True)
    assert found.verdicts == (
        "greedy(blank_bias=1) is better than greedy; on clips it was not chosen on: "
        "100.0 points [100.0, 100.0] lower, p 0.016",
    )
    assert (found.n_clips, found.cluster, found.n_clusters) == (13, "sentence", 7)


def test_where_the_default_makes_no_error_it_stays(run: Path, dataset, hear):
    hear(right=0.9)
    found = tune(run, dataset, beam=4, device="cpu")
    assert found.default.errors == 0
    assert found.chosen == DecoderConfig()
    assert found.verdicts[0] == "no setting of its kind makes fewer errors than greedy"
    assert "beam4 is not surely better than greedy; on clips" in found.verdicts[1]


def test_what_is_better_in_two_clips_only_is_within_the_noise(run: Path, dataset, hear):
    hear(right=0.3, sure=11)
    found = tune(run, dataset, device="cpu")
    [step] = found.steps
    assert step.best.errors < found.default.errors
    assert step.paired.p_value > 0.05
    assert found.chosen == DecoderConfig()
    assert "is not surely better than greedy" in found.verdicts[0]


def test_a_language_model_is_kept_where_it_knows_better(run: Path, dataset, hear, arpa: Path):
    hear(right=0.44, wrong=0.46)
    found = with_lm(run, dataset, arpa)
    greedy, _beam, fused = found.steps
    assert found.chosen.uses_lm
    assert found.chosen == fused.best.config
    assert fused.best.errors < greedy.best.errors
    assert fused.against == "greedy"
    assert found.lm_sha256 == sha256_of(arpa)
    assert found.chosen.lm == f"lm-{found.lm_sha256[:12]}.arpa"


def test_without_a_word_to_say_no_language_model_is_stored(run: Path, dataset, hear, arpa: Path):
    hear(right=0.3)
    found = with_lm(run, dataset, arpa)
    assert found.chosen == DecoderConfig(blank_bias=1.0)
    store(run, found, arpa)
    assert not list(run.glob("lm-*"))
    assert read_decoder(run) == found.chosen


def test_knobs_that_fit_a_single_clip_gain_nothing_on_clips_they_were_not_chosen_on(
    run: Path, dataset, hear
):
    hear(right=0.3, sure=12)
    found = tune(run, dataset, device="cpu")
    [step] = found.steps
    assert step.best.errors == 0
    assert step.crossed_wer == found.default.wer > 0
    assert step.paired.difference == 0
    assert found.chosen == DecoderConfig()


def test_each_fold_has_the_errors_of_what_the_others_chose():
    default, other = [1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 9]
    # The first and the last clip are in one fold; without them the other setting is best, and it
    # is worst wherever the last clip has a say.
    crossed = cross_validated(np.array([default, other]), np.arange(6))
    assert crossed.tolist() == [0, 1, 1, 1, 1, 9]


def test_of_a_single_cluster_nothing_can_be_learned():
    table = np.array([[1, 1], [0, 0]])
    assert cross_validated(table, np.zeros(2, dtype=np.int64)).tolist() == [1, 1]


def test_the_same_lattices_give_the_same_record(run: Path, dataset, hear, arpa: Path):
    hear(right=0.44, wrong=0.46)
    one, other = (with_lm(run, dataset, arpa).to_json() for _ in range(2))
    assert one == other


def test_what_is_stored_makes_the_run_whole_and_is_replaced(run, dataset, hear, arpa, tmp_path):
    hear(right=0.44, wrong=0.46)
    copy = tmp_path / "copy.arpa"
    copy.write_bytes(arpa.read_bytes())
    found = with_lm(run, dataset, copy)
    store(run, found, copy)
    copy.unlink()
    config = read_decoder(run)
    assert Path(config.lm).parent == run
    assert sha256_of(Path(config.lm)) == found.lm_sha256
    assert load_recognizer(run, device="cpu", lm=read_arpa(Path(config.lm))).config == config
    record = json.loads((run / "tuning.json").read_text(encoding="utf-8"))
    assert record["lm_sha256"] == found.lm_sha256
    assert record["decoder"] == found.chosen.name
    assert len(record["tried"]) == len(found.tried)

    hear(right=0.9)
    store(run, tune(run, dataset, device="cpu"))
    assert read_decoder(run) == DecoderConfig()
    assert not list(run.glob("lm-*"))
    assert not list(run.glob(".*.tmp"))


def test_a_stored_language_model_may_be_tuned_with_again(run, dataset, hear, arpa):
    hear(right=0.44, wrong=0.46)
    store(run, with_lm(run, dataset, arpa), arpa)
    inside = Path(read_decoder(run).lm)
    store(run, with_lm(run, dataset, inside), inside)
    assert sha256_of(inside) == sha256_of(arpa)
    hear(right=0.9)
    store(run, tune(run, dataset, device="cpu"))


def test_an_isolated_run_has_nothing_to_tune(tmp_path: Path):
    data = make_strokes(tmp_path / "data", n_clips=12, continuous=False)
    train(make_recipe("isolated", train={"epochs": 1}), data, tmp_path / "run")
    with pytest.raises(RecognitionError) as error:
        tune(tmp_path / "run", data, device="cpu")
    assert str(error.value) == (
        f"{tmp_path / 'run'} is an isolated run: one gloss a clip, and the most probable one is "
        "taken; its decoder has no knob to tune"
    )
