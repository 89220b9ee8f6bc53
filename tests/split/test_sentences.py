import itertools
import time

import pytest

from signkit.split.sentences import one_gloss_apart, sorted_glosses


def distance(one: str, other: str) -> int:
    """Edit distance, the slow way."""
    a, b = one.split(), other.split()
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


@pytest.mark.parametrize(
    ("asked", "known", "is_near"),
    [
        ("I GO HOME NOW", "I GO HOME", True),
        ("GO HOME", "I GO HOME", True),
        ("I GO SCHOOL", "I GO HOME", True),
        ("HOME GO I", "I GO HOME", False),
        ("A B", "B A", False),  # leaving one out of both gives equal words, but it is two steps
        ("HELLO", "TEA", False),  # single glosses are all one exchange apart
        ("HELLO TEA", "TEA", True),
    ],
)
def test_sentences_one_gloss_apart(asked: str, known: str, is_near: bool) -> None:
    assert one_gloss_apart([asked], [known]) == ({asked} if is_near else set())


def test_nearness_is_edit_distance_one() -> None:
    every = [" ".join(words) for n in (2, 3) for words in itertools.product("ABC", repeat=n)]
    for known in every:
        expected = {asked for asked in every if distance(asked, known) == 1}
        assert one_gloss_apart(every, [known]) - {known} == expected


def test_order_does_not_matter_to_sorted_glosses() -> None:
    assert sorted_glosses("B A B") == sorted_glosses("B B A") != sorted_glosses("A B A")


def test_twenty_thousand_sentences_take_seconds() -> None:
    known = [f"A{i % 97} B{i % 89} C{i} D{i % 13} E{i % 7}" for i in range(20_000)]
    asked = [f"A{i % 97} B{i % 89} C{i} D{i % 13} X" for i in range(5_000)]
    begun = time.monotonic()
    assert len(one_gloss_apart(asked, known)) == 5_000
    assert time.monotonic() - begun < 10
