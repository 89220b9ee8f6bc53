import zipfile
from pathlib import Path

import pytest

from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis, write_hypotheses
from signkit.score import read_predictions

FOUND = [Hypothesis("a", ("I", "EAT")), Hypothesis("b", ())]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "id,gloss\na,I EAT\nb,\n"),
        ("x.csv", "id|gloss\na|I EAT\nb|\n"),
        ("x.txt", "id|gloss\na|I EAT\nb|\n"),  # SignEval calls tables .txt, too
        ("x.tsv", "id\tgloss\na\tI EAT\nb\t\n"),
        ("x.txt", "a I EAT\nb\n"),
        ("hypotheses", "a\tI  EAT\n\nb [EMPTY]\n"),
        ("x.txt", "a I\u2028EAT\r\nb\x85\r\n"),  # no ends of lines, but white space
    ],
)
def test_tables_and_lines(tmp_path: Path, name: str, text: str) -> None:
    assert read_predictions(written(tmp_path / name, text)) == FOUND


def test_own_hypotheses(tmp_path: Path) -> None:
    write_hypotheses(tmp_path / "x.jsonl", FOUND)
    assert read_predictions(tmp_path / "x.jsonl") == FOUND


def test_ctm(tmp_path: Path) -> None:
    text = """;; id channel start duration gloss confidence
    a 1 0.50 0.25 EAT 0.5
    a 1 0.00 0.50 I 1.5
    b 1 0.00 0.00 [EMPTY]
    c 1 0.0 1.0 TEA
    """
    a, b, c = read_predictions(written(tmp_path / "x.ctm", text))
    assert a == Hypothesis(
        "a", ("I", "EAT"), times_s=((0.0, 0.5), (0.5, 0.75)), confidence=(1.0, 0.5)
    )
    assert b == Hypothesis("b", ())
    assert c == Hypothesis("c", ("TEA",), times_s=((0.0, 1.0),))


def zipped(path: Path, **tables: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.csv", text)
    return path


def zip_of(text: str, folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("test.csv", text)
    return (folder / "z.zip").read_bytes()


def test_submissions_of_signeval(tmp_path: Path) -> None:
    table = "id,gloss\na,I EAT\nb,\n"
    assert read_predictions(zipped(tmp_path / "test.zip", test=table), split="test") == FOUND
    both = zipped(tmp_path / "both.zip", dev="id,gloss\nz,TEA\n", test=table)
    assert read_predictions(both, split="test") == FOUND


def test_wrong_zip_files_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", dev="id,gloss\n", train="id,gloss\n")
    with pytest.raises(ScoreError) as caught:
        read_predictions(path, split="test")
    assert str(caught.value) == f"{path} holds dev.csv, train.csv; expected one table test.csv"
    broken = bytearray(zip_of("id,gloss\n" + "a,TEA\n" * 9, tmp_path))
    broken[38:46] = b"\xff" * 8  # the data behind the name
    (tmp_path / "z.zip").write_bytes(broken)
    with pytest.raises(ScoreError, match="is not a zip file that can be read"):
        read_predictions(tmp_path / "z.zip")
    with pytest.raises(ScoreError, match="is not a zip file that can be read"):
        read_predictions(written(tmp_path / "y.zip", "id,gloss\n"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "id,gloss\na,TEA\na,TEA\n", "{path} line 3 repeats the id 'a'; keep one"),
        ("x.txt", "a TEA\na TEA\n", "{path} line 2 repeats the id 'a'; keep one"),
        (
            "x.csv",
            "a,TEA\n",
            "{path} begins with 'a,TEA'; expected a header with a column for ids (clip_id, id, "
            "name) and one for glosses (glosses, gloss, annotation, orth)",
        ),
        (
            "x.ctm",
            "a 1 0.0 TEA\n",
            "{path} line 1 is 'a 1 0.0 TEA'; expected name channel start duration gloss, and "
            "perhaps a confidence",
        ),
        (
            "x.ctm",
            "a 1 nan 1.0 TEA\n",
            "{path} line 1 is 'a 1 nan 1.0 TEA'; expected name channel start duration gloss, and "
            "perhaps a confidence",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = written(tmp_path / name, text)
    with pytest.raises(ScoreError) as caught:
        read_predictions(path)
    assert str(caught.value) == message.format(path=path)


def test_a_file_that_is_not_there_says_what_may_be(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match=r"no file or run at .*x.csv; expected hypotheses as JSON"):
        read_predictions(tmp_path / "x.csv")
