"""Arrow columns in and out of NumPy, without pandas.

Arrow's own conversions (`pa.array` and `pa.scalar` of Python objects, `to_numpy`, comparisons with
a string) import all of pandas, which takes longer than a million clips do. These read and hand over
the buffers instead.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def from_numbers(numbers: NDArray[Any]) -> "pa.Array":
    """(N,) numbers for Arrow, of the same type."""
    import pyarrow as pa

    buffer = pa.py_buffer(np.ascontiguousarray(numbers))
    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(numbers), [None, buffer])


def to_numbers(array: "pa.Array", dtype: type[np.generic]) -> NDArray[Any]:
    """(N,) the numbers of an array without nulls; not copied, read-only."""
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(buffer, dtype=dtype)[array.offset : array.offset + len(array)]


def to_mask(column: "pa.ChunkedArray | pa.Array") -> NDArray[np.bool_]:
    """(N,) the truth values of a column without nulls."""
    import pyarrow as pa

    whole = column.cast(pa.uint8())
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    pieces = [to_numbers(chunk, np.uint8) for chunk in chunks]
    mask: NDArray[np.bool_] = np.concatenate([np.zeros(0, np.uint8), *pieces]) > 0
    return mask


def texts(*cells: str) -> "pa.StringArray":
    """A few texts for Arrow."""
    import pyarrow as pa

    encoded = [cell.encode() for cell in cells]
    bounds = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(cells), buffers)


def no_text(n_rows: int) -> "pa.ChunkedArray":
    """A column of empty texts."""
    import pyarrow as pa

    bounds = pa.py_buffer(np.zeros(n_rows + 1, dtype=np.int32))
    empty = pa.Array.from_buffers(pa.string(), n_rows, [None, bounds, pa.py_buffer(b"")])
    return pa.chunked_array([empty])


def equals(column: "pa.ChunkedArray", text: str) -> "pa.ChunkedArray":
    """Whether each text is this one."""
    import pyarrow.compute as pc

    return pc.equal(column, texts(text)[0])
