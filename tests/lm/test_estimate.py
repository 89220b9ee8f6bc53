from itertools import product
from math import exp

import numpy as np
import pytest

from signkit.errors import LanguageModelError
from signkit.lm import FALLBACK, estimate
from tests.lm.backoff import Recount, grams, sentences_like_glosses

CORPUS = sentences_like_glosses(300)
TINY = [("A", "B"), ("A", "C", "A"), ("B",)]


def probability(model, history, word):
    """P(word | history) of a model, walked word by word; `<s>` may begin the history."""
    state = np.array([model.start() if history[:1] == ("<s>",) else 0])
    for gloss in history[history[:1] == ("<s>",) :]:
        _, state = model.step(state, np.array([model.id_of(gloss)]))
    return exp(model.step(state, np.array([model.words.index(word)]))[0][0])


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
def test_a_slow_recount_finds_the_same_probabilities(order):
    model = estimate(CORPUS, order=order)
    fixed = {d.order: d.values for d in model.discounts if d.is_fallback}
    assert len(fixed) < order or order == 1
    recount = Recount(CORPUS, order=order, fixed=fixed)
    padded = [("<s>", *s, "</s>") for s in CORPUS[:6]]
    for words in padded:
        for i in range(1, len(words)):
            history = words[max(0, i - order + 1) : i]
            for word in (words[i], "</s>", "<unk>", "G03"):
                expected = recount.probability(history, word)
                assert probability(model, history, word) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("corpus", [CORPUS, TINY], ids=["corpus", "tiny"])
def test_every_distribution_sums_to_one(corpus, order):
    model = estimate(corpus, order=order)
    states = np.arange(model.tree.starts[model.order])  # every context of the model
    words = np.array([i for i, word in enumerate(model.words) if word != "<s>"])
    pairs = np.array(list(product(states, words)))
    log_probs, _ = model.step(pairs[:, 0], pairs[:, 1])
    total = np.exp(log_probs).reshape(len(states), -1).sum(axis=1)
    np.testing.assert_allclose(total, 1.0, atol=1e-9)
    assert np.isfinite(log_probs).all()


def test_bigrams_of_two_sentences_by_hand():
    """Counts of `A B` and `A`: <s> A 2, A B 1, A </s> 1, B </s> 1; the discounts are fixed.

    Words count what comes before them: A 1 (<s>), B 1 (A), </s> 2 (A, B): 4 in all, of which
    0.5 + 0.5 + 1 = 2 is spread over A, B, </s>, <unk>: P(A) = 0.5/4 + 0.5/4 = 0.25,
    P(</s>) = 1/4 + 0.5/4 = 0.375, P(<unk>) = 0.125. After A: (1 - 0.5)/2 + (0.5 + 0.5)/2 P(w).
    """
    model = estimate([("A", "B"), ("A",)], order=2)
    assert [d.values for d in model.discounts] == [FALLBACK, FALLBACK]
    assert probability(model, (), "A") == pytest.approx(0.25)
    assert probability(model, (), "</s>") == pytest.approx(0.375)
    assert probability(model, (), "<unk>") == pytest.approx(0.125)
    assert probability(model, ("A",), "B") == pytest.approx(0.25 + 0.5 * 0.25)
    assert probability(model, ("A",), "</s>") == pytest.approx(0.25 + 0.5 * 0.375)
    assert probability(model, ("<s>",), "A") == pytest.approx((2 - 1) / 2 + 1 / 2 * 0.25)
    assert probability(model, ("<s>",), "B") == pytest.approx(1 / 2 * 0.25)


def test_every_n_gram_of_the_sentences_is_there_and_no_other():
    model = estimate(TINY, order=3)
    for n in (2, 3):
        expected = {g for s in TINY for g in grams(("<s>", *s, "</s>"), n)}
        found = {tuple(model.words[i] for i in ids) for ids in model.tree.words_of(n)}
        assert found == expected


def test_small_corpora_use_the_fixed_discounts_and_say_why():
    discounts = estimate(TINY, order=2).discounts
    assert [d.values for d in discounts] == [FALLBACK, FALLBACK]
    assert [d.reason for d in discounts] == [
        "no 1-gram has a count of 3",
        "no 2-gram has a count of 3",
    ]


def test_the_order_is_no_higher_than_the_longest_sentence_allows():
    model = estimate([("A",), ("B",)], order=5)
    assert model.order == 3  # <s> A </s>
    assert len(model.discounts) == 3


def test_equal_sentences_in_another_order_give_the_same_model():
    one, other = estimate(CORPUS), estimate(CORPUS[::-1])
    assert one.words == other.words
    np.testing.assert_array_equal(one.tree.keys, other.tree.keys)
    np.testing.assert_array_equal(one.log_probs, other.log_probs)


def test_sentences_without_any_gloss_count_as_ends():
    model = estimate([(), ("A",)], order=2)
    assert model.score(()) > estimate([("A",), ("A",)], order=2).score(())


@pytest.mark.parametrize(
    ("sentences", "order", "message"),
    [
        ([], 3, "there is no gloss to estimate a language model from"),
        ([()], 3, "there is no gloss to estimate a language model from"),
        ([("A",)], 0, "order is 0, expected 1 to 6"),
        ([("A",)], 7, "order is 7, expected 1 to 6"),
        (
            [("THANK YOU",)],
            3,
            "the gloss 'THANK YOU' is empty or contains white space, which ARPA files cannot hold; "
            "rename the gloss",
        ),
        (
            [("A", "</s>")],
            3,
            "'</s>' is a gloss of the sentences, but language models use it for something else; "
            "rename the gloss",
        ),
    ],
)
def test_what_gives_no_model_is_refused(sentences, order, message):
    with pytest.raises(LanguageModelError) as caught:
        estimate(sentences, order=order)
    assert str(caught.value) == message
