import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from signkit.checkpoint import Checkpoint, learned_other_clips, load_weights, read_checkpoint
from signkit.errors import CheckpointError, VocabularyError
from tests.factories import make_dataset
from tests.strokes import make_recipe
from tests.train.runs import make_checkpoint, make_model, make_run

SCHEMA = "signkit.run/1"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A run folder with first weights."""
    return make_run(tmp_path / "run", make_checkpoint(make_recipe("isolated")))


def change(run: Path, **values: object) -> None:
    """Edit `config.json`."""
    path = run / "config.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, **values}), encoding="utf-8")


def test_a_run_gives_back_what_was_written(made: Path) -> None:
    written = make_checkpoint(make_recipe("isolated"))
    assert read_checkpoint(made).to_json() == written.to_json()
    model = make_model(written, seed=1)
    load_weights(model, made)
    for name, tensor in make_model(written, seed=0).state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], tensor, equal_nan=True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        (b"\xff{}", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: "),
        (b"[1]", "AttributeError: 'list' object has no attribute 'get'"),
        (f'{{"schema": "{SCHEMA}"}}'.encode(), "KeyError: 'fps'"),
    ],
)
def test_a_damaged_description_is_one_plain_line(made: Path, content: bytes, reason: str) -> None:
    (made / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(made)
    assert str(caught.value).startswith(f"{made}/config.json cannot be used ({reason}")
    assert str(caught.value).endswith("; restore a copy or train again")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"fps": 0}, "ValueError: fps is 0.0, expected a positive number"),
        ({"fps": float("nan")}, "ValueError: fps is nan, expected a positive number"),
        ({"data": None}, "TypeError: 'NoneType' object is not iterable"),
        ({"skeleton": {}}, "KeyError: 'name'"),
        ({"recipe": {"task": "isolated", "modle": {}}}, "RecipeError: recipe has no key 'modle'"),
    ],
)
def test_a_description_that_was_edited_wrongly_is_one_plain_line(
    made: Path, values: dict[str, object], reason: str
) -> None:
    change(made, **values)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(made)
    assert str(caught.value).startswith(f"{made}/config.json cannot be used ({reason}")


def test_a_vocabulary_of_another_task_is_refused(made: Path) -> None:
    path = made / "vocabulary.json"
    path.write_text(path.read_text(encoding="utf-8").replace("false", "true"), encoding="utf-8")
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(made)
    assert str(caught.value) == (
        f"{made}/vocabulary.json is not the one this run was trained with; restore a copy or train "
        "again"
    )


def test_a_vocabulary_that_is_no_text_is_refused(made: Path) -> None:
    (made / "vocabulary.json").write_bytes(b"\xff\xfe")
    with pytest.raises(VocabularyError, match="is not a vocabulary: 'utf-8' codec"):
        read_checkpoint(made)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} has no config.json: it is no run folder, or training has not finished its "
        "first epoch there; go on with 'signkit train ... --resume'"
    )


def test_weights_that_do_not_fit_are_refused(made: Path) -> None:
    wider = make_checkpoint(make_recipe("isolated", model={"width": 32}))
    with pytest.raises(CheckpointError) as caught:
        load_weights(make_model(wider), made)
    assert str(caught.value) == (
        f"{made}/model.safetensors does not fit {made}/config.json: one of them was changed, or "
        "another version of signkit wrote them; restore a copy or train again"
    )


def test_weights_that_are_no_numbers_are_refused(made: Path) -> None:
    path = made / "model.safetensors"
    weights = load_file(path)
    weights["head.classifier.weight"] *= torch.nan
    save_file(weights, path)
    with pytest.raises(CheckpointError) as caught:
        load_weights(make_model(make_checkpoint(make_recipe("isolated"))), made)
    assert str(caught.value) == (
        f"{path} holds weights that are no numbers (in head.classifier.weight); train again, with "
        "a lower train.peak_lr if the loss was no number"
    )


def test_truncated_weights_are_refused(made: Path) -> None:
    path = made / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"model.safetensors is damaged \("):
        load_weights(make_model(make_checkpoint(make_recipe("isolated"))), made)


def test_a_run_that_learned_other_clips_of_a_dataset_is_known(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    train = [clip.clip_id for clip in dataset.labelled(split="train")]

    def made_with(*, name: str = "factory", of: list[str], dev_ids: list[str]) -> Checkpoint:
        data = {
            "dataset": name,
            "train_fingerprint": dataset.fingerprint(of),
            "dev_ids": dev_ids,
        }
        return replace(make_checkpoint(make_recipe("isolated")), data=data)

    assert not learned_other_clips(made_with(of=train, dev_ids=[]), dataset)
    assert not learned_other_clips(made_with(of=train[1:], dev_ids=train[:1]), dataset)
    assert not learned_other_clips(made_with(of=train, dev_ids=train), dataset)
    assert learned_other_clips(made_with(of=train[1:], dev_ids=[]), dataset)
    assert not learned_other_clips(made_with(name="other", of=train[1:], dev_ids=[]), dataset)
    assert not learned_other_clips(replace(made_with(of=train, dev_ids=[]), data={}), dataset)
