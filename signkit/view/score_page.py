"""A score as one page to look at and to pass on: how often, where, and what went wrong.

The page is one file that asks the network for nothing. Its size is bounded by what it shows: every
clip is in a table of about a hundred bytes a row, but only the worst and a few random ones are
drawn, and only as many of those carry a pose as fit into `POSE_BUDGET`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from signkit.hypothesis import Hypothesis
from signkit.pose import PoseSequence
from signkit.report import ClipScore, Report, Slice
from signkit.view.page import Column, escaped, html_page, table
from signkit.view.score_page_clips import (
    N_RANDOM,
    N_WORST,
    card,
    counted,
    key,
    random_clips,
    worst_clips,
)
from signkit.view.score_page_head import header
from signkit.view.score_page_plots import calibrate, calibration_plot, forest, length_plot
from signkit.view.score_page_pose import packed_pose
from signkit.view.score_page_tables import (
    CLIP_COLUMNS,
    GLOSS_COLUMNS,
    long_table,
    long_tables,
    script_json,
)

POSE_BUDGET = 8_000_000  # characters of base64
N_CONFUSIONS = 300
N_SIGNERS = 60

_SCRIPTS = ("data_table.js", "player.js", "score_page.js")

Hypotheses = Mapping[str, Hypothesis]
Poses = Mapping[str, PoseSequence]


def shown_clips(report: Report, hypotheses: Hypotheses | None = None) -> tuple[ClipScore, ...]:
    """The clips that `score_page` shows in full: those whose poses are worth reading."""
    found = hypotheses or {}
    return (*worst_clips(report, found), *random_clips(report, found))


def score_page(
    report: Report,
    *,
    poses: Poses | None = None,
    hypotheses: Hypotheses | None = None,
    title: str = "",
) -> str:
    """The page as HTML.

    Args:
        report: The score, with its clips.
        poses: Clip to its landmarks; only those of `shown_clips` are asked for.
        hypotheses: Clip to what was recognized, for times and confidences.
        title: What was scored, by default the split.
    """
    found = hypotheses or {}
    title = title or f"{report.split} split"
    carried = _carried(shown_clips(report, found), poses or {})
    sections = (
        _slices(report),
        _plots(report, found),
        _glosses(report),
        _confusions(report),
        _cards(report, found, carried),
        _clips(report),
    )
    body = (
        f"{header(report, title)}\n<main>\n{''.join(sections)}</main>\n{_footer(report)}"
        f"{script_json('rows', long_tables(report))}"
        f"{script_json('poses', {clip_id: each.packed for clip_id, each in carried.items()})}"
    )
    return html_page(
        title=f"{title}: score",
        body=body,
        style=_asset("score_page.css"),
        script="".join(_asset(name) for name in _SCRIPTS),
    )


def _asset(name: str) -> str:
    return (files("signkit") / "view" / "assets" / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class _Carried:
    """A pose, and what the page carries of it."""

    pose: PoseSequence
    packed: dict[str, Any]


def _carried(clips: Sequence[ClipScore], poses: Poses) -> dict[str, _Carried]:
    """By clip, in this order until the budget is spent."""
    carried: dict[str, _Carried] = {}
    left = POSE_BUDGET
    for clip in clips:
        pose = poses.get(clip.clip_id)
        if pose is None or not pose.n_frames:
            continue
        packed = packed_pose(pose)
        left -= len(packed["xy"])
        if left < 0:
            break
        carried[clip.clip_id] = _Carried(pose, packed)
    return carried


def _slices(report: Report) -> str:
    if report.wer is None:
        return ""
    whole = Slice(report.wer, report.n_ref, report.n_clips, report.wer_ci)
    named = report.slices()
    plotted = {id(part) for part in (*report.by_signer.values(), *report.by_length.values())}
    parts = [(name, part) for name, part in named.items() if id(part) not in plotted]
    columns = [
        Column("slice", ["all clips", *named]),
        *_slice_columns([whole, *named.values()]),
    ]
    return (
        '<section><h2>Where it goes wrong</h2><p class="soft">Word error rate in percent, with its '
        "95 % interval; the dashed line is the rate of all clips.</p>"
        f"{forest([('all clips', whole), *parts], overall=report.wer, label='Slices')}"
        "<details><summary>All slices as a table</summary>"
        f'<p class="soft js" hidden><span id="n-slices" role="status"></span></p>'
        f"{table(columns, label='Slices', count_id='n-slices')}</details></section>\n"
    )


def _slice_columns(parts: Sequence[Slice]) -> list[Column]:
    def percent(rate: float | None) -> str:
        return "–" if rate is None else f"{100 * rate:.1f}"

    return [
        Column("WER %", [percent(part.wer) for part in parts], True),
        Column("from", [percent(part.wer_ci[0] if part.wer_ci else None) for part in parts], True),
        Column("to", [percent(part.wer_ci[1] if part.wer_ci else None) for part in parts], True),
        Column("glosses", [f"{part.n_ref}" for part in parts], True),
        Column("clips", [f"{part.n_clips}" for part in parts], True),
    ]


def _plots(report: Report, found: Hypotheses) -> str:
    plots = (_signers(report), _by_length(report), _lengths(report), _calibration(report, found))
    shown = "".join(f'<section class="panel">{plot}</section>\n' for plot in plots if plot)
    return f'<div class="panels">{shown}</div>\n' if shown else ""


def _signers(report: Report) -> str:
    if not report.by_signer:
        return ""
    worst = sorted(report.by_signer.items(), key=lambda item: (-(item[1].wer or 0.0), item[0]))
    text = "The worst first."
    if len(worst) > N_SIGNERS:
        text = f"The worst {N_SIGNERS} of {len(worst):,}; the table of slices has all."
    plot = forest(worst[:N_SIGNERS], overall=report.wer, label="Signers")
    return f'<h2>Signers</h2><p class="soft">{text}</p>{plot}'


def _by_length(report: Report) -> str:
    if len(report.by_length) < 2:
        return ""
    plot = forest(list(report.by_length.items()), overall=report.wer, label="Sentence lengths")
    return f'<h2>Sentence length</h2><p class="soft">By glosses of the reference.</p>{plot}'


def _lengths(report: Report) -> str:
    if report.task == "isolated" or not report.clips:
        return ""
    return (
        '<h2>Signed and recognized lengths</h2><p class="soft">Glosses signed (across) and '
        "recognized (up); the larger a circle, the more clips. Below the line too few were "
        f"recognized.</p>{length_plot(report.clips)}"
    )


def _calibration(report: Report, found: Hypotheses) -> str:
    calibration = calibrate(report.clips, found)
    if calibration is None:
        return ""
    left_out = (
        f" Left out: {counted(calibration.n_left_out, 'clip')} whose glosses are not as recognized."
        if calibration.n_left_out
        else ""
    )
    return (
        '<h2>Calibration</h2><p class="soft">Confidence of recognized glosses (across) and share '
        "of them that is right (up), in percent and ten bins; on the line a recognizer is as "
        "often right as it is sure, below it too sure. Expected calibration error: "
        f'<strong id="calibration-error">{100 * calibration.error:.1f}</strong> points over '
        f"{counted(int(calibration.n.sum()), 'gloss', 'glosses')}.{left_out}</p>"
        f"{calibration_plot(calibration)}"
    )


def _glosses(report: Report) -> str:
    if not report.glosses:
        return ""
    return (
        f'<section><h2>Gloss by gloss</h2><p class="soft">'
        f"{counted(len(report.glosses), 'gloss', 'glosses')}. "
        "Substituted: another was recognized for it; mistaken: it was recognized for another."
        f"{_HOW}</p>{long_table('glosses', GLOSS_COLUMNS, label='Glosses')}</section>\n"
    )


_HOW = (
    ' <span class="js" hidden>Sort by a click on a head; filter by a part of the text, or numbers '
    "by &gt; and &lt;.</span>"
)


def _confusions(report: Report) -> str:
    if not report.confusions:
        return ""
    shown = report.confusions[:N_CONFUSIONS]
    signed = {score.gloss: score.n_ref for score in report.glosses}
    shares = [f"{100 * n / signed[ref]:.1f}" if signed.get(ref) else "–" for ref, _, n in shown]
    columns = [
        Column("signed", [reference for reference, _, _ in shown]),
        Column("recognized as", [hypothesis for _, hypothesis, _ in shown]),
        Column("times", [str(n) for _, _, n in shown], True),
        Column("share of its references %", shares, True),
    ]
    n = len(report.confusions)
    text = (
        f"The {len(shown)} most frequent of {n:,} pairs."
        if n > len(shown)
        else f"{counted(n, 'pair')}."
    )
    return (
        f'<section><h2>What is taken for what</h2><p class="soft">{text} '
        '<span class="js" hidden id="n-confusions" role="status"></span></p>'
        f"{table(columns, label='Confusions', count_id='n-confusions')}</section>\n"
    )


def _cards(report: Report, found: Hypotheses, carried: Mapping[str, "_Carried"]) -> str:
    def cards(clips: Sequence[ClipScore]) -> str:
        poses = (carried[clip.clip_id].pose if clip.clip_id in carried else None for clip in clips)
        items = (card(c, found.get(c.clip_id), pose) for c, pose in zip(clips, poses, strict=True))
        bare = "" if carried else " bare"  # no page of empty screens
        return f'<ol class="clips{bare}">{"".join(items)}</ol></section>\n'

    sections = ""
    if worst := worst_clips(report, found):
        n_wrong = sum(clip.errors > 0 for clip in report.clips)
        text = "All of those with errors."
        if n_wrong > len(worst):
            text = f"The worst {len(worst)} of {n_wrong:,} with errors."
        sections += (
            f'<section><h2>Worst clips first</h2><p class="soft">{text} Above what was signed, '
            f"below what was recognized.</p>{key(has_players=bool(carried))}{cards(worst)}"
        )
    if chosen := random_clips(report, found):
        head = f"{'And ' if worst else ''}{len(chosen)} at random"
        of = "Of the other clips; always" if worst else "No clip has an error. Always"
        sections += (
            f'<section><h2>{head}</h2><p class="soft">{of} the same ones for one seed.</p>'
            f"{cards(chosen)}"
        )
    return sections


def _clips(report: Report) -> str:
    if not report.clips:
        return ""
    return (
        f'<section><h2>Clip by clip</h2><p class="soft">'
        f"{counted(len(report.clips), 'clip')}.{_HOW}</p>"
        f"{long_table('clips', CLIP_COLUMNS, label='Clips')}</section>\n"
    )


def _footer(report: Report) -> str:
    hashes = [f"data {report.data_hash}"] if report.data_hash else []
    hashes += [f"vocabulary {report.vocabulary_hash}"] if report.vocabulary_hash else []
    made = f" Hashes: {'; '.join(hashes)}." if hashes else ""
    return (
        f"<footer><p>Glosses: profile {escaped(report.profile.name)}, "
        f"{escaped(report.profile.steps)}. Decoder: {escaped(report.decoder)}.{escaped(made)}</p>"
        "<p>A rate is the sum of substitutions, deletions and insertions over the glosses of the "
        f"references, pooled over clips. At most {N_WORST} clips with errors and {N_RANDOM} others "
        f"are shown in full, with at most {POSE_BUDGET / 1e6:.0f} MB of poses.</p></footer>\n"
    )
