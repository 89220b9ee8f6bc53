import numpy as np

from signkit.split.labels import Labels, codes_of

COLUMN = ["A B A", "", "B B", "A B A", "C"]


def test_sentences_and_glosses_are_numbered_in_the_order_of_the_table() -> None:
    labels = Labels.of(COLUMN)
    assert labels.sentences == ["A B A", "", "B B", "C"]
    assert labels.sentence_of.tolist() == [0, 1, 2, 0, 3]
    assert labels.glosses == ["A", "B", "C"]
    assert labels.lengths.tolist() == [3, 0, 2, 1]
    assert labels.is_labelled.tolist() == [True, False, True, True, True]


def test_glosses_are_counted_as_often_as_they_are_signed() -> None:
    labels = Labels.of(COLUMN)
    assert labels.gloss_counts(np.ones(5, dtype=bool)).tolist() == [4, 4, 1]
    assert labels.gloss_counts(np.array([True, True, True, False, False])).tolist() == [2, 3, 0]


def test_only_a_gloss_right_after_an_equal_one_is_a_repeat() -> None:
    labels = Labels.of(["A B A", "A A A", "B", "B", "A A B B"])
    assert labels.repeats.tolist() == [0, 2, 0, 2]


def test_groups_are_counted_together_and_minus_one_is_left_out() -> None:
    labels = Labels.of(COLUMN)
    counts = labels.by_group(np.array([0, 0, 1, 1, -1]), 2)
    assert counts.toarray().tolist() == [[2, 1, 0], [2, 3, 0]]


def test_a_table_without_glosses_has_no_labels() -> None:
    labels = Labels.of(["", ""])
    assert labels.glosses == []
    assert labels.gloss_counts(np.ones(2, dtype=bool)).tolist() == []
    assert codes_of([])[1] == []
