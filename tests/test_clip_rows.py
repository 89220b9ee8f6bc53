from dataclasses import fields

import numpy as np
import pyarrow as pa

from signkit.clip_rows import Clip, ClipRows, cells_of
from signkit.clip_rules import COLUMNS

CLIPS = [
    Clip(
        f"clip-{n}",
        start_s=n / 4 if n % 3 else None,
        end_s=n / 4 + 1 if n % 2 else None,
        glosses=("TEA", "I")[: n % 3],
        split="dev" if n % 5 == 0 else "train",
        extra={"x_note": f"note {n}"},
    )
    for n in range(3000)
]


def rows_of(clips: list[Clip], rows: list[int]) -> ClipRows:
    cells = [cells_of(clip) for clip in clips]
    columns = {
        name: pa.chunked_array([[c[name] for c in cells[a:b]] for a, b in ((0, 900), (900, 3000))])
        for name in (*COLUMNS, "x_note")
    }
    return ClipRows(columns, np.array(rows, dtype=np.int64))


def test_the_columns_are_the_fields_of_a_clip() -> None:
    assert (*COLUMNS, "extra") == tuple(field.name for field in fields(Clip))


def test_rows_become_the_clips_they_were_made_from() -> None:
    assert list(rows_of(CLIPS, list(range(3000)))) == CLIPS


def test_rows_come_in_the_order_asked_for() -> None:
    order = [2999, 5, 899, 900, 5]
    rows = rows_of(CLIPS, order)
    assert list(rows) == [CLIPS[n] for n in order]
    assert [rows[0], rows[-1]] == [CLIPS[2999], CLIPS[5]]
    assert list(rows[3:0:-1]) == [CLIPS[n] for n in (900, 899, 5)]
    assert len(rows) == 5
    assert not rows[5:]


def test_some_of_the_rows_are_kept() -> None:
    rows = rows_of(CLIPS, [1, 2, 3])
    assert list(rows.at(np.array([True, False, True]))) == [CLIPS[1], CLIPS[3]]
