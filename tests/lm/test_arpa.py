import gzip

import numpy as np
import pytest

from signkit.errors import LanguageModelError
from signkit.lm import estimate, read_arpa, write_arpa
from tests.lm.backoff import sentences_like_glosses, table_of

SMALL = r"""\data\
ngram 1=4
ngram 2=2

\1-grams:
-1.5	<unk>
-99	<s>	-0.5
-0.9	</s>
-0.4	A	-0.3

\2-grams:
-0.2	<s> A
-0.3	A A

\end\
"""
HOW = "write the file again, such as with 'signkit lm SOURCE --out FILE.arpa'"


@pytest.fixture
def read(tmp_path):
    def read_content(content):
        path = tmp_path / "m.arpa"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_arpa(path)

    return read_content


def same(one, other):
    assert one.words == other.words
    np.testing.assert_array_equal(one.tree.keys, other.tree.keys)
    np.testing.assert_array_equal(one.log_probs, other.log_probs)
    np.testing.assert_array_equal(one.back_offs, other.back_offs)


@pytest.mark.parametrize(
    "content",
    [
        SMALL.replace("\t", " "),
        SMALL.replace("\n", "\r\n"),
        "\ufeff" + SMALL,
        "made by hand\nngram counts follow\n\n" + SMALL,
        SMALL.replace("ngram 1=4", "ngram 1 = 4").replace("ngram 2=2", "ngram  2=2"),
        SMALL.replace("<unk>", "<UNK>"),
        SMALL.replace("<s> A\n", "<s> A\t0\n"),  # a back-off weight at the highest order
        SMALL.replace("ngram 2=2\n", "ngram 2=2\nngram 3=0\n").replace(
            "\\end\\", "\\3-grams:\n\n\\end\\"
        ),
        SMALL.replace("\n-0.2\t<s> A\n-0.3\tA A\n", "\n-0.3\tA A\n-0.2\t<s> A\n"),
        gzip.compress(SMALL.encode()),
        SMALL.rstrip("\n"),
    ],
    ids=[
        *("spaces", "crlf", "bom", "comment", "spaced header", "UNK", "back-off at the top"),
        *("empty order", "another order", "gzip", "no last line break"),
    ],
)
def test_the_same_model_in_other_clothes(read, content):
    same(read(content), read(SMALL))


def test_minus_99_is_no_probability(read):
    model = read(SMALL)
    assert model.log_probs[2] == -np.inf
    np.testing.assert_allclose(
        model.log_probs[[1, 3, 4]], np.log(10) * np.array([-1.5, -0.9, -0.4])
    )
    np.testing.assert_allclose(model.back_offs[1:5], np.log(10) * np.array([0, -0.5, 0, -0.3]))


def test_glosses_of_any_script_and_inner_space_are_kept(read):
    model = read(SMALL.replace("A", "ساعة\u00a0٣"))
    assert "ساعة\u00a0٣" in model


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("name", ["m.arpa", "m.arpa.gz"])
def test_what_is_written_is_read_again(tmp_path, order, name):
    model = estimate(sentences_like_glosses(80), order=order)
    write_arpa(model, tmp_path / name)
    found = read_arpa(tmp_path / name)
    assert found.words == model.words
    assert found.n_grams == model.n_grams
    np.testing.assert_array_equal(found.tree.keys, model.tree.keys)
    np.testing.assert_allclose(found.log_probs, model.log_probs, atol=1e-5)
    np.testing.assert_allclose(found.back_offs, model.back_offs, atol=1e-5)


def test_the_text_is_what_other_toolkits_read(tmp_path):
    model = estimate([("A", "B"), ("A",)], order=2)
    write_arpa(model, tmp_path / "m.arpa")
    text = (tmp_path / "m.arpa").read_text()
    assert text.startswith("\\data\\\nngram 1=5\nngram 2=4\n\n\\1-grams:\n-0.90309\t<unk>\n")
    assert "\n-99\t<s>\t-0.30103\n" in text
    assert "\n\\2-grams:\n" in text
    assert text.endswith("\n\n\\end\\\n")
    assert len(table_of(text)) == 9


