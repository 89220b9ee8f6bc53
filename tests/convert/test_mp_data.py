import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.convert.mp_data import HANDS, KINDS
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from signkit.failures import read_failures
from signkit.pose import PoseSequence
from signkit.skeleton import Skeleton
from signkit.skeletons import MEDIAPIPE_75, MEDIAPIPE_543
from tests.convert.corpora import bad_rows, lines

USUAL = ("pose", "face", "left_hand", "right_hand")
ORDERS = (
    USUAL,
    ("face", "pose", "left_hand", "right_hand"),
    ("face", "left_hand", "pose", "right_hand"),
)


def make_take(
    n_values: int = 258, *, n_frames: int = 3, order: tuple[str, ...] = USUAL, unseen: str = ""
) -> np.ndarray:
    """(T, N) values of a body whose nose, wrists and mouth are where they belong."""
    kind = KINDS[n_values]
    rng = np.random.default_rng(0)
    places = {part: rng.uniform(0.1, 0.9, 2) for part in ("face", "left_hand", "right_hand")}
    parts = []
    for part in order:
        if part not in kind.skeleton.parts:
            continue
        names = kind.skeleton.parts[part]
        values = np.full((n_frames, len(names), kind.width(part)), 0.5)
        for i, name in enumerate(names):
            at = "face" if part in ("pose", "face") else part
            side = name.partition("_")[0]
            at = f"{side}_hand" if name.endswith("_wrist") else at
            values[:, i, :2] = places[at] + rng.normal(0, 0.005, (n_frames, 2))
            values[:, i, 2] = -0.1 - 0.01 * rng.uniform()
        parts.append(values.reshape(n_frames, -1) * (part != unseen))
    return np.concatenate(parts, axis=1)


def put(
    folder: Path, values: np.ndarray, take: str = "tea/0", *, numbers: list[int] | None = None
) -> Path:
    """Put a take into the folder; gives the folder."""
    place = folder / take
    place.mkdir(parents=True)
    for number, frame in zip(numbers or range(len(values)), values, strict=True):
        np.save(place / f"{number}.npy", frame)
    return folder


def import_takes(source: Path, out: Path, **options: Any) -> ImportSummary:
    given = {"fps": 20.0, "size": (640, 480), **options}
    return import_dataset("mp-data", source, out, ImportOptions(**given))


def pose_of(source: Path, out: Path, clip_id: str = "tea-0") -> PoseSequence:
    import_takes(source, out)
    return PoseDataset.open(out).pose(clip_id)


