import itertools
import math

import pytest
import torch
from torch import Tensor

from signkit.batch import Batch
from signkit.models.heads import Logits
from signkit.sections import TrainConfig
from signkit.train.losses import (
    consistency_loss,
    distillation_loss,
    pooled_loss,
    recognition_loss,
    too_short,
)

CONFIG = TrainConfig()


def of_targets(*targets: list[int], n_frames: int = 8) -> Batch:
    """A batch of clips without landmarks: losses look at targets only."""
    longest = max(len(target) for target in targets)
    return Batch(
        coords=torch.zeros(len(targets), n_frames, 1, 2),
        lengths=torch.full((len(targets),), n_frames),
        fps=25.0,
        targets=torch.tensor([target + [0] * (longest - len(target)) for target in targets]),
        target_lengths=torch.tensor([len(target) for target in targets]),
        clip_ids=tuple(f"clip-{i}" for i in range(len(targets))),
    )


def random_logits(n_clips: int, n_steps: int, n_ids: int, lengths: list[int]) -> Logits:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(n_clips, n_steps, n_ids, generator=generator, requires_grad=True)
    return Logits(values, torch.tensor(lengths))


def collapsed(path: tuple[int, ...]) -> list[int]:
    return [i for i, _ in itertools.groupby(path) if i]


def by_all_paths(values: Tensor, target: list[int]) -> Tensor:
    """CTC from its definition: minus the log of the probability of all paths of the target."""
    log_probs = values.log_softmax(dim=-1)
    n_steps, n_ids = log_probs.shape
    paths = itertools.product(range(n_ids), repeat=n_steps)
    scores = [log_probs[range(n_steps), path].sum() for path in paths if collapsed(path) == target]
    return -torch.logsumexp(torch.stack(scores), dim=0)


@pytest.mark.parametrize("target", [[1], [1, 2], [2, 1], [1, 1], [2, 2]])
def test_ctc_sums_over_exactly_the_paths_of_the_target(target):
    logits = random_logits(1, 4, 3, [4])
    loss = recognition_loss(logits, of_targets(target), task="continuous", config=CONFIG)
    expected = by_all_paths(logits.values[0], target) / len(target)
    torch.testing.assert_close(loss, expected)
    [gradient] = torch.autograd.grad(loss, logits.values, retain_graph=True)
    [by_hand] = torch.autograd.grad(expected, logits.values)
    torch.testing.assert_close(gradient, by_hand)


def test_clips_of_a_batch_count_alike_and_their_padding_not_at_all():
    logits = random_logits(2, 4, 3, [4, 2])
    loss = recognition_loss(logits, of_targets([1, 2], [2]), task="continuous", config=CONFIG)
    first = by_all_paths(logits.values[0], [1, 2]) / 2
    torch.testing.assert_close(loss, (first + by_all_paths(logits.values[1, :2], [2])) / 2)


@pytest.mark.parametrize(
    ("target", "n_steps", "is_short"),
    [
        ([1], 1, False),
        ([1, 2], 1, True),
        ([1, 1], 2, True),
        ([1, 1], 3, False),
        ([2, 1, 1], 3, True),
    ],
)
def test_a_clip_with_too_few_steps_is_named_and_its_loss_is_infinite_not_zero(
    target, n_steps, is_short
):
    logits = random_logits(2, 6, 3, [n_steps, 6])
    batch = of_targets(target, [1, 2, 2])
    loss = recognition_loss(logits, batch, task="continuous", config=CONFIG)
    assert bool(loss.isinf()) == is_short
    assert too_short(logits, batch) == (("clip-0",) if is_short else ())


@pytest.mark.parametrize("task", ["isolated", "continuous"])
def test_losses_of_half_precision_logits_are_computed_in_single_precision(task):
    values = 20 * torch.randn(2, 1, 5, generator=torch.Generator().manual_seed(1))
    halved = Logits(values.bfloat16(), torch.tensor([1, 1]))
    same = Logits(values.bfloat16().float(), halved.lengths)
    losses = [
        recognition_loss(logits, of_targets([1], [3]), task=task, config=CONFIG)
        for logits in (halved, same)
    ]
    assert losses[0].dtype == torch.float32
    assert torch.equal(*losses)


def test_smoothed_cross_entropy_shares_out_a_part_of_the_target():
    config = TrainConfig(label_smoothing=0.3)
    values = torch.tensor([0.7, 0.2, 0.1]).log()
    logits = Logits(values[None, None], torch.tensor([1]))
    loss = recognition_loss(logits, of_targets([1]), task="isolated", config=config)
    by_hand = -(0.8 * math.log(0.2) + 0.1 * math.log(0.7) + 0.1 * math.log(0.1))
    assert loss.item() == pytest.approx(by_hand, abs=1e-6)


