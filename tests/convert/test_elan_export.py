from dataclasses import replace
from pathlib import Path

import pytest

from signkit.clip import Clip
from signkit.convert import ExportOptions, ExportSummary, export_dataset, import_dataset
from signkit.convert.eaf_reader import Eaf
from signkit.convert.ledger import Ledger
from signkit.dataset import PoseDataset, write_info
from signkit.errors import FormatError
from signkit.hypothesis import Hypothesis, write_hypotheses
from tests.convert.test_eaf import assert_valid
from tests.factories import make_dataset

CLIPS = [
    Clip(
        "s-1",
        video="films/one.mp4",
        start_s=0.04,
        end_s=1.2,
        glosses=("HELLO", "thank-you"),
        text='he said "hi" & <b> שלום',
        signer="ann b",
        language="ase",
        split="train",
        session="monday",
        extra={"x_room": " 3\r\n4 ", "x_mood": "good"},
    ),
    Clip("s-2", video="films/one.mp4", start_s=0.5, end_s=2, signer="ann b", split="dev"),
    Clip("s-3", video="films/one.mp4", start_s=2, end_s=3, signer="ann b", glosses=("TEA",)),
    Clip("s-4", video="films/one.mp4", start_s=0.04, end_s=1.2, signer="@ben", glosses=("X",)),
    Clip("s-5", video="films/one.mp4", start_s=0.04, end_s=1.2, glosses=("Y",)),
    Clip("from", video="films/one.mp4", start_s=7.001, glosses=("Z",)),
    Clip("until", video="../films/two.mov", end_s=0.2, text="bye"),
    Clip("whole", video="../films/two.mov", glosses=("A", "B", "C")),
    Clip("pictures", video="frames/x/1", start_s=1, end_s=2, glosses=("P",)),
    Clip("alone", glosses=("Q",)),
]


def export(tmp_path: Path, clips: list[Clip], **options: object) -> ExportSummary:
    if not (tmp_path / "data").exists():
        info = make_dataset(tmp_path / "data", clips).info
        write_info(tmp_path / "data", replace(info, consent="all asked", source="us"))
    return export_dataset(
        "elan",
        tmp_path / "data",
        tmp_path / "out",
        ExportOptions(**options),  # type: ignore[arg-type]
    )


def imported(tmp_path: Path) -> dict[str, Clip]:
    """The clip table that is read back, in strict mode: nothing may be wrong in it."""
    summary = import_dataset("elan", tmp_path / "out", tmp_path / "back")
    assert summary.n_bad_rows == 0
    return {clip.clip_id: clip for clip in PoseDataset.open(tmp_path / "back").clips}


def spans(path: Path, tier: str) -> list[tuple[float, float, str]]:
    with Ledger(strict=True) as ledger:
        return [
            (one.start_ms, one.end_ms, one.value)
            for one in Eaf(path, ledger).tier(tier).annotations
        ]


