import pytest
import torch

from signkit.encode.bins import (
    Bins,
    EvenBins,
    QuantileBins,
    StepBins,
    merged,
    quantized,
    soft_round,
    straight_through,
)
from signkit.encode.tables import OffsetSample
from signkit.sections import EncoderConfig

NAN = float("nan")
KINDS = ["trunc", "round", "quantile", "step"]


def config_of(**changes: object) -> EncoderConfig:
    return EncoderConfig.model_validate({"levels": 1, **changes})


def sample_of(values: torch.Tensor, *, jitter: float = 0.0) -> OffsetSample:
    """One landmark, one axis, one value a frame."""
    offsets = values.reshape(-1, 1, 1)
    steps = torch.full_like(offsets, jitter)
    return OffsetSample(offsets, steps, offsets.amin(dim=0), offsets.amax(dim=0))


def make_bins(kind: str, n_levels: int, values: torch.Tensor) -> Bins:
    """Bins of one landmark and axis, laid over the whole range of the values."""
    levels = torch.tensor([[n_levels]])
    config = config_of(range="minmax", mode="round" if kind == "step" else kind)
    bins: Bins
    if kind == "step":
        bins = StepBins((1, 1), 0.5)
    elif kind == "quantile":
        bins = QuantileBins(levels, config, torch.tensor([0]))
    else:
        bins = EvenBins(levels, config)
    bins.fit(sample_of(values))
    return bins


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values).reshape(-1, 1, 1)


@pytest.mark.parametrize(
    ("kind", "n_levels", "offsets", "expected"),
    [
        ("trunc", 10, (0.0, 0.099, 0.5, 0.9999), (0, 0, 5, 9)),
        ("trunc", 10, (1.0,), (10,)),  # the very top has a code of its own
        ("trunc", 10, (7.0, -3.0), (10, 0)),  # beyond the range: clipped
        ("round", 5, (0.0, 0.12, 0.13, 0.5, 1.0), (0, 0, 1, 2, 4)),
        ("round", 1, (0.0, 1.0), (0, 0)),
        ("round", 2, (0.4, 0.6), (0, 1)),
        ("quantile", 4, (0.0, 0.24, 0.26, 0.49, 0.51, 0.76, 1.0), (0, 0, 1, 1, 2, 3, 3)),
        ("quantile", 4, (9.0, -9.0), (3, 0)),
        ("quantile", 1, (0.0, 1.0), (0, 0)),
        ("step", 1, (0.24, 0.26, -0.6, 99.9), (0, 1, -1, 200)),
    ],
)
def test_codes_worked_out_by_hand(kind, n_levels, offsets, expected):
    bins = make_bins(kind, n_levels, torch.linspace(0, 1, 1001))
    assert bins.codes(column(*offsets)).flatten().tolist() == list(expected)


def test_an_edge_belongs_to_the_bin_below_as_in_searchsorted():
    values = torch.linspace(0, 1, 9)
    bins = make_bins("quantile", 4, values)
    edges = bins.edges[:, 0, 0]
    assert edges.tolist() == [0.25, 0.5, 0.75]
    expected = torch.searchsorted(edges, values)
    assert bins.codes(values.reshape(-1, 1, 1)).flatten().tolist() == expected.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_unseen_stays_unseen(kind):
    bins = make_bins(kind, 4, torch.linspace(0, 1, 101))
    for found in (bins.codes(column(NAN)), bins.positions(column(NAN)), bins.rounded(column(NAN))):
        assert found.isnan().all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_levels", [1, 2, 3, 5, 10, 20])
def test_a_round_trip_errs_by_half_a_bin_at_most_and_is_idempotent(kind, n_levels):
    generator = torch.Generator().manual_seed(n_levels)
    train = torch.randn(5000, generator=generator)
    bins = make_bins(kind, n_levels, train)
    inside = train.reshape(-1, 1, 1)
    codes, decoded = bins.codes(inside), bins.rounded(inside)
    torch.testing.assert_close(bins.offsets(codes), decoded, atol=1e-5, rtol=1e-5)
    half = 0.25 if kind == "step" else half_widths(bins, codes)
    assert ((inside - decoded).abs() <= half + 1e-5).all()
    assert torch.equal(bins.codes(decoded), codes)


def half_widths(bins: Bins, codes: torch.Tensor) -> torch.Tensor:
    """Half of the bin that each code stands for, but for the very top one, which has no width."""
    if isinstance(bins, QuantileBins):
        bounds = torch.cat([bins.low[None], bins.edges, bins.high[None]]).flatten()
        return (bounds.diff() / 2)[codes.long()]
    n_steps = int(bins.levels) if bins.is_cut_off else max(1, int(bins.levels) - 1)
    return (bins.high - bins.low) / n_steps / 2


def test_bins_of_one_value_decode_to_it():
    for kind in ("trunc", "round", "quantile"):
        bins = make_bins(kind, 5, torch.full((50,), 3.0))
        torch.testing.assert_close(bins.rounded(column(3.0, 8.0)), column(3.0, 3.0))


def test_quantile_bins_are_equally_full():
    train = torch.randn(10_000, generator=torch.Generator().manual_seed(0)) ** 3
    codes = make_bins("quantile", 8, train).codes(train.reshape(-1, 1, 1)).flatten().long()
    assert codes.bincount().tolist() == [1250] * 8


