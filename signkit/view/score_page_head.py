"""The top of the score page: rate, interval, signature, and what else was counted."""

from signkit.report import Interval, Report
from signkit.view.page import escaped, tiles


def header(report: Report, title: str) -> str:
    """Title, headline, signature, key figures and notes, as one element."""
    notes = "".join(f"<li>{escaped(note)}</li>" for note in _notes(report))
    return (
        f'<header><p class="soft">Score · {escaped(report.split)} split · {escaped(report.task)}'
        f'</p><h1 dir="auto">{escaped(title)}</h1>{_headline(report)}'
        f'<p class="signature"><code id="signature">{escaped(report.signature)}</code> '
        '<button type="button" class="button js" id="copy" hidden>Copy</button></p>'
        f"{_figures(report)}{f'<ul class=notes>{notes}</ul>' if notes else ''}</header>"
    )


def _headline(report: Report) -> str:
    if report.wer is None:
        return '<p class="headline"><strong>–</strong> no reference gloss, so no rate</p>'
    interval = ""
    if report.wer_ci is not None:
        low, high = (f"{100 * edge:.1f}" for edge in report.wer_ci)
        drawn = report.drawn if report.n_clusters else "clusters"
        interval = f"<br>95 % interval {low} to {high} %, drawn over {escaped(drawn)}"
    return (
        f'<p class="headline"><strong>{100 * report.wer:.1f} %</strong><span>word error rate'
        f"{interval}</span></p>"
    )


def _figures(report: Report) -> str:
    counted = (
        ("substituted", report.substitutions),
        ("deleted", report.deletions),
        ("inserted", report.insertions),
    )
    figures = [(name, f"{n:,}", _share(n, report.n_ref)) for name, n in counted]
    figures += [
        (
            f"top {top.k}",
            f"{100 * top.per_instance:.1f} %",
            f"per class {100 * top.per_class:.1f} %",
        )
        for top in report.top
    ]
    accuracy = f"{100 * report.sentence_accuracy:.1f} %"
    figures.append(("clips without error", accuracy, _interval(report.sentence_accuracy_ci)))
    if report.length_ratio is not None:
        figures.append(("length ratio", f"{report.length_ratio:.2f}", "recognized : signed"))
    without = f"{len(report.missing):,} without hypothesis" if report.missing else ""
    figures += [
        ("clips", f"{report.n_clips:,}", without),
        ("glosses", f"{report.n_ref:,}", ""),
        ("empty hypotheses", f"{100 * report.empty_share:.1f} %", ""),
    ]
    if report.oov is not None:
        note = f"{report.oov.types:,} kinds; the least possible WER" if report.oov.types else ""
        figures.append(("glosses not in train", f"{100 * report.oov.wer_floor:.2f} %", note))
    return tiles(figures)


def _share(n: int, n_ref: int) -> str:
    return f"{100 * n / n_ref:.1f} % of glosses" if n_ref else ""


def _interval(interval: Interval | None) -> str:
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %" if interval else ""


def _notes(report: Report) -> list[str]:
    notes = list(report.notes)
    if report.wer_unsnapped is not None and report.wer is not None:
        notes.append(
            f"Every hypothesis was replaced by the nearest sentence of train; without that the "
            f"word error rate is {100 * report.wer_unsnapped:.1f} %."
        )
    if report.missing and report.wer_without_missing is not None:
        notes.append(
            f"{len(report.missing):,} clips have no hypothesis and count as wrong; without them "
            f"the word error rate is {100 * report.wer_without_missing:.1f} %."
        )
    if report.profile.n_merged:
        notes.append(f"The gloss profile removed {report.profile.n_merged:,} repeated glosses.")
    return list(dict.fromkeys(notes))
