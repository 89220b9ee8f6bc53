from dataclasses import replace

import pytest

from signkit.checkpoint import Checkpoint
from signkit.run_card import model_card
from signkit.skeletons import SKELETONS
from signkit.vocabulary import Vocabulary
from tests.strokes import make_recipe

RESULTS = {
    "n_parameters": 1_234_567, "epochs": 9, "best_epoch": 7, "kept_epoch": 8, "dev_wer": 0.125,
    "dev_wer_error": 0.0211, "blank": 0.8765, "warnings": [],
}  # fmt: skip
CHECKPOINT = Checkpoint(
    recipe=make_recipe("continuous", train={"keep": "one-se", "seed": 3}),
    skeleton=SKELETONS["mediapipe-75"],
    vocabulary=Vocabulary(("A", "B"), has_blank=True),
    fps=25.0,
    data={"n_train": 40, "n_dev": 5, "dev_source": "dev split", "fingerprint": "abc"},
    results=RESULTS,
)


@pytest.mark.parametrize(
    "row",
    [
        "| body | conformer, 1,234,567 parameters |",
        "| glosses | 2 |",
        "| dev clips | 5 (dev split) |",
        "| seed | 3 |",
        "| precision | fp32 |",
        "| epochs | 9 |",
        "| best epoch | 7 |",
        "| weights of epoch | 8 (train.keep=one-se) |",
        "| dev WER | 12.50 % (standard error 2.11 over clips) |",
        "| blank steps | 87.6 % |",
        "| data fingerprint | abc |",
    ],
)
def test_a_card_has_the_fact(row):
    assert f"{row}\n" in model_card(CHECKPOINT)


def test_a_card_says_that_the_dev_score_is_optimistic_and_shows_the_curves():
    card = model_card(CHECKPOINT)
    assert "The dev WER chose the weights, so it is optimistic; report a test split" in card
    assert "![Training curves](curves.svg)" in card
    assert "**Warning:**" not in card


def test_a_card_names_where_the_weights_come_from():
    data = {
        **CHECKPOINT.data,
        "joined": [{"dataset": "words", "n_train": 30, "fingerprint": "def"}],
        "init_from": {"run": "first"},
        "teacher": [{"run": "big"}, {"run": "bigger"}],
    }
    card = model_card(replace(CHECKPOINT, data=data))
    for row in (
        "| of these joined in | 30 of words |", "| started from | first |",
        "| learned from | big |", "| learned from | bigger |",
    ):  # fmt: skip
        assert f"{row}\n" in card


def test_a_card_of_a_run_without_dev_clips_claims_nothing():
    results = {**RESULTS, "best_epoch": 0, "dev_wer": None, "blank": None}
    card = model_card(replace(CHECKPOINT, results=results))
    assert "| dev WER | not measured |" in card
    assert "| best epoch | none: there are no dev clips |" in card
    assert "optimistic" not in card
    assert "blank steps" not in card
