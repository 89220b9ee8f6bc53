from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import import_dataset
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import FormatError
from signkit.shard import ShardWriter
from signkit.skeletons import MEDIAPIPE_75
from tests.convert.annotations import imported, write
from tests.convert.corpora import bad_rows, lines
from tests.factories import make_pose

NAMES = ("VIDEO_ID", "VIDEO_NAME", "SENTENCE_ID", "SENTENCE_NAME")
REALIGNED = "\t".join((*NAMES, "START_REALIGNED", "END_REALIGNED", "SENTENCE"))
ORIGINAL = "\t".join((*NAMES, "START", "END", "SENTENCE"))


def row(
    sentence: int,
    start: object,
    end: object,
    text: str = "Ugly old fly.",
    video: str = "10om04b2LIw",
) -> str:
    names = (
        video,
        f"{video}-8-rgb_front",
        f"{video}_{sentence}",
        f"{video}_{sentence}-8-rgb_front",
    )
    return "\t".join((*names, str(start), str(end), text))


def test_a_realigned_sentence_is_a_window_of_the_raw_recording(tmp_path: Path) -> None:
    write(
        tmp_path / "h2s" / "how2sign_realigned_train.csv",
        REALIGNED,
        row(26, 137.95, 141.01, "And that ought to do it."),
    )
    summary, clips = imported("how2sign", tmp_path / "h2s", tmp_path / "out")
    assert list(clips.values()) == [
        Clip(
            "10om04b2LIw_26-8-rgb_front",
            video="10om04b2LIw-8-rgb_front.mp4",
            start_s=137.95,
            end_s=141.01,
            text="And that ought to do it.",
            language="ase",
            split="train",
            session="10om04b2LIw",
            extra={
                "x_times": "realigned",
                "x_number_in_name": "8",
                "x_cut_video": "10om04b2LIw_26-8-rgb_front.mp4",
                "x_sentence_id": "10om04b2LIw_26",
            },
        )
    ]
    assert summary.bad_rows == {}
    assert PoseDataset.open(tmp_path / "out").info.licence.startswith("CC BY-NC 4.0")


def test_of_each_split_the_realigned_table_counts(tmp_path: Path) -> None:
    for split in ("train", "val"):
        write(tmp_path / f"how2sign_{split}.csv", ORIGINAL, row(1, 1, 2, video=split))
    write(tmp_path / "how2sign_realigned_train.csv", REALIGNED, row(1, 3, 4, video="train"))
    deep = tmp_path / "test" / "text" / "en" / "raw_text" / "re_aligned"
    write(deep / "how2sign_realigned_test.csv", REALIGNED, row(1, 5, 6, video="test"))
    _, clips = imported("how2sign", tmp_path, tmp_path / "out")
    assert [(c.session, c.split, c.start_s, c.extra["x_times"]) for c in clips.values()] == [
        ("train", "train", 3.0, "realigned"),
        ("val", "dev", 1.0, "original"),
        ("test", "test", 5.0, "realigned"),
    ]


@pytest.mark.parametrize(
    ("there", "video", "start_s", "n_missing"),
    [
        (["10om04b2LIw-8-rgb_front.mp4"], "10om04b2LIw-8-rgb_front.mp4", 1.5, 0),
        (["10om04b2LIw_1-8-rgb_front.mp4"], "10om04b2LIw_1-8-rgb_front.mp4", None, 0),
        (
            ["cut/10om04b2LIw_1-8-rgb_front.mp4", "raw/10om04b2LIw-8-rgb_front.mp4"],
            "raw/10om04b2LIw-8-rgb_front.mp4",
            1.5,
            0,
        ),
        (["other.mp4"], "10om04b2LIw-8-rgb_front.mp4", 1.5, 1),
    ],
)
def test_a_row_names_the_recording_that_is_there(
    there: list[str], video: str, start_s: float | None, n_missing: int, tmp_path: Path
) -> None:
    for name in there:
        write(tmp_path / "videos" / name, "")
    path = write(tmp_path / "how2sign_val.csv", ORIGINAL, row(1, 1.5, 4.25))
    summary, clips = imported("how2sign", path, tmp_path / "out", videos=tmp_path / "videos")
    clip = clips["10om04b2LIw_1-8-rgb_front"]
    assert (clip.video, clip.start_s, summary.n_missing) == (video, start_s, n_missing)
    assert clip.end_s == (None if start_s is None else 4.25)
    if start_s is None:
        assert clip.extra["x_raw_video"] == "10om04b2LIw-8-rgb_front.mp4"
        assert (clip.extra["x_raw_start_s"], clip.extra["x_raw_end_s"]) == ("1.5", "4.25")
        assert "x_cut_video" not in clip.extra
    else:
        assert clip.extra["x_cut_video"] == "10om04b2LIw_1-8-rgb_front.mp4"


