from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import import_dataset
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import FormatError
from signkit.shard import ShardWriter
from signkit.skeletons import MEDIAPIPE_75
from tests.convert.annotations import imported, independent_rows, write
from tests.convert.corpora import bad_rows, lines
from tests.factories import make_pose

HEADER = "name|video|start|end|speaker|orth|translation"
NAME = "11August_2010_Wednesday_tagesschau-2"
ROW = (
    f"{NAME}|{NAME}/1/*.png|-1|-1|Signer08|DRUCK TIEF  KOMMEN|"
    "tiefer luftdruck bestimmt in den nächsten tagen unser wetter"
)


def row(name: str, text: str = "wind", *, times: str = "-1|-1") -> str:
    return f"{name}|{name}/1/*.png|{times}|Signer01|WIND|{text}"


def release(folder: Path) -> Path:
    manual = folder / "annotations" / "manual"
    write(manual / "PHOENIX-2014-T.train.corpus.csv", HEADER, row("t-1"), row("t-2"))
    write(manual / "PHOENIX-2014-T.train-complex-annotation.corpus.csv", HEADER, row("t-1"))
    write(manual / "PHOENIX-2014-T.dev.corpus.csv", HEADER, ROW)
    write(manual / "PHOENIX-2014-T.test.corpus.csv", HEADER, row("e-1"))
    return folder


def test_the_published_tables_become_clips(tmp_path: Path) -> None:
    summary, clips = imported("phoenix14t", release(tmp_path / "p"), tmp_path / "out")
    assert clips[NAME] == Clip(
        NAME,
        video=f"dev/{NAME}",
        glosses=("DRUCK", "TIEF", "KOMMEN"),
        text="tiefer luftdruck bestimmt in den nächsten tagen unser wetter",
        signer="Signer08",
        language="gsg",
        split="dev",
        session="11August_2010_Wednesday_tagesschau",
    )
    assert [(c.clip_id, c.split) for c in clips.values()] == [
        ("t-1", "train"),
        ("t-2", "train"),
        (NAME, "dev"),
        ("e-1", "test"),
    ]
    assert summary.bad_rows == {}


def test_a_quotation_mark_is_text(tmp_path: Path) -> None:
    text = 'das tief "petra bringt regen'
    path = write(
        tmp_path / "PHOENIX-2014-T.dev.corpus.csv", HEADER, row("a-1", text), row("b-1"), row("c-1")
    )
    _, clips = imported("phoenix14t", path, tmp_path / "out")
    assert list(clips) == ["a-1", "b-1", "c-1"]
    assert clips["a-1"].text == text
    assert bad_rows(tmp_path / "out") == [
        "stray_quote,PHOENIX-2014-T.dev.corpus.csv,2,a-1,"
        f"\"has a stray quote in text '{text.replace(chr(34), chr(34) * 2)}'\",kept"
    ]


def test_times_that_are_no_marks_are_kept_and_noted(tmp_path: Path) -> None:
    path = write(tmp_path / "dev.csv", HEADER, row("a-1", times="5|90"), row("b-1"))
    _, clips = imported("phoenix14t", path, tmp_path / "out")
    assert clips["a-1"].extra == {"x_start": "5", "x_end": "90"}
    assert clips["a-1"].start_s is None
    assert clips["b-1"].extra == {"x_start": "", "x_end": ""}
    assert bad_rows(tmp_path / "out") == [
        'unreadable,dev.csv,2,a-1,"has start and end 5 and 90 in an unknown unit, expected -1",kept'
    ]


