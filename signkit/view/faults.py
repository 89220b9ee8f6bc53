"""What can be wrong with a clip, how much it counts, and how it is said.

Every fault looks at one number of a clip. From the value `good`, where nothing is wrong, to `bad`,
where it is as wrong as it counts, its penalty rises on a straight line from 0 to 1. The badness of
a clip is the sum of its penalties: anybody can follow why a clip stands where it stands.

The limits follow real recordings. Isolated signs begin and end with hands at rest, often below the
picture: there a good clip shows a hand in every second frame, and every eighth landmark of hands
and body lies outside; the wrists of MediaPipe jitter by one hundredth of a shoulder width.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from signkit.quality import COMPLETE_FRACTION

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Fault:
    """One number of a clip that may be bad.

    Args:
        column: Its column in the clip table; also the name of the fault.
        title: What the number is.
        good: Value up to which nothing is wrong.
        bad: Value from which it is as wrong as it counts; below `good` where less is worse.
        says: What is wrong, a template over the row of the clip.
        shown: How the number is written, a template.
    """

    column: str
    title: str
    good: float
    bad: float
    says: str
    shown: str = "{:.3g}"

    @property
    def less_is_worse(self) -> bool:
        return self.bad < self.good

    def penalty(self, table: "pd.DataFrame") -> NDArray[np.float64]:
        """(clips,) in [0, 1]; 0 where the number is unknown."""
        if self.column not in table:
            return np.zeros(len(table))
        value = table[self.column].to_numpy(dtype=np.float64)
        penalty: NDArray[np.float64] = np.clip(
            (value - self.good) / (self.bad - self.good), 0.0, 1.0
        )
        return np.nan_to_num(penalty, copy=False)

    def write(self, value: float) -> str:
        """The number as people read it."""
        return spaced(self.shown.format(value))


FAULTS = (
    Fault("hand_rate", "frames with a hand", 0.5, 0.1,
          "a hand in only {hand_rate:.0%} of the frames", "{:.0%}"),
    Fault("no_hand_s", "longest time without a hand", 1.0, 4.0,
          "no hand for {no_hand_s:.1f} s", "{:.3g} s"),
    Fault("rate_pose", "frames with the body", 0.98, 0.5,
          "the body in only {rate_pose:.0%} of the frames", "{:.0%}"),
    Fault("rate_face", "frames with the face", 0.9, 0.3,
          "the face in only {rate_face:.0%} of the frames", "{:.0%}"),
    Fault("completeness", "frames decoded of those expected", COMPLETE_FRACTION, 0.5,
          "the video breaks off: {n_decoded:.0f} of {n_expected:.0f} frames", "{:.0%}"),
    Fault("n_damaged", "damaged packets", 0.0, 20.0,
          "damaged packets in the video: {n_damaged:.0f}"),
    Fault("n_switches", "jumps between people", 0.0, 2.0,
          "jumps between people: {n_switches:.0f}"),
    Fault("swaps_per_min", "left/right swaps a minute", 0.0, 20.0,
          "left and right hand change places: {n_swaps:.0f} times"),
    Fault("wrist_jitter", "wrist jitter, shoulder widths", 0.03, 0.1,
          "the wrists jitter by {wrist_jitter:.3f} shoulder widths"),
    Fault("out_of_frame", "hands and body outside the picture", 0.25, 0.6,
          "{out_of_frame:.0%} of hands and body outside the picture", "{:.0%}"),
    Fault("face_px", "size of the face", 40.0, 15.0,
          "the face is only {face_px:.0f} pixels large", "{:.0f} px"),
)  # fmt: skip


def with_faults(table: "pd.DataFrame") -> "pd.DataFrame":
    """The clip table with the columns `badness` and `faults` (names, the first of FAULTS first)."""
    penalties = {fault.column: fault.penalty(table) for fault in FAULTS}
    faults = np.full(len(table), "", dtype=object)
    for name, penalty in penalties.items():
        faults[penalty > 0] += f" {name}"
    badness = np.sum([*penalties.values()], axis=0)
    return table.assign(badness=badness.round(4), faults=[text.strip() for text in faults])


def worst_first(table: "pd.DataFrame") -> "pd.DataFrame":
    """The rows by falling badness; equally bad ones by rising hand rate, then by clip id."""
    by = ["badness", "hand_rate", "clip_id"]
    return table.sort_values(by, ascending=[False, True, True], kind="stable")


def worst_by_fault(table: "pd.DataFrame", n_worst: int) -> dict[str, tuple[tuple[str, float], ...]]:
    """Fault -> the clips that have it worst, with their values; faults that no clip has are left
    out.
    """
    worst = {}
    for fault in FAULTS:
        faulty = table[fault.penalty(table) > 0]
        if len(faulty):
            order = [fault.less_is_worse, True]
            rows = faulty.sort_values([fault.column, "clip_id"], ascending=order)[:n_worst]
            worst[fault.column] = tuple(zip(rows["clip_id"], rows[fault.column], strict=True))
    return worst


def count_faults(table: "pd.DataFrame") -> dict[str, int]:
    """Fault -> number of clips that have it."""
    return {fault.column: int((fault.penalty(table) > 0).sum()) for fault in FAULTS}


def reasons(row: Mapping[Hashable, Any]) -> list[str]:
    """Why a clip is bad, one phrase a fault, in the order of FAULTS."""
    names = row["faults"].split()
    return [spaced(fault.says.format_map(row)) for fault in FAULTS if fault.column in names]


def spaced(text: str) -> str:
    """`54%` as `54 %`, kept on one line."""
    return text.replace("%", "\N{NO-BREAK SPACE}%")
