"""The quality of a dataset as one page to look at and to pass on: worst clips first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from signkit.dataset import PoseDataset
from signkit.failures import Failure
from signkit.measures import HANDS
from signkit.view.faults import FAULTS, reasons, spaced
from signkit.view.histogram import Axis, histogram
from signkit.view.page import Column, escaped, html_page, table, tiles
from signkit.view.preview import STYLE, plan_drawing, preview

if TYPE_CHECKING:
    import pandas as pd

    from signkit.view.inspect import DatasetSummary

N_PREVIEWS = 60
N_ROWS = 500

_HISTOGRAMS = ("hand_rate", "no_hand_s", "wrist_jitter", "face_px")
_HIGHEST = {"hand_rate": 1.0}

_STYLE = """
.pair { display: grid; grid-template-columns: 1fr; column-gap: 3rem; }
.pair > * { min-width: 0; }
@media (min-width: 62rem) { .pair { grid-template-columns: 2fr 3fr; } }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: .5rem .9rem;
  align-items: center; max-width: 34rem; margin: 1rem 0 0; }
.bars i { display: block; height: .55rem; border-radius: 1rem; background: var(--fill); }
.bars b { display: block; height: 100%; border-radius: 1rem; background: var(--body); }
.bars .left b { background: var(--left); } .bars .right b { background: var(--right); }
.bars span:nth-child(3n) { font-variant-numeric: tabular-nums; text-align: right; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1rem;
  margin-top: 1rem; }
.chart { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
.chart figcaption { min-height: 3.6rem; font-size: .8125rem; }
.chart svg { display: block; width: 100%; height: auto; }
.bar { fill: var(--body); opacity: .55; } .bar.bad { fill: var(--bad); opacity: .8; }
.axis { stroke: var(--line); }
.ends { display: flex; justify-content: space-between; font-size: .75rem; margin-top: .25rem; }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem;
  margin: 1rem 0 0; padding: 0; list-style: none; }
.clip { background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: .9rem 1rem; display: flex; flex-direction: column; gap: .6rem; }
.clip .soft { font-size: .8125rem; overflow-wrap: anywhere; }
.clip ul { margin: 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .35rem; }
.clip li { font-size: .8125rem; line-height: 1.35; padding: .2rem .6rem; border-radius: .5rem;
  background: var(--bad-fill); color: var(--bad); }
.clip li.fine { background: var(--fill); color: var(--good); }
.legend { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center;
  font-size: .875rem; }
.legend span::before { content: ""; display: inline-block; width: 1.1rem; height: .3rem;
  margin-right: .45rem; vertical-align: middle; border-radius: 1rem; background: var(--body); }
