"""The `bdslw60` preset against the per-landmark Python loops that it re-implements. Run with:

    python benchmarks/rqe_speed.py [CLIPS] [FRAMES]

Both sides calibrate, measure every point from its anchor, normalize and cut off, in one process, on
the same generated clips of 543 points in float64; all offsets, ranges and codes must be equal bit
by bit. The ranges of the train clips are found beforehand, once a corpus. The loops follow the
BdSLW60 authors' notebooks step by step, with one departure, which signkit shares: a point is
missing when it is NaN, not when it lies up and left of the origin, and a missing point is no part
of the ranges and has a code of its own.
"""

import math
import sys
from collections.abc import Callable, Sequence
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from signkit.encode.bins import EvenBins
from signkit.encode.encoder import RelativeEncoder
from signkit.sections import DataConfig, EncoderConfig
from signkit.skeletons import SKELETONS

N_POINTS = 543
LEFT_HAND, RIGHT_HAND, FACE = range(501, 522), range(522, 543), range(33, 501)
ARMS_AND_LEGS = {
    13: 11, 14: 12, 15: 13, 16: 14, 17: 15, 19: 15, 21: 15, 18: 16, 20: 16, 22: 16,
    25: 23, 26: 24, 27: 25, 28: 26, 29: 27, 31: 27, 30: 28, 32: 28,
}  # fmt: skip
Points = NDArray[np.float64]


def main() -> None:
    """Print both speeds and their ratio."""
    n_clips, n_frames = (int(text) for text in (*sys.argv[1:], "6", "100")[:2])
    n_cores = torch.get_num_threads()
    clips = made_clips(n_clips, n_frames)
    batches = [as_held(clip) for clip in clips]
    encoder = make_encoder()
    encoder.fit(batches)
    low, high = check(encoder, clips)
    print(f"{n_clips} clips of {n_frames} frames, {N_POINTS} points: all equal bit by bit")
    loops = best(lambda clip: loop_quantize(loop_offsets(clip), low, high), clips, repeats=1)
    for n_threads in sorted({1, n_cores}):
        torch.set_num_threads(n_threads)
        ours = best(encoder.codes, batches, repeats=40)
        slow, fast = (spent / n_frames * 1e6 for spent in (loops, ours))
        print(
            f"threads {n_threads}: loops {slow:,.0f} us a frame, signkit {fast:,.1f}; "
            f"ratio {slow / fast:,.0f} (wanted at least 300, better 700)"
        )


def best(call: Callable[[Any], object], clips: Sequence[object], *, repeats: int) -> float:
    """Seconds of the fastest call: whatever else the machine does only adds to them.

    One thread is timed by its processor time, several by the clock.
    """
    clock = process_time if torch.get_num_threads() == 1 or repeats == 1 else perf_counter
    spent = []
    for clip in [*clips] * repeats:
        started = clock()
        call(clip)
        spent.append(clock() - started)
    return min(spent)


def check(encoder: RelativeEncoder, clips: list[Points]) -> tuple[Points, Points]:
    """The ranges, where everything is equal bit by bit; else an AssertionError."""
    offsets = [loop_offsets(clip) for clip in clips]
    low, high = loop_range(offsets)
    assert isinstance(encoder.bins, EvenBins)
    assert encoder.bins.low.numpy().tobytes() == low.tobytes()
    assert encoder.bins.high.numpy().tobytes() == high.tobytes()
    for clip, expected in zip(clips, offsets, strict=True):
        batch = as_held(clip)
        found, codes = encoder.measure(batch)[0].numpy(), encoder.codes(batch)[0].numpy()
        assert (np.isnan(found) == np.isnan(expected)).all()
        assert np.nan_to_num(found).tobytes() == np.nan_to_num(expected).tobytes()
        assert codes.tobytes() == loop_quantize(expected, low, high).tobytes()
    return low, high


