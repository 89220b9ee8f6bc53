"""Every name that a pickle of landmarks may use, and the constructor that it stands for.

Source of what numpy writes: `numpy.ndarray.__reduce_ex__` of numpy 1 and of numpy 2, which has
`numpy._core` in place of `numpy.core`.
"""

from collections.abc import Callable
from typing import Any

from signkit.convert.safe_objects import Array, Budget, Constructor, Dtype, Span, array_of

_LATIN = ("latin1", "latin-1")
_DTYPE_CLASSES = {
    **{f"Int{8 * n}DType": f"i{n}" for n in (1, 2, 4, 8)},
    **{f"UInt{8 * n}DType": f"u{n}" for n in (1, 2, 4, 8)},
    **{f"Float{8 * n}DType": f"f{n}" for n in (2, 4, 8)},
    **{f"Complex{8 * n}DType": f"c{n}" for n in (8, 16)},
    "BoolDType": "b1",
    "ObjectDType": "O",
}


def constructors(budget: Budget) -> dict[str, Constructor]:
    """Every name that a pickle may use, and what it stands for."""
    made = {**_containers(budget), **_numbers(), "_codecs.encode": _bytes_maker(budget)}
    for package in ("numpy.core", "numpy._core"):
        made[f"{package}.multiarray._reconstruct"] = _reconstruct
        made[f"{package}.multiarray.scalar"] = _scalar
        made[f"{package}.numeric._frombuffer"] = _from_buffer
    made["numpy.ndarray"] = _never
    made["numpy.dtype"] = lambda code, align=False, copy=False: Dtype(code)
    for name, code in _DTYPE_CLASSES.items():
        made[f"numpy.dtypes.{name}"] = lambda code=code: Dtype(code)
    return {name: Constructor(name, make) for name, make in made.items()}


def _containers(budget: Budget) -> dict[str, Callable[..., Any]]:
    def copied(kind: Callable[..., Any]) -> Callable[..., Any]:
        def make(items: Any = ()) -> Any:
            if type(items) not in (list, tuple):
                raise TypeError
            budget.take(len(items))
            return kind(items)

        return make

    def default_dict(factory: Any = None) -> dict[Any, Any]:
        return {}  # what stands in it follows; nothing is made for a key that is not there

    as_bytes = _bytes_maker(budget)
    made: dict[str, Callable[..., Any]] = {
        "collections.OrderedDict": copied(dict),
        "collections.defaultdict": default_dict,
    }
    for module in ("builtins", "__builtin__"):
        made |= {f"{module}.{kind.__name__}": copied(kind) for kind in (list, tuple, dict)}
        made |= {f"{module}.{kind.__name__}": copied(kind) for kind in (set, frozenset)}
        made[f"{module}.bytes"] = as_bytes
        made[f"{module}.bytearray"] = lambda *args: bytearray(as_bytes(*args))
    return made


def _numbers() -> dict[str, Callable[..., Any]]:
    def made_of(kind: Callable[..., Any], kinds: tuple[type, ...]) -> Callable[..., Any]:
        def make(*values: Any) -> Any:
            if any(type(value) not in kinds for value in values):
                raise TypeError
            return kind(*values)

        return make

    plain = (bool, int, float)
    return {
        f"{module}.{kind.__name__}": made_of(kind, kinds)
        for module in ("builtins", "__builtin__")
        for kind, kinds in (
            (bool, plain),
            (int, plain),
            (float, plain),
            (complex, plain),
            (slice, (int, type(None))),
            (str, (str,)),
        )
    }


def _bytes_maker(budget: Budget) -> Callable[..., Any]:
    """Protocols 0 to 2 write bytes as a Latin-1 text and the call that makes bytes of it."""

    def make(content: Any = b"", encoding: Any = "latin1") -> Any:
        if encoding not in _LATIN:
            raise ValueError
        if type(content) is Span and content.encoding:
            return content.encoded()
        if type(content) not in (str, bytes):
            raise TypeError
        budget.take(len(content))
        return content.encode("latin1") if type(content) is str else content

    return make


def _reconstruct(kind: Any, shape: Any, code: Any) -> Array:
    if type(kind) is not Constructor or kind.name != "numpy.ndarray":
        raise TypeError
    return Array(shape)


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any) -> Array:
    array = Array()
    array.fill(content, dtype, shape, order)
    return array


def _scalar(dtype: Any, content: Any) -> Any:
    if type(dtype) is not Dtype or dtype.dtype.hasobject:
        raise TypeError
    if type(content) is str:
        content = content.encode("latin1")
    if type(content) is not bytes:
        raise TypeError
    return array_of(content, dtype.dtype, ())[()]


def _never(*_: Any) -> None:
    raise TypeError
