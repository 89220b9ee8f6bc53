from pathlib import Path

import pytest

from signkit.clip import Clip
from signkit.convert import import_dataset
from signkit.convert.ledger import Ledger
from signkit.convert.split_tables import split_in
from signkit.convert.stm import Segment, stm_segments
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from tests.convert.annotations import imported, write
from tests.convert.corpora import bad_rows, lines

HEADER = "id|folder|signer|annotation"
ROW = (
    "01April_2010_Thursday_heute_default-0|01April_2010_Thursday_heute_default-0/1/*.png|Signer04|"
    "__ON__ LIEB ZUSCHAUER  ABEND loc-NORD WETTER __OFF__"
)
NAME = "01April_2010_Thursday_heute_default-0"


def row(name: str, glosses: str = "REGEN") -> str:
    return f"{name}|{name}/1/*.png|Signer01|{glosses}"


def release(folder: Path, *, table: str = "{split}.corpus.csv") -> Path:
    """One sentence a split, where the release has its tables."""
    manual = folder / "annotations" / "manual"
    write(manual / table.format(split="train"), HEADER, ROW)
    write(manual / table.format(split="dev"), HEADER, row("a-1"))
    write(manual / table.format(split="test"), HEADER, row("b-2"))
    return folder


def test_the_published_tables_become_clips(tmp_path: Path) -> None:
    summary, clips = imported("phoenix14", release(tmp_path / "p"), tmp_path / "out")
    assert clips[NAME] == Clip(
        NAME,
        video=f"train/{NAME}/1",
        glosses=("__ON__", "LIEB", "ZUSCHAUER", "ABEND", "loc-NORD", "WETTER", "__OFF__"),
        signer="Signer04",
        language="gsg",
        split="train",
        session="01April_2010_Thursday_heute_default",
    )
    assert {clip_id: clip.split for clip_id, clip in clips.items()} == {
        NAME: "train",
        "a-1": "dev",
        "b-2": "test",
    }
    assert (summary.n_clips, summary.bad_rows, summary.is_whole) == (3, {}, True)
    info = PoseDataset.open(tmp_path / "out").info
    assert info.skeleton is None
    assert info.licence.startswith("Research")
    assert info.consent
    assert "i6.informatik.rwth-aachen.de" in info.source


@pytest.mark.parametrize(
    ("folder", "table"),
    [
        ("annotations/manual", "{split}.SI5.corpus.csv"),
        ("phoenix-2014-multisigner/annotations/manual", "{split}.corpus.csv"),
        ("phoenix-2014-signerindependent-SI5/annotations/manual", "{split}.SI5.corpus.csv"),
        (".", "{split}.corpus.csv"),
    ],
)
def test_the_tables_are_found_where_releases_have_them(
    folder: str, table: str, tmp_path: Path
) -> None:
    for split in ("train", "dev", "test"):
        write(tmp_path / "p" / folder / table.format(split=split), HEADER, row(f"{split}-0"))
    _, clips = imported("phoenix14", tmp_path / "p", tmp_path / "out")
    assert {name: clip.split for name, clip in clips.items()} == {
        "train-0": "train",
        "dev-0": "dev",
        "test-0": "test",
    }


def test_one_table_is_a_source_too_and_its_name_says_the_split(tmp_path: Path) -> None:
    path = write(tmp_path / "dev.corpus.csv", HEADER, row("a-1"))
    _, clips = imported("phoenix14", path, tmp_path / "out")
    assert clips["a-1"].split == "dev"
    assert clips["a-1"].video == "dev/a-1/1"


def test_every_row_is_read_also_the_one_that_others_drop(tmp_path: Path) -> None:
    rows = [row(f"clip-{number}") for number in range(5672)]
    rows[2390] = "clip-2390|clip-2390/1/*.png|Signer01|BEWOELKT"
    path = write(tmp_path / "train.corpus.csv", HEADER, *rows)
    summary, clips = imported("phoenix14", path, tmp_path / "out")
    assert summary.n_clips == 5672
    assert clips["clip-2390"].glosses == ("BEWOELKT",)


def test_other_columns_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "dev.corpus.csv", f"{HEADER}|Kamera 2", f"{row('a-1')}|links")
    _, clips = imported("phoenix14", path, tmp_path / "out")
    assert clips["a-1"].extra == {"x_kamera_2": "links"}


def test_bad_rows_are_listed(tmp_path: Path) -> None:
    path = write(
        tmp_path / "dev.corpus.csv",
        f"\ufeff{HEADER}",
        row("a-1"),
        row("a-1", "SONNE"),
        row("b-1", ""),
        "c-1|c-1/1/*.png|Signer01",
        "d-1|d-1/1/*.png||WIND",
        row("e-1", 'STARK " WIND'),
    )
    summary, clips = imported("phoenix14", path, tmp_path / "out")
    assert list(clips) == ["a-1", "b-1", "d-1", "e-1"]
    assert clips["e-1"].glosses == ("STARK", '"', "WIND")
    assert bad_rows(tmp_path / "out") == [
        "byte_order_mark,dev.corpus.csv,1,,has a byte-order mark,repaired",
        "duplicate_id,dev.corpus.csv,3,a-1,repeats the id 'a-1',left out",
        "empty_gloss,dev.corpus.csv,4,b-1,has no gloss,kept",
        'unreadable,dev.corpus.csv,5,,"has 3 cells, expected 4",left out',
        "unknown_signer,dev.corpus.csv,6,d-1,has no signer,kept",
        'stray_quote,dev.corpus.csv,7,e-1,"has a stray quote in gloss \'""\'",kept',
    ]
    assert summary.n_left_out == 2


