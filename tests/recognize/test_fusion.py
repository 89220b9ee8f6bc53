import numpy as np
import pytest

from signkit.recognize import fusion
from signkit.recognize.fusion import LEAST, Fusion
from tests.recognize.table_model import TableModel


@pytest.fixture
def asked(monkeypatch):
    """The states of all questions to a `TableModel`."""
    states_of = []
    rows = TableModel.rows

    def count(self, states):
        states_of.extend(states.tolist())
        return rows(self, states)

    monkeypatch.setattr(TableModel, "rows", count)
    return states_of


def test_a_row_is_asked_for_once(asked):
    fused = Fusion(TableModel(5), ["x"] * 5, 1.0)
    for states in ([0, 3], [3, 1], [0, 1, 1]):
        fused.rows(states)
    assert asked == [0, 3, 1]


def test_rows_are_weighted_and_found_by_state_and_gloss():
    model = TableModel(5)
    fused = Fusion(model, ["x"] * 5, 0.5)
    for state, row in zip([4, 0, 4], fused.rows([4, 0, 4]), strict=True):
        expected = 0.5 * model.table[state, :-1].astype(float)
        assert [row.log_prob(i) for i in range(5)] == row.values.tolist() == expected.tolist()
        assert row.most == expected.max()
        assert [row.next_state(i) for i in range(5)] == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(fused.ends([2, 0]), 0.5 * model.table[[2, 0], -1])


def test_rows_that_no_longer_fit_are_forgotten_and_asked_for_again(asked, monkeypatch):
    monkeypatch.setattr(fusion, "BYTES_KEPT", 4 * 5 * 16)
    model = TableModel(5)
    fused = Fusion(model, ["x"] * 5, 1.0)
    for states in ([0, 1, 2], [2, 3], [4, 3], [0]):
        for state, row in zip(states, fused.rows(states), strict=True):
            assert row.log_prob(0) == model.table[state, 0]
    assert asked == [0, 1, 2, 3, 3, 4, 0]


def test_no_probability_is_that_of_arpa_files():
    model = TableModel(2)
    model.table[:] = -np.inf
    fused = Fusion(model, ["x"] * 2, 2.0)
    assert fused.rows([0])[0].log_prob(0) == pytest.approx(2 * LEAST)
    assert fused.ends([0]) == pytest.approx([2 * LEAST])
