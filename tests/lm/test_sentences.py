import pytest

from signkit.clip import Clip
from signkit.errors import LanguageModelError
from signkit.lm import read_sentences, split_sentences
from tests.factories import make_dataset

CLIPS = [
    Clip("a", glosses=("I", "EAT"), split="train"),
    Clip("b", glosses=(), split="train"),
    Clip("c", glosses=("I", "EAT"), split="train"),
    Clip("d", glosses=("YOU",), split="dev"),
    Clip("e", split="test"),
]
HOW = "expected UTF-8 text with one sentence a line, its glosses separated by spaces"


def test_a_sentence_is_a_line(tmp_path):
    path = tmp_path / "s.txt"
    path.write_bytes("\ufeffI EAT\r\n\n  YOU\tEAT  \nI EAT".encode())
    assert read_sentences(path) == [("I", "EAT"), ("YOU", "EAT"), ("I", "EAT")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "no text file at {}; "),
        (b"\n \n", "{} has no sentence; "),
        (b"\xff\xfe", "{} is not UTF-8 text; "),
    ],
)
def test_a_text_file_that_cannot_be_used_is_one_plain_line(tmp_path, content, problem):
    path = tmp_path / "s.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LanguageModelError) as caught:
        read_sentences(path)
    assert str(caught.value) == problem.format(path) + HOW


def test_only_the_split_that_is_asked_for_is_read(tmp_path):
    dataset = make_dataset(tmp_path / "data", CLIPS, without_poses=["a"])
    assert split_sentences(dataset) == [("I", "EAT"), ("I", "EAT")]
    assert split_sentences(dataset, split="dev") == [("YOU",)]


def test_a_split_without_glosses_is_one_plain_line(tmp_path):
    dataset = make_dataset(tmp_path / "data", CLIPS)
    with pytest.raises(LanguageModelError) as caught:
        split_sentences(dataset, split="test")
    assert str(caught.value) == (
        f"no clip of split 'test' in {tmp_path / 'data'} has glosses (1 clips); fill in the "
        "glosses of clips.csv, choose another split or give a text file"
    )
    unsplit = make_dataset(tmp_path / "unsplit", [Clip("a", glosses=("I",))])
    with pytest.raises(LanguageModelError) as caught:
        split_sentences(unsplit)
    assert str(caught.value) == (
        f"{tmp_path / 'unsplit'} has no clip in split 'train' (train 0, dev 0, test 0); set the "
        "split column of clips.csv or run 'signkit split'"
    )
    with pytest.raises(LanguageModelError) as caught:
        split_sentences(dataset, split="tests")
    assert str(caught.value) == "there is no split 'tests'; choose train, dev or test"
