import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.convert.kaggle_layout import NUMBERED, PUBLISHED
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from signkit.failures import read_failures
from signkit.skeletons import MEDIAPIPE_543

TOLD = ImportOptions(fps=30, size=(640, 480))
FACE_THEN_LEFT_HAND = 468
PATH = "train_landmark_files/26734/1000035562.parquet"


def long_table(fractions: np.ndarray, frames: list[int] | None = None) -> pa.Table:
    """A sequence as it is published, of (T, 543, 3) in the published order."""
    frames = list(range(len(fractions))) if frames is None else frames
    kinds = [(frame, kind, index) for frame in frames for kind, index in NUMBERED]
    flat = fractions.reshape(-1, 3).astype(np.float64)
    return pa.table(
        {
            "frame": pa.array([frame for frame, _, _ in kinds], pa.int16()),
            "row_id": [f"{frame}-{kind}-{index}" for frame, kind, index in kinds],
            "type": [kind for _, kind, _ in kinds],
            "landmark_index": pa.array([index for _, _, index in kinds], pa.int16()),
            **{axis: pa.array(flat[:, i], from_pandas=True) for i, axis in enumerate("xyz")},
        }
    )


def numbered(n_frames: int = 2) -> np.ndarray:
    """(T, 543, 3): every landmark has its own place."""
    own = np.arange(543)[None, :, None] / 1024
    return own + np.arange(n_frames)[:, None, None] / 4 + np.array([0, 0.125, -0.5])


