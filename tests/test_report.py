import json
from dataclasses import replace

from signkit import __version__
from signkit.report import Report, Slice

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
    assert record["by_signer"]["ann"] == {"wer": 0.234, "n_ref": 5000, "n_clips": 1204}
    assert "top1" not in record
    assert {"top1", "top5"} <= replace(REPORT, task="isolated", top1=0.7).to_json().keys()
