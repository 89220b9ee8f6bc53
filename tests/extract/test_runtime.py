"""A session runs where it was asked to run, or says in one line why it cannot."""

import gc
import os
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from signkit.errors import ExtractionError, MissingExtraError, WeightsError
from signkit.extract import runtime
from signkit.extract.runtime import CPU, CUDA, open_session
from tests.onnx_nets import Graph, pose_net

OFFERED = onnxruntime.get_available_providers()
without_cuda = pytest.mark.skipif(CUDA in OFFERED, reason="this onnxruntime was built for CUDA")


@pytest.fixture
def net(tmp_path) -> Path:
    return pose_net(tmp_path / "net.onnx", width=32, height=64)


def identity(path: Path, *shapes: list) -> Path:
    """A net that answers with its first input."""
    graph = Graph()
    graph.op("Identity", "in_0", name="out")
    return graph.save(
        path, {f"in_{i}": shape for i, shape in enumerate(shapes)}, {"out": shapes[0]}
    )


def test_a_session_knows_its_pictures_and_its_device(net):
    session = open_session(net, device="cpu")
    assert (session.width_px, session.height_px, session.device) == (32, 64, "cpu")
    assert [output.shape for output in session.probe()] == [(1, 133, 64), (1, 133, 128)]


@pytest.mark.parametrize(("batch", "at_once"), [(1, 1), ("batch", 8)], ids=["fixed", "free"])
def test_only_a_free_axis_takes_several_pictures(tmp_path, batch, at_once):
    net = identity(tmp_path / "net.onnx", [batch, 3, 8, 8])
    assert open_session(net, device="cpu").max_batch == at_once


@without_cuda
def test_without_a_wish_the_best_device_is_taken(net):
    assert open_session(net).device == "cpu"


@without_cuda
def test_a_device_that_is_not_offered_is_an_error(net):
    with pytest.raises(ExtractionError) as error:
        open_session(net, device="cuda")
    assert str(error.value) == (
        f"device cuda:0 cannot be used: onnxruntime {onnxruntime.__version__} offers only "
        f"{', '.join(OFFERED)}; install onnxruntime-gpu in its place, or accept the CPU with "
        "--device cpu or --allow-cpu"
    )


@without_cuda
@pytest.mark.filterwarnings("ignore:Specified provider")
@pytest.mark.parametrize("device", ["cuda:1", None])
def test_a_device_that_onnxruntime_leaves_silently_is_an_error(net, monkeypatch, device):
    """What a CUDA build does on a machine without the libraries: it runs, on the CPU."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    with pytest.raises(ExtractionError) as error:
        open_session(net, device=device)
    assert str(error.value) == (
        f"device {device or 'cuda:0'} cannot be used: onnxruntime runs net.onnx on {CPU}; its log "
        "names the CUDA or cuDNN library that it could not load, or accept the CPU with --device "
        "cpu or --allow-cpu"
    )


@without_cuda
@pytest.mark.filterwarnings("ignore:Specified provider")
@pytest.mark.parametrize("offered", [[CPU], [CUDA, CPU]], ids=["not offered", "left silently"])
def test_allow_cpu_takes_the_cpu_and_says_so(net, monkeypatch, offered):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: offered)
    assert open_session(net, device="cuda", allow_cpu=True).device == "cpu"


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:a", "cpu:0"])
def test_an_unknown_device_is_an_error(net, device):
    with pytest.raises(ExtractionError) as error:
        open_session(net, device=device, allow_cpu=True)
    assert str(error.value) == f"there is no device {device!r}; expected cpu, cuda or cuda:N"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads as Linux does")
@pytest.mark.parametrize("n_cores", [1, 4])
def test_there_are_as_many_threads_as_usable_cores(net, monkeypatch, n_cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(n_cores)))
    gc.collect()  # sessions of other tests
    before = len(os.listdir("/proc/self/task"))
    session = open_session(net, device="cpu")
    assert len(os.listdir("/proc/self/task")) - before == n_cores - 1  # and the caller's own
    del session


@pytest.mark.parametrize("kind", ["another file", "cut short", "empty"])
def test_a_damaged_file_is_named(net, kind):
    whole = net.read_bytes()
    content = {"another file": b"<html>404</html>", "cut short": whole[:-999], "empty": b""}
    net.write_bytes(content[kind])
    with pytest.raises(WeightsError) as error:
        open_session(net, device="cpu")
    assert str(error.value).startswith(f"{net} is damaged or not an ONNX model (")
    assert str(error.value).endswith("); get it again")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        ([["N", 1, 8, 8]], "tensor(float) ['N', 1, 8, 8]"),
        ([[4, 3, 8, 8]], "tensor(float) [4, 3, 8, 8]"),
        ([[1, 3, "H", "W"]], "tensor(float) [1, 3, 'H', 'W']"),
        ([[1, 3, 8, 8], [1, 2]], "tensor(float) [1, 3, 8, 8] and tensor(float) [1, 2]"),
    ],
    ids=["one channel", "batches of four", "any size", "two inputs"],
)
def test_a_model_that_takes_something_else_is_an_error(tmp_path, shapes, found):
    net = identity(tmp_path / "net.onnx", *shapes)
    with pytest.raises(WeightsError) as error:
        open_session(net, device="cpu")
    assert str(error.value) == (
        f"{net} takes {found}; expected tensor(float) [N, 3, height, width], N 1 or free"
    )


def test_a_model_that_fails_on_a_picture_is_named(net):
    session = open_session(net, device="cpu")
    with pytest.raises(ExtractionError) as error:
        session(np.zeros((1, 3, 5, 5), np.float32))
    assert str(error.value).startswith(f"{net} failed on cpu: ")
    assert "\n" not in str(error.value)


def test_without_onnxruntime_the_extra_is_named(net, monkeypatch):
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(runtime, "import_module", missing)
    with pytest.raises(MissingExtraError) as error:
        open_session(net)
    assert str(error.value) == (
        "onnxruntime cannot be loaded (No module named 'onnxruntime'); "
        "run pip install 'signkit[dwpose]'"
    )
