"""How a table for a paper is written: Markdown, or LaTeX with booktabs.

Names and glosses are other people's text: control characters and overrides of the direction are
taken out, everything that means something is escaped, and right-to-left text is isolated, so that
the cells beside it keep their order.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signkit.report import Interval

_DIRECTION = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_ISOLATE, _END = "\u2068", "\u2069"
_MD_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&#])")
_TEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{mark: rf"\{mark}" for mark in "&%$#_{}"},
}
_RTL_HEAD = (
    "% Right-to-left text needs LuaLaTeX with, in the preamble, \\usepackage[bidi=basic]{babel},\n"
    "% \\babelprovide[import]{arabic} (or hebrew), a font that has it, and\n"
    "% \\newcommand{\\rtltext}[1]{\\foreignlanguage{arabic}{#1}}\n"
    "\\providecommand{\\rtltext}[1]{#1}\n"
)


@dataclass(frozen=True)
class Table:
    """A table whose cells are written in a style already.

    Args:
        head: Titles of the columns.
        groups: Rows, with a rule between groups.
        caption: What must be known to read it, plain text.
        label: To refer to it, in LaTeX.
        n_left: Columns that are left-aligned; the others are numbers.
        remarks: Further plain lines, below it; comments in LaTeX.
    """

    head: Sequence[str]
    groups: Sequence[Sequence[Sequence[str]]]
    caption: str
    label: str
    n_left: int = 1
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class TableStyle:
    """How one style writes what is in a table.

    Args:
        text: Plain text to a cell.
        percent: A fraction, its interval or None, whether it is bold, and its sign format ("" or
            "+") to a cell.
        p: A p value, as text, to a cell.
        table: The whole.
    """

    text: Callable[[str], str]
    percent: Callable[[float, Interval | None, bool, str], str]
    p: Callable[[str], str]
    table: Callable[[Table], str]


def _one_line(text: str) -> str:
    plain = _DIRECTION.sub("", text)
    spaced = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in plain)
    return " ".join("".join(spaced).split())


def _is_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)


def _md_text(text: str) -> str:
    plain = _one_line(text)
    escaped = _MD_SPECIAL.sub(r"\\\1", plain)
    return f"{_ISOLATE}{escaped}{_END}" if _is_rtl(plain) else escaped


def _md_percent(value: float, interval: Interval | None, is_bold: bool, sign: str) -> str:
    number = f"{100 * value:{sign}.1f}"
    number = f"**{number}**" if is_bold else number
    if interval is None:
        return number
    return f"{number} [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"


def _md_table(table: Table) -> str:
    rules = ["---"] * table.n_left + ["---:"] * (len(table.head) - table.n_left)
    rows = [table.head, rules, *(row for group in table.groups for row in group)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    remarks = [f"- {_md_text(remark)}" for remark in table.remarks]
    return "\n".join([*lines, "", _md_text(table.caption), "", *remarks, ""])


def _tex_text(text: str) -> str:
    plain = _one_line(text)
    escaped = "".join(_TEX_SPECIAL.get(c, c) for c in plain)
    return rf"\rtltext{{{escaped}}}" if _is_rtl(plain) else escaped


def _tex_percent(value: float, interval: Interval | None, is_bold: bool, sign: str) -> str:
    number = f"{100 * value:{sign}.1f}"
    number = rf"\mathbf{{{number}}}" if is_bold else number
    if interval is not None:
        number += f"_{{[{100 * interval[0]:.1f},\\,{100 * interval[1]:.1f}]}}"
    return f"${number}$"


def _tex_table(table: Table) -> str:
    columns = "l" * table.n_left + "r" * (len(table.head) - table.n_left)
    # A row that begins with "[" would be taken for the length that \\ may have.
    groups = ["\n".join(f"{{}}{' & '.join(row)} \\\\" for row in group) for group in table.groups]
    text = "\n".join(
        [
            "% \\usepackage{booktabs}",
            *(f"% {_one_line(remark)}" for remark in table.remarks),
            "\\begin{table}",
            "\\centering",
            f"\\caption{{{_tex_text(table.caption)}}}",
            f"\\label{{{table.label}}}",
            f"\\begin{{tabular}}{{{columns}}}",
            "\\toprule",
            f"{' & '.join(table.head)} \\\\",
            "\\midrule",
            "\n\\midrule\n".join(groups),
            "\\bottomrule",
            "\\end{tabular}",
            "\\end{table}",
            "",
        ]
    )
    return (_RTL_HEAD if "\\rtltext" in text else "") + text


STYLES = {
    "md": TableStyle(_md_text, _md_percent, lambda p: p, _md_table),
    "tex": TableStyle(_tex_text, _tex_percent, lambda p: f"${p}$", _tex_table),
}
