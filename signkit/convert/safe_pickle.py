"""Pickles of landmarks, read without running anything that they say.

Many corpora exist only as a pickle, and loading one as usual runs whatever its author wrote into
it. This is the only module that unpickles what others made. Three things make it safe:

- Names: a pickle may name what `safe_names` lists, and each name stands for a constructor there.
- Operations: `pickle_operations` looks at every operation before the first one is run. Persistent
  ids, extension codes and out-of-band buffers are refused, and so are memo slots beyond the size of
  the pickle, for which the unpickler would reserve memory (`LONG_BINPUT` 4294967295: 64 GB).
- Amounts: constructors copy no more bytes than the pickle has. Memory stays below a constant times
  its size (an empty set costs one byte there and 216 here). Time does not: a hostile pickle can
  keep the processor busy with keys of nested tuples.

Python 2 is read as Latin-1, in which every byte is a letter. Arrays are read-only.

Source of the .npy format: NEP 1.
"""

import io
import mmap
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from signkit.convert.pickle_operations import REFUSED, check_operations
from signkit.convert.safe_names import constructors
from signkit.convert.safe_objects import (
    Budget,
    Constructor,
    RefusedError,
    Settler,
    Span,
    array_of,
)
from signkit.errors import FormatError, one_line

LARGE = 4096
_ADVICE = "signkit reads only plain containers, texts, numbers and numpy arrays from pickles"
_NPY_HEADERS: dict[Any, Any] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}
_DAMAGE = (
    pickle.UnpicklingError, EOFError, ArithmeticError, AssertionError, AttributeError, BufferError,
    ImportError, LookupError, MemoryError, NotImplementedError, OSError, RecursionError, TypeError,
    ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def load_pickle(file: BinaryIO, *, name: str) -> Any:
    """What a pickle holds: dicts, lists, tuples, sets, texts, numbers and numpy arrays.

    Other kinds of dict become a plain one.

    Args:
        file: Read from where it stands.
        name: What to call it in messages.

    Raises:
        FormatError: It asks for anything else, or is damaged.
    """
    with _readable(name), _content(file) as (data, start):
        check_operations(data, start)
        budget = Budget(len(data) - start)
        source = io.BufferedReader(io.BytesIO(data)) if isinstance(data, bytes) else file
        return Settler(budget).settled(_Unpickler(source, budget).load())


def load_npy(file: BinaryIO, *, name: str) -> NDArray[Any]:
    """The array of a .npy file, also one of objects.

    Args:
        file: Read from where it stands; a member of an .npz too.
        name: What to call it in messages.

    Raises:
        FormatError: It holds anything but plain containers and arrays, or is damaged.
    """
    with _readable(name):
        version = npy.read_magic(file)  # type: ignore[no-untyped-call]
        if version not in _NPY_HEADERS:
            raise RefusedError(f"has version {version} of the .npy format, expected 1.0 or 2.0")
        shape, is_fortran, dtype = _NPY_HEADERS[version](file)
        if not dtype.hasobject:
            return array_of(file.read(), dtype, shape, "F" if is_fortran else "C")
        loaded = load_pickle(file, name=name)
        if type(loaded) is not np.ndarray or not dtype.kind == loaded.dtype.kind == "O":
            raise RefusedError(f"declares an array of {dtype} and holds {type(loaded).__name__}")
        if loaded.size != np.prod(shape, dtype=object):
            raise RefusedError(f"declares the shape {shape} and holds {loaded.size} objects")
        return loaded.reshape(shape)


class LazyPickle:
    """A pickle whose arrays stay in the file: each is a `LazyArray` until `numpy.asarray` reads it.

    The structure around them is in memory, some 700 bytes for a clip. Arrays may be read by
    several threads.

    Args:
        path: The pickle.

    Raises:
        FormatError: It asks for anything that `load_pickle` refuses, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._files = ExitStack()
        with _readable(str(path)), ExitStack() as files:
            file = files.enter_context(path.open("rb"))
            data, _ = files.enter_context(_content(file))
            assert isinstance(data, mmap.mmap)
            self.value = _LazyUnpickler(data).lazily()
            self._files = files.pop_all()

    def close(self) -> None:
        """Give the file back; arrays can no longer be read."""
        self._files.close()


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Whatever goes wrong is told as an error of the file."""
    try:
        yield
    except RefusedError as error:
        raise FormatError(f"{name} {error}; {_ADVICE}") from error
    except _DAMAGE as error:
        raise FormatError(f"{name} cannot be read: {one_line(error)}") from error


@contextmanager
def _content(file: BinaryIO) -> Iterator[tuple[bytes | mmap.mmap, int]]:
    """All of a file and where it is read from; a file on disk is mapped and not copied."""
    if not (type(file) is io.BufferedReader and isinstance(file.raw, io.FileIO)):
        yield file.read(), 0
        return
    data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        yield data, file.tell()
    finally:
        data.close()


class _Unpickler(pickle.Unpickler):
    """The C unpickler, for which every name is one of our constructors."""

    def __init__(self, file: Any, budget: Budget) -> None:
        super().__init__(file, encoding="latin1")
        self._known = constructors(budget)

    def find_class(self, module: str, name: str) -> Constructor:
        return _known(self._known, module, name)

    def persistent_load(self, _: Any) -> Any:
        raise RefusedError("uses a persistent id")


def _known(known: dict[str, Constructor], module: str, name: str) -> Constructor:
    found = known.get(f"{module}.{name}")
    if found is None:
        raise RefusedError(f"asks for {ascii(f'{module}.{name}')[1:-1][:200]}")
    return found


def _refuse(what: str, _: object) -> None:
    raise RefusedError(f"uses {what}")


_PythonUnpickler: Any = pickle._Unpickler  # it has no other public door to its parts


class _LazyUnpickler(_PythonUnpickler):  # type: ignore[misc]
    """The unpickler of Python, which leaves long texts and bytes in the file."""

    dispatch: ClassVar[dict[int, Any]] = dict(_PythonUnpickler.dispatch)

    def __init__(self, data: mmap.mmap) -> None:
        super().__init__(data, encoding="latin1")
        self._data = data
        self._budget = Budget(len(data))
        self._names = constructors(self._budget)
        self.memo: dict[int, Any] = {}
        self.read, self.readline = data.read, data.readline  # frames hold no more than they show
        self.stack: list[Any] = []
        self.append = self.stack.append
        self.metastack: list[Any] = []
        self.proto = 0

    def find_class(self, module: str, name: str) -> Constructor:
        return _known(self._names, module, name)

    def lazily(self) -> Any:
        """Everything, with arrays that are still in the file."""
        while self._step():
            pass
        return Settler(self._budget, is_lazy=True).settled(self.stack.pop())

    def _step(self) -> bool:
        """Run one operation; False at the last."""
        operation = self.read(1)
        if not operation:
            raise EOFError("it ends too early")
        if operation == pickle.STOP:
            return False
        if operation[0] not in self.dispatch:
            raise RefusedError(f"has the unknown operation {operation[0]:#04x}")
        self.dispatch[operation[0]](self)
        return True

    def _skip_frame(self) -> None:
        self.read(8)

    def _counted(self, n_digits: int, encoding: str) -> None:
        """A text or bytes that begin with their length; long ones are left in the file."""
        size = int.from_bytes(self.read(n_digits), "little")
        start = self._data.tell()
        if start + size > len(self._data):
            raise EOFError("it ends too early")
        span = Span(self._data, start, size, encoding)
        self._data.seek(start + size)
        self.append(span if size > LARGE else span.value())

    def _bytearray(self) -> None:
        self._counted(8, "")
        if type(self.stack[-1]) is bytes:
            self.stack[-1] = bytearray(self.stack[-1])

    dispatch |= {
        pickle.FRAME[0]: _skip_frame,
        pickle.BINSTRING[0]: lambda self: self._counted(4, "latin1"),
        pickle.BINUNICODE[0]: lambda self: self._counted(4, "utf-8"),
        pickle.BINUNICODE8[0]: lambda self: self._counted(8, "utf-8"),
        pickle.BINBYTES[0]: lambda self: self._counted(4, ""),
        pickle.BINBYTES8[0]: lambda self: self._counted(8, ""),
        pickle.BYTEARRAY8[0]: _bytearray,
        **{code: partial(_refuse, what) for code, what in REFUSED.items()},
    }
