"""Histograms: where the bars are, and what is said about them."""

import re

import numpy as np
import pytest

from signkit.view.histogram import HEIGHT, N_BINS, Axis, histogram


def bars(svg: str, kind: str) -> dict[int, float]:
    """Bin -> height of its bar."""
    path = re.search(rf'<path class="{kind}" d="([^"]*)"', svg).group(1)
    found = re.findall(r"M([\d.]+) [\d.]+v-([\d.]+)", path)
    width = 288 / N_BINS
    return {int(float(x) / width): float(height) for x, height in found}


def test_bars_stand_where_the_values_are():
    values = np.array([0.0, 0.0, 0.0, 0.0, 0.99, 1.0])
    svg = histogram(values, Axis("hands", "{:.2f}".format, high=1.0, bad=0.5, less_is_worse=True))
    assert bars(svg, "bar bad") == {0: HEIGHT - 4}
    assert bars(svg, "bar") == {N_BINS - 1: pytest.approx((HEIGHT - 4) * np.sqrt(2 / 4), abs=0.5)}
    assert "middle clip 0.00, worst tenth below 0.00" in svg


def test_what_lies_above_the_axis_is_in_the_last_bar():
    values = np.array([*[1.0] * 500, 40.0])
    svg = histogram(values, Axis("gap", "{:.0f} s".format, bad=5.0))
    assert bars(svg, "bar") == {N_BINS - 1: HEIGHT - 4}
    assert "<span>1 s+</span>" in svg


@pytest.mark.parametrize(("value", "high"), [(0.0, 1), (0.3, 0.5), (1.0, 1), (3.0, 5), (70, 100)])
def test_axes_end_at_round_numbers(value, high):
    svg = histogram(np.array([value]), Axis("any", "{:g}".format))
    assert f"<span>{high:g}</span>" in svg
