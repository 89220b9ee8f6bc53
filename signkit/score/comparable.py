"""Can runs be compared at all? Only on the same clips, references and gloss profile."""

from collections.abc import Mapping, Sequence

from signkit.errors import ScoreError
from signkit.report import Report


def check_comparable(reports: Mapping[str, Report]) -> Report:
    """The first of the reports, after it is sure that all are about the same.

    Args:
        reports: Name of a run to its score.

    Raises:
        ScoreError: There are fewer than two, or they differ in split, profile, cluster, clips or
            references, or in the clips that were recognized.
    """
    if len(reports) < 2:
        raise ScoreError(
            f"compare needs two runs or more, found {len(reports)}; give another run or file of "
            "hypotheses"
        )
    first, *others = reports
    if not reports[first].n_ref:
        raise ScoreError("there is no reference gloss, so there is no rate to compare; label clips")
    for name, report in reports.items():
        if len(report.clips) != report.n_clips:
            raise ScoreError(
                f"the score of {name} has {len(report.clips)} of {report.n_clips} clips; score it "
                "again with score_dataset"
            )
    for other in others:
        _check_settings(first, other, reports)
        _check_clips(first, other, reports)
    return reports[first]


def _check_settings(first: str, other: str, reports: Mapping[str, Report]) -> None:
    ours, theirs = reports[first], reports[other]
    for what, one, two in (
        ("split", ours.split, theirs.split),
        ("gloss profile", ours.profile.name, theirs.profile.name),
        ("cluster", ours.cluster, theirs.cluster),
    ):
        if one != two:
            raise ScoreError(
                f"{first} was scored with {what} {one!r}, {other} with {two!r}; score all runs "
                f"with the same {what}"
            )


def _check_clips(first: str, other: str, reports: Mapping[str, Report]) -> None:
    """Both have the same clips, in one order, with the same references; and recognized the same."""
    ours, theirs = reports[first], reports[other]
    references, more = ({c.clip_id: c.glosses for c in r.clips} for r in (ours, theirs))
    _refuse_lost(other, first, [i for i in references if i not in more])
    _refuse_lost(first, other, [i for i in more if i not in references])
    changed = [i for i, j in zip(references, more, strict=True) if i != j]
    changed += [i for i in references if references[i] != more[i]]
    if changed:
        raise ScoreError(
            f"{first} and {other} were scored against different references (first clip: "
            f"{changed[0]!r}); score both against the same dataset"
        )
    _refuse_lost(other, first, [i for i in theirs.missing if i not in {*ours.missing}])
    _refuse_lost(first, other, [i for i in ours.missing if i not in {*theirs.missing}])


def _refuse_lost(name: str, other: str, lost: Sequence[str]) -> None:
    if lost:
        raise ScoreError(
            f"{name} has no hypothesis for {len(lost)} clips that {other} has (first: "
            f"{lost[0]!r}); only the same clips can be compared, so recognize the whole split with "
            "both"
        )
