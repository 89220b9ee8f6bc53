from pathlib import Path

import pytest

from signkit.errors import StudyError
from signkit.study.plan import Study, parse_study, read_study


def study(**record: object) -> Study:
    return parse_study(record, source="a study")


def test_every_combination_of_the_grid_is_a_row():
    found = study(
        recipe="isolated",
        grid={"encoder.preset": ["none", "parts"], "train.ema_decay": [0.0, 0.9]},
    ).named_variants()
    assert list(found) == [
        "preset=none ema_decay=0.0",
        "preset=none ema_decay=0.9",
        "preset=parts ema_decay=0.0",
        "preset=parts ema_decay=0.9",
    ]
    assert found["preset=parts ema_decay=0.0"].set == (
        "encoder.preset=parts",
        "train.ema_decay=0.0",
    )


def test_a_variant_comes_on_top_of_what_all_share():
    found = study(
        recipe="isolated",
        set=["train.epochs=3"],
        variants={"small": {"set": ["model.width=32"]}, "long": {"recipe": "continuous"}},
    ).trials()
    small, long = found[0].recipe, found[1].recipe
    assert (small.train.epochs, small.model.width, small.task) == (3, 32, "isolated")
    assert (long.train.epochs, long.task) == (3, "continuous")


def test_every_variant_has_its_first_seed_before_any_has_its_second():
    trials = study(
        recipe="isolated", seeds=2, folds=2, variants={"a": {}, "b": {"set": ["model.width=16"]}}
    ).trials()
    assert [(t.seed, t.fold, t.variant) for t in trials[:5]] == [
        (0, 1, "a"), (0, 1, "b"), (0, 2, "a"), (0, 2, "b"), (1, 1, "a"),
    ]  # fmt: skip
    assert len({trial.folder for trial in trials}) == 8


def test_lists_and_truth_values_reach_the_recipe():
    (trial,) = study(
        recipe="isolated",
        seeds=1,
        grid={"augment.rotate_deg": [[1.0, 2.0, 3.0]], "train.compile": [True]},
    ).trials()
    assert trial.recipe.augment.rotate_deg == (1.0, 2.0, 3.0)
    assert trial.recipe.train.compile is True


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({}, "a study: study: there is nothing to run; give 'recipe' or [variants.NAME]"),
        ({"recipe": "isolated", "sedes": 3}, "a study: study has no key 'sedes'; did you mean"),
        ({"recipe": "isolated", "folds": 1}, "a study: study: folds is 1; use 2 or more"),
        ({"variants": {"a": {}}}, "a study: study: some variant has no recipe"),
        ({"recipe": "isolated", "seeds": 0}, "a study: study key 'seeds' is 0: input should be"),
        (
            {"recipe": "isolated", "baseline": "b"},
            "a study: study: baseline 'b' is no variant; they are isolated",
        ),
        (
            {"recipe": "isolated", "grid": {"model.width": []}},
            "a study: study: the grid has no value for 'model.width'; give some or leave it out",
        ),
        (
            {"recipe": "isolated", "grid": {"model.width": [16, "16"]}},
            "a study: study: two rows of the grid have the same values or the same name",
        ),
        (
            {"recipe": "isolated", "set": ["train.seed=3"]},
            "a study: study: train.seed is set; 'seeds' says how many, and they are 0, 1, ...",
        ),
        (
            {"recipe": "isolated", "variants": {"a b": {}, "a-b": {}}},
            "a study: study: 'a b' and 'a-b' would share the folder a-b",
        ),
        (
            {"recipe": "isolated", "variants": {"..": {}}},
            "a study: study: '..' cannot be the name of a variant",
        ),
    ],
)
def test_a_wrong_study_is_one_plain_line(record, message):
    with pytest.raises(StudyError) as error:
        study(**record)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_missing_or_broken_file_is_told(tmp_path: Path):
    with pytest.raises(StudyError, match="no study file at"):
        read_study(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("seeds = = 3")
    with pytest.raises(StudyError, match="is not valid TOML"):
        read_study(tmp_path / "bad.toml")
