"""signkit held to its own conformance file; `README.md` beside it says what the lists mean."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from signkit.clip import Clip, ClipTable
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.errors import ScoreError
from signkit.hypothesis import Hypothesis
from signkit.models.greedy import greedy_path
from signkit.report import Report
from signkit.score import (
    bootstrap_interval,
    find_profile,
    score,
    score_dataset,
    wilson_interval,
)
from signkit.score.gloss_files import words

Case = dict[str, Any]
CASES = json.loads((Path(__file__).parent / "wer.json").read_text(encoding="utf-8"))
CLOSE = 1e-6


def cases(name: str) -> pytest.MarkDecorator:
    rows = CASES[name]
    ids = [row.get("id") or f"{number}: {row.get('note', '')}" for number, row in enumerate(rows)]
    return pytest.mark.parametrize("case", rows, ids=ids)


def test_the_file_says_what_it_is() -> None:
    assert CASES["schema"] == "signkit.conformance/1"
    ids = [
        case["id"] for name in ("wer", "corpora", "refused", "bootstrap") for case in CASES[name]
    ]
    assert len(set(ids)) == len(ids)


@cases("wer")
def test_single_clips(case: Case) -> None:
    found = score(
        references={"clip": case["reference"]},
        hypotheses={"clip": case["hypothesis"]},
        allow_empty=True,
    )
    errors = case.get("errors", 0)
    if case["S"] is not None:
        columns = (found.substitutions, found.deletions, found.insertions)
        assert [int(column[0]) for column in columns] == [case["S"], case["D"], case["I"]]
        errors = case["S"] + case["D"] + case["I"]
    assert (int(found.errors[0]), int(found.n_ref[0])) == (errors, case["N"])
    assert found.wer == pytest.approx(case["wer"], abs=CLOSE)
    if case["N"]:
        assert case["wer"] == pytest.approx(errors / case["N"], abs=CLOSE)  # the file itself


@cases("wer")
def test_exchanged_arguments_exchange_deletions_and_insertions(case: Case) -> None:
    one, other = case["reference"], case["hypothesis"]
    other = [gloss.strip("<>") for gloss in other]  # <unk> is refused in references
    there = score(references={"clip": one}, hypotheses={"clip": other}, allow_empty=True)
    back = score(references={"clip": other}, hypotheses={"clip": one}, allow_empty=True)
    assert there.errors[0] == back.errors[0]
    assert there.deletions[0] - there.insertions[0] == len(one) - len(other)
    assert back.deletions[0] - back.insertions[0] == len(other) - len(one)


def report_of(case: Case, folder: Path) -> Report:
    clips = [Clip(c["id"], glosses=tuple(c["reference"]), split="test") for c in case["clips"]]
    dataset = PoseDataset.create(
        folder, DatasetInfo(name="conformance"), ClipTable.from_clips(clips)
    )
    found = [
        Hypothesis(c["id"], tuple(c["hypothesis"]))
        for c in case["clips"]
        if c["hypothesis"] is not None
    ]
    return score_dataset(
        found, dataset, split="test", allow_empty=case.get("allow_empty", False), draws=100
    )


@cases("corpora")
def test_corpora(case: Case, tmp_path: Path) -> None:
    report = report_of(case, tmp_path)
    found = (report.substitutions, report.deletions, report.insertions, report.n_ref)
    assert found == (case["S"], case["D"], case["I"], case["N"])
    assert report.wer == pytest.approx(case["wer"], abs=CLOSE)
    assert list(report.missing) == case.get("missing", [])
    for name in ("mean_clip_wer", "sentence_accuracy", "length_ratio", "top1"):
        if name in case:
            assert getattr(report, name) == pytest.approx(case[name], abs=CLOSE)
    if "per_class_top1" in case:
        assert report.top[0].per_class == pytest.approx(case["per_class_top1"], abs=CLOSE)


@cases("refused")
def test_what_is_refused(case: Case) -> None:
    with pytest.raises(ScoreError):
        score(references=case["references"], hypotheses=case["hypotheses"])


@cases("tokens")
def test_tokens(case: Case) -> None:
    assert list(words(case["text"])) == case["glosses"]


@cases("profiles")
def test_profiles(case: Case) -> None:
    given = tuple(case["glosses"])
    assert find_profile(case["profile"]).apply(given) == tuple(case["expected"])
    assert given == tuple(case["glosses"])


@cases("profiled_pairs")
def test_sides_of_a_profile(case: Case) -> None:
    profile = find_profile(case["profile"])
    found = score(
        references={"clip": profile.reference(case["reference"])},
        hypotheses={"clip": profile.apply(case["hypothesis"])},
    )
    columns = (found.substitutions, found.deletions, found.insertions, found.n_ref)
    assert [int(column[0]) for column in columns] == [case[key] for key in "SDIN"]


@cases("bootstrap")
def test_intervals(case: Case) -> None:
    found = bootstrap_interval(
        np.array(case["errors"]),
        np.array(case["n_ref"]),
        clusters=case["clusters"],
        draws=10_000,
    )
    if case["interval"] is None:
        assert found is None
    else:
        assert found == pytest.approx(tuple(case["interval"]), abs=case["tolerance"] + 1e-12)


@cases("wilson")
def test_wilson_intervals(case: Case) -> None:
    assert wilson_interval(case["n_right"], case["n"]) == pytest.approx(case["interval"], abs=1e-5)


@cases("ctc")
def test_best_paths(case: Case) -> None:
    labels = ["-", *sorted(set(case["path"]) - {"-"})]  # the blank is id 0
    log_probs = torch.full((len(case["path"]), len(labels)), -9.0)
    for step, label in enumerate(case["path"]):
        log_probs[step, labels.index(label)] = 0.0
    assert [labels[i] for i in greedy_path(log_probs).ids] == case["glosses"]
