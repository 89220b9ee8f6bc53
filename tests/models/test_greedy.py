from itertools import product

import pytest
import torch

from signkit.models.greedy import greedy_path


def lattice(steps: str) -> torch.Tensor:
    """Log probabilities that prefer the given ids, one digit a step."""
    logits = torch.zeros(len(steps), 4)
    for step, gloss_id in enumerate(steps):
        logits[step, int(gloss_id)] = 5.0
    return logits.log_softmax(dim=-1)


@pytest.mark.parametrize(
    ("steps", "ids"),
    [
        ("101", (1, 1)),  # a blank between: the gloss was signed twice
        ("11", (1,)),  # no blank between: one long gloss
        ("0110220", (1, 2)),
        ("000", ()),
        ("1221", (1, 2, 1)),
        ("30030", (3, 3)),
    ],
)
def test_equal_neighbours_merge_before_blanks_go(steps, ids):
    assert greedy_path(lattice(steps)).ids == ids


def test_steps_say_where_each_gloss_lies():
    assert greedy_path(lattice("0110220")).steps == ((1, 3), (4, 6))


def test_the_score_is_that_of_the_best_of_all_paths():
    torch.manual_seed(0)
    log_probs = torch.randn(4, 3).log_softmax(dim=-1)
    best = max(
        sum(float(log_probs[t, i]) for t, i in enumerate(path))
        for path in product(range(3), repeat=4)
    )
    assert greedy_path(log_probs).score == pytest.approx(best, abs=1e-5)
