"""References of the NIST scoring toolkit (`.stm`): a time-marked segment and its words on a line.

`id channel signer start end gloss gloss ...`, times in seconds. An end of 1.79769e+308, the
greatest number there is, means the end of the recording; `[EMPTY]` stands where nothing is said.

Source: sclite of the NIST scoring toolkit (SCTK), with which PHOENIX-2014 is scored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.tables import text_lines

EMPTY = "[EMPTY]"
_OPEN_S = 1e300
_N_FIXED = 5


@dataclass(frozen=True, slots=True)
class Segment:
    """One line.

    Args:
        name: Of the recording.
        channel: Of the recording; 1 where there is only one.
        signer: Who signs.
        start_s: Where it begins; None for the beginning of a recording that it takes up whole.
        end_s: Where it ends; None for the end of the recording.
        glosses: What is signed.
    """

    name: str
    channel: str
    signer: str
    start_s: float | None
    end_s: float | None
    glosses: tuple[str, ...]


def stm_segments(path: Path, ledger: Ledger) -> Iterator[tuple[int, Segment]]:
    """Line number and segment of every line; comments (`;;`) are skipped.

    Raises:
        FormatError: There is no such file, or it is not UTF-8.
    """
    for line, text in text_lines(path, ledger):
        if text.startswith(";;"):
            continue
        segment = _segment(text.split())
        if segment is None:
            found = f"has {text[:60]!r}, expected id channel signer start end glosses"
            ledger.bad("unreadable", found, file=path.name, line=line, action=LEFT_OUT)
        else:
            yield line, segment


def _segment(words: list[str]) -> Segment | None:
    if len(words) < _N_FIXED:
        return None
    name, channel, signer, start, end = words[:_N_FIXED]
    try:
        start_s, end_s = float(start), float(end)
    except ValueError:
        return None
    is_open = end_s >= _OPEN_S
    return Segment(
        name=name,
        channel=channel,
        signer=signer,
        start_s=None if is_open and start_s == 0 else start_s,
        end_s=None if is_open else end_s,
        glosses=tuple(word for word in words[_N_FIXED:] if word != EMPTY),
    )
