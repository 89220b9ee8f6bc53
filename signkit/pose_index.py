"""Which clips a folder of shards holds, in which shard each lies, and how long it is.

The shards themselves say so, each at its end; looking into thousands of them takes seconds. A
folder of more than `FOOTERS_KEPT` shards therefore gets a file `index.arrow` with what was found.
It is mapped into memory, not copied, and believed only if its checksum holds (Arrow may crash on a
damaged file) and as far as names, sizes and times of modification of the shards are those it was
made from: new and changed shards are looked into again. It may be deleted at any time, and is left
out where it cannot be written.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from signkit.arrow import from_numbers, texts, to_numbers
from signkit.errors import DatasetError
from signkit.files import atomic_path
from signkit.id_index import IdIndex
from signkit.shard import shard_paths
from signkit.shard_footer import FOOTERS_KEPT, Row, footer_of, glance

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = b"signkit.pose-index/2"
FILE = "index.arrow"
_END = ["clip_id", "n_frames", "fps"]  # what the end of a shard tells of a clip
_CHECK_BYTES = 4
_THREADS = 8  # they wait for a network's disk
_State = tuple[str, int, int]
"""What tells whether a shard changed: its name, bytes, and time of modification in nanoseconds."""


class PoseIndex:
    """N clips by id, in the order of the shards.

    Args:
        shards: The files.
        table: N rows with the columns of `_schema`.
    """

    def __init__(self, shards: list[Path], table: "pa.Table") -> None:
        columns = {name: table[name].chunk(0) for name in table.column_names}
        self.shards = shards
        self.ids = IdIndex(columns["clip_id"], to_numbers(columns["key"], np.uint64))
        self.shard = to_numbers(columns["shard"], np.int32)  # (N,) positions in `shards`
        self.n_frames = to_numbers(columns["n_frames"], np.int64)  # (N,)
        self.fps = to_numbers(columns["fps"], np.float64)  # (N,)

    @classmethod
    def open(cls, folder: Path) -> "PoseIndex":
        """The index of all whole shards in a folder; of none where there is no folder.

        Raises:
            DatasetError: A clip is in two shards.
            ShardError: A shard is damaged or of another version.
        """
        shards = shard_paths(folder)
        if len(shards) <= FOOTERS_KEPT:
            return cls(shards, _joined(shards, [_end(footer_of(path).rows) for path in shards]))
        states = [_state(path) for path in shards]
        known = _read(folder / FILE)
        if known is None or known.states != states:
            ends = _read_ends(shards, states, known)
            known = _Known(states, [len(end) for end in ends], _joined(shards, ends))
            _write(folder / FILE, known)
        return cls(shards, known.table)

    def shard_of(self, row: int) -> Path:
        """The file that holds the clip of a row."""
        return self.shards[int(self.shard[row])]


@dataclass(frozen=True, eq=False)
class _Known:
    """What an earlier opening left behind: the shards it saw, their clips, and the index."""

    states: list[_State]
    n_clips: list[int]
    table: "pa.Table"

    def ends(self) -> "dict[_State, pa.Table]":
        """What the end of each shard told."""
        table = self.table.select(_END)
        firsts = accumulate(self.n_clips, initial=0)
        pieces = (table.slice(*place) for place in zip(firsts, self.n_clips, strict=False))
        return dict(zip(self.states, pieces, strict=True))


def _schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        {
            "clip_id": pa.large_string(),
            "n_frames": pa.int64(),
            "fps": pa.float64(),
            "shard": pa.int32(),
            "key": pa.uint64(),
        }
    )


def _state(shard: Path) -> _State:
    status = shard.stat()
    return shard.name, status.st_size, status.st_mtime_ns


def _end(rows: Sequence[Row]) -> "pa.Table":
    """Frames and frame rate of each clip of a shard, in order."""
    import pyarrow as pa

    lengths: dict[str, tuple[int, float]] = {}
    for row in rows:
        n_frames, fps = lengths.get(row.clip_id, (0, row.fps))
        lengths[row.clip_id] = (n_frames + row.n_frames, fps)
    ids = texts(*lengths).cast(pa.large_string())
    frames = from_numbers(np.array([n for n, _ in lengths.values()], dtype=np.int64))
    rates = from_numbers(np.array([rate for _, rate in lengths.values()], dtype=np.float64))
    return pa.table([ids, frames, rates], names=_END)


def _read_ends(
    shards: Sequence[Path], states: Sequence[_State], known: _Known | None
) -> "list[pa.Table]":
    ends = known.ends() if known else {}

    def end(shard: Path, state: _State) -> "pa.Table":
        return ends[state] if state in ends else _end(glance(shard))

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(end, shards, states))


def _joined(shards: Sequence[Path], ends: "Sequence[pa.Table]") -> "pa.Table":
    """The table of all shards.

    Raises:
        DatasetError: A clip is in two of them.
    """
    import pyarrow as pa

    table = pa.concat_tables([_end(()), *ends]).combine_chunks()
    index = IdIndex(table["clip_id"])
    shard = np.repeat(np.arange(len(shards), dtype=np.int32), [len(end) for end in ends])
    repeated = index.first_repeat()
    if repeated is not None:
        first, second = (shards[shard[row]] for row in repeated)
        raise DatasetError(
            f"clip {index.ids[repeated[0]].as_py()!r} is in {first} and in {second}; delete one of "
            "the files and run the command that made it again"
        )
    others = [from_numbers(shard), from_numbers(index.keys)]
    return pa.table([*table.columns, *others], schema=_schema())


def _read(path: Path) -> _Known | None:
    """The index in a file; None where there is none that can be used."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as file:
            whole = file.read_buffer()
        content = whole.slice(0, max(0, len(whole) - _CHECK_BYTES))
        if _check(content) != whole.slice(len(content)).to_pybytes():
            return None
        with pa.ipc.open_file(content) as reader:
            table = reader.read_all()
    except (OSError, pa.ArrowInvalid):
        return None
    metadata = table.schema.metadata or {}
    if metadata.get(b"signkit.schema") != SCHEMA or not table.schema.equals(_schema()):
        return None
    shards = json.loads(metadata[b"signkit.shards"])
    return _Known([(*state,) for *state, _ in shards], [n for *_, n in shards], table)


def _check(content: "pa.Buffer") -> bytes:
    """The last bytes of an index file: a checksum of those before."""
    return crc32(content).to_bytes(_CHECK_BYTES, "little")


def _write(path: Path, known: _Known) -> None:
    import pyarrow as pa

    shards = [(*state, n) for state, n in zip(known.states, known.n_clips, strict=True)]
    metadata = {b"signkit.schema": SCHEMA, b"signkit.shards": json.dumps(shards).encode()}
    table = known.table.replace_schema_metadata(metadata)
    try:
        with atomic_path(path) as temporary:
            with pa.ipc.new_file(str(temporary), table.schema) as file:
                file.write_table(table)
            with pa.memory_map(str(temporary)) as written:
                check = _check(written.read_buffer())
            with temporary.open("ab") as end:
                end.write(check)
    except (OSError, DatasetError):  # nobody may write there, or the disk is full
        pass
