import numpy as np

from signkit.recognize.prefixes import Beam, longer_key


def test_sequences_that_differ_have_hashes_that_differ():
    start = Beam.start(1, 1, 0).key[0]
    ids = np.arange(1, 201)
    pairs = longer_key(np.repeat(longer_key(np.repeat(start, 200), ids), 200), np.tile(ids, 200))
    assert len(np.unique(np.concatenate([start, pairs]))) == 40_001


def test_a_beam_starts_with_the_empty_prefix_alone():
    beam = Beam.start(2, 3, 7)
    assert beam.total.tolist() == [[0.0, -np.inf, -np.inf]] * 2
    assert (beam.state == 7).all()
    assert not (beam.parent_key[:, :, None] == beam.key[:, None, :]).any()
