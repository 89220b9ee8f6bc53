import json
import tracemalloc
from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert.corpus import Entry, ImportOptions
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeletons import MEDIAPIPE_543
from tests.convert.corpora import build, entry, lines, posed
from tests.factories import assert_same_pose, make_pose


def test_landmarks_and_rows_become_a_dataset(tmp_path: Path) -> None:
    entries = [posed("a", split="train"), entry("b"), posed("c")]
    summary = build(entries, tmp_path / "out", has_poses=True)
    dataset = PoseDataset.open(tmp_path / "out")
    assert dataset.clips.ids == ["a", "b", "c"]
    assert dataset.ids_with_poses == ["a", "c"]
    assert_same_pose(dataset.pose("c"), make_pose("c"))
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (3, 2, 24)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "clips.csv",
        "dataset.json",
        "import.json",
        "poses",
    ]
    record = json.loads((tmp_path / "out" / "import.json").read_text())
    assert record["fingerprint"] == summary.fingerprint


def refuses() -> PoseSequence:
    raise FormatError("is upside down")


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (refuses, "is upside down"),
        (lambda: make_pose("b", n_frames=0), "has no frames"),
        (
            lambda: make_pose("b", skeleton=MEDIAPIPE_543),
            "has 543 landmarks in 3 dimensions (mediapipe-543), the dataset 75 in 3 "
            "(mediapipe-75); one dataset has one skeleton",
        ),
    ],
)
def test_landmarks_that_cannot_be_used_are_failures_and_the_rest_goes_on(
    tmp_path: Path, read: object, reason: str
) -> None:
    entries = [posed("a"), entry("b", read=read), posed("c")]
    summary = build(entries, tmp_path / "out", has_poses=True)
    assert [failure.reason for failure in summary.failures] == [reason]
    assert PoseDataset.open(tmp_path / "out").ids_with_poses == ["a", "c"]
    assert not summary.is_whole


def test_strict_stops_at_landmarks_that_cannot_be_used(tmp_path: Path) -> None:
    entries = [entry("a", read=refuses, line=7)]
    with pytest.raises(FormatError) as caught:
        build(entries, tmp_path / "out", ImportOptions(strict=True), has_poses=True)
    assert str(caught.value) == (
        "table.csv line 7: 'a' is upside down; correct it, or leave --strict away to list it"
    )
    assert not (tmp_path / "out").exists()


def test_the_pose_has_the_id_that_the_row_got(tmp_path: Path) -> None:
    build([posed("day 1/a")], tmp_path / "out", has_poses=True)
    assert PoseDataset.open(tmp_path / "out").ids_with_poses == ["day_1-a"]


def test_equal_corpora_have_equal_fingerprints_in_any_order(tmp_path: Path) -> None:
    one = [posed("a"), posed("b"), entry("c")]
    same = build(one, tmp_path / "1", has_poses=True).fingerprint
    assert build(one[::-1], tmp_path / "2", has_poses=True).fingerprint == same
    other = [*one[:2], entry("c", glosses=("MILK",))]
    assert build(other, tmp_path / "3", has_poses=True).fingerprint != same


def test_own_columns_come_along_and_empty_ones_do_not(tmp_path: Path) -> None:
    entries = [entry("a", extra={"x_box": "1 2"}), entry("b")]
    build(entries, tmp_path / "out", extra=("x_box", "x_view"))
    assert lines(tmp_path / "out" / "clips.csv") == [
        "clip_id,glosses,signer,split,x_box",
        "a,TEA,,,1 2",
        "b,TEA,,,",
    ]


