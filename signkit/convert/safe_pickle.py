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
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from signkit.convert.pickle_operations import REFUSED, check_operations
from signkit.convert.safe_names import constructors
from signkit.convert.safe_objects import (
    Array,
    Budget,
    Constructor,
    Dtype,
    RefusedError,
    Settler,
    Span,
    array_of,
)
from signkit.errors import FormatError, one_line

LARGE, SHORT = 4096, 1000
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


def iter_pickled_items(path: Path) -> Iterator[tuple[Any, Any]]:
    """Keys and values of a pickled dict, one after another: the values are not held.

    Memory is that of one value, and of the short texts and the structure of a thousand. Arrays and
    long texts stay in the file until it is their turn. A list or array that an earlier value has
    too is forgotten by then: the pickle is then loaded as a whole, and the rest comes from there.

    Raises:
        FormatError: It is not a dict, asks for anything that `load_pickle` refuses, or is damaged.
    """
    with _readable(str(path)), path.open("rb") as file, _content(file) as (data, _):
        assert isinstance(data, mmap.mmap)
        stream = _Stream(data)
        n_given = 0
        try:
            for item in stream.items():
                yield item
                n_given += 1
        except _ForgottenError:
            file.seek(0)
            whole = load_pickle(file, name=str(path))
            yield from islice(_as_dict(whole).items(), n_given, None)


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
            self.value = _Stream(data).lazily()
            self._files = files.pop_all()

    def close(self) -> None:
        """Give the file back; arrays can no longer be read."""
        self._files.close()


def _as_dict(value: Any) -> dict[Any, Any]:
    if type(value) is not dict:
        raise RefusedError(f"holds a {type(value).__name__}, expected a dict of clips")
    return value


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


class _ForgottenError(Exception):
    """A pickle refers to a part of an item that is no longer in memory."""


class _Memo(dict[int, Any]):
    """Parts by the slots that a pickle gives them.

    Attributes:
        fresh: Slots that were filled since parts were last forgotten.
        n_filled: How many were filled at all.
        n_forgotten: How many were filled when parts were last forgotten.
    """

    def __init__(self) -> None:
        self.fresh: set[int] = set()
        self.n_filled = self.n_forgotten = 0

    def __setitem__(self, slot: int, part: Any) -> None:
        self.fresh.add(slot)
        self.n_filled += 1
        super().__setitem__(slot, part)

    def __missing__(self, slot: int) -> Any:
        raise _ForgottenError if slot < self.n_forgotten else KeyError(slot)

    def forget(self, keys: set[int]) -> None:
        """Keep only what other items may refer to: names, short texts and short plain tuples.

        Args:
            keys: Which texts (by `id`) no other item has, as they are keys.
        """
        for slot in self.fresh:
            if type(self[slot]) is Array:  # of which a shape belongs to nothing else
                keys |= {id(self[slot].first_shape), id(self[slot].shape)}
        for slot in self.fresh:
            if id(self[slot]) in keys or not _is_short(self[slot]):
                del self[slot]
        self.fresh, self.n_forgotten = set(), self.n_filled


def _is_short(part: Any) -> bool:
    if type(part) is tuple:
        return len(part) <= 4 and all(type(i) in (bool, int, float, str) for i in part)
    is_text = type(part) in (str, bytes)
    return type(part) in (Constructor, Dtype) or (is_text and len(part) <= SHORT)


def _refuse(what: str, _: object) -> None:
    raise RefusedError(f"uses {what}")


_PythonUnpickler: Any = pickle._Unpickler  # it has no other public door to its parts


class _Stream(_PythonUnpickler):  # type: ignore[misc]
    """The unpickler of Python that lets go of every item of the outermost dict.

    Picklers write items in batches of a thousand, or one by one.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(_PythonUnpickler.dispatch)

    def __init__(self, data: mmap.mmap) -> None:
        super().__init__(data, encoding="latin1")
        self._data = data
        self._budget = Budget(len(data))
        self._names = constructors(self._budget)
        self.memo = _Memo()
        self.read, self.readline = data.read, data.readline  # frames hold no more than they show
        self.stack: list[Any] = []
        self.append = self.stack.append
        self.metastack: list[Any] = []
        self.proto = 0
        self._finished: list[Any] = []
        self._is_whole = False

    def find_class(self, module: str, name: str) -> Constructor:
        return _known(self._names, module, name)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Keys and values of the outermost dict."""
        while self._step():
            if self._finished:
                yield from self._given()
        self._finished = [part for item in _as_dict(self.stack.pop()).items() for part in item]
        yield from self._given()

    def lazily(self) -> Any:
        """Everything, with arrays that are still in the file."""
        self._is_whole = True
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

    def _given(self) -> Iterator[tuple[Any, Any]]:
        items, self._finished = self._finished[::-1], []
        self.memo.forget({id(key) for key in items[1::2]})
        while items:
            settler = Settler(self._budget)
            yield settler.settled(items.pop()), settler.settled(items.pop())

    def _is_outermost(self) -> bool:
        if self._is_whole or self.metastack or len(self.stack) != 1:
            return False
        return type(self.stack[0]) is dict

    def _set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        if self._is_outermost():
            self._finished += [key, value]
        else:
            self.stack[-1][key] = value

    def _set_items(self) -> None:
        items = self.pop_mark()
        if self._is_outermost():
            self._finished += items
        else:
            for key, value in zip(items[::2], items[1::2], strict=True):
                self.stack[-1][key] = value

    def _memoize(self) -> None:
        self.memo[self.memo.n_filled] = self.stack[-1]

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
        pickle.MEMOIZE[0]: _memoize,
        pickle.SETITEM[0]: _set_item,
        pickle.SETITEMS[0]: _set_items,
        pickle.BINSTRING[0]: lambda self: self._counted(4, "latin1"),
        pickle.BINUNICODE[0]: lambda self: self._counted(4, "utf-8"),
        pickle.BINUNICODE8[0]: lambda self: self._counted(8, "utf-8"),
        pickle.BINBYTES[0]: lambda self: self._counted(4, ""),
        pickle.BINBYTES8[0]: lambda self: self._counted(8, ""),
        pickle.BYTEARRAY8[0]: _bytearray,
        **{code: partial(_refuse, what) for code, what in REFUSED.items()},
    }
