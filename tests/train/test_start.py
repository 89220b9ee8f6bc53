from dataclasses import replace

import pytest
import torch

from signkit.checkpoint import read_weights, write_checkpoint
from signkit.errors import CheckpointError, TrainingError
from signkit.models.recognizer import for_recognition
from signkit.skeletons import SKELETONS
from signkit.train.start import is_of_another_split, start_from
from tests.strokes import make_recipe
from tests.train.runs import make_checkpoint, make_model, make_run

CONTINUOUS = make_checkpoint(make_recipe("continuous"))
ISOLATED = make_checkpoint(make_recipe("isolated"))


def weights_after(model, run, checkpoint):
    """(weights before, weights of the run, weights after, record)."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    record = start_from(model, run, checkpoint)
    return before, read_weights(run), model.state_dict(), record


def is_body(name: str) -> bool:
    return name.startswith(("encoder.", "frontend.", "body."))


@pytest.mark.parametrize("first", ["isolated", "continuous"])
@pytest.mark.parametrize("task", ["isolated", "continuous"])
def test_all_that_reads_a_clip_is_taken_from_a_run_of_either_task(tmp_path, first, task):
    run = make_run(tmp_path, make_checkpoint(make_recipe(first)))
    checkpoint = make_checkpoint(make_recipe(task), ("DOWN", "UP"))
    model = make_model(checkpoint, seed=1)
    before, source, after, record = weights_after(model, run, checkpoint)
    taken = [n for n in after if is_body(n) and n != "encoder.default_scale"]
    assert {
        "encoder.standard.places.mean",
        "encoder.standard.places.std",
        "frontend.project.weight",
    } < set(taken)
    for name in taken:
        assert torch.equal(after[name], source[name]), name
    assert not torch.equal(
        after["encoder.standard.places.mean"], before["encoder.standard.places.mean"]
    )
    assert record["task"] == first
    assert record["tensors"] >= len(taken)


@pytest.mark.parametrize(
    ("encoder", "own"),
    [
        ({"preset": "parts"}, {"encoder.default_scale"}),
        (
            {"preset": "none"},
            {
                "encoder.default_scale",
                "encoder.standard.places.mean",
                "encoder.standard.places.std",
            },
        ),
    ],
)
def test_tables_in_pixels_are_those_of_the_new_clips(tmp_path, encoder, own):
    checkpoint = make_checkpoint(make_recipe("continuous", encoder=encoder))
    before, source, after, _ = weights_after(
        make_model(checkpoint, seed=1), make_run(tmp_path, checkpoint), checkpoint
    )
    for name in (
        "encoder.default_scale",
        "encoder.standard.places.mean",
        "encoder.standard.places.std",
    ):
        assert not torch.equal(before[name], source[name])
        assert torch.equal(after[name], (before if name in own else source)[name]), name


def test_two_presets_of_equal_values_are_alike(tmp_path):
    same = CONTINUOUS.recipe.encoder.model_dump() | {"preset": "rqe-sf"}
    checkpoint = make_checkpoint(make_recipe("continuous", encoder=same))
    start_from(make_model(checkpoint), make_run(tmp_path, CONTINUOUS), checkpoint)


@pytest.mark.parametrize("task", ["isolated", "continuous"])
def test_classifier_rows_of_shared_glosses_are_exact_copies_and_the_others_are_new(tmp_path, task):
    run = make_run(tmp_path, make_checkpoint(make_recipe(task), ("A", "B", "D")))
    checkpoint = make_checkpoint(make_recipe(task), ("B", "C", "D"))
    before, source, after, record = weights_after(make_model(checkpoint, seed=1), run, checkpoint)
    blank = [(0, 0)] if task == "continuous" else []
    offset = len(blank)
    rows = [*blank, (offset, offset + 1), (offset + 2, offset + 2)]  # (own, source) of B and D
    for name in ("head.classifier.weight", "head.classifier.bias"):
        for own, theirs in rows:
            assert torch.equal(after[name][own], source[name][theirs])
        assert torch.equal(after[name][offset + 1], before[name][offset + 1])
    assert torch.equal(after["head.norm.weight"], source["head.norm.weight"])
    assert record["rows"] == {"head": len(rows)}


def test_isolated_classifier_rows_go_to_the_pooled_head_and_the_ctc_head_begins_anew(tmp_path):
    run = make_run(tmp_path, ISOLATED)
    checkpoint = make_checkpoint(make_recipe("continuous"), ("DOWN", "UP"))
    model = make_model(checkpoint, seed=1, pooled=True)
    before, source, after, record = weights_after(model, run, checkpoint)
    assert torch.equal(after["pooled.classifier.weight"], source["head.classifier.weight"][[1, 3]])
    assert torch.equal(after["pooled.weight.weight"], source["head.weight.weight"])
    for name in before:
        if name.startswith("head."):
            assert torch.equal(after[name], before[name]), name
    assert record["rows"] == {"pooled": 2}


def test_intermediate_heads_are_taken_like_the_last_one(tmp_path):
    recipe = make_recipe("continuous", model={"n_blocks": 2, "intermediate": (1,)})
    run = make_run(tmp_path, make_checkpoint(recipe))
    checkpoint = make_checkpoint(recipe, ("UP",))
    _, source, after, record = weights_after(make_model(checkpoint, seed=1), run, checkpoint)
    name = "auxiliary_heads.block-1.classifier.weight"
    assert torch.equal(after[name], source[name][[0, 4]])
    assert record["rows"] == {"head": 2, "auxiliary_heads.block-1": 2}


@pytest.mark.parametrize(("before", "now"), [(4, 2), (2, 4)])
def test_a_halving_that_only_one_of_both_has_is_left_or_new(tmp_path, before, now):
    first, second = (
        make_checkpoint(make_recipe("continuous", model={"subsampling": pace}))
        for pace in (before, now)
    )
    old, source, after, _ = weights_after(
        make_model(second, seed=1), make_run(tmp_path, first), second
    )
    shared, extra = "frontend.halvings.0.pointwise.weight", "frontend.halvings.1.pointwise.weight"
    assert torch.equal(after[shared], source[shared])
    assert extra not in after or torch.equal(after[extra], old[extra])


def test_the_same_vocabulary_and_task_give_the_same_recognizer(tmp_path):
    model = make_model(CONTINUOUS, seed=1)
    _, source, after, record = weights_after(model, make_run(tmp_path, CONTINUOUS), CONTINUOUS)
    kept = [name for name in after if name != "encoder.default_scale"]
    assert all(torch.equal(after[name], source[name]) for name in kept)
    assert record["rows"] == {"head": 5}
    assert (record["run"], record["fingerprint"]) == (tmp_path.name, "0123")


def test_a_continuous_run_starts_an_isolated_one_without_its_classifier(tmp_path):
    run = make_run(tmp_path, CONTINUOUS)
    before, _, after, record = weights_after(make_model(ISOLATED, seed=1), run, ISOLATED)
    heads = [name for name in after if name.startswith("head.")]
    assert all(torch.equal(after[name], before[name]) for name in heads)
    assert record["rows"] == {}


def test_the_pooled_head_does_not_exist_when_recognizing():
    with_pooled = make_model(CONTINUOUS, pooled=True)
    kept = for_recognition(with_pooled.state_dict())
    plain = make_model(CONTINUOUS)
    plain.load_state_dict(kept)  # strict
    assert len(kept) < len(with_pooled.state_dict())
    assert with_pooled.n_parameters == plain.n_parameters


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            make_checkpoint(make_recipe("isolated"), skeleton=SKELETONS["mediapipe-75"]),
            "{run} reads skeleton 'mediapipe-75' (3-D), but the data have 'points' (2-D); "
            "choose a run with the same skeleton",
        ),
        (
            make_checkpoint(make_recipe("isolated", model={"width": 32})),
            "{run} was trained with model.width=32, but this recipe has model.width=16; "
            "make them alike to start from that run",
        ),
        (
            make_checkpoint(make_recipe("isolated", encoder={"motion": 0})),
            "{run} was trained with encoder.motion=0, but this recipe has "
            "encoder.motion=1; make them alike to start from that run",
        ),
    ],
)
def test_a_run_that_does_not_fit_is_refused_in_one_line(tmp_path, source, message):
    run = make_run(tmp_path / "run", source)
    model = make_model(CONTINUOUS, seed=1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(TrainingError) as raised:
        start_from(model, run, CONTINUOUS)
    assert str(raised.value) == message.format(run=run)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_run_whose_tensors_have_other_shapes_is_refused_in_one_line(tmp_path):
    """The recipe says the same, but the weights come from another version of a part."""
    wide = make_checkpoint(make_recipe("continuous", model={"width": 32}))
    run = make_run(tmp_path / "wide", wide)
    make_run(tmp_path / "narrow", CONTINUOUS)
    (run / "config.json").write_bytes((tmp_path / "narrow" / "config.json").read_bytes())
    with pytest.raises(TrainingError, match=r"\S+ of .*wide has shape .*, but this recipe needs"):
        start_from(make_model(CONTINUOUS), run, CONTINUOUS)


def test_weights_of_other_names_are_refused_instead_of_left_behind(tmp_path):
    run = make_run(tmp_path / "old", CONTINUOUS)
    weights = read_weights(run)
    weights["body.layers.0"] = weights.pop("body.blocks.0.norm.weight")
    write_checkpoint(run, CONTINUOUS, weights)
    with pytest.raises(CheckpointError) as raised:
        start_from(make_model(CONTINUOUS), run, CONTINUOUS)
    assert str(raised.value) == (
        f"{run} lacks the weights 'body.blocks.0.norm.weight': another version of signkit made it; "
        "train it again to start from it"
    )


def test_a_folder_without_a_finished_epoch_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no run folder at"):
        start_from(make_model(CONTINUOUS), tmp_path / "nothing", replace(CONTINUOUS, data={}))


def test_a_run_that_learned_from_other_clips_of_the_same_dataset_is_told(tmp_path):
    checkpoint = make_checkpoint(make_recipe("isolated"))
    data = {"dataset": "words", "fingerprint": "one"}
    run = make_run(tmp_path, replace(checkpoint, data=data))
    assert is_of_another_split(run, replace(checkpoint, data={**data, "fingerprint": "two"}))
    assert not is_of_another_split(run, replace(checkpoint, data=data))
    assert not is_of_another_split(run, replace(checkpoint, data={**data, "dataset": "letters"}))
