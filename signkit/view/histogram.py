"""A histogram as inline SVG."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.view.page import escaped

N_BINS = 24
WIDTH, HEIGHT, GAP = 288, 96, 2


@dataclass(frozen=True)
class Axis:
    """What the horizontal axis of a histogram shows.

    Args:
        title: The measure.
        write: A value as people read it.
        high: Where the axis ends; None for a round number that holds 99 % of the values.
        bad: Values from here on are drawn as bad.
        less_is_worse: `bad` looks downwards.
    """

    title: str
    write: Callable[[float], str]
    high: float | None = None
    bad: float = np.inf
    less_is_worse: bool = False


def histogram(values: NDArray[np.float64], axis: Axis) -> str:
    """A figure with its caption; what lies above the axis is in its last bar.

    Args:
        values: At least one, not negative, no NaN.
    """
    high = axis.high or _round_up(float(np.quantile(values, 0.99)))
    counts, edges = np.histogram(np.clip(values, 0, high), N_BINS, (0, high))
    middles = (edges[:-1] + edges[1:]) / 2
    is_bad = middles < axis.bad if axis.less_is_worse else middles > axis.bad
    bars = {"bar": ~is_bad, "bar bad": is_bad}
    paths = "".join(
        f'<path class="{kind}" d="{_bars(counts, where)}"/>' for kind, where in bars.items()
    )
    middle = axis.write(float(np.median(values)))
    worst = float(np.quantile(values, 0.1 if axis.less_is_worse else 0.9))
    side = "below" if axis.less_is_worse else "above"
    text = f"middle clip {middle}, worst tenth {side} {axis.write(worst)}"
    over = "+" if (values > high).any() else ""
    return (
        f'<figure class="chart"><figcaption><h3>{escaped(axis.title)}</h3>'
        f'<span class="soft">{escaped(text)}</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escaped(f"Histogram of clips by {axis.title}: {text}")}">'
        f'{paths}<path class="axis" d="M0 {HEIGHT - 0.5}h{WIDTH}"/></svg>'
        f'<div class="ends soft"><span>{escaped(axis.write(0))}</span>'
        f"<span>{escaped(axis.write(high) + over)}</span></div></figure>"
    )


def _bars(counts: NDArray[np.int64], where: NDArray[np.bool_]) -> str:
    step = WIDTH / N_BINS
    shares = np.sqrt(counts / counts.max())  # a few bad clips must be seen beside many good ones
    heights = np.maximum(2, np.round((HEIGHT - 4) * shares))
    return "".join(
        f"M{i * step + GAP / 2:g} {HEIGHT}v{-heights[i]:g}h{step - GAP:g}V{HEIGHT}z"
        for i in np.flatnonzero(where & (counts > 0))
    )


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 ... at any power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * next(step for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9)))
