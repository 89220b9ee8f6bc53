import csv
from collections import Counter
from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows

SIGNS = "ClassId,TR,EN\n0,abla,sister\n3,afiyet_olsun,enjoy_your_meal\n182,siz,you (plural)\n"


def write(folder: Path, signs: str = SIGNS, **labels: str) -> Path:
    folder.mkdir()
    for split, text in labels.items():
        (folder / f"{split}_labels.csv").write_text(text, encoding="utf-8")
    if signs:
        (folder / "SignList_ClassId_TR_EN.csv").write_text(signs, encoding="utf-8")
    return folder


def read(
    source: Path, out: Path, options: ImportOptions | None = None
) -> tuple[ImportSummary, dict[str, Clip]]:
    summary = import_dataset("autsl", source, out, options)
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def test_a_row_becomes_a_clip_named_by_the_list_of_signs(tmp_path: Path) -> None:
    source = write(
        tmp_path / "autsl",
        test="signer34_sample1,182\n",
        train="signer0_sample1000,0\nsigner0_sample1001,3\n",
        validation="signer1_sample1,0\n",
    )
    summary, clips = read(source, tmp_path / "out")
    assert not summary.bad_rows
    assert clips["signer0_sample1001"] == Clip(
        "signer0_sample1001",
        "signer0_sample1001_color.mp4",
        glosses=("afiyet_olsun",),
        signer="signer0",
        language="tsm",
        split="train",
        extra={"x_class": "3", "x_en": "enjoy_your_meal"},
    )
    assert [(c.split, c.glosses, c.extra["x_en"]) for c in clips.values()] == [
        ("train", ("abla",), "sister"),
        ("train", ("afiyet_olsun",), "enjoy_your_meal"),
        ("dev", ("abla",), "sister"),
        ("test", ("siz",), "you (plural)"),
    ]


def test_without_the_list_the_class_number_is_the_gloss(tmp_path: Path) -> None:
    source = write(tmp_path / "autsl", signs="", val="signer1_sample1,136\n")
    _, clips = read(source / "val_labels.csv", tmp_path / "out")
    clip = clips["signer1_sample1"]
    assert (clip.glosses, clip.split, clip.extra) == (("136",), "dev", {"x_class": "136"})
    assert bad_rows(tmp_path / "out") == [
        "missing_value,SignList_ClassId_TR_EN.csv,,,"
        "is not beside the labels; class numbers are the glosses,kept"
    ]


def test_two_classes_never_share_a_gloss(tmp_path: Path) -> None:
    signs = 'ClassId,TR,EN\n4,yüz,face\n5,yüz,hundred\nx,a,b\n6,"a, b",c\n'
    source = write(tmp_path / "autsl", signs, train="signer0_sample1,5\nsigner0_sample2,6\n")
    _, clips = read(source, tmp_path / "out")
    assert [clip.glosses for clip in clips.values()] == [("yüz-5",), ("a,-b",)]
    assert bad_rows(tmp_path / "out") == [
        "conflict,SignList_ClassId_TR_EN.csv,3,,"
        "\"has the name 'yüz' of class 4, now 'yüz-5'\",repaired",
        "unreadable,SignList_ClassId_TR_EN.csv,4,,has the class number 'x',left out",
    ]


def test_bad_rows_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [
        "\ufeffsigner0_sample1,0",
        "signer0_sample1,0",
        "signer0_sample2,9",
        "signer0_sample3,zero",
        "signer0_sample4",
        ",0",
        "sample6,0",
        "signer43_sample7_color.mp4,0",
        "",
    ]
    source = write(tmp_path / "autsl", train="\n".join(rows))
    summary, clips = read(source, tmp_path / "out")
    assert {name: (clip.signer, clip.glosses) for name, clip in clips.items()} == {
        "signer0_sample1": ("signer0", ("abla",)),
        "signer0_sample2": ("signer0", ("9",)),
        "sample6": ("", ("abla",)),
        "signer43_sample7": ("signer43", ("abla",)),
    }
    assert summary.n_left_out == 4
    assert bad_rows(tmp_path / "out") == [
        "byte_order_mark,train_labels.csv,1,,has a byte-order mark,repaired",
        "duplicate_id,train_labels.csv,2,signer0_sample1,repeats the id 'signer0_sample1',left out",
        "missing_value,train_labels.csv,3,signer0_sample2,"
        '"has the class 9, which SignList_ClassId_TR_EN.csv does not name",kept',
        "unreadable,train_labels.csv,4,,\"has the class 'zero', expected a number\",left out",
        'unreadable,train_labels.csv,5,,"has 1 cells, expected 2",left out',
        "empty_id,train_labels.csv,6,,has no id,left out",
        "unknown_signer,train_labels.csv,7,sample6,has no signer,kept",
        "unknown_signer,train_labels.csv,8,signer43_sample7,has the unknown signer 'signer43',kept",
    ]


def test_colour_videos_are_found_and_depth_videos_unlisted(tmp_path: Path) -> None:
    source = write(tmp_path / "autsl", train="signer0_sample1,0\nsigner0_sample2,0\n")
    videos = tmp_path / "videos" / "train"
    videos.mkdir(parents=True)
    for kind in ("color", "depth"):
        (videos / f"signer0_sample1_{kind}.mp4").touch()
    options = ImportOptions(videos=tmp_path / "videos")
    summary, clips = read(source, tmp_path / "out", options)
    assert clips["signer0_sample1"].video == "train/signer0_sample1_color.mp4"
    assert (summary.n_unlisted, summary.missing_by_gloss) == (1, {"abla": 1})


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").touch()
    with pytest.raises(FormatError) as error:
        import_dataset("autsl", tmp_path, tmp_path / "out")
    assert str(error.value) == (
        f"{tmp_path} has no labels of AUTSL; expected train_labels.csv, validation_labels.csv or "
        "test_labels.csv in it, or give one table"
    )


@pytest.mark.real_data
def test_the_real_labels_come_whole(tmp_path: Path, real_data: Path) -> None:
    folder = real_data / "annotations" / "autsl"
    summary, clips = read(folder, tmp_path / "out")
    assert (summary.n_clips, summary.bad_rows) == (4418 + 3742, {"missing_value": 1})
    assert Counter(clip.split for clip in clips.values()) == {"dev": 4418, "test": 3742}
    for split, name in (("dev", "validation"), ("test", "test")):
        with (folder / f"{name}_labels.csv").open() as file:
            for clip_id, label in csv.reader(file):
                assert clips[clip_id].glosses == (label,)
                assert clips[clip_id].split == split
        signers = {clip.signer for clip in clips.values() if clip.split == split}
        assert len(signers) == 6


def test_numbers_without_end_are_no_classes(tmp_path: Path) -> None:
    endless = "1" * 5000
    source = write(
        tmp_path / "autsl",
        signs=f"{SIGNS}{endless},x,y\n",
        test=f"signer1_sample1,{endless}\nsigner1_sample2,0\n",
    )
    summary, clips = read(source, tmp_path / "out")
    assert (list(clips), summary.bad_rows) == (["signer1_sample2"], {"unreadable": 2})
