import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.convert.kaggle_fingerspelling import _WideFile, glosses_of_phrase
from signkit.convert.kaggle_layout import NUMBERED, PUBLISHED
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from signkit.skeletons import MEDIAPIPE_543

TOLD = ImportOptions(fps=30, size=(640, 480))
PATH, MORE = "train_landmarks/5414471.parquet", "supplemental_landmarks/33432165.parquet"
COLUMNS = [f"{axis}_{kind}_{index}" for axis in "xyz" for kind, index in NUMBERED]


def wide_table(sequences: Sequence[tuple[int, Sequence[int]]], seed: int = 0) -> pa.Table:
    """A file as it is published: (sequence, frame numbers) one after the other."""
    ids = [sequence for sequence, frames in sequences for _ in frames]
    numbers = [frame for _, frames in sequences for frame in frames]
    values = np.random.default_rng(seed).uniform(0, 1, (len(COLUMNS), len(ids)))
    values[values < 0.1] = np.nan
    columns = {
        name: pa.array(v, pa.float32(), from_pandas=True)
        for name, v in zip(COLUMNS, values, strict=True)
    }
    return pa.table({"frame": pa.array(numbers, pa.int16()), **columns, "sequence_id": ids})


def fractions_of(table: pa.Table, sequence: int) -> np.ndarray:
    """(T, 543, 3) of a sequence in the published order."""
    rows = np.flatnonzero(table.column("sequence_id").to_numpy() == sequence)
    values = np.stack([table.column(name).to_numpy()[rows] for name in COLUMNS], axis=1)
    return values.reshape(len(rows), 3, 543).transpose(0, 2, 1)


def published(
    folder: Path,
    rows: Sequence[dict[str, str]],
    files: dict[str, pa.Table],
    *,
    table: str = "train.csv",
    row_group_size: int | None = None,
) -> Path:
    default = {"path": PATH, "file_id": "1", "sequence_id": "7", "participant_id": "217"}
    folder.mkdir(exist_ok=True)
    with (folder / table).open("w", newline="", encoding="utf-8") as file:
        cells = [{**default, "phrase": "3 creekhouse", **row} for row in rows]
        writer = csv.DictWriter(file, list(cells[0]))
        writer.writeheader()
        writer.writerows(cells)
    for name, values in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(values, folder / name, row_group_size=row_group_size)
    return folder


def import_fingerspelling(source: Path, out: Path, options: ImportOptions = TOLD) -> ImportSummary:
    return import_dataset("kaggle-fingerspelling", source, out, options)


@pytest.mark.parametrize(
    ("phrase", "glosses"),
    [
        ("3 creek", ("3", "␣", "c", "r", "e", "e", "k")),
        ("+1-800", ("+", "1", "-", "8", "0", "0")),
        ("a  b", ("a", "␣", "␣", "b")),
        ("", ()),
    ],
)
def test_a_phrase_is_spelled_character_by_character(phrase: str, glosses: tuple[str, ...]) -> None:
    assert glosses_of_phrase(phrase) == glosses