def test_annotations_alone_are_a_dataset_to_extract_into(tmp_path: Path) -> None:
    summary = build([entry("a")], tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert (dataset.info.skeleton, summary.skeleton, dataset.ids_with_poses) == (None, "", [])


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    entries = [posed("a"), entry("b", read=refuses), entry("b", read=refuses)]
    summary = build(entries, tmp_path / "out", has_poses=True, is_dry_run=True)
    assert (summary.n_clips, summary.n_with_poses, summary.n_bad_rows) == (2, 2, 1)
    assert list(tmp_path.iterdir()) == []


def test_labels_of_ones_own_replace_what_the_source_says(tmp_path: Path) -> None:
    labels = ClipTable.from_clips(
        [
            Clip("a", glosses=("MILK",), split="dev", extra={"x_view": "front"}),
            Clip("lost", glosses=("TEA",), split="test"),
        ]
    )
    labels.write(tmp_path / "labels.csv")
    summary = build(
        [posed("a"), posed("stray")],
        tmp_path / "out",
        ImportOptions(labels=tmp_path / "labels.csv"),
        has_poses=True,
    )
    assert list(PoseDataset.open(tmp_path / "out").clips) == [
        Clip("a", glosses=("MILK",), split="dev", extra={"x_view": "front"})
    ]
    assert (summary.missing_by_split, summary.n_unlisted) == ({"test": 1}, 1)


@pytest.mark.parametrize(
    ("entries", "has_poses", "message"),
    [
        ([], False, "small has no clip that can be used"),
        (
            [entry("")],
            False,
            "small has no clip that can be used (1 bad rows; first: table.csv line 2: has no id; "
            "left out)",
        ),
        ([entry("a", missing="gone")], True, "no clip of small has usable landmarks (1 missing)"),
        (
            [entry("a", read=refuses)],
            True,
            "no clip of small has usable landmarks (1 failed; first: 'a': is upside down)",
        ),
    ],
)
def test_a_source_without_anything_to_use_makes_no_dataset(
    tmp_path: Path, entries: list[Entry], has_poses: bool, message: str
) -> None:
    with pytest.raises(FormatError) as caught:
        build(entries, tmp_path / "out", has_poses=has_poses)
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


def test_an_import_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    read: list[str] = []

    def counted(clip_id: str) -> Entry:
        def pose() -> PoseSequence:
            read.append(clip_id)
            return make_pose(clip_id, n_frames=2)

        return entry(clip_id, read=pose)

    def stop(done: int, total: int | None) -> None:
        if done == 300:
            raise KeyboardInterrupt

    entries = [counted(f"c{i}") for i in range(400)]
    with pytest.raises(KeyboardInterrupt):
        build(entries, tmp_path / "out", has_poses=True, progress=stop)
    read.clear()
    (partial,) = tmp_path.glob(".out*")
    (partial / "poses" / ".shard-00001.parquet.1.tmp").touch()  # as kill -9 leaves it
    summary = build(entries, tmp_path / "out", has_poses=True)
    assert read == [f"c{i}" for i in range(256, 400)]  # a shard of 256 was whole
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (400, 400, 800)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert not list((tmp_path / "out").rglob(".*"))
    dataset = PoseDataset.open(tmp_path / "out")
    assert dataset.ids_with_poses == dataset.clips.ids
    assert_same_pose(dataset.pose("c7"), make_pose("c7", n_frames=2))


def test_another_import_does_not_go_on_with_what_one_left(tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == 300:
            raise KeyboardInterrupt

    entries = [posed(f"c{i}") for i in range(301)]
    with pytest.raises(KeyboardInterrupt):
        build(entries, tmp_path / "out", has_poses=True, progress=stop)
    build([posed("x")], tmp_path / "out", ImportOptions(fps=25), has_poses=True)
    assert PoseDataset.open(tmp_path / "out").ids_with_poses == ["x"]


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    def peak(n_clips: int) -> int:
        entries = (posed(f"clip-{i:06d}") for i in range(n_clips))
        tracemalloc.start()
        build(entries, tmp_path / str(n_clips), has_poses=True)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)  # imports
    # An id and its row in the footer of a shard are some 300 bytes, a pose is 10,000.
    assert peak(600) < peak(300) + 300 * 1000
