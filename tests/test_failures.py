from dataclasses import replace
from pathlib import Path

import pytest

from signkit.errors import DatasetError
from signkit.failures import Failure, failures_of, read_failures, write_failures

FAILURES = [
    Failure("a", "a.mp4", "open", "moov atom not found, so no frames"),
    Failure("b", "", "import", 'says "no"', tries=3),
]


def test_file_round_trip(tmp_path: Path) -> None:
    write_failures(tmp_path / "failures.csv", FAILURES)
    assert list(read_failures(tmp_path / "failures.csv").values()) == FAILURES


def test_without_failures_there_is_no_file(tmp_path: Path) -> None:
    write_failures(tmp_path / "failures.csv", FAILURES)
    write_failures(tmp_path / "failures.csv", [])
    assert read_failures(tmp_path / "failures.csv") == {}
    assert not list(tmp_path.iterdir())


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "failures.csv"
    path.write_text("clip_id,why\na,because\n")
    with pytest.raises(DatasetError) as caught:
        read_failures(path)
    assert str(caught.value) == (
        f"{path} cannot be read ('video'); expected columns clip_id, video, stage, reason, tries; "
        "delete it and run the command that made it again"
    )


def test_the_tables_of_all_parts_count(tmp_path: Path) -> None:
    one, other = FAILURES[0], replace(FAILURES[0], clip_id="other")
    write_failures(tmp_path / "failures-1of2.csv", [one])
    write_failures(tmp_path / "failures-2of2.csv", [other])
    assert list(failures_of(tmp_path).values()) == [one, other]