def test_smoothed_ctc_pays_for_the_divergence_of_its_steps_from_uniform_ones():
    probs = torch.tensor([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.9, 0.05, 0.05]])
    logits = Logits(probs.log()[None], torch.tensor([2]))
    batch = of_targets([1])
    plain = recognition_loss(logits, batch, task="continuous", config=CONFIG)
    config = TrainConfig(ctc_smoothing=0.2)
    smoothed = recognition_loss(logits, batch, task="continuous", config=config)
    divergence = sum(p * math.log(3 * p) for p in (0.6, 0.3, 0.1, 0.5, 0.4, 0.1))
    assert plain.item() == pytest.approx(-math.log(0.3 * 0.4 + 0.3 * 0.5 + 0.6 * 0.4), abs=1e-5)
    assert smoothed.item() == pytest.approx(0.8 * plain.item() + 0.2 * divergence, abs=1e-5)


def two_views(first: Tensor, second: Tensor, lengths: list[int]) -> Logits:
    return Logits(torch.cat([first, second]), torch.tensor(lengths * 2))


def test_views_that_agree_cost_nothing_and_views_that_differ_something():
    torch.manual_seed(0)
    view = torch.randn(2, 6, 4)
    batch = of_targets(*[[1, 2]] * 4)
    agreeing = consistency_loss(two_views(view, view, [6, 6]), batch)
    assert agreeing.item() == pytest.approx(0.0, abs=1e-6)
    assert consistency_loss(two_views(view, view.flip(-1), [6, 6]), batch) > 0.1


def test_padding_does_not_count_as_disagreement():
    torch.manual_seed(0)
    view, other = torch.randn(1, 6, 4), torch.randn(1, 6, 4)
    mixed = torch.cat([view[:, :4], other[:, 4:]], dim=1)
    loss = consistency_loss(two_views(view, mixed, [4]), of_targets([1], [1]))
    assert loss.item() == pytest.approx(0.0, abs=1e-6)


def test_consistency_is_half_the_divergence_both_ways_for_each_gloss():
    p, q = torch.tensor([0.75, 0.25]), torch.tensor([0.5, 0.5])
    by_hand = sum(a * (a / b).log() for a, b in zip(p, q, strict=True))
    by_hand += sum(a * (a / b).log() for a, b in zip(q, p, strict=True))
    logits = two_views(p.log().expand(1, 3, 2), q.log().expand(1, 3, 2), [3])
    assert consistency_loss(logits, of_targets([1], [1])).item() == pytest.approx(1.5 * by_hand)
    longer = consistency_loss(logits, of_targets([1, 1], [1, 1]))
    assert longer.item() == pytest.approx(1.5 * by_hand / 2)


def test_each_view_learns_from_the_other_as_if_that_one_were_fixed():
    logits = random_logits(2, 3, 4, [3, 3])
    consistency_loss(logits, of_targets([1], [1])).backward()
    first, second = logits.values.detach().softmax(dim=-1)
    torch.testing.assert_close(
        logits.values.grad, torch.stack([first - second, second - first]) / 2
    )


def test_a_teacher_that_is_the_student_costs_nothing_and_moves_nothing():
    logits = random_logits(2, 3, 4, [3, 2])
    own = (logits.values.detach() / 2).softmax(dim=-1)
    loss = distillation_loss(logits, of_targets([1, 2], [3]), own, temperature=2.0)
    loss.backward()
    assert loss.item() == pytest.approx(0.0, abs=1e-6)
    assert logits.values.grad.abs().max() < 1e-6


def test_distillation_pulls_towards_the_teacher_at_its_temperature_and_leaves_it_alone():
    logits = random_logits(1, 2, 3, [1])
    teacher = torch.tensor([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0]], requires_grad=True)
    loss = distillation_loss(logits, of_targets([1]), teacher[None], temperature=2.0)
    loss.backward()
    soft = (logits.values.detach()[0, 0] / 2).softmax(dim=-1)
    by_hand = 4 * (0.25 * math.log(0.25 / soft[1]) + 0.75 * math.log(0.75 / soft[2]))
    assert loss.item() == pytest.approx(by_hand, abs=1e-5)
    torch.testing.assert_close(logits.values.grad[0, 0], 2 * (soft - teacher[0].detach()))
    assert not logits.values.grad[0, 1].any()  # padding
    assert teacher.grad is None


def test_the_pooled_decision_is_asked_for_on_clips_of_one_gloss_only():
    logits = random_logits(3, 1, 3, [1, 1, 1])
    batch = of_targets([2], [1, 3], [3])
    config = TrainConfig(label_smoothing=0.0)
    loss = pooled_loss(logits, batch, config=config)
    loss.backward()
    log_probs = logits.values.detach()[:, 0].log_softmax(dim=-1)
    torch.testing.assert_close(loss.detach(), -(log_probs[0, 1] + log_probs[2, 2]) / 3)
    assert logits.values.grad[0].any()
    assert not logits.values.grad[1].any()
