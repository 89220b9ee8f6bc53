import zipfile
from pathlib import Path
from typing import Any

import pytest

from signkit.clip import Clip, ClipTable
from signkit.convert import ExportOptions, export_dataset
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError, FormatError
from signkit.hypothesis import Hypothesis, write_hypotheses
from signkit.score import read_predictions, score_dataset
from signkit.skeletons import ISHARAH_86
from tests.factories import make_dataset


def submission(folder: Path, hypotheses: list[Hypothesis], split: str | None = "test") -> Any:
    dataset = folder / "data"
    if not dataset.exists():
        clips = [Clip("b", split="test"), Clip("a", split="test"), Clip("c", split="dev")]
        make_dataset(dataset, clips, skeleton=ISHARAH_86)
    write_hypotheses(folder / "hyps.jsonl", hypotheses)
    options = ExportOptions(split=split, hypotheses=folder / "hyps.jsonl")
    return export_dataset("signeval", dataset, folder / "test.zip", options)


def test_a_submission_has_the_rows_of_the_table_in_its_order(tmp_path: Path) -> None:
    summary = submission(tmp_path, [Hypothesis("a", ()), Hypothesis("b", ("سوال", "B,C"))])
    with zipfile.ZipFile(tmp_path / "test.zip") as file:
        assert file.namelist() == ["test.csv"]
        assert file.read("test.csv").decode() == 'id,gloss\nb,"سوال B,C"\na,\n'
    assert summary.n_clips == 2
    assert summary.notes == (
        "test.csv has 2 rows; it has no place for licence and consent",
        "1 hypotheses are empty and so are their cells; what the platform makes of them is "
        "unconfirmed",
        "1 glosses have a comma or quotation mark; their cells are quoted",
    )


def test_equal_hypotheses_make_equal_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    hypotheses = [Hypothesis("a", ("A",)), Hypothesis("b", ("B",))]
    one = submission(tmp_path / "a", hypotheses)
    other = submission(tmp_path / "b", hypotheses[::-1])
    assert one.sha256 == other.sha256
    assert one.sha256 == "a8f4be59aa96195d37ecf0599d2d8b18a6223d2037ccef8243a4cc24f426dee1"


@pytest.mark.parametrize(
    ("hypotheses", "split", "said"),
    [
        (
            ["a", "b"],
            None,
            "a submission is of one split and there is no --split; give --split dev or test",
        ),
        (
            ["a", "b"],
            "train",
            "a submission is of one split and --split is 'train'; give --split dev or test",
        ),
        (
            ["b"],
            "test",
            "HYPS has no hypothesis for 1 of 2 clips of the split 'test' (first: 'a'); "
            "recognize all of it",
        ),
        (
            ["a", "b", "c"],
            "test",
            "HYPS has hypotheses for 1 clips that are not in the split 'test' ("
            "first: 'c'); "
            "recognize this split alone",
        ),
    ],
)
def test_hypotheses_of_other_clips_are_refused(
    tmp_path: Path, hypotheses: list[str], split: str | None, said: str
) -> None:
    with pytest.raises(FormatError) as error:
        submission(tmp_path, [Hypothesis(name, ("A",)) for name in hypotheses], split)
    assert str(error.value) == said.replace("HYPS", str(tmp_path / "hyps.jsonl"))
    assert not (tmp_path / "test.zip").exists()


def test_a_submission_needs_hypotheses_and_a_new_zip(tmp_path: Path) -> None:
    good = [Hypothesis("a", ("A",)), Hypothesis("b", ("B",))]
    submission(tmp_path, good)
    data, out = tmp_path / "data", tmp_path / "test.zip"
    with pytest.raises(DatasetError, match="already exists; choose another place"):
        submission(tmp_path, good)
    with pytest.raises(FormatError) as error:
        export_dataset("signeval", data, tmp_path / "x.zip", ExportOptions(split="test"))
    assert str(error.value) == (
        "a submission holds what a recognizer said; give --hypotheses FILE.jsonl, made with "
        "'signkit recognize RUN SOURCE --out FILE.jsonl'"
    )
    options = ExportOptions(split="test", hypotheses=tmp_path / "hyps.jsonl")
    with pytest.raises(FormatError) as error:
        export_dataset("signeval", data, out.with_suffix(".csv"), options)
    named = tmp_path / "test.csv"
    assert str(error.value) == f"{named} is no name of a zip file; call it for instance test.zip"


