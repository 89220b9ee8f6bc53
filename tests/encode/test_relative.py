import torch

from signkit.encode.relative import decode_truncated, masked_median, round_to_step, truncate

NAN = float("nan")


def test_truncation_gives_the_top_code_only_at_the_very_top():
    low, high, levels = torch.zeros(1, 1), torch.ones(1, 1), torch.full((1, 1), 10)
    offsets = torch.tensor([0.0, 0.099, 0.5, 0.9999, 1.0 + 1e-6, 7.0, -3.0, NAN]).reshape(
        1, -1, 1, 1
    )
    codes = truncate(offsets, low, high, levels).flatten().tolist()
    assert codes == [0, 0, 5, 9, 10, 10, 0, 11]


def test_decoding_codes_and_encoding_again_changes_nothing():
    low, high, levels = torch.full((1, 1), -2.0), torch.full((1, 1), 3.0), torch.full((1, 1), 5)
    offsets = torch.linspace(-2, 3, 101).reshape(1, -1, 1, 1)
    codes = truncate(offsets, low, high, levels)
    decoded = decode_truncated(codes, low, high, levels)
    assert ((offsets - decoded).abs() <= 1.0 + 1e-6).all()  # one bin
    centred = decoded + 0.5 * (codes < levels)  # clear of the bin's edge
    assert (truncate(centred, low, high, levels) == codes).all()


def test_the_missing_code_differs_from_every_place_and_decodes_to_unseen():
    low, high, levels = torch.zeros(1, 1), torch.ones(1, 1), torch.full((1, 1), 3)
    missing = truncate(torch.full((1, 1, 1, 1), NAN), low, high, levels)
    assert missing.item() == 4
    assert decode_truncated(missing, low, high, levels).isnan().all()


def test_steps_are_multiples_of_the_step():
    rounded = round_to_step(torch.tensor([0.024, 0.026, -0.11, NAN]), 0.05)
    torch.testing.assert_close(rounded, torch.tensor([0.0, 0.05, -0.1, NAN]), equal_nan=True)


def test_the_median_leaves_out_what_was_not_seen():
    values = torch.tensor([[5.0, NAN, 1.0, 3.0], [NAN, NAN, NAN, NAN]])[..., None]
    median = masked_median(values)
    assert median[0, 0, 0] == 3.0
    assert median[1, 0, 0].isnan()
