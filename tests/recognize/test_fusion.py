import numpy as np
import pytest

from signkit.recognize import fusion
from signkit.recognize.fusion import LEAST, Fusion
from tests.recognize.table_model import TableModel


def test_a_row_is_asked_for_once(monkeypatch):
    asked = []
    monkeypatch.setattr(
        TableModel, "rows", lambda self, states: asked.extend(states) or _rows(self, states)
    )
    fused = Fusion(TableModel(5), ["x"] * 5, 1.0)
    for states in ([[0, 3]], [[3, 1]], [[0, 1]]):
        fused.places(np.array(states))
    assert sorted(asked) == [0, 1, 3]


_rows = TableModel.rows


def test_rows_are_weighted_and_found_by_state_and_id():
    model = TableModel(5)
    fused = Fusion(model, ["x"] * 5, 0.5)
    states, ids = np.array([[4, 0], [2, 4]]), np.array([[1, 2], [5, 1]])
    places = fused.places(states)
    np.testing.assert_allclose(fused.log_probs(places, ids), 0.5 * model.table[states, ids - 1])
    np.testing.assert_allclose(fused.most(places), 0.5 * model.table[states, :-1].max(axis=-1))
    assert fused.follow(states, places, np.array([[0, 2], [5, 0]])).tolist() == [[4, 2], [5, 4]]
    np.testing.assert_allclose(fused.end(states), 0.5 * model.table[states, -1])


def test_rows_that_no_longer_fit_are_forgotten_and_asked_for_again(monkeypatch):
    monkeypatch.setattr(fusion, "BYTES_KEPT", 0)
    model = TableModel(1500)
    fused = Fusion(model, ["x"] * 1500, 1.0)
    for first in (0, 400, 800, 0):
        states = np.arange(first, first + 600)
        np.testing.assert_allclose(
            fused.log_probs(fused.places(states), np.ones(600, dtype=np.int64)),
            model.table[states, 0],
        )


def test_no_probability_is_that_of_arpa_files():
    model = TableModel(2)
    model.table[:] = -np.inf
    fused = Fusion(model, ["x"] * 2, 2.0)
    places = fused.places(np.array([0]))
    assert fused.log_probs(places, np.array([1])) == pytest.approx(2 * LEAST)
    assert fused.end(np.array([0])) == pytest.approx(2 * LEAST)
