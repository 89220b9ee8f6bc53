import numpy as np
import pytest

from signkit.errors import RecognitionError
from signkit.hypothesis import Hypothesis
from signkit.recognize.snap import snap_to_train, train_sentences
from tests.factories import make_clips, make_dataset

TRAIN = {("I", "EAT"): 3, ("I", "DRINK", "TEA"): 1, ("YOU", "EAT"): 3, ("HOME",): 9}


@pytest.mark.parametrize(
    ("found", "nearest"),
    [
        ("I DRINK TEA", "I DRINK TEA"),
        ("I TEA", "I EAT"),  # both I EAT and I DRINK TEA are one edit away: I EAT is more frequent
        ("WE EAT", "I EAT"),  # as near and as frequent as YOU EAT: I sorts first
        ("DRINK TEA", "I DRINK TEA"),
        ("", "HOME"),
        ("X Y", "HOME"),  # two edits from everything short
    ],
)
def test_the_nearest_the_most_frequent_the_first_sentence_is_taken(found, nearest):
    [snapped] = snap_to_train([Hypothesis("a", tuple(found.split()))], TRAIN)
    assert " ".join(snapped.glosses) == nearest
    assert snapped.unsnapped == tuple(found.split())


def expected(found):
    return min(TRAIN, key=lambda s: (distance(found, s), -TRAIN[s], s))


def distance(one, other):
    """Edit distance, straight from its definition."""
    table = np.add.outer(np.arange(len(one) + 1), np.arange(len(other) + 1))
    for i, a in enumerate(one, start=1):
        for j, b in enumerate(other, start=1):
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b)
            )
    return table[-1, -1]


def test_many_hypotheses_are_snapped_as_by_definition():
    rng = np.random.default_rng(0)
    words = ["I", "YOU", "EAT", "DRINK", "TEA", "HOME", "سلام"]
    hypotheses = [
        Hypothesis(str(i), tuple(rng.choice(words, size=rng.integers(0, 5)).tolist()))
        for i in range(600)
    ]
    for before, after in zip(hypotheses, snap_to_train(hypotheses, TRAIN), strict=True):
        assert after.glosses == expected(before.glosses)


def test_times_stay_only_where_nothing_was_changed():
    same = Hypothesis("a", ("HOME",), times_s=((0.0, 1.0),), confidence=(0.5,))
    other = Hypothesis("b", ("TEA", "HOME"), times_s=((0.0, 1.0), (1.0, 2.0)))
    [kept, changed] = snap_to_train([same, other], TRAIN)
    assert (kept.times_s, kept.confidence, kept.unsnapped) == (((0.0, 1.0),), (0.5,), ("HOME",))
    assert (changed.glosses, changed.times_s, changed.confidence) == (("HOME",), (), ())


def test_sentences_are_those_of_the_train_split(tmp_path):
    train = make_clips(signers=("ann",), sentences=("I EAT", "HOME"))
    test = make_clips(signers=("ben",), sentences=("TEA",), split="test")
    dataset = make_dataset(tmp_path / "data", [*train, *test], n_frames=2)
    assert train_sentences(dataset) == {("I", "EAT"): 2, ("HOME",): 2}


def test_a_dataset_without_train_clips_is_refused(tmp_path):
    dataset = make_dataset(tmp_path / "data", make_clips(split="test"), n_frames=2)
    with pytest.raises(RecognitionError) as caught:
        train_sentences(dataset)
    assert str(caught.value) == (
        f"there is no sentence to snap to: {dataset.path} has no labelled train clip; leave out "
        "--snap-to-train, or give the dataset that the run was trained on"
    )