.legend .left::before { background: var(--left); }
.legend .right::before { background: var(--right); }
"""

_SCRIPT = """
document.getElementById("play")?.addEventListener("click", ({ target }) => {
  const on = document.body.classList.toggle("playing");
  target.textContent = on ? "Stop all" : "Play all";
});
"""


def quality_page(
    dataset: PoseDataset,
    summary: "DatasetSummary",
    clips: "pd.DataFrame",
    failures: Sequence[Failure],
) -> str:
    """The page as HTML.

    Args:
        dataset: For the poses that are shown.
        summary: What `inspect_dataset` returns.
        clips: The clip table, worst first.
        failures: Clips without poses.
    """
    name = summary.name or dataset.path.name
    sections = (
        _failed(failures),
        f'<div class="pair">{_detection(summary)}{_faults(summary, len(clips))}</div>',
        _distributions(clips),
        _worst(dataset, clips),
        _all(clips),
    )
    body = (
        f'<header><p class="soft">Pose quality</p><h1>{escaped(name)}</h1>{_figures(summary)}'
        f"</header>\n<main>\n{''.join(sections)}</main>\n{_footer(dataset, summary)}"
    )
    return html_page(title=f"{name}: pose quality", body=body, style=STYLE + _STYLE, script=_SCRIPT)


def _figures(summary: "DatasetSummary") -> str:
    low, middle, high = summary.fps or (0.0, 0.0, 0.0)
    rates = f"{low:.4g} to {high:.4g}" if low != high else ""
    labels = f"{summary.n_glosses} different" if summary.n_glosses else ""
    figures = [
        ("clips with poses", f"{summary.n_with_poses:,}", f"of {summary.n_clips:,}"),
        ("failed", f"{summary.n_failed:,}", ""),
        ("duration", _duration(summary.hours), f"{summary.n_frames:,} frames"),
        ("frames per second", f"{middle:.4g}" if summary.fps else "–", rates),
        ("signers", f"{summary.n_signers:,}", ""),
        ("glosses", f"{summary.n_gloss_tokens:,}", labels),
    ]
    if summary.extraction:
        of = f"of {summary.extraction.n_clips:,}"
        figures += [
            ("broken off", f"{summary.extraction.n_incomplete:,}", of),
            ("with other people", f"{summary.extraction.n_with_others:,}", of),
        ]
    return tiles(figures)


def _detection(summary: "DatasetSummary") -> str:
    rates = [(part, rate) for part, rate in summary.detection_rate.items()]
    if summary.hand_rate is not None:
        rates.append(("any hand", summary.hand_rate))
    sides = dict(zip(HANDS, ("left", "right"), strict=True))
    rows = "".join(
        f"<span>{escaped('body' if part == 'pose' else part.replace('_', ' '))}</span>"
        f'<i class="{sides.get(part, "body")}">'
        f'<b style="width:{100 * rate:.1f}%"></b></i><span>{spaced(f"{rate:.1%}")}</span>'
        for part, rate in rates
    )
    return (
        "<section><h2>What is seen</h2>"
        '<p class="soft">Share of all frames in which any landmark of a part was found.</p>'
        f'<div class="bars">{rows}</div></section>\n'
    )


def _distributions(clips: "pd.DataFrame") -> str:
    charts = []
    for fault in (fault for fault in FAULTS if fault.column in _HISTOGRAMS):
        values = clips[fault.column].dropna().to_numpy(dtype=np.float64)
        if len(values):
            high = _HIGHEST.get(fault.column)
            axis = Axis(fault.title, fault.write, high, fault.good, fault.less_is_worse)
            charts.append(histogram(values, axis))
    if not charts:
        return ""
    return (
        '<section><h2>How the clips spread</h2><p class="soft">Clips by value. Heights grow with '
        "the square root of the number, so that a few bad clips are seen beside many good ones; "
        f'red counts as a fault.</p><div class="charts">{"".join(charts)}</div></section>\n'
    )


def _faults(summary: "DatasetSummary", n_clips: int) -> str:
    shown = [fault for fault in FAULTS if summary.faults[fault.column]]
    intro = (
        "From the first limit to the second the penalty of a clip rises from 0 to 1; the badness "
        "of a clip is the sum of its penalties."
    )
    if not shown:
        return "<section><h2>What is wrong</h2><p>No clip has a fault.</p></section>\n"
    worst = [summary.worst[fault.column][0] for fault in shown]
    columns = [
        Column("fault", [fault.title for fault in shown]),
        Column("clips", [f"{summary.faults[fault.column]:,}" for fault in shown], True),
        Column("share", [spaced(f"{summary.faults[f.column] / n_clips:.1%}") for f in shown], True),
        Column("counts from", [fault.write(fault.good) for fault in shown], True),
        Column("in full at", [fault.write(fault.bad) for fault in shown], True),
        Column("worst clip", [clip_id for clip_id, _ in worst]),
    ]
    return (
        f'<section><h2>What is wrong</h2><p class="soft">{intro}</p>'
        f"{table(columns, label='Faults')}</section>\n"
    )


def _worst(dataset: PoseDataset, clips: "pd.DataFrame") -> str:
    if clips.empty:
        return ""
    drawing = plan_drawing(dataset.skeleton)
    cards = []
    for row in clips[:N_PREVIEWS].to_dict("records"):
        labels = " · ".join(row[name] for name in ("split", "signer", "glosses") if row[name])
        faults = "".join(f"<li>{escaped(reason)}</li>" for reason in reasons(row))
        cards.append(
            f'<li class="clip" tabindex="0"><div><h3 class="id">{escaped(row["clip_id"])}</h3>'
            f'<span class="soft">{escaped(labels)}</span></div>'
            f"{preview(dataset.pose(row['clip_id']), drawing)}"
            f"<ul>{faults or '<li class=fine>nothing found wrong</li>'}</ul>"
            f'<span class="soft">{row["n_frames"]:.0f} frames, {row["duration_s"]:.1f} s, '
            f"badness {row['badness']:.2f}</span></li>\n"
        )
    is_part = len(cards) < len(clips)
    shown = f"The worst {len(cards)} of {len(clips):,} clips." if is_part else "All clips."
    return (
        f'<section><h2>Worst clips first</h2><p class="soft">{shown} A figure moves under the '
        "pointer or in focus; thin lines are the paths of the wrists, the grey field is the "
        "picture, and the bars below show when each part was seen.</p>"
        '<div class="legend"><span class="left">signer’s left</span>'
        '<span class="right">signer’s right</span><span>body</span>'
        '<button class="button js" type="button" id="play" hidden>Play all'
        f'</button></div><ul class="clips">\n{"".join(cards)}</ul></section>\n'
    )


def _failed(failures: Sequence[Failure]) -> str:
    if not failures:
        return ""
    shown = failures[:N_ROWS]
    columns = [
        Column("clip", [failure.clip_id for failure in shown]),
        Column("step", [failure.stage for failure in shown]),
        Column("reason", [failure.reason for failure in shown]),
        Column("tries", [str(failure.tries) for failure in shown], True),
    ]
    more = f" The first {N_ROWS} are shown; failures.csv has all." if len(failures) > N_ROWS else ""
    return (
        f'<section><h2>Failed clips</h2><p class="soft">{len(failures):,} clips have no poses.'
        f"{more}</p>{table(columns, label='Failed clips')}</section>\n"
    )


_COLUMNS = (
    ("clip_id", "clip", ""),
    ("split", "split", ""),
    ("signer", "signer", ""),
    ("badness", "badness", "{:.2f}"),
    ("n_frames", "frames", "{:.0f}"),
    ("hand_rate", "any hand %", "{:.1%}"),
    ("rate_left_hand", "left hand %", "{:.1%}"),
    ("rate_right_hand", "right hand %", "{:.1%}"),
    ("rate_face", "face %", "{:.1%}"),
    ("rate_pose", "body %", "{:.1%}"),
    ("no_hand_s", "no hand, s", "{:.2f}"),
    ("wrist_jitter", "jitter", "{:.4f}"),
    ("n_swaps", "swaps", "{:.0f}"),
    ("out_of_frame", "outside %", "{:.1%}"),
    ("face_px", "face, px", "{:.0f}"),
    ("completeness", "decoded %", "{:.1%}"),
    ("n_damaged", "damaged", "{:.0f}"),
    ("n_others", "others", "{:.0f}"),
    ("n_switches", "jumps", "{:.0f}"),
)


def _all(clips: "pd.DataFrame") -> str:
    if clips.empty:
        return ""
    rows = clips[:N_ROWS]
    columns = []
    for name, title, shown in _COLUMNS:
        if name not in rows or not (rows[name].notna() & (rows[name] != "")).any():
            continue
        cells = [shown.format(v) if v == v else "–" for v in rows[name]] if shown else rows[name]
        columns.append(Column(title, [cell.removesuffix("%") for cell in cells], bool(shown)))
    more = (
        f"The worst {N_ROWS} of {len(clips):,} are here; --clips FILE.csv writes all of them."
        if len(clips) > N_ROWS
        else "The worst stand first."
    )
    return (
        f'<section><h2>Clip by clip</h2><p class="soft">{more} <span class="js" hidden>Sort by a '
        "click on a head; filter by a part of the text, or numbers by &gt; and &lt;. "
        '<span id="n-clips" role="status"></span></span></p>'
        f"{table(columns, label='Clips', count_id='n-clips')}</section>\n"
    )


def _footer(dataset: PoseDataset, summary: "DatasetSummary") -> str:
    made = f" by {summary.extractor}" if summary.extractor else ""
    licence = f" Licence: {dataset.info.licence}." if dataset.info.licence else ""
    return (
        f"<footer><p>Landmarks: {escaped(summary.skeleton)}{escaped(made)}; "
        f"{escaped(dataset.info.created_by)}.{escaped(licence)}</p>"
        "<p>Jitter is the noise, in shoulder widths, that moves the wrists faster than arms can; "
        "it takes 20 frames per second. A swap is two hands that exchange places from one frame to "
        "the next. Outside counts the seen landmarks of hands and upper body beyond the edge of "
        "the picture. The face is the longer side of its box. Decoded are the frames of those that "
        "the video promises.</p></footer>"
    )


def _duration(hours: float) -> str:
    if hours >= 1:
        return f"{hours:,.1f} h"
    return f"{60 * hours:.1f} min" if hours >= 1 / 60 else f"{3600 * hours:.0f} s"
