import numpy as np
import pytest

from signkit.recognize.frames import N_FIRST, frames


def all_glosses(log_probs, least=-np.inf):
    """What a search sees that has found scores of `least`."""
    [frame] = frames(np.array([log_probs], dtype=np.float32))
    return list(frame.glosses(0.0, 0.0, None, [least]))


def test_the_blank_is_no_gloss():
    assert all_glosses([0.0, -3.0, -2.0]) == [(2, -2.0), (1, -3.0)]


@pytest.mark.parametrize("n_ids", [2, 9, N_FIRST, N_FIRST + 1, N_FIRST + 2, 60])
def test_glosses_come_in_the_order_of_a_stable_sort(n_ids):
    rng = np.random.default_rng(n_ids)
    for n_values in (1, 3, 40):  # many are equal, also in the last of the first places
        log_probs = -rng.integers(1, n_values + 1, size=n_ids).astype(np.float32)
        expected = np.argsort(-log_probs[1:], kind="stable") + 1
        assert [gloss_id for gloss_id, _ in all_glosses(log_probs)] == expected.tolist()


def test_later_glosses_come_only_where_they_score_more():
    log_probs = -np.arange(60.0)
    found = all_glosses(log_probs, -30.0)
    assert [gloss_id for gloss_id, _ in found] == list(range(1, 30))
