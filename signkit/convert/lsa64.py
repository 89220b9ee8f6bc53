"""LSA64: 64 single signs of Argentinian Sign Language, 10 signers, 5 repetitions each.

A clip is a video `SSS_PPP_RRR.mp4`: sign, signer and repetition, all from 1. The signs are named by
a list joined by pipes, of which two are published: `01|Opaque|R|` (`lsa64_signs.md`) and
`1|Opaco|Una` (`lsa64_signs.es.md`); the third column says whether the right hand signs or both. The
English list is taken where both are there. Rows are made of videos that exist; videos of the
published 64 x 10 x 5 that do not are listed as missing. No split is published with the corpus.

Source: Ronchetti et al. 2016, arXiv:2310.17429, https://facundoq.github.io/datasets/lsa64/
"""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path, PurePosixPath

from signkit.clip import Clip, is_video, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.folders import FilesBelow
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.tables import is_whole_number, text_lines
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

LANGUAGE = "aed"
N_SIGNS, N_SIGNERS, N_REPETITIONS = 64, 10, 5
SIGN_LIST = "lsa64_signs.md"

_NAME = re.compile(r"^(\d{3})_(\d{3})_(\d{3})$")
_HANDS = {"R": "right", "Una": "right", "B": "both", "Dos": "both"}

_Signs = dict[int, tuple[str, str]]


def read_lsa64(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of LSA64: the videos of a folder, named by the list of signs.

    SOURCE is the folder of the videos, with the list somewhere in it; or the list (or a folder of
    lists), where `--videos` says where the videos are.

    Raises:
        FormatError: There are no videos of LSA64.
    """
    if not source.exists():
        raise FormatError(f"no folder or file at {source}")
    videos = options.videos or source
    if not any(_NAME.match(path.stem) for path in FilesBelow(videos, is_video).names()):
        raise FormatError(
            f"{videos} has no videos of LSA64; expected files such as 001_001_001.mp4, "
            "in the source or in --videos"
        )
    return Corpus(
        info=DatasetInfo(name="lsa64"),
        entries=_entries(videos, _signs(source, ledger), ledger, has_folder=bool(options.videos)),
        signers=frozenset(str(number) for number in range(1, N_SIGNERS + 1)),
        extra=("x_class", "x_label", "x_hands", "x_repetition"),
        names_signers=True,
    )


def _signs(source: Path, ledger: Ledger) -> _Signs:
    """Sign number to its name and the hands that sign it."""
    path = _sign_list(source)
    if path is None:
        found = f"is not in {source.name}; the numbers of the signs are the glosses"
        ledger.bad("missing_value", found, file=SIGN_LIST)
        return {}
    signs: _Signs = {}
    for line, text in text_lines(path, ledger):
        cells = [cell.strip() for cell in text.split("|")]
        if len(cells) < 2 or not is_whole_number(cells[0]):
            found = f"has {text!r}, expected number|name|hands"
            ledger.bad("unreadable", found, file=path.name, line=line, action=LEFT_OUT)
            continue
        hands = cells[2] if len(cells) > 2 else ""
        signs[int(cells[0])] = (cells[1], _HANDS.get(hands, hands))
    return signs


def _sign_list(source: Path) -> Path | None:
    if source.is_file():
        return source
    found = sorted(source.rglob("lsa64_signs*.*"))
    return next((path for path in found if path.name == SIGN_LIST), found[0] if found else None)


def _entries(videos: Path, signs: _Signs, ledger: Ledger, *, has_folder: bool) -> Iterator[Entry]:
    there = set()
    for path in FilesBelow(videos, is_video).names():
        found = _NAME.match(path.stem)
        if found is not None:
            sign, signer, repetition = (int(number) for number in found.groups())
            there.add((sign, signer, repetition))
            if signs and sign not in signs:
                what = f"is of sign {sign}, which the list of signs does not name"
                ledger.bad("missing_value", what, file=str(path), clip_id=path.stem)
            yield Entry(_clip(str(path), sign, signer, repetition, signs), file=str(path))
        elif not has_folder:  # with --videos they are listed anyway
            ledger.unlisted(str(path), "its name is not SSS_PPP_RRR")
    grid = product(*(range(1, n + 1) for n in (N_SIGNS, N_SIGNERS, N_REPETITIONS)))
    for sign, signer, repetition in grid:
        if (sign, signer, repetition) not in there:
            video = f"{sign:03d}_{signer:03d}_{repetition:03d}.mp4"
            ledger.missing(_clip(video, sign, signer, repetition, signs), "no such video")


def _clip(video: str, sign: int, signer: int, repetition: int, signs: _Signs) -> Clip:
    name, hands = signs.get(sign, (str(sign), ""))
    glosses = one_gloss(name)
    own = {"x_class": str(sign), "x_hands": hands, "x_repetition": str(repetition)}
    return Clip(
        PurePosixPath(video).stem,
        video,
        glosses=glosses,
        signer=str(signer),
        language=LANGUAGE,
        extra=own | ({"x_label": name} if glosses != (name,) else {}),
    )
