"""What counts as a fault, how much, and how it is said."""

import numpy as np
import pandas as pd
import pytest

from signkit.view.faults import (
    FAULTS,
    Fault,
    count_faults,
    reasons,
    with_faults,
    worst_by_fault,
    worst_first,
)

LESS = Fault("hand_rate", "hands", 0.5, 0.1, "a hand in only {hand_rate:.0%} of the frames")
MORE = Fault("n_switches", "jumps", 0.0, 2.0, "jumps: {n_switches:.0f}")
GOOD = {"hand_rate": 1.0, "no_hand_s": 0.0, "rate_pose": 1.0, "wrist_jitter": 0.01, "face_px": 90.0}


def clips(*rows: dict[str, object]) -> pd.DataFrame:
    """A table in which everything is good but what is given."""
    unknown = {fault.column: np.nan for fault in FAULTS}
    ids = [{"clip_id": f"clip-{i}"} for i in range(len(rows))]
    return pd.DataFrame([unknown | i | GOOD | row for i, row in zip(ids, rows, strict=True)])


@pytest.mark.parametrize(
    ("fault", "value", "penalty"),
    [
        (LESS, 1.0, 0.0),
        (LESS, 0.5, 0.0),
        (LESS, 0.3, 0.5),
        (LESS, 0.1, 1.0),
        (LESS, 0.0, 1.0),
        (LESS, np.nan, 0.0),
        (MORE, 0.0, 0.0),
        (MORE, 1.0, 0.5),
        (MORE, 9.0, 1.0),
    ],
)
def test_penalties_rise_from_good_to_bad(fault, value, penalty):
    assert fault.penalty(clips({fault.column: value})) == pytest.approx([penalty])


def test_what_a_skeleton_does_not_have_is_no_fault():
    table = clips({}).drop(columns="rate_face")
    assert count_faults(table)["rate_face"] == 0
    assert with_faults(table)["faults"].tolist() == [""]


def test_badness_is_the_sum_of_the_penalties():
    table = with_faults(clips({"hand_rate": 0.3, "n_switches": 1.0}, {}))
    assert table["badness"].tolist() == [1.0, 0.0]
    assert table["faults"].tolist() == ["hand_rate n_switches", ""]


def test_the_worst_stand_first_and_ties_are_broken_by_the_hands():
    table = with_faults(clips({"hand_rate": 0.9}, {"hand_rate": 0.3}, {"hand_rate": 0.8}))
    assert worst_first(table)["clip_id"].tolist() == ["clip-1", "clip-2", "clip-0"]


def test_every_fault_lists_its_worst_clips():
    table = with_faults(
        clips({"hand_rate": 0.4}, {"hand_rate": 0.2, "no_hand_s": 2.0}, {"no_hand_s": 9.0}, {})
    )
    assert worst_by_fault(table, 5) == {
        "hand_rate": (("clip-1", 0.2), ("clip-0", 0.4)),
        "no_hand_s": (("clip-2", 9.0), ("clip-1", 2.0)),
    }
    assert worst_by_fault(table, 1)["no_hand_s"] == (("clip-2", 9.0),)


def test_every_fault_has_its_phrase():
    row = {fault.column: fault.bad for fault in FAULTS} | {
        "faults": " ".join(f.column for f in FAULTS)
    }
    row |= {"n_decoded": 120.0, "n_expected": 300.0, "n_swaps": 4.0}
    said = [phrase.replace("\N{NO-BREAK SPACE}", " ") for phrase in reasons(row)]
    assert said == [
        "a hand in only 10 % of the frames",
        "no hand for 4.0 s",
        "the body in only 50 % of the frames",
        "the face in only 30 % of the frames",
        "the video breaks off: 120 of 300 frames",
        "damaged packets in the video: 20",
        "jumps between people: 2",
        "left and right hand change places: 4 times",
        "the wrists jitter by 0.100 shoulder widths",
        "60 % of hands and body outside the picture",
        "the face is only 15 pixels large",
    ]