def loop_offsets(clip: Points) -> Points:
    """Calibrate by the first frame's mid-shoulder, then measure each point from its anchor."""
    clip = clip.copy()
    middle = [(clip[0][11][axis] + clip[0][12][axis]) / 2 for axis in range(3)]
    for frame in clip:
        for point in range(N_POINTS):
            move(frame, point, middle)
        for point in range(N_POINTS - 1, -1, -1):  # what carries others comes after them
            move(frame, point, anchor_of(frame, point))
    return clip


def move(frame: Points, point: int, origin: list[float]) -> None:
    """Measure one point from `origin`; a missing one stays as it is."""
    x, y, d = frame[point][0], frame[point][1], frame[point][2]
    if math.isnan(x):
        return
    frame[point][0] = x - origin[0]
    frame[point][1] = y - origin[1]
    frame[point][2] = d - origin[2]


def anchor_of(frame: Points, point: int) -> list[float]:
    """Where a point is measured from."""
    if point == 0:
        return [(frame[11][axis] + frame[12][axis]) / 2 for axis in range(3)]
    if point in RIGHT_HAND:
        anchor = 16
    elif point in LEFT_HAND:
        anchor = 15
    elif point in FACE or point in range(1, 11):
        anchor = 0
    elif point in ARMS_AND_LEGS:
        anchor = ARMS_AND_LEGS[point]
    else:  # shoulders and hips
        return [0.0, 0.0, 0.0]
    return [frame[anchor][0], frame[anchor][1], frame[anchor][2]]


def loop_range(clips: list[Points]) -> tuple[Points, Points]:
    """(543, 3) smallest and largest value of every feature."""
    low, high = np.full((N_POINTS, 3), np.inf), np.full((N_POINTS, 3), -np.inf)
    for clip in clips:
        for frame in clip:
            for point in range(N_POINTS):
                for axis in range(3):
                    value = frame[point][axis]
                    if value < low[point][axis]:
                        low[point][axis] = value
                    if value > high[point][axis]:
                        high[point][axis] = value
    return low, high


def loop_quantize(clip: Points, low: Points, high: Points) -> NDArray[np.int64]:
    """Normalize by the range, 1e5 times as large, and cut off."""
    codes = np.zeros(clip.shape, np.int64)
    for t, frame in enumerate(clip):
        for point in range(N_POINTS):
            for axis, levels in enumerate(levels_of(point)):
                value = frame[point][axis]
                if math.isnan(value):
                    codes[t][point][axis] = levels + 1
                    continue
                least, most = low[point][axis], high[point][axis]
                share = (value * 1e5 - least * 1e5) / ((most - least) * 1e5 + 1e-5)
                codes[t][point][axis] = int(share * levels)
    return codes


def levels_of(point: int) -> tuple[int, int, int]:
    """The authors' "D5MAX" table."""
    if point in RIGHT_HAND or point in LEFT_HAND or point in range(13, 23):
        return 10, 10, 5
    if point in FACE or point in range(13):
        return 5, 5, 3
    return 1, 1, 1


def make_encoder() -> RelativeEncoder:
    """The preset in double precision, with all points."""
    config = EncoderConfig.model_validate({"preset": "bdslw60"})
    skeleton = SKELETONS["mediapipe-543"]
    return RelativeEncoder(skeleton, config, DataConfig(landmarks="all"), fps=30.0).double()


def as_held(clip: Points) -> torch.Tensor:
    """(1, T, 543, 3) with the memory order of a `PoseSequence`, which comes from its shard."""
    return torch.from_numpy(clip.transpose(2, 1, 0).copy()).permute(2, 1, 0)[None]


def made_clips(n_clips: int, n_frames: int) -> list[Points]:
    """(T, 543, 3) smooth motion in a picture of size 1; hands now and then missing."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 0.005, (n_clips, n_frames, N_POINTS, 3)).cumsum(axis=1)
    clips: Points = rng.uniform(0, 1, (N_POINTS, 3)) + steps
    for hand in (LEFT_HAND, RIGHT_HAND):
        clips[rng.uniform(size=(n_clips, n_frames)) < 0.3, hand.start : hand.stop] = np.nan
    return list(clips)


if __name__ == "__main__":
    main()
