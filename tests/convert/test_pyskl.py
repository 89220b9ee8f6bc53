import csv
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.convert.pyskl import COCO_17
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from signkit.skeletons import COCO_WHOLEBODY_133

FPS = ImportOptions(fps=30.0)


def annotation(name: str, *, label: Any = 0, **changes: Any) -> dict[str, Any]:
    """One person who moves a little, in 6 frames of 640 x 480."""
    rng = np.random.default_rng(len(name))
    place = rng.uniform(50, 400, (1, 1, 17, 2))
    keypoint = (place + rng.normal(0, 2, (1, 6, 17, 2))).astype(np.float32)
    return {
        "frame_dir": name,
        "total_frames": 6,
        "img_shape": (480, 640),
        "original_shape": (480, 640),
        "label": label,
        "keypoint": keypoint,
        "keypoint_score": rng.uniform(0.2, 0.9, (1, 6, 17)).astype(np.float32),
        **changes,
    }


def write(folder: Path, value: Any, *, labels: str = "") -> Path:
    path = folder / "corpus.pkl"
    path.write_bytes(pickle.dumps(value))
    if labels:
        (folder / "label_map.txt").write_text(labels, encoding="utf-8")
    return path


def read(path: Path, options: ImportOptions = FPS) -> tuple[ImportSummary, PoseDataset]:
    out = path.parent / "out"
    return import_dataset("pyskl", path, out, options), PoseDataset.open(out)


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def test_landmarks_labels_and_splits_come_through(tmp_path: Path) -> None:
    one, other = annotation("a", label=1), annotation("x/b.mp4", label=np.int64(0))
    value = {"split": {"train": ["a"], "test": ["x/b.mp4", "gone"]}, "annotations": [one, other]}
    path = write(tmp_path, value, labels="\ufeffthank you\nسوال\n")
    summary, dataset = read(path)
    assert dataset.skeleton == COCO_17
    assert list(dataset.clips) == [
        Clip("a", glosses=("سوال",), split="train", extra={"x_label": "1"}),
        Clip("x-b", "x/b.mp4", glosses=("thank-you",), split="test", extra={"x_label": "0"}),
        Clip("gone", split="test", extra={"x_label": ""}),
    ]
    pose = dataset.pose("a")
    assert (pose.fps, pose.width_px, pose.height_px) == (30.0, 640, 480)
    assert np.allclose(pose.coords, one["keypoint"][0], atol=1 / 16)
    assert np.allclose(pose.confidence, one["keypoint_score"][0], atol=1 / 256)
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (3, 2, 12)
    assert summary.bad_rows == {"byte_order_mark": 1}
    assert rows(tmp_path / "out" / "missing.csv") == [
        ["gone", "", "test", "", "", "no annotation of it"]
    ]
    assert "frame rate of 30 was given by the user" in dataset.info.note


def test_what_was_not_seen_is_not_a_place(tmp_path: Path) -> None:
    clip = annotation("a")
    clip["keypoint"][0, 0, 3] = 0
    clip["keypoint"][0, 1, 4] = np.nan
    clip["keypoint_score"][0, 2, 5] = 0
    clip["keypoint_score"][0, 3, 6] = -1
    clip["keypoint_score"][0, 4, 7] = 1.07
    _, dataset = read(write(tmp_path, [clip]))
    pose = dataset.pose("a")
    hidden = [(0, 3), (1, 4), (2, 5), (3, 6)]
    assert [tuple(where) for where in np.argwhere(~pose.seen)] == hidden
    assert all(pose.confidence[where] == 0 for where in hidden)
    assert pose.confidence[4, 7] == 1


def test_half_precision_is_read(tmp_path: Path) -> None:
    clip = annotation("a")
    keypoint = clip["keypoint"].astype(np.float16)
    clip |= {"keypoint": keypoint, "keypoint_score": clip["keypoint_score"].astype(np.float16)}
    _, dataset = read(write(tmp_path, [clip]))
    assert np.allclose(dataset.pose("a").coords, keypoint[0].astype(np.float32), atol=1 / 16)


