"""Finds clip ids in a long column of them, in 8 bytes an id.

A dictionary of two million ids takes a second to make and 300 MB to keep. Here all ids are hashed
at once; each hash gives its lowest bits to the row of its id, and the results are sorted. An id is
found by bisection, a whole column by one merge. Hashes only propose: that two ids are equal is
always decided by their text. The hash is the same in every process, so an index can be kept in a
file.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from signkit.arrow import from_numbers, to_mask

if TYPE_CHECKING:
    import pyarrow as pa

Rows = NDArray[np.int64]
_MULTIPLIER = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, odd: Fibonacci hashing (Knuth)
_BITS = (1 << 64) - 1
_AT_A_TIME = 1 << 13  # ids: what they need stays in the processor's cache and asks no new memory


class IdIndex:
    """The rows of a column of ids, by id.

    Args:
        ids: (N,) text.
        keys: (N,) uint64, ascending: the hash of an id above, its row in the lowest bits, as many
            as N has; by default made from `ids`.
    """

    def __init__(
        self, ids: "pa.ChunkedArray | pa.Array", keys: NDArray[np.uint64] | None = None
    ) -> None:
        self.ids = _in_one_piece(ids)
        self._n_row_bits = len(ids).bit_length()
        self.keys = self._sorted_keys() if keys is None else keys

    @classmethod
    def of(cls, clip_ids: Sequence[str]) -> "IdIndex":
        """The index of a few ids."""
        import pyarrow as pa

        return cls(pa.array(clip_ids, type=pa.large_string()))

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, clip_id: str) -> int | None:
        """The first row with this id; None where there is none."""
        is_row = (1 << self._n_row_bits) - 1
        wanted = hash_id(clip_id) & ~is_row
        keys = self.keys.data  # bisected faster than the array
        place = bisect_left(keys, wanted)
        while place < len(self) and keys[place] & ~is_row == wanted:
            row = keys[place] & is_row
            if self.ids[row].as_py() == clip_id:
                return row
            place += 1
        return None

    def rows(self, wanted: "IdIndex") -> Rows:
        """(M,) first row here of each of the M ids in `wanted`, in their order; -1 for none."""
        rows = np.full(len(wanted), -1, dtype=np.int64)
        if not len(self):
            return rows
        n_row_bits = np.uint64(max(self._n_row_bits, wanted._n_row_bits))
        for block in _blocks(len(wanted)):
            hashes = wanted.keys[block] >> n_row_bits
            places = np.searchsorted(self.keys, hashes << n_row_bits).clip(max=len(self) - 1)
            keys = self.keys[places]
            is_found = keys >> n_row_bits == hashes
            rows[wanted._rows_of(wanted.keys[block][is_found])] = self._rows_of(keys[is_found])
        for row in _differing(wanted.ids, self.ids, rows):
            found = self.row(wanted.ids[row].as_py())
            rows[row] = -1 if found is None else found
        return rows

    def first_repeat(self) -> tuple[int, int] | None:
        """(an earlier row, the first row that repeats its id); None where all ids differ."""
        suspects: set[int] = set()
        for block in _blocks(len(self) - 1):
            one, next_one = self.keys[block], self.keys[block.start + 1 : block.stop + 1]
            is_equal = (one ^ next_one) >> np.uint64(self._n_row_bits) == 0
            for keys in (one, next_one):
                suspects.update(self._rows_of(keys[is_equal]).tolist())
        seen: dict[str, int] = {}
        for row in sorted(suspects):
            earlier = seen.setdefault(self.ids[row].as_py(), row)
            if earlier != row:
                return earlier, row
        return None

    def _rows_of(self, keys: NDArray[np.uint64]) -> Rows:
        return (keys & np.uint64((1 << self._n_row_bits) - 1)).astype(np.int64)

    def _sorted_keys(self) -> NDArray[np.uint64]:
        keys, n_row_bits = hash_ids(self.ids), np.uint64(self._n_row_bits)
        for block in _blocks(len(self)):
            rows = np.arange(block.start, block.stop, dtype=np.uint64)
            keys[block] = (keys[block] >> n_row_bits << n_row_bits) | rows
        keys.sort()
        return keys


def hash_id(clip_id: str) -> int:
    """64-bit hash of the UTF-8 bytes of one id, taken eight at a time."""
    text = clip_id.encode()
    value = len(text)
    for start in range(0, len(text), 8):
        word = int.from_bytes(text[start : start + 8], "little")
        value = ((value ^ word) * _MULTIPLIER) & _BITS
        value ^= value >> 32
    return value


def hash_ids(ids: "pa.LargeStringArray") -> NDArray[np.uint64]:
    """(N,) `hash_id` of each id."""
    hashes = np.empty(len(ids), dtype=np.uint64)
    if not len(ids):
        return hashes
    _, bounds_buffer, text_buffer = ids.buffers()
    bounds = np.frombuffer(bounds_buffer, dtype=np.int64)[ids.offset : ids.offset + len(ids) + 1]
    text = np.frombuffer(text_buffer or b"", dtype=np.uint8)
    for block in _blocks(len(ids)):
        some = bounds[block.start : block.stop + 1]
        hashes[block] = _hash_some(text[some[0] : some[-1]], some - some[0])
    return hashes


def _in_one_piece(ids: "pa.ChunkedArray | pa.Array") -> "pa.LargeStringArray":
    import pyarrow as pa

    large = ids.cast(pa.large_string())
    if isinstance(large, pa.ChunkedArray):
        return large.chunk(0) if large.num_chunks == 1 else large.combine_chunks()
    return large


def _blocks(n: int) -> Iterator[slice]:
    for start in range(0, n, _AT_A_TIME):
        yield slice(start, min(start + _AT_A_TIME, n))


def _hash_some(text: NDArray[np.uint8], bounds: NDArray[np.int64]) -> NDArray[np.uint64]:
    padded = np.zeros((len(text) // 8 + 2) * 8, dtype=np.uint8)
    padded[: len(text)] = text
    words = padded.view("<u8")
    lengths = np.diff(bounds)
    hashes = lengths.astype(np.uint64)
    for done in range(0, int(lengths.max()), 8):
        active = np.flatnonzero(lengths > done)
        word = _words_at(words, bounds[active] + done)
        n_missing = np.maximum(8 - (lengths[active] - done), 0)
        word &= np.uint64(_BITS) >> (8 * n_missing).astype(np.uint64)
        value = (hashes[active] ^ word) * np.uint64(_MULTIPLIER)  # wraps round at 2^64
        hashes[active] = value ^ (value >> np.uint64(32))
    return hashes


def _words_at(words: NDArray[np.uint64], places: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The eight bytes from each place on, out of the two aligned words that hold them."""
    aligned, shift = places >> 3, ((places & 7) << 3).astype(np.uint64)
    rest = (words[aligned + 1] << np.uint64(1)) << (np.uint64(63) - shift)  # no shift is 64
    merged: NDArray[np.uint64] = (words[aligned] >> shift) | rest
    return merged


def _differing(wanted: "pa.LargeStringArray", ids: "pa.LargeStringArray", rows: Rows) -> list[int]:
    """Those of the wanted whose id is not the one in the row found for it."""
    import pyarrow.compute as pc

    differing = []
    for block in _blocks(len(rows)):
        found = block.start + np.flatnonzero(rows[block] >= 0)
        ours = ids.take(from_numbers(rows[found]))
        differs = pc.not_equal(wanted.take(from_numbers(found)), ours)
        differing += found[to_mask(differs)].tolist()
    return differing
