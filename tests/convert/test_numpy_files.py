import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.dataset import PoseDataset
from signkit.errors import FormatError, SkeletonError
from signkit.failures import read_failures
from signkit.pose import PoseSequence
from signkit.skeletons import MEDIAPIPE_75, OPENPOSE_18
from tests.convert.corpora import bad_rows, lines
from tests.factories import make_pose

GIVEN: dict[str, Any] = {
    "skeleton": "mediapipe-75",
    "units": "pixels",
    "fps": 25.0,
    "size": (640, 480),
}


def take(n_frames: int = 4, n_landmarks: int = 75, n_numbers: int = 3) -> np.ndarray:
    """Places from 100 to 380 px."""
    rng = np.random.default_rng(0)
    return rng.uniform(100, 380, (n_frames, n_landmarks, n_numbers)).round()


def put(folder: Path, array: np.ndarray | None = None, name: str = "a.npy", **arrays: Any) -> Path:
    """Put a file into the folder; gives the folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if arrays:
        np.savez(path, **arrays)
    else:
        np.save(path, take() if array is None else array)
    return folder


def import_numpy(source: Path, out: Path, **options: Any) -> ImportSummary:
    return import_dataset("numpy", source, out, ImportOptions(**{**GIVEN, **options}))


def pose_of(source: Path, out: Path, clip_id: str = "a", **options: Any) -> PoseSequence:
    import_numpy(source, out, **options)
    return PoseDataset.open(out).pose(clip_id)


@pytest.mark.parametrize("is_flat", [False, True])
@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "f2"])
def test_an_array_becomes_a_clip(tmp_path: Path, n_dims: int, dtype: str, *, is_flat: bool) -> None:
    array = take(n_numbers=n_dims).astype(dtype)
    flat = array.reshape(4, -1) if is_flat else array
    pose = pose_of(put(tmp_path / "in", flat), tmp_path / "out")
    assert np.array_equal(pose.coords, array)
    assert (pose.confidence == 1).all()
    assert (pose.fps, pose.width_px, pose.height_px) == (25.0, 640, 480)
    dataset = PoseDataset.open(tmp_path / "out")
    assert (dataset.skeleton.name, dataset.skeleton.n_dims) == ("mediapipe-75", n_dims)
    assert list(dataset.clips) == [Clip("a")]


def test_a_single_file_will_do(tmp_path: Path) -> None:
    source = put(tmp_path / "in")
    assert import_numpy(source / "a.npy", tmp_path / "out").n_with_poses == 1


def test_fractions_become_pixels_with_z_in_the_scale_of_x(tmp_path: Path) -> None:
    source = put(tmp_path / "in", np.full((2, 75, 3), 0.5))
    pose = pose_of(source, tmp_path / "out", units="fractions")
    assert pose.coords[0, 0].tolist() == [320, 240, 320]


@pytest.mark.parametrize("skeleton", [OPENPOSE_18, MEDIAPIPE_75])
def test_the_number_after_the_last_dimension_is_a_confidence(tmp_path: Path, skeleton: Any) -> None:
    array = take(n_landmarks=skeleton.n_landmarks, n_numbers=skeleton.n_dims + 1)
    array[..., -1] = 0.5
    array[1, 2, -1] = 0
    pose = pose_of(put(tmp_path / "in", array), tmp_path / "out", skeleton=skeleton.name)
    assert pose.coords.shape[2] == skeleton.n_dims
    assert np.argwhere(~pose.seen).tolist() == [[1, 2]]
    assert set(pose.confidence.ravel().tolist()) == {0, 0.5}


def test_nan_and_zeros_are_unseen(tmp_path: Path) -> None:
    array = take()
    array[0, 1], array[1, 2, 2], array[2, 3, 0] = 0, np.nan, 0
    pose = pose_of(put(tmp_path / "in", array), tmp_path / "out")
    assert np.argwhere(~pose.seen).tolist() == [[0, 1], [1, 2]]  # a zero alone is a place


@pytest.mark.parametrize("coords", ["coords", "keypoints", "pose"])
@pytest.mark.parametrize("confidence", ["confidence", "confidences", "scores"])
def test_an_npz_may_hold_confidences(tmp_path: Path, coords: str, confidence: str) -> None:
    given = make_pose(n_frames=4)
    arrays = {coords: given.coords, confidence: given.confidence, "label": np.array(["tea"])}
    pose = pose_of(put(tmp_path / "in", name="a.npz", **arrays), tmp_path / "out")
    assert np.array_equal(pose.coords, given.coords, equal_nan=True)
    assert np.array_equal(pose.confidence, given.confidence)


def test_folders_are_words_where_every_file_is_in_one(tmp_path: Path) -> None:
    for name in ("thank you/1.npy", "thank you/2.npy", "tea/1.npy"):
        put(tmp_path / "in", name=name)
    import_numpy(tmp_path / "in", tmp_path / "out")
    assert list(PoseDataset.open(tmp_path / "out").clips) == [
        Clip("tea-1", glosses=("tea",), extra={"x_label": ""}),
        Clip("thank_you-1", glosses=("thank-you",), extra={"x_label": "thank you"}),
        Clip("thank_you-2", glosses=("thank-you",), extra={"x_label": "thank you"}),
    ]


@pytest.mark.parametrize(
    "names", [("a/1.npy", "b.npy"), ("train/1.npy", "val/1.npy"), ("a/b/1.npy", "b/1.npy")]
)
def test_other_folders_are_no_words(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        put(tmp_path / "in", name=name)
    assert not import_numpy(tmp_path / "in", tmp_path / "out").n_bad_rows
    clips = list(PoseDataset.open(tmp_path / "out").clips)
    assert [clip.glosses for clip in clips] == [(), ()]
    ids = sorted(name.removesuffix(".npy").replace("/", "-") for name in names)
    assert sorted(clip.clip_id for clip in clips) == ids


def test_labels_come_from_a_table_and_what_is_amiss_is_listed(tmp_path: Path) -> None:
    for name in ("x/a.npy", "y/b.npy", "y/stray.npy"):
        put(tmp_path / "in", name=name)
    table = tmp_path / "labels.csv"
    rows = 'clip_id,glosses,text\nx-a,TEA,שלום\ny-b,,"a ""b"\ngone,TEA,\n'
    table.write_text("\ufeff" + rows, encoding="utf-8")
    summary = import_numpy(tmp_path / "in", tmp_path / "out", labels=table)
    assert (summary.n_clips, summary.n_missing, summary.n_unlisted) == (2, 1, 1)
    assert summary.n_right_to_left == 1
    assert [row.split(",")[0] for row in bad_rows(tmp_path / "out")] == [
        "empty_gloss",
        "stray_quote",
    ]
    assert lines(tmp_path / "out" / "missing.csv")[1] == "gone,,,,TEA,no landmarks"
    assert lines(tmp_path / "out" / "unlisted.csv")[1] == f"y-stray,{table} has no row for it"


def test_one_id_twice_is_listed(tmp_path: Path) -> None:
    put(tmp_path / "in", name="a.npy")
    put(tmp_path / "in", name="a.npz", coords=take())
    assert import_numpy(tmp_path / "in", tmp_path / "out").n_clips == 1
    assert bad_rows(tmp_path / "out") == [
        "duplicate_id,a.npz,,a,repeats the id 'a',left out",
    ]


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (
            take(n_landmarks=74),
            "has shape (4, 74, 3); mediapipe-75 needs (T, 75, C) or (T, 75 * C)",
        ),
        (take()[0, 0], "has shape (3,); mediapipe-75 needs (T, 75, C) or (T, 75 * C)"),
        (take()[:, None], "has shape (4, 1, 75, 3); mediapipe-75 needs (T, 75, C) or (T, 75 * C)"),
        (
            take(n_numbers=5),
            "has 5 numbers a landmark; mediapipe-75 has up to 3 and a confidence",
        ),
        (take(n_numbers=4), "has confidences that are not between 0 and 1"),
        (take() * np.inf, "has infinite coordinates"),
        (take() / 380, "has all places between 0.2632 and 0.9974, which are no pixels"),
        (take(n_frames=0), "has no frames"),
        (np.array(["a"]), "b.npy holds <U1; expected real numbers"),
        (take().astype(complex), "b.npy holds complex128; expected real numbers"),
        (
            take(n_numbers=2),
            "has 75 landmarks in 2 dimensions (mediapipe-75), the dataset 75 in 3 (mediapipe-75); "
            "one dataset has one skeleton",
        ),
    ],
)
def test_a_bad_file_is_listed_and_the_rest_goes_on(
    tmp_path: Path, array: np.ndarray, reason: str
) -> None:
    put(tmp_path / "in")
    put(tmp_path / "in", array, "b.npy")
    import_numpy(tmp_path / "in", tmp_path / "out")
    (failure,) = read_failures(tmp_path / "out" / "failures.csv").values()
    assert (failure.clip_id, failure.stage, failure.reason) == ("b", "import", reason)
    assert PoseDataset.open(tmp_path / "out").ids_with_poses == ["a"]


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"x": take()}, "has x; expected an array called coords or keypoints or pose"),
        (
            {"coords": take(), "scores": np.ones((4, 74))},
            "has confidence of shape (4, 74), expected (4, 75)",
        ),
        (
            {"coords": take(), "scores": np.full((4, 75), np.nan)},
            "has confidences that are not between 0 and 1",
        ),
    ],
)
def test_a_bad_npz_is_listed(tmp_path: Path, arrays: dict[str, Any], reason: str) -> None:
    put(tmp_path / "in")
    put(tmp_path / "in", name="b.npz", **arrays)
    import_numpy(tmp_path / "in", tmp_path / "out")
    (failure,) = read_failures(tmp_path / "out" / "failures.csv").values()
    assert (failure.clip_id, failure.reason) == ("b", reason)


def test_pixels_are_no_fractions(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        import_numpy(put(tmp_path / "in"), tmp_path / "out", units="fractions")
    assert str(caught.value) == (
        f"no file of {tmp_path / 'in'} can be used (first: a.npy: has places from 100 to 379, "
        "which are no fractions of the frame)"
    )


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    bomb = Bomb(tmp_path / "exploded")
    put(tmp_path / "in")
    put(tmp_path / "in", np.array([bomb], dtype=object), "b.npy")
    put(tmp_path / "in", name="c.npz", coords=np.array([bomb], dtype=object))
    for name in ("d.npy", "e.npz"):
        (tmp_path / "in" / name).write_bytes(pickle.dumps(bomb))
    import_numpy(tmp_path / "in", tmp_path / "out")
    assert list(read_failures(tmp_path / "out" / "failures.csv")) == ["b", "c", "d", "e"]
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("absent", list(GIVEN))
def test_what_the_files_do_not_know_is_asked_for(tmp_path: Path, absent: str) -> None:
    options = {
        "skeleton": "--skeleton NAME",
        "units": "--units pixels or fractions",
        "fps": "--fps",
        "size": "--size WxH",
    }
    with pytest.raises(FormatError) as caught:
        import_numpy(put(tmp_path / "in"), tmp_path / "out", **{absent: None})
    assert str(caught.value) == (
        f"the arrays of {tmp_path / 'in'} do not say what their numbers are; give {options[absent]}"
    )


def test_what_is_given_must_make_sense(tmp_path: Path) -> None:
    source = put(tmp_path / "in")
    with pytest.raises(FormatError, match="--units is 'metres'; give pixels or fractions"):
        import_numpy(source, tmp_path / "out", units="metres")
    with pytest.raises(SkeletonError, match="did you mean 'mediapipe-75'"):
        import_numpy(source, tmp_path / "out", skeleton="mediapipe-7")


@pytest.mark.parametrize(
    ("is_there", "message"),
    [
        (True, "{source} has no .npy or .npz files"),
        (False, "no folder at {source}; expected .npy or .npz files, one a clip"),
    ],
)
def test_a_folder_without_arrays_is_refused(
    tmp_path: Path, message: str, *, is_there: bool
) -> None:
    source = tmp_path / "in"
    if is_there:
        source.mkdir()
    with pytest.raises(FormatError) as caught:
        import_numpy(source, tmp_path / "out")
    assert str(caught.value) == message.format(source=source)


@pytest.mark.real_data
def test_real_arrays_come_through(real_data: Path, tmp_path: Path) -> None:
    with np.load(real_data / "asl-words" / "coords.npz") as archive:
        names = archive.files[:20]
        for name in names:
            put(tmp_path / "in", archive[name], f"{name}.npy")
        skeleton = MEDIAPIPE_75
        first = archive[names[0]]
    summary = import_numpy(tmp_path / "in", tmp_path / "out", units="fractions")
    assert (summary.n_with_poses, summary.n_failed) == (20, 0)
    pose = PoseDataset.open(tmp_path / "out").pose(names[0])
    assert pose.skeleton.landmarks == skeleton.landmarks
    x, seen = first[..., 0] * 640, pose.seen
    assert np.allclose(pose.coords[..., 0][seen], x[seen], atol=1 / 32)


def test_an_archive_that_promises_too_much_is_a_failure(tmp_path: Path) -> None:
    source = put(tmp_path / "in")
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 75, 3), }"
    with zipfile.ZipFile(source / "b.npz", "w") as archive:
        archive.writestr("coords.npy", b"\x93NUMPY\x01\x00v\x00" + header.ljust(117) + b"\n")
    assert import_numpy(source, tmp_path / "out").n_with_poses == 1


def test_an_array_that_unpacks_to_too_much_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(put(tmp_path / "in"), np.zeros((10_000, 75, 3)), "b.npz", coords=take())
    monkeypatch.setattr("signkit.convert.npz.MOST_BYTES", 100)
    import_numpy(source, tmp_path / "out")
    failure = read_failures(tmp_path / "out" / "failures.csv")["b"]
    assert "coords.npy unpacks to" in failure.reason


def test_a_flat_array_without_frames_is_a_failure(tmp_path: Path) -> None:
    source = put(put(tmp_path / "in"), take().reshape(len(take()), -1)[:0], "b.npy")
    import_numpy(source, tmp_path / "out")
    assert read_failures(tmp_path / "out" / "failures.csv")["b"].reason == "has no frames"


def test_a_run_of_another_version_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    source, keys = put(tmp_path / "in"), set()
    for version in ("0.3", "0.4"):
        monkeypatch.setattr("signkit.convert.build.__version__", version)
        with pytest.raises(KeyboardInterrupt):
            import_dataset("numpy", source, tmp_path / "out", ImportOptions(**GIVEN), progress=stop)
        keys.add((tmp_path / ".out.partial.tmp" / ".resume_key").read_text())
    assert len(keys) == 2