def test_of_several_people_one_is_chosen(tmp_path: Path) -> None:
    small, large = annotation("a"), annotation("a")
    large["keypoint"] = small["keypoint"] * 1.5 + 10
    small["keypoint"] = small["keypoint"] * 0.2
    small["keypoint"][0, 4:] = 0  # leaves: people are padded with zeros
    small["keypoint_score"][0, 4:] = 0
    both = {key: np.concatenate([small[key], large[key]]) for key in ("keypoint", "keypoint_score")}
    path = write(tmp_path, [annotation("a", **both)])
    _, dataset = read(path)
    assert np.allclose(dataset.pose("a").coords, large["keypoint"][0], atol=1 / 16)
    (tmp_path / "first").mkdir()
    options = ImportOptions(fps=30.0, signer="first")
    _, dataset = read(path.rename(tmp_path / "first" / "corpus.pkl"), options)
    first = np.concatenate([small["keypoint"][0, :4], large["keypoint"][0, 4:]])
    assert np.allclose(dataset.pose("a").coords, first, atol=1 / 16)
    assert "the signer is the first" in dataset.info.note


@pytest.mark.parametrize(
    ("names", "split", "told"),
    [
        (["train"], "train", ""),
        (["val"], "dev", ""),
        (["xsub_val"], "dev", ""),
        (["test1"], "test", ""),
        (["TRAIN"], "train", ""),
        (["xsub_train", "xset_train"], "train", "xsub_train xset_train"),
        (["xsub_train", "xview_val"], "", "xsub_train xview_val"),
        (["pretrain2"], "train", ""),
        (["all"], "", ""),
        ([], "", ""),
    ],
)
def test_splits_are_called_after_their_end(
    tmp_path: Path, names: list[str], split: str, told: str
) -> None:
    value = {"split": {name: ["a"] for name in names}, "annotations": [annotation("a")]}
    summary, dataset = read(write(tmp_path, value))
    assert dataset.clips["a"].split == split
    assert dataset.clips["a"].extra.get("x_splits", "") == told
    unclear = bool(names) and not split
    assert summary.bad_rows == ({"unknown_split": 1} if unclear else {})


