"""Runs against each other, on the same clips: differences with intervals and tests, slice by slice.

The first run is what the others are compared with. Slices, clusters and their names are those of
the score, so a comparison can be read beside it. The p values of a slice are adjusted for the
number of runs compared with the first one (Holm); slices are there to look at, and with twenty of
them one is below 0.05 by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from signkit.comparison import (
    ALL,
    SURE,
    ClipDifference,
    Comparison,
    Match,
    Paired,
    SliceDifference,
)
from signkit.dataset import PoseDataset
from signkit.errors import ScoreError
from signkit.report import TWO_WAY, ClipScore, Report, Slice
from signkit.score.clusters import Clusters, choose_clusters
from signkit.score.comparable import check_comparable
from signkit.score.paired import DRAWS, exchange_p, holm, paired_test
from signkit.score.profiles import Profile, find_profile
from signkit.score.splits import slice_masks

Integers = NDArray[np.int64]
Masks = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class _Errors:
    """What is compared: (N,) errors of each run and reference glosses, and what is drawn."""

    of_run: Mapping[str, Integers]
    n_ref: Integers
    parts: "Mapping[str, _Units]"
    draws: int
    seed: int

    def test(self, a: Integers, b: Integers, n: Integers, units: "_Units") -> Paired:
        sums = [units.sums(counts) for counts in (a, b, n)]
        return paired_test(*sums, draws=self.draws, seed=self.seed)


@dataclass(frozen=True, eq=False)
class _Units:
    """What is drawn in a slice: K clusters and the one of each chosen clip."""

    kind: str
    chosen: NDArray[np.bool_]
    owners: Integers  # (clips of the slice,) in 0 ... K - 1

    @property
    def n(self) -> int:
        return int(self.owners.max(initial=-1)) + 1

    def sums(self, counts: Integers) -> Integers:
        """(K,) sums of the (N,) counts of all clips."""
        totals = np.zeros(self.n, dtype=np.int64)
        np.add.at(totals, self.owners, counts[self.chosen])
        return totals


def compare(
    reports: Mapping[str, Report],
    dataset: PoseDataset,
    *,
    references: Mapping[str, Sequence[str]] | None = None,
    profile: str | Profile = "none",
    cluster: str = "auto",
    n_clips: int = 0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Every run against the first.

    Args:
        reports: Name of a run to its score; all of the same clips, references and gloss profile.
        dataset: What was scored; its train split says which signers and sentences were seen.
        references: As they were given to `score_dataset`.
        profile: As it was given to `score_dataset`.
        cluster: As it was given to `score_dataset`.
        n_clips: How many of the clips that differ most are kept.
        draws: Bootstrap replicates.
        seed: Of the bootstrap.

    Raises:
        ScoreError: There are fewer than two runs, or they were not scored on the same.
    """
    if cluster == TWO_WAY:
        raise ScoreError(
            "there is no test over signers and sentences at once; compare with cluster signer, "
            "sentence or clip"
        )
    first = check_comparable(reports)
    profile = find_profile(profile) if isinstance(profile, str) else profile
    if profile.name != first.profile.name:
        raise ScoreError(
            f"the runs were scored with gloss profile {first.profile.name!r}, not "
            f"{profile.name!r}; give the same one here"
        )
    masks = slice_masks(dataset, split=first.split, references=references, profile=profile)
    n_ref = np.array([len(clip.glosses) for clip in first.clips], dtype=np.int64)
    of_run = {name: _column(report.clips) for name, report in reports.items()}
    errors = _Errors(of_run, n_ref, _parts(first, masks, n_ref, cluster), draws, seed)
    against, *runs = reports
    return Comparison(
        split=first.split,
        task=first.task if len({r.task for r in reports.values()}) == 1 else "continuous",
        n_clips=first.n_clips,
        n_ref=first.n_ref,
        cluster=first.cluster,
        n_clusters=first.n_clusters,
        profile=first.profile.name,
        runs={n: Slice(r.wer, r.n_ref, r.n_clips, r.wer_ci) for n, r in reports.items()},
        signatures={name: report.signature for name, report in reports.items()},
        matches=_adjusted([_match(against, run, reports, errors, n_clips) for run in runs]),
        best=_best(errors),
        notes=_notes(reports),
        data_hash=first.data_hash,
        draws=draws,
        seed=seed,
    )


def _column(clips: Sequence[ClipScore]) -> Integers:
    return np.array([clip.errors for clip in clips], dtype=np.int64)