def test_a_gloss_with_a_space_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as error:
        submission(tmp_path, [Hypothesis("a", ("A B",)), Hypothesis("b", ())])
    assert str(error.value) == (
        f"{tmp_path / 'hyps.jsonl'} has the gloss 'A B' for 'a'; a submission separates glosses by "
        "spaces, so none may be in one"
    )


def test_a_split_without_clips_is_refused(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "data", [Clip("c", split="dev")], skeleton=ISHARAH_86)
    assert isinstance(dataset.clips, ClipTable)
    write_hypotheses(tmp_path / "hyps.jsonl", [])
    options = ExportOptions(split="test", hypotheses=tmp_path / "hyps.jsonl")
    with pytest.raises(FormatError) as error:
        export_dataset("signeval", tmp_path / "data", tmp_path / "test.zip", options)
    assert str(error.value) == f"{tmp_path / 'data'} has no clip in the split 'test'"


def test_a_clip_without_poses_has_an_empty_cell(tmp_path: Path) -> None:
    clips = [Clip("b", split="test"), Clip("a", split="test")]
    make_dataset(tmp_path / "data", clips, skeleton=ISHARAH_86, without_poses=["a"])
    summary = submission(tmp_path, [Hypothesis("b", ("B",))])
    with zipfile.ZipFile(tmp_path / "test.zip") as file:
        assert file.read("test.csv").decode() == "id,gloss\nb,B\na,\n"
    assert summary.notes[1:] == (
        "1 hypotheses are empty and so are their cells; what the platform makes of them is "
        "unconfirmed",
        "1 clips have no poses and could not be recognized (first: 'a')",
    )


def test_where_no_clip_has_poses_every_hypothesis_is_asked_for(tmp_path: Path) -> None:
    clips = [Clip("b", split="test"), Clip("a", split="test")]
    make_dataset(tmp_path / "data", clips, skeleton=ISHARAH_86, without_poses=["a", "b"])
    with pytest.raises(FormatError, match="has no hypothesis for 1 of 2 clips"):
        submission(tmp_path, [Hypothesis("b", ("B",))])


def test_another_name_than_the_platforms_expect_is_said(tmp_path: Path) -> None:
    submission(tmp_path, [Hypothesis("a", ("A",)), Hypothesis("b", ("B",))])
    options = ExportOptions(split="test", hypotheses=tmp_path / "hyps.jsonl")
    summary = export_dataset("signeval", tmp_path / "data", tmp_path / "mine.zip", options)
    assert summary.notes[0] == (
        "the platforms expect the name test.zip; rename mine.zip before it is sent"
    )


def test_a_submission_can_be_scored_like_the_hypotheses_it_was_made_of(tmp_path: Path) -> None:
    sentences = {"b": ("سوال", "B,C"), "a": ("A",), "d": ('"D"', "D")}
    clips = [Clip(name, glosses=glosses, split="test") for name, glosses in sentences.items()]
    make_dataset(tmp_path / "data", clips, skeleton=ISHARAH_86)
    hypotheses = [
        Hypothesis("a", ()),
        Hypothesis("b", ("سوال", "B,C")),
        Hypothesis("d", ('"D"', "X")),
    ]
    submission(tmp_path, hypotheses)
    again = read_predictions(tmp_path / "test.zip", split="test")
    assert {h.clip_id: h.glosses for h in again} == {h.clip_id: h.glosses for h in hypotheses}
    dataset = PoseDataset.open(tmp_path / "data")
    one, other = (score_dataset(h, dataset, split="test") for h in (hypotheses, again))
    assert one == other
    assert one.wer == 2 / 5
