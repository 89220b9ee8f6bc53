import csv
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.convert import (
    ImportOptions,
    ImportSummary,
    import_dataset,
)
from signkit.convert.signeval import isharah_coords
from signkit.dataset import PoseDataset
from signkit.errors import FormatError, SignkitError
from signkit.skeletons import ISHARAH_86

TABLES = {
    "train.csv": "id|gloss|text\n00_0001|سوال هو|من هو\n01_0007|A B|\n",
    "dev.csv": "id|gloss\n02_0001|سوال هو\n",
    "test.csv": "id\n08_0001\n17\n",
}
SIZE = ImportOptions(size=(1080, 1920))


def make_source(
    folder: Path, tables: dict[str, str], pickles: dict[str, Any] | None = None
) -> Path:
    folder.mkdir()
    for name, content in tables.items():
        (folder / name).write_text(content, encoding="utf-8")
    for name, value in (pickles or {}).items():
        (folder / name).write_bytes(pickle.dumps(value))
    return folder


def keypoints(n_frames: int = 6, n_dims: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(100, 900, (n_frames, 86, n_dims))


def read(source: Path, options: ImportOptions | None = None) -> tuple[ImportSummary, PoseDataset]:
    out = source.parent / "out"
    return import_dataset("signeval", source, out, options), PoseDataset.open(out)


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_tables_alone_make_annotations(tmp_path: Path, suffix: str) -> None:
    tables = {name.replace(".csv", suffix): text for name, text in TABLES.items()}
    summary, dataset = read(make_source(tmp_path / "a", tables))
    assert dataset.info.skeleton is None
    assert (summary.n_clips, summary.n_bad_rows, summary.n_right_to_left) == (5, 0, 2)
    assert list(dataset.clips) == [
        clip("00_0001", "train", ("سوال", "هو"), "من هو"),
        clip("01_0007", "train", ("A", "B")),
        clip("02_0001", "dev", ("سوال", "هو")),
        clip("08_0001", "test"),
        Clip("17", language="sdl", split="test", extra={"x_sentence": ""}),
    ]


def clip(clip_id: str, split: str, glosses: tuple[str, ...] = (), text: str = "") -> Clip:
    signer, sentence = clip_id.split("_")
    return Clip(
        clip_id,
        glosses=glosses,
        text=text,
        signer=signer,
        language="sdl",
        split=split,
        extra={"x_sentence": sentence},
    )


def test_stm_and_json_hold_the_same(tmp_path: Path) -> None:
    records = [
        {
            "signer": "02",
            "video_id": "02_0001",
            "gloss_sequence": "A B",
            "sentence_id": "0001",
            "original_info": {"row": 1},
        },
        {"signer": "02", "video_id": "02_0002", "gloss_sequence": ["C"], "sentence_id": 2},
        ["02_0003"],
        {"signer": "02"},
    ]
    tables = {
        "train.stm": "00_0001 1 00 0.0 1.79769e+308 A B\n",
        "dev.json": json.dumps(records),
        "test.stm": "08_0001 1 08 0.0 1.79769e+308\n",
        "dev.stm.bak": "",
        "gloss_dictionary.json": "{}",
    }
    summary, dataset = read(make_source(tmp_path / "a", tables))
    by_id = {c.clip_id: c for c in dataset.clips}
    assert list(by_id) == ["00_0001", "02_0001", "02_0002", "08_0001"]
    assert by_id["00_0001"].glosses == by_id["02_0001"].glosses == ("A", "B")
    assert by_id["00_0001"].end_s is None
    assert by_id["02_0001"].extra == {"x_sentence": "0001", "x_original_info": '{"row": 1}'}
    assert (by_id["02_0002"].glosses, by_id["02_0002"].split) == (("C",), "dev")
    assert summary.bad_rows == {"unreadable": 2}


def test_what_is_wrong_in_a_table_is_listed(tmp_path: Path) -> None:
    table = (
        "\ufeffid|gloss|level\n00_0001|A  B|easy\n00_0001|A|easy\n00_0002||easy\nann-1|A|easy\n"
        '00_0003|A|B|C\n00_0004|"A B|hard\n00_0005|\u200fهو|hard\n|A|hard\n'
    )
    summary, dataset = read(make_source(tmp_path / "a", {"train.txt": table}))
    assert summary.bad_rows == {
        "byte_order_mark": 1,
        "duplicate_id": 1,
        "empty_gloss": 1,
        "unknown_signer": 1,
        "unreadable": 1,
        "stray_quote": 1,
        "direction_mark": 1,
        "empty_id": 1,
    }
    assert dataset.clips.ids == ["00_0001", "00_0002", "ann-1", "00_0004", "00_0005"]
    assert dataset.clips["00_0001"].glosses == ("A", "B")
    assert dataset.clips["00_0004"].glosses == ('"A', "B")
    assert dataset.clips["00_0005"].glosses == ("هو",)
    assert dataset.clips["00_0001"].extra == {"x_sentence": "0001", "x_level": "easy"}
    assert [
        "unknown_signer",
        "train.txt",
        "5",
        "ann-1",
        "has the id 'ann-1', expected SS_NNNN, signer and sentence",
        "kept",
    ] in rows(tmp_path / "out" / "bad_rows.csv")


def test_pickles_give_landmarks_in_the_order_of_the_tables(tmp_path: Path) -> None:
    hidden = keypoints(3)
    hidden[1, ISHARAH_86.part_indices("left_hand")] = 0
    pickles = {
        "phase2.pkl": {"02_0001": {"keypoints": keypoints(4, 3)}, "99_9999": {"keypoints": 1}},
        "phase1.pkl": {
            "01_0007": {"keypoints": np.zeros((5, 85, 2))},
            "00_0001": {"keypoints": hidden},
            "02_0001": {"keypoints": keypoints(9)},
        },
        "test.pkl": {17: {"keypoints": keypoints(2).astype(np.float32)}},
    }
    summary, dataset = read(make_source(tmp_path / "a", TABLES, pickles), SIZE)
    assert dataset.clips.ids == ["00_0001", "01_0007", "02_0001", "08_0001", "17"]
    assert (summary.n_with_poses, summary.n_frames) == (3, 3 + 9 + 2)
    pose = dataset.pose("00_0001")
    assert (pose.fps, pose.width_px, pose.height_px) == (25.0, 1080, 1920)
    expected = hidden.copy()
    expected[1, ISHARAH_86.part_indices("left_hand")] = np.nan
    assert np.allclose(pose.coords, expected, atol=1 / 16, equal_nan=True)
    assert np.array_equal(pose.confidence, ~np.isnan(expected[..., 0]))
    assert np.allclose(dataset.pose("17").coords, keypoints(2), atol=1 / 16)
    assert rows(tmp_path / "out" / "missing.csv") == [
        ["08_0001", "", "test", "08", "", "no pickle has landmarks of it"]
    ]
    assert rows(tmp_path / "out" / "unlisted.csv") == [
        ["02_0001", "phase2.pkl has it again; the first is taken"],
        ["99_9999", "no row names it"],
    ]
    assert [(f.clip_id, f.reason) for f in summary.failures] == [
        ("01_0007", "has keypoints of shape (5, 85, 2), expected (T, 86, 2)")
    ]
    assert "frame rate of 25 is unconfirmed" in dataset.info.note


def test_a_frame_rate_that_is_given_counts(tmp_path: Path) -> None:
    pickles = {"a.pkl": {"02_0001": {"keypoints": keypoints()}}}
    options = ImportOptions(size=(640, 480), fps=30.0)
    _, dataset = read(make_source(tmp_path / "a", TABLES, pickles), options)
    assert dataset.fps("02_0001") == 30
    assert "frame rate of 30 was given by the user" in dataset.info.note


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.zeros((2, 86, 2)), "is no dict with 'keypoints'"),
        ({"keypoints": [[1, 2]]}, "has keypoints of shape (1, 2), expected (T, 86, 2)"),
        ({"keypoints": np.zeros((2, 86, 1))}, "has keypoints of shape (2, 86, 1), expected"),
        ({"keypoints": np.full((2, 86, 2), "x")}, "has keypoints of <U1, expected numbers"),
        ({"keypoints": np.full((2, 86, 2), np.inf)}, "has infinite keypoints"),
        ({"keypoints": keypoints() / 1000}, "has keypoints up to 0.89"),
    ],
)
def test_other_landmarks_are_refused(value: Any, said: str) -> None:
    with pytest.raises(FormatError) as error:
        isharah_coords(value)
    assert str(error.value).startswith(said)


