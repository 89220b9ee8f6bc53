"""The table of `signkit stress`: rates, intervals, and differences to the undisturbed clips."""

from dataclasses import asdict, dataclass
from typing import Any

from signkit import __version__
from signkit.comparison import Paired, p_text
from signkit.report import Interval
from signkit.study.perturb import KINDS


@dataclass(frozen=True)
class StressRow:
    """One way of disturbing the clips. Rates are fractions.

    Args:
        kind: What was done; "" for the undisturbed clips.
        level: How much of it.
        wer: Word error rate.
        wer_ci: 95 % interval of `wer`.
        paired: Against the undisturbed clips; None for these.
        p_adjusted: Its p value, for all rows of its kind (Holm).
        n_unchanged: Clips that had nothing that could be disturbed; they are scored as they are.
    """

    kind: str
    level: str
    wer: float
    wer_ci: Interval | None
    paired: Paired | None = None
    p_adjusted: float | None = None
    n_unchanged: int = 0


@dataclass(frozen=True)
class StressTable:
    """All rows of a sweep, the undisturbed clips first.

    Args:
        run: Name of the run.
        split: What was recognized.
        task: isolated or continuous.
        decoder: How the hypotheses were found.
        n_clips: Clips of the split.
        n_ref: Their glosses.
        cluster: What intervals draw and tests exchange: signer, sentence or clip.
        n_clusters: How many of them there are.
        seed: Of the disturbances.
        rows: One for each disturbance that could be done.
        left_out: Disturbances that no clip has anything for, in words.
        warnings: What a reader of the numbers should know.
    """

    run: str
    split: str
    task: str
    decoder: str
    n_clips: int
    n_ref: int
    cluster: str
    n_clusters: int
    seed: int
    rows: tuple[StressRow, ...]
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def signature(self) -> str:
        """One line that makes the table repeatable."""
        return (
            f"clips:{self.n_clips} split:{self.split} decoder:{self.decoder} "
            f"cluster:{self.cluster}/{self.n_clusters} seed:{self.seed} signkit:{__version__}"
        )

    def to_json(self) -> dict[str, Any]:
        """One plain record; rates and differences are fractions."""
        return {**asdict(self), "signature": self.signature, "signkit": __version__}

    def to_markdown(self) -> str:
        """The table with what must be known to read it."""
        head = ("input", "", "WER", "95 %", "difference", "95 %", "p")
        lines = [head, ("---",) * len(head), *map(_cells, self.rows)]
        table = ["| " + " | ".join(cells) + " |" for cells in lines]
        return "\n".join([*table, "", *self.notes(), ""])

    def notes(self) -> list[str]:
        """How to read the numbers."""
        rate = "WER (1 - top 1)" if self.task == "isolated" else "WER"
        notes = [
            f"{rate} in percent on {self.split}, {self.n_clips} clips, {self.n_ref} glosses; "
            f"difference: points against the undisturbed clips; 95 %: bootstrap over "
            f"{self.n_clusters} {self.cluster}s; p: randomization test over {self.cluster}s, "
            f"adjusted for the rows of a kind (Holm).",
            *(
                f"{_said(row)}: {row.n_unchanged} clips had nothing to disturb and stay."
                for row in self.rows
                if row.n_unchanged
            ),
            *(f"Left out, no clip has anything to disturb: {said}." for said in self.left_out),
        ]
        return [*notes, self.signature]


def _said(row: StressRow) -> str:
    return f"{KINDS[row.kind]}, {row.level}" if row.kind else row.level


def _cells(row: StressRow) -> tuple[str, ...]:
    kind = KINDS.get(row.kind, "undisturbed")
    level = row.level if row.kind else ""
    rate = f"{100 * row.wer:.1f}"
    if row.paired is None or row.p_adjusted is None:
        return (kind, level, rate, _range(row.wer_ci), "", "", "")
    difference = f"{100 * row.paired.difference:+.1f}"
    spread = _range(row.paired.interval, sign="+")
    return (kind, level, rate, _range(row.wer_ci), difference, spread, p_text(row.p_adjusted))


def _range(interval: Interval | None, *, sign: str = "") -> str:
    if interval is None:
        return "-"
    return "[{0:{2}.1f}, {1:{2}.1f}]".format(*(100 * end for end in interval), sign)
