from pathlib import Path

import pytest

from signkit.clip import Clip
from signkit.convert import import_dataset
from signkit.dataset import PoseDataset
from signkit.errors import FormatError
from tests.convert.annotations import imported, independent_rows, write
from tests.convert.corpora import bad_rows, lines

PATH = "police1/police1_signer3_rep1_sentences/sentences0000"
ROW = f"{PATH}|ΓΕΙΑ  ΕΓΩ(1) ΜΠΟΡΩ ΒΟΗΘΩ"


def row(signer: int, glosses: str = "ΓΕΙΑ") -> str:
    return f"kep2/kep2_signer{signer}_rep4_sentences/sentences0011|{glosses}"


def test_sentences_become_clips(tmp_path: Path) -> None:
    write(tmp_path / "gsl" / "gsl_split_SI_train.csv", row(1))
    write(tmp_path / "gsl" / "gsl_split_SI_dev.csv", ROW)
    write(tmp_path / "gsl" / "gsl_split_SI_test.csv", row(2))
    summary, clips = imported("gsl", tmp_path / "gsl", tmp_path / "out")
    clip_id = "police1-police1_signer3_rep1_sentences-sentences0000"
    assert clips[clip_id] == Clip(
        clip_id,
        video=PATH,
        glosses=("ΓΕΙΑ", "ΕΓΩ(1)", "ΜΠΟΡΩ", "ΒΟΗΘΩ"),
        signer="signer3",
        language="gss",
        split="dev",
        session="police1_signer3_rep1",
        extra={"x_scenario": "police1", "x_repetition": "1"},
    )
    assert [clip.split for clip in clips.values()] == ["train", "dev", "test"]
    assert (summary.bad_rows, summary.n_right_to_left) == ({}, 0)
    assert PoseDataset.open(tmp_path / "out").info.name == "gsl"


@pytest.mark.parametrize(
    ("label", "glosses", "kept"),
    [("ΓΕΙΑ", ("ΓΕΙΑ",), ""), ("ΔΙΚΟ ΤΟΥ", ("ΔΙΚΟ-ΤΟΥ",), "ΔΙΚΟ ΤΟΥ")],
)
def test_a_single_sign_is_one_gloss(
    label: str, glosses: tuple[str, ...], kept: str, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "train_greek_iso.csv", f"health1_signer1_rep1_glosses/glosses0000|{label}"
    )
    _, clips = imported("gsl", path, tmp_path / "out")
    clip = clips["health1_signer1_rep1_glosses-glosses0000"]
    assert clip.glosses == glosses
    assert clip.extra.get("x_label", "") == kept
    assert (clip.split, clip.signer, clip.session) == ("train", "signer1", "health1_signer1_rep1")


def test_a_folder_with_several_splits_of_the_same_recordings_wants_a_choice(tmp_path: Path) -> None:
    folder = tmp_path / "GSL_split" / "GSL_continuous"
    write(folder / "gsl_split_SI_dev.csv", row(3))
    write(folder / "gsl_split_SD_dev.csv", row(4))
    for source in (tmp_path, folder):
        with pytest.raises(FormatError) as refused:
            import_dataset("gsl", source, tmp_path / "out")
        assert str(refused.value) == (
            f"{source} has gsl_split_SI and gsl_split_SD, which list the same recordings; give one "
            f"of them, as {source}/gsl_split_SI"
        )
    _, clips = imported("gsl", tmp_path / "gsl_split_SD", tmp_path / "sd")
    assert [clip.signer for clip in clips.values()] == ["signer4"]
    _, clips = imported("gsl", folder / "gsl_split_SI", tmp_path / "si")
    assert [clip.signer for clip in clips.values()] == ["signer3"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nothing", "no folder or file at {root}/nothing"),
        ("nothing/greek_iso", "no folder or file at {root}/nothing/greek_iso"),
        (
            "gsl",
            "{root}/gsl has no annotation table; expected gsl_split_SI_train.csv or "
            "gsl_split_SD_train.csv or train_greek_iso.csv (and dev, test)",
        ),
        (
            "gsl/greek_iso",
            "{root}/gsl has no annotation table; expected train_greek_iso.csv (and dev, test)",
        ),
    ],
)
def test_what_is_no_gsl_is_refused(source: str, message: str, tmp_path: Path) -> None:
    write(tmp_path / "gsl" / "iso_classes.csv", "ΓΕΙΑ")
    with pytest.raises(FormatError) as refused:
        import_dataset("gsl", tmp_path / source, tmp_path / "out")
    assert str(refused.value) == message.format(root=tmp_path)


