import json

import pytest

from signkit.cli.main import run
from signkit.recipe import load_recipe, shipped_recipes

Capture = pytest.CaptureFixture[str]
NAMES = [name for name, _ in shipped_recipes()]


def test_the_table_has_a_row_for_each_recipe_and_says_what_was_measured(capsys: Capture) -> None:
    assert run(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.startswith(tuple(NAMES))]
    assert [row[0] for row in rows] == NAMES
    for row in rows:
        assert row[1] == load_recipe(row[0]).task
        assert float(row[2]) > 0.01
        assert float(row[4]) > 0
        assert (row[3], row[5]) == ("M", "ms")
    assert lines[-2:] == [
        "size: parameters for 100 glosses of mediapipe-75. CPU: one clip of 64 frames on one",
        "thread, measured now, best of 5 runs.",
    ]


def test_json_gives_numbers(capsys: Capture) -> None:
    assert run(["recipes", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["measured"] == {
        "skeleton": "mediapipe-75", "n_frames": 64, "n_glosses": 100, "n_runs": 5,
    }  # fmt: skip
    assert [row["name"] for row in record["recipes"]] == NAMES
    for row in record["recipes"]:
        assert row["n_parameters"] > 10_000
        assert row["latency_ms"] > 0
        assert row["description"] == load_recipe(row["name"]).description


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_printed_in_full(name: str, capsys: Capture) -> None:
    assert run(["recipes", name]) == 0
    assert capsys.readouterr().out.startswith(f'name = "{name}"\n')
    assert run(["recipes", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == load_recipe(name).model_dump(mode="json")
