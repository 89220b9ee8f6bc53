import json
import struct
import warnings
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.convert import (
    ExportOptions,
    ImportOptions,
    ImportSummary,
    export_dataset,
    import_dataset,
)
from signkit.convert.pose_format import (
    Body,
    Component,
    Header,
    exact_rate,
    pose_bytes,
    read_pose_file,
)
from signkit.convert.pose_names import components_of, landmark_names, plan_of
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError, FormatError
from signkit.failures import read_failures
from signkit.pose import PoseSequence
from signkit.shard import ShardWriter
from signkit.skeleton import Skeleton, skeleton_from_names
from signkit.skeletons import MEDIAPIPE_75, SKELETONS
from tests.convert.corpora import bad_rows, lines
from tests.factories import assert_same_pose, make_clips, make_dataset, make_pose

POINTS = ("nose", "left_wrist", "right_wrist", "antenna")
THING = Component("thing", "XYC", POINTS, limbs=((0, 3), (1, 2)), colors=((255, 0, 0),))


def make_body(n_frames: int = 3, n_people: int = 1, n_points: int = 4, n_dims: int = 2) -> Body:
    """Everybody seen; person p is 100 px right of person p - 1."""
    rng = np.random.default_rng(0)
    coords = rng.uniform(100, 200, (n_frames, n_people, n_points, n_dims)).round().astype("f4")
    coords[..., 0] += 100 * np.arange(n_people, dtype="f4")[:, None]
    return Body(25.0, coords, np.full(coords.shape[:3], 0.5, np.float32))


def header_of(*components: Component, size: tuple[int, int] = (640, 480)) -> Header:
    return Header(2, *size, 0, components or (THING,))


def old_bytes(header: Header, body: Body, *, version: float, count: int | None = None) -> bytes:
    """The file in version 0.1 or, with as many people in all frames, 0.0."""
    new = pose_bytes(header, body)
    n_frames, n_people = body.confidence.shape[:2]
    n_floats = body.coords.size + body.confidence.size
    start = len(new) - 4 * n_floats - struct.calcsize("<fIH")
    head = struct.pack("<f", version) + new[4:start]
    count = n_frames % 65536 if count is None else count
    if version:
        return head + struct.pack("<3H", round(body.fps), count, n_people) + new[-4 * n_floats :]
    values = np.concatenate([body.coords, body.confidence[..., None]], axis=-1)
    people = (struct.pack("<h", 7) + person.tobytes() for person in values.reshape(-1, 4, 3))
    frames = (
        struct.pack("<H", n_people) + b"".join(next(people) for _ in range(n_people))
        for _ in range(n_frames)
    )
    return head + struct.pack("<2H", round(body.fps), count) + b"".join(frames)


def put(folder: Path, name: str = "a", content: bytes | None = None, **body: Any) -> Path:
    """Put a file into the folder; gives the folder."""
    path = folder / f"{name}.pose"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pose_bytes(header_of(), make_body(**body)) if content is None else content)
    return folder


def import_poses(source: Path, out: Path, **options: Any) -> ImportSummary:
    return import_dataset("pose", source, out, ImportOptions(**options))


def pose_of(source: Path, out: Path, clip_id: str = "a", **options: Any) -> PoseSequence:
    import_poses(source, out, **options)
    return PoseDataset.open(out).pose(clip_id)