@pytest.mark.parametrize("name", ["m.arpa", "m.arpa.gz"])
def test_equal_models_are_equal_files(tmp_path, name):
    for folder in ("one", "other"):
        write_arpa(estimate(sentences_like_glosses(50)), tmp_path / folder / name)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    assert [path.name for path in (tmp_path / "one").iterdir()] == [name]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "ngram 2=2",
            "ngram 2=3",
            " line 15: the header says 3 2-grams, but there are 2; the file was cut or edited",
        ),
        ("A\t-0.3", "A\tB", " line 9: '-0.4' and 'B' are not both numbers"),
        ("-0.3\tA A", "-0.3\tA A A A", None),
        ("-0.3\tA A", "-0.3\tA", " line 13: found 2 fields, expected log10 P, 2 words and perhaps"),
        ("-0.3\tA A", "-0.3\tA Q", " line 13: the word 'Q' is not among the 1-grams"),
        ("-0.9\t</s>", "-0.9\tA", " line 9: repeats the word 'A'; keep one"),
        ("-0.3\tA A", "-0.3\t<s> A", " has the n-gram '<s> A' twice; keep one"),
        ("-0.3\tA A", "x\tA A", " line 13: 'x' and '0' are not both numbers"),
        ("ngram 1=4", f"ngram 1={'9' * 5000}", " line 2: found 'ngram 1=999"),
        (
            "A\t-0.3",
            "A\t1e308",  # of which the natural logarithm is infinite
            " line 9: log10 P is '-0.4' and the back-off weight '1e308'; expected a P of at most 1 "
            "and a weight of at most 99",
        ),
        ("-0.3\tA A", "0.3\tA A", " line 13: log10 P is '0.3' and the back-off weight '0'"),
        ("-0.3\tA A", "nan\tA A", " line 13: log10 P is 'nan' and the back-off weight '0'"),
        ("A\t-0.3", "A\tinf", " line 9: log10 P is '-0.4' and the back-off weight 'inf'"),
        ("\\end\\\n", "", " line 15: the file ends before \\end\\; it was cut off"),
        ("\\end\\", "\\3-grams:", " line 15: found '\\\\3-grams:', expected \\end\\"),
        ("\\2-grams:", "\\3-grams:", " line 11: found '\\\\3-grams:', expected \\2-grams:"),
        ("ngram 1=4\n", "", " line 2: found 'ngram 2=2', expected 'ngram 1=N'"),
        ("ngram 2=2", "ngram 2=many", " line 3: found 'ngram 2=many', expected 'ngram 2=N'"),
        ("ngram 1=4\nngram 2=2\n", "", " line 3: the header counts no words; expected 'ngram 1=N'"),
        (SMALL, "\\data\\\n", " line 2: the file ends before \\end\\; it was cut off"),
        (SMALL, "", " has no \\data\\ line; expected an ARPA language model"),
        ("</s>", "</x>", ": the language model has no </s>; expected a model of whole sentences"),
    ],
)
def test_a_broken_file_is_one_plain_line(read, tmp_path, old, new, problem):
    assert old in SMALL
    with pytest.raises(LanguageModelError) as caught:
        read(SMALL.replace(old, new, 1))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{tmp_path / 'm.arpa'}{problem or ' line 13: found 5 fields'}")


def test_an_n_gram_without_its_beginning_is_refused(read, tmp_path):
    text = SMALL.replace("ngram 2=2\n", "ngram 2=2\nngram 3=1\n").replace(
        "\\end\\", "\\3-grams:\n-0.1\t</s> A A\n\n\\end\\"
    )
    with pytest.raises(LanguageModelError) as caught:
        read(text)
    assert str(caught.value) == (
        f"{tmp_path / 'm.arpa'} has no n-gram '</s> A', but longer ones that begin with it; {HOW}"
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (gzip.compress(SMALL.encode())[:-20], " is damaged: "),
        (b"\x1f\x8b and no more", " is damaged: "),
        (SMALL.replace("A", "\u00e4").encode("latin-1"), ": the word '\ufffd' is not UTF-8; "),
        (SMALL.encode("utf-16"), " has no \\data\\ line; expected an ARPA language model"),
    ],
)
def test_damaged_bytes_are_one_plain_line(read, tmp_path, content, problem):
    with pytest.raises(LanguageModelError) as caught:
        read(content)
    assert str(caught.value).startswith(f"{tmp_path / 'm.arpa'}{problem}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_plain_line(tmp_path):
    with pytest.raises(LanguageModelError) as caught:
        read_arpa(tmp_path / "none.arpa")
    assert str(caught.value) == (
        f"no file at {tmp_path / 'none.arpa'}; expected an ARPA language model, such as "
        "'signkit lm SOURCE --out FILE.arpa' writes"
    )
