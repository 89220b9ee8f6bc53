from itertools import product
from math import exp, inf, log

import numpy as np
import pytest

from signkit.errors import LanguageModelError
from signkit.lm import estimate, read_arpa, write_arpa
from signkit.lm.rows import BoundRows
from tests.lm.backoff import back_off, known, sentence_log10, sentences_like_glosses, table_of

PRUNED = r"""
\data\
ngram 1=6
ngram 2=4
ngram 3=3

\1-grams:
-1.0	<unk>	-0.1
-99	<s>	-0.5
-0.9	</s>
-0.4	A	-0.3
-0.6	B	-0.2
-0.8	C

\2-grams:
-0.2	<s> A	-0.7
-0.3	A B	-0.05
-0.35	B A
-0.25	C A	-99

\3-grams:
-0.1	<s> A B
-0.15	A B C
-0.12	C A A

\end\
"""
"""`B C` is missing though `A B C` is there, as toolkits that prune leave it; a back-off of -99."""
GLOSSES = ["C", "A", "NEW", "B", "OTHER"]
LN_10 = log(10)


@pytest.fixture
def pruned(tmp_path):
    (tmp_path / "pruned.arpa").write_text(PRUNED)
    return read_arpa(tmp_path / "pruned.arpa")


@pytest.fixture(scope="module", params=[1, 2, 3, 4, 5, 6])
def estimated(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("lm") / "m.arpa"
    write_arpa(estimate(sentences_like_glosses(120, n_glosses=12), order=request.param), path)
    return read_arpa(path), table_of(path.read_text())


def walk(model, glosses):
    """State after a sentence's first glosses, by the rows of the beam search."""
    state = model.start()
    for gloss in glosses:
        _, after = model.rows(np.array([state]))
        state = int(after[0, GLOSSES.index(gloss)])
    return state


def test_rows_and_ends_are_those_of_plain_recursion(pruned):
    table = table_of(PRUNED)
    pruned.bind(GLOSSES)
    for history in (h for n in range(5) for h in product(GLOSSES, repeat=n)):
        state = np.array([walk(pruned, history)])
        context = ("<s>", *known(table, history))[-2:]
        expected = [back_off(table, context, known(table, [g])[0]) * LN_10 for g in GLOSSES]
        found, _ = pruned.rows(state)
        np.testing.assert_allclose(found[0], expected, rtol=1e-5)
        end = back_off(table, context, "</s>") * LN_10
        np.testing.assert_allclose(pruned.end(state), [end], rtol=1e-5)


def test_sentences_score_as_plain_recursion_says(estimated):
    model, table = estimated
    for sentence in sentences_like_glosses(40, seed=1, n_glosses=15):  # three are unknown
        expected = sentence_log10(table, sentence, order=model.order) * LN_10
        assert model.score(sentence) == pytest.approx(expected, rel=1e-9)


def test_rows_add_up_to_the_score_of_a_sentence(estimated):
    model, _ = estimated
    glosses = sorted({g for s in sentences_like_glosses(40, n_glosses=15) for g in s})
    model.bind(glosses)
    sentences = sentences_like_glosses(40, seed=2, n_glosses=12)
    length = min(map(len, sentences)) + 3
    sentences = [s for s in sentences if len(s) >= length]
    states, total = np.full(len(sentences), model.start()), np.zeros(len(sentences))
    for t in range(length):
        columns = [glosses.index(s[t]) for s in sentences]
        log_probs, after = model.rows(states)
        total += log_probs[range(len(sentences)), columns]
        states = after[range(len(sentences)), columns]
    total += model.end(states)
    expected = [model.score(s[:length]) for s in sentences]
    np.testing.assert_allclose(total, expected, rtol=1e-5)


def test_rows_are_as_the_beam_search_wants_them(pruned):
    assert pruned.bind(GLOSSES) is pruned
    log_probs, after = pruned.rows(np.array([0, pruned.start(), 0]))
    assert (log_probs.shape, log_probs.dtype) == ((3, 5), np.float32)
    assert (after.shape, after.dtype) == ((3, 5), np.int64)
    np.testing.assert_array_equal(log_probs[0], log_probs[2])
    assert pruned.end(np.array([0, 1])).dtype == np.float32
    empty, _ = pruned.rows(np.zeros(0, dtype=np.int64))
    assert empty.shape == (0, 5)


def test_glosses_may_be_bound_again(pruned):
    (first,), _ = pruned.bind(["A", "B"]).rows(np.array([0]))
    (second,), _ = pruned.bind(["B", "A"]).rows(np.array([0]))
    assert first.tolist() == second.tolist()[::-1]


def test_without_unk_an_unknown_gloss_has_no_probability(tmp_path):
    text = PRUNED.replace("-1.0\t<unk>\t-0.1\n", "").replace("ngram 1=6", "ngram 1=5")
    (tmp_path / "m.arpa").write_text(text)
    model = read_arpa(tmp_path / "m.arpa")
    log_probs, after = model.bind(["NEW", "A"]).rows(np.array([model.start()]))
    assert log_probs[0, 0] == -inf
    assert after[0, 0] == 0
    assert model.score(["NEW", "A"]) == -inf
    measured = model.perplexity([("NEW", "A")])
    assert (measured.n_oov, measured.perplexity_with_oov) == (1, None)
    assert measured.perplexity == pytest.approx(10 ** ((0.4 + 0.3 + 0.9) / 2))


def test_histories_that_no_longer_matter_share_a_state(pruned):
    """`B A` has neither a longer n-gram nor a back-off weight, so it is as good as `A`."""
    pruned.bind(GLOSSES)
    assert walk(pruned, "BA") == walk(pruned, "BBBA")
    assert walk(pruned, "BA") != walk(pruned, "CA")
    assert walk(pruned, "ACB") == walk(pruned, "CB")


def test_rows_that_were_forgotten_come_back_the_same():
    model = estimate(sentences_like_glosses(200), order=4)
    words = np.array([model.id_of(g) for g in ("G05", "G01", "none", "G09", "G01")])
    parts = (model.tree, model.log_probs, model.back_offs, model._state_of, words)
    large, small = BoundRows(*parts), BoundRows(*parts, bytes_kept=1000)
    random = np.random.default_rng(0)
    states = np.unique(model._state_of)
    for _ in range(20):
        asked = random.choice(states, size=30)
        for one, other in zip(large.rows(asked), small.rows(asked), strict=True):
            np.testing.assert_array_equal(one, other)


def test_perplexity_by_hand(pruned):
    """A B: -0.2 - 0.1, then </s> after A B: -0.05 - 0.2 (B) - 0.9; three tokens."""
    measured = pruned.perplexity([("A", "B")])
    assert measured.perplexity == pytest.approx(10 ** ((0.2 + 0.1 + 0.05 + 0.2 + 0.9) / 3))
    assert measured.perplexity == measured.perplexity_with_oov
    assert exp(-pruned.score(("A", "B")) / 3) == pytest.approx(measured.perplexity)


def test_perplexity_counts_unknown_glosses_apart(pruned):
    """NEW: -0.5 (<s>) - 1.0; then </s> after <unk>: -0.1 - 0.9."""
    measured = pruned.perplexity([("NEW",)])
    assert measured.to_json() == {
        "n_sentences": 1,
        "n_tokens": 1,
        "n_oov": 1,
        "oov_rate": 1.0,
        "perplexity": pytest.approx(10**1.0),
        "perplexity_with_oov": pytest.approx(10 ** (2.5 / 2)),
    }


def test_no_sentences_have_no_perplexity(pruned):
    measured = pruned.perplexity([])
    assert (measured.perplexity, measured.oov_rate) == (None, None)


def test_special_words_are_no_glosses(pruned):
    assert "A" in pruned
    assert "<s>" not in pruned
    assert pruned.score(["</s>"]) == pytest.approx(pruned.score(["NEW"]))


def test_a_model_without_an_end_is_refused(tmp_path):
    text = "\\data\\\nngram 1=1\n\\1-grams:\n-0.1 A\n\\end\\\n"
    (tmp_path / "m.arpa").write_text(text)
    with pytest.raises(LanguageModelError) as caught:
        read_arpa(tmp_path / "m.arpa")
    assert str(caught.value) == (
        f"{tmp_path / 'm.arpa'}: the language model has no </s>; expected a model of whole "
        "sentences, so estimate it from one sentence a line"
    )