@pytest.fixture(scope="module")
def peer() -> Iterator[Any]:
    """The format's own library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("pose_format")


def test_a_file_becomes_a_clip(tmp_path: Path) -> None:
    body = make_body()
    body.confidence[1, 0, 2] = 0
    source = put(tmp_path / "in", "a", pose_bytes(header_of(), body))
    summary = import_poses(source / "a.pose", tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (1, 1, 3)
    dataset = PoseDataset.open(tmp_path / "out")
    pose = dataset.pose("a")
    assert (pose.fps, pose.width_px, pose.height_px) == (25.0, 640, 480)
    assert np.isnan(pose.coords[1, 2]).all()
    assert pose.confidence.tolist()[1] == [0.5, 0.5, 0, 0.5]
    assert np.array_equal(pose.coords[0], body.coords[0, 0])
    assert dataset.skeleton.landmarks == POINTS
    assert ("nose", "antenna") in dataset.skeleton.edges
    assert dataset.info.extractor == {"name": "unknown"}
    assert list(dataset.clips) == [Clip("a")]


@pytest.mark.parametrize("version", [0.0, 0.1])
def test_old_versions_hold_the_same(tmp_path: Path, version: float) -> None:
    content = old_bytes(header_of(), make_body(), version=version)
    put(tmp_path / "in", "old", content)
    put(tmp_path / "in", "new")
    import_poses(tmp_path / "in", tmp_path / "out")
    dataset = PoseDataset.open(tmp_path / "out")
    assert_same_pose(dataset.pose("old"), replace(dataset.pose("new"), clip_id="old"))


def test_a_frame_of_version_0_may_have_nobody_or_several(tmp_path: Path) -> None:
    body = make_body(n_frames=3, n_people=2)
    content = old_bytes(header_of(), body, version=0.0)
    frame = 2 + 2 * (2 + 4 * 12)
    cut = content[: -2 * frame] + struct.pack("<H", 0) + content[-frame:]
    pose = pose_of(put(tmp_path / "in", "a", cut), tmp_path / "out")
    assert pose.seen.all(axis=1).tolist() == [True, False, True]
    assert np.array_equal(pose.coords[2], body.coords[2, 0])


def test_a_count_of_frames_that_overflowed_is_found_by_the_size(tmp_path: Path) -> None:
    n_frames = 65536 + 2
    header = header_of(Component("c", "XYC", ("nose",)))
    body = make_body(n_frames=n_frames, n_points=1)
    (tmp_path / "a.pose").write_bytes(old_bytes(header, body, version=0.1))
    _, read = read_pose_file(tmp_path / "a.pose")
    assert len(read.coords) == n_frames
    assert np.array_equal(read.coords, body.coords)
    assert np.array_equal(read.confidence, body.confidence)


@pytest.mark.parametrize("version", [0.0, 0.1, 0.2])
def test_bytes_behind_the_last_frame_are_noted(tmp_path: Path, version: float) -> None:
    content = (
        pose_bytes(header_of(), make_body())
        if version == 0.2
        else old_bytes(header_of(), make_body(), version=version)
    )
    summary = import_poses(put(tmp_path / "in", "a", content + b"12345"), tmp_path / "out")
    assert summary.n_frames == 3
    assert bad_rows(tmp_path / "out") == [
        "unreadable,a.pose,,a,has 5 bytes behind its last frame,kept"
    ]
    with pytest.raises(FormatError, match=r"a\.pose: has 5 bytes behind its last frame; correct"):
        import_poses(tmp_path / "in", tmp_path / "again", strict=True)


def changed(content: bytes, at: int, pattern: str, *numbers: Any) -> bytes:
    """The bytes with other numbers from `at` on."""
    new = struct.pack(pattern, *numbers)
    at = at % len(content)
    return content[:at] + new + content[at + len(new) :]


WHOLE = pose_bytes(header_of(), make_body())
BODY = len(WHOLE) - 3 * 4 * 3 * 4 - 10
NOWHERE = pose_bytes(header_of(), replace(make_body(), coords=make_body().coords * np.inf))
NORMAL = pose_bytes(header_of(), replace(make_body(), coords=make_body().coords / 100))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is cut off within its header"),
        (WHOLE[:50], "is cut off within its header"),
        (b"GIF89a" * 9, "has version 4.73e-05, expected 0.0, 0.1 or 0.2 of a .pose file"),
        (changed(WHOLE, 0, "<f", 0.3), "has version 0.3, expected 0.0, 0.1 or 0.2 of a .pose file"),
        (changed(WHOLE, 10, "<H", 0), "has no points in its header"),
        (
            WHOLE[:-1],
            "is cut off: it has 143 bytes for its 3 frames, which need 144 or more",
        ),
        (
            changed(WHOLE, BODY + 4, "<I", 2**32 - 1),
            "is cut off: it has 144 bytes for its 4,294,967,295 frames, which need "
            "206,158,430,160 or more",
        ),
        (
            old_bytes(header_of(), make_body(), version=0.1, count=7),
            "is cut off: it has 144 bytes for its 7 frames, which need 336 or more",
        ),
        (
            old_bytes(header_of(), make_body(), version=0.0)[:-1],
            "is cut off: it has 243 bytes for its 3 frames, which need 244 or more",
        ),
        (changed(WHOLE, BODY + 8, "<H", 0), "has nobody in it"),
        (changed(WHOLE, BODY + 4, "<I", 0), "has no frames"),
        (changed(WHOLE, BODY, "<f", 0), "clip 'bad': fps is 0.0, expected a positive number"),
        (changed(WHOLE, 4, "<H", 0), "says that the frame is 0 x 480 px"),
        (changed(WHOLE, -4, "<f", np.nan), "has confidences that are not between 0 and 1"),
        (changed(WHOLE, -4, "<f", 98.5), "has confidences that are not between 0 and 1"),
        (NOWHERE, "has infinite coordinates"),
        (
            NORMAL,
            "has all landmarks between 1 and 1.94 in a frame of 640 x 480 px, so they are not in "
            "pixels; was the file normalized?",
        ),
        (
            pose_bytes(header_of(replace(THING, letters="XC")), make_body(n_dims=1)),
            "has a component 'thing' of 'XC', expected 'XYC' or 'XYZC'",
        ),
        (
            pose_bytes(header_of(replace(THING, name="POSE_WORLD_LANDMARKS")), make_body()),
            "has no points but POSE_WORLD_LANDMARKS, which are not places in the frame",
        ),
        (
            pose_bytes(header_of(Component("one", "XYC", ("nose",))), make_body(n_points=1)),
            "has 1 landmarks in 2 dimensions (pose-1), the dataset 4 in 2 (pose-4); one dataset "
            "has one skeleton",
        ),
    ],
)
def test_a_bad_file_is_listed_and_the_rest_goes_on(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    put(tmp_path / "in", "a")
    put(tmp_path / "in", "bad", content)
    import_poses(tmp_path / "in", tmp_path / "out")
    (failure,) = read_failures(tmp_path / "out" / "failures.csv").values()
    assert (failure.clip_id, failure.stage, failure.reason) == ("bad", "import", reason)
    assert PoseDataset.open(tmp_path / "out").ids_with_poses == ["a"]


def test_of_two_files_of_one_clip_the_second_is_left_out_and_listed(tmp_path: Path) -> None:
    for name in ("a", "a.mp4"):
        put(tmp_path / "in", name)
    summary = import_poses(tmp_path / "in", tmp_path / "out")
    assert (summary.n_with_poses, summary.n_left_out) == (1, 1)
    assert str(summary.first_bad[0]) == "a.pose: repeats the id 'a'; left out"


def test_confidence_may_pass_1_a_little(tmp_path: Path) -> None:
    content = changed(WHOLE, -4, "<f", 1.00611)
    pose = pose_of(put(tmp_path / "in", "a", content), tmp_path / "out")
    assert pose.confidence[-1].tolist() == [0.5, 0.5, 0.5, 1]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "{source} has no .pose files"),
        (
            ("bad",),
            "no file of {source} can be read (first: bad.pose is cut off within its header)",
        ),
    ],
)
def test_a_folder_without_clips_is_refused(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        put(tmp_path / "in", name, b"" if name == "bad" else None)
    with pytest.raises(FormatError) as caught:
        import_poses(tmp_path / "in", tmp_path / "out")
    assert str(caught.value) == message.format(source=tmp_path / "in")


def test_a_place_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        import_poses(tmp_path / "in", tmp_path / "out")
    assert str(caught.value) == f"no .pose file or folder of them at {tmp_path / 'in'}"


def test_clips_are_called_by_their_path(tmp_path: Path) -> None:
    for name in ("day 1/a.mp4", "b", "day 1/deep/c"):
        put(tmp_path / "in", name)
    import_poses(tmp_path / "in", tmp_path / "out")
    ids = PoseDataset.open(tmp_path / "out").ids_with_poses
    assert ids == ["b", "day_1-a", "day_1-deep-c"]


def test_labels_come_from_a_table_and_what_is_amiss_is_listed(tmp_path: Path) -> None:
    for name in ("a", "b", "stray"):
        put(tmp_path / "in", name)
    table = tmp_path / "labels.csv"
    table.write_text("\ufeffclip_id,glosses,text\na,TEA,שָׁלוֹם\nb,,\ngone,TEA,\n", encoding="utf-8")
    summary = import_poses(tmp_path / "in", tmp_path / "out", labels=table)
    assert (summary.n_clips, summary.n_missing, summary.n_unlisted) == (2, 1, 1)
    assert summary.n_right_to_left == 1
    assert bad_rows(tmp_path / "out") == ["empty_gloss,b.pose,,b,has no gloss,kept"]
    assert lines(tmp_path / "out" / "missing.csv")[1] == "gone,,,,TEA,no landmarks"
    assert lines(tmp_path / "out" / "unlisted.csv")[1] == f"stray,{table} has no row for it"
    assert PoseDataset.open(tmp_path / "out").clips["a"].text == "שָׁלוֹם"


def body_of(pose: PoseSequence) -> tuple[Header, Body]:
    components = components_of(pose.skeleton)
    header = Header(2, pose.width_px, pose.height_px, 0, components)
    coords = np.nan_to_num(pose.coords)[:, None]
    if pose.skeleton.n_dims == 3:
        coords[..., 2] /= pose.width_px
    return header, Body(pose.fps, coords, np.array(pose.confidence)[:, None])


def test_of_several_people_one_becomes_the_pose(tmp_path: Path) -> None:
    header, small = body_of(make_pose(hidden=0, skeleton=replace(MEDIAPIPE_75, n_dims=2)))
    large = small.coords * np.float32(2) - np.float32(60)
    shuffled = [(small.coords, large), (large, small.coords)]
    frames = [np.concatenate([p[t : t + 1] for p in shuffled[t % 2]], axis=1) for t in range(12)]
    body = Body(25.0, np.concatenate(frames), np.repeat(small.confidence, 2, axis=1))
    source = put(tmp_path / "in", "a", pose_bytes(header, body))
    pose = pose_of(source, tmp_path / "largest")
    assert np.array_equal(pose.coords, large[:, 0])
    first = pose_of(source, tmp_path / "first", signer="first")
    assert np.array_equal(first.coords, body.coords[:, 0])
    with pytest.raises(FormatError, match="--signer is 'tallest'; give largest, active, first"):
        import_poses(source, tmp_path / "out", signer="tallest")


def test_frames_without_anybody_are_unseen(tmp_path: Path) -> None:
    header, body = body_of(make_pose(hidden=0))
    two = Body(25.0, *(np.repeat(a, 2, axis=1) for a in (body.coords, body.confidence)))
    two.confidence[:, 1] = 0
    two.confidence[4] = 0
    pose = pose_of(put(tmp_path / "in", "a", pose_bytes(header, two)), tmp_path / "out")
    assert pose.seen.all(axis=1).tolist() == [t != 4 for t in range(12)]


def holistic(n_face: int, *, letters: str = "XYZC") -> tuple[Component, ...]:
    """The components that pose-format writes for MediaPipe."""
    name = "mediapipe-553" if n_face == 478 else "mediapipe-543"
    components = [replace(c, letters=letters) for c in components_of(SKELETONS[name])]
    return (*components, replace(components[0], name="POSE_WORLD_LANDMARKS"))


@pytest.mark.parametrize(("n_face", "name"), [(468, "mediapipe-543"), (478, "mediapipe-553")])
def test_holistic_is_a_known_skeleton_without_world_landmarks(
    tmp_path: Path, n_face: int, name: str
) -> None:
    header = header_of(*holistic(n_face))
    body = make_body(n_points=header.n_points, n_dims=3)
    body.coords[..., 2] = 0.25
    source = put(tmp_path / "in", "a", pose_bytes(header, body))
    pose = pose_of(source, tmp_path / "out")
    info = PoseDataset.open(tmp_path / "out").info
    assert info.skeleton == SKELETONS[name]
    assert info.note == "POSE_WORLD_LANDMARKS are left out: they are no places in the frame"
    assert (pose.coords[..., 2] == 160).all()  # a quarter of the width
    assert np.array_equal(pose.coords[..., :2], body.coords[:, 0, :-33, :2])


def test_other_numbers_of_a_point_are_left_out_and_noted(tmp_path: Path) -> None:
    header = header_of(*holistic(468, letters="XYZKC")[:-1])
    body = make_body(n_points=543, n_dims=4)
    body.coords[..., 2:] = 0.25
    source = put(tmp_path / "in", "a", pose_bytes(header, body))
    pose = pose_of(source, tmp_path / "out")
    assert pose.coords.shape == (3, 543, 3)
    assert (pose.coords[..., 2] == 160).all()
    info = PoseDataset.open(tmp_path / "out").info
    assert info.note == "the numbers K of the points are left out"


def test_z_that_somebody_scaled_stays_and_does_not_mix(tmp_path: Path) -> None:
    header, body = body_of(make_pose())
    body.coords[..., 2] = np.where(body.confidence, 625, 0)
    put(tmp_path / "in", "a", pose_bytes(header, body))
    put(tmp_path / "in", "b", pose_bytes(*body_of(make_pose())))
    pose = pose_of(tmp_path / "in", tmp_path / "out")
    assert np.nanmin(pose.coords[..., 2]) == 625
    assert PoseDataset.open(tmp_path / "out").info.note.startswith("z is no fraction of the width")
    (failure,) = read_failures(tmp_path / "out" / "failures.csv").values()
    assert failure.reason == "has z a fraction of the width, the first file in an unknown scale"


def test_a_component_without_depth_lies_in_the_plane(tmp_path: Path) -> None:
    flat = Component("flat", "XYC", ("nose",))
    deep = Component("deep", "XYZC", ("antenna",))
    body = make_body(n_points=2, n_dims=3)
    pose = pose_of(
        put(tmp_path / "in", "a", pose_bytes(header_of(flat, deep), body)), tmp_path / "o"
    )
    assert pose.coords[:, 0, 2].tolist() == [0, 0, 0]
    assert np.array_equal(pose.coords[:, 1], body.coords[:, 0, 1])  # z is kept as it is


@pytest.mark.parametrize(
    ("components", "names"),
    [
        ([("POSE_LANDMARKS", "NOSE"), ("POSE_LANDMARKS", "MOUTH_LEFT")], ("nose", "mouth_left")),
        (
            [("LEFT_HAND_LANDMARKS", "INDEX_FINGER_TIP"), ("RIGHT_HAND_LANDMARKS", "THUMB_CMC")],
            ("left_hand_index_tip", "right_hand_thumb_cmc"),
        ),
        ([("LEFT_HAND_LANDMARKS", "PINKY_MCP")], ("left_hand_pinky_mcp",)),
        ([("FACE_LANDMARKS", "17"), ("FACE_LANDMARKS", "478")], ("face_17", "478")),
        ([("pose_keypoints_2d", "RBigToe")], ("right_big_toe",)),
        ([("pose_keypoints_2d", "MidHip")], ("mid_hip",)),
        ([("hand_left_keypoints_2d", "I_CMC")], ("left_hand_index_mcp",)),
        ([("face_keypoints_2d", "FP_68")], ("face_pupil_right",)),
        ([("LEFT_HAND", "hand_8"), ("FACE_133", "face-3")], ("left_hand_index_tip", "face_ibug_3")),
        ([("A", "tip"), ("B", "tip"), ("B", "root")], ("A_tip", "B_tip", "root")),
        ([("A", "x"), ("A", "x")], ("A_x", "A_x_again")),
        ([("ähm", "Fühler")], ("Fühler",)),
        ([("A", "F\udcc3")], ("F\ufffd",)),
    ],
)  # fmt: skip
def test_points_are_landmarks_by_name(
    components: list[tuple[str, str]], names: tuple[str, ...]
) -> None:
    assert landmark_names([Component(c, "XYC", (point,)) for c, point in components]) == names


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_every_known_skeleton_goes_through_and_back(skeleton: Skeleton) -> None:
    assert plan_of(components_of(skeleton)).skeleton == skeleton


def test_a_part_of_a_known_skeleton_keeps_its_mirror(tmp_path: Path) -> None:
    names = ("left_shoulder", "right_shoulder", "face_33", "face_263", "face_61")
    skeleton = plan_of(components_of(skeleton_from_names("mediapipe-5", names, n_dims=3))).skeleton
    assert (skeleton.name, skeleton.landmarks) == ("mediapipe-5", names)
    assert ("face_263", "face_33") in skeleton.mirror_pairs
    assert skeleton.unmirrored == ("face_61",)


def test_landmarks_in_mixed_order_go_through_and_back() -> None:
    skeleton = skeleton_from_names("mixed", ("nose", "antenna", "neck", "tail"), n_dims=2)
    (component,) = components_of(skeleton)
    assert (component.name, component.points) == ("landmarks", skeleton.landmarks)


@pytest.mark.parametrize(
    "fps", [25.0, 29.97, 30000 / 1001, 24000 / 1001, 23.976, 59.94, 12.5, 14.985]
)
def test_a_frame_rate_survives_32_bits(fps: float) -> None:
    assert exact_rate(float(np.float32(fps))) == fps


def assert_same_dataset(one: PoseDataset, other: PoseDataset) -> None:
    assert list(one.clips) == list(other.clips)
    assert one.info.to_json() == other.info.to_json()
    for a, b in zip(one.poses(), other.poses(), strict=True):
        assert_same_pose(a, b)


@pytest.mark.parametrize(
    "skeleton",
    [*SKELETONS.values(), skeleton_from_names("mixed", ("nose", "antenna", "neck"), n_dims=3)],
    ids=lambda skeleton: skeleton.name,
)
def test_import_is_the_inverse_of_export(tmp_path: Path, skeleton: Skeleton) -> None:
    clips = [
        *make_clips(signers=("ann",)),
        Clip("a.mp4", glosses=("TEA",), extra={"x_room": "3"}),
        Clip("a"),
        Clip("ünseen", glosses=("TEA",), text="Tee, bitte", start_s=0.25),
    ]
    dataset = make_dataset(tmp_path / "one", clips, without_poses=["ünseen"], skeleton=skeleton)
    summary = export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    assert (summary.n_clips, summary.n_with_poses, summary.notes) == (11, 10, ())
    import_poses(tmp_path / "poses", tmp_path / "two")
    assert_same_dataset(dataset, PoseDataset.open(tmp_path / "two"))
    missing = lines(tmp_path / "two" / "missing.csv")
    assert missing[1:] == ["ünseen,,,,TEA,no file ünseen.pose"]
    export_dataset("pose", tmp_path / "two", tmp_path / "again")
    for path in (tmp_path / "poses").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_labels_of_an_export_may_be_given(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "one", make_clips(signers=("ann",)))
    export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    labels = tmp_path / "poses" / "clips.csv"
    (tmp_path / "poses" / "corpus.json").unlink()
    import_poses(tmp_path / "poses", tmp_path / "two", labels=labels)
    two = PoseDataset.open(tmp_path / "two")
    for clip_id in dataset.ids_with_poses:
        assert_same_pose(dataset.pose(clip_id), two.pose(clip_id))
        assert dataset.clips[clip_id] == two.clips[clip_id]


def test_what_an_export_loses_is_said(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", [Clip("a"), Clip("b"), Clip("c")], without_poses=["b", "c"])
    uneven = replace(make_pose("b"), time_s=np.arange(12) * 0.04 + 0.001 * np.arange(12) ** 2)
    with ShardWriter(tmp_path / "one" / "poses", first_shard=9) as shards:
        shards.add(uneven)
        shards.add(make_pose("c", fps=25.000000123))
        shards.add(make_pose("unlisted"))
    summary = export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    assert summary.notes == (
        "1 clips: frames become evenly spaced, from 0 s on",
        "1 clips: the frame rate is rounded to a float32",
    )
    assert summary.unlisted == ("unlisted",)
    assert not (tmp_path / "poses" / "unlisted.pose").exists()


def test_a_landmark_that_was_seen_without_confidence_stays_seen(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", [Clip("a")], without_poses=["a"])
    pose = make_pose("a", hidden=0)
    unsure = replace(pose, confidence=np.zeros_like(pose.confidence))
    with ShardWriter(tmp_path / "one" / "poses", first_shard=9) as shards:
        shards.add(unsure)
    export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    assert_same_pose(pose_of(tmp_path / "poses", tmp_path / "two"), unsure)


def test_one_split_may_be_exported(tmp_path: Path) -> None:
    clips = [Clip("a", split="train"), Clip("b", split="test")]
    make_dataset(tmp_path / "one", clips)
    options = ExportOptions(split="test")
    summary = export_dataset("pose", tmp_path / "one", tmp_path / "poses", options)
    assert (summary.n_clips, summary.unlisted) == (1, ())
    assert sorted(p.name for p in (tmp_path / "poses").iterdir()) == [
        "README.md",
        "b.pose",
        "clips.csv",
        "corpus.json",
    ]
    with pytest.raises(FormatError, match="has no clip in split 'dev'"):
        export_dataset("pose", tmp_path / "one", tmp_path / "none", ExportOptions(split="dev"))
    assert not (tmp_path / "none").exists()


def test_an_export_repeats_the_licence(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", [Clip("a")])
    export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    assert "- Licence: CC0-1.0\n" in (tmp_path / "poses" / "README.md").read_text()
    assert json.loads((tmp_path / "poses" / "corpus.json").read_text())["licence"] == "CC0-1.0"


def test_what_does_not_fit_the_format_is_refused(tmp_path: Path) -> None:
    make_dataset(tmp_path / "long", [Clip("é" * 127)])
    with pytest.raises(FormatError) as caught:
        export_dataset("pose", tmp_path / "long", tmp_path / "poses")
    assert str(caught.value) == (f"clip '{'é' * 40}'... has too long an id for the name of a file")
    make_dataset(tmp_path / "wide", [Clip("a")], without_poses=["a"])
    with ShardWriter(tmp_path / "wide" / "poses", first_shard=9) as shards:
        shards.add(replace(make_pose("a"), width_px=70_000))
    with pytest.raises(FormatError) as caught:
        export_dataset("pose", tmp_path / "wide", tmp_path / "poses")
    assert str(caught.value) == (
        "clip 'a' has a frame of 70000 x 480 px; a .pose file holds up to 65,535"
    )
    assert not (tmp_path / "poses").exists()


def test_a_description_that_was_damaged_is_refused(tmp_path: Path) -> None:
    make_dataset(tmp_path / "one", [Clip("a")])
    export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    description = tmp_path / "poses" / "corpus.json"
    description.write_text('{"format": "pose"}')
    with pytest.raises(FormatError) as caught:
        import_poses(tmp_path / "poses", tmp_path / "two")
    assert str(caught.value) == (
        f"{description} is not as 'signkit export pose' writes it (KeyError('skeleton')); restore "
        "it, or delete it to read the .pose files alone"
    )


def test_a_dataset_without_poses_is_refused(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "one", [Clip("a")])
    PoseDataset.create(tmp_path / "none", replace(dataset.info, skeleton=None), dataset.clips)
    with pytest.raises(DatasetError, match="has annotations but no poses yet"):
        export_dataset("pose", tmp_path / "none", tmp_path / "poses")


@pytest.mark.parametrize("name", ["mediapipe-543", "openpose-137", "isharah-86"])
def test_the_formats_own_library_reads_an_export_equal(
    tmp_path: Path, peer: Any, name: str
) -> None:
    skeleton = SKELETONS[name]
    dataset = make_dataset(tmp_path / "one", [Clip("a")], skeleton=skeleton)
    export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    content = (tmp_path / "poses" / "a.pose").read_bytes()
    read, pose = peer.Pose.read(content), dataset.pose("a")
    assert (read.header.dimensions.width, read.header.dimensions.height) == (640, 480)
    assert read.body.fps == pose.fps
    coords = np.where(pose.seen[..., None], pose.coords, 0).astype(np.float32)
    if name == "mediapipe-543":
        coords[..., 2] /= 640
    assert np.array_equal(read.body.data.data[:, 0], coords)
    assert np.array_equal(read.body.data.mask[:, 0, :, 0], ~pose.seen)
    assert np.array_equal(read.body.confidence[:, 0], pose.confidence)
    components = components_of(skeleton)
    assert [c.name for c in read.header.components] == [c.name for c in components]
    for theirs, ours in zip(read.header.components, components, strict=True):
        assert (tuple(theirs.points), theirs.format) == (ours.points, ours.letters)
        assert tuple(map(tuple, theirs.limbs)) == ours.limbs
    again = BytesIO()
    read.write(again)
    assert again.getvalue() == content


def test_what_the_formats_own_library_writes_goes_through_byte_for_byte(
    tmp_path: Path, peer: Any
) -> None:
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

    body = make_body(n_frames=9, n_people=3)
    body.confidence[2, 1] = 0
    component = PoseHeaderComponent("Flügel", list(POINTS), [(0, 1)], [(1, 2, 3)], "XYC")
    header = PoseHeader(0.2, PoseHeaderDimensions(640, 480, 9), [component])
    path = tmp_path / "a.pose"
    with path.open("wb") as file:
        peer.Pose(header, NumPyPoseBody(29.97, body.coords, body.confidence)).write(file)
    read = read_pose_file(path)
    assert pose_bytes(*read) == path.read_bytes()
    assert np.array_equal(read[1].coords, body.coords)
    assert read[0].components[0].name == "Flüge"  # it cuts names that are not ASCII


def test_names_that_are_not_ascii_are_whole(tmp_path: Path) -> None:
    header = header_of(Component("Flügel", "XYC", ("Spitze", "Mitte", "Größe", "翼")))
    (tmp_path / "a.pose").write_bytes(pose_bytes(header, make_body()))
    assert read_pose_file(tmp_path / "a.pose")[0] == header


REAL = {
    "autsl_signer0_sample1000": (43, "mediapipe-543", 30.0, 1),
    "phoenix14t_25October_2010_Monday_tagesschau-17": (86, "mediapipe-543", 25.0, 1),
    "slp_mediapipe": (170, "mediapipe-178", 24.0, 1),
    "slp_openpose": (93, "openpose-137", 24.0, 0),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_files_come_through_and_go_back(
    real_data: Path, tmp_path: Path, peer: Any, name: str
) -> None:
    n_frames, skeleton, fps, version = REAL[name]
    path = real_data / "pose_files" / f"{name}.pose"
    header, body = read_pose_file(path)
    assert header.version == version
    theirs = peer.Pose.read(path.read_bytes()).body
    assert np.array_equal(body.coords, np.asarray(theirs.data.data))
    assert np.array_equal(body.confidence, theirs.confidence)
    summary = import_poses(path, tmp_path / "one")
    assert (summary.n_frames, summary.skeleton, summary.failures) == (n_frames, skeleton, ())
    one = PoseDataset.open(tmp_path / "one")
    pose = one.pose(name)
    assert pose.fps == fps
    assert np.array_equal(pose.seen, theirs.confidence[:, 0] > 0)
    export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    import_poses(tmp_path / "poses", tmp_path / "two")
    assert_same_dataset(one, PoseDataset.open(tmp_path / "two"))


@pytest.mark.real_data
def test_a_folder_of_real_files_has_the_skeleton_of_the_first(
    real_data: Path, tmp_path: Path
) -> None:
    summary = import_poses(real_data / "pose_files", tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses, summary.n_failed) == (4, 2, 2)
    assert [f.reason.split(",")[0] for f in summary.failures] == [
        "has z in an unknown scale",
        "has 137 landmarks in 2 dimensions (openpose-137)",
    ]


@pytest.mark.real_data
def test_a_real_corpus_survives_the_round_trip(real_data: Path, tmp_path: Path) -> None:
    import_dataset("arrays", real_data / "asl-words", tmp_path / "one")
    summary = export_dataset("pose", tmp_path / "one", tmp_path / "poses")
    assert summary.notes == ()
    import_poses(tmp_path / "poses", tmp_path / "two")
    assert_same_dataset(PoseDataset.open(tmp_path / "one"), PoseDataset.open(tmp_path / "two"))


def test_a_file_that_cannot_be_opened_is_listed(tmp_path: Path) -> None:
    put(tmp_path / "in", "b")
    (tmp_path / "in" / "a.pose").symlink_to(tmp_path / "gone")
    import_poses(tmp_path / "in", tmp_path / "out")
    assert "No such file" in read_failures(tmp_path / "out" / "failures.csv")["a"].reason


def test_more_points_than_people_have_make_no_room(tmp_path: Path) -> None:
    many = Component("many", "XYC", tuple(f"p{i}" for i in range(5_001)))
    put(tmp_path / "in", "a", pose_bytes(header_of(many), make_body(n_points=5_001)))
    with pytest.raises(FormatError, match="has 5,001 points, expected up to 5,000"):
        import_poses(tmp_path / "in", tmp_path / "out")
