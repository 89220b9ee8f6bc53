"""The table of a study: mean and spread over seeds, an interval over clips, paired tests.

The mean over seeds is the result; the best seed or fold is never shown as one. The interval and the
tests say how much hangs on the choice of clips, of which those of a signer or a sentence are drawn
together, by the rule of `signkit score`; the spread says how much hangs on the seed.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from signkit import __version__
from signkit.clip import ClipTable
from signkit.comparison import Paired, p_text
from signkit.files import write_text
from signkit.score import Counts, bootstrap_interval
from signkit.score.clusters import choose_clusters
from signkit.score.paired import holm, paired_test
from signkit.study.plan import Study, Trial
from signkit.view.table_style import STYLES

_Cell = tuple[int, int, str]
"""Fold, seed and clip: one thing that two variants can be compared on."""


@dataclass(frozen=True, eq=False)
class TrialResult:
    """What came out of a trial; `counts` is None and `reason` says why where nothing did."""

    trial: Trial
    counts: Counts | None = None
    n_parameters: int = 0
    seconds: float | None = None
    reason: str = ""

    @property
    def cells(self) -> dict[_Cell, tuple[int, int]]:
        """Errors and reference glosses of each clip."""
        if self.counts is None:
            return {}
        rows = zip(
            self.counts.clip_ids,
            self.counts.errors.tolist(),
            self.counts.n_ref.tolist(),
            strict=True,
        )
        return {(self.trial.fold, self.trial.seed, i): (errors, n) for i, errors, n in rows}


@dataclass(frozen=True)
class VariantResult:
    """A row of the table. Rates are fractions.

    Args:
        name: The variant.
        wer: Mean over seeds of the word error rate, pooled over folds; None if nothing ran.
        wer_sd: Standard deviation over seeds; None for a single one.
        wer_of_seeds: The rate of each seed.
        wer_fold_sd: Standard deviation over folds of the rate, pooled over seeds; None without
            folds.
        wer_ci: 95 % interval of the mean, bootstrap over the clusters of the table.
        n_clips: Different clips that were scored.
        n_parameters: Of one run; they differ where folds have other glosses.
        minutes: Mean training time of a run.
        paired: Against the baseline, on the clips both have; None for the baseline itself.
        p_adjusted: Its p value, for all rows at once (Holm).
        failed: Trials without result, and the first reason.
    """

    name: str
    wer: float | None
    wer_sd: float | None
    wer_of_seeds: dict[int, float]
    wer_fold_sd: float | None
    wer_ci: tuple[float, float] | None
    n_clips: int
    n_parameters: int
    minutes: float | None
    paired: Paired | None
    p_adjusted: float | None
    failed: tuple[str, ...]


@dataclass(frozen=True)
class StudyTable:
    """All rows of a study.

    Args:
        name: Of the study.
        scored: The split, or the folds.
        task: isolated or continuous.
        baseline: The variant that the others are tested against.
        rows: One for each variant.
        trials: One record for each training.
        cluster: What intervals draw and tests exchange: signer, sentence or clip.
        n_clusters: How many of them there are.
        cluster_notes: What a reader of the intervals should know.
    """

    name: str
    scored: str
    task: str
    baseline: str
    rows: tuple[VariantResult, ...]
    trials: tuple[dict[str, Any], ...]
    cluster: str = "clip"
    n_clusters: int = 0
    cluster_notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """Reasons of all trials without result."""
        return tuple(reason for row in self.rows for reason in row.failed)

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return {**asdict(self), "signkit": __version__}

    def cells(self) -> list[tuple[str, ...]]:
        """Heading and rows as text."""
        head = ("variant", "parameters", "WER", "sd", "95 %", "minutes", "difference", "p")
        table = [head, *(_texts(row) for row in self.rows)]
        if not self._has_folds:
            return table
        spread = ["fold sd", *(_rate(row.wer_fold_sd) for row in self.rows)]
        return [(*cells[:4], sd, *cells[4:]) for cells, sd in zip(table, spread, strict=True)]

    @property
    def _has_folds(self) -> bool:
        return any(row.wer_fold_sd is not None for row in self.rows)

    def to_markdown(self) -> str:
        """The table with what must be known to read it."""
        text = STYLES["md"].text
        head, *rows = self.cells()
        rows = [(text(name), *figures) for name, *figures in rows]
        lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
        return "\n".join([f"# {text(self.name)}", "", *lines, "", *map(text, self.notes()), ""])

    def notes(self) -> list[str]:
        """How to read the numbers."""
        n_seeds = max((len(row.wer_of_seeds) for row in self.rows), default=0)
        rate = "WER (1 - top 1)" if self.task == "isolated" else "WER"
        notes = [
            f"{rate} in percent, mean and standard deviation over {n_seeds} seeds, on "
            f"{self.scored}; interval: bootstrap over {self.n_clusters} {self.cluster}s.",
        ]
        if self._has_folds:
            notes.append("Fold sd: standard deviation over folds, the seeds of each pooled.")
        if len(self.rows) > 1:
            notes.append(
                f"Difference: against {self.baseline}, with its 95 % interval; p: randomization "
                f"test over {self.cluster}s, seeds added up, adjusted for all rows (Holm)."
            )
        notes += [f"{note[0].upper()}{note[1:]}." for note in self.cluster_notes]
        return notes + [f"Failed: {reason}" for reason in self.failed]

    def write(self, out: Path) -> None:
        """Write `study.md`, `study.json` and `trials.csv`."""
        write_text(out / "study.md", self.to_markdown())
        write_text(out / "study.json", json.dumps(self.to_json(), indent=1, ensure_ascii=False))
        if self.trials:
            text = io.StringIO()
            writer = csv.DictWriter(text, fieldnames=list(self.trials[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.trials)
            write_text(out / "trials.csv", text.getvalue())


@dataclass(frozen=True)
class _Units:
    """What is drawn: clip to cluster, by name."""

    kind: str
    of_clip: Mapping[str, str]
    notes: tuple[str, ...] = ()


def make_table(
    study: Study, results: Sequence[TrialResult], clips: ClipTable | None = None
) -> StudyTable:
    """The table of the trials that are finished.

    Args:
        study: What is compared.
        results: What came out of its trials.
        clips: Has the signers and sentences of the clips; without it every clip is drawn alone.
    """
    names = list(study.named_variants())
    baseline = study.baseline or names[0]
    by_name = {name: [r for r in results if r.trial.variant == name] for name in names}
    units = _choose_units(results, clips)
    paired = {
        name: _compare(by_name[baseline], by_name[name], units)
        for name in names
        if name != baseline
    }
    tested = [name for name, found in paired.items() if found is not None]
    adjusted = dict(zip(tested, holm([_p(paired[name]) for name in tested]), strict=True))
    return StudyTable(
        name=study.name,
        scored=f"{study.folds} folds" if study.folds else study.split,
        task=results[0].trial.recipe.task,
        baseline=baseline,
        rows=tuple(
            _row(name, by_name[name], paired.get(name), adjusted.get(name), units) for name in names
        ),
        trials=tuple(_record(result) for result in results),
        cluster=units.kind,
        n_clusters=len(set(units.of_clip.values())),
        cluster_notes=units.notes,
    )


def _choose_units(results: Sequence[TrialResult], clips: ClipTable | None) -> _Units:
    """The clusters of all scored clips, by the rule of `signkit score`."""
    ids = sorted({clip_id for result in results for _, _, clip_id in result.cells})
    if clips is None or not ids:
        return _Units("clip", {clip_id: clip_id for clip_id in ids})
    sentences = [tuple(text.split()) for text in clips.column("glosses", of=ids)]
    found = choose_clusters(clips.column("signer", of=ids), sentences, draws=0, seed=0)
    codes = map(str, found.codes[found.kind].tolist())
    return _Units(found.kind, dict(zip(ids, codes, strict=True)), found.notes)


def _p(paired: Paired | None) -> float:
    assert paired is not None
    return paired.p_value


def _row(
    name: str,
    results: list[TrialResult],
    paired: Paired | None,
    p_adjusted: float | None,
    units: _Units,
) -> VariantResult:
    done = [result for result in results if result.counts is not None]
    rates = _rates(done, lambda trial: trial.seed)
    of_folds = _rates([r for r in done if r.trial.fold], lambda trial: trial.fold)
    clips = sorted({clip_id for result in done for _, _, clip_id in result.cells})
    seconds = [result.seconds for result in done if result.seconds is not None]
    return VariantResult(
        name=name,
        wer=mean(rates.values()) if rates else None,
        wer_sd=stdev(rates.values()) if len(rates) > 1 else None,
        wer_of_seeds=rates,
        wer_fold_sd=stdev(of_folds.values()) if len(of_folds) > 1 else None,
        wer_ci=_interval(done, units),
        n_clips=len(clips),
        n_parameters=max((result.n_parameters for result in done), default=0),
        minutes=mean(seconds) / 60 if seconds else None,
        paired=paired,
        p_adjusted=p_adjusted,
        failed=tuple(f"{r.trial.folder}: {r.reason}" for r in results if r.counts is None),
    )


def _rates(results: list[TrialResult], number: Callable[[Trial], int]) -> dict[int, float]:
    """Number of a seed or fold to WER, pooled over its trials."""
    totals: dict[int, list[int]] = {}
    for result in results:
        total = totals.setdefault(number(result.trial), [0, 0])
        for errors, n_ref in result.cells.values():
            total[0] += errors
            total[1] += n_ref
    return {key: errors / n_ref for key, (errors, n_ref) in totals.items() if n_ref}


def _interval(results: list[TrialResult], units: _Units) -> tuple[float, float] | None:
    """Seeds of a clip are added up, so that a clip is drawn with all of them."""
    cells = {key: value for result in results for key, value in result.cells.items()}
    clusters, sums = _by_clip(cells, sorted(cells), units)
    return bootstrap_interval(sums[:, 0], sums[:, 1], clusters=clusters) if len(sums) else None


def _compare(baseline: list[TrialResult], other: list[TrialResult], units: _Units) -> Paired | None:
    ours = {key: value for result in baseline for key, value in result.cells.items()}
    theirs = {key: value for result in other for key, value in result.cells.items()}
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        return None
    clusters, a = _by_clip(ours, both, units)
    _, b = _by_clip(theirs, both, units)
    return paired_test(a[:, 0], b[:, 0], a[:, 1], clusters=clusters)


def _by_clip(
    cells: dict[_Cell, tuple[int, int]], keys: list[_Cell], units: _Units
) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Clusters and (clips, 2) errors and reference glosses of the clips, summed over seeds."""
    totals: dict[str, list[int]] = {}
    for key in keys:
        total = totals.setdefault(key[2], [0, 0])
        total[0] += cells[key][0]
        total[1] += cells[key][1]
    ids = sorted(totals)
    sums = np.array([totals[clip_id] for clip_id in ids], dtype=np.int64).reshape(-1, 2)
    return [units.of_clip[clip_id] for clip_id in ids], sums


def _record(result: TrialResult) -> dict[str, Any]:
    trial = result.trial
    return {
        "variant": trial.variant,
        "fold": trial.fold,
        "seed": trial.seed,
        "wer": None if result.counts is None else result.counts.wer,
        "n_clips": 0 if result.counts is None else len(result.counts.clip_ids),
        "n_parameters": result.n_parameters,
        "seconds": result.seconds,
        "reason": result.reason,
    }


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _texts(row: VariantResult) -> tuple[str, ...]:
    def pair(interval: tuple[float, float] | None) -> str:
        return "" if interval is None else f" [{_rate(interval[0])}, {_rate(interval[1])}]"

    difference = "" if row.paired is None else f"{100 * row.paired.difference:+.1f}"
    return (
        row.name,
        f"{row.n_parameters:,}",
        _rate(row.wer),
        _rate(row.wer_sd),
        pair(row.wer_ci).strip() or "-",
        "-" if row.minutes is None else f"{row.minutes:.1f}",
        difference + pair(row.paired.interval if row.paired else None) or "-",
        "-" if row.p_adjusted is None else p_text(row.p_adjusted),
    )
