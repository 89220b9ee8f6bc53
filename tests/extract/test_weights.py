"""Where model files are looked for, and when they are right."""

from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest

from signkit.errors import WeightsError
from signkit.extract import EXTRACTORS
from signkit.extract.weights import (
    WEIGHTS,
    WeightFile,
    check_weights,
    find_weights,
    locate_weights,
    record_sha256,
    require_weights,
    weight_named,
)
from signkit.files import sha256_of

NAME = "holistic_landmarker.task"
POSE, DETECTOR, OTHER = "dw-ll_ucoco_384.onnx", "yolox_l.onnx", "mine.onnx"
HASH = sha256(b"model").hexdigest()


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


def test_a_folder_without_the_model_leaves_it_to_the_cache(tmp_path, monkeypatch):
    cached = put(tmp_path / "cache" / "signkit" / NAME)
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(tmp_path))
    assert find_weights(NAME) == cached


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


def test_of_several_models_the_first_that_is_there_is_taken(tmp_path, monkeypatch):
    second = put(tmp_path / "models" / DETECTOR)
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(second.parent))
    assert require_weights([POSE, DETECTOR]) == second
    first = put(tmp_path / "cache" / "signkit" / POSE)
    assert require_weights([POSE, DETECTOR]) == first
    assert require_weights([POSE, DETECTOR], explicit=second.parent) == second


def test_a_file_stands_for_no_other_model_where_several_are_needed(tmp_path, monkeypatch):
    detector = put(tmp_path / DETECTOR)
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(detector))
    assert require_weights([DETECTOR]) == detector
    assert locate_weights(POSE) is None
    with pytest.raises(WeightsError) as error:
        require_weights([POSE, OTHER], explicit=detector)
    assert str(error.value) == (
        f"--weights {detector} is one file, but this extractor needs several; give the folder "
        f"that holds {POSE} or {OTHER}"
    )


def test_a_missing_model_says_how_to_get_it_and_where_to_put_it(tmp_path, monkeypatch):
    cache, folder = tmp_path / "cache" / "signkit", tmp_path / "models"
    folder.mkdir()
    with pytest.raises(WeightsError) as error:
        require_weights([POSE, OTHER])
    assert str(error.value) == (
        f"no {POSE} or {OTHER} in {cache}; run 'signkit weights fetch dwpose-l', or put the file "
        f"at {cache}/{POSE}"
    )
    monkeypatch.setenv("SIGNKIT_WEIGHTS", str(folder))
    with pytest.raises(WeightsError) as error:
        require_weights([POSE])
    assert str(error.value) == (
        f"no {POSE} in {folder} and {cache}; run 'signkit weights fetch dwpose-l --out {folder}', "
        f"or put the file at {folder}/{POSE}"
    )
    with pytest.raises(WeightsError) as error:
        require_weights([OTHER], explicit=folder)
    assert str(error.value) == f"no {OTHER} in {folder}; put the file at {folder}/{OTHER}"


def test_a_hash_is_that_of_the_contents(tmp_path):
    first, second = put(tmp_path / "a"), put(tmp_path / "b")
    assert sha256_of(first) == HASH
    assert sha256_of(first, second) == sha256(b"modelmodel").hexdigest()


@pytest.mark.parametrize(
    ("published", "recorded", "status"),
    [
        (HASH, None, "right"),
        ("0" * 64, None, "wrong"),
        (HASH, "0" * 64, "right"),
        (None, None, "unknown"),
        (None, HASH, "right"),
        (None, "0" * 64, "wrong"),
    ],
)
def test_the_published_hash_decides_else_that_of_the_first_copy(
    tmp_path, published, recorded, status
):
    path = put(tmp_path / "net.onnx")
    if recorded:
        record_sha256(path, recorded)
    weight = WeightFile("net", "net.onnx", "", "", "", sha256=published)
    check = check_weights(weight, path)
    assert (check.status, check.found) == (status, HASH)
    assert (check.expected, check.is_published) == (published or recorded, bool(published))


def test_a_name_that_is_not_known_has_a_nearest_one():
    with pytest.raises(WeightsError) as error:
        weight_named("dwpose")
    assert str(error.value) == "no model file is called 'dwpose'; did you mean 'dwpose-l'?"


@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
def test_every_entry_can_be_fetched_and_serves_an_extractor(weight):
    url = urlsplit(weight.url)
    published = PurePosixPath(url.path)
    assert url.scheme == "https"
    assert weight.used_by in EXTRACTORS
    assert weight.licence
    if weight.archive_member:
        assert (published.suffix, published.stem) == (".zip", weight.file_name[: -len(".onnx")])
    else:
        assert published.name == weight.file_name
    assert weight.sha256 is None or len(bytes.fromhex(weight.sha256)) == 32
