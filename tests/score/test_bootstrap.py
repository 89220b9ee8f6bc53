import numpy as np
import pytest

from signkit.score import bootstrap_interval


def clips(rate: float, n_clips: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n_ref = rng.integers(1, 12, n_clips)
    return rng.binomial(n_ref, rate), n_ref


def test_the_same_seed_gives_the_same_interval() -> None:
    errors, n_ref = clips(0.3, 200, np.random.default_rng(0))
    one = bootstrap_interval(errors, n_ref, seed=1)
    assert one == bootstrap_interval(errors, n_ref, seed=1)
    assert one != bootstrap_interval(errors, n_ref, seed=2)


def test_the_order_of_the_clips_does_not_matter() -> None:
    errors, n_ref = clips(0.3, 200, np.random.default_rng(0))
    assert bootstrap_interval(errors, n_ref) == bootstrap_interval(errors[::-1], n_ref[::-1])


def test_drawing_cells_is_drawing_clips() -> None:
    """Against the textbook bootstrap, which draws clips with replacement."""
    errors, n_ref = clips(0.3, 100, np.random.default_rng(0))
    chosen = np.random.default_rng(1).integers(0, 100, (20_000, 100))
    rates = errors[chosen].sum(axis=1) / n_ref[chosen].sum(axis=1)
    found = bootstrap_interval(errors, n_ref, draws=20_000)
    assert found == pytest.approx(tuple(np.quantile(rates, [0.025, 0.975])), abs=0.003)


def test_an_interval_holds_the_rate_and_shrinks_with_more_clips() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for n_clips in (50, 5000):
        errors, n_ref = clips(0.3, n_clips, rng)
        low, high = bootstrap_interval(errors, n_ref) or (0, 0)
        assert low < errors.sum() / n_ref.sum() < high
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.3)


def coverage(n_runs: int, n_in_cluster: int) -> float:
    """How often the interval of 200 units holds the true rate (0.948 in 1,000 runs of others)."""
    rng = np.random.default_rng(1)
    inside = 0
    for seed in range(n_runs):
        rate = np.repeat(rng.beta(3, 7, 200), n_in_cluster)  # of mean 0.3, one for each cluster
        n_ref = rng.integers(1, 12, len(rate))
        errors = rng.binomial(n_ref, rate)
        clusters = [str(i // n_in_cluster) for i in range(len(rate))]
        interval = bootstrap_interval(errors, n_ref, clusters=clusters, draws=1000, seed=seed)
        low, high = interval or (0, 0)
        inside += low <= 0.3 <= high
    return inside / n_runs


@pytest.mark.parametrize("n_in_cluster", [1, 5])
def test_the_true_rate_is_inside_about_95_times_in_100(n_in_cluster: int) -> None:
    assert 0.9 <= coverage(150, n_in_cluster) <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("n_in_cluster", [1, 5])
def test_the_true_rate_is_inside_95_times_in_100_give_or_take_2(n_in_cluster: int) -> None:
    assert 0.93 <= coverage(500, n_in_cluster) <= 0.97


def test_an_interval_that_takes_clips_for_independent_is_too_narrow() -> None:
    """The claim above can fail: without clusters the coverage is far from 95 %."""
    rng = np.random.default_rng(0)
    inside = 0
    for seed in range(100):
        rate = np.repeat(rng.beta(3, 7, 40), 20)
        n_ref = np.full(800, 6)
        errors = rng.binomial(n_ref, rate)
        low, high = bootstrap_interval(errors, n_ref, draws=200, seed=seed) or (0, 0)
        inside += low <= 0.3 <= high
    assert inside / 100 < 0.75


def test_clusters_widen_the_interval_when_their_errors_go_together() -> None:
    rng = np.random.default_rng(0)
    signers = [f"signer-{i % 12}" for i in range(240)]
    rate = np.repeat(rng.uniform(0, 0.6, 12)[None], 20, axis=0).ravel()
    n_ref = np.full(240, 8)
    errors = rng.binomial(n_ref, rate)
    naive = bootstrap_interval(errors, n_ref) or (0, 0)
    clustered = bootstrap_interval(errors, n_ref, clusters=signers) or (0, 0)
    assert clustered[1] - clustered[0] > 1.5 * (naive[1] - naive[0])


def test_clusters_of_one_clip_are_clips() -> None:
    errors, n_ref = clips(0.3, 50, np.random.default_rng(0))
    each = [str(i) for i in range(50)]
    assert bootstrap_interval(errors, n_ref, clusters=each) == bootstrap_interval(errors, n_ref)


@pytest.mark.parametrize(
    ("errors", "n_ref", "interval"),
    [
        ([1], [3], None),  # one clip says nothing about other clips
        ([2, 1], [0, 0], None),
        ([0, 0, 0], [4, 2, 3], (0.0, 0.0)),
        ([4, 2, 3], [4, 2, 3], (1.0, 1.0)),
    ],
)
def test_edges(errors: list[int], n_ref: list[int], interval: tuple[float, float] | None) -> None:
    assert bootstrap_interval(np.array(errors), np.array(n_ref)) == interval


def test_one_cluster_has_no_interval() -> None:
    assert bootstrap_interval(np.array([1, 2]), np.array([3, 3]), clusters=["a", "a"]) is None
