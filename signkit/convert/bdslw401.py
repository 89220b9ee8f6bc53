"""BdSLW401: 401 single signs of Bangla Sign Language, 18 signers, seen from the front and the side.

There is no table: a clip is a video `W<word>S<signer><view>_<trial>.mp4`, as
`Front/Front/train/W001S01F_01.mp4`, and the folder says the split. Words have numbers, not names.

Source: Rubaiyeat et al. 2025, arXiv:2503.02360
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from signkit.clip import SPLITS, Clip, is_video
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.folders import FilesBelow
from signkit.convert.ledger import Ledger
from signkit.convert.tables import split_name
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

_NAME = re.compile(r"^(W\d+)(S\d+)([A-Z]+)_(\d+)$")


def read_bdslw401(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of BdSLW401: the videos of a folder.

    Raises:
        FormatError: It is no folder, or has no video of BdSLW401.
    """
    if not source.is_dir():
        raise FormatError(f"no folder at {source}; expected the folder of BdSLW401's videos")
    if not any(_NAME.match(path.stem) for path in FilesBelow(source, is_video).names()):
        raise FormatError(
            f"{source} has no videos of BdSLW401; expected files such as "
            "Front/Front/train/W001S01F_01.mp4"
        )
    return Corpus(
        info=DatasetInfo(name="bdslw401"),
        entries=_entries(source, ledger, has_folder=bool(options.videos)),
        extra=("x_view", "x_trial"),
        names_signers=True,
    )


def _entries(source: Path, ledger: Ledger, *, has_folder: bool) -> Iterator[Entry]:
    for path in FilesBelow(source, is_video).names():
        found = _NAME.match(path.stem)
        if found is not None:
            word, signer, view, trial = found.groups()
            clip = Clip(
                path.stem,
                str(path),
                glosses=(word,),
                signer=signer,
                split=_split(path),
                extra={"x_view": view, "x_trial": trial},
            )
            yield Entry(clip, file=str(path))
        elif not has_folder:  # with --videos it is listed anyway
            ledger.unlisted(str(path), "its name is not W<word>S<signer><view>_<trial>")


def _split(path: PurePosixPath) -> str:
    """The split that the nearest folder is named after."""
    names = (split_name(part) for part in reversed(path.parts[:-1]))
    return next((name for name in names if name in SPLITS), "")
