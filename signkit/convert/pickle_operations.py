"""A look at every operation of a pickle before the first one is run.

Source: the operations are those of `pickletools` of CPython 3.11, protocols 0 to 5 (PEP 3154, PEP
574).
"""

import mmap
import re

from signkit.convert.safe_objects import RefusedError

_STOP, _FRAME, _LONG_BINPUT, _PUT = b".\x95rp"
# Operations without an argument, with one of fixed length, or with one that ends with its line.
# LONG_BINPUT and PUT are here where their slot is below a million.
_SIMPLE = re.compile(
    rb"(?:[(012NRabdelostu)\]}\x81\x85-\x89\x8f-\x94]|[Khq\x80].|M..|[Jj].{4}|G.{8}"
    rb"|r..[\x00-\x0f]\x00|p\d{1,6}\n|[FILSVg][^\n]*\n|[ci][^\n]*\n[^\n]*\n)++",
    re.DOTALL,
)
# Operations whose argument begins with its length: how many bytes tell the length.
_COUNTED = {
    **dict.fromkeys(b"UC\x8a\x8c", 1),
    **dict.fromkeys(b"TXB\x8b", 4),
    **dict.fromkeys(b"\x8d\x8e\x96", 8),
}
REFUSED = {
    **dict.fromkeys(b"PQ", "a persistent id"),
    **dict.fromkeys(b"\x82\x83\x84", "an extension code"),
    **dict.fromkeys(b"\x97\x98", "a buffer outside of the pickle"),
}


def check_operations(data: bytes | mmap.mmap, start: int) -> None:
    """Refuse operations that are never needed, or that would reserve memory."""
    at, end = start, len(data)
    while True:
        simple = _SIMPLE.match(data, min(at, end))
        at = simple.end() if simple else at
        if at >= end:
            raise EOFError("it ends too early")
        operation = data[at]
        if operation == _STOP:
            return
        if operation in REFUSED:
            raise RefusedError(f"uses {REFUSED[operation]}")
        if operation in _COUNTED:
            begin = at + 1 + _COUNTED[operation]
            at = begin + int.from_bytes(data[at + 1 : begin], "little")
        else:
            at = _after_rare(data, at, start)


def _after_rare(data: bytes | mmap.mmap, at: int, start: int) -> int:
    """Where the operation after a frame, or after a high slot of the memo, begins."""
    if data[at] == _FRAME:
        if at + 9 + int.from_bytes(data[at + 1 : at + 9], "little") > len(data):
            raise EOFError("it ends too early")
        return at + 9
    if data[at] == _LONG_BINPUT:
        after = at + 5
        slot = int.from_bytes(data[at + 1 : after], "little")
    elif data[at] == _PUT:
        after = data.find(b"\n", at, at + 20) + 1
        slot = int(data[at + 1 : after]) if after else len(data)
    else:
        raise RefusedError(f"has the unknown operation {data[at]:#04x}")
    if not 0 <= slot <= at - start:  # every slot before it was filled by an operation
        raise RefusedError(f"numbers its parts up to {slot}")
    return after
