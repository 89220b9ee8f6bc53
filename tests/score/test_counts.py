from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from signkit.errors import ScoreError
from signkit.score import Counts, score

TEN = [f"G{i}" for i in range(10)]


def count(reference: Sequence[str], hypothesis: Sequence[str]) -> Counts:
    return score(
        references={"clip": list(reference)},
        hypotheses={"clip": list(hypothesis)},
        allow_empty=True,
    )


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counts", "wer"),
    [
        ("A B C", "A B C", (0, 0, 0, 3), 0.0),
        ("A B C", "A C", (0, 1, 0, 3), 1 / 3),
        ("A B C", "A X C", (1, 0, 0, 3), 1 / 3),
        ("A B C", "A B X C", (0, 0, 1, 3), 1 / 3),
        ("A", "", (0, 1, 0, 1), 1.0),
        ("", "A B", (0, 0, 2, 0), None),
        ("", "", (0, 0, 0, 0), None),
        ("A", "A B C D", (0, 0, 3, 1), 3.0),
        ("A A B", "A B", (0, 1, 0, 3), 1 / 3),  # repeats are real
        ("a", "A", (1, 0, 0, 1), 1.0),  # no case folding
        ("É", "E\u0301", (1, 0, 0, 1), 1.0),  # no Unicode normalisation
        ("UNK", "<unk>", (1, 0, 0, 1), 1.0),
        ("سلام أنا", "سلام", (0, 1, 0, 2), 0.5),
        (" ".join(TEN), " ".join(TEN[:5]), (0, 5, 0, 10), 0.5),
        (" ".join(TEN[:5]), " ".join(TEN), (0, 0, 5, 5), 1.0),  # the two exchanged
    ],
)
def test_worked_cases(
    reference: str, hypothesis: str, counts: tuple[int, int, int, int], wer: float | None
) -> None:
    found = count(reference.split(), hypothesis.split())
    columns = (found.substitutions, found.deletions, found.insertions, found.n_ref)
    assert tuple(int(column[0]) for column in columns) == counts
    assert found.wer == wer


def test_an_empty_reference_adds_its_insertions_to_a_corpus() -> None:
    references = {"a": ["A", "B"], "b": []}
    hypotheses = {"a": ["A", "B"], "b": ["X", "Y"]}
    assert score(references=references, hypotheses=hypotheses, allow_empty=True).wer == 1.0


def test_the_rate_is_pooled_and_not_the_mean_of_rates() -> None:
    nine = TEN[:9]
    found = score(references={"a": ["X"], "b": nine}, hypotheses={"a": ["Y"], "b": nine})
    assert found.wer == pytest.approx(0.1)


def test_long_sequences_do_not_overflow() -> None:
    glosses = [f"G{i}" for i in range(500)]
    found = count(glosses, glosses[::-1])
    assert found.errors.dtype == np.int64
    assert 0.9 < (found.wer or 0) <= 1.0


def test_jiwer_finds_the_fewest_errors() -> None:
    """Against a brute-force edit distance on every pair of short sequences over two glosses."""
    words = [w for n in range(5) for w in product("AB", repeat=n)]
    for reference, hypothesis in product(words, words):
        found = count(reference, hypothesis)
        assert int(found.errors[0]) == edit_distance(reference, hypothesis)
        assert int(found.n_hyp[0]) == len(hypothesis)


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def test_unit_costs_give_the_rates_of_sclites_costs() -> None:
    """sclite aligns with costs 4, 3, 3; on what recognizers do the rates are the same."""
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(400):
        reference = rng.integers(0, 60, rng.integers(1, 15))
        fate = rng.random(len(reference))
        spoilt = np.where(fate < 0.25, rng.integers(0, 60, len(reference)), reference)[fate > 0.1]
        at = rng.integers(0, len(spoilt) + 1, rng.poisson(0.5))
        hypothesis = np.insert(spoilt, at, rng.integers(0, 60, len(at)))
        pairs.append((list(map(str, reference)), list(map(str, hypothesis))))
    found = score(
        references={str(i): reference for i, (reference, _) in enumerate(pairs)},
        hypotheses={str(i): hypothesis for i, (_, hypothesis) in enumerate(pairs)},
    )
    n_sclite = sum(errors_at_costs(*pair, substitution=4, gap=3) for pair in pairs)
    assert found.wer == pytest.approx(n_sclite / found.n_ref.sum(), abs=0.0005)


