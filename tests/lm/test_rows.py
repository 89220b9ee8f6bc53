"""The rows themselves are tested with the model they belong to, in `test_model.py`."""

import numpy as np

from signkit.lm import estimate
from signkit.lm.rows import BoundRows
from tests.lm.backoff import sentences_like_glosses


def test_unknown_glosses_and_repeated_ones_have_columns_of_their_own():
    model = estimate(sentences_like_glosses(100), order=3)
    known = model.id_of("G01")
    rows = BoundRows(
        model.tree,
        model.log_probs,
        model.back_offs,
        np.arange(model.tree.n_nodes),
        np.array([known, -1, known, -1]),
    )
    log_probs, after = rows.rows(np.array([0, 1 + known]))
    assert (log_probs[:, [1, 3]] == -np.inf).all()
    assert (after[:, [1, 3]] == 0).all()
    np.testing.assert_array_equal(log_probs[:, 0], log_probs[:, 2])
    np.testing.assert_allclose(
        log_probs[:, 0], model.step(np.array([0, 1 + known]), np.array([known, known]))[0]
    )
