from itertools import groupby, product

import numpy as np
import pytest

from signkit.recognize.align import align
from tests.recognize.reference import normalized


def best_path(lattice, ids):
    """The best of all paths that spell the ids, by looking at every one."""
    paths = [
        path
        for path in product(range(lattice.shape[1]), repeat=len(lattice))
        if tuple(i for i, _ in groupby(path) if i) == ids
    ]
    return max(paths, key=lambda path: sum(lattice[t, i] for t, i in enumerate(path)))


def runs_of(path):
    runs, step = [], 0
    for gloss_id, same in groupby(path):
        n = len(list(same))
        if gloss_id:
            runs.append((step, step + n))
        step += n
    return tuple(runs)


@pytest.mark.parametrize("ids", [(), (1,), (2, 1), (1, 1), (2, 2, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_steps_are_those_of_the_best_of_all_paths(ids, seed):
    lattice = normalized(np.random.default_rng(seed).normal(0, 2, size=(6, 3)))
    assert align(lattice[None], [6], [ids]) == [runs_of(best_path(lattice, ids))]


def test_clips_of_many_lengths_are_aligned_as_if_alone():
    rng = np.random.default_rng(0)
    lattices = normalized(rng.normal(size=(4, 9, 5)))
    lengths, sequences = [9, 6, 6, 0], [(1, 2, 3), (4,), (), ()]
    together = align(lattices, lengths, sequences)
    for lattice, length, ids, steps in zip(lattices, lengths, sequences, together, strict=True):
        assert align(lattice[None, :length], [length], [ids]) == [steps]
        assert len(steps) == len(ids)


def test_a_sequence_that_just_fits_takes_a_step_each():
    lattice = normalized(np.random.default_rng(0).normal(size=(5, 4)))
    assert align(lattice[None], [5], [(2, 2, 3, 1)]) == [((0, 1), (2, 3), (3, 4), (4, 5))]