def published(
    folder: Path,
    rows: list[dict[str, str]] | None = None,
    files: dict[str, pa.Table] | None = None,
) -> Path:
    """A folder as the competition has it."""
    rows = [{}] if rows is None else rows
    default = {"path": PATH, "participant_id": "26734", "sequence_id": "1", "sign": "blow"}
    cells = [{**default, **row} for row in rows]
    folder.mkdir()
    with (folder / "train.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(cells[0]))
        table.writeheader()
        table.writerows(cells)
    for name, sequence in ({PATH: long_table(numbered())} if files is None else files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(sequence, folder / name)
    return folder


def import_islr(source: Path, out: Path, options: ImportOptions = TOLD) -> ImportSummary:
    return import_dataset("kaggle-islr", source, out, options)


def test_the_published_order_has_its_types_one_after_the_other() -> None:
    assert [PUBLISHED[i] for i in (0, 467, 468, 489, 521, 522, 542)] == [
        "face_0",
        "face_467",
        "left_hand_wrist",
        "nose",
        "right_foot_index",
        "right_hand_wrist",
        "right_hand_pinky_tip",
    ]


def test_landmarks_are_found_by_name_in_pixels(tmp_path: Path) -> None:
    summary = import_islr(published(tmp_path / "source"), tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (1, 1, 2)
    pose = PoseDataset.open(tmp_path / "out").pose("26734-1000035562")
    assert pose.skeleton == MEDIAPIPE_543
    for position in (0, 467, 468, 489, 522, 542):
        found = pose.coords[1, pose.skeleton.index(PUBLISHED[position])]
        own = position / 1024 + 0.25
        expected = np.array([own * 640, (own + 0.125) * 480, (own - 0.5) * 640])
        assert np.abs(found - expected).max() <= 1 / 32
    assert (pose.fps, pose.width_px, pose.height_px) == (30.0, 640, 480)
    assert (pose.confidence == 1).all()


def test_a_row_becomes_a_clip(tmp_path: Path) -> None:
    row = {"sign": "call on phone", "split_hint": "a"}
    import_islr(published(tmp_path / "source", [row]), tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert list(dataset.clips) == [
        Clip(
            "26734-1000035562",
            glosses=("call-on-phone",),
            signer="26734",
            language="ase",
            extra={"x_split_hint": "a", "x_label": "call on phone"},
        )
    ]
    assert dataset.info.note == (
        "Frame rate and frame size are not published; taken as told: 30 fps, 640 x 480 px. "
        "Proportions of the body depend on that size."
    )
    assert dataset.info.extractor == {"name": "mediapipe", "version": "0.9.0.1"}


@pytest.mark.parametrize("hidden", [None, float("nan")])
def test_unseen_landmarks_stay_unseen(tmp_path: Path, hidden: float | None) -> None:
    table = long_table(numbered())
    for name in "xyz":
        values = table.column(name).to_pylist()
        values[:FACE_THEN_LEFT_HAND] = [hidden] * FACE_THEN_LEFT_HAND
        where = table.column_names.index(name)
        table = table.set_column(where, name, pa.array(values, pa.float64()))
    import_islr(published(tmp_path / "source", files={PATH: table}), tmp_path / "out")
    pose = PoseDataset.open(tmp_path / "out").pose("26734-1000035562")
    face = pose.skeleton.part_indices("face")
    assert np.isnan(pose.coords[0, face]).all()
    assert (pose.confidence[0, face] == 0).all()
    assert pose.seen.sum() == 2 * 543 - FACE_THEN_LEFT_HAND


def test_frames_that_start_late_and_skip_keep_their_times(tmp_path: Path) -> None:
    table = long_table(numbered(3), [29, 30, 33])
    import_islr(published(tmp_path / "source", files={PATH: table}), tmp_path / "out")
    pose = PoseDataset.open(tmp_path / "out").pose("26734-1000035562")
    assert pose.time_s.tolist() == [29 / 30, 1.0, 1.1]


def test_rows_in_another_order_are_sorted_by_what_they_say(tmp_path: Path) -> None:
    table = long_table(numbered(3))
    order = np.random.default_rng(0).permutation(len(table))
    in_order = published(tmp_path / "one", files={PATH: table})
    shuffled = published(tmp_path / "two", files={PATH: table.take(order)})
    import_islr(in_order, tmp_path / "out1")
    import_islr(shuffled, tmp_path / "out2")
    one, two = (PoseDataset.open(tmp_path / n).pose("26734-1000035562") for n in ("out1", "out2"))
    assert np.array_equal(one.coords, two.coords)
    assert np.array_equal(one.time_s, two.time_s)


def test_a_landmark_without_a_row_is_unseen(tmp_path: Path) -> None:
    table = long_table(numbered())
    nose_of_second_frame = 543 + PUBLISHED.index("nose")
    kept = [row for row in range(len(table)) if row != nose_of_second_frame]
    import_islr(published(tmp_path / "source", files={PATH: table.take(kept)}), tmp_path / "out")
    pose = PoseDataset.open(tmp_path / "out").pose("26734-1000035562")
    assert np.argwhere(~pose.seen).tolist() == [[1, pose.skeleton.index("nose")]]
    assert pose.confidence[1, pose.skeleton.index("nose")] == 0


def changed(column: str, value: Any, row: int = 5) -> pa.Table:
    """A published sequence with one wrong cell."""
    table = long_table(numbered())
    values = table.column(column).to_pylist()
    values[row] = value
    where, kind = table.column_names.index(column), table.schema.field(column).type
    return table.set_column(where, column, pa.array(values, kind))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (
            changed("type", "ear"),
            "bad.parquet has the landmark type 'ear', expected face, left_hand, pose, right_hand",
        ),
        (
            changed("landmark_index", 468),
            "bad.parquet has a landmark_index that its type does not have",
        ),
        (
            changed("landmark_index", -1),
            "bad.parquet has a landmark_index that its type does not have",
        ),
        (changed("landmark_index", 4), "bad.parquet has a landmark twice in one frame"),
        (changed("frame", None), "bad.parquet has rows without a frame"),
        (changed("type", None), "bad.parquet has rows without a type"),
        (changed("x", np.inf), "has infinite coordinates; expected NaN for an unseen landmark"),
        (long_table(numbered(0)), "bad.parquet has no rows"),
        (
            long_table(numbered()).drop_columns(["z"]),
            "bad.parquet has no column 'z' (found: frame, row_id, type, landmark_index, x, y)",
        ),
        (
            long_table(numbered()).append_column("confidence", pa.array([1.5] * 1086)),
            "has a confidence that is not between 0 and 1",
        ),
        (
            long_table(numbered()).append_column("time_s", pa.array([None] * 1086, pa.float64())),
            "bad.parquet has rows without a time_s",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_listed_and_the_rest_goes_on(
    tmp_path: Path, table: pa.Table, reason: str
) -> None:
    bad = "train_landmark_files/1/bad.parquet"
    files = {PATH: long_table(numbered()), bad: table}
    source = published(tmp_path / "source", [{}, {"path": bad}], files)
    summary = import_islr(source, tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses, summary.n_failed) == (2, 1, 1)
    assert read_failures(tmp_path / "out" / "failures.csv")["1-bad"].reason == reason


def test_a_file_that_is_no_parquet_is_listed(tmp_path: Path) -> None:
    bad = "train_landmark_files/1/bad.parquet"
    source = published(tmp_path / "source", [{}, {"path": bad}])
    (source / bad).parent.mkdir()
    (source / bad).write_bytes(b"nothing of the sort")
    summary = import_islr(source, tmp_path / "out")
    assert summary.failures[0].reason.startswith("bad.parquet is not a readable Parquet file: ")


def test_bad_rows_missing_and_unlisted_files_are_counted(tmp_path: Path) -> None:
    source = published(
        tmp_path / "source",
        [
            {},
            {"sign": ""},
            {"path": "train_landmark_files/1/2.parquet", "sign": ""},
            {"path": "train_landmark_files/1/3.parquet", "participant_id": ""},
            {"path": "../secret.parquet"},
            {"path": "train_landmark_files/1/4.parquet", "sign": 'say "aa'},
            {"path": "train_landmark_files/1/5.parquet", "sign": "\u202bشاي"},
        ],
        {PATH: long_table(numbered()), "train_landmark_files/9/9.parquet": long_table(numbered())},
    )
    table = source / "train.csv"
    table.write_text(f"\ufeff{table.read_text(encoding='utf-8')}too,few\n", encoding="utf-8")
    summary = import_islr(source, tmp_path / "out")
    assert summary.bad_rows == {
        "byte_order_mark": 1,
        "empty_gloss": 1,
        "duplicate_id": 1,
        "unknown_signer": 1,
        "unreadable": 2,
        "stray_quote": 1,
        "direction_mark": 1,
    }
    assert (summary.n_clips, summary.n_with_poses, summary.n_right_to_left) == (5, 1, 1)
    assert (summary.n_missing, summary.missing_by_gloss["blow"]) == (4, 1)
    bad_rows = (tmp_path / "out" / "bad_rows.csv").read_text(encoding="utf-8")
    assert (
        "unreadable,train.csv,6,,\"has the path '../secret.parquet', not one below the folder of "
        'train.csv",left out\n' in bad_rows
    )
    assert 'unreadable,train.csv,9,,"has 2 cells, expected 4",left out\n' in bad_rows
    missing = (tmp_path / "out" / "missing.csv").read_text(encoding="utf-8")
    assert "1-2,,,26734,,no file train_landmark_files/1/2.parquet\n" in missing
    unlisted = (tmp_path / "out" / "unlisted.csv").read_text(encoding="utf-8")
    assert unlisted == "name,reason\ntrain_landmark_files/9/9.parquet,no row names it\n"


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (ImportOptions(), "--fps and --size"),
        (ImportOptions(fps=30), "--size"),
        (ImportOptions(size=(640, 480)), "--fps"),
    ],
)
def test_frame_rate_and_size_are_not_guessed(
    tmp_path: Path, options: ImportOptions, asked: str
) -> None:
    source = published(tmp_path / "source")
    with pytest.raises(FormatError) as caught:
        import_islr(source, tmp_path / "out", options)
    assert str(caught.value) == (
        f"{source / 'train.csv'} says neither the frame rate nor the frame size of its clips; give "
        f"{asked}, for instance --fps 30 --size 640x480 (30 is what others assume; the shape of "
        "the frames is not published)"
    )


def test_a_table_with_frame_rates_of_its_own_wants_none_given(tmp_path: Path) -> None:
    own = {"fps": "24", "width_px": "100", "height_px": "200"}
    source = published(tmp_path / "source", [own])
    with pytest.raises(FormatError) as caught:
        import_islr(source, tmp_path / "out")
    assert str(caught.value) == (
        f"{source / 'train.csv'} says the frame rate and the frame size of every clip; leave --fps "
        "away"
    )
    import_islr(source, tmp_path / "out", ImportOptions())
    pose = PoseDataset.open(tmp_path / "out").pose("26734-1000035562")
    assert (pose.fps, pose.width_px, pose.height_px) == (24.0, 100, 200)


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (
            {"fps": "", "width_px": "9", "height_px": "9.5"},
            "train.csv has fps '', width_px '9', height_px '9.5'; expected a number and two whole "
            "numbers",
        ),
        (
            {"fps": "0", "width_px": "9", "height_px": "9"},
            "the frame rate is 0; expected a positive number",
        ),
        (
            {"fps": "25", "width_px": "0", "height_px": "9"},
            "the frame is 0 x 9 px; expected at least 1 x 1",
        ),
    ],
)
def test_a_row_with_a_senseless_frame_is_listed(
    tmp_path: Path, own: dict[str, str], reason: str
) -> None:
    good = {"fps": "24", "width_px": "100", "height_px": "200", "path": "a.parquet"}
    files = {PATH: long_table(numbered()), "a.parquet": long_table(numbered())}
    source = published(tmp_path / "source", [good, own], files)
    summary = import_islr(source, tmp_path / "out", ImportOptions())
    assert [failure.reason for failure in summary.failures] == [reason]


def test_a_folder_without_rows_or_with_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("path,sign\n")
    with pytest.raises(FormatError) as caught:
        import_islr(tmp_path, tmp_path / "out")
    assert str(caught.value) == f"{tmp_path / 'train.csv'} lists no sequence"
    (tmp_path / "train.csv").write_text("id,label\n1,2\n")
    with pytest.raises(FormatError) as caught:
        import_islr(tmp_path, tmp_path / "out")
    assert str(caught.value) == (
        f"{tmp_path / 'train.csv'} has no column 'path' (found: id, label); expected path,sign"
    )


def test_a_dry_run_reads_no_landmarks(tmp_path: Path) -> None:
    source = published(tmp_path / "source", files={PATH: changed("type", "ear")})
    summary = import_dataset("kaggle-islr", source, tmp_path / "out", TOLD, is_dry_run=True)
    assert (summary.n_clips, summary.n_with_poses, summary.n_failed) == (1, 1, 0)
    assert not (tmp_path / "out").exists()


def test_the_rights_are_those_of_the_card(tmp_path: Path) -> None:
    import_islr(published(tmp_path / "source"), tmp_path / "out")
    record = json.loads((tmp_path / "out" / "dataset.json").read_text(encoding="utf-8"))
    assert "competition" in record["licence"]
    assert record["consent"]


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("x", ["0.5"], "has coordinates that are not numbers"),
        ("frame", [float("nan")], "b.parquet has a frame that is not a whole number"),
        ("frame", [0.5], "b.parquet has a frame that is not a whole number"),
        ("landmark_index", [0.5], "b.parquet has a landmark_index that is not a whole number"),
        ("y", [1e300], "has infinite coordinates; expected NaN for an unseen landmark"),
    ],
)
def test_cells_that_are_no_such_numbers_are_a_failure(
    tmp_path: Path, column: str, values: list[Any], reason: str
) -> None:
    table = long_table(numbered())
    wrong = table.set_column(table.column_names.index(column), column, [values * len(table)])
    files = {PATH: table, "b.parquet": wrong}
    source = published(tmp_path / "in", [{}, {"path": "b.parquet"}], files)
    import_islr(source, tmp_path / "out")
    [failure] = read_failures(tmp_path / "out" / "failures.csv").values()
    assert (failure.clip_id, failure.reason) == ("b", reason)


def test_a_path_that_is_too_long_is_no_path(tmp_path: Path) -> None:
    source = published(tmp_path / "in", [{}, {"path": "x" * 400}])
    assert import_islr(source, tmp_path / "out").bad_rows == {"unreadable": 1}