def test_landmarks_are_found_by_name_in_pixels(tmp_path: Path) -> None:
    table = wide_table([(7, range(4)), (8, range(3))])
    source = published(tmp_path / "source", [{}, {"sequence_id": "8"}], {PATH: table})
    summary = import_fingerspelling(source, tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (2, 2, 7)
    assert summary.is_whole
    pose = PoseDataset.open(tmp_path / "out").pose("5414471-8")
    expected = fractions_of(table, 8) * [640, 480, 640]
    expected[np.isnan(expected).any(axis=-1)] = np.nan
    found = pose.coords[:, pose.skeleton.indices(PUBLISHED)]
    assert np.allclose(found, expected, atol=1 / 32, equal_nan=True)
    assert np.array_equal(pose.confidence, pose.seen)
    assert pose.skeleton == MEDIAPIPE_543
    assert pose.time_s.tolist() == [0, 1 / 30, 2 / 30]


def test_a_row_becomes_a_clip_and_the_supplement_is_marked(tmp_path: Path) -> None:
    source = published(tmp_path / "source", [{}], {PATH: wide_table([(7, range(4))])})
    extra = {"path": MORE, "sequence_id": "9", "phrase": 'co, "ltd', "dialect": "north"}
    more = {MORE: wide_table([(9, range(4))])}
    published(source, [extra], more, table="supplemental_metadata.csv")
    import_fingerspelling(source, tmp_path / "out")
    assert list(PoseDataset.open(tmp_path / "out").clips) == [
        Clip(
            "5414471-7",
            glosses=tuple("3␣creekhouse"),
            text="3 creekhouse",
            signer="217",
            language="ase",
            extra={"x_part": "train", "x_dialect": ""},
        ),
        Clip(
            "33432165-9",
            glosses=tuple('co,␣"ltd'),
            text='co, "ltd',
            signer="217",
            language="ase",
            extra={"x_part": "supplemental", "x_dialect": "north"},
        ),
    ]


def test_clips_come_in_the_order_of_their_file(tmp_path: Path) -> None:
    table = wide_table([(5, range(3)), (7, range(2)), (6, range(4))])
    rows = [{"sequence_id": name} for name in ("6", "5", "7")]
    source = published(tmp_path / "source", rows, {PATH: table})
    import_fingerspelling(source, tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert dataset.clips.ids == ["5414471-5", "5414471-7", "5414471-6"]
    assert [dataset.n_frames(name) for name in dataset.clips.ids] == [3, 2, 4]


@pytest.mark.parametrize("row_group_size", [None, 7, 100])
def test_any_order_of_asking_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row_group_size: int | None
) -> None:
    monkeypatch.setattr("signkit.convert.kaggle_fingerspelling.ROWS_PER_BATCH", 9)
    monkeypatch.setattr("signkit.convert.kaggle_fingerspelling.ROWS_KEPT", 10)
    sequences = [(100 + i, range(1 + 7 * i % 11)) for i in range(12)]
    table = wide_table(sequences)
    pq.write_table(table, tmp_path / "wide.parquet", row_group_size=row_group_size)
    holistic = [PUBLISHED.index(name) for name in MEDIAPIPE_543.landmarks]
    expected = {name: fractions_of(table, name)[:, holistic] for name, _ in sequences}
    for order in (range(12), np.random.default_rng(0).permutation(12), [0, 11, 1, 10]):
        file = _WideFile(tmp_path / "wide.parquet")
        for sequence, frames in (sequences[i] for i in order):
            numbers, fractions = file.read(str(sequence))
            assert numbers.tolist() == list(frames)
            found = fractions.reshape(3, 543, -1).transpose(2, 1, 0)
            assert np.array_equal(found, expected[sequence], equal_nan=True)


def test_little_of_a_file_is_held_at_a_time(tmp_path: Path) -> None:
    pq.write_table(wide_table([(i, range(100)) for i in range(80)]), tmp_path / "wide.parquet")
    file = _WideFile(tmp_path / "wide.parquet")
    held = []
    for sequence in file.places:
        file.read(sequence)
        held.append(sum(len(frames) for _, frames, _ in file._batches))
    assert max(held) <= 4096 + 2 * 1024 < 8000


def test_a_sequence_that_is_torn_apart_is_put_together(tmp_path: Path) -> None:
    table = wide_table([(7, [2, 3]), (8, [0]), (7, [0, 1])])
    source = published(tmp_path / "source", [{}, {"sequence_id": "8"}], {PATH: table})
    import_fingerspelling(source, tmp_path / "out")
    pose = PoseDataset.open(tmp_path / "out").pose("5414471-7")
    assert pose.time_s.tolist() == [0, 1 / 30, 2 / 30, 3 / 30]
    x = fractions_of(table, 7)[[2, 3, 0, 1], PUBLISHED.index("nose"), 0] * 640
    found = pose.coords[:, pose.skeleton.index("nose"), 0]
    seen = ~np.isnan(found)
    assert np.allclose(found[seen], x[seen], atol=1 / 32)


def test_frames_that_skip_keep_their_times_and_doubled_ones_are_a_failure(tmp_path: Path) -> None:
    table = wide_table([(7, [3, 6]), (8, [0, 1, 1])])
    source = published(tmp_path / "source", [{}, {"sequence_id": "8"}], {PATH: table})
    summary = import_fingerspelling(source, tmp_path / "out")
    assert PoseDataset.open(tmp_path / "out").pose("5414471-7").time_s.tolist() == [0.1, 0.2]
    assert [(failure.clip_id, failure.reason) for failure in summary.failures] == [
        ("5414471-8", "5414471.parquet has a frame of sequence 8 twice")
    ]


def test_bad_rows_missing_and_unlisted_sequences_are_counted(tmp_path: Path) -> None:
    rows = [
        {},
        {"phrase": "again"},
        {"sequence_id": "8", "phrase": "", "participant_id": ""},
        {"sequence_id": "10"},
        {"sequence_id": ""},
        {"path": "train_landmarks/none.parquet", "sequence_id": "11"},
        {"path": "/etc/passwd"},
    ]
    files = {
        PATH: wide_table([(7, range(2)), (8, range(2)), (9, range(2))]),
        "train_landmarks/stray.parquet": wide_table([(1, range(1))]),
    }
    source = published(tmp_path / "source", rows, files)
    table = source / "train.csv"
    table.write_text(f"\ufeff{table.read_text()}too,few\n", encoding="utf-8")
    summary = import_fingerspelling(source, tmp_path / "out")
    assert summary.bad_rows == {
        "byte_order_mark": 1,
        "duplicate_id": 1,
        "empty_gloss": 1,
        "empty_id": 1,
        "unknown_signer": 1,
        "unreadable": 2,
    }
    assert (summary.n_clips, summary.n_with_poses, summary.n_missing) == (4, 2, 2)
    missing = (tmp_path / "out" / "missing.csv").read_text(encoding="utf-8")
    assert f"5414471-10,,,217,3 ␣ c r e e k h o u s e,{PATH} has no sequence 10\n" in missing
    assert "none-11,,,217,3 ␣ c r e e k h o u s e,no file train_landmarks/none.parquet" in missing
    assert (tmp_path / "out" / "unlisted.csv").read_text() == (
        f"name,reason\n{PATH} sequence 9,no row names it\n"
        "train_landmarks/stray.parquet,no row names it\n"
    )


def test_a_file_that_cannot_be_used_fails_its_clips_and_the_rest_goes_on(tmp_path: Path) -> None:
    table = wide_table([(7, range(2))])
    files = {
        PATH: table,
        "a.parquet": table.drop_columns(["y_pose_3"]),
        "b.parquet": table,
        "c.parquet": table.drop_columns(["sequence_id"]).append_column(
            "sequence_id", pa.array([None, 7])
        ),
    }
    source = published(tmp_path / "source", [{"path": name} for name in files], files)
    (source / "b.parquet").write_bytes(b"PAR1 and no more")
    summary = import_fingerspelling(source, tmp_path / "out")
    reasons = {failure.clip_id: failure.reason for failure in summary.failures}
    assert reasons["a-7"] == "a.parquet has no column 'y_pose_3'"
    assert reasons["b-7"].startswith("b.parquet is not a readable Parquet file: ")
    assert reasons["c-7"] == "c.parquet has rows without a sequence_id"
    assert (summary.n_clips, summary.n_with_poses) == (4, 1)


def test_frame_rate_and_size_are_not_guessed(tmp_path: Path) -> None:
    source = published(tmp_path / "source", [{}], {})
    with pytest.raises(FormatError) as caught:
        import_fingerspelling(source, tmp_path / "out", ImportOptions(fps=30))
    assert str(caught.value) == (
        f"{source} says neither the frame rate nor the frame size of its clips; give --size, for "
        "instance --fps 30 --size 640x480 (30 is what others assume; the shape of the frames is "
        "not published)"
    )
    with pytest.raises(FormatError) as caught:
        ImportOptions(fps=30, size=(0, 480))
    assert str(caught.value) == "--size is 0x480; give at least 1x1"


def test_a_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        import_fingerspelling(tmp_path, tmp_path / "out")
    assert str(caught.value) == (f"{tmp_path} has neither train.csv nor supplemental_metadata.csv")


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    source = published(tmp_path / "source", [{}], {PATH: wide_table([(7, range(2))])})
    summary = import_dataset(
        "kaggle-fingerspelling", source, tmp_path / "out", TOLD, is_dry_run=True
    )
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (1, 1, 0)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("x_face_0", ["zz"], "5414471.parquet has x_face_0 of string"),
        ("frame", [None], "5414471.parquet has a frame that is not a whole number"),
        ("frame", ["a"], "5414471.parquet has a frame that is not a whole number"),
    ],
)
def test_cells_that_are_no_such_numbers_are_a_failure(
    tmp_path: Path, column: str, values: list[str | None], reason: str
) -> None:
    good = wide_table([(7, [0, 1])])
    cells = pa.array(values * len(good), pa.float64() if values == [None] else pa.string())
    wrong = good.set_column(good.column_names.index(column), column, cells)
    rows = [{}, {"path": MORE}]
    source = published(tmp_path / "in", rows, {PATH: wrong, MORE: good})
    import_fingerspelling(source, tmp_path / "out")
    with (tmp_path / "out" / "failures.csv").open(encoding="utf-8", newline="") as file:
        [failure] = csv.DictReader(file)
    assert failure["reason"] == reason


def test_what_is_behind_a_bad_frame_number_is_still_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signkit.convert.kaggle_fingerspelling.ROWS_PER_BATCH", 2)
    table = wide_table([(7, [0, 1]), (8, [0, 1]), (9, [0, 1])])
    column = table.column_names.index("frame")
    table = table.set_column(column, "frame", pa.array([0, None, 0, 1, 0, 1], pa.float64()))
    rows = [{"sequence_id": sequence} for sequence in "789"]
    source = published(tmp_path / "in", rows, {PATH: table}, row_group_size=2)
    assert import_fingerspelling(source, tmp_path / "out").n_failed == 1
    dataset = PoseDataset.open(tmp_path / "out")
    where = [PUBLISHED.index(name) for name in MEDIAPIPE_543.landmarks]
    for sequence in (8, 9):
        expected = fractions_of(table, sequence)[:, where] * [640, 480, 640]
        coords = dataset.pose(f"5414471-{sequence}").coords
        half = np.isnan(expected).any(axis=-1)
        assert np.array_equal(np.isnan(coords[..., 0]), half)
        assert np.nanmax(np.abs(coords - expected)) < 1 / 16
