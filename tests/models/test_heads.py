import pytest
import torch

from signkit.models.heads import CosineClassifier, CTCHead, PooledHead

HEADS = (CTCHead, PooledHead)


def test_the_cosine_classifier_counts_directions_only():
    torch.manual_seed(0)
    classify = CosineClassifier(4, 3)
    x = torch.randn(2, 5, 4)
    logits = classify(x)
    torch.testing.assert_close(classify(100 * x), logits)
    with torch.no_grad():
        classify.weight.mul_(torch.tensor([[3.0], [0.1], [1.0]]))
    torch.testing.assert_close(classify(x), logits)


def test_a_feature_that_points_to_a_gloss_has_32():
    classify = CosineClassifier(2, 2)
    with torch.no_grad():
        classify.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 5.0]]))
    logits = classify(torch.tensor([[7.0, 0.0], [-1.0, 0.0], [1.0, 1.0]]))
    half = 32 / 2**0.5
    torch.testing.assert_close(logits, torch.tensor([[32.0, 0.0], [-32.0, 0.0], [half, half]]))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("classifier", ["linear", "cosine"])
def test_a_head_names_its_classifier_and_each_row_is_an_id(head, classifier):
    state = head(8, 5, 0.0, classifier=classifier).state_dict()
    assert len(state["classifier.weight"]) == 5
    assert ("classifier.bias" in state) is (classifier == "linear")


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("classifier", ["linear", "cosine"])
def test_padding_changes_nothing(head, classifier):
    torch.manual_seed(0)
    module = head(8, 5, 0.3, classifier=classifier).eval()
    x = torch.randn(1, 4, 8)
    longer = torch.cat([x, torch.randn(1, 3, 8)], dim=1)
    alone = module(x, torch.ones(1, 4, dtype=torch.bool))
    padded = module(longer, torch.arange(7)[None] < 4)
    assert padded.lengths.tolist() == alone.lengths.tolist()
    torch.testing.assert_close(padded.values[:, : alone.values.shape[1]], alone.values)


def test_the_cosine_classifier_learns():
    torch.manual_seed(0)
    head = CTCHead(8, 3, 0.0, classifier="cosine")
    x, ids = torch.randn(6, 1, 8), torch.tensor([0, 1, 2, 0, 1, 2])
    optimizer = torch.optim.SGD(head.parameters(), lr=0.05)
    for _ in range(60):
        logits = head(x, torch.ones(6, 1, dtype=torch.bool)).values[:, 0]
        torch.nn.functional.cross_entropy(logits, ids).backward()
        optimizer.step()
        optimizer.zero_grad()
    assert (logits.argmax(dim=-1) == ids).all()
