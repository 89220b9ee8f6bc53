"""Model files: which ones signkit can use, where they are looked for, and whether they are right.

Nothing is downloaded unasked. A file is looked for where `--weights` points, else where
`$SIGNKIT_WEIGHTS` points, else in the user's cache. It is right when its SHA-256 is the published
one. Where none is published, the first copy that was fetched is trusted: its hash is written
beside it as `FILE.sha256`, in the format of `sha256sum`, and later copies must equal it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from signkit.errors import WeightsError
from signkit.files import sha256_of, write_text

WEIGHTS_VARIABLE = "SIGNKIT_WEIGHTS"
GOOGLE = "https://storage.googleapis.com/mediapipe-models"
DWPOSE = "https://huggingface.co/yzd-v/DWPose/resolve/f7c16a3d45ad3783db41471848c80fbc281cabac"
OPENMMLAB = "https://download.openmmlab.com/mmpose/v1/projects"
MEDIAPIPE_LICENCE = "Apache-2.0 (the package; see the model card)"
DWPOSE_LICENCE = "code Apache-2.0, weights not stated separately"
OPENMMLAB_LICENCE = "Apache-2.0"
RIGHT, WRONG, UNKNOWN = "right", "wrong", "unknown"


@dataclass(frozen=True)
class WeightFile:
    """A model file that an extractor can use.

    Args:
        name: What `signkit weights` calls it.
        file_name: What extractors look for.
        url: Where its publisher offers it; with `archive_member`, the zip that holds it.
        licence: As far as the publisher states one.
        used_by: Name of the extractor.
        n_bytes: Size of the file, None where it is not known.
        sha256: Its hash, None where none is published.
        archive_member: Name of the file inside the zip, in whatever folder of it.
    """

    name: str
    file_name: str
    url: str
    licence: str
    used_by: str
    n_bytes: int | None = None
    sha256: str | None = None
    archive_member: str | None = None


def _openmmlab(
    name: str, folder: str, stem: str, *, n_bytes: int | None = None, sha256: str | None = None
) -> WeightFile:
    return WeightFile(
        name=name,
        file_name=f"{stem}.onnx",
        url=f"{OPENMMLAB}/{folder}/onnx_sdk/{stem}.zip",
        licence=OPENMMLAB_LICENCE,
        used_by="dwpose",
        archive_member="end2end.onnx",
        n_bytes=n_bytes,
        sha256=sha256,
    )


WEIGHTS = {
    weight.name: weight
    for weight in (
        WeightFile(
            name="holistic",
            file_name="holistic_landmarker.task",
            url=f"{GOOGLE}/holistic_landmarker/holistic_landmarker/float16/1/"
            "holistic_landmarker.task",
            licence=MEDIAPIPE_LICENCE,
            used_by="mediapipe",
            n_bytes=13_683_609,
            sha256="e2dab61191e2dcd0a15f943d8e3ed1dce13c82dfa597b9dd39f562975a50c3f8",
        ),
        WeightFile(
            name="dwpose-l",
            file_name="dw-ll_ucoco_384.onnx",
            url=f"{DWPOSE}/dw-ll_ucoco_384.onnx",
            licence=DWPOSE_LICENCE,
            used_by="dwpose",
            n_bytes=134_399_116,
            sha256="724f4ff2439ed61afb86fb8a1951ec39c6220682803b4a8bd4f598cd913b1843",
        ),
        WeightFile(
            name="yolox-l",
            file_name="yolox_l.onnx",
            url=f"{DWPOSE}/yolox_l.onnx",
            licence=DWPOSE_LICENCE,
            used_by="dwpose",
            n_bytes=216_746_733,
            sha256="7860ae79de6c89a3c1eb72ae9a2756c0ccfbe04b7791bb5880afabd97855a411",
        ),
        _openmmlab(
            "rtmw-l-384",
            "rtmw",
            "rtmw-dw-x-l_simcc-cocktail14_270e-384x288_20231122",
            n_bytes=229_320_930,
            sha256="bd033156e5104c4f5d2edfe0453e02661e30a2f3da453ec93c8764d561b83054",
        ),
        _openmmlab(
            "rtmw-l-256",
            "rtmw",
            "rtmw-dw-x-l_simcc-cocktail14_270e-256x192_20231122",
            n_bytes=228_708_578,
            sha256="9a9bc17c13ff0a1e37507f45a037a21bc410cd08374b0e664c57d0080843aa58",
        ),
        _openmmlab("rtmw-m-256", "rtmw", "rtmw-dw-l-m_simcc-cocktail14_270e-256x192_20231122"),
        _openmmlab(
            "yolox-m",
            "rtmposev1",
            "yolox_m_8xb8-300e_humanart-c2c7a14a",
            n_bytes=101_400_344,
            sha256="3dea6513388889f0fff4b77bf7a26013600321b9eb9ceb0e9a400a82572f5f23",
        ),
        _openmmlab("yolox-tiny", "rtmposev1", "yolox_tiny_8xb8-300e_humanart-6f3252f9"),
    )
}


@dataclass(frozen=True)
class WeightCheck:
    """Whether a file is the one it should be.

    Args:
        status: right, wrong, or unknown where there is no hash to compare with.
        found: SHA-256 of the file.
        expected: The published hash, or that of the first fetched copy; None where there is none.
        is_published: `expected` comes from the publisher.
    """

    status: str
    found: str
    expected: str | None
    is_published: bool


def weight_named(name: str) -> WeightFile:
    """The entry of `WEIGHTS`.

    Raises:
        WeightsError: There is none; the message names the nearest.
    """
    if name not in WEIGHTS:
        near = get_close_matches(name, WEIGHTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(WEIGHTS)}"
        raise WeightsError(f"no model file is called {name!r}; {hint}")
    return WEIGHTS[name]


def find_weights(file_name: str, *, explicit: Path | None = None) -> Path | None:
    """The model file called `file_name`, or None where nobody has put it.

    For an extractor with a single model: `explicit` and `$SIGNKIT_WEIGHTS` may be the file itself,
    under any name with the same suffix, or a folder that holds it.

    Raises:
        WeightsError: `explicit` or the variable names something that is not there.
    """
    if explicit is not None and explicit.is_file():
        return explicit
    if explicit is not None and explicit.is_dir() and not (explicit / file_name).is_file():
        raise WeightsError(
            f"--weights {explicit} has no {file_name}; give the file itself or its folder"
        )
    variable = Path(os.environ.get(WEIGHTS_VARIABLE, ""))
    if explicit is None and variable.is_file() and variable.suffix == Path(file_name).suffix:
        return variable
    return locate_weights(file_name, explicit=explicit)


def require_weights(file_names: Sequence[str], *, explicit: Path | None = None) -> Path:
    """The first of the model files that is found, for an extractor that needs several models.

    Args:
        file_names: Models that would do, the best one first.
        explicit: Folder of the models, the only place to look; None for the usual ones.

    Raises:
        WeightsError: There is none, or `explicit` is a file, which could be any of the models.
    """
    if explicit is not None and explicit.is_file():
        raise WeightsError(
            f"--weights {explicit} is one file, but this extractor needs several; "
            f"give the folder that holds {' or '.join(file_names)}"
        )
    found = (locate_weights(name, explicit=explicit) for name in file_names)
    if path := next(filter(None, found), None):
        return path
    raise WeightsError(_what_to_do(file_names, explicit))


def locate_weights(file_name: str, *, explicit: Path | None = None) -> Path | None:
    """The file of exactly this name in the first place that has it, None where none has.

    Raises:
        WeightsError: `explicit` or `$SIGNKIT_WEIGHTS` names something that is not there.
    """
    for place in _places(file_name, explicit):
        path = place if place.name == file_name and place.is_file() else place / file_name
        if path.is_file():
            return path
    return None


def check_weights(weight: WeightFile, path: Path) -> WeightCheck:
    """Compare the file with the published hash, else with the one of the first fetched copy."""
    found = sha256_of(path)
    expected = weight.sha256 or recorded_sha256(path)
    status = UNKNOWN if expected is None else RIGHT if found == expected else WRONG
    return WeightCheck(status, found, expected, is_published=weight.sha256 is not None)


def cache_folder() -> Path:
    """Where model files of this user are kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "signkit"


