import numpy as np
import pyarrow as pa
import pytest

from signkit.arrow import equals, from_numbers, no_text, texts, to_mask, to_numbers


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64, np.float64])
def test_numbers_go_to_arrow_and_back(dtype: type[np.generic]) -> None:
    numbers = np.arange(10, dtype=dtype)[::-2]
    there = from_numbers(numbers)
    assert there.equals(pa.array(numbers))
    assert np.array_equal(to_numbers(there, dtype), numbers)
    assert to_numbers(there[1:3], dtype).tolist() == [7, 5]
    assert to_numbers(from_numbers(numbers[:0]), dtype).tolist() == []


def test_texts_are_arrow_strings() -> None:
    assert texts("a", "", "سلام").equals(pa.array(["a", "", "سلام"]))
    assert no_text(3).equals(pa.chunked_array([["", "", ""]]))
    assert len(no_text(0)) == 0


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_equal_texts_are_found_in_all_pieces(kind: pa.DataType) -> None:
    column = pa.chunked_array([["a", "b"], [], ["", "a", "aa"]], kind)
    assert to_mask(equals(column, "a")).tolist() == [True, False, False, True, False]
    assert to_mask(equals(column, "")).tolist() == [False, False, True, False, False]
    assert to_mask(equals(column[:0], "a")).tolist() == []
    assert to_mask(equals(column, "a")[1:4].combine_chunks()).tolist() == [False, False, True]
