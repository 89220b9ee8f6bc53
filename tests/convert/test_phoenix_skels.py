from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signkit.clip import Clip
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.convert.phoenix_skels import SKELETON
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from signkit.failures import read_failures
from tests.convert.corpora import bad_rows, lines

NAMES = ("dev/05May_2011_Thursday_tagesschau-25", "dev/05May_2011_Thursday_tagesschau-26")
IDS = [name.removeprefix("dev/") for name in NAMES]


def make_sentence(n_frames: int = 4, *, seed: int = 0) -> np.ndarray:
    """(T, 151): joints within half a unit of the neck, and the counter."""
    joints = np.random.default_rng(seed).uniform(-0.5, 0.5, (n_frames, 50, 3))
    joints[:, 1] = 0
    counter = np.arange(n_frames)[:, None] / n_frames
    return np.concatenate([joints.reshape(n_frames, 150), counter], axis=1)


def line_of(sentence: np.ndarray) -> str:
    return " ".join(f"{value:.5f}" for value in sentence.ravel())


def make_split(
    folder: Path,
    split: str = "dev",
    *,
    files: tuple[str, ...] = NAMES,
    skels: tuple[str, ...] | None = (line_of(make_sentence()), line_of(make_sentence(3))),
    gloss: tuple[str, ...] | None = ("REGEN  KOMMEN", "SONNE"),
    text: tuple[str, ...] | None = ("regen kommt .", "sonne ."),
) -> Path:
    """The four files of a split; gives the folder."""
    folder.mkdir(exist_ok=True)
    tables = {"files": files, "skels": skels, "gloss": gloss, "text": text}
    for suffix, rows in tables.items():
        if rows is not None:
            content = "".join(f"{row}\n" for row in rows)
            (folder / f"{split}.{suffix}").write_text(content, encoding="utf-8")
    return folder


def import_skels(source: Path, out: Path, **options: Any) -> ImportSummary:
    return import_dataset("phoenix-skels", source, out, ImportOptions(**options))


def test_a_line_becomes_a_clip(tmp_path: Path) -> None:
    summary = import_skels(make_split(tmp_path / "in"), tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (2, 2, 7)
    dataset = PoseDataset.open(tmp_path / "out")
    assert next(iter(dataset.clips)) == Clip(
        IDS[0],
        video=NAMES[0],
        glosses=("REGEN", "KOMMEN"),
        text="regen kommt .",
        language="gsg",
        split="dev",
        session="05May_2011_Thursday_tagesschau",
    )
    pose = dataset.pose(IDS[0])
    assert (pose.fps, pose.width_px, pose.height_px) == (25.0, 650, 650)
    joints = make_sentence()[:, :150].reshape(4, 50, 3)
    assert np.allclose(pose.coords, joints * 720 + [350, 250, 0], atol=1 / 32 + 0.01)
    assert (pose.confidence == 1).all()
    assert dataset.info.note.startswith("no pixels of the videos")
    assert bad_rows(tmp_path / "out") == []


def test_the_neck_is_seen_though_it_is_zero(tmp_path: Path) -> None:
    import_skels(make_split(tmp_path / "in"), tmp_path / "out")
    pose = PoseDataset.open(tmp_path / "out").pose(IDS[0])
    assert pose.coords[0, SKELETON.index("neck")].tolist() == [350, 250, 0]


@pytest.mark.parametrize(
    ("size", "scale"), [((1300, 1300), 2.0), ((1300, 650), 1.0), ((325, 650), 0.5)]
)
def test_a_size_scales_the_picture(tmp_path: Path, size: tuple[int, int], scale: float) -> None:
    import_skels(make_split(tmp_path / "in"), tmp_path / "out", size=size)
    pose = PoseDataset.open(tmp_path / "out").pose(IDS[0])
    assert (pose.width_px, pose.height_px) == size
    assert pose.coords[0, SKELETON.index("neck")].tolist() == [350 * scale, 250 * scale, 0]


def test_sides_are_those_of_the_signer() -> None:
    assert SKELETON.landmarks[2] == "left_shoulder"
    assert SKELETON.landmarks[7:9] == ("right_wrist", "right_hand_wrist")
    assert SKELETON.landmarks[29] == "left_hand_wrist"
    assert len(SKELETON.mirror_pairs) == 24


def test_splits_come_in_their_order_and_missing_skeletons_are_listed(tmp_path: Path) -> None:
    for split in ("test", "train", "dev"):
        names = tuple(name.replace("dev/", f"{split}/{split}_") for name in NAMES)
        make_split(tmp_path / "in", split, files=names)
    (tmp_path / "in" / "train.skels").unlink()
    summary = import_skels(tmp_path / "in", tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses) == (6, 4)
    assert summary.missing_by_split == {"train": 2}
    dataset = PoseDataset.open(tmp_path / "out")
    assert dataset.clips.column("split") == ["train"] * 2 + ["dev"] * 2 + ["test"] * 2
    missing = lines(tmp_path / "out" / "missing.csv")[1:]
    assert all(row.endswith(",no train.skels") for row in missing)
    assert len(missing) == 2


def test_without_glosses_clips_are_unlabelled(tmp_path: Path) -> None:
    make_split(tmp_path / "in", gloss=None, text=None)
    import_skels(tmp_path / "in", tmp_path / "out")
    clips = list(PoseDataset.open(tmp_path / "out").clips)
    assert [(clip.glosses, clip.text) for clip in clips] == [((), ""), ((), "")]
    assert bad_rows(tmp_path / "out") == []


def test_odd_rows_are_noted(tmp_path: Path) -> None:
    make_split(
        tmp_path / "in",
        files=("\ufeffdev/a-1", "dev/b-1", "", "dev/b-1", "dev/e-1"),
        skels=tuple(line_of(make_sentence()) for _ in range(5)),
        gloss=("A", "", "C", "D", "E"),
        text=('sag "ja', "שלום", "c", "d", "e"),
    )
    summary = import_skels(tmp_path / "in", tmp_path / "out")
    assert (summary.n_clips, summary.n_right_to_left, summary.n_left_out) == (3, 1, 2)
    assert bad_rows(tmp_path / "out") == [
        "byte_order_mark,dev.files,1,,has a byte-order mark,repaired",
        'stray_quote,dev.files,1,a-1,"has a stray quote in text \'sag ""ja\'",kept',
        "empty_gloss,dev.files,2,b-1,has no gloss,kept",
        "empty_id,dev.files,3,,has no name,left out",
        "duplicate_id,dev.files,4,b-1,repeats the id 'b-1',left out",
    ]
    clips = list(PoseDataset.open(tmp_path / "out").clips)
    assert [clip.glosses for clip in clips] == [("A",), (), ("E",)]


GOOD = line_of(make_sentence())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "has no frames"),
        (GOOD + " 1", "has 605 numbers in .skels; expected a multiple of 151"),
        (
            GOOD.replace(GOOD.split()[0], "x", 1),
            "has something in .skels that is no number: could not convert string to float: b'x'",
        ),
        (
            GOOD.replace(GOOD.split()[0], "nan", 1),
            "has numbers in .skels that are not finite",
        ),
        (
            line_of(make_sentence()[[0, 2, 3]]),
            "counts 0.5 at frame 1 of 3 in .skels, expected 0.3333; are frames missing?",
        ),
    ],
)
def test_a_bad_line_is_listed_and_the_rest_goes_on(tmp_path: Path, line: str, reason: str) -> None:
    make_split(tmp_path / "in", skels=(line, GOOD))
    import_skels(tmp_path / "in", tmp_path / "out")
    (failure,) = read_failures(tmp_path / "out" / "failures.csv").values()
    assert (failure.clip_id, failure.stage, failure.reason) == (IDS[0], "import", reason)
    assert PoseDataset.open(tmp_path / "out").ids_with_poses == IDS[1:]


