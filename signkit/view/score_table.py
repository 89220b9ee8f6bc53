"""Scores and comparisons as tables for papers, in Markdown or LaTeX.

Rates are in percent. What is bold is better than every other run by a test, never merely the lowest
number: so nothing is bold in a table of scores, which are not tested against each other.
"""

from collections.abc import Iterator, Mapping, Sequence

from signkit.comparison import ALL, SURE, Comparison, Match, finer_text, p_text
from signkit.errors import ScoreError
from signkit.report import Interval, Report, Slice
from signkit.view.table_style import STYLES, Table, TableStyle

Rate = tuple[float | None, Interval | None]
_NO_RATE: Rate = (None, None)


def score_table(reports: Mapping[str, Report], style: str) -> str:
    """Scores side by side: the rate in every slice, and what else is counted.

    Args:
        reports: Name of a run to its score, one or several of one split.
        style: md or tex.

    Raises:
        ScoreError: There is no such style.
    """
    write = find_style(style)
    first = next(iter(reports.values()))
    slices = [{ALL: _whole(report), **report.slices()} for report in reports.values()]
    names = dict.fromkeys(name for found in slices for name in found)
    rates = [_slice_row(name, [found.get(name) for found in slices], write) for name in names]
    figures = [dict(_figures(report)) for report in reports.values()]
    others = [
        [write.text(name), "", "", *(_percent(f.get(name, _NO_RATE), write) for f in figures)]
        for name in dict.fromkeys(name for found in figures for name in found)
    ]
    return write.table(
        Table(
            head=["", "clips", "glosses", *map(write.text, reports)],
            groups=[rates, others],
            caption=f"WER in percent on {first.split}, with 95 % intervals (bootstrap over "
            f"{'; '.join(filter(None, (first.drawn, finer_text(first.cluster))))}), and below "
            "shares in percent: of the reference glosses, of the clips. Gloss profile: "
            f"{first.profile.name}.",
            label="tab:score",
            remarks=[f"{name}: {report.signature}" for name, report in reports.items()],
        )
    )


def comparison_table(comparison: Comparison, style: str) -> str:
    """Every run beside the first, slice by slice: rate, difference, p; then its clips, if any.

    Args:
        comparison: What `signkit compare` found.
        style: md or tex.

    Raises:
        ScoreError: There is no such style.
    """
    write = find_style(style)
    matches = comparison.matches
    first = next(iter(comparison.runs))
    head = ["", "clips", write.text(first)]
    for match in matches:
        head += [write.text(match.run), "difference", "p"]
    tables = [
        Table(
            head=head,
            groups=[
                [_compared_row(name, comparison, write) for name in matches[0].slices],
                [_accuracy_row(comparison, write)],
            ],
            caption=f"Runs against {first} on {comparison.split}. {comparison.method}. "
            f"{_bold_note(comparison)}",
            label="tab:compare",
            remarks=[*(match.verdict for match in matches), comparison.signature],
        ),
        *(_clip_table(match, n, write) for n, match in enumerate(matches, 1) if match.clips),
    ]
    return "\n".join(write.table(table) for table in tables)


def find_style(name: str) -> TableStyle:
    """The style of a table by its name.

    Raises:
        ScoreError: There is no such style.
    """
    if name not in STYLES:
        raise ScoreError(f"there is no table {name!r}; expected {' or '.join(STYLES)}")
    return STYLES[name]


def _whole(report: Report) -> Slice:
    return Slice(report.wer, report.n_ref, report.n_clips, report.wer_ci)


def _slice_row(name: str, parts: Sequence[Slice | None], write: TableStyle) -> list[str]:
    """Runs may know of different slices; one that a run does not have is an empty cell."""
    known = next(part for part in parts if part is not None)
    cells = ("" if p is None else _percent((p.wer, p.wer_ci), write) for p in parts)
    return [write.text(name), str(known.n_clips), str(known.n_ref), *cells]


def _figures(report: Report) -> Iterator[tuple[str, Rate]]:
    """What is counted besides the rate, by name."""
    for name in ("substitutions", "deletions", "insertions"):
        n = getattr(report, name)
        yield name, (n / report.n_ref if report.n_ref else None, None)
    yield "clips without an error", (report.sentence_accuracy, report.sentence_accuracy_ci)
    for top in report.top:
        yield f"top {top.k}", (top.per_instance, top.interval)
        yield f"top {top.k}, mean over glosses", (top.per_class, None)


def _percent(rate: Rate, write: TableStyle) -> str:
    value, interval = rate
    return "-" if value is None else write.percent(value, interval, False, "")


def _compared_row(name: str, comparison: Comparison, write: TableStyle) -> list[str]:
    """Clips, the rate of the first run, and rate, difference and p of every other one."""
    first, *_ = comparison.runs
    best = comparison.best.get(name)
    part = comparison.matches[0].slices[name]
    cells = [
        write.text(name),
        str(part.n_clips),
        write.percent(part.wer_a, None, best == first, ""),
    ]
    for match in comparison.matches:
        part = match.slices[name]
        cells += [
            write.percent(part.wer_b, None, best == match.run, ""),
            write.percent(part.paired.difference, part.paired.interval, False, "+"),
            write.p(p_text(part.p_adjusted)),
        ]
    return cells


def _accuracy_row(comparison: Comparison, write: TableStyle) -> list[str]:
    """Shares of right clips; their difference is positive where a run is better than the first."""
    first = comparison.matches[0].accuracy_a
    cells = [write.text(comparison.accuracy_name), str(comparison.n_clips)]
    cells.append(write.percent(first, None, False, ""))
    for match in comparison.matches:
        cells += [
            write.percent(match.accuracy_b, None, False, ""),
            write.percent(match.accuracy.difference, match.accuracy.interval, False, "+"),
            write.p(p_text(match.accuracy_p)),
        ]
    return cells


def _bold_note(comparison: Comparison) -> str:
    n = len(comparison.runs)
    pairs = f", adjusted for all {n * (n - 1) // 2} pairs" if n > 2 else ""
    return f"Bold: better than every other run (p < {SURE}{pairs})."


def _clip_table(match: Match, number: int, write: TableStyle) -> Table:
    def glosses(some: Sequence[str]) -> str:
        return write.text(" ".join(some)) or "-"

    rows = [
        [
            write.text(clip.clip_id),
            *map(glosses, (clip.glosses, clip.hypothesis_a, clip.hypothesis_b)),
            f"{clip.errors_a} / {clip.errors_b}",
        ]
        for clip in match.clips
    ]
    return Table(
        head=["clip", "signed", write.text(match.against), write.text(match.run), "errors"],
        groups=[rows],
        caption=f"Clips on which the errors of {match.against} and {match.run} differ most.",
        label=f"tab:clips{number}",
        n_left=4,
    )