@pytest.mark.parametrize(
    ("there", "video"),
    [
        ("dev/a-1/1", "dev/a-1/1"),
        ("dev/a-1", "dev/a-1"),
        ("somewhere/a-1.mp4", "somewhere/a-1.mp4"),
    ],
)
def test_pictures_are_found_where_they_lie(there: str, video: str, tmp_path: Path) -> None:
    place = tmp_path / "videos" / there
    if place.suffix:
        write(place, "")
    else:
        write(place / "images0001.png", "")
    path = write(tmp_path / "dev.corpus.csv", HEADER, row("a-1"), row("b-1"))
    videos = tmp_path / "videos"
    summary, clips = imported("phoenix14", path, tmp_path / "out", videos=videos)
    assert clips["a-1"].video == video
    assert summary.missing_by_split == {"dev": 1}
    assert lines(tmp_path / "out" / "missing.csv")[1:] == [
        "b-1,dev/b-1,dev,Signer01,REGEN,no such video"
    ]
    assert summary.n_unlisted == 0


def test_references_for_scoring_are_read_where_there_is_no_table(tmp_path: Path) -> None:
    write(
        tmp_path / "p" / "evaluation" / "phoenix2014-groundtruth-dev.stm",
        ";; made by hand",
        "a-1 1 Signer01 0.0 1.79769e+308 REGEN  STARK",
        "b-1 1 Signer02 0.0 1.79769e+308 [EMPTY]",
        "c-1 1 Signer03 1.5 4.25 SONNE",
        "d-1 1 Signer03 1.5",
        "e-1 1 Signer03 from to SONNE",
    )
    summary, clips = imported("phoenix14", tmp_path / "p", tmp_path / "out")
    assert clips["a-1"] == Clip(
        "a-1",
        video="dev/a-1/1",
        glosses=("REGEN", "STARK"),
        signer="Signer01",
        language="gsg",
        split="dev",
        session="a",
    )
    assert clips["b-1"].glosses == ()
    assert (clips["c-1"].start_s, clips["c-1"].end_s) == (1.5, 4.25)
    assert summary.bad_rows == {"unreadable": 2, "empty_gloss": 1}
    found = {row.kind: str(row) for row in summary.first_bad}
    assert found["unreadable"] == (
        "phoenix2014-groundtruth-dev.stm line 5: has 'd-1 1 Signer03 1.5', expected id channel "
        "signer start end glosses; left out"
    )


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("02_0001 1 02 0.0 1.79769e+308 a b", (None, None)),
        ("02_0001 1 02 2.5 1.79769e+308 a b", (2.5, None)),
        ("02_0001 1 02 0.0 3 a b", (0.0, 3.0)),
        ("02_0001 1 02 0 inf a b", (None, None)),
    ],
)
def test_an_open_end_is_no_time(
    line: str, times: tuple[float | None, float | None], tmp_path: Path
) -> None:
    path = write(tmp_path / "x.stm", line)
    with Ledger() as ledger:
        (found,) = stm_segments(path, ledger)
    assert found == (1, Segment("02_0001", "1", "02", *times, glosses=("a", "b")))


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.corpus.csv", "train"),
        ("how2sign_realigned_val.csv", "dev"),
        ("PHOENIX-2014-T.train-complex-annotation.corpus.csv", "train"),
        ("gsl_split_SI_test.csv", "test"),
        ("testimony.csv", ""),
        ("train-dev.csv", ""),
    ],
)
def test_the_name_of_a_file_says_the_split(name: str, split: str) -> None:
    assert split_in(name) == split


@pytest.mark.parametrize(
    ("files", "source", "message"),
    [
        ({}, "p", "no folder or file at {root}/p"),
        (
            {"p/readme.txt": "x"},
            "p",
            "{root}/p has no annotation table; expected train.corpus.csv or train.SI5.corpus.csv "
            "or phoenix2014-groundtruth-train.stm (and dev, test) in it, or give one table",
        ),
        (
            {"dev.corpus.csv": "name|video|orth"},
            "dev.corpus.csv",
            "{root}/dev.corpus.csv has no column 'id' (found: name, video, orth); expected "
            "id|folder|signer|annotation",
        ),
    ],
)
def test_what_is_no_phoenix_is_refused(
    files: dict[str, str], source: str, message: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        write(tmp_path / name, text)
    with pytest.raises(FormatError) as refused:
        import_dataset("phoenix14", tmp_path / source, tmp_path / "out")
    assert str(refused.value) == message.format(root=tmp_path)


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "dev.corpus.csv", HEADER, row("a-1", "KÄLTE"), encoding="latin-1")
    with pytest.raises(FormatError, match=r"is not UTF-8 text .*; save it as UTF-8$"):
        import_dataset("phoenix14", path, tmp_path / "out")
