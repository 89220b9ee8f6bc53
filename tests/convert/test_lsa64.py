import csv
from pathlib import Path

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ImportOptions, ImportSummary, import_dataset
from signkit.errors import FormatError
from tests.convert.corpora import bad_rows

ENGLISH = "01|Opaque|R|\n20|Sweet milk|R|\n64|Find|B|\n"
SPANISH = "1|Opaco|Una\n20|Dulce|Una\n64|Encontrar|Dos\n"


def write(folder: Path, *videos: str, english: str = "", spanish: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    for name in videos:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    if english:
        (folder / "lsa64_signs.md").write_text(english, encoding="utf-8")
    if spanish:
        (folder / "lsa64_signs.es.md").write_text(spanish, encoding="utf-8")
    return folder


def read(
    source: Path, out: Path, options: ImportOptions | None = None
) -> tuple[ImportSummary, dict[str, Clip]]:
    summary = import_dataset("lsa64", source, out, options)
    return summary, {clip.clip_id: clip for clip in ClipTable.read(out / "clips.csv")}


def test_a_video_becomes_a_clip_named_by_the_list(tmp_path: Path) -> None:
    source = write(tmp_path / "lsa64", "all/020_003_005.mp4", english=ENGLISH)
    summary, clips = read(source, tmp_path / "out")
    assert not summary.bad_rows
    assert list(clips.values()) == [
        Clip(
            "020_003_005",
            "all/020_003_005.mp4",
            glosses=("Sweet-milk",),
            signer="3",
            language="aed",
            extra={
                "x_class": "20",
                "x_label": "Sweet milk",
                "x_hands": "right",
                "x_repetition": "5",
            },
        )
    ]


@pytest.mark.parametrize(
    ("lists", "gloss"),
    [
        ({"english": ENGLISH}, "Find"),
        ({"spanish": SPANISH}, "Encontrar"),
        ({"english": ENGLISH, "spanish": SPANISH}, "Find"),
    ],
    ids=["English", "Spanish", "both"],
)
def test_both_lists_are_read_and_the_english_one_goes_first(
    tmp_path: Path, lists: dict[str, str], gloss: str
) -> None:
    source = write(tmp_path / "lsa64", "064_010_001.mp4", **lists)
    _, clips = read(source, tmp_path / "out")
    assert clips["064_010_001"].glosses == (gloss,)
    assert clips["064_010_001"].extra["x_hands"] == "both"


def test_what_is_absent_of_the_published_grid_is_missing(tmp_path: Path) -> None:
    source = write(tmp_path / "lsa64", "001_001_001.mp4", "064_010_005.mp4", english=ENGLISH)
    summary, clips = read(source, tmp_path / "out")
    assert (len(clips), summary.n_missing) == (2, 64 * 10 * 5 - 2)
    missing = (tmp_path / "out" / "missing.csv").read_text().splitlines()
    assert missing[1] == "001_001_002,001_001_002.mp4,,1,Opaque,no such video"


def test_the_list_may_be_given_with_the_videos_apart(tmp_path: Path) -> None:
    videos = write(tmp_path / "videos", "001_001_001.mp4", "notes.mp4")
    source = write(tmp_path / "lists", spanish=SPANISH) / "lsa64_signs.es.md"
    summary, clips = read(source, tmp_path / "out", ImportOptions(videos=videos))
    assert clips["001_001_001"].glosses == ("Opaco",)
    assert summary.n_unlisted == 1


def test_odd_things_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    english = "\ufeff" + ENGLISH + "no number|Red|R|\n65\n2|\u200fأحمر|R|\n"
    source = write(
        tmp_path / "lsa64",
        "cut/001_001_001.mp4",
        "raw/001_001_001.mp4",
        "raw/002_001_001.mp4",
        "raw/003_011_001.mp4",
        "raw/intro.mp4",
        english=english,
    )
    summary, clips = read(source, tmp_path / "out")
    assert {name: (clip.glosses, clip.signer) for name, clip in clips.items()} == {
        "001_001_001": (("Opaque",), "1"),
        "002_001_001": (("أحمر",), "1"),
        "003_011_001": (("3",), "11"),
    }
    assert (tmp_path / "out" / "unlisted.csv").read_text().splitlines()[1:] == [
        "raw/intro.mp4,its name is not SSS_PPP_RRR"
    ]
    assert bad_rows(tmp_path / "out") == [
        "byte_order_mark,lsa64_signs.md,1,,has a byte-order mark,repaired",
        "unreadable,lsa64_signs.md,4,,"
        "\"has 'no number|Red|R|', expected number|name|hands\",left out",
        "unreadable,lsa64_signs.md,5,,\"has '65', expected number|name|hands\",left out",
        "duplicate_id,raw/001_001_001.mp4,,001_001_001,repeats the id '001_001_001',left out",
        "direction_mark,raw/002_001_001.mp4,,002_001_001,"
        "has an invisible mark in gloss '\\u200f\\u0623\\u062d\\u0645\\u0631',repaired",
        'missing_value,raw/003_011_001.mp4,,003_011_001,"is of sign 3, which the list of signs '
        'does not name",kept',
        "unknown_signer,raw/003_011_001.mp4,,003_011_001,has the unknown signer '11',kept",
    ]
    assert summary.n_left_out == 3


def test_without_a_list_the_number_is_the_gloss(tmp_path: Path) -> None:
    source = write(tmp_path / "lsa64", "001_001_001.mp4")
    _, clips = read(source, tmp_path / "out")
    assert clips["001_001_001"].glosses == ("1",)
    assert bad_rows(tmp_path / "out") == [
        "missing_value,lsa64_signs.md,,,"
        "is not in lsa64; the numbers of the signs are the glosses,kept"
    ]


def test_a_list_alone_makes_no_clips(tmp_path: Path) -> None:
    source = write(tmp_path / "lsa64", english=ENGLISH)
    with pytest.raises(FormatError) as error:
        import_dataset("lsa64", source, tmp_path / "out")
    assert str(error.value) == (
        f"{source} has no videos of LSA64; expected files such as 001_001_001.mp4, in the source "
        "or in --videos"
    )


@pytest.mark.real_data
def test_the_real_lists_name_all_signs(tmp_path: Path, real_data: Path) -> None:
    lists = real_data / "annotations" / "lsa64"
    names = [f"{sign:03d}_001_001.mp4" for sign in range(1, 65)]
    options = ImportOptions(videos=write(tmp_path / "videos", *names))
    summary, clips = read(lists, tmp_path / "out", options)
    assert (summary.n_clips, summary.bad_rows, summary.n_missing) == (64, {}, 3200 - 64)
    with (lists / "normalized_glosses.csv").open() as file:
        published = [row["actual_gloss"] for row in csv.DictReader(file)]
    assert [clip.extra["x_label"] or clip.glosses[0] for clip in clips.values()] == published
    hands = [clip.extra["x_hands"] for clip in clips.values()]
    assert (hands.count("right"), hands.count("both")) == (42, 22)

    spanish = lists / "LSA64_Cut" / "lsa64_signs.es.md"
    _, in_spanish = read(spanish, tmp_path / "spanish", options)
    assert [clip.extra["x_hands"] for clip in in_spanish.values()] == hands
    assert in_spanish["014_001_001"].glosses == ("Cajón",)
    assert clips["027_001_001"].glosses == ("Last-name",)  # the lists contradict each other
    assert in_spanish["027_001_001"].glosses == ("Donde",)


def test_a_sign_that_the_list_does_not_name_is_noted(tmp_path: Path) -> None:
    source = write(tmp_path / "lsa64", "001_001_001.mp4", "065_001_001.mp4", english=ENGLISH)
    _, clips = read(source, tmp_path / "out")
    assert clips["065_001_001"].glosses == ("65",)
    assert bad_rows(tmp_path / "out") == [
        'missing_value,065_001_001.mp4,,065_001_001,"is of sign 65, which the list of signs does '
        'not name",kept'
    ]
