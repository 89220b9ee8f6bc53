"""The sweep of `signkit stress` as one self-contained SVG file: a dot and an interval for each row,
beside the line of the undisturbed clips.

It follows the reader's light or dark scheme and needs nothing from elsewhere, like the training
curves.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from signkit.errors import StudyError
from signkit.study.perturb import KINDS
from signkit.study.stress_table import StressRow, StressTable
from signkit.train.curves import nice_ticks

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 270, 30, 34, 40
_ROW, _HEADING = 18, 24
_ACROSS = _WIDTH - _LEFT - _RIGHT
_STYLE = """
svg{background:#fff;font:11px system-ui,sans-serif}
text{fill:#555}.title{fill:#222;font-weight:600;font-size:12px}.kind{fill:#222;font-weight:600}
.grid{stroke:#ddd}.plain{stroke:#888;stroke-dasharray:3 3}
.span{stroke:#1f6fd1;stroke-width:2}.dot{fill:#1f6fd1}.open{fill:#fff;stroke:#1f6fd1}
@media (prefers-color-scheme:dark){
svg{background:#16181d}text{fill:#aaa}.title,.kind{fill:#eee}.grid{stroke:#333}.plain{stroke:#999}
.span{stroke:#6fb0ff}.dot{fill:#6fb0ff}.open{fill:#16181d;stroke:#6fb0ff}}
"""
SURE = 0.05
"""Rows whose adjusted p is smaller have a full dot."""


def check_plot(path: Path | None) -> None:
    """Refuse what cannot be drawn, before an hour of recognition.

    Raises:
        StudyError: The file is no SVG.
    """
    if path is not None and path.suffix != ".svg":
        raise StudyError(
            f"--plot {path}: plots are SVG; call it for instance {path.with_suffix('.svg').name}"
        )


def draw_stress(table: StressTable) -> str:
    """An SVG of all rows, by kind."""
    plain, *rows = table.rows
    ends = [100 * end for row in table.rows for end in (row.wer, *(row.wer_ci or ()))]
    ticks = nice_ticks(0.0, max(ends))
    places, headings, height = _places(rows)

    def x(rate: float) -> float:
        return _LEFT + _ACROSS * (100 * rate - ticks[0]) / (ticks[-1] - ticks[0])

    bottom = height - _BOTTOM
    grid = "".join(
        f'<path class="grid" d="M{x(tick / 100):.1f} {_TOP}V{bottom}"/>'
        f'<text x="{x(tick / 100):.1f}" y="{bottom + 14}" text-anchor="middle">{tick:g}</text>'
        for tick in ticks
    )
    names = "".join(
        f'<text class="kind" x="10" y="{y:.0f}">{escape(KINDS[kind])}</text>'
        for kind, y in headings.items()
    )
    drawn = "".join(
        _drawn(row, y, x(row.wer), [x(end) for end in row.wer_ci or ()])
        for row, y in zip(rows, places, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Word error rate of {escape(table.run)} under {len(rows)} disturbances">'
        f'<style>{_STYLE}</style><text class="title" x="10" y="18">WER on {escape(table.split)}, %'
        f"</text>{grid}"
        f'<path class="plain" d="M{x(plain.wer):.1f} {_TOP}V{bottom}"/>{names}{drawn}'
        f'<text x="10" y="{height - 8}">dashed: undisturbed, {100 * plain.wer:.1f}; lines: 95 % '
        f"intervals; full dots: p &lt; {SURE}, adjusted for the rows of a kind</text></svg>\n"
    )


def _places(rows: Sequence[StressRow]) -> tuple[list[float], dict[str, float], int]:
    """Heights of the rows and of the headings over each kind, and of the whole picture."""
    y = float(_TOP)
    places: list[float] = []
    headings: dict[str, float] = {}
    for row in rows:
        if row.kind not in headings:
            y += _HEADING
            headings[row.kind] = y
        y += _ROW
        places.append(y)
    return places, headings, int(y) + 12 + _BOTTOM


def _drawn(row: StressRow, y: float, x: float, ends: Sequence[float]) -> str:
    is_sure = row.p_adjusted is not None and row.p_adjusted < SURE
    span = f'<path class="span" d="M{ends[0]:.1f} {y - 4:.0f}H{ends[1]:.1f}"/>' if ends else ""
    return (
        f'<text x="{_LEFT - 10}" y="{y:.0f}" text-anchor="end">{escape(row.level)}</text>{span}'
        f'<circle class="{"dot" if is_sure else "open"}" cx="{x:.1f}" cy="{y - 4:.0f}" r="4"/>'
    )