def test_bad_rows_are_listed(tmp_path: Path) -> None:
    path = write(
        tmp_path / "gsl_split_SI_dev.csv",
        f"\ufeff{row(1)}",
        row(1, "ΚΑΛΟ"),
        row(8),
        row(2, ""),
        "kep2/kep2_signer5_rep4_sentences/sentences0011",
        "somewhere/else|ΚΑΛΟ",
        "kep2/kep2_signer6_rep4_sentences/sentences0011|ΕΥ\u200eΧΑΡΙΣΤΩ",
    )
    summary, clips = imported("gsl", path, tmp_path / "out")
    assert [clip.signer for clip in clips.values()] == [
        "signer1",
        "signer8",
        "signer2",
        "",
        "signer6",
    ]
    assert clips["kep2-kep2_signer6_rep4_sentences-sentences0011"].glosses == ("ΕΥΧΑΡΙΣΤΩ",)
    kinds = [line.split(",")[:3] for line in bad_rows(tmp_path / "out")]
    assert kinds == [
        ["byte_order_mark", "gsl_split_SI_dev.csv", "1"],
        ["duplicate_id", "gsl_split_SI_dev.csv", "2"],
        ["unknown_signer", "gsl_split_SI_dev.csv", "3"],
        ["empty_gloss", "gsl_split_SI_dev.csv", "4"],
        ["unreadable", "gsl_split_SI_dev.csv", "5"],
        ["unknown_signer", "gsl_split_SI_dev.csv", "6"],
        ["direction_mark", "gsl_split_SI_dev.csv", "7"],
    ]
    assert str(summary.first_bad[2]) == (
        "gsl_split_SI_dev.csv line 3: has the unknown signer 'signer8'; kept"
    )


def test_pictures_that_are_not_there_are_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "gsl_split_SI_dev.csv", ROW, row(5))
    write(tmp_path / "videos" / PATH / "frame_0000.jpg", "")
    summary, clips = imported("gsl", path, tmp_path / "out", videos=tmp_path / "videos")
    assert clips["police1-police1_signer3_rep1_sentences-sentences0000"].video == PATH
    assert summary.missing_by_gloss == {"ΓΕΙΑ": 1}
    assert len(lines(tmp_path / "out" / "missing.csv")) == 2


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("split", "n_clips", "n_glosses", "repetitions"),
    [("dev", 588, 2330, {"1", "2"}), ("test", 881, 3498, {"3", "4", "5"})],
)
def test_the_published_tables_come_through(
    split: str,
    n_clips: int,
    n_glosses: int,
    repetitions: set[str],
    real_data: Path,
    tmp_path: Path,
) -> None:
    path = real_data / "annotations" / "gsl" / f"gsl_split_SI_{split}.csv"
    summary, clips = imported("gsl", path, tmp_path / "out")
    rows = independent_rows(path)
    assert (summary.n_clips, len(rows), summary.bad_rows) == (n_clips, n_clips, {})
    assert sum(len(clip.glosses) for clip in clips.values()) == n_glosses
    for (video, glosses), clip in zip(rows, clips.values(), strict=True):
        assert (clip.video, " ".join(clip.glosses), clip.split) == (video, glosses, split)
    assert {clip.signer for clip in clips.values()} == {"signer3"}
    assert {clip.extra["x_repetition"] for clip in clips.values()} == repetitions
    scenarios = {clip.extra["x_scenario"] for clip in clips.values()}
    assert scenarios == {
        f"{place}{n}" for place in ("health", "kep", "police") for n in range(1, 6)
    }
