"""RWTH-PHOENIX-Weather 2014: German Sign Language of television weather forecasts, in glosses.

`annotations/manual/{train,dev,test}.corpus.csv`, joined by pipes and without quoting:
`id|folder|signer|annotation`. A folder is `NAME/1/*.png`, the pictures of a sentence, below
`features/fullFrame-210x260px/SPLIT`. The signer-independent release has `train.SI5.corpus.csv` and
its like. Where only the references for scoring are at hand (`.stm`), they are read instead.

The glosses stay as they are: marks as `__ON__` and `loc-` are dropped when scores are computed.

Source: Koller, Forster and Ney 2015, https://www-i6.informatik.rwth-aachen.de/~koller/RWTH-PHOENIX/
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from signkit.clip import Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.split_tables import find_tables, kept_cells, kept_columns, picture_folder
from signkit.convert.stm import stm_segments
from signkit.convert.tables import table_rows
from signkit.dataset import DatasetInfo

LANGUAGE = "gsg"
FPS = 25.0

_COLUMNS = ("id", "folder", "signer", "annotation")
_FOLDERS = (
    "",
    "annotations/manual/",
    "phoenix-2014-multisigner/annotations/manual/",
    "phoenix-2014-signerindependent-SI5/annotations/manual/",
)
_TABLES = [
    f"{folder}{table}"
    for folder in _FOLDERS
    for table in ("{split}.corpus.csv", "{split}.SI5.corpus.csv")
]
_REFERENCES = [f"{folder}phoenix2014-groundtruth-{{split}}.stm" for folder in ("", "evaluation/")]
_SENTENCE = re.compile(r"^(.+)-\d+$")


def read_phoenix14(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sentences of PHOENIX-2014.

    Raises:
        FormatError: There is no table, or it has other columns.
    """
    tables = find_tables(source, [*_TABLES, *_REFERENCES])
    shapes = {path: "table" for path in tables if not _is_reference(path)}
    extras = kept_columns(shapes, "|", {"table": _COLUMNS})
    return Corpus(
        info=DatasetInfo(name="phoenix14", picture_fps=FPS),
        entries=_entries(tables, extras, options.videos, ledger),
        extra=tuple(extras.values()),
        names_signers=True,
    )


def broadcast(name: str) -> str:
    """The forecast that a sentence is from: all of its name but the number at the end."""
    match = _SENTENCE.match(name)
    return match[1] if match else ""


def _entries(
    tables: Mapping[Path, str], extras: Mapping[str, str], videos: Path | None, ledger: Ledger
) -> Iterator[Entry]:
    for path, split in tables.items():
        if _is_reference(path):
            yield from _of_references(path, split, videos, ledger)
            continue
        for line, cells in table_rows(path, ledger, delimiter="|", required=_COLUMNS):
            name = cells["id"].strip()
            folder = PurePosixPath(split, pictures_of(cells["folder"]) or f"{name}/1")
            is_nested = folder.name == "1"
            folder = folder.parent if is_nested else folder
            clip = Clip(
                clip_id=cells["id"],
                video=picture_folder(videos, str(folder), is_nested=is_nested),
                glosses=tuple(cells["annotation"].split()),
                signer=cells["signer"],
                language=LANGUAGE,
                split=split,
                session=broadcast(name),
                extra=kept_cells(cells, extras),
            )
            yield Entry(clip, file=path.name, line=line)


def _of_references(path: Path, split: str, videos: Path | None, ledger: Ledger) -> Iterator[Entry]:
    for line, segment in stm_segments(path, ledger):
        clip = Clip(
            clip_id=segment.name,
            video=picture_folder(videos, str(PurePosixPath(split, segment.name)), is_nested=True),
            start_s=segment.start_s,
            end_s=segment.end_s,
            glosses=segment.glosses,
            signer=segment.signer,
            language=LANGUAGE,
            split=split,
            session=broadcast(segment.name),
        )
        yield Entry(clip, file=path.name, line=line)


def pictures_of(pattern: str) -> str:
    """The folder of a pattern: `NAME/1/*.png` becomes `NAME/1`."""
    path = PurePosixPath(pattern.strip())
    return str(path.parent if "*" in path.name else path) if path.parts else ""


def _is_reference(path: Path) -> bool:
    return path.suffix == ".stm"
