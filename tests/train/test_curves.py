import re
import xml.etree.ElementTree as ElementTree

import pytest

from signkit.train.curves import draw_curves, nice_ticks
from signkit.train.metrics import EpochMetrics

SVG = "{http://www.w3.org/2000/svg}"


def epochs(n: int, **values) -> list[EpochMetrics]:
    found = []
    for e in range(1, n + 1):
        usual = {"update": e, "loss": 9.0 / e, "lr": 1e-3 / e, "is_kept": e == 2}
        found.append(EpochMetrics(epoch=e, **{**usual, **values}))
    return found


def titles(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "title"]


def line(svg: str, kind: str) -> list[tuple[float, float]]:
    path = re.search(rf'class="{kind}"[^>]* d="([^"]*)"', svg)[1]
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_curves_are_an_svg_that_needs_nothing_from_elsewhere():
    svg = draw_curves(epochs(20, dev_loss=2.0, dev_wer=0.5))
    assert titles(svg) == ["Loss", "Dev WER, %", "Learning rate"]
    assert "prefers-color-scheme:dark" in svg
    links = svg.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|href|url\(|<script|<image", links)


def test_points_are_where_their_values_are():
    """Loss 9 at the first epoch, 3 at the third, 9 / 5 at the last, on a scale from 0 to 10."""
    points = line(draw_curves(epochs(5)), "a")
    (x1, y1), (x3, y3), (x5, y5) = points[0], points[2], points[4]
    assert x3 - x1 == pytest.approx(x5 - x3, abs=0.1)
    assert (y3 - y1) / (9 - 3) == pytest.approx((y5 - y3) / (3 - 1.8), rel=0.02)
    assert y1 < y3 < y5  # larger is higher


def test_without_dev_clips_nothing_of_them_is_drawn():
    svg = draw_curves(epochs(5))
    assert titles(svg) == ["Loss", "Learning rate"]
    assert "dev" not in svg.lower().replace("training curves", "")


def test_a_single_epoch_is_a_dot():
    svg = draw_curves(epochs(1, dev_wer=0.5))
    assert 'h0.1"' in svg
    ElementTree.fromstring(svg)


def test_what_is_no_number_is_left_out():
    odd = [*epochs(3), *epochs(3, loss=float("inf")), *epochs(3, loss=float("nan"))]
    points = line(draw_curves(odd), "a")
    assert len(points) == 3


def test_thousands_of_epochs_stay_a_small_file():
    assert len(draw_curves(epochs(20_000, dev_wer=0.5))) < 60_000


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.5, 1.0]),
        (0.2, 5.8, [0.0, 2.0, 4.0, 6.0]),
        (90.0, 100.0, [90.0, 95.0, 100.0]),
        (3.0, 3.0, [3.0, 4.0]),
        (0.0, 0.0, [0.0, 0.5]),
    ],
)
def test_ticks_are_round_and_hold_all_values(low, high, expected):
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert ticks == expected
