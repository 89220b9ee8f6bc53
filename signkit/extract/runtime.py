"""Where ONNX models run: on the device that was asked for, or not at all.

onnxruntime leaves the GPU without a word: one library of another version is enough, and days of
work run on the CPU (rtmlib issue 46, onnxruntime issue 23372). Here a session is asked what it
uses, and that is compared with what was wanted. Its switch `session.disable_cpu_ep_fallback` would
forbid too much: onnxruntime itself puts nodes that only compute shapes on the CPU, beside CUDA.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.errors import ExtractionError, MissingExtraError, WeightsError, one_line
from signkit.extract.worker import usable_cpus

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
MAX_BATCH = 8
# EXHAUSTIVE, the default, times all algorithms anew for every batch size, and another run may
# choose others.
CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC"}
ONLY_ERRORS = 3

Arrays = list[NDArray[Any]]


class Session:
    """A model that takes pictures, ready to run.

    Attributes:
        path: Its file.
        device: Where it runs: `cpu` or `cuda`.
        width_px: Of the pictures it takes.
        height_px: Of the pictures it takes.
        max_batch: How many pictures it takes at once.

    Raises:
        WeightsError: The model takes something else.
    """

    def __init__(self, path: Path, device: str, session: Any) -> None:
        self.path, self.device = path, device
        self._session = session
        inputs = [(one.type, one.shape) for one in session.get_inputs()]
        match inputs:
            case [("tensor(float)", [batch, 3, int(height), int(width)])] if (
                batch == 1 or not isinstance(batch, int)
            ):
                self.height_px, self.width_px = height, width
                self.max_batch = 1 if batch == 1 else MAX_BATCH
            case _:
                found = " and ".join(f"{kind} {shape}" for kind, shape in inputs) or "nothing"
                raise WeightsError(
                    f"{path} takes {found}; expected tensor(float) [N, 3, height, width], N 1 or "
                    "free"
                )

    def __call__(self, pictures: NDArray[np.float32]) -> Arrays:
        """The outputs, in the model's order, for pictures (N, 3, H, W), N at most `max_batch`.

        Raises:
            ExtractionError: onnxruntime gives up.
        """
        name = self._session.get_inputs()[0].name
        try:
            outputs: Arrays = self._session.run(None, {name: pictures})
        except _faults() as error:
            raise ExtractionError(
                f"{self.path} failed on {self.device}: {one_line(error)}"
            ) from error
        return outputs

    def probe(self) -> Arrays:
        """The outputs for one black picture: their true shapes, which a file need not declare."""
        return self(np.zeros((1, 3, self.height_px, self.width_px), np.float32))


def open_session(path: Path, *, device: str | None = None, allow_cpu: bool = False) -> Session:
    """The model in a file, on the device that was asked for.

    Args:
        path: An ONNX file.
        device: cpu, cuda or cuda:N; None for cuda where the installed onnxruntime was built for
            it, else cpu.
        allow_cpu: Take the CPU where CUDA cannot be used.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        WeightsError: The file is damaged, or not a model that takes pictures.
        ExtractionError: The device cannot be used.
    """
    runtime = _import_onnxruntime()
    is_offered = CUDA in runtime.get_available_providers()
    wanted = device or ("cuda" if is_offered else "cpu")
    number = _cuda_number(wanted)
    if number is not None:
        try:
            return Session(path, "cuda", _create_on_cuda(runtime, path, number))
        except ExtractionError:
            if not allow_cpu:
                raise
    try:
        return Session(path, "cpu", _create(runtime, path, [CPU]))
    except _faults() as error:
        raise _damaged(path, error) from error


def onnxruntime_version() -> str:
    """Its version; several distributions, one for each kind of device, install it."""
    return str(_import_onnxruntime().__version__)


def _create_on_cuda(runtime: Any, path: Path, number: int) -> Any:
    offered = runtime.get_available_providers()
    if CUDA not in offered:
        raise _cannot_use(
            number,
            f"onnxruntime {runtime.__version__} offers only {', '.join(offered)}; "
            "install onnxruntime-gpu in its place",
        )
    if hasattr(runtime, "preload_dlls"):
        runtime.preload_dlls()  # finds the CUDA libraries that pip installed for PyTorch
    try:
        session = _create(runtime, path, [(CUDA, {"device_id": number, **CUDA_OPTIONS}), CPU])
    except _faults() as error:
        if type(error).__name__ in ("InvalidProtobuf", "InvalidGraph", "NoModel", "NoSuchFile"):
            raise _damaged(path, error) from error
        raise _cannot_use(number, one_line(error)) from error
    if CUDA not in session.get_providers():
        raise _cannot_use(
            number,
            f"onnxruntime runs {path.name} on {', '.join(session.get_providers())}; "
            "its log names the CUDA or cuDNN library that it could not load",
        )
    return session


def _create(runtime: Any, path: Path, providers: list[Any]) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = len(usable_cpus())  # not all there are: a worker may be pinned
    options.inter_op_num_threads = 1
    options.log_severity_level = ONLY_ERRORS
    return runtime.InferenceSession(str(path), options, providers=providers, enable_fallback=0)


def _cuda_number(device: str) -> int | None:
    """Number of the CUDA device, None for the CPU."""
    if device == "cpu":
        return None
    if match := re.fullmatch(r"cuda(?::(\d+))?", device):
        return int(match[1] or 0)
    raise ExtractionError(f"there is no device {device!r}; expected cpu, cuda or cuda:N")


def _import_onnxruntime() -> Any:
    try:
        return import_module("onnxruntime")
    except ImportError as error:
        raise MissingExtraError(
            f"onnxruntime cannot be loaded ({error}); run pip install 'signkit[dwpose]'"
        ) from error


def _faults() -> tuple[type[Exception], ...]:
    """What onnxruntime raises; its exceptions have no base class of their own."""
    names = vars(import_module("onnxruntime.capi.onnxruntime_pybind11_state")).values()
    own = (one for one in names if isinstance(one, type) and issubclass(one, Exception))
    return (*own, RuntimeError, ValueError)


def _cannot_use(number: int, reason: str) -> ExtractionError:
    return ExtractionError(
        f"device cuda:{number} cannot be used: {reason}, or accept the CPU with --device cpu or "
        "--allow-cpu"
    )


def _damaged(path: Path, error: Exception) -> WeightsError:
    return WeightsError(f"{path} is damaged or not an ONNX model ({one_line(error)}); get it again")
