"""The plots of the score page, as plain HTML and inline SVG: rates with their intervals, how sure
against how right, and how long against how long.

Calibration: Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599; the
expected calibration error is their equation 3 with bins of equal width.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.hypothesis import Hypothesis
from signkit.report import ClipScore, Slice
from signkit.view.page import escaped

N_BINS = 10
SIDE = 320
LEFT, BOTTOM = 40, 30  # room for the numbers of the axes


@dataclass(frozen=True, eq=False)
class Calibration:
    """How sure the recognizer was of its glosses, and how often it was right.

    Args:
        n: (N_BINS,) glosses with a confidence in each bin of equal width.
        confidence: (N_BINS,) their mean confidence; NaN where there is none.
        right: (N_BINS,) share of them that is right; NaN where there is none.
        n_left_out: Clips whose confidences do not belong to the glosses that were scored, because
            a gloss profile or a train sentence took their place.
    """

    n: NDArray[np.int64]
    confidence: NDArray[np.float64]
    right: NDArray[np.float64]
    n_left_out: int = 0

    @property
    def error(self) -> float:
        """Expected calibration error: the mean gap between the two, weighted by glosses."""
        gaps = np.abs(self.confidence - self.right)
        return float(np.nansum(gaps * self.n) / self.n.sum())


def calibrate(
    clips: Sequence[ClipScore], hypotheses: Mapping[str, Hypothesis]
) -> Calibration | None:
    """None where no hypothesis says how sure it is."""
    sure: list[float] = []
    is_right: list[bool] = []
    n_left_out = 0
    for clip in clips:
        found = hypotheses.get(clip.clip_id)
        if found is None or not found.confidence:
            continue
        if found.glosses != clip.hypothesis or len(found.confidence) != len(clip.hypothesis):
            n_left_out += 1
            continue
        sure += found.confidence
        is_right += [reference == gloss for reference, gloss in clip.pairs if gloss is not None]
    if not sure:
        return None
    where = np.minimum((np.array(sure) * N_BINS).astype(np.int64), N_BINS - 1)
    n = np.bincount(where, minlength=N_BINS)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(where, sure, N_BINS) / n
        right = np.bincount(where, is_right, N_BINS) / n
    return Calibration(n, confidence, right, n_left_out)


def calibration_plot(calibration: Calibration) -> str:
    """Bars from the diagonal to what was right: a bar below it is overconfidence."""
    edges = np.arange(N_BINS + 1) / N_BINS
    marks = []
    for low, n, sure, right in zip(
        edges, calibration.n.tolist(), calibration.confidence, calibration.right, strict=False
    ):
        if not n:
            continue
        x, width = _x(low + 0.01 / N_BINS), _x(0.98 / N_BINS) - _x(0)
        top, bottom = _y(max(sure, right)), _y(min(sure, right))
        kind = "over" if right < sure else "under"
        say = f"confidence {100 * sure:.0f} %: {100 * right:.0f} % right, n = {n:,}"
        marks.append(
            f'<g><title>{say}</title><rect class="gap {kind}" x="{x:.1f}" y="{top:.1f}" '
            f'width="{width:.1f}" height="{max(bottom - top, 1):.1f}"/>'
            f'<circle cx="{_x(sure):.1f}" cy="{_y(right):.1f}" '
            f'r="{2.5 + 7 * np.sqrt(n / calibration.n.sum()):.1f}"/></g>'
        )
    ticks = [(value, f"{100 * value:.0f}") for value in (0.0, 0.25, 0.5, 0.75, 1.0)]
    label = f"Calibration plot; expected calibration error {100 * calibration.error:.1f} points"
    diagonal = f'<path class="even" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>'
    return _square(label, ticks, ticks, diagonal + "".join(marks))


def length_plot(clips: Sequence[ClipScore]) -> str:
    """One circle for all clips with the same two lengths, its area by how many there are."""
    lengths = Counter((len(clip.glosses), len(clip.hypothesis)) for clip in clips)
    longest = max(max(pair) for pair in lengths) or 1
    most = max(lengths.values())
    room = (_x(1) - _x(0)) / (longest + 1) / 2
    largest = min(max(room, 3.0), 16.0)
    circles = "".join(
        f'<circle cx="{_x(ref / longest):.1f}" cy="{_y(hyp / longest):.1f}" '
        f'r="{max(1.2, largest * np.sqrt(n / most)):.1f}"><title>{ref} signed, {hyp} recognized: '
        f"{n:,} clip{'s' * (n != 1)}</title></circle>"
        for (ref, hyp), n in sorted(lengths.items())
    )
    step = next(s * p for p in (1, 10, 100, 1000) for s in (1, 2, 5) if longest / (s * p) <= 6)
    ticks = [(value / longest, str(value)) for value in range(0, longest + 1, step)]
    diagonal = f'<path class="even" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>'
    return _square("Recognized glosses by signed glosses", ticks, ticks, diagonal + circles)


def forest(rows: Sequence[tuple[str, Slice]], *, overall: float | None, label: str) -> str:
    """A line for each slice: its rate as a dot on its interval, and the same in numbers."""
    rows = [(name, part) for name, part in rows if part.wer is not None]
    if not rows:
        return ""
    high = _round_up(max(part.wer_ci[1] if part.wer_ci else part.wer or 0.0 for _, part in rows))
    line = "" if overall is None else f' style="--overall:{100 * min(overall / high, 1):.2f}%"'
    items = "".join(_row(name, part, high) for name, part in rows)
    return (
        f'<div class="forest" role="group" aria-label="{escaped(label)}"{line}>{items}'
        f'<div class="ticks soft"><span>0</span><span>{100 * high / 2:,g}</span>'
        f"<span>{100 * high:,g} %</span></div></div>"
    )


def _row(name: str, part: Slice, high: float) -> str:
    wer = part.wer or 0.0
    low_ci, high_ci = part.wer_ci or (wer, wer)
    left, right, at = (100 * value / high for value in (low_ci, high_ci, wer))
    numbers = f"[{100 * low_ci:.1f}, {100 * high_ci:.1f}]" if part.wer_ci else ""
    return (
        f'<div class="row"><span class="name" dir="auto">{escaped(name)}</span>'
        f'<span class="track"><i style="left:{left:.2f}%;width:{right - left:.2f}%"></i>'
        f'<b style="left:{at:.2f}%"></b></span>'
        f'<span class="rate"><strong>{100 * wer:.1f}</strong> {numbers}</span>'
        f'<span class="size soft">{part.n_clips:,} clip{"s" * (part.n_clips != 1)}'
        "</span></div>"
    )


def _square(
    label: str, across: list[tuple[float, str]], up: list[tuple[float, str]], marks: str
) -> str:
    grid = "".join(f"M{_x(at):.1f} {_y(0):.1f}V{_y(1):.1f}" for at, _ in across)
    grid += "".join(f"M{_x(0):.1f} {_y(at):.1f}H{_x(1):.1f}" for at, _ in up)
    numbers = "".join(
        f'<text x="{_x(at):.1f}" y="{SIDE - 10}" text-anchor="middle">{text}</text>'
        for at, text in across
    ) + "".join(
        f'<text x="{LEFT - 6}" y="{_y(at) + 4:.1f}" text-anchor="end">{text}</text>'
        for at, text in up
    )
    return (
        f'<svg class="plot" viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{escaped(label)}">'
        f'<path class="grid" d="{grid}"/>{numbers}{marks}</svg>'
    )


def _x(share: float) -> float:
    return LEFT + share * (SIDE - LEFT - 16)


def _y(share: float) -> float:
    return SIDE - BOTTOM - share * (SIDE - BOTTOM - 16)


def _round_up(rate: float) -> float:
    """The next round number, at most a quarter or so above."""
    steps = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0)
    return next((step for step in steps if step >= rate), float(np.ceil(rate)))
