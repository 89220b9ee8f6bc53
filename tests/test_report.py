import json
from dataclasses import replace

from signkit import __version__
from signkit.report import ClipScore, GlossScore, ProfileNote, Report, Slice, TopAccuracy

REPORT = Report(
    task="continuous",
    split="test",
    n_clips=1204,
    n_ref=5000,
    wer=0.234,
    wer_ci=(0.219, 0.25),
    substitutions=600,
    deletions=470,
    insertions=100,
    sentence_accuracy=0.5,
    by_signer={"ann": Slice(0.234, 5000, 1204)},
    seen_sentences=Slice(None, 0, 0),
    unseen_sentences=Slice(0.234, 5000, 1204),
    oov_rate=0.01,
    signers="unseen",
    decoder="greedy",
)


def test_the_signature_says_how_the_score_was_computed() -> None:
    assert REPORT.signature == (
        "WER 23.4 [21.9, 25.0] | clips:1204 split:test signers:unseen gloss:none decoder:greedy "
        f"seed:0 signkit:{__version__}"
    )


def test_a_signature_without_references_is_undefined() -> None:
    signature = replace(REPORT, wer=None, wer_ci=None).signature
    assert signature.startswith("WER undefined | clips:1204 ")


def test_missing_hypotheses_are_in_the_signature() -> None:
    assert " clips:1204 missing:2 split:test " in replace(REPORT, missing=("a", "b")).signature


def test_json_has_every_promised_key() -> None:
    record = json.loads(json.dumps(REPORT.to_json()))
    promised = {
        "task", "split", "n_clips", "n_ref", "wer", "wer_ci", "substitutions", "deletions",
        "insertions", "sentence_accuracy", "by_signer", "seen_sentences", "unseen_sentences",
        "oov_rate", "decoder", "signature",
    }  # fmt: skip
    assert promised <= record.keys()
    assert record["wer_ci"] == [0.219, 0.25]
    assert record["by_signer"]["ann"] == {
        "wer": 0.234,
        "n_ref": 5000,
        "n_clips": 1204,
        "wer_ci": None,
    }
    assert "top1" not in record
    assert {"top1", "top5"} <= replace(REPORT, task="isolated", top1=0.7).to_json().keys()


def test_clips_and_their_alignments_are_in_the_json_where_they_are_asked_for() -> None:
    clip = ClipScore("a", "ann", ("TEA",), (), (("TEA", None),), 1)
    report = replace(REPORT, clips=(clip,))
    assert "clips" not in report.to_json()
    assert json.loads(json.dumps(report.to_json(clips=True)))["clips"] == [
        {
            "clip_id": "a",
            "signer": "ann",
            "glosses": ["TEA"],
            "hypothesis": [],
            "pairs": [["TEA", None]],
            "errors": 1,
        }
    ]


def test_profile_and_clusters_are_in_the_signature() -> None:
    profile = ProfileNote("phoenix2014/1", "many things", 3)
    signature = replace(REPORT, profile=profile, cluster="signer", n_clusters=12).signature
    assert " gloss:phoenix2014/1 decoder:greedy cluster:signer/12 seed:0 " in signature


def test_records_within_become_plain() -> None:
    gloss = GlossScore("TEA", 4, 2, 1, 3, 1, 0, True)
    report = replace(
        REPORT, task="isolated", glosses=(gloss,), top=(TopAccuracy(1, 0.5, 0.4, (0.3, 0.7)),)
    )
    record = json.loads(json.dumps(report.to_json()))
    assert record["top"] == [
        {"k": 1, "per_instance": 0.5, "per_class": 0.4, "interval": [0.3, 0.7]}
    ]
    assert record["glosses"][0]["recall"] == 0.5
    assert record["glosses"][0]["precision"] == 2 / 5
    assert record["gloss_profile"] == "none"


def test_a_gloss_without_references_has_no_recall() -> None:
    gloss = GlossScore("TEA", 0, 0, 0, 0, 0, 0)
    assert (gloss.recall, gloss.precision) == (None, None)


def test_slices_without_clips_have_no_name() -> None:
    assert list(REPORT.slices()) == ["signer ann", "sentences not in train"]
