import sys

import pyarrow as pa
import pytest

from signkit.clip_rules import COLUMNS, surely_keeps_rules
from signkit.id_index import IdIndex

WHITE = [c for c in map(chr, range(sys.maxunicode + 1)) if c.isspace()]


def surely(**cells: list[str]) -> bool:
    """Whether Arrow vouches for a table with these columns."""
    n_rows = len(next(iter(cells.values())))
    given = {"clip_id": [f"c{n}" for n in range(n_rows)], **cells}
    columns = {c: pa.chunked_array([given.get(c, [""] * n_rows)], pa.string()) for c in COLUMNS}
    return surely_keeps_rules(columns, IdIndex(columns["clip_id"]))


@pytest.mark.parametrize(
    "cells",
    [
        {"clip_id": ["a", "سلام", "clip#2", "v-0001.x"]},
        {"glosses": ["", "TEA", "TEA I", "ΕΓΩ(1) 茶"]},
        {"split": ["", "train", "dev", "test"]},
        {
            "start_s": ["", "0", "1.5", "5.", ".5", "1e1"],
            "end_s": ["1", "", "2", "6", "0.75", "11"],
        },
        {"clip_id": []},
    ],
)
def test_good_rows_are_vouched_for_without_python(cells: dict[str, list[str]]) -> None:
    assert surely(**cells)


@pytest.mark.parametrize("column", ["clip_id", "glosses"])
def test_all_white_space_of_python_is_suspect(column: str) -> None:
    assert len(WHITE) > 20
    for space in WHITE:
        odd = f"a{space}b" if column == "clip_id" or space != " " else "a  b"
        assert not surely(**{column: ["good", odd]}), f"{ord(space):#x}"


@pytest.mark.parametrize(
    "cells",
    [
        {"clip_id": ["a", "b", "a"]},
        {"clip_id": ["a", ""]},
        {"clip_id": ["a/b"]},
        {"clip_id": ["a\\b"]},
        {"clip_id": ["a\0b"]},
        {"glosses": [" TEA"]},
        {"glosses": ["TEA "]},
        {"split": ["val"]},
        {"start_s": ["1:30"]},
        {"start_s": ["-1"]},
        {"end_s": ["inf"]},
        {"end_s": ["1\n"]},
        {"start_s": ["٣"]},  # a digit to Python, so not for Arrow to judge
        {"start_s": ["2", "2"], "end_s": ["3", "1.5"]},
        {"start_s": ["2"], "end_s": ["2.0"]},
    ],
)
def test_rows_that_may_break_a_rule_are_not_vouched_for(cells: dict[str, list[str]]) -> None:
    assert not surely(**cells)