def test_wholebody_and_other_skeletons(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def sized(n: int) -> dict[str, Any]:
        keypoint, score = rng.uniform(1, 400, (1, 6, n, 2)), np.ones((1, 6, n))
        return annotation("a", keypoint=keypoint, keypoint_score=score)

    _, dataset = read(write(tmp_path, [sized(133)]))
    assert dataset.skeleton == COCO_WHOLEBODY_133
    (tmp_path / "75").mkdir()
    options = ImportOptions(fps=30.0, skeleton="mediapipe-75")
    _, dataset = read(write(tmp_path / "75", [sized(75)]), options)
    assert (dataset.skeleton.name, dataset.skeleton.n_dims) == ("mediapipe-75", 2)


def test_bad_annotations_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    without_score = annotation("no-score", label=None)
    del without_score["keypoint_score"]
    without_size = annotation("no-size")
    del without_size["img_shape"], without_size["original_shape"]
    value = [
        annotation("good", label=7),
        annotation("good"),
        annotation("  "),
        {"frame_dir": "no-keypoint"},
        "text",
        without_score,
        without_size,
        annotation("count", keypoint=np.ones((1, 6, 18, 2))),
        annotation("frames", total_frames=7),
        annotation("nobody", keypoint=np.ones((0, 6, 17, 2))),
        annotation("score", keypoint_score=np.ones((1, 6))),
        annotation("flat", img_shape=(0, 10)),
        annotation("letters", keypoint=np.full((1, 6, 17, 2), "x")),
    ]
    summary, dataset = read(write(tmp_path, value, labels="A\nB\n"))
    assert summary.bad_rows == {
        "unreadable": 4,
        "duplicate_id": 1,
        "empty_id": 1,
        "missing_value": 1,
        "empty_gloss": 1,
    }
    assert {f.clip_id: f.reason for f in summary.failures} == {
        "no-size": "has no img_shape (height, width)",
        "count": "has keypoint of shape (1, 6, 18, 2), expected (M, T, 17, 2)",
        "frames": "says 7 frames and has landmarks of 6",
        "nobody": "has landmarks of nobody",
        "score": "has keypoint_score of shape (1, 6), expected (1, 6, 17)",
        "flat": "has the img_shape (0, 10); expected at least 1 x 1",
        "letters": "has keypoint of <U1, expected numbers",
    }
    assert dataset.ids_with_poses == ["good", "no-score"]
    assert dataset.pose("no-score").confidence.min() == 1
    assert dataset.clips["good"].glosses == ("7",)
    found = [row[4] for row in rows(tmp_path / "out" / "bad_rows.csv")]
    assert "has the label 7; label_map.txt has 2, from 0" in found
    assert "has a label of NoneType, expected a whole number" in found


METRES = np.ones((1, 6, 25, 3))


@pytest.mark.parametrize(
    ("value", "options", "said"),
    [
        ([annotation("a")], ImportOptions(), "PATH does not say its frame rate; give --fps"),
        (
            [annotation("a")],
            ImportOptions(fps=30.0, signer="tallest"),
            "--signer is 'tallest'; give largest, active, first",
        ),
        (
            {"a": annotation("a")},
            FPS,
            "PATH is no pickle of pyskl; expected a dict with split and annotations",
        ),
        (
            {"split": ["a"], "annotations": []},
            FPS,
            "PATH has a split of list, expected a dict",
        ),
        (
            {"split": {"train": 3}, "annotations": [annotation("a")]},
            FPS,
            "PATH has a split 'train' that is no list of clips",
        ),
        (
            [{"frame_dir": "a"}],
            FPS,
            "PATH has no clip with keypoint of four axes (people, frames, landmarks, coordinates)",
        ),
        (
            [annotation("a", keypoint=METRES)],
            FPS,
            "PATH has keypoint of shape (1, 6, 25, 3), the last 3 of which are metres in front of "
            "a depth camera; signkit keeps pixels: take the 2D file of the corpus",
        ),
        (
            [{"frame_dir": "a", "raw_file": "a.pkl", "frame_inds": [1], "valid": {}}],
            FPS,
            "PATH is the Kinetics variant: its landmarks are in other files (raw_file); signkit "
            "reads pickles that hold them in 'keypoint'",
        ),
        (
            [annotation("a", keypoint=np.ones((1, 6, 25, 2)))],
            FPS,
            "PATH has 25 landmarks and does not say which; signkit knows those of 17 (COCO) and "
            "133 (COCO-WholeBody): give --skeleton",
        ),
        (
            [annotation("a")],
            ImportOptions(fps=30.0, skeleton="coco-wholebody-133"),
            "PATH has 17 landmarks, the skeleton 'coco-wholebody-133' has 133; give another "
            "--skeleton",
        ),
        (
            [annotation("a", keypoint=os.system)],
            FPS,
            "PATH asks for posix.system; signkit reads only plain containers, texts, numbers and "
            "numpy arrays from pickles",
        ),
    ],
)
def test_other_pickles_are_refused(
    tmp_path: Path, value: Any, options: ImportOptions, said: str
) -> None:
    path = write(tmp_path, value)
    with pytest.raises(FormatError) as error:
        read(path, options)
    assert str(error.value) == said.replace("PATH", str(path))
    assert not (tmp_path / "out").exists()


class Shaped:
    """An array of any shape, as only a hostile pickle has it."""

    def __init__(self, shape: tuple[int, ...], content: bytes) -> None:
        self.state = (1, shape, np.dtype("f4"), False, content)

    def __reduce__(self) -> Any:
        rebuild, arguments, _ = np.zeros(1).__reduce__()
        return rebuild, arguments, self.state


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"keypoint": [[1], [1, 2]]}, "has keypoint that make no array"),
        ({"keypoint": Shaped((1,) * 70, b"abcd")}, "has an array that cannot be read: "),
        ({"keypoint": Shaped((0, 10**30), b"")}, "has an array that cannot be read: "),
        ({"img_shape": (float("inf"), 1)}, "has no img_shape (height, width)"),
        ({"img_shape": (10**30, 1)}, "has frames of 1 x 1e+30 px; expected 1 to 1,000,000"),
    ],
    ids=["ragged", "many axes", "an endless axis", "infinite", "huge"],
)
def test_a_hostile_clip_is_a_failure(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = write(tmp_path, [annotation("good"), annotation("bad", **change)])
    read(path)
    [row] = rows(tmp_path / "out" / "failures.csv")
    assert row[0] == "bad"
    assert row[3].startswith(reason)


@pytest.mark.parametrize("name", [None, [1], 10**5000], ids=["none", "list", "endless"])
def test_a_clip_without_a_name_is_left_out(tmp_path: Path, name: Any) -> None:
    path = write(tmp_path, [annotation("good"), {**annotation("x"), "frame_dir": name}])
    summary, _ = read(path)
    assert (summary.n_clips, summary.bad_rows) == (1, {"empty_id": 1})


def test_an_endless_label_is_none(tmp_path: Path) -> None:
    summary, dataset = read(write(tmp_path, [annotation("a", label=10**5000)]))
    assert dataset.clips["a"].glosses == ()
    assert summary.bad_rows == {"unreadable": 1, "empty_gloss": 1}
