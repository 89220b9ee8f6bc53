from pathlib import Path

import pytest

from signkit.clip import Clip
from signkit.convert import import_dataset
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from tests.convert.annotations import imported, independent_rows, write
from tests.convert.corpora import bad_rows, lines

MAP = "index|name|length|gloss|char|word|postag"
SPLIT = "name|split"
ROW = "1|S000020_P0004_T00|52|他 今天  年龄 4|他 今 年 四 岁 。|他 今年 四 岁 。|r t m q w"


def row(name: str, gloss: str = "你 好") -> str:
    return f"7|{name}|90|{gloss}|你 好 。|你好 。|l w"


def published(folder: Path, rows: tuple[str, ...], splits: tuple[str, ...]) -> Path:
    write(folder / "video_map.txt", MAP, *rows)
    write(folder / "split_1.txt", SPLIT, *splits)
    return folder


def test_the_published_tables_become_clips(tmp_path: Path) -> None:
    rows = (ROW, row("S000021_P0008_T01"))
    splits = ("S000021_P0008_T01|dev", "S000020_P0004_T00|train")
    published(tmp_path / "csl" / "sentence_label", rows, splits)
    summary, clips = imported("csl-daily", tmp_path / "csl", tmp_path / "out")
    assert clips["S000020_P0004_T00"] == Clip(
        "S000020_P0004_T00",
        video="S000020_P0004_T00",
        glosses=("他", "今天", "年龄", "4"),
        text="他今年四岁。",
        signer="P0004",
        language="csl",
        split="train",
        extra={
            "x_sentence": "S000020",
            "x_take": "T00",
            "x_length": "52",
            "x_char": "他 今 年 四 岁 。",
            "x_word": "他 今年 四 岁 。",
            "x_postag": "r t m q w",
        },
    )
    assert clips["S000021_P0008_T01"].split == "dev"
    assert (summary.bad_rows, summary.n_unlisted) == ({}, 0)
    info = PoseDataset.open(tmp_path / "out").info
    assert (info.name, info.skeleton) == ("csl-daily", None)
    assert "agreement" in info.licence


def test_names_in_one_file_only_are_reported(tmp_path: Path) -> None:
    rows = (ROW, row("S000007_P0003_T00"))
    splits = ("S000005_P0004_T00|train", "S000020_P0004_T00|val", "S000020_P0004_T00|test")
    source = published(tmp_path / "csl", rows, splits)
    summary, clips = imported("csl-daily", source, tmp_path / "out")
    assert {name: clip.split for name, clip in clips.items()} == {
        "S000020_P0004_T00": "dev",
        "S000007_P0003_T00": "",
    }
    assert bad_rows(tmp_path / "out") == [
        "conflict,split_1.txt,4,S000020_P0004_T00,"
        '"puts S000020_P0004_T00 into test, an earlier row into dev",kept',
        "unknown_split,video_map.txt,3,S000007_P0003_T00,"
        "has no row in split_1.txt; taken as of no split,kept",
    ]
    assert lines(tmp_path / "out" / "unlisted.csv")[1:] == [
        'S000005_P0004_T00,"split_1.txt names it, video_map.txt does not"'
    ]
    assert summary.is_whole


def test_bad_rows_are_listed(tmp_path: Path) -> None:
    rows = (
        row("S000001_P0000_T00", ""),
        row("S000002_P0000_T00"),
        row("S000002_P0000_T00"),
        row("odd name"),
        "9|S000003_P0000_T00|5",
    )
    names = (*(f"S00000{n}_P0000_T00" for n in (1, 2, 3)), "odd name")
    splits = tuple(f"{name}|train" for name in names)
    source = published(tmp_path / "csl", rows, splits)
    _, clips = imported("csl-daily", source, tmp_path / "out")
    assert list(clips) == ["S000001_P0000_T00", "S000002_P0000_T00", "odd_name"]
    assert bad_rows(tmp_path / "out") == [
        "empty_gloss,video_map.txt,2,S000001_P0000_T00,has no gloss,kept",
        "duplicate_id,video_map.txt,4,S000002_P0000_T00,"
        "repeats the id 'S000002_P0000_T00',left out",
        "odd_id,video_map.txt,5,odd name,\"has the id 'odd name', now 'odd_name'\",repaired",
        "unknown_signer,video_map.txt,5,odd name,has no signer,kept",
        'unreadable,video_map.txt,6,,"has 3 cells, expected 7",left out',
    ]


