import numpy as np

from signkit.synth.choreography import choreograph, end_row, start_row
from signkit.synth.lexicon import Lexicon, Sign
from tests.synth.stage import CHOREOGRAPHY, N_GLOSSES

LEFT, RIGHT, REST = 0, 1, 0


def choreography_of(**parameters: str):
    sign = Sign("BALO", "flat", "centre", "up", "forward", "one", "neutral")
    return choreograph(Lexicon((Sign(**{**vars(sign), **parameters}),)))


def test_hand_that_takes_no_part_rests():
    moves = choreography_of(hands="one")
    assert (moves.centres[start_row(0), LEFT] == moves.centres[REST, LEFT]).all()
    assert (moves.centres[start_row(0), RIGHT] != moves.centres[REST, RIGHT]).any()


def test_both_hands_are_mirror_images():
    moves = choreography_of(hands="both", movement="out")
    for row in (start_row(0), end_row(0)):
        left, right = moves.centres[row]
        assert np.allclose(left, right * [-1, 1, 1], atol=1e-6)


def test_alternating_hands_go_opposite_ways():
    moves = choreography_of(hands="alternate", movement="up")
    way = moves.centres[end_row(0)] - moves.centres[start_row(0)]
    assert way[RIGHT, 1] < 0 < way[LEFT, 1]


def test_base_hand_stays_below_the_moving_one():
    moves = choreography_of(hands="base", movement="down")
    start, end = moves.centres[start_row(0)], moves.centres[end_row(0)]
    assert (start[LEFT] == end[LEFT]).all()
    assert end[RIGHT, 1] < end[LEFT, 1]


def test_closing_hand_ends_more_bent_than_it_began():
    moves = choreography_of(handshape="five", movement="close")
    bend = moves.fingers[..., 1:].sum(axis=(-1, -2))
    assert bend[end_row(0), RIGHT] > bend[start_row(0), RIGHT] + 2


def test_quaternions_are_units():
    assert CHOREOGRAPHY.turns.shape == (1 + 3 * N_GLOSSES, 2, 4)
    assert np.allclose(np.linalg.norm(CHOREOGRAPHY.turns, axis=-1), 1, atol=1e-6)
