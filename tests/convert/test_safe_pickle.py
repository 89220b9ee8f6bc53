import collections
import copyreg
import functools
import io
import os
import pickle
import pickletools
import re
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from signkit.convert.safe_objects import LazyArray
from signkit.convert.safe_pickle import LazyPickle, load_npy, load_pickle
from signkit.errors import FormatError

ADVICE = "; signkit reads only plain containers, texts, numbers and numpy arrays from pickles"
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def load(raw: bytes) -> Any:
    return load_pickle(io.BytesIO(raw), name="clips.pkl")


def lazily(raw: bytes, folder: Path) -> Any:
    """All of a lazy pickle, its arrays read."""
    path = folder / "clips.pkl"
    path.write_bytes(raw)
    lazy = LazyPickle(path)
    try:
        return _read(lazy.value)
    finally:
        lazy.close()


def _read(value: Any) -> Any:
    if type(value) is LazyArray:
        return np.asarray(value)
    if type(value) is dict:
        return {key: _read(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_read(item) for item in value)
    if type(value) is np.ndarray and value.dtype.hasobject:
        whole = np.empty(value.size, object)
        whole[:] = [_read(item) for item in value.ravel()]
        return whole.reshape(value.shape)
    return value


def from_disk(raw: bytes, folder: Path) -> Any:
    path = folder / "clips.pkl"
    path.write_bytes(raw)
    with path.open("rb") as file:
        return load_pickle(file, name="clips.pkl")


def reason(read: Callable[[], Any]) -> str:
    with pytest.raises(FormatError) as error:
        read()
    return str(error.value)


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *args: Any, state: Any = None) -> None:
        self.call = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> Any:
        return self.call


def landmarks() -> dict[str, Any]:
    numbers = np.random.default_rng(0).random((70, 43, 2))
    return {
        "plain": numbers.astype(np.float32),
        "fortran": np.asfortranarray(numbers[:, :, 0]),
        "swapped": numbers.astype(">f4"),
        "empty": np.zeros((0, 86, 2)),
        "nobody": np.array(3),
        "seen": numbers[:, :, 0] > 0.5,
        "names": np.array(["ab", "سوال"]),
        "old texts": np.array([b"ab", b"c"]),
        "counts": np.arange(5, dtype=np.uint16),
        "nested": {"list": [numbers[:2], (numbers[2:4], "x")]},
    }


