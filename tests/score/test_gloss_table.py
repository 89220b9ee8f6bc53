from signkit.score.alignment import align
from signkit.score.gloss_table import confusions, count_pairs, gloss_scores

PAIRS = count_pairs(align([("ABC", "AXC"), ("AA", "A"), ("B", "XY")]))


def test_every_reference_gloss_is_a_hit_a_deletion_or_substituted() -> None:
    for gloss in gloss_scores(PAIRS, None):
        assert gloss.n_ref == gloss.hits + gloss.deletions + gloss.substituted
        assert gloss.in_train is None


def test_a_row_for_every_gloss_the_most_frequent_first() -> None:
    table = gloss_scores(PAIRS, {"A"})
    assert [gloss.gloss for gloss in table] == ["A", "B", "C", "X", "Y"]
    a, b, _, x, y = table
    assert (a.n_ref, a.hits, a.deletions, a.recall, a.precision) == (3, 2, 1, 2 / 3, 1.0)
    assert (a.in_train, b.in_train) == (True, False)
    assert (b.n_ref, b.substituted) == (2, 2)
    assert x.mistaken + x.insertions + y.mistaken + y.insertions == 3
    assert (x.n_ref, x.recall, x.precision) == (0, None, 0.0)


def test_confusions_say_what_is_taken_for_what() -> None:
    found = confusions(PAIRS)
    assert found[0][0] == "B"
    assert sum(n for _, _, n in found) == 2
    assert all(reference != hypothesis for reference, hypothesis, _ in found)