def _parts(report: Report, masks: Masks, n_ref: Integers, cluster: str) -> dict[str, _Units]:
    """What is drawn in each slice, as in the score; slices without a reference are left out."""
    clusters = choose_clusters(
        [clip.signer for clip in report.clips],
        [clip.glosses for clip in report.clips],
        kind=cluster,
        draws=0,
        seed=0,
    )
    if clusters.kind != report.cluster:
        raise ScoreError(
            f"the runs were scored with cluster {report.cluster!r}, and {cluster!r} draws "
            f"{clusters.kind!r}; give the same one here"
        )
    everything = {ALL: np.ones(len(n_ref), dtype=bool)}
    return {
        name: _units(mask, clusters)
        for name, mask in {**everything, **masks}.items()
        if n_ref[mask].any()
    }


def _units(chosen: NDArray[np.bool_], clusters: Clusters) -> _Units:
    """Clusters of some clips."""
    kind = clusters.kind_in(chosen)
    _, owners = np.unique(clusters.codes[kind][chosen], return_inverse=True)
    return _Units(kind, chosen, owners.astype(np.int64))


def _match(
    against: str, run: str, reports: Mapping[str, Report], errors: _Errors, n_clips: int
) -> Match:
    a, b = errors.of_run[against], errors.of_run[run]
    right_a, right_b = (a == 0).astype(np.int64), (b == 0).astype(np.int64)
    accuracy = errors.test(right_a, right_b, np.ones_like(a), errors.parts[ALL])
    return Match(
        run=run,
        against=against,
        slices={name: _difference(a, b, errors, units) for name, units in errors.parts.items()},
        accuracy_a=float(right_a.mean()),
        accuracy_b=float(right_b.mean()),
        accuracy=accuracy,
        accuracy_p=accuracy.p_value,
        n_better=int((b < a).sum()),
        n_worse=int((b > a).sum()),
        n_equal=int((b == a).sum()),
        clips=_most_different(reports[against].clips, reports[run].clips, n_clips),
    )


def _difference(a: Integers, b: Integers, errors: _Errors, units: _Units) -> SliceDifference:
    n_ref = int(errors.n_ref[units.chosen].sum())
    paired = errors.test(a, b, errors.n_ref, units)
    return SliceDifference(
        n_clips=int(units.chosen.sum()),
        n_ref=n_ref,
        cluster=units.kind,
        n_clusters=units.n,
        wer_a=int(a[units.chosen].sum()) / n_ref,
        wer_b=int(b[units.chosen].sum()) / n_ref,
        paired=paired,
        p_adjusted=paired.p_value,
    )


def _adjusted(matches: Sequence[Match]) -> tuple[Match, ...]:
    """With the p values of each slice adjusted for the number of runs (Holm)."""
    slices: list[dict[str, SliceDifference]] = [{} for _ in matches]
    for name in matches[0].slices:
        parts = [match.slices[name] for match in matches]
        for found, part, p in zip(
            slices, parts, holm([part.paired.p_value for part in parts]), strict=True
        ):
            found[name] = replace(part, p_adjusted=p, n_runs=len(matches))
    accuracies = holm([match.accuracy_p for match in matches])
    return tuple(
        replace(match, slices=found, accuracy_p=p)
        for match, found, p in zip(matches, slices, accuracies, strict=True)
    )


def _best(errors: _Errors) -> dict[str, str]:
    """Slice to the run that is better than every other one, where there is one.

    It is found among all of them, so its tests are adjusted for all pairs.
    """
    found = {}
    pairs = list(combinations(errors.of_run, 2))
    for name, units in errors.parts.items():
        sums = {run: units.sums(column) for run, column in errors.of_run.items()}
        lowest = min(sums, key=lambda run: int(sums[run].sum()))
        p_values = holm([exchange_p(sums[a] - sums[b]) for a, b in pairs])
        if all(p < SURE for pair, p in zip(pairs, p_values, strict=True) if lowest in pair):
            found[name] = lowest
    return found


def _most_different(
    ours: Sequence[ClipScore], theirs: Sequence[ClipScore], n: int
) -> tuple[ClipDifference, ...]:
    """The `n` clips with the largest difference of errors, those where it is equal by id."""
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.errors != b.errors]
    pairs.sort(key=lambda pair: (-abs(pair[0].errors - pair[1].errors), pair[0].clip_id))
    return tuple(
        ClipDifference(
            a.clip_id, a.signer, a.glosses, a.hypothesis, b.hypothesis, a.errors, b.errors
        )
        for a, b in pairs[:n]
    )


def _notes(reports: Mapping[str, Report]) -> tuple[str, ...]:
    """What the scores note: once where all of them do, else with the name of the run."""
    notes: dict[str, list[str]] = {}
    for name, report in reports.items():
        for note in report.notes:
            notes.setdefault(note, []).append(name)
    lines = [
        note if len(names) == len(reports) else f"{', '.join(names)}: {note}"
        for note, names in notes.items()
    ]
    n_missing = len(next(iter(reports.values())).missing)
    if n_missing:
        lines.append(f"{n_missing} clips have no hypothesis in any run and count as wrong")
    return tuple(lines)
