import json
from pathlib import Path

import pytest

from signkit.errors import StudyError
from signkit.study import Study, run_study
from signkit.study.plan import parse_study
from tests.strokes import TINY, make_strokes

SMALL = [
    f"{section}.{key}={value}" for section, keys in TINY.items() for key, value in keys.items()
]


def study(**record: object) -> Study:
    small = {"recipe": "isolated", "seeds": 1, "set": [*SMALL, "train.min_updates=0"]}
    return parse_study({**small, **record}, source="a study")


def test_a_study_over_folds_scores_every_clip_and_writes_one_table(tmp_path: Path):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=False, dev=False)
    asked = study(folds=2, grid={"encoder.preset": ["parts", "none"]})

    table = run_study(asked, dataset, tmp_path / "out", device="cpu")

    assert [row.n_clips for row in table.rows] == [16, 16]
    assert table.rows[1].paired is not None
    assert (tmp_path / "out" / "study.md").read_text().startswith("# study")
    lines = (tmp_path / "out" / "trials.csv").read_text().splitlines()
    assert len(lines) == 1 + 4
    assert json.loads((tmp_path / "out" / "study.json").read_text())["baseline"] == "preset=parts"


def test_what_is_finished_is_not_done_again(tmp_path: Path):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=False, dev=False)
    out = tmp_path / "out"
    first = run_study(study(folds=2), dataset, out, device="cpu")
    weights = sorted(out.rglob("model.safetensors"))
    written = [path.stat().st_mtime_ns for path in weights]
    updates = []

    again = run_study(
        study(folds=2), dataset, out, device="cpu",
        progress=lambda state: updates.append(state.training),
    )  # fmt: skip

    assert [path.stat().st_mtime_ns for path in weights] == written
    assert all(training is None for training in updates)
    assert again.rows[0].wer == first.rows[0].wer


def test_a_trial_that_cannot_run_does_not_stop_the_others(tmp_path: Path):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=True)
    asked = study(
        split="dev",
        variants={"wrong": {}, "right": {"recipe": "continuous"}},
    )
    table = run_study(asked, dataset, tmp_path / "out", device="cpu")
    assert "recipe is for isolated signs" in table.failed[0]
    assert table.rows[1].wer is not None


def test_another_studys_folder_is_left_alone(tmp_path: Path):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=False)
    out = tmp_path / "out"
    run_study(study(split="dev"), dataset, out, device="cpu")
    with pytest.raises(StudyError, match="holds a study with other folds; choose another --out"):
        run_study(study(split="dev", folds=2), dataset, out, device="cpu")
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(StudyError, match="already holds files that are no study"):
        run_study(study(split="dev"), dataset, other, device="cpu")


def test_a_changed_recipe_is_refused_before_anything_is_trained(tmp_path: Path):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=False)
    out = tmp_path / "out"
    variants = {"a": {}, "b": {"set": ["model.width=8"]}}
    run_study(study(split="dev", variants=variants), dataset, out, device="cpu")
    changed = {"new": {}, **variants, "b": {"set": ["model.width=24"]}}
    with pytest.raises(StudyError) as error:
        run_study(study(split="dev", variants=changed), dataset, out, device="cpu")
    assert str(error.value) == (
        f"{out}/b/seed-0 is a finished trial of another recipe; choose another --out, or delete it"
    )
    assert not (out / "new").exists()
    longer = {**variants, "new": {"set": ["model.width=24"]}}
    table = run_study(study(split="dev", variants=longer, seeds=2), dataset, out, device="cpu")
    assert [len(row.wer_of_seeds) for row in table.rows] == [2, 2, 2]


def test_another_run_to_start_from_is_another_study(tmp_path: Path):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=False)
    out, asked = tmp_path / "out", study(split="dev")
    run_study(asked, dataset, out, device="cpu")
    start = out / "isolated" / "seed-0" / "run"
    with pytest.raises(StudyError, match="holds a study with other --init-from; choose another"):
        run_study(asked, dataset, out, device="cpu", init_from=start)


def test_a_study_under_torchrun_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(StudyError, match="torchrun started 2 processes, but a study runs in one"):
        run_study(study(split="dev"), dataset, tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()


def test_a_split_that_is_not_there_is_told(tmp_path: Path):
    dataset = make_strokes(tmp_path / "data", n_clips=16, continuous=False)
    with pytest.raises(StudyError, match="has no clip in split 'test'; make one"):
        run_study(study(), dataset, tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()