@pytest.mark.parametrize("header", [HEADER, "name|signer|gloss|text|num_frames"])
@pytest.mark.parametrize(("there", "video"), [("a-1", "dev/a-1"), ("a-1/1", "dev/a-1/1")])
def test_pictures_are_found_where_they_lie(
    header: str, there: str, video: str, tmp_path: Path
) -> None:
    frames = tmp_path / "fullFrame-210x260px"
    write(frames / "dev" / there / "images0001.png", "")
    write(frames / "dev" / there / "createDnnTrainingLabels-profile.py.lprof", "")
    kit = ("dev/a-1|Signer01|WIND|wind|3", "dev/b-1|Signer01|WIND|wind|3")
    rows = (row("a-1"), row("b-1")) if header == HEADER else kit
    path = write(tmp_path / "dev.csv", header, *rows)
    summary, clips = imported("phoenix14t", path, tmp_path / "out", videos=frames)
    assert clips["a-1"].video == video
    assert summary.n_unlisted == 0
    assert lines(tmp_path / "out" / "missing.csv")[1:] == [
        "b-1,dev/b-1,dev,Signer01,WIND,no such video"
    ]


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "dev.csv", "id|folder|signer|annotation", "a|a|S|G")
    with pytest.raises(FormatError) as refused:
        import_dataset("phoenix14t", path, tmp_path / "out")
    assert str(refused.value) == (
        f"{path} begins with 'id|folder|signer|annotation'; expected a header with name, video, "
        "start, end, speaker, orth, translation or name, signer, gloss, text, joined by pipes"
    )


def test_sentences_meet_poses_that_were_extracted_from_the_pictures(tmp_path: Path) -> None:
    poses = tmp_path / "poses"
    clips = ClipTable.from_clips([Clip(f"dev-{NAME}", video=f"dev/{NAME}")])
    dataset = PoseDataset.create(poses, DatasetInfo("x", MEDIAPIPE_75), clips)
    with ShardWriter(dataset.poses_folder) as shards:
        shards.add(make_pose(f"dev-{NAME}"))
    summary = import_dataset("phoenix14t", release(tmp_path / "p"), poses)
    assert (summary.n_with_poses, summary.n_missing) == (1, 3)
    clip = PoseDataset.open(poses).clips[f"dev-{NAME}"]
    assert clip.glosses == ("DRUCK", "TIEF", "KOMMEN")
    assert clip.text.startswith("tiefer luftdruck")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("split", "n_clips", "n_glosses"), [("dev", 519, 3748), ("test", 642, 4264)]
)
def test_the_tables_of_a_kit_come_through(
    split: str, n_clips: int, n_glosses: int, real_data: Path, tmp_path: Path
) -> None:
    path = real_data / "annotations" / "phoenix_csl" / f"phoenix-2014t.{split}.csv"
    summary, clips = imported("phoenix14t", path, tmp_path / "out")
    rows = independent_rows(path)[1:]
    assert (summary.n_clips, len(rows), summary.bad_rows) == (n_clips, n_clips, {})
    assert sum(len(clip.glosses) for clip in clips.values()) == n_glosses
    for (name, signer, glosses, text, n_frames), clip in zip(rows, clips.values(), strict=True):
        assert f"{split}/{clip.clip_id}" == clip.video == name
        assert (clip.signer, " ".join(clip.glosses), clip.text) == (signer, glosses, text)
        assert (clip.split, clip.language) == (split, "gsg")
        assert clip.extra["x_num_frames"] == n_frames


@pytest.mark.real_data
def test_the_folder_of_a_kit_is_a_source_too(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "annotations" / "phoenix_csl"
    summary, clips = imported("phoenix14t", folder, tmp_path / "out")
    splits = [clip.split for clip in clips.values()]
    assert (splits.count("dev"), splits.count("test"), summary.n_clips) == (519, 642, 1161)
    assert len({clip.signer for clip in clips.values()}) == 9
    assert len({clip.session for clip in clips.values() if clip.split == "dev"}) == 315


def test_columns_of_a_kit_with_times_or_alike_names_are_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path / "phoenix-2014t.dev.csv",
        "name|signer|gloss|text|start|num frames|num_frames",
        "dev/a-1|S|A|a|3|1|2",
    )
    summary, clips = imported("phoenix14t", path, tmp_path / "out")
    assert summary.bad_rows == {}
    assert clips["a-1"].extra == {"x_start": "3", "x_num_frames": "1", "x_num_frames_": "2"}
