import random
from string import ascii_letters

import numpy as np
import pyarrow as pa
import pytest

from signkit.id_index import _BITS, _MULTIPLIER, IdIndex, hash_id, hash_ids

IDS = [f"v{n // 20:07d}-{n % 20:03d}" for n in range(5000)]


def same_hash(clip_id: str) -> str:
    """Another id of 16 letters whose hash is the same: its second half undoes its first."""

    def after_first_half(text: bytes) -> int:
        value = ((16 ^ int.from_bytes(text[:8], "little")) * _MULTIPLIER) & _BITS
        return value ^ value >> 32

    known, rng = clip_id.encode(), random.Random(0)
    while True:
        half = "".join(rng.choices(ascii_letters, k=8)).encode()
        second = int.from_bytes(known[8:], "little")
        second ^= after_first_half(known) ^ after_first_half(half)
        other = second.to_bytes(8, "little")
        if all(33 <= letter < 127 for letter in other):
            return (half + other).decode()


@pytest.mark.parametrize("text", ["", "a", "1234567", "12345678", "123456789", "سلام", "x" * 33])
def test_one_id_and_a_column_of_ids_have_the_same_hash(text: str) -> None:
    column = pa.array(["before", text, "after", text], type=pa.large_string())
    assert hash_ids(column).tolist() == [hash_id(i) for i in ("before", text, "after", text)]
    assert hash_ids(column[1:]).tolist() == [hash_id(i) for i in (text, "after", text)]


def test_every_id_is_found_in_its_row_and_nothing_else_is_found() -> None:
    index = IdIndex.of(IDS)
    assert [index.row(clip_id) for clip_id in IDS] == list(range(len(IDS)))
    assert [index.row(clip_id) for clip_id in ("", "v", "v0000000-0000")] == [None] * 3


def test_a_column_is_found_in_another_order_with_gaps_and_strangers() -> None:
    shuffled = random.Random(0).sample(IDS, 3000)
    wanted = [*shuffled, "stranger", IDS[7], IDS[7]]
    place = {clip_id: n for n, clip_id in enumerate(IDS)}
    expected = [place.get(clip_id, -1) for clip_id in wanted]
    assert IdIndex.of(IDS).rows(IdIndex.of(wanted)).tolist() == expected
    place = {clip_id: n for n, clip_id in enumerate(shuffled)}
    expected = [place.get(clip_id, -1) for clip_id in IDS]
    assert IdIndex.of(shuffled).rows(IdIndex.of(IDS)).tolist() == expected


def test_ids_of_the_same_hash_are_told_apart() -> None:
    twins = ["recording-000001", same_hash("recording-000001")]
    assert hash_id(twins[0]) == hash_id(twins[1])
    index = IdIndex.of(["a", *twins, "b"])
    assert [index.row(clip_id) for clip_id in twins] == [1, 2]
    assert index.first_repeat() is None
    for known, unknown in (twins, twins[::-1]):
        assert IdIndex.of([known]).row(unknown) is None
        assert IdIndex.of([known]).rows(IdIndex.of([unknown, known])).tolist() == [-1, 0]
    assert index.rows(IdIndex.of([twins[1], twins[0]])).tolist() == [2, 1]


def test_the_first_row_that_repeats_an_id_is_named() -> None:
    assert IdIndex.of(["a", "b", "c"]).first_repeat() is None
    assert IdIndex.of(["a", "b", "c", "b", "a", "b"]).first_repeat() == (1, 3)
    assert IdIndex.of([*IDS, IDS[4000], IDS[3]]).first_repeat() == (4000, 5000)


def test_pieces_and_kept_keys_give_the_same_index() -> None:
    whole = IdIndex.of(IDS)
    pieces = IdIndex(pa.chunked_array([IDS[:10], [], IDS[10:]]))
    assert np.array_equal(pieces.keys, whole.keys)
    assert IdIndex(whole.ids, whole.keys).row(IDS[9]) == 9


def test_an_empty_column_holds_nothing() -> None:
    nothing = IdIndex.of([])
    assert nothing.row("a") is None
    assert nothing.first_repeat() is None
    assert nothing.rows(IdIndex.of(["a"])).tolist() == [-1]
    assert IdIndex.of(["a"]).rows(nothing).tolist() == []
