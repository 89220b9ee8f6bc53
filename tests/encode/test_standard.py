import torch

from signkit.encode.standard import LARGEST, Standardizer

NAN = float("nan")


def test_train_features_get_mean_zero_and_deviation_one():
    generator = torch.Generator().manual_seed(0)
    batches = [5 + 3 * torch.randn(2, 50, 4, generator=generator) for _ in range(3)]
    batches[0][0, :, 1] = NAN
    standard = Standardizer(4)
    standard.fit(batches)
    found = standard(torch.cat(batches)).flatten(0, 1)
    torch.testing.assert_close(found.nanmean(dim=0), torch.zeros(4), atol=1e-5, rtol=0)
    variance = (found.square().nansum(dim=0)) / (~found.isnan()).sum(dim=0)
    torch.testing.assert_close(variance, torch.ones(4), atol=1e-4, rtol=0)


def test_one_wild_value_is_cut_off():
    standard = Standardizer(1)
    assert standard(torch.tensor([[[1e9]], [[-1e9]]])).flatten().tolist() == [LARGEST, -LARGEST]


def test_a_feature_never_seen_or_never_changing_stays_finite():
    standard = Standardizer(2)
    standard.fit([torch.tensor([[[NAN, 4.0], [NAN, 4.0]]])])
    assert standard(torch.tensor([[[7.0, 4.0]]])).isfinite().all()
    assert standard.std[0] == 1.0


def test_codes_are_spread_from_minus_one_to_one_with_the_missing_one_beyond():
    standard = Standardizer(3)
    n_codes = torch.tensor([5.0, 1.0, 0.0])
    standard.spread_codes(n_codes)
    codes = torch.tensor([[[0.0, 0.0, 2.5], [2.0, 0.0, 0.0], [4.0, 0.0, 0.0]]])
    assert standard(codes)[0, :, 0].tolist() == [-1.0, 0.0, 1.0]
    assert standard.missing(n_codes).tolist() == [1.5, 2.0, 0.0]


def test_the_missing_code_of_codes_without_end_lies_beyond_every_other():
    standard = Standardizer(1)
    standard.fit([torch.randn(2, 30, 1)])
    n_codes = torch.tensor([torch.inf])
    standard.spread_codes(n_codes)
    assert standard.missing(n_codes).item() == LARGEST + 1