def plain() -> dict[str, Any]:
    return {
        "nothing": None,
        "numbers": [True, 0, -1, 300, 70_000, -(2**40), 2**70, 1.5, 1j],
        "texts": ["", "abc", "سوال هو", "long " * 3000],
        "bytes": [b"", b"\xff\x00", b"long" * 3000, bytearray(b"\xff")],
        "sets": [{1, 2}, frozenset({"a"})],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "ordered": collections.OrderedDict(b=1, a=2),
        "default": collections.defaultdict(list, a=[1]),
        "slice": slice(1, 2),
        "scalar": np.float32(0.5),
        "text scalar": np.str_("ab"),
        (1, "pair"): {3: {}},
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("read", [lambda raw, _: load(raw), from_disk, lazily])
def test_arrays_and_containers_of_every_protocol_come_through(
    protocol: int, read: Callable[[bytes, Path], Any], tmp_path: Path
) -> None:
    loaded = read(pickle.dumps({**landmarks(), **plain()}, protocol), tmp_path)
    assert {key: loaded[key] for key in plain()} == plain()
    assert type(loaded["default"]) is dict
    nested, expected = loaded.pop("nested"), landmarks().pop("nested")
    np.testing.assert_equal(nested, expected)
    for name, array in landmarks().items():
        if name != "nested":
            assert type(loaded[name]) is np.ndarray
            assert (loaded[name].dtype, loaded[name].shape) == (array.dtype, array.shape)
            assert np.array_equal(loaded[name], array)
            assert not loaded[name].flags.writeable
    assert loaded["fortran"].flags.f_contiguous


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_object_arrays_hold_what_they_held(protocol: int) -> None:
    items = np.empty((2, 3), dtype=object)
    items[0] = [{"keypoints": np.arange(4.0)}, None, [1, 2]]
    items[1] = ["a", (np.float32(1), np.ones(2)), np.array([None, "x"])]
    for given in (items, np.asfortranarray(items)):
        loaded = load(pickle.dumps(given, protocol))
        assert loaded.shape == (2, 3)
        np.testing.assert_equal(loaded.tolist(), items.tolist())


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_numpy_1_and_2_are_read_alike(protocol: int) -> None:
    raw = pickle.dumps({"a": np.arange(6.0).reshape(2, 3), "b": np.float64(2)}, protocol)
    for package in ("numpy.core", "numpy._core"):
        loaded = load(_renamed(raw, package))
        assert np.array_equal(loaded["a"], np.arange(6.0).reshape(2, 3))
        assert loaded["b"] == 2


def _renamed(raw: bytes, package: str) -> bytes:
    """The same pickle as numpy 1 or numpy 2 writes it, without frames."""
    found = []
    for operation, value, start in pickletools.genops(raw):
        found.append((operation, value, start))
    pieces = []
    for (operation, value, start), (_, _, stop) in zip(
        found, [*found[1:], (None, None, len(raw))], strict=True
    ):
        piece = raw[start:stop]
        if operation.name == "FRAME":
            continue
        if isinstance(value, str) and value.startswith(("numpy.core", "numpy._core")):
            name = re.sub(r"^numpy\._?core", package, value)
            if operation.name == "GLOBAL":
                piece = b"c" + name.replace(" ", "\n").encode() + b"\n"
            else:
                piece = b"\x8c" + bytes([len(name)]) + name.encode()
        pieces.append(piece)
    assert any(package.encode() in piece for piece in pieces)
    return b"".join(pieces)


def test_pickles_of_python_2_are_read() -> None:
    """Written by hand as Python 2 does it: bytes are a text, and names are the old ones."""
    data = np.array([1.5, -2], dtype="<f4").tobytes()
    raw = (
        b"\x80\x02}U\x03\xe9ab(c__builtin__\nset\n]K\x01a\x85R"
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U" + bytes([len(data)]) + data + b"tb\x86s."
    ).replace(b"(c__builtin__", b"c__builtin__")
    ((key, (numbers, array)),) = load(raw).items()
    assert (key, numbers, array.tolist()) == ("éab", {1}, [1.5, -2])


EVIL = [
    (Call(os.system, "touch HERE"), "posix.system"),
    (Call(eval, "open('HERE', 'w')"), "builtins.eval"),
    (Call(exec, "open('HERE', 'w')"), "builtins.exec"),
    (Call(open, "HERE", "w"), "io.open"),
    (Call(getattr, 1, "real"), "builtins.getattr"),
    (Call(np.load, "HERE"), "numpy.load"),
    (Call(np.zeros, 10**12), "numpy.zeros"),
    (functools.partial(print), "functools.partial"),
    (Path("HERE"), "pathlib.PosixPath"),
    (torch.zeros(2), "torch._utils._rebuild_tensor_v2"),
    (np.float32, "numpy.float32"),
    (np.ma.masked_array([1.0]), "numpy.ma.core._mareconstruct"),
    (np.random.default_rng(0), "numpy.random._pickle.__generator_ctor"),
    (range(3), "builtins.range"),
    (ValueError("x"), "builtins.ValueError"),
    (collections.Counter("a"), "collections.Counter"),
    (copyreg.pickle, "copyreg.pickle"),
]


def _names(evil: str, protocol: int) -> tuple[str, ...]:
    old = {
        "builtins": "__builtin__",
        "builtins.range": "__builtin__.xrange",
        "builtins.ValueError": "exceptions.ValueError",
        "copyreg.pickle": "copy_reg.pickle",
    }
    module, _, name = evil.partition(".")
    return evil, old.get(evil, ""), f"{old.get(module, module)}.{name}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("evil", "name"), EVIL)
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda evil: {"a": evil},
        lambda evil: {"a": {"keypoints": [np.zeros(2), evil]}},
        lambda evil: {"a": np.array([{"deep": evil}, None])},
    ],
)
def test_everything_that_could_run_is_refused_and_nothing_is_run(
    protocol: int,
    evil: Any,
    name: str,
    wrapped: Callable[[Any], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    raw = pickle.dumps(wrapped(evil), protocol)
    for read in (lambda: load(raw), lambda: lazily(raw, tmp_path)):
        said = reason(read)
        assert said.endswith(ADVICE)
        asked = said.removesuffix(ADVICE).partition(" asks for ")[2]
        assert asked in (*_names(name, protocol), "copy_reg._reconstructor"), said
    assert not (tmp_path / "HERE").exists()


def test_a_refusal_names_the_file_and_what_it_asks_for() -> None:
    assert (
        reason(lambda: load(pickle.dumps(os.system))) == f"clips.pkl asks for posix.system{ADVICE}"
    )


def operations(*parts: bytes) -> bytes:
    return b"\x80\x04" + b"".join(parts) + b"."


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


ARRAY = (
    named("numpy.core.multiarray", "_reconstruct")
    + named("numpy", "ndarray")
    + b"K\x00\x85C\x01b\x87R"
)
FLOATS = named("numpy", "dtype") + text("f4") + b"\x89\x88\x87R"
BUFFER = named("numpy.core.numeric", "_frombuffer")


def state(*parts: bytes) -> bytes:
    """A tuple on top of an array, built into it."""
    return b"(" + b"".join(parts) + b"tb"


FULL = ARRAY + state(b"K\x01K\x01\x85", FLOATS, b"\x89C\x04aaaa")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (named("os", "system") + text("true") + b"\x85R", "asks for os.system"),
        (b"cos\nsystem\n(S'true'\ntR", "asks for os.system"),
        (b"(S'true'\nios\nsystem\n", "asks for os.system"),
        (b"(cos\nsystem\nS'true'\no", "asks for os.system"),
        (named("numpy", "core.os.system") + b")R", "asks for numpy.core.os.system"),
        (named("a\nb", "\x1b[31m") + b")R", r"asks for a\nb.\x1b[31m"),
        (b"Pid\n", "uses a persistent id"),
        (b"K\x01Q", "uses a persistent id"),
        (b"\x82\x01", "uses an extension code"),
        (b"\x83\x01\x00", "uses an extension code"),
        (b"\x84\x01\x00\x00\x00", "uses an extension code"),
        (b"\x97", "uses a buffer outside of the pickle"),
        (b"\x97\x98", "uses a buffer outside of the pickle"),
        (b"\xff", "has the unknown operation 0xff"),
        (b"Nr\xff\xff\xff\xff", "numbers its parts up to 4294967295"),
        (b"Np4294967295\n", "numbers its parts up to 4294967295"),
        (named("builtins", "bytes") + b"J\xff\xff\xff\x7f\x85R", "calls builtins.bytes with"),
        (named("builtins", "bytearray") + b"K\x05\x85R", "calls builtins.bytearray with"),
        (named("builtins", "str") + b"]\x85R", "calls builtins.str with"),
        (named("builtins", "int") + text("9") + b"\x85R", "calls builtins.int with"),
        (named("builtins", "list"), "holds builtins.list itself as a value"),
        (named("builtins", "dict") + b"}b", "gives a state to an object that takes none"),
        (named("builtins", "dict") + b")\x81", "cannot be read: "),
        (named("numpy", "ndarray") + b"J\xff\xff\xff\x7f\x85R", "calls numpy.ndarray with"),
        (named("numpy", "dtype") + text("V8") + b"\x85R", "holds values of the numpy type 'V8'"),
        (named("numpy", "dtype") + text("f4,O") + b"\x85R", "holds values of the numpy type"),
        (named("numpy", "dtype") + b"]\x85R", "holds values of the numpy type list"),
        (FLOATS + state(b"K\x03", text("<"), b"N", text("a"), b"}K\x08K\x08K\x00"), "holds values"),
        (ARRAY, "has an array without content"),
        (ARRAY + b"}b", "has an array with an unknown state"),
        (ARRAY + state(b"K\x01J\xff\xff\xff\x7f\x85", FLOATS, b"\x89C\x00"), "declares an array"),
        (ARRAY + state(b"K\x01J\xff\xff\xff\xff\x85", FLOATS, b"\x89C\x00"), "has an array with"),
        (ARRAY + state(b"K\x01K\x01\x85", FLOATS, b"\x89]"), "has an array of float32 made of"),
        (ARRAY + state(b"K\x01K\x01\x85", FLOATS, b"\x89K\x04"), "has an array of float32 made of"),
        (FULL + state(b"K\x01K\x01\x85", FLOATS, b"\x89C\x04aaaa"), "fills an array twice"),
        (ARRAY + b"N}" + text("shape") + b"K\x05s\x86b", "has an array with an unknown state"),
        (BUFFER + b"(C\x04aaaa" + FLOATS + b"K\x09\x85" + text("C") + b"tR", "declares an array"),
        (BUFFER + b"(C\x04aaaa" + FLOATS + b"K\x01\x85" + text("K") + b"tR", "has an array with"),
        (ARRAY + ARRAY + b"\x86Rb", "cannot be read: "),
        (b"}" + FULL + b"Ns", "has an array or a name as a key"),
        (b"\x8f(" + FULL + b"\x90", "has an array or a name in a set"),
        (b"]2a" + ARRAY + b"a", "has an array without content"),
        (b"]" * 2000 + b"a" * 1999, "is nested more than 100 deep"),
        (b"B\xff\xff\xff\x7fabc", "cannot be read: it ends too early"),
        (b"\x8e" + b"\xff" * 7 + b"\x7fabc", "cannot be read: it ends too early"),
        (b"\x95" + b"\xff" * 7 + b"\x7fN", "cannot be read: it ends too early"),
        (b"N0", "cannot be read: "),
    ],
)
def test_hostile_operations_are_refused(raw: bytes, said: str, tmp_path: Path) -> None:
    assert reason(lambda: load(operations(raw))).startswith(f"clips.pkl {said}")
    tracemalloc.start()
    with suppress(FormatError):  # to the unpickler in Python, high slots and frames mean nothing
        lazily(operations(b"}" + text("k") + raw + b"s"), tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_registered_extension_code_opens_no_door(tmp_path: Path) -> None:
    copyreg.add_extension("os", "system", 77)
    try:
        raw = pickle.dumps({"a": Call(os.system, "touch HERE")}, 2)
        raw = raw.replace(b"cposix\nsystem\n", b"\x82\x4d")
        assert "uses an extension code" in reason(lambda: load(raw))
        assert "uses an extension code" in reason(lambda: lazily(raw, tmp_path))
    finally:
        copyreg.remove_extension("os", "system", 77)


def test_copies_are_bounded_by_the_size_of_the_pickle() -> None:
    """A list of a thousand items that is copied 20,000 times, in 100 kB."""
    copy = b"h\x01h\x00\x85Ra"
    raw = operations(
        b"]\x94(" + b"N" * 1000 + b"e0" + named("builtins", "list") + b"q\x01]" + copy * 20_000
    )
    assert reason(lambda: load(raw)) == f"clips.pkl unpacks to more than it holds{ADVICE}"


def test_damaged_pickles_are_refused(tmp_path: Path) -> None:
    raw = pickle.dumps({"a": np.arange(100.0), "b": "text"}, 4)
    for stop in (*range(0, len(raw), 37), len(raw) - 1):
        cut = raw[:stop]
        assert reason(partial(load, cut)).startswith("clips.pkl ")
        assert reason(partial(lazily, cut, tmp_path))
    assert "Memo value not found" in reason(partial(lazily, operations(b"}q\x00h\x05"), tmp_path))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_whatever_is_changed_in_a_pickle_it_is_read_or_refused(
    protocol: int, tmp_path: Path
) -> None:
    raw = pickle.dumps(
        {"a": np.arange(6.0), "o": np.array([{"x": 1}, None]), "t": (1, {2})}, protocol
    )
    rng = np.random.default_rng(protocol)
    for _ in range(300):
        changed = bytearray(raw)
        for at in rng.integers(0, len(raw), 3):
            changed[at] = rng.integers(0, 256)
        for read in (partial(load, bytes(changed)), partial(lazily, bytes(changed), tmp_path)):
            with suppress(FormatError):
                read()


def test_arrays_of_a_lazy_pickle_stay_in_the_file(tmp_path: Path) -> None:
    array = np.arange(200_000.0).reshape(2, -1)
    clips = {f"{i}": {"keypoints": array + i, "label": i, "same": array} for i in range(20)}
    for protocol in (2, 4, 5):
        path = tmp_path / "clips.pkl"
        path.write_bytes(pickle.dumps(clips, protocol))
        tracemalloc.start()
        lazy = LazyPickle(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
        tracemalloc.stop()
        clip = lazy.value["7"]
        assert (clip["label"], clip["keypoints"].shape) == (7, (2, 100_000))
        assert np.array_equal(np.asarray(clip["keypoints"]), array + 7)
        assert np.asarray(clip["same"], np.float32).dtype == np.float32
        lazy.close()


def test_a_lazy_pickle_refuses_what_others_refuse(tmp_path: Path) -> None:
    path = tmp_path / "clips.pkl"
    path.write_bytes(pickle.dumps({"a": Call(os.system, "touch HERE")}))
    assert reason(lambda: LazyPickle(path)) == f"{path} asks for posix.system{ADVICE}"


def test_what_items_share_comes_through(tmp_path: Path) -> None:
    shape, label, array = (1080, 1920), "hello", np.arange(3000.0)
    clips = {f"{i}": {"shape": shape, "label": label, "at": i} for i in range(2500)}
    shared = {**clips, **{f"{i}": {"array": array} for i in range(2500, 5000)}}
    for protocol in PROTOCOLS:
        loaded = lazily(pickle.dumps(shared, protocol), tmp_path)
        assert list(loaded) == list(shared)
        assert {name: loaded[name] for name in clips} == clips
        assert all(np.array_equal(loaded[f"{i}"]["array"], array) for i in (2500, 3600, 4999))


def npy(array: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    np.save(file, array, **options)
    file.seek(0)
    return file


def test_npy_files_are_read() -> None:
    for array in (
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.zeros((0, 2)),
        np.array("text"),
    ):
        loaded = load_npy(npy(array), name="a.npy")
        assert (loaded.dtype, loaded.shape) == (array.dtype, array.shape)
        assert np.array_equal(loaded, array)
    objects = np.array([{"a": np.ones(2)}, None], dtype=object)
    loaded = load_npy(npy(objects), name="a.npy")
    assert loaded.dtype == object
    assert loaded[0]["a"].tolist() == [1, 1]


def header(shape: tuple[int, ...], dtype: str) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "cannot be read: EOF: reading magic string, expected 8 bytes got 0"),
        (header((10**12,), "<f8") + b"abc", "declares an array of shape (1000000000000,) and"),
        (header((-2, -2), "<f8") + b"a" * 32, "cannot be read: negative dimensions"),
        (header((3,), "|O") + pickle.dumps(np.array([1, None])), "declares the shape (3,) and"),
        (
            header((3,), "|O") + pickle.dumps([1, 2, 3]),
            "declares an array of object and",
        ),
        (header((1,), "|O") + pickle.dumps(os.system), "asks for posix.system"),
        (
            header((1,), "|O") + pickle.dumps(np.array([Call(eval, "1")])),
            "asks for __builtin__.eval",
        ),
        (b"\x93NUMPY\x03\x00" + struct.pack("<I", 0), "has version (3, 0) of the .npy format"),
    ],
)
def test_hostile_npy_files_are_refused(raw: bytes, said: str) -> None:
    found = reason(lambda: load_npy(io.BytesIO(raw), name="a.npy"))
    assert found.replace("builtins.eval", "__builtin__.eval").startswith(f"a.npy {said}")
