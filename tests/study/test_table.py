import numpy as np
import pytest

from signkit.clip import Clip, ClipTable
from signkit.score import Counts
from signkit.study.plan import Trial, parse_study
from signkit.study.table import StudyTable, TrialResult, make_table
from tests.strokes import make_recipe

STUDY = parse_study(
    {"recipe": "isolated", "seeds": 2, "variants": {"a": {}, "b": {"set": ["model.width=16"]}}},
    source="a study",
)


def result(variant: str, seed: int, errors: list[int], *, fold: int = 0) -> TrialResult:
    n = len(errors)
    nothing = np.zeros(n, dtype=np.int64)
    counts = Counts(
        tuple(f"fold{fold}-clip{i}" for i in range(n)),
        np.array(errors),
        nothing,
        nothing,
        np.full(n, 4),
    )
    trial = Trial(variant, make_recipe("isolated"), fold, seed)
    return TrialResult(trial, counts, n_parameters=10, seconds=30.0)


def test_the_result_is_the_mean_over_seeds_and_never_the_best():
    table = make_table(STUDY, [result("a", 0, [0, 1]), result("a", 1, [2, 1])])
    row = table.rows[0]
    assert row.wer == pytest.approx((1 / 8 + 3 / 8) / 2)
    assert row.wer_sd == pytest.approx(np.std([1 / 8, 3 / 8], ddof=1))
    assert row.wer_of_seeds == {0: 1 / 8, 1: 3 / 8}


def test_folds_are_pooled_and_not_averaged():
    table = make_table(STUDY, [result("a", 0, [4], fold=1), result("a", 0, [0, 0, 0], fold=2)])
    row = table.rows[0]
    assert row.wer == pytest.approx(4 / 16)
    assert row.wer_sd is None  # one seed
    assert row.wer_fold_sd == pytest.approx(np.std([4 / 4, 0 / 12], ddof=1))
    assert table.cells()[0][:5] == ("variant", "parameters", "WER", "sd", "fold sd")
    assert table.cells()[1][3:5] == ("-", "70.7")


def test_variants_are_compared_on_what_both_have():
    results = [
        result("a", 0, [1] * 30),
        result("a", 1, [4] * 30),
        result("b", 0, [0] * 30),
    ]
    paired = make_table(STUDY, results).rows[1].paired
    assert paired is not None
    assert paired.difference == pytest.approx(-1 / 4)
    assert paired.p_value < 0.001


def test_a_failed_trial_is_named_and_the_others_count():
    trial = Trial("b", make_recipe("isolated"), 0, 0)
    table = make_table(STUDY, [result("a", 0, [1]), TrialResult(trial, reason="too short")])
    assert table.failed == ("b/seed-0: too short",)
    assert table.rows[1].wer is None
    assert "Failed: b/seed-0: too short" in table.to_markdown()


def test_the_markdown_has_a_row_for_every_variant():
    text = make_table(STUDY, [result("a", 0, [0, 1]), result("b", 0, [1, 1])]).to_markdown()
    assert "| a | 10 | 12.5 | - | [0.0, 25.0] | 0.5 | - | - |" in text
    assert "| b | 10 | 25.0 |" in text


def test_p_is_never_written_as_nothing() -> None:
    table = make_table(STUDY, [result("a", 0, [4] * 30), result("b", 0, [0] * 30)])
    assert table.cells()[2][-1] == "< 0.001"


def test_names_stay_text_in_markdown() -> None:
    study = parse_study(
        {"recipe": "isolated", "name": "a *study*", "seeds": 1, "variants": {"a|b_c": {}}},
        source="a study",
    )
    text = make_table(study, [result("a|b_c", 0, [0, 1])]).to_markdown()
    assert text.startswith("# a \\*study\\*\n")
    assert "| a\\|b\\_c | 10 |" in text


def test_clips_of_a_signer_are_drawn_together() -> None:
    """As `signkit score` draws them: signers where there are ten, else sentences."""
    errors = [i % 10 // 5 * 4 for i in range(60)]  # all clips of a signer are right, or all wrong
    results = [result("a", 0, errors), result("b", 0, [1] * 60)]

    def made(n_signers: int) -> StudyTable:
        clips = [
            Clip(f"fold0-clip{i}", glosses=(f"G{i % 30}",), signer=f"s{i % n_signers}")
            for i in range(60)
        ]
        return make_table(STUDY, results, ClipTable.from_clips(clips))

    alone, by_signer, by_sentence = make_table(STUDY, results), made(10), made(4)
    assert [(t.cluster, t.n_clusters) for t in (alone, by_signer, by_sentence)] == [
        ("clip", 60),
        ("signer", 10),
        ("sentence", 30),
    ]
    assert "bootstrap over 10 signers" in by_signer.to_markdown()
    assert "randomization test over signers" in by_signer.to_markdown()
    assert "With fewer than 10 signers (here 4) the interval" in by_sentence.to_markdown()

    def width(table: StudyTable) -> float:
        low, high = table.rows[0].wer_ci or (0.0, 0.0)
        return high - low

    assert width(by_signer) > 2 * width(alone)
    tested = [table.rows[1].paired for table in (alone, by_signer)]
    assert tested[0] is not None
    assert tested[1] is not None
    assert tested[1].p_value > tested[0].p_value
