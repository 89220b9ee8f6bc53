"""Where model files are looked for."""

from hashlib import sha256

import pytest

from signkit.errors import WeightsError
from signkit.extract.weights import find_weights, sha256_of

NAME = "holistic_landmarker.task"


@pytest.fixture(autouse=True)
def empty_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SIGNKIT_WEIGHTS", raising=False)


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"model")
    return path


def test_nothing_is_found_where_nothing_is():
    assert find_weights(NAME) is None


def test_the_asked_place_comes_before_the_variable_before_the_cache(tmp_path, monkeypatch):
    cached = put(tmp_path / "cache" / "signkit" / NAME)
    assert find_weights(NAME) == cached
    named = put(tmp_path / "models" / NAME)
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(named.parent))
    assert find_weights(NAME) == named
    asked = put(tmp_path / "mine.task")
    assert find_weights(NAME, explicit=asked) == asked


def test_the_variable_may_hold_the_model_of_another_extractor(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(put(tmp_path / "dwpose.onnx")))
    assert find_weights(NAME) is None


def test_an_asked_place_without_the_model_is_an_error(tmp_path):
    with pytest.raises(WeightsError) as error:
        find_weights(NAME, explicit=tmp_path)
    assert str(error.value) == (
        f"--weights {tmp_path} has no {NAME}; give the file itself or its folder"
    )
    with pytest.raises(WeightsError) as error:
        find_weights(NAME, explicit=tmp_path / "gone.task")
    assert str(error.value) == (
        f"--weights {tmp_path}/gone.task does not exist; expected {NAME} or its folder"
    )


def test_a_hash_is_that_of_the_content(tmp_path):
    assert sha256_of(put(tmp_path / "a")) == sha256(b"model").hexdigest()
