"""The `bdslw60` preset against the authors' loops, and against codes worked out by hand."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from signkit.encode.encoder import RelativeEncoder
from signkit.sections import DataConfig, EncoderConfig
from signkit.skeletons import SKELETONS

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "rqe_speed.py"
NAN = float("nan")


@pytest.fixture(scope="module")
def loops() -> dict[str, Any]:
    """The functions of the benchmark, the authors' loops among them."""
    return runpy.run_path(str(BENCHMARK))


def test_in_double_precision_offsets_ranges_and_codes_are_the_loops_bit_by_bit(loops):
    clips = loops["made_clips"](2, 4)
    encoder = loops["make_encoder"]()
    encoder.fit([loops["as_held"](clip) for clip in clips])
    loops["check"](encoder, clips)  # asserts all three


def test_unseen_clips_beyond_the_train_range_clip_where_the_loops_run_over(loops):
    train, other = loops["made_clips"](2, 3)
    encoder = loops["make_encoder"]()
    encoder.fit([loops["as_held"](train)])
    low, high = encoder.bins.low.numpy(), encoder.bins.high.numpy()
    expected = loops["loop_quantize"](loops["loop_offsets"](other), low, high)
    levels = encoder.bins.levels.long().numpy()
    is_missing = np.isnan(other)
    clipped = np.where(is_missing, expected, expected.clip(0, levels))
    codes = encoder.codes(loops["as_held"](other))[0].numpy()
    assert (codes == clipped).all()
    assert (expected[~is_missing] != clipped[~is_missing]).any()


def test_single_precision_differs_only_next_to_an_edge(loops):
    (clip,) = loops["made_clips"](1, 4)
    encoder = loops["make_encoder"]()
    encoder.fit([loops["as_held"](clip)])
    exact = encoder.codes(loops["as_held"](clip))
    positions = encoder.bins.positions(encoder.measure(loops["as_held"](clip)))
    single = loops["make_encoder"]().float()
    single.fit([loops["as_held"](clip).float()])
    differs = single.codes(loops["as_held"](clip).float()) != exact
    to_edge = ((positions % 1) - 0.5).abs()
    at_the_top = encoder.measure(loops["as_held"](clip)) == encoder.bins.high
    assert (to_edge[differs & ~at_the_top] < 1e-3).all()
    assert differs[~at_the_top].float().mean() < 1e-3


GOLDEN = [
    # name, train frame, test frame, codes of the test frame; every other point is at 0
    ("right_wrist", (100.0, 50.0, 20.0), (35.0, 26.0, 15.0), (3, 5, 3)),  # .35 10, .52 10, .75 5
    ("right_hand_index_tip", None, None, (6, 4, 1)),  # from the wrist: .65 10, .48 10, .25 5
    ("right_index", None, None, (6, 4, 1)),  # point 20, a pose finger
    ("nose", (10.0, 20.0, 30.0), (4.5, 9.0, 12.0), (2, 2, 1)),  # .45 5, .45 5, .4 3
    ("face_7", None, None, (2, 2, 1)),  # from the nose: .55 5, .55 5, .6 3
    ("mouth_left", None, None, (2, 2, 1)),
    ("left_hip", (8.0, 8.0, 8.0), (5.0, 9.0, -1.0), (0, 1, 0)),  # one level; beyond: clipped
    ("left_knee", None, None, (0, 0, 1)),  # from the hip: .375, below, above
    ("left_elbow", (-40.0, 4.0, 1.0), (NAN, NAN, NAN), (11, 11, 6)),  # unseen
    ("left_wrist", None, None, (11, 11, 6)),  # its anchor is unseen
    ("left_hand_pinky_tip", (10.0, 10.0, 10.0), (2.6, 9.9, 10.0), (2, 9, 5)),  # the very top is 5
]


def test_a_golden_frame_of_543_points_has_the_codes_worked_out_by_hand():
    skeleton = SKELETONS["mediapipe-543"]
    train = torch.zeros(1, 2, 543, 3)
    frame = torch.zeros(1, 1, 543, 3)
    for name, in_train, in_test, _ in GOLDEN:
        if in_train is not None:
            train[0, 1, skeleton.index(name)] = torch.tensor(in_train)
            frame[0, 0, skeleton.index(name)] = torch.tensor(in_test)
    config = EncoderConfig.model_validate({"preset": "bdslw60"})
    encoder = RelativeEncoder(skeleton, config, DataConfig(landmarks="all"), fps=30.0)
    encoder.fit([train])
    codes = encoder.codes(frame)[0, 0]
    found = {name: tuple(codes[skeleton.index(name)].tolist()) for name, *_ in GOLDEN}
    assert found == {name: expected for name, *_, expected in GOLDEN}
