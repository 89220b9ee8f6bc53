from pathlib import Path

import pytest

from signkit.errors import ScoreError
from signkit.score import read_references


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


STM = """;; PHOENIX writes such lines
a_1 1 Signer01 0.0 1.79769e+308 <o,f0,male> REGEN SONNE
a_2 1 Signer02 0.0 2.4 WIND

a_3 1 Signer01 0.0 1.79769e+308 <o> [EMPTY]
"""


def test_stm(tmp_path: Path) -> None:
    assert read_references(written(tmp_path / "dev.stm", STM)) == {
        "a_1": ("REGEN", "SONNE"),
        "a_2": ("WIND",),
        "a_3": (),
    }


@pytest.mark.parametrize(
    "text",
    [
        "id,gloss\na,I EAT\nb,TEA\n",
        "\ufeffid,gloss\r\na,I EAT\r\nb,TEA\r\n",
        "clip_id,signer,glosses\na,ann,I EAT\nb,ben,TEA\n",
        '"id","gloss"\n"a","I EAT"\n"b","TEA"\n',
        '"id";"gloss"\n"a";"I EAT"\n"b";TEA\n',
        "id|gloss\ra|I EAT\rb|TEA\r",
        "id|gloss\na|I EAT\nb|TEA\n",  # SignEval's own tables
        "id|folder|signer|annotation\na|a/1/*.png|S1|I  EAT\nb|b|S2|TEA\n",  # PHOENIX-2014
        "name|video|start|end|speaker|orth|translation\na|v|-1|-1|S|I EAT|\nb|v|-1|-1|S|TEA|x\n",
        "Id\tGloss\na\tI\u00a0EAT\nb\tTEA\n",
        "\n id ; gloss \n\na;I EAT\n b ;TEA",
    ],
)
def test_tables(tmp_path: Path, text: str) -> None:
    found = read_references(written(tmp_path / "table.csv", text))
    assert found == {"a": ("I", "EAT"), "b": ("TEA",)}


def test_quotation_marks_of_a_pipe_table_are_text(tmp_path: Path) -> None:
    path = written(tmp_path / "table.csv", 'id|gloss\na|"JA NEIN\nb|TEA\n')
    assert read_references(path) == {"a": ('"JA', "NEIN"), "b": ("TEA",)}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "x.csv",
            "clip;what\na;TEA\n",
            "{path} begins with 'clip;what'; expected a header with a column for ids (clip_id, id, "
            "name) and one for glosses (glosses, gloss, annotation, orth)",
        ),
        ("x.csv", "id,gloss\na,I,EAT\n", "{path} line 2 has 3 cells, expected 2 ('id,gloss')"),
        ("x.csv", "id,gloss\na,I\na,EAT\n", "{path} line 3 repeats the id 'a'; keep one"),
        ("x.csv", "id,gloss\n,EAT\n", "{path} line 2 has no id; expected one on every line"),
        (
            "x.stm",
            "a 1 ann 0.0 TEA\n",
            "{path} line 1 is 'a 1 ann 0.0 TEA'; expected name channel speaker start end <labels> "
            "glosses",
        ),
        (
            "x.csv",
            'id,gloss\na,I\nb,"JA NEIN\nc,TEA\n',
            "{path} line 3 cannot be read (unexpected end of data); expected each quotation mark "
            "in a quoted cell twice, and one at its end",
        ),
        ("x.csv", "id,gloss,Gloss\na,I,EAT\n", "{path} has 2 columns 'gloss'; keep one"),
        (
            "x.stm",
            "a 1 s 0 1 <o> {{ TEA / MILK }} HOT\n",
            "{path} line 1 has '{{', which is for sclite and no gloss; write down one sequence of "
            "glosses, or leave the line out",
        ),
        ("x.stm", "a 1 s 0 1 TEA\na 1 s 1 2 TEA", "{path} line 2 repeats the id 'a'; keep one"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = written(tmp_path / name, text.replace("{{", "{").replace("}}", "}"))
    with pytest.raises(ScoreError) as caught:
        read_references(path)
    assert str(caught.value) == message.format(path=path)


def test_a_cell_longer_than_any_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", 'id,gloss\na,"' + "TEA " * 50_000)
    with pytest.raises(ScoreError, match="line 2 cannot be read"):
        read_references(path)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match=r"no file at .*none.csv; check the path"):
        read_references(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"id,gloss\na,\xff\n")
    with pytest.raises(ScoreError, match="is not UTF-8 text"):
        read_references(tmp_path / "x.csv")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "n", "first"),
    [
        ("signeval/US/dev.csv", 550, ("00_0401", ("انا", "رغبه", "اكل", "مكرونه"))),
        ("phoenix_csl/csl-daily.dev.csv", None, ("S000020_P0000_T00", ("他", "今天", "年龄", "4"))),
    ],
)
def test_published_tables(
    real_data: Path, path: str, n: int | None, first: tuple[str, tuple[str, ...]]
) -> None:
    found = read_references(real_data / "annotations" / path)
    assert n is None or len(found) == n
    assert next(iter(found.items())) == first
