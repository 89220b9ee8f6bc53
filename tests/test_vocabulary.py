from pathlib import Path

import pytest

from signkit.errors import VocabularyError
from signkit.vocabulary import BLANK, Vocabulary

SENTENCES = [("TEA", "I"), ("I", "DRINK", "TEA")]


def test_continuous_ids_start_after_the_blank() -> None:
    vocabulary = Vocabulary.of(SENTENCES, has_blank=True)
    assert vocabulary.glosses == ("DRINK", "I", "TEA")
    assert vocabulary.n_ids == 4
    assert vocabulary.encode(["TEA", "DRINK"]) == [3, 1]
    assert BLANK not in vocabulary.encode(vocabulary.glosses)
    assert vocabulary.decode([3, 1]) == ("TEA", "DRINK")


def test_isolated_ids_start_at_zero() -> None:
    vocabulary = Vocabulary.of(SENTENCES, has_blank=False)
    assert vocabulary.n_ids == 3
    assert vocabulary.encode(["DRINK"]) == [0]
    assert vocabulary.decode([0]) == ("DRINK",)


def test_the_order_of_the_clips_does_not_matter() -> None:
    one = Vocabulary.of(SENTENCES, has_blank=True)
    assert Vocabulary.of(SENTENCES[::-1], has_blank=True) == one
    assert Vocabulary.of(SENTENCES[::-1], has_blank=True).hash == one.hash


def test_an_unknown_gloss_is_named() -> None:
    with pytest.raises(VocabularyError) as caught:
        Vocabulary.of(SENTENCES, has_blank=True).encode(["I", "COFFEE"])
    assert str(caught.value) == (
        "gloss 'COFFEE' is not among the 3 glosses of the train split; correct the label or add "
        "training clips with it"
    )


@pytest.mark.parametrize(
    ("glosses", "message"),
    [
        ((), "a vocabulary needs at least one gloss; the train split has none"),
        (("B", "A"), "the glosses of a vocabulary must be unique and sorted"),
        (("A", "A"), "the glosses of a vocabulary must be unique and sorted"),
    ],
)
def test_an_impossible_vocabulary_is_refused(glosses: tuple[str, ...], message: str) -> None:
    with pytest.raises(VocabularyError) as caught:
        Vocabulary(glosses, has_blank=True)
    assert str(caught.value) == message


def test_file_round_trip(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of([("سلام", "ÄPFEL")], has_blank=True)
    vocabulary.write(tmp_path / "vocabulary.json")
    assert Vocabulary.read(tmp_path / "vocabulary.json") == vocabulary


def test_a_damaged_file_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "vocabulary.json").write_text("{}")
    with pytest.raises(VocabularyError) as caught:
        Vocabulary.read(tmp_path / "vocabulary.json")
    assert str(caught.value) == f"{tmp_path / 'vocabulary.json'} is not a vocabulary: 'glosses'"
