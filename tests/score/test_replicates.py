import numpy as np
import pytest

from signkit.score.replicates import _poisson, resampled_sums


def rows_of(n: int, rate: float = 0.3, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n_ref = rng.integers(1, 10, n)
    return np.stack([rng.binomial(n_ref, rate), n_ref], axis=1)


@pytest.mark.parametrize("n", [5, 60, 1000])  # few units are drawn one by one, many by cells
def test_sums_have_the_moments_of_drawing_with_replacement(n: int) -> None:
    rows = rows_of(n)
    sums = resampled_sums(rows, draws=40_000, seed=1)
    sd = rows.std(axis=0) * np.sqrt(n)
    assert np.abs(sums.mean(axis=0) - rows.sum(axis=0)).max() < 5 * sd.max() / np.sqrt(40_000)
    np.testing.assert_allclose(sums.std(axis=0), sd, rtol=0.02)
    found, expected = np.corrcoef(sums.T)[0, 1], np.corrcoef(rows.T)[0, 1]
    assert found == pytest.approx(expected, abs=0.02)


def test_every_draw_has_as_many_units_as_there_are() -> None:
    rows = np.stack([np.arange(300) % 2, np.ones(300, dtype=np.int64)], axis=1)
    sums = resampled_sums(rows, draws=2000, seed=0)
    assert sums.shape == (2000, 2)
    assert (sums[:, 1] == 300).all()


def test_the_distribution_is_the_binomial_one() -> None:
    """Two cells: how often the first is drawn is known exactly."""
    from scipy.stats import binom, kstest

    rows = np.stack([np.arange(400) < 100, np.ones(400)], axis=1).astype(np.int64)
    errors = resampled_sums(rows, draws=20_000, seed=3)[:, 0]
    shifted = errors + np.random.default_rng(0).uniform(-1, 0, len(errors))  # continuous

    def cdf(x: np.ndarray) -> np.ndarray:
        below = np.floor(x)
        return binom.cdf(below, 400, 0.25) + (x - below) * binom.pmf(below + 1, 400, 0.25)

    assert kstest(shifted, cdf).pvalue > 0.001


def test_order_does_not_matter_and_the_seed_does() -> None:
    rows = rows_of(500)
    one = resampled_sums(rows, draws=100, seed=1)
    np.testing.assert_array_equal(one, resampled_sums(rows[::-1], draws=100, seed=1))
    assert (one != resampled_sums(rows, draws=100, seed=2)).any()


@pytest.mark.parametrize("mean", [0.0, 0.01, 1.0, 40.0, 3000.0])
def test_poisson_numbers_have_their_mean_and_variance(mean: float) -> None:
    out = np.empty(50_000)
    _poisson(mean, out, np.random.default_rng(0))
    error = 5 * np.sqrt(max(mean, 1e-9) / len(out))
    assert out.mean() == pytest.approx(mean, abs=error)
    assert out.var() == pytest.approx(mean, rel=0.05, abs=error)
    assert (out >= 0).all()
    assert (out == np.round(out)).all()