def record_sha256(path: Path, digest: str) -> None:
    """Remember the hash of a file that has none published, as `sha256sum` would write it."""
    write_text(_record_of(path), f"{digest}  {path.name}\n")


def recorded_sha256(path: Path) -> str | None:
    """What `record_sha256` remembered of the file."""
    record = _record_of(path)
    return record.read_text(encoding="utf-8").split()[0] if record.is_file() else None


def _record_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _places(file_name: str, explicit: Path | None) -> list[Path]:
    if explicit is not None:
        return [_existing(explicit, file_name, asked_by="--weights")]
    if variable := os.environ.get(WEIGHTS_VARIABLE):
        named = _existing(Path(variable), file_name, asked_by=f"${WEIGHTS_VARIABLE}")
        return [named, cache_folder()]
    return [cache_folder()]


def _existing(path: Path, file_name: str, *, asked_by: str) -> Path:
    if not path.exists():
        raise WeightsError(f"{asked_by} {path} does not exist; expected {file_name} or its folder")
    return path


def _what_to_do(file_names: Sequence[str], explicit: Path | None) -> str:
    places = _places(file_names[0], explicit)
    folder = places[0] if places[0].is_dir() else cache_folder()
    names = {weight.file_name: weight.name for weight in WEIGHTS.values()}
    known = [names[file_name] for file_name in file_names if file_name in names]
    out = f" --out {folder}" if folder != cache_folder() else ""
    fetch = f"run 'signkit weights fetch {known[0]}{out}', or " if known else ""
    looked_in = " and ".join(map(str, places))
    return (
        f"no {' or '.join(file_names)} in {looked_in}; {fetch}put the file at "
        f"{folder / file_names[0]}"
    )