def test_a_kit_that_names_another_signer_than_the_clip_is_noted(tmp_path: Path) -> None:
    path = write(
        tmp_path / "csl-daily.dev.csv",
        "name|signer|gloss|text|num_frames",
        "S000001_P0000_T00|0|你 好|你好。|9",
        "S000001_P0003_T00|4|你 好|你好。|9",
        "S000001_P0010_T00|1|你 好|你好。|9",
    )
    _, clips = imported("csl-daily", path, tmp_path / "out")
    assert [clip.signer for clip in clips.values()] == ["P0000", "P0003", "P0010"]
    assert bad_rows(tmp_path / "out") == [
        "conflict,csl-daily.dev.csv,3,S000001_P0003_T00,"
        "\"has the signer '4', the name says P0003\",kept",
        "conflict,csl-daily.dev.csv,4,S000001_P0010_T00,"
        "\"has the signer '1', the name says P0010\",kept",
    ]


def test_pictures_that_are_not_there_are_listed(tmp_path: Path) -> None:
    source = published(tmp_path / "csl", (ROW, row("S000021_P0008_T01")), ())
    write(tmp_path / "frames" / "S000020_P0004_T00" / "000000.jpg", "")
    summary, _ = imported("csl-daily", source, tmp_path / "out", videos=tmp_path / "frames")
    assert (summary.n_missing, summary.n_clips) == (1, 2)
    (listed,) = lines(tmp_path / "out" / "missing.csv")[1:]
    assert listed == "S000021_P0008_T01,S000021_P0008_T01,,P0008,你 好,no such video"


NOT_READ = (
    "{root}/csl/csl2020ct_v2.pkl is a pickle, which signkit does not read; give the folder of "
    "video_map.txt and split_1.txt"
)


@pytest.mark.parametrize(
    ("files", "source", "message"),
    [
        (["csl2020ct_v2.pkl"], "csl", NOT_READ),
        (["csl2020ct_v2.pkl"], "csl/csl2020ct_v2.pkl", NOT_READ),
        (
            ["video_map.txt"],
            "csl",
            "{root}/csl/video_map.txt has no split_1.txt beside it; put both into one folder",
        ),
        (
            ["split_1.txt"],
            "csl/split_1.txt",
            "{root}/csl/split_1.txt has the splits only; give its folder, with video_map.txt in it",
        ),
        (
            ["readme.txt"],
            "csl",
            "{root}/csl has no annotation table; expected video_map.txt or csl-daily.train.csv "
            "(and dev, test) in it, or give one table",
        ),
        ([], "csl", "no folder or file at {root}/csl"),
        (
            ["csl-daily.dev.csv"],
            "csl",
            "{root}/csl/csl-daily.dev.csv begins with 'index|name|length|word|postag'; expected a "
            "header with name, gloss, char or name, signer, gloss, text, joined by pipes",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_what_to_give(
    files: list[str], source: str, message: str, tmp_path: Path
) -> None:
    for name in files:
        header = MAP.replace("|gloss|char", "") if name.startswith("csl-daily") else MAP
        write(tmp_path / "csl" / name, header)
    with pytest.raises(FormatError) as refused:
        import_dataset("csl-daily", tmp_path / source, tmp_path / "out")
    assert str(refused.value) == message.format(root=tmp_path)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("split", "n_clips", "n_glosses"), [("dev", 1077, 8173), ("test", 1176, 9002)]
)
def test_the_tables_of_a_kit_come_through(
    split: str, n_clips: int, n_glosses: int, real_data: Path, tmp_path: Path
) -> None:
    path = real_data / "annotations" / "phoenix_csl" / f"csl-daily.{split}.csv"
    summary, clips = imported("csl-daily", path, tmp_path / "out")
    rows = independent_rows(path)[1:]
    assert (summary.n_clips, len(rows), summary.bad_rows) == (n_clips, n_clips, {})
    assert sum(len(clip.glosses) for clip in clips.values()) == n_glosses
    for (name, signer, glosses, text, n_frames), clip in zip(rows, clips.values(), strict=True):
        assert (clip.clip_id, clip.video, clip.split) == (name, name, split)
        assert clip.signer == f"P{int(signer):04}"
        assert (" ".join(clip.glosses), clip.text) == (glosses, text)
        assert clip.extra["x_num_frames"] == n_frames
        assert name.startswith(clip.extra["x_sentence"])


@pytest.mark.real_data
def test_the_folder_of_a_kit_is_a_source_too(real_data: Path, tmp_path: Path) -> None:
    summary, clips = imported(
        "csl-daily", real_data / "annotations" / "phoenix_csl", tmp_path / "out"
    )
    assert summary.n_clips == 2253
    assert {clip.signer for clip in clips.values()} == {f"P{n:04}" for n in range(10)}
