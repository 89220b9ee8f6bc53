from dataclasses import replace
from pathlib import Path

from signkit.clip import Clip
from signkit.convert import ExportOptions, export_dataset
from signkit.convert.ledger import Ledger
from signkit.convert.webvtt import Cue, parse_vtt
from signkit.dataset import PoseDataset, write_info
from signkit.hypothesis import Hypothesis, write_hypotheses
from tests.factories import make_dataset

CLIPS = [
    Clip(
        "c",
        video="a.mp4",
        start_s=1,
        end_s=2,
        glosses=("TEA", "I"),
        text="I drink <tea> & --> שלום",
    ),
    Clip("b", video="a.mp4", start_s=0, end_s=1, glosses=("HELLO", "YOU"), split="train"),
    Clip("silent", video="b.mp4"),
    Clip("whole", video="c.mp4", glosses=("EAT",)),
]


def read(path: Path) -> list[Cue]:
    with Ledger(strict=True) as ledger:
        return parse_vtt(path.read_text(encoding="utf-8"), name=path.name, ledger=ledger)


def make_source(folder: Path) -> Path:
    dataset = make_dataset(folder, CLIPS)
    info = replace(dataset.info, consent="for research\n\nonly", source="us")
    write_info(folder, info)
    return PoseDataset.open(folder).path


def test_each_video_has_captions_with_text_or_glosses(tmp_path: Path) -> None:
    source = make_source(tmp_path / "data")
    summary = export_dataset("vtt", source, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.vtt", "c.vtt"]
    assert read(tmp_path / "out" / "a.vtt") == [
        Cue(0, 1, "HELLO YOU"),
        Cue(1, 2, "I drink <tea> & --> שלום"),
    ]
    assert read(tmp_path / "out" / "c.vtt") == [Cue(0, 0.48, "EAT")]
    assert (
        (tmp_path / "out" / "a.vtt")
        .read_text(encoding="utf-8")
        .startswith(
            "WEBVTT\n\nNOTE Corpus: factory\n\nNOTE Source: us\n\nNOTE Licence: CC0-1.0\n\n"
            "NOTE Consent: for research only\n\n00:00:00.000 --> 00:00:01.000\nHELLO YOU\n"
        )
    )
    assert summary.n_clips == 3
    assert summary.notes == (
        "captions hold no clip ids, signers, splits or columns of your own",
        "1 clips have neither text nor glosses and are in no file",
    )


def test_what_was_recognized_is_in_a_file_of_its_own(tmp_path: Path) -> None:
    hypotheses = [
        Hypothesis("b", ("HELLO", "ME"), times_s=((0.1, 0.4), (0.5, 0.9))),
        Hypothesis("c", ("TEA", "YOU")),
        Hypothesis("whole", ()),
        Hypothesis("elsewhere", ("A",)),
    ]
    write_hypotheses(tmp_path / "hyps.jsonl", hypotheses)
    source, options = (
        make_source(tmp_path / "data"),
        ExportOptions(hypotheses=tmp_path / "hyps.jsonl"),
    )
    summary = export_dataset("vtt", source, tmp_path / "out", options)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a.hypotheses.vtt", "a.vtt", "c.vtt"]
    path = tmp_path / "out" / "a.hypotheses.vtt"
    assert read(path) == [Cue(0.1, 0.4, "HELLO"), Cue(0.5, 0.9, "ME"), Cue(1, 2, "TEA YOU")]
    assert "\n\nNOTE Recognized by a machine.\n\n" in path.read_text(encoding="utf-8")
    assert summary.notes[-1] == "1 hypotheses are of clips that are not in the export"


def test_a_split_alone_and_the_same_bytes_again(tmp_path: Path) -> None:
    source = make_source(tmp_path / "data")
    for name in ("one", "two"):
        export_dataset("vtt", source, tmp_path / name, ExportOptions(split="train"))
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["a.vtt"]
    assert read(tmp_path / "one" / "a.vtt") == [Cue(0, 1, "HELLO YOU")]
    assert (tmp_path / "one" / "a.vtt").read_bytes() == (tmp_path / "two" / "a.vtt").read_bytes()
