"""The encoder section of a recipe: presets, and what may be set on top of them."""

import pytest
from pydantic import ValidationError

from signkit.errors import RecipeError
from signkit.recipe import load_recipe, parse_recipe
from signkit.sections import PRESETS, EncoderConfig
from signkit.sections.encoder import LEVEL_GROUPS


def config_of(*overrides: str) -> EncoderConfig:
    return load_recipe("isolated", [f"encoder.{text}" for text in overrides]).encoder


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_survives_json(preset):
    for overrides in ([], ["levels=none", "step=0"], ["levels.face=4", "step=0"]):
        config = config_of(f"preset={preset}", *overrides)
        assert EncoderConfig.model_validate(config.model_dump(mode="json")) == config


def test_bdslw60_has_the_authors_levels():
    levels = config_of("preset=bdslw60").levels
    assert levels["left_hand"] == levels["right_hand"] == levels["arms"] == (10, 10, 5)
    assert levels["face"] == levels["trunk"] == (5, 5, 3)
    assert levels["legs"] == (1, 1, 1)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["levels=5"], {"left_hand": (5, 5, 5), "face": (5, 5, 5)}),
        (["levels=none"], {"left_hand": (0, 0, 0), "face": (0, 0, 0)}),
        (["levels=null"], {"left_hand": (0, 0, 0)}),
        (["levels.face=4"], {"left_hand": (10, 10, 5), "face": (4, 4, 4)}),
        (["levels.arms=[7, 8, 9]"], {"arms": (7, 8, 9), "face": (5, 5, 3)}),
        (["levels.face=none"], {"left_hand": (10, 10, 5), "face": (0, 0, 0)}),
    ],
)
def test_levels_are_ablated_by_one_number_or_part_by_part(overrides, expected):
    levels = config_of("preset=bdslw60", *overrides).levels
    assert set(levels) == set(LEVEL_GROUPS)
    assert {part: levels[part] for part in expected} == expected


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "levels.hand=3",
            "recipe key 'encoder.levels.hand.[key]' is 'hand': input should be 'left_hand', "
            "'right_hand', 'arms', 'face', 'trunk', 'legs' or 'other'",
        ),
        (
            "levels.face=-1",
            "recipe key 'encoder.levels.face.0' is -1: input should be greater than or equal to 0",
        ),
        ("motion=3", "recipe key 'encoder.motion' is 3: input should be 0, 1 or 2"),
        (
            "quantization=softly",
            "recipe key 'encoder.quantization' is 'softly': input should be 'hard', 'soft' or "
            "'straight-through'",
        ),
        ("range_tail=0.5", "recipe key 'encoder.range_tail' is 0.5: input should be less than 0.5"),
        (
            "gap_fill_s=1e6",
            "recipe key 'encoder.gap_fill_s' is 1000000.0: input should be less than or equal to "
            "60",
        ),
        (
            "levels.face=5000",
            "recipe key 'encoder.levels.face.0' is 5000: input should be less than or equal to "
            "1000",
        ),
        ("temperature=0", "recipe key 'encoder.temperature' is 0: input should be greater than 0"),
    ],
)
def test_a_wrong_setting_is_one_plain_line(override, message):
    with pytest.raises(RecipeError) as error:
        config_of(override)
    assert str(error.value) == message


def test_a_step_and_levels_together_are_refused():
    with pytest.raises(RecipeError) as error:
        config_of("preset=rqe", "levels=10")
    assert str(error.value) == (
        "recipe section 'encoder': step 0.05 and levels both say how to quantize; set step or "
        "levels to 0"
    )
    assert config_of("preset=rqe", "levels=10", "step=0").is_quantized


@pytest.mark.parametrize(
    ("overrides", "is_quantized"),
    [
        (["preset=parts"], False),
        (["preset=none"], False),
        (["preset=rqe"], True),
        (["preset=rqe-adaptive"], True),
        (["preset=rqe-adaptive", "levels=0"], False),
    ],
)
def test_a_configuration_knows_whether_anything_is_rounded(overrides, is_quantized):
    assert config_of(*overrides).is_quantized == is_quantized


def test_a_recipe_without_an_encoder_section_has_the_default_preset():
    assert parse_recipe({"task": "isolated"}).encoder == EncoderConfig()
    assert EncoderConfig().preset == "parts"


def test_a_preset_nobody_knows_is_refused():
    with pytest.raises(ValidationError, match="Input should be 'parts', 'bdslw60', 'rqe'"):
        EncoderConfig.model_validate({"preset": "rqf"})
