import pytest
import torch

from signkit.models.heads import Logits
from signkit.sections import TrainConfig
from signkit.skeletons import SKELETONS
from signkit.train.losses import consistency_loss, recognition_loss
from tests.tensors import as_batch, random_clips


def two_views(first: torch.Tensor, second: torch.Tensor, lengths: list[int]) -> Logits:
    return Logits(torch.cat([first, second]), torch.tensor(lengths * 2))


def test_views_that_agree_cost_nothing_and_views_that_differ_something():
    torch.manual_seed(0)
    view = torch.randn(2, 6, 4)
    assert consistency_loss(two_views(view, view, [6, 6])).item() == pytest.approx(0.0, abs=1e-6)
    assert consistency_loss(two_views(view, view.flip(-1), [6, 6])) > 0.1


def test_padding_does_not_count_as_disagreement():
    torch.manual_seed(0)
    view, other = torch.randn(1, 6, 4), torch.randn(1, 6, 4)
    mixed = torch.cat([view[:, :4], other[:, 4:]], dim=1)
    assert consistency_loss(two_views(view, mixed, [4])).item() == pytest.approx(0.0, abs=1e-6)


def test_the_divergence_is_that_of_the_textbook():
    p, q = torch.tensor([0.75, 0.25]), torch.tensor([0.5, 0.5])
    by_hand = sum(a * (a / b).log() for a, b in zip(p, q, strict=True))
    by_hand += sum(a * (a / b).log() for a, b in zip(q, p, strict=True))
    loss = consistency_loss(two_views(p.log()[None, None], q.log()[None, None], [1]))
    assert loss.item() == pytest.approx(by_hand.item(), abs=1e-6)


def test_ctc_sums_over_exactly_the_paths_of_the_target():
    """Two steps, target A: the paths are A A, A blank, blank A."""
    probs = torch.tensor([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1]])
    by_hand = -torch.log(torch.tensor(0.3 * 0.4 + 0.3 * 0.5 + 0.6 * 0.4))
    batch = as_batch(random_clips(SKELETONS["mediapipe-75"], n_clips=1), torch.tensor([[1]]))
    logits = Logits(probs.log()[None], torch.tensor([2]))
    loss = recognition_loss(logits, batch, task="continuous", config=TrainConfig())
    assert loss.item() == pytest.approx(by_hand.item(), abs=1e-5)