def test_bad_rows_are_listed(tmp_path: Path) -> None:
    path = write(
        tmp_path / "how2sign_realigned_test.csv",
        f"\ufeff{REALIGNED}",
        row(1, 2, 1),
        row(2, "soon", 4),
        row(3, 1, 2, 'He said "stop.'),
        row(3, 1, 2),
        row(4, -1, 2),
        row(5, "nan", 2),
        "10om04b2LIw\tx",
    )
    summary, clips = imported("how2sign", path, tmp_path / "out")
    assert list(clips) == ["10om04b2LIw_3-8-rgb_front"]
    assert clips["10om04b2LIw_3-8-rgb_front"].text == 'He said "stop.'
    found = [tuple(line.split(",")[i] for i in (0, 2)) for line in bad_rows(tmp_path / "out")]
    assert found == [
        ("byte_order_mark", "1"),
        ("wrong_window", "2"),
        ("unreadable", "3"),
        ("stray_quote", "4"),
        ("duplicate_id", "5"),
        ("wrong_window", "6"),
        ("wrong_window", "7"),
        ("unreadable", "8"),
    ]
    assert str(summary.first_bad[2]) == (
        "how2sign_realigned_test.csv line 3: has START_REALIGNED 'soon' and END_REALIGNED '4', "
        "expected seconds; left out"
    )


def test_windows_are_cut_from_the_landmarks_of_the_raw_recording(tmp_path: Path) -> None:
    """The times of how2sign-data's issue 9, against a recording that is shorter."""
    poses = tmp_path / "poses"
    recording = make_pose("10om04b2LIw-8-rgb_front")
    table = ClipTable.from_clips([Clip(recording.clip_id, video=f"{recording.clip_id}.mp4")])
    dataset = PoseDataset.create(poses, DatasetInfo("x", MEDIAPIPE_75), table)
    with ShardWriter(dataset.poses_folder) as shards:
        shards.add(recording)
    frame_s = 1 / recording.fps
    path = write(
        tmp_path / "how2sign_realigned_train.csv",
        REALIGNED,
        row(26, 2 * frame_s, 5 * frame_s),
        row(27, 142.64, 143.67),
    )
    summary = import_dataset("how2sign", path, poses)
    assert (summary.n_cut, summary.bad_rows) == (1, {"outside_video": 1})
    assert PoseDataset.open(poses).pose("10om04b2LIw_26-8-rgb_front").n_frames == 3
    (listed,) = lines(poses / "bad_rows.csv")[1:]
    assert listed.startswith(
        "outside_video,how2sign_realigned_train.csv,3,10om04b2LIw_27-8-rgb_front,"
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"readme.csv": "x"},
            "{root} has no annotation table; expected how2sign_realigned_train.csv or "
            "how2sign_train.csv (and dev, test) in it, or give one table",
        ),
        (
            {"how2sign_val.csv": REALIGNED.replace("\t", ",")},
            "{root}/how2sign_val.csv begins with 'VIDEO_ID,VIDEO_NAME,SENTENCE_ID,SENTENCE_NAME,"
            "START_REALIGNED,END_REALIGNED,SENTENCE'; expected a header with VIDEO_NAME, "
            "SENTENCE_NAME, SENTENCE, START_REALIGNED, END_REALIGNED or VIDEO_NAME, "
            "SENTENCE_NAME, SENTENCE, START, END, joined by tabs",
        ),
    ],
)
def test_what_is_no_how2sign_is_refused(
    files: dict[str, str], message: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        write(tmp_path / name, text)
    with pytest.raises(FormatError) as refused:
        import_dataset("how2sign", tmp_path, tmp_path / "out")
    assert str(refused.value) == message.format(root=tmp_path)
