from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows


def write(folder: Path, *videos: str) -> Path:
    for name in videos:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def read(
    source: Path, out: Path, options: ImportOptions | None = None
) -> tuple[ImportSummary, dict[str, Clip]]:
    summary = import_dataset("bdslw401", source, out, options)
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def test_a_video_becomes_a_clip_of_its_name(tmp_path: Path) -> None:
    source = write(tmp_path / "videos", "Front/Front/train/W001S01F_01.mp4")
    summary, clips = read(source, tmp_path / "out")
    assert summary.is_whole
    assert list(clips.values()) == [
        Clip(
            "W001S01F_01",
            "Front/Front/train/W001S01F_01.mp4",
            glosses=("W001",),
            signer="S01",
            split="train",
            extra={"x_view": "F", "x_trial": "01"},
        )
    ]


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("Front/Front/val", "dev"),
        ("Lateral/Lateral/Test", "test"),
        ("train/test", "test"),
        ("Front", ""),
        (".", ""),
    ],
)
def test_the_nearest_folder_says_the_split(tmp_path: Path, folder: str, split: str) -> None:
    source = write(tmp_path / "videos", f"{folder}/W401S18L_10.mp4")
    _, clips = read(source, tmp_path / "out")
    assert clips["W401S18L_10"].split == split


def test_odd_files_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = write(
        tmp_path / "videos",
        "test/W001S04F_01.mp4",
        "train/W001S04F_01.mp4",
        "train/W002S08F_01.mp4",
        "train/W1.mp4",
        "train/notes.txt",
    )
    summary, clips = read(source, tmp_path / "out")
    assert {name: clip.split for name, clip in clips.items()} == {
        "W001S04F_01": "test",
        "W002S08F_01": "train",
    }
    assert (summary.n_unlisted, summary.n_left_out) == (1, 1)
    assert bad_rows(tmp_path / "out") == [
        "duplicate_id,train/W001S04F_01.mp4,,W001S04F_01,repeats the id 'W001S04F_01',left out"
    ]
    assert (tmp_path / "out" / "unlisted.csv").read_text().splitlines()[1:] == [
        "train/W1.mp4,its name is not W<word>S<signer><view>_<trial>"
    ]


def test_with_its_own_folder_as_videos_nothing_is_listed_twice(tmp_path: Path) -> None:
    source = write(tmp_path / "videos", "W001S04F_01.mp4", "W1.mp4")
    summary, _ = read(source, tmp_path / "out", ImportOptions(videos=source))
    assert (summary.n_clips, summary.n_missing, summary.n_unlisted) == (1, 0, 1)


def test_what_is_no_folder_of_its_videos_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "videos", "W1.mp4")
    with pytest.raises(FormatError) as error:
        import_dataset("bdslw401", source, tmp_path / "out")
    assert str(error.value) == (
        f"{source} has no videos of BdSLW401; expected files such as "
        "Front/Front/train/W001S01F_01.mp4"
    )
    with pytest.raises(FormatError) as error:
        import_dataset("bdslw401", source / "W1.mp4", tmp_path / "out")
    assert str(error.value) == (
        f"no folder at {source / 'W1.mp4'}; expected the folder of BdSLW401's videos"
    )
