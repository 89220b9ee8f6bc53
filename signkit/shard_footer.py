"""The end of a shard: where its landmarks lie, what they are, and which rows there are.

Parsed ends are kept, for parsing one costs more than reading a clip (1 against 0.2 ms). Most of
that goes into the places of the landmarks; which clips a shard holds stands behind those, as text,
and is found there several times as fast.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from signkit.errors import ShardError

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SCHEMA = "signkit.shard/2"
INDEX = "signkit.index"
FOOTERS_KEPT = 128  # about 2 MB each
_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a shard: a piece of a clip, all but its landmarks."""

    clip_id: str
    first_frame: int
    n_frames: int
    fps: float
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Footer:
    """The parsed end of a shard."""

    parquet: "pq.FileMetaData"
    metadata: Mapping[bytes, bytes]
    rows: tuple[Row, ...]

    @cached_property
    def row_groups(self) -> dict[str, list[int]]:
        """The places of each clip's rows."""
        places: dict[str, list[int]] = {}
        for place, row in enumerate(self.rows):
            places.setdefault(row.clip_id, []).append(place)
        return places


def footer_of(path: Path) -> Footer:
    """The end of a shard; it stays in memory with those of `FOOTERS_KEPT` others.

    Raises:
        ShardError: The file is truncated, damaged or of another version.
    """
    try:
        state = path.stat()
        return _parsed_footer(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise _damaged(path) from error


@lru_cache(maxsize=FOOTERS_KEPT)
def _parsed_footer(path: Path, mtime_ns: int, n_bytes: int) -> Footer:
    """The footer of the file as it was at that time."""
    return parse_footer(path, path)


def parse_footer(source: Path | BinaryIO, name: object) -> Footer:
    """The end of a shard that may be open somewhere else; `name` is for messages.

    Raises:
        ShardError: The file is truncated, damaged or of another version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.read_metadata(source)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(name) from error
    metadata = parquet.metadata or {}
    schema = metadata.get(b"signkit.schema", b"none").decode()
    if schema != SCHEMA:
        raise ShardError(f"{name} has schema {schema!r}; this version of signkit reads {SCHEMA!r}")
    rows = tuple(Row(*values) for values in json.loads(metadata[INDEX.encode()]))
    if len(rows) != parquet.num_row_groups:
        raise ShardError(f"{name} lists {len(rows)} rows but has {parquet.num_row_groups}")
    return Footer(parquet, metadata, rows)


def glance(path: Path) -> tuple[Row, ...]:
    """The rows of a shard that will not be read soon: its end is neither parsed nor kept.

    Raises:
        ShardError: The file is truncated, damaged or of another version.
    """
    try:
        footer = _unparsed(path)
    except OSError as error:
        raise _damaged(path) from error
    listed = _value(footer, INDEX)
    if listed is None or _value(footer, "signkit.schema") != SCHEMA.encode():
        return parse_footer(path, path).rows
    return tuple(Row(*values) for values in json.loads(listed))


def _unparsed(path: Path) -> bytes:
    """The bytes of the footer: its length and four letters end the file. None of a damaged one."""
    with path.open("rb") as file:
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(0, n_bytes - 8))
        end = file.read()
        n_footer = int.from_bytes(end[:4], "little")
        if not end.endswith(_MAGIC) or n_footer > n_bytes - 8:
            return b""
        file.seek(n_bytes - 8 - n_footer)
        return file.read(n_footer)


def _value(footer: bytes, key: str) -> bytes | None:
    """A value out of Parquet's key-value metadata; None where it is not found.

    A pair is written in Thrift's compact protocol: 0x18 (first field, a string), length, key, 0x18
    (second field, a string), length, value, 0. Lengths have seven bits a byte, the lowest first.
    Source: parquet.thrift, thrift-compact-protocol.md. JSON escapes all control characters, so no
    text in the metadata looks like a key.
    """
    start = bytes([0x18, len(key)]) + key.encode() + b"\x18"
    place = footer.rfind(start)
    if place < 0:
        return None
    place += len(start)
    length = shift = 0
    for byte in footer[place:]:
        length |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            break
    end = place + length
    return footer[place:end] if footer[end : end + 1] == b"\0" else None


def _damaged(path: object) -> ShardError:
    return ShardError(
        f"{path} is truncated or damaged; delete it and run the command that made it again "
        "to redo its clips"
    )
