"""What this machine has, what is missing for signkit, and what to do about each gap.

Versions and files are looked up without importing the packages; only devices and codecs are asked
of the libraries.
"""

import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from signkit import __version__

REQUIRED = (
    "numpy", "pandas", "pyarrow", "torch", "accelerate", "mediapipe", "opencv-contrib-python", "av",
    "fsspec", "jiwer", "pydantic", "safetensors", "scipy", "typer", "rich",
)  # fmt: skip
OPTIONAL = {"onnxruntime": "dwpose", "ray": "ray", "onnx": "export"}
CODEC = "libx264"
LITTLE_DISK_GB = 5.0
BUNDLED_GRAPH = "modules/holistic_landmark/holistic_landmark_cpu.binarypb"
OK, NOTE, PROBLEM = "ok", "note", "problem"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What was looked at.
        status: ok, note (something is not there, and need not be) or problem.
        found: What is there.
        remedy: What to do; empty when nothing needs doing.
    """

    name: str
    status: str
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All checks of a machine."""

    checks: tuple[Check, ...]

    @property
    def is_healthy(self) -> bool:
        return all(check.status != PROBLEM for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return {"healthy": self.is_healthy, "checks": [asdict(check) for check in self.checks]}


def diagnose(weights: Mapping[str, Path | None], *, folder: Path | None = None) -> Diagnosis:
    """Everything signkit wants to know about the machine.

    Args:
        weights: Model file to where it was found, None where it was not.
        folder: Where datasets and runs go, for its free space; by default the current folder.
    """
    checks = [
        Check("python", OK, f"{platform.python_version()} on {platform.platform()}"),
        Check("signkit", OK, __version__),
        *_packages(),
        _cv2(),
        _mediapipe(weights),
        *_weights(weights),
        _codec(),
        *_devices(),
        _disk(folder or Path.cwd()),
    ]
    return Diagnosis(tuple(checks))


def _packages() -> Iterator[Check]:
    for name in REQUIRED:
        found = _version(name)
        if found:
            yield Check(name, OK, found)
        else:
            yield Check(name, PROBLEM, "not installed", f"pip install {name}")
    for name, extra in OPTIONAL.items():
        found = _version(name)
        remedy = "" if found else f"only if you need it: pip install 'signkit[{extra}]'"
        yield Check(name, OK if found else NOTE, found or "not installed", remedy)


def _cv2() -> Check:
    """Two distributions that bring `cv2` overwrite each other; removing one breaks the other."""
    owners = cv2_owners()
    if len(owners) == 1:
        return Check("cv2", OK, f"from {owners[0]}")
    remedy = (
        "pip uninstall -y opencv-python opencv-python-headless opencv-contrib-python "
        "opencv-contrib-python-headless && pip install opencv-contrib-python"
    )
    return Check("cv2", PROBLEM, f"from {' and '.join(owners) or 'nothing'}", remedy)


def cv2_owners() -> list[str]:
    """Distributions that install the module `cv2`, sorted."""
    names = {
        distribution.metadata["Name"]
        for distribution in distributions()
        if any(file.parts[:1] == ("cv2",) for file in distribution.files or ())
    }
    return sorted(names)


def _mediapipe(weights: Mapping[str, Path | None]) -> Check:
    task = next((path for name, path in weights.items() if name.endswith(".task") and path), None)
    if task:
        return Check("mediapipe models", OK, f"Tasks API with {task}")
    if _has_bundled_graph():
        return Check("mediapipe models", OK, "bundled holistic graph")
    return Check(
        "mediapipe models",
        PROBLEM,
        f"MediaPipe {_version('mediapipe') or '(not installed)'} brings no models",
        "pip install 'mediapipe==0.10.21' on Python 3.12 or older, or put holistic_landmarker.task "
        "where $SIGNKIT_WEIGHTS points",
    )


def _has_bundled_graph() -> bool:
    spec = find_spec("mediapipe")
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    return any((folder / BUNDLED_GRAPH).is_file() for folder in folders)


def _weights(weights: Mapping[str, Path | None]) -> Iterator[Check]:
    for name, path in weights.items():
        if path is not None:
            yield Check(name, OK, str(path))
    missing = sum(path is None for path in weights.values())
    if missing:
        remedy = "only if you need one: see 'signkit weights list'"
        yield Check("other model files", NOTE, f"{missing} not found", remedy)


def _codec() -> Check:
    import av

    ffmpeg = ".".join(map(str, av.library_versions["libavcodec"]))
    if CODEC in av.codecs_available:
        return Check("video codecs", OK, f"libavcodec {ffmpeg} with {CODEC}")
    return Check(
        "video codecs",
        NOTE,
        f"libavcodec {ffmpeg} without {CODEC}",
        "only 'signkit synth' and 'signkit demo' write videos: pip install --force-reinstall av",
    )


def _devices() -> Iterator[Check]:
    import torch

    n_cores = os.cpu_count() or 1
    yield Check("cpu", OK, f"{n_cores} cores, {platform.machine()}")
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        yield Check("cuda", OK, ", ".join(names))
    elif torch.version.cuda:
        remedy = "update the NVIDIA driver, or check that a GPU is there: nvidia-smi"
        yield Check("cuda", NOTE, f"torch was built for CUDA {torch.version.cuda}, no GPU", remedy)
    else:
        yield Check("cuda", NOTE, "torch was built without CUDA; training runs on the CPU")
    if torch.backends.mps.is_available():
        yield Check("mps", OK, "Apple GPU")


def _disk(folder: Path) -> Check:
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < LITTLE_DISK_GB:
        remedy = "free some space, or write to another disk"
        return Check("disk", NOTE, f"{free_gb:.1f} GB free in {folder}", remedy)
    return Check("disk", OK, f"{free_gb:.0f} GB free in {folder}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
