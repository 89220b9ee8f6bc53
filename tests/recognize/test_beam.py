import numpy as np
import pytest

from signkit.recognize.beam import beam_search
from signkit.recognize.fusion import Fusion
from tests.recognize.reference import (
    all_sequences,
    flat_lattice,
    matrix_beam,
    normalized,
    peaky_lattice,
    reference_beam,
)
from tests.recognize.table_model import TableModel

UNBOUNDED = 2000


def search(lattice, **options):
    """The beam of one clip."""
    width = options.get("beam", 10)
    [found] = beam_search(lattice[None], [len(lattice)], n_best=width, **{"beam": 10, **options})
    return found


def assert_same(found, expected, *, tolerance):
    assert [glosses for glosses, _ in found] == [glosses for glosses, _ in expected]
    scores = [score for _, score in expected]
    assert [score for _, score in found] == pytest.approx(scores, rel=0, abs=tolerance)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("n_ids", [2, 3, 4])
def test_an_unbounded_beam_finds_every_sequence_with_its_exact_probability(n_ids, seed):
    rng = np.random.default_rng(seed)
    lattice = normalized(rng.normal(0, 2, size=(1 + seed % 6, n_ids)))
    found = search(lattice, beam=UNBOUNDED)
    assert_same(found, all_sequences(lattice), tolerance=1e-9)
    assert np.exp([score for _, score in found]).sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("n_ids", [2, 3, 4])
def test_so_it_does_with_language_model_and_bonus(n_ids, seed):
    lattice = normalized(np.random.default_rng(seed).normal(0, 2, size=(1 + seed % 6, n_ids)))
    model = TableModel(n_ids - 1, seed=seed)
    fusion = Fusion(model, ["x"] * (n_ids - 1), 0.7)
    found = search(lattice, beam=UNBOUNDED, fusion=fusion, length_bonus=0.4)
    exact = all_sequences(lattice, lambda ids: 0.7 * model.log_prob(ids) + 0.4 * len(ids))
    assert_same(found, exact, tolerance=1e-5)


@pytest.mark.parametrize("make", [peaky_lattice, flat_lattice])
@pytest.mark.parametrize("beam", [1, 2, 3, 10, 25])
@pytest.mark.parametrize("n_ids", [2, 3, 6, 40])
def test_a_small_beam_is_that_of_the_plain_search(make, beam, n_ids):
    lattice = make(np.random.default_rng(beam), 40, n_ids)
    expected = reference_beam(lattice, beam=beam)
    assert_same(search(lattice, beam=beam), expected, tolerance=1e-9)


@pytest.mark.parametrize("make", [peaky_lattice, flat_lattice])
def test_the_beam_over_a_large_vocabulary_is_that_of_the_plain_search(make):
    lattice = make(np.random.default_rng(0), 16, 1101)
    assert_same(search(lattice), reference_beam(lattice, beam=10), tolerance=1e-9)


@pytest.mark.parametrize("make", [peaky_lattice, flat_lattice])
@pytest.mark.parametrize("n_steps", [64, 128, 256])
def test_the_beam_over_long_clips_is_that_of_a_search_with_every_gloss(make, n_steps):
    """`benchmarks/beam.py` compares the same with the plain search, which takes minutes."""
    lattice = make(np.random.default_rng(n_steps), n_steps, 1101)
    assert_same(search(lattice), matrix_beam(lattice, beam=10), tolerance=1e-9)


@pytest.mark.parametrize("make", [peaky_lattice, flat_lattice])
def test_the_search_with_every_gloss_is_the_plain_one(make):
    for n_ids, beam in ((3, 4), (12, 1), (12, 10), (150, 10)):
        lattice = make(np.random.default_rng(beam), 30, n_ids)
        expected = reference_beam(lattice, beam=beam)
        assert_same(matrix_beam(lattice, beam=beam), expected, tolerance=1e-9)


@pytest.mark.parametrize("make", [peaky_lattice, flat_lattice])
@pytest.mark.parametrize(("weight", "bonus"), [(0.3, 0.0), (1.5, 2.0), (0.0, -1.0)])
def test_with_a_language_model_no_gloss_is_overlooked(make, weight, bonus):
    lattice = make(np.random.default_rng(3), 24, 201)
    model = TableModel(200, spread=3.0)
    fusion = Fusion(model, ["x"] * 200, weight) if weight else None
    rows, end = model.weighted(weight)
    expected = reference_beam(lattice, beam=10, length_bonus=bonus, lm=rows, lm_end=end)
    found = search(lattice, length_bonus=bonus, fusion=fusion)
    assert_same(found, expected, tolerance=1e-4)


def test_a_prefix_that_left_the_beam_and_comes_back_is_still_the_parent_of_its_child():
    seeds_with_return = 0
    for seed in range(40):
        lattice = normalized(np.random.default_rng(seed).normal(0, 2.5, size=(14, 3)))
        for beam in (2, 3, 4):
            assert_same(
                search(lattice, beam=beam), reference_beam(lattice, beam=beam), tolerance=1e-9
            )
            seeds_with_return += _returns(lattice, beam)
    assert seeds_with_return > 5  # else this test would say nothing


def _returns(lattice, beam):
    """Whether some prefix is in the beam, then not, then again."""
    seen, gone = set(), set()
    for step in range(1, len(lattice) + 1):
        here = {glosses for glosses, _ in reference_beam(lattice[:step], beam=beam)}
        if here & gone:
            return True
        gone |= seen - here
        seen |= here
    return False


@pytest.mark.parametrize("beam", [1, 3, 10])
def test_of_equal_prefixes_the_kept_one_the_better_parent_and_the_lower_id_win(beam):
    lattice = np.full((5, 6), np.log(1 / 6), dtype=np.float32)
    assert_same(search(lattice, beam=beam), reference_beam(lattice, beam=beam), tolerance=1e-9)
    one_step = [glosses for glosses, _ in search(lattice[:1], beam=4)]
    assert one_step == [(), (1,), (2,), (3,)]


def test_clips_of_many_lengths_are_decoded_as_if_alone():
    rng = np.random.default_rng(0)
    lengths = [40, 31, 31, 8, 1, 0]
    lattices = np.stack([peaky_lattice(rng, 40, 30) for _ in lengths])
    together = beam_search(lattices, lengths, beam=7, n_best=7)
    for lattice, length, found in zip(lattices, lengths, together, strict=True):
        alone = search(lattice[:length], beam=7) if length else [((), 0.0)]
        assert found == alone


def test_a_larger_beam_finds_nothing_worse_in_a_realistic_lattice():
    rng = np.random.default_rng(1)
    for _ in range(10):
        lattice = peaky_lattice(rng, 48, 50)
        best = [search(lattice, beam=beam)[0][1] for beam in (1, 4, 16, 100)]
        assert best == sorted(best)


def test_ids_of_no_probability_are_never_found():
    lattice = flat_lattice(np.random.default_rng(0), 20, 12)
    lattice[:, 5:] = -np.inf
    lattice[3, 1:] = -np.inf
    found = search(lattice)
    assert_same(found, reference_beam(lattice, beam=10), tolerance=1e-9)
    assert max(i for glosses, _ in found for i in glosses) <= 4
