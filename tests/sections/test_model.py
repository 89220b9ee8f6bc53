import pytest
from pydantic import ValidationError

from signkit.errors import RecipeError
from signkit.recipe import load_recipe
from signkit.sections import ModelConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"body": "bilstm-attention", "width": 6, "n_heads": 1},
            "width 6 is not a multiple of 4, as bilstm-attention needs it",
        ),
        ({"width": 100, "n_heads": 4}, "width 100 is not a multiple of 2 * n_heads 4"),
        (
            {"body": "bilstm", "width": 7},
            "width 7 is not a multiple of 2, as bilstm needs it",
        ),
        (
            {"body": "lstm", "intermediate": [1]},
            "intermediate names blocks, but body 'lstm' has none; leave it empty, or use one of "
            "transformer, conformer, published-conformer, cnn1d-transformer",
        ),
        (
            {"body": "cnn1d-transformer", "n_blocks": 2, "intermediate": [2]},
            "intermediate (2,) names blocks that are not before the last of 2",
        ),
        (
            {"causal": True, "frontend": "convolution"},
            "frontend 'convolution' looks ahead; with causal use linear or multiscale or graph",
        ),
        (
            {"causal": True, "body": "bilstm"},
            "body 'bilstm' looks ahead; with causal use transformer or conformer or lstm",
        ),
        ({"chunk_steps": 8}, "chunk_steps 8 needs causal = true"),
        ({"causal": True, "left_chunks": 2}, "left_chunks 2 needs chunk_steps"),
    ],
)
def test_what_does_not_go_together_is_refused(settings, message):
    with pytest.raises(ValidationError) as error:
        ModelConfig.model_validate(settings)
    assert error.value.errors()[0]["msg"] == f"Value error, {message}"


@pytest.mark.parametrize(
    "settings",
    [
        {"causal": True, "body": "lstm"},
        {"body": "lstm", "width": 7},  # heads are idle
        {"body": "bilstm", "width": 50},
        {"causal": True, "chunk_steps": 8, "left_chunks": 2},
        {"body": "published-conformer", "intermediate": [1, 2]},
    ],
)
def test_what_goes_together_is_taken(settings):
    assert ModelConfig.model_validate(settings).n_blocks == 4


def test_a_recipe_that_cannot_be_built_is_one_plain_line():
    with pytest.raises(RecipeError) as error:
        load_recipe("lstm", ["model.causal=true", "model.body=bilstm-attention"])
    assert str(error.value) == (
        "recipe section 'model': body 'bilstm-attention' looks ahead; with causal use transformer "
        "or conformer or lstm"
    )


@pytest.mark.parametrize("key", ["dropout", "input_dropout", "head_dropout", "block_drop"])
def test_dropout_must_leave_something(key):
    """A branch that is always left out would be divided by nothing: a loss that is no number."""
    with pytest.raises(RecipeError) as error:
        load_recipe("conformer", [f"model.{key}=1"])
    assert str(error.value) == f"recipe key 'model.{key}' is 1: input should be less than 1"


def test_two_views_can_hide_a_half_each_at_most():
    with pytest.raises(RecipeError) as error:
        load_recipe("parts-gcn", ["model.part_mask=0.6"])
    assert str(error.value) == (
        "recipe key 'model.part_mask' is 0.6: input should be less than or equal to 0.5"
    )


def test_a_graph_without_convolutions_is_refused():
    with pytest.raises(RecipeError, match=r"^recipe key 'model.graph_widths' is \[\]: "):
        load_recipe("parts-gcn", ["model.graph_widths=[]"])
