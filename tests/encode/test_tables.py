import pytest
import torch

from signkit.encode.tables import sample_offsets, seen_quantiles, still_jitter

NAN = float("nan")


def test_quantiles_leave_out_what_was_not_seen():
    values = torch.tensor([[4.0, NAN], [NAN, NAN], [0.0, NAN], [2.0, NAN]])
    low, middle, high = seen_quantiles(values, [0.0, 0.5, 0.75])
    assert (low[0], middle[0], high[0]) == (0.0, 2.0, 3.0)
    assert low[1] == middle[1] == 0.0  # nothing was seen


def test_quantiles_are_those_of_torch():
    values = torch.randn(501, 3, generator=torch.Generator().manual_seed(0))
    shares = [0.005, 0.1, 0.77]
    torch.testing.assert_close(
        seen_quantiles(values, shares), torch.quantile(values, torch.tensor(shares), dim=0)
    )


def test_a_sample_knows_the_extremes_of_all_frames_and_the_steps_between_neighbours():
    clips = [torch.tensor([0.0, 1.0, NAN, 5.0]), torch.tensor([-2.0, -1.0])]
    batches = [clip.reshape(1, -1, 1, 1) for clip in clips]
    sample = sample_offsets(batches, n_frames=6)
    assert (sample.low.item(), sample.high.item()) == (-2.0, 5.0)
    assert sample.offsets.nansum() == 3.0
    assert sample.steps[~sample.steps.isnan()].tolist() == [1.0, 1.0]


def test_a_sample_of_very_many_frames_is_bounded():
    batches = [torch.zeros(50, 1000, 1, 3)] * 2
    sample = sample_offsets(batches, n_frames=100_000 * 100)
    assert len(sample.offsets) < 15_000


def test_padding_is_no_part_of_a_sample():
    clip = torch.randn(1, 9, 2, 3, generator=torch.Generator().manual_seed(0))
    padded = torch.cat([clip, torch.full((1, 4, 2, 3), NAN)], dim=1)
    for one, other in zip(
        (sample_offsets([clip], n_frames=9), sample_offsets([padded], n_frames=13)),
        (sample_offsets([padded], n_frames=13), sample_offsets([clip], n_frames=9)),
        strict=True,
    ):
        assert torch.equal(one.low, other.low)
        assert torch.equal(one.high, other.high)


def test_jitter_is_what_landmarks_move_while_their_part_is_still():
    generator = torch.Generator().manual_seed(0)
    shaking = 0.1 * torch.randn(400, 21, 2, generator=generator)
    shaking[100:] += torch.randn(300, 1, 2, generator=generator)  # the hand as a whole moves
    expected = 0.1 * 0.6745  # median of the absolute value of a normal number
    assert still_jitter(shaking).tolist() == pytest.approx([expected, expected], rel=0.05)


def test_a_part_that_is_never_seen_has_no_jitter():
    assert still_jitter(torch.full((5, 3, 2), NAN)).tolist() == [0.0, 0.0]


def test_the_frames_of_short_clips_take_turns_in_a_sample():
    """Every third of five clips of five frames: not the first of each, over and over."""
    clip = torch.arange(5.0).reshape(1, 5, 1, 1)
    sample = sample_offsets([clip] * 5, n_frames=12_000_000)
    assert sample.offsets.flatten().tolist() == [0, 3, 1, 4, 2, 0, 3, 1, 4]
    assert len(sample.steps) == 7  # of 20