def test_edges_closer_than_a_share_of_the_jitter_are_merged():
    train = torch.linspace(0, 1, 1001)
    levels, config = torch.tensor([[10]]), config_of(mode="quantile", range="minmax", min_bin=0.25)
    bins = QuantileBins(levels, config, torch.tensor([0]))
    bins.fit(sample_of(train, jitter=0.5))  # nothing narrower than 0.125
    assert bins.n_codes.item() == 5
    edges = bins.edges[:, 0, 0]
    torch.testing.assert_close(edges[:4], torch.tensor([0.2, 0.4, 0.6, 0.8]))
    assert edges[4:].isinf().all()
    assert bins.codes(column(0.0, 0.3, 1.0, 5.0)).flatten().tolist() == [0, 1, 4, 4]
    torch.testing.assert_close(bins.rounded(column(0.95)), column(0.9))


@pytest.mark.parametrize(
    ("edges", "narrowest", "kept"),
    [
        ([0.2, 0.5, 0.8], 0.1, [0.2, 0.5, 0.8]),
        ([0.2, 0.25, 0.8], 0.1, [0.2, 0.8]),  # too close to the one before
        ([0.05, 0.5, 0.95], 0.1, [0.5]),  # too close to either end
        ([0.5, 0.5, 0.5], 0.0, [0.5]),  # empty bins
        ([0.0, 1.0], 0.0, []),
    ],
)
def test_merging_leaves_no_narrow_bin(edges, narrowest, kept):
    assert merged(edges, 0.0, 1.0, narrowest=narrowest) == kept


@pytest.mark.parametrize("kind", ["trunc", "round", "quantile", "step"])
def test_soft_quantization_becomes_hard_as_it_cools_and_continuous_as_it_heats(kind):
    train = torch.linspace(0, 4, 4001)
    bins = make_bins(kind, 8, train)
    inside = torch.linspace(0.5, 3.5, 301).reshape(-1, 1, 1) + 0.00123
    soft = {
        t: quantized(inside, bins, config_of(quantization="soft", temperature=t))
        for t in (1e-3, 100.0)
    }
    is_edge = (bins.positions(inside).frac() - 0.5).abs() < 0.02
    torch.testing.assert_close(soft[1e-3][~is_edge], bins.rounded(inside)[~is_edge])
    torch.testing.assert_close(soft[100.0], inside, atol=1e-3, rtol=0)


def test_soft_rounding_is_half_way_at_an_edge_and_exact_at_a_centre():
    positions = torch.tensor([2.0, 2.5, 3.0])
    assert soft_round(positions, temperature=0.2).tolist() == [2.0, 2.5, 3.0]


def test_soft_rounding_rises_everywhere():
    positions = torch.linspace(0, 5, 2001, dtype=torch.float64)
    assert (soft_round(positions, temperature=0.2).diff() >= 0).all()


@pytest.mark.parametrize("output", ["centres", "codes"])
@pytest.mark.parametrize("kind", KINDS)
def test_soft_quantization_is_differentiable(kind, output):
    bins = make_bins(kind, 6, torch.linspace(0, 3, 301))
    offsets = torch.linspace(0.41, 2.63, 12, dtype=torch.float64).reshape(-1, 1, 1).requires_grad_()
    bins = bins.double()
    config = config_of(quantization="soft", temperature=0.5, output=output)
    assert torch.autograd.gradcheck(lambda x: quantized(x, bins, config), offsets)


@pytest.mark.parametrize("kind", KINDS)
def test_straight_through_is_hard_forward_and_the_identity_backward(kind):
    bins = make_bins(kind, 6, torch.linspace(0, 3, 301))
    offsets = column(0.4, 1.3, NAN, 2.2).requires_grad_()
    found = quantized(offsets, bins, config_of(quantization="straight-through"))
    hard = quantized(offsets, bins, config_of())
    torch.testing.assert_close(found, hard, rtol=0, atol=0, equal_nan=True)
    assert not hard.requires_grad
    (gradient,) = torch.autograd.grad(found.nan_to_num().sum(), offsets)
    assert gradient.flatten().tolist() == [1.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("how", ["soft", "straight-through"])
@pytest.mark.parametrize("output", ["centres", "codes"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_unseen_spoils_no_gradient(kind, output, how):
    bins = make_bins(kind, 6, torch.linspace(0, 3, 301))
    offsets = column(0.4, NAN, 2.2).requires_grad_()
    found = quantized(offsets, bins, config_of(quantization=how, output=output))
    (gradient,) = torch.autograd.grad(found.nan_to_num().sum(), offsets)
    assert gradient.isfinite().all()
    assert gradient[1] == 0


def test_straight_through_of_a_constant_is_the_constant():
    hard = torch.tensor([1.0, 2.0])
    assert straight_through(hard, torch.tensor([1.1, 1.9])) is hard


def test_the_authors_formula_decides_the_last_bit():
    """(r 1e5 - low 1e5) / ((high - low) 1e5 + 1e-5): below 1 even for the largest, in float64."""
    bins = make_bins("trunc", 10, torch.tensor([0.0, 0.5, 1.0]))
    assert bins.double().codes(column(1.0).double()).item() == 9.0
    assert bins.float().codes(column(1.0)).item() == 10.0  # 1e-5 is lost beside 1e5
