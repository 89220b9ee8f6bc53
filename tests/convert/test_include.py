import csv
from collections import Counter
from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows


def write(path: Path, *rows: str, header: str = "FilePath,Word", encoding: str = "utf-8") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([header, *rows, ""]), encoding=encoding)
    return path


def read(
    source: Path, out: Path, options: ImportOptions | None = None
) -> tuple[ImportSummary, dict[str, Clip]]:
    summary = import_dataset("include", source, out, options)
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def test_a_row_becomes_a_clip_with_its_label_and_category(tmp_path: Path) -> None:
    source = write(
        tmp_path / "test_include.csv",
        "Means_of_Transportation,7. train ticket,MVI_1.MOV,"
        "Means_of_Transportation/7. train ticket/MVI_1.MOV",
        header="Category,Word,Video,FilePath",
    )
    _, clips = read(source, tmp_path / "out")
    assert list(clips.values()) == [
        Clip(
            "Means_of_Transportation-7._train_ticket-MVI_1",
            "Means_of_Transportation/7. train ticket/MVI_1.MOV",
            glosses=("train-ticket",),
            language="ins",
            split="test",
            extra={"x_label": "7. train ticket", "x_category": "Means of Transportation"},
        )
    ]


def test_columns_that_nobody_knows_are_kept(tmp_path: Path) -> None:
    row = "a/b.MOV,1. Dog,Animals,b.MOV,signer-3"
    header = "FilePath,Word,Category,Video,Recorded by"
    source = write(tmp_path / "train_include.csv", row, header=header)
    _, clips = read(source, tmp_path / "out")
    assert clips["a-b"].extra == {
        "x_label": "1. Dog",
        "x_category": "Animals",
        "x_recorded_by": "signer-3",
    }


@pytest.mark.parametrize(
    ("word", "gloss"),
    [
        ("1. Dog", "Dog"),
        ("1. loud", "loud"),
        ("48.Hello", "Hello"),
        ("Ex. Monsoon", "Monsoon"),
        ("Second (Number)", "Second-(Number)"),
        ("37. T-Shirt", "T-Shirt"),
        ("Dog", "Dog"),
    ],
)
def test_serial_numbers_are_taken_off_and_nothing_else(
    tmp_path: Path, word: str, gloss: str
) -> None:
    source = write(tmp_path / "train_include.csv", f"a/b.MOV,{word}")
    _, clips = read(source, tmp_path / "out")
    assert (clips["a-b"].glosses, clips["a-b"].extra) == ((gloss,), {"x_label": word})


def test_where_both_sets_are_there_the_split_is_that_of_include(tmp_path: Path) -> None:
    source = tmp_path / "include"
    write(source / "train_include.csv", "a/1.MOV,1. Dog")
    write(source / "test_include.csv", "a/2.MOV,1. Dog")
    write(source / "val_include.csv", "a/3.MOV,1. Dog")
    write(source / "test_include50.csv", "a/1.MOV,1. Dog")
    (source / "normalized_glosses.csv").write_text("actual_gloss,normalized_gloss\n")
    _, clips = read(source, tmp_path / "out")
    assert [clip.split for clip in clips.values()] == ["train", "dev", "test"]
    assert bad_rows(tmp_path / "out") == [
        "duplicate_id,test_include50.csv,2,a-1,repeats the id 'a-1',left out"
    ]


def test_bad_rows_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = write(
        tmp_path / "train_include.csv",
        "a/1.MOV,2. Dog",
        'a/2.MOV,"3. Dog, big"',
        "a/3.MOV,4. Dog",
        "a/4.MOV,4. Dog",
        "a/5.MOV,",
        ",5. Cat",
        "a/6.MOV",
        'a/7.MOV,6. C"at',
        "a\\8.MOV,7. \u200fقطة",
        encoding="utf-8-sig",
    )
    summary, clips = read(source, tmp_path / "out")
    assert {name: " ".join(clip.glosses) for name, clip in clips.items()} == {
        "a-1": "Dog",
        "a-2": "Dog,-big",
        "a-3": "Dog",
        "a-4": "Dog",
        "a-5": "",
        "a-7": 'C"at',
        "a-8": "قطة",
    }
    assert (summary.n_left_out, summary.n_right_to_left) == (2, 1)
    assert bad_rows(tmp_path / "out") == [
        "byte_order_mark,train_include.csv,1,,has a byte-order mark,repaired",
        "conflict,train_include.csv,4,a-3,"
        "\"has the word '4. Dog', whose gloss '2. Dog' has too\",kept",
        "empty_gloss,train_include.csv,6,a-5,has no gloss,kept",
        "empty_id,train_include.csv,7,,has no id,left out",
        'unreadable,train_include.csv,8,,"has 1 cells, expected 2",left out',
        'stray_quote,train_include.csv,9,a-7,"has a stray quote in gloss \'C""at\'",kept',
        "direction_mark,train_include.csv,10,a-8,"
        "has an invisible mark in gloss '\\u200f\\u0642\\u0637\\u0629',repaired",
    ]


def test_videos_are_found_by_their_path(tmp_path: Path) -> None:
    source = write(tmp_path / "train_include.csv", "a/1.MOV,1. Dog", "b/1.MOV,2. Cat")
    (tmp_path / "videos" / "a").mkdir(parents=True)
    (tmp_path / "videos" / "a" / "1.MOV").touch()
    (tmp_path / "videos" / "a" / "2.MOV").touch()
    options = ImportOptions(videos=tmp_path / "videos")
    summary, clips = read(source, tmp_path / "out", options)
    assert clips["a-1"].video == "a/1.MOV"
    assert summary.n_unlisted == 1


@pytest.mark.parametrize(
    ("name", "header", "message"),
    [
        (
            "train_include.csv",
            "Path,Word",
            "{folder}/train_include.csv has no column 'FilePath' (found: Path, Word); expected "
            "FilePath,Word",
        ),
        (
            "words.csv",
            "FilePath,Word",
            "{folder} has no tables of INCLUDE; expected train_include.csv or test_include.csv in "
            "it, or give one table",
        ),
    ],
)
def test_what_is_no_include_is_refused(
    tmp_path: Path, name: str, header: str, message: str
) -> None:
    source = write(tmp_path / "include" / name, "a/1.MOV,1. Dog", header=header).parent
    with pytest.raises(FormatError) as error:
        import_dataset("include", source, tmp_path / "out")
    assert str(error.value) == message.format(folder=source)


@pytest.mark.real_data
def test_the_real_tables_come_whole(tmp_path: Path, real_data: Path) -> None:
    folder = real_data / "annotations" / "include"
    for name, n_rows, n_words in (("test_include", 817, 263), ("test_include50", 192, 49)):
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        summary, clips = read(folder / f"{name}.csv", tmp_path / name)
        assert (summary.n_clips, summary.bad_rows) == (len(rows), {}) == (n_rows, {})
        assert len({clip.glosses for clip in clips.values()}) == n_words
        for row, clip in zip(rows, clips.values(), strict=True):
            assert (clip.video, clip.extra["x_label"]) == (row["FilePath"], row["Word"])
        assert Counter(clip.split for clip in clips.values()) == {"test": n_rows}


@pytest.mark.real_data
def test_the_real_sets_share_33_test_clips(tmp_path: Path, real_data: Path) -> None:
    summary, _ = read(real_data / "annotations" / "include", tmp_path / "out")
    assert (summary.n_clips, summary.bad_rows) == (817 + 192 - 33, {"duplicate_id": 33})