@pytest.mark.parametrize("suffix", ["skels", "gloss", "text"])
def test_lines_that_do_not_belong_together_are_refused(tmp_path: Path, suffix: str) -> None:
    source = make_split(tmp_path / "in", **{suffix: (GOOD,)})  # type: ignore[arg-type]
    with pytest.raises(FormatError) as caught:
        import_skels(source, tmp_path / "out")
    assert str(caught.value) == (
        f"{source / f'dev.{suffix}'} ends after line 1, dev.files has 2 lines; lines that belong "
        "together must have one number"
    )
    make_split(tmp_path / "in", **{suffix: (GOOD,) * 3})  # type: ignore[arg-type]
    with pytest.raises(FormatError) as caught:
        import_skels(source, tmp_path / "out")
    assert str(caught.value) == (
        f"{source / f'dev.{suffix}'} has 3 lines, dev.files ends after line 2; lines that belong "
        "together must have one number"
    )


def test_blank_lines_at_the_end_are_no_sentences(tmp_path: Path) -> None:
    source = make_split(tmp_path / "in", text=("regen .", "sonne .", "", ""))
    assert import_skels(source, tmp_path / "out").n_clips == 2


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (None, "no folder at {source}; expected dev.files, dev.skels and their like"),
        (
            (),
            "{source} has no .files, which name the sentences of .skels, as dev.files",
        ),
        (
            ("dev.files", "test.skels"),
            "{source}/test.skels has no test.files beside it, which names its sentences",
        ),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused(
    tmp_path: Path, names: tuple[str, ...] | None, message: str
) -> None:
    source = tmp_path / "in"
    if names is not None:
        source.mkdir()
        for name in names:
            (source / name).write_text("dev/a-1\n")
    with pytest.raises(FormatError) as caught:
        import_skels(source, tmp_path / "out")
    assert str(caught.value) == message.format(source=source)


@pytest.mark.real_data
def test_real_sentences_come_through(real_data: Path, tmp_path: Path) -> None:
    summary = import_skels(real_data / "phoenix14t", tmp_path / "out")
    assert (summary.n_clips, summary.n_with_poses, summary.n_frames) == (15, 10, 1306)
    assert summary.missing_by_split == {"train": 5}
    assert (summary.failures, summary.bad_rows) == ((), {})
    dataset = PoseDataset.open(tmp_path / "out")
    clip = dataset.clips["11August_2010_Wednesday_tagesschau-2"]
    assert (clip.glosses, clip.split) == (("DRUCK", "TIEF", "KOMMEN"), "dev")
    assert clip.text == "tiefer luftdruck bestimmt in den nächsten tagen unser wetter ."
    at = dataset.skeleton.index
    for pose in dataset.poses():
        apart = pose.coords[:, at("left_wrist")] - pose.coords[:, at("left_hand_wrist")]
        assert np.abs(apart[:, :2]).max() < 60
        assert (pose.coords[:, at("left_shoulder"), 0] > pose.coords[:, at("neck"), 0]).all()
        assert (pose.coords[:, at("nose"), 1] < pose.coords[:, at("neck"), 1]).all()


def test_a_stray_carriage_return_does_not_shift_the_sentences(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "dev.files").write_bytes(b"dev/a\ndev/b\n")
    (source / "dev.text").write_bytes(b"ei\rns\nzwei\n")
    with pytest.raises(FormatError) as caught:
        import_skels(source, tmp_path / "out")
    assert str(caught.value) == (
        f"{source / 'dev.text'} has a carriage return within line 1; take it away, for readers "
        "disagree whether the line ends there"
    )