def errors_at_costs(
    one: Sequence[str], other: Sequence[str], *, substitution: int, gap: int
) -> int:
    """Errors of the cheapest alignment; of equally cheap ones that with the fewest."""
    row = [(gap * j, j) for j in range(len(other) + 1)]  # (cost, errors)
    for a in one:
        above, row = row, [(row[0][0] + gap, row[0][1] + 1)]
        for j, b in enumerate(other, start=1):
            cost, errors = above[j - 1]
            aligned = (cost, errors) if a == b else (cost + substitution, errors + 1)
            gaps = [(c + gap, e + 1) for c, e in (above[j], row[j - 1])]
            row.append(min(aligned, *gaps))
    return row[-1][1]


def test_exchanging_the_arguments_exchanges_deletions_and_insertions() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        one, other = (list(rng.choice(list("ABCD"), rng.integers(1, 9))) for _ in range(2))
        there, back = count(one, other), count(other, one)
        assert there.errors[0] == back.errors[0]
        assert there.deletions[0] - there.insertions[0] == back.insertions[0] - back.deletions[0]
        assert (int(there.n_ref[0]), int(back.n_ref[0])) == (len(one), len(other))


def test_arguments_are_keywords() -> None:
    with pytest.raises(TypeError):
        score({"a": ["A"]}, {"a": ["A"]})  # type: ignore[misc]


def test_every_clip_is_counted_also_the_last() -> None:
    references = {str(i): ["A"] for i in range(7)}
    hypotheses = {str(i): ["A"] for i in range(6)} | {"6": ["B"]}
    found = score(references=references, hypotheses=hypotheses)
    assert found.clip_ids == tuple(references)
    assert found.errors.tolist() == [0, 0, 0, 0, 0, 0, 1]


def test_a_missing_hypothesis_is_all_deletions_and_listed() -> None:
    found = score(references={"a": ["A", "B"], "b": ["C"]}, hypotheses={"b": ["C"]})
    assert found.missing == ("a",)
    assert found.deletions.tolist() == [2, 0]
    assert found.where([False, True]).missing == ()


def test_the_arguments_stay_as_they_are() -> None:
    references, hypotheses = {"a": ["A", "A"]}, {"a": ["A"]}
    score(references=references, hypotheses=hypotheses)
    assert (references, hypotheses) == ({"a": ["A", "A"]}, {"a": ["A"]})


@pytest.mark.parametrize(
    ("references", "hypotheses", "message"),
    [
        ({}, {}, "there are no references to score against; label at least one clip"),
        (
            {"a": ["A"]},
            {"b": ["A"]},
            "1 hypotheses have no reference (first: 'b'); score only the clips of the split",
        ),
        (
            {"a": []},
            {"a": ["A"]},
            "1 references are empty (first: 'a'); label these clips, take them out of the split, "
            "or allow empty references if nothing is signed there",
        ),
        (
            {"a": ["A"]},
            {"a": ["A B"]},
            "the hypothesis of clip 'a' has the gloss 'A B'; a gloss is not empty and contains no "
            "space",
        ),
        (
            {"a": ["A"]},
            {"a": ["A\u3000B"]},
            "the hypothesis of clip 'a' has the gloss 'A\\u3000B'; a gloss is not empty and "
            "contains no space",
        ),
        (
            {"a": ["<unk>"]},
            {"a": ["<unk>"]},
            "1 references have the gloss '<unk>' (first: 'a'), which stands for no sign and would "
            "match itself; write down what is signed",
        ),
        (
            {"a": [""]},
            {"a": ["A"]},
            "the reference of clip 'a' has the gloss ''; a gloss is not empty and contains no "
            "space",
        ),
        (
            {"a": "A B"},
            {"a": ["A"]},
            "the reference of clip 'a' is the text 'A B'; expected a list of glosses",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    references: dict[str, list[str]], hypotheses: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ScoreError) as caught:
        score(references=references, hypotheses=hypotheses)
    assert str(caught.value) == message