def test_the_clip_table_comes_back_equal(tmp_path: Path) -> None:
    summary = export(tmp_path, CLIPS)
    assert (summary.n_clips, summary.n_with_poses) == (10, 0)
    assert summary.notes == ("1 recordings are folders of pictures, which ELAN cannot show",)
    names = ["alone.eaf", "films-one.eaf", "films-two.eaf", "frames-x-1.eaf"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    for name in names:
        assert_valid((tmp_path / "out" / name).read_bytes().decode())
    expected = {clip.clip_id: clip for clip in PoseDataset.open(tmp_path / "data").clips}
    assert imported(tmp_path) == expected
    info = PoseDataset.open(tmp_path / "back").info
    assert (info.name, info.licence, info.consent, info.source) == (
        *("factory", "CC0-1.0", "all asked", "us"),
    )


def test_times_between_milliseconds_are_rounded_and_noted(tmp_path: Path) -> None:
    fps = 30000 / 1001
    clips = [
        Clip(f"c{i}", video="a.mp4", start_s=i / fps, end_s=(i + 5) / fps) for i in range(0, 90, 5)
    ]
    assert export(tmp_path, clips).notes == (
        "18 clips begin or end between two milliseconds; rounded",
    )
    back = imported(tmp_path)
    for clip in clips:
        assert back[clip.clip_id].start_s == round(clip.start_s or 0, 3)
        assert round((back[clip.clip_id].end_s or 0) * fps) == round((clip.end_s or 0) * fps)
    text = (tmp_path / "out" / "a.eaf").read_text()
    assert text.count("TIER_ID=") == 1  # clips that follow each other share their tiers


def test_hypotheses_are_beside_the_glosses_at_their_times(tmp_path: Path) -> None:
    hypotheses = [
        Hypothesis("s-1", ("HELLO", "YOU"), times_s=((0.1, 0.5), (0.5, 1.0))),
        Hypothesis("s-3", ("TEA", "I")),
        Hypothesis("other", ("A",)),
    ]
    write_hypotheses(tmp_path / "hyps.jsonl", hypotheses)
    summary = export(tmp_path, CLIPS, hypotheses=tmp_path / "hyps.jsonl")
    assert summary.notes[-1] == "1 hypotheses are of clips that are not in the export"
    path = tmp_path / "out" / "films-one.eaf"
    assert spans(path, "HYPOTHESIS@ann b") == [
        (100, 500, "HELLO"),
        (500, 1000, "YOU"),
        (2000, 3000, "TEA I"),
    ]
    assert spans(path, "GLOSSES@ann b") == [(40, 1200, "HELLO thank-you"), (2000, 3000, "TEA")]
    assert spans(path, "CLIP.2@ann b") == [(500, 2000, "s-2")]
    assert imported(tmp_path)["s-1"].glosses == ("HELLO", "thank-you")


def test_the_video_is_linked_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a b.mp4").touch()
    clips = [
        Clip("here", video="../films/a b.mp4"),
        Clip("gone", video="../films/gone.webm"),
        Clip("far", video="https://example.org/far.mp4"),
    ]
    export(tmp_path, clips)
    with Ledger() as ledger:
        media = {
            path.stem: Eaf(path, ledger).header.media[0] for path in (tmp_path / "out").iterdir()
        }
    assert {name: (one.url, one.relative_url, one.mime_type) for name, one in media.items()} == {
        "films-a_b": ("file:///a%20b.mp4", "../films/a%20b.mp4", "video/mp4"),
        "films-gone": ("file:///gone.webm", "./gone.webm", "video/webm"),
        "example.org-far": ("https://example.org/far.mp4", "", "video/mp4"),
    }


def test_the_same_dataset_makes_the_same_bytes(tmp_path: Path) -> None:
    export(tmp_path, CLIPS)
    again = export_dataset("elan", tmp_path / "data", tmp_path / "again").out
    for path in (tmp_path / "out").iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_only_a_split_is_written(tmp_path: Path) -> None:
    assert export(tmp_path, CLIPS, split="dev").n_clips == 1
    assert list(imported(tmp_path)) == ["s-2"]


def test_what_was_corrected_in_elan_is_read_back(tmp_path: Path) -> None:
    clips = [Clip("c", video="a.mp4", start_s=0, end_s=4, glosses=("HELO", "YOU"), signer="ann")]
    export(tmp_path, clips)
    path = tmp_path / "out" / "a.eaf"
    text = path.read_text().replace("HELO YOU", "HELLO YOU").replace('"4000"', '"3500"')
    path.write_text(
        text.replace("file:///a.mp4", "file:///new.mp4").replace("./a.mp4", "./new.mp4")
    )
    expected = replace(clips[0], end_s=3.5, glosses=("HELLO", "YOU"), video="new.mp4")
    assert imported(tmp_path) == {"c": expected}


def test_what_xml_cannot_hold_is_replaced_and_noted(tmp_path: Path) -> None:
    summary = export(tmp_path, [Clip("c", video="a.mp4", end_s=1.0, text="bell \x07")])
    assert summary.notes == ("1 clips hold control characters, replaced by \ufffd",)
    assert imported(tmp_path)["c"].text == "bell \ufffd"


def test_two_tiers_of_one_name_are_refused(tmp_path: Path) -> None:
    clips = [
        Clip("a", video="a.mp4", signer="b@c", extra={"x_d": "1"}),
        Clip("b", video="a.mp4", signer="c", extra={"x_d@b": "2"}),
    ]
    with pytest.raises(FormatError) as error:
        export(tmp_path, clips)
    assert str(error.value) == (
        "two tiers of a.eaf would be called 'x_d@b@c'; rename the x_... column or the signer"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("format_name", "source"),
    [
        ("phoenix14t", "annotations/phoenix_csl/phoenix-2014t.dev.csv"),
        ("csl-daily", "annotations/phoenix_csl/csl-daily.dev.csv"),
        ("arrays", "boston104"),
    ],
)
def test_real_annotations_survive_the_round_trip(
    real_data: Path, tmp_path: Path, format_name: str, source: str
) -> None:
    import_dataset(format_name, real_data / source, tmp_path / "one")
    export_dataset("elan", tmp_path / "one", tmp_path / "eaf")
    assert import_dataset("elan", tmp_path / "eaf", tmp_path / "two").n_bad_rows == 0
    one, two = (
        {c.clip_id: c for c in PoseDataset.open(tmp_path / n).clips} for n in ("one", "two")
    )
    assert one == two
