from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from signkit.dataset import PoseDataset
from signkit.decoding import DecoderConfig
from signkit.errors import RecognitionError, StudyError
from signkit.recognize import load_recognizer, recognize
from signkit.score import score_dataset
from signkit.study.perturb import KINDS, SWEEP, Disturbance
from signkit.study.stress import choose_disturbances, stress
from signkit.study.stress_table import StressTable
from signkit.train import train
from tests.strokes import make_recipe, make_strokes


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PoseDataset]:
    """A run of strokes made by one hand, which recognizes most of them."""
    folder = tmp_path_factory.mktemp("stress")
    data = make_strokes(folder / "data", n_clips=40, continuous=False)
    mild = {"mirror": 0.0, "rotate_deg": (2.0, 2.0, 2.0), "shear": 0.0, "hand_drop": 0.0}
    recipe = make_recipe(
        "isolated",
        train={"epochs": 40, "peak_lr": 5e-3},
        augment=mild,
        model={"width": 32, "head_dropout": 0.0, "block_drop": 0.0},
    )
    train(recipe, data, folder / "run")
    return folder / "run", data


@pytest.fixture(scope="module")
def table(trained: tuple[Path, PoseDataset]) -> StressTable:
    run, data = trained
    return stress(load_recognizer(run, device="cpu"), data, split="dev", run="strokes")


def by_name(table: StressTable) -> dict[str, float]:
    return {f"{row.kind} {row.level}": row.wer for row in table.rows}


def test_the_undisturbed_row_is_the_score(trained, table: StressTable):
    run, data = trained
    report = score_dataset(recognize(run, data, split="dev", device="cpu"), data, split="dev")
    first = table.rows[0]
    assert (first.wer, first.wer_ci) == (report.wer, report.wer_ci)
    assert (table.n_clips, table.n_ref) == (report.n_clips, report.n_ref)
    assert (table.cluster, table.n_clusters) == (report.cluster, report.n_clusters)
    assert first.paired is None


def test_the_hand_that_signs_is_missed_and_the_other_is_not(table: StressTable):
    rates = by_name(table)
    assert rates[" undisturbed"] <= 0.25
    assert rates["hands right never found"] >= rates[" undisturbed"] + 0.4
    assert rates["hands right never found"] > rates["hands left never found"]
    row = next(row for row in table.rows if row.level == "right never found")
    assert row.paired is not None
    assert row.paired.difference == pytest.approx(row.wer - table.rows[0].wer)


def test_frame_rate_hardly_matters(table: StressTable):
    rates = by_name(table)
    assert abs(rates["fps 50 a second"] - rates[" undisturbed"]) <= 0.15


def test_without_shoulders_noise_is_left_out_and_said(table: StressTable):
    assert not [row for row in table.rows if row.kind == "noise"]
    assert table.left_out == tuple(
        f"{KINDS['noise']}, sigma {sigma}" for sigma in ("0.01", "0.02", "0.05")
    )
    assert "Left out, no clip has anything to disturb: landmark noise" in table.to_markdown()


def test_the_table_has_a_line_for_each_row_and_says_how_to_read_it(table: StressTable):
    head, rule, *lines = table.to_markdown().splitlines()
    assert head == "| input |  | WER | 95 % | difference | 95 % | p |"
    assert rule == "| --- | --- | --- | --- | --- | --- | --- |"
    assert len([line for line in lines if line.startswith("| ")]) == len(table.rows)
    assert lines[0].startswith("| undisturbed |  | ")
    assert table.signature in lines
    assert "WER (1 - top 1) in percent on dev" in table.to_markdown()


def test_p_values_are_adjusted_among_the_rows_of_a_kind(table: StressTable):
    for kind in {row.kind for row in table.rows[1:]}:
        rows = [row for row in table.rows if row.kind == kind]
        smallest = min(rows, key=lambda row: row.paired.p_value)
        expected = min(1.0, len(rows) * smallest.paired.p_value)
        assert smallest.p_adjusted == pytest.approx(expected)


def test_the_same_seed_gives_the_same_table_and_the_dataset_is_not_touched(trained):
    run, data = trained
    before = contents(data.path)
    rows = choose_disturbances(["hands", "drops"])
    recognizer = load_recognizer(run, device="cpu")
    one, again = (stress(recognizer, data, split="dev", disturbances=rows) for _ in range(2))
    assert one == again
    assert contents(data.path) == before


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_row_does_not_depend_on_what_else_is_asked_for(trained, table: StressTable):
    run, data = trained
    recognizer = load_recognizer(run, device="cpu")
    alone = stress(recognizer, data, split="dev", disturbances=choose_disturbances(["hands"]))
    rates = by_name(table)
    assert by_name(alone).items() <= rates.items()


def test_clips_that_cannot_be_disturbed_are_scored_as_they_are(trained):
    run, data = trained

    def first_only(pose, _rng):
        return replace(pose, coords=pose.coords * 0) if pose.clip_id == "clip-011" else None

    one = Disturbance("size", "a few", first_only)
    found = stress(load_recognizer(run, device="cpu"), data, split="dev", disturbances=[one])
    [plain, row] = found.rows
    assert row.n_unchanged == found.n_clips - 1
    assert abs(row.wer - plain.wer) <= 1 / found.n_clips + 1e-9
    assert f"a few: {found.n_clips - 1} clips had nothing to disturb and stay." in found.notes()[1]


def test_kinds_and_levels_can_be_chosen():
    assert {one.kind for one in choose_disturbances(["noise", "speed"])} == {"noise", "speed"}
    assert choose_disturbances() == SWEEP
    quick = choose_disturbances(is_quick=True)
    assert len(quick) < len(SWEEP) / 2
    assert {one.kind for one in quick} == set(KINDS)
    with pytest.raises(StudyError) as error:
        choose_disturbances(["nose"])
    assert str(error.value) == (
        "there is no disturbance 'nose'; choose among noise, hands, drops, speed, cuts, mirror, "
        "fps, camera, size"
    )


def test_a_split_without_clips_is_refused(trained):
    run, data = trained
    with pytest.raises(RecognitionError) as error:
        stress(load_recognizer(run, device="cpu"), data)
    assert str(error.value) == (
        f"split 'test' of {data.path} has no clip with poses; extract them, or choose another split"
    )


def test_the_decoder_of_the_run_is_used_but_not_its_snapping(tmp_path: Path):
    data = make_strokes(tmp_path / "data", n_clips=12, continuous=True)
    train(make_recipe("continuous", train={"epochs": 1}), data, tmp_path / "run")
    config = DecoderConfig(blank_bias=2.0, snap_to_train=True)
    recognizer = load_recognizer(tmp_path / "run", device="cpu", decoder=config)
    found = stress(recognizer, data, split="dev", disturbances=choose_disturbances(["size"]))
    assert found.decoder == "greedy(blank_bias=2)"
    assert found.warnings[0].startswith("hypotheses are not replaced by train sentences")
    assert "WER in percent on dev" in found.to_markdown()