def test_a_pickle_that_runs_something_is_refused(tmp_path: Path) -> None:
    source = make_source(tmp_path / "a", TABLES, {"a.pkl": {"02_0001": {"keypoints": print}}})
    with pytest.raises(FormatError) as error:
        read(source, SIZE)
    assert str(error.value) == (
        f"{source / 'a.pkl'} asks for builtins.print; signkit reads only plain containers, texts, "
        "numbers and numpy arrays from pickles"
    )


@pytest.mark.parametrize(
    ("tables", "pickles", "options", "said"),
    [
        (
            {},
            {},
            None,
            "SOURCE has no table; expected train.csv, dev.csv or test.csv with id|gloss",
        ),
        (
            {"dev.csv": "id\n", "dev.txt": "id\n"},
            {},
            None,
            "SOURCE has dev.csv and dev.txt; leave one of them there",
        ),
        (
            {"dev.csv": "id,gloss\n1,A\n"},
            {},
            None,
            "SOURCE/dev.csv has no column 'id' (found: id,gloss); expected id",
        ),
        (
            {"dev.json": "{}"},
            {},
            None,
            "SOURCE/dev.json holds a dict, expected a list of records",
        ),
        (
            TABLES,
            {"a.pkl": {}},
            None,
            "the pickles in SOURCE hold pixels and do not say of what frame; give --size WxH, the "
            "size of the videos",
        ),
        (
            TABLES,
            {},
            SIZE,
            "SOURCE has no pickle, so there is no use for --size and --fps",
        ),
        (TABLES, {"a.pkl": [1]}, SIZE, "SOURCE/a.pkl holds a list, expected a dict of clips"),
    ],
)
def test_sources_that_break_the_format_are_refused(
    tmp_path: Path,
    tables: dict[str, str],
    pickles: dict[str, Any],
    options: ImportOptions | None,
    said: str,
) -> None:
    source = make_source(tmp_path / "a", tables, pickles)
    with pytest.raises(SignkitError) as error:
        read(source, options)
    assert str(error.value) == said.replace("SOURCE", str(source))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("task", "counts", "dev_signers"),
    [
        ("SI", {"train": 19_500, "dev": 1_950, "test": 7_800}, {"02"}),
        (
            "US",
            {"train": 20_899, "dev": 550, "test": 550},
            {f"{n:02}" for n in (*range(8), 9, 13, 14)},
        ),
    ],
)
def test_the_published_tables_have_the_published_counts(
    tmp_path: Path, real_data: Path, task: str, counts: dict[str, int], dev_signers: set[str]
) -> None:
    source = real_data / "annotations" / "signeval" / task
    summary = import_dataset("signeval", source, tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    splits = dataset.clips.column("split")
    assert {split: splits.count(split) for split in counts} == counts
    assert (summary.n_bad_rows, summary.n_clips) == (0, sum(counts.values()))
    dev = dataset.clips.where(split="dev")
    assert {clip.signer for clip in dev} == dev_signers
    assert all(not clip.glosses for clip in dataset.clips.where(split="test"))
    if task == "SI":
        train = dataset.clips.where(split="train")
        assert len({gloss for clip in train for gloss in clip.glosses}) == 1_099
        assert {clip.extra["x_sentence"] for clip in dev} <= {c.extra["x_sentence"] for c in train}
    else:
        assert dev[0].extra["x_sentence"] == "0401"


def test_records_of_wrong_types_are_left_out_and_null_is_no_text(tmp_path: Path) -> None:
    records = [
        {"video_id": "01_0001", "gloss_sequence": "A", "signer": None, "sentence_id": None},
        {"video_id": "01_0002", "gloss_sequence": 5},
        {"video_id": None, "gloss_sequence": "A"},
        {"video_id": "01_0003", "gloss_sequence": None},
    ]
    summary, dataset = read(make_source(tmp_path / "in", {"train.json": json.dumps(records)}))
    assert dataset.clips.ids == ["01_0001", "01_0003"]
    assert dataset.clips["01_0001"].signer == ""
    assert "x_sentence" not in dataset.clips["01_0001"].extra
    assert summary.bad_rows == {"unreadable": 2, "empty_gloss": 1}


def test_ragged_keypoints_and_endless_keys_do_no_harm(tmp_path: Path) -> None:
    poses = {"00_0001": {"keypoints": keypoints()}, "01_0007": {"keypoints": [[1], [1, 2]]}}
    poses[10**5000] = {}  # type: ignore[index]
    source = make_source(tmp_path / "in", TABLES, {"p.pkl": poses})
    summary, _ = read(source, SIZE)
    [failure] = rows(tmp_path / "out" / "failures.csv")
    assert (failure[0], failure[3]) == ("01_0007", "has keypoints that make no array")
    assert summary.n_unlisted == 1
