"""Model files: looked for in three places, named by their hash, never downloaded unasked."""

import os
from hashlib import sha256
from pathlib import Path

from signkit.errors import WeightsError

WEIGHTS_VARIABLE = "SIGNKIT_WEIGHTS"


def find_weights(file_name: str, *, explicit: Path | None = None) -> Path | None:
    """The model file called `file_name`, or None where nobody has put it.

    Looks at `explicit`, then at `$SIGNKIT_WEIGHTS`, then in the user's cache folder. The first
    two may be the file itself, under any name with the same suffix, or a folder that holds it.

    Raises:
        WeightsError: `explicit` or the variable names something that is not there.
    """
    if explicit is not None:
        return _resolve(explicit, file_name, asked_by="--weights")
    if variable := os.environ.get(WEIGHTS_VARIABLE):
        path = Path(variable)
        is_other_model = path.is_file() and path.suffix != Path(file_name).suffix
        if not is_other_model:
            return _resolve(path, file_name, asked_by=f"${WEIGHTS_VARIABLE}", folder_may_lack=True)
    cached = cache_folder() / file_name
    return cached if cached.is_file() else None


def cache_folder() -> Path:
    """Where model files of this user are kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "signkit"


def sha256_of(*paths: Path) -> str:
    """Hexadecimal SHA-256 of the contents of the files, one after another."""
    digest = sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _resolve(
    path: Path, file_name: str, *, asked_by: str, folder_may_lack: bool = False
) -> Path | None:
    if path.is_file():
        return path
    if (path / file_name).is_file():
        return path / file_name
    if path.is_dir():
        if folder_may_lack:
            return None
        raise WeightsError(
            f"{asked_by} {path} has no {file_name}; give the file itself or its folder"
        )
    raise WeightsError(f"{asked_by} {path} does not exist; expected {file_name} or its folder")