@pytest.mark.parametrize(
    ("n_values", "skeleton"),
    [(1662, MEDIAPIPE_543), (1629, MEDIAPIPE_543), (258, MEDIAPIPE_75), (126, HANDS)],
)
def test_a_take_becomes_a_clip(tmp_path: Path, n_values: int, skeleton: Skeleton) -> None:
    values = make_take(n_values)
    pose = pose_of(put(tmp_path / "in", values), tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert dataset.skeleton == skeleton
    assert list(dataset.clips) == [Clip("tea-0", glosses=("tea",))]
    assert (pose.n_frames, pose.fps, pose.width_px, pose.height_px) == (3, 20.0, 640, 480)
    first, last = values[0, :3], values[0, -3:]
    assert np.allclose(pose.coords[0, 0], first * (640, 480, 640), atol=1 / 32)
    assert np.allclose(pose.coords[0, -1], last * (640, 480, 640), atol=1 / 32)
    has_visibility = KINDS[n_values].pose_values == 4 and "nose" in skeleton
    assert pose.confidence[0, 0] == (0.5 if has_visibility else 1)
    assert pose.confidence[0, -1] == 1


@pytest.mark.parametrize(
    ("n_values", "order"),
    [
        *((n, order) for n in (1662, 1629) for order in ORDERS),
        (258, ("pose", "left_hand", "right_hand")),
        (258, ("left_hand", "right_hand", "pose")),
    ],
)
@pytest.mark.parametrize("unseen", ["", "pose", "face", "left_hand", "right_hand"])
def test_the_order_of_the_parts_is_found(
    tmp_path: Path, n_values: int, order: tuple[str, ...], unseen: str
) -> None:
    usual = make_take(n_values, unseen=unseen)
    parts = KINDS[n_values].skeleton.parts
    ends = np.cumsum([len(names) * KINDS[n_values].width(p) for p, names in parts.items()])
    by_part = dict(zip(parts, np.split(usual, ends[:-1], axis=1), strict=True))
    mixed = np.concatenate([by_part[part] for part in order], axis=1)
    pose = pose_of(put(tmp_path / "in", mixed), tmp_path / "out")
    expected = pose_of(put(tmp_path / "usual", usual), tmp_path / "expected")
    assert np.array_equal(pose.coords, expected.coords, equal_nan=True)
    assert np.array_equal(pose.confidence, expected.confidence)
    if not unseen:
        assert PoseDataset.open(tmp_path / "out").info.note.endswith(", ".join(order))


def test_a_part_of_zeros_is_unseen(tmp_path: Path) -> None:
    pose = pose_of(put(tmp_path / "in", make_take(unseen="left_hand")), tmp_path / "out")
    left = pose.skeleton.part_indices("left_hand")
    assert np.isnan(pose.coords[:, left]).all()
    assert (pose.confidence[:, left] == 0).all()
    assert np.delete(pose.seen, left, axis=1).all()


def test_frames_are_sorted_by_number_and_missing_ones_are_unseen(tmp_path: Path) -> None:
    values = make_take(n_frames=4)
    source = put(tmp_path / "in", values, numbers=[9, 10, 11, 13])
    pose = pose_of(source, tmp_path / "out")
    assert pose.seen.all(axis=1).tolist() == [True, True, True, False, True]
    assert np.allclose(pose.coords[4, 0, 0], values[3, 0] * 640, atol=1 / 32)


def test_takes_are_sorted_by_number_and_words_become_one_gloss(tmp_path: Path) -> None:
    for take in ("thank you/10", "thank you/9", "deep/tea/0"):
        put(tmp_path / "in", make_take(), take)
    import_takes(tmp_path / "in", tmp_path / "out")
    assert list(PoseDataset.open(tmp_path / "out").clips) == [
        Clip("deep-tea-0", glosses=("tea",), extra={"x_label": ""}),
        Clip("thank_you-9", glosses=("thank-you",), extra={"x_label": "thank you"}),
        Clip("thank_you-10", glosses=("thank-you",), extra={"x_label": "thank you"}),
    ]
    assert "a split by take says nothing about new signers" in (
        PoseDataset.open(tmp_path / "out").info.note
    )


def test_odd_words_are_noted_and_odd_files_unlisted(tmp_path: Path) -> None:
    put(tmp_path / "in", make_take(), 'so-called "tea/0')
    put(tmp_path / "in", make_take(), "שלום/0")
    (tmp_path / "in" / "שלום" / "0" / "notes.txt").write_text("?")
    summary = import_takes(tmp_path / "in", tmp_path / "out")
    assert (summary.n_right_to_left, summary.n_clips) == (1, 2)
    (row,) = bad_rows(tmp_path / "out")
    assert row.startswith("stray_quote,")
    assert lines(tmp_path / "out" / "unlisted.csv")[1:] == [
        "שלום/0/notes.txt,not a frame: its name is no number"
    ]


def of_values(n_values: int) -> np.ndarray:
    return np.zeros((3, n_values))


@pytest.mark.parametrize(
    ("values", "numbers", "reason"),
    [
        (of_values(1661), None, "has 1,661 values a frame; known are 1,662, 1,629, 258, 126"),
        (
            make_take(),
            [0, 1, 1000],
            "has frames from 0 to 1000, but only 3 of them",
        ),
        (make_take() * np.inf, None, "has infinite values"),
        (
            make_take() * 300,
            None,
            "has its values in an unknown order, or they are not fractions of the frame: they make "
            "no body, face and hands",
        ),
        (
            make_take(126) * 300,
            None,
            "has values up to 254, expected fractions of the frame",
        ),
        (
            np.roll(make_take(), 5, axis=1),
            None,
            "has its values in an unknown order, or they are not fractions of the frame: they make "
            "no body, face and hands",
        ),
        (
            make_take(126),
            None,
            "has 42 landmarks in 3 dimensions (mediapipe-42), the dataset 75 in 3 (mediapipe-75); "
            "one dataset has one skeleton",
        ),
        (make_take()[:, None, None], None, ""),
    ],
)
def test_a_bad_take_is_listed_and_the_rest_goes_on(
    tmp_path: Path, values: np.ndarray, numbers: list[int] | None, reason: str
) -> None:
    put(tmp_path / "in", make_take(), "a/0")
    put(tmp_path / "in", values, "b/0", numbers=numbers)
    import_takes(tmp_path / "in", tmp_path / "out")
    failures = read_failures(tmp_path / "out" / "failures.csv")
    assert [(f.clip_id, f.reason) for f in failures.values()] == (
        [("b-0", reason)] if reason else []
    )


def test_a_damaged_or_pickled_frame_is_a_failure(tmp_path: Path) -> None:
    for take in ("a/0", "b/0", "c/0", "d/0"):
        put(tmp_path / "in", make_take(), take)
    (tmp_path / "in/b/0/1.npy").write_bytes(pickle.dumps([1]))
    np.save(tmp_path / "in/c/0/1.npy", np.array([{}], dtype=object))
    np.save(tmp_path / "in/d/0/1.npy", np.zeros(126))
    (tmp_path / "in/d/0/01.npy").write_bytes((tmp_path / "in/d/0/1.npy").read_bytes())
    import_takes(tmp_path / "in", tmp_path / "out")
    failures = read_failures(tmp_path / "out" / "failures.csv")
    assert failures["b-0"].reason.startswith("1.npy is not a readable .npy file: ")
    assert failures["c-0"].reason.startswith("1.npy is not a readable .npy file: ")
    assert failures["d-0"].reason == "has two frames of one number among its 4"
    (tmp_path / "in/d/0/01.npy").unlink()
    import_takes(tmp_path / "in", tmp_path / "again")
    failures = read_failures(tmp_path / "again" / "failures.csv")
    assert failures["d-0"].reason == "has 126 values in frame 1, 258 in frame 0"


def test_a_header_that_promises_too_much_allocates_nothing(tmp_path: Path) -> None:
    put(tmp_path / "in", make_take(), "a/0")
    put(tmp_path / "in", make_take(), "b/0")
    huge = tmp_path / "in/b/0/1.npy"
    shape = b"(258000000000,)"
    content = huge.read_bytes()
    at = content.index(b"(258,)")
    huge.write_bytes(content[:at] + shape + content[at + 6 : 118] + content[127:])
    import_takes(tmp_path / "in", tmp_path / "out")
    failures = read_failures(tmp_path / "out" / "failures.csv")
    assert failures["b-0"].reason.startswith("1.npy is not a readable .npy file: ")


@pytest.mark.parametrize(
    ("take", "options", "message"),
    [
        (None, {}, "no folder at {source}; expected WORD/TAKE/FRAME.npy below it"),
        ("0", {}, "{source} has no WORD/TAKE/FRAME.npy with numbers for names"),
        (
            "tea/0",
            {"fps": None},
            "{source} says neither how fast its frames follow nor how large they were; give --fps "
            "and --size WxH",
        ),
        (
            "tea/0",
            {"size": None},
            "{source} says neither how fast its frames follow nor how large they were; give --fps "
            "and --size WxH",
        ),
    ],
)
def test_what_cannot_be_known_is_asked_for(
    tmp_path: Path, take: str | None, options: dict[str, Any], message: str
) -> None:
    if take is not None:
        put(tmp_path / "in", make_take(), take)
    with pytest.raises(FormatError) as caught:
        import_takes(tmp_path / "in", tmp_path / "out", **options)
    assert str(caught.value) == message.format(source=tmp_path / "in")


def test_a_folder_of_unknown_frames_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "in", of_values(99))
    with pytest.raises(FormatError) as caught:
        import_takes(tmp_path / "in", tmp_path / "out")
    assert str(caught.value) == (
        f"no take of {tmp_path / 'in'} can be read (first: tea/0 has 99 values a frame; known are "
        "1,662, 1,629, 258, 126)"
    )


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("folder", "n_clips", "n_frames", "skeleton", "order"),
    [
        ("258", 4, 80, "mediapipe-75", "pose, left_hand, right_hand"),
        ("1662", 1, 30, "mediapipe-543", "face, pose, left_hand, right_hand"),
    ],
)
def test_real_takes_come_through(
    real_data: Path,
    tmp_path: Path,
    folder: str,
    n_clips: int,
    n_frames: int,
    skeleton: str,
    order: str,
) -> None:
    summary = import_takes(real_data / "mp_data" / folder, tmp_path / "out")
    assert (summary.n_clips, summary.n_frames, summary.skeleton) == (n_clips, n_frames, skeleton)
    assert summary.failures == ()
    dataset = PoseDataset.open(tmp_path / "out")
    assert dataset.info.note.endswith(f"parts of the first take: {order}")
    for pose in dataset.poses():
        at = pose.skeleton.index
        nose, shoulders = pose.coords[:, at("nose")], pose.coords[:, [at("left_shoulder")]]
        assert (nose[:, 1] < shoulders[:, 0, 1]).all()  # the head is above
        for side in ("left", "right"):
            apart = pose.coords[:, at(f"{side}_wrist")] - pose.coords[:, at(f"{side}_hand_wrist")]
            seen = ~np.isnan(apart[:, 0])
            if seen.any():
                assert np.median(np.abs(apart[seen, :2])) < 25


@pytest.mark.real_data
def test_a_folder_of_two_kinds_has_the_skeleton_of_the_first(
    real_data: Path, tmp_path: Path
) -> None:
    summary = import_takes(real_data / "mp_data", tmp_path / "out")
    assert (summary.n_with_poses, summary.n_failed, summary.skeleton) == (4, 1, "mediapipe-75")
