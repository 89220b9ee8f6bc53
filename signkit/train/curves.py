"""Training curves as one self-contained SVG file: loss, dev WER, learning rate over epochs.

It follows the reader's light or dark scheme and needs nothing from elsewhere, so it can stand in a
README. A dashed line marks the epoch whose weights are kept.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from signkit.train.metrics import EpochMetrics

_WIDTH, _HEIGHT = 260, 200
_LEFT, _TOP, _RIGHT, _BOTTOM = 48, 34, 14, 30
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_MOST_POINTS = 400
_STYLE = """
svg{background:#fff;font:11px system-ui,sans-serif}
text{fill:#555}.title{fill:#222;font-weight:600;font-size:12px}
.grid{stroke:#ddd}.kept{stroke:#888;stroke-dasharray:3 3}
.a{stroke:#1f6fd1;fill:none;stroke-width:2}.b{stroke:#c8500f;fill:none;stroke-width:2}
.ta{fill:#1f6fd1}.tb{fill:#c8500f}
@media (prefers-color-scheme:dark){
svg{background:#16181d}text{fill:#aaa}.title{fill:#eee}.grid{stroke:#333}.kept{stroke:#999}
.a{stroke:#6fb0ff}.b{stroke:#ff9a5c}.ta{fill:#6fb0ff}.tb{fill:#ff9a5c}}
"""

Points = list[tuple[int, float]]


@dataclass(frozen=True)
class _Panel:
    """One diagram: its title, and its lines by name; (epoch, value) points."""

    title: str
    lines: dict[str, Points]


def draw_curves(epochs: Sequence[EpochMetrics]) -> str:
    """An SVG of what was measured; at least one epoch."""
    loss = {"train": _points(epochs, "loss"), "dev": _points(epochs, "dev_loss")}
    panels = [
        _Panel("Loss", {name: points for name, points in loss.items() if points}),
        _Panel("Dev WER, %", {"dev": _points(epochs, "dev_wer", scale=100)}),
        _Panel("Learning rate", {"lr": _points(epochs, "lr")}),
    ]
    shown = [panel for panel in panels if any(panel.lines.values())]
    kept = max((one.epoch for one in epochs if one.is_kept), default=0)
    drawn = "".join(
        f'<g transform="translate({i * _WIDTH} 0)">{_draw(panel, epochs[-1].epoch, kept)}</g>'
        for i, panel in enumerate(shown)
    )
    size = f"{len(shown) * _WIDTH} {_HEIGHT}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" '
        f'aria-label="Training curves over {epochs[-1].epoch} epochs">'
        f"<style>{_STYLE}</style>{drawn}</svg>\n"
    )


def _points(epochs: Sequence[EpochMetrics], name: str, *, scale: float = 1.0) -> Points:
    """What was measured and is a number, thinned out where no eye could tell."""
    values = [(one.epoch, getattr(one, name)) for one in epochs]
    known = [(x, scale * y) for x, y in values if y is not None and math.isfinite(y)]
    step = math.ceil(len(known) / _MOST_POINTS) or 1
    return known[::-step][::-1]


@dataclass(frozen=True)
class _Scale:
    """Where values and epochs are in a panel."""

    low: float
    high: float
    n_epochs: int

    def x(self, epoch: int) -> str:
        share = (epoch - 1) / max(1, self.n_epochs - 1)
        return f"{_LEFT + _ACROSS * share:.1f}"

    def y(self, value: float) -> str:
        return f"{_TOP + _DOWN * (1 - (value - self.low) / (self.high - self.low)):.1f}"


def _draw(panel: _Panel, n_epochs: int, kept: int) -> str:
    values = [y for points in panel.lines.values() for _, y in points]
    ticks = nice_ticks(min(values), max(values))
    scale = _Scale(ticks[0], ticks[-1], n_epochs)
    lines = "".join(
        _line(points, scale, kind) + (_name(name, i, kind) if len(panel.lines) > 1 else "")
        for i, (kind, (name, points)) in enumerate(zip("ab", panel.lines.items(), strict=False))
    )
    mark = f'<path class="kept" d="M{scale.x(kept)} {_TOP}v{_DOWN}"/>' if kept else ""
    return f"{_axes(panel.title, ticks, scale)}{mark}{lines}"


def _axes(title: str, ticks: Sequence[float], scale: _Scale) -> str:
    rows = "".join(
        f'<path class="grid" d="M{_LEFT} {scale.y(tick)}h{_ACROSS}"/>'
        f'<text x="{_LEFT - 5}" y="{scale.y(tick)}" dy="4" text-anchor="end">{tick:g}</text>'
        for tick in ticks
    )
    ends = "".join(
        f'<text x="{scale.x(epoch)}" y="{_HEIGHT - 12}" text-anchor="{side}">{epoch}</text>'
        for epoch, side in {1: "start", scale.n_epochs: "end"}.items()
    )
    return f'<text class="title" x="{_LEFT}" y="16">{title}</text>{rows}{ends}'


def _line(points: Points, scale: _Scale, kind: str) -> str:
    steps = "L".join(f"{scale.x(epoch)} {scale.y(value)}" for epoch, value in points)
    dot = "h0.1" if len(points) == 1 else ""
    return f'<path class="{kind}" stroke-linecap="round" d="M{steps}{dot}"/>'


def _name(name: str, index: int, kind: str) -> str:
    x = _WIDTH - _RIGHT - 40 * (1 - index)
    return f'<text class="t{kind}" x="{x}" y="16" text-anchor="end">{name}</text>'


def nice_ticks(low: float, high: float) -> list[float]:
    """Round numbers, three to six of them, from at most `low` to at least `high`."""
    low = 0.0 if low >= 0 and low < 0.5 * high else low
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 3))
    step = next(power * n for n in (1, 2, 5, 10) if span / (power * n) <= 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first + 1) + 1)]
