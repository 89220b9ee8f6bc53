"""RWTH-PHOENIX-Weather 2014 T: weather forecasts in glosses of German Sign Language and in German.

`annotations/manual/PHOENIX-2014-T.{train,dev,test}.corpus.csv`, joined by pipes and not quoted,
since a German sentence may hold a single quotation mark. The columns are
`name|video|start|end|speaker|orth|translation`, with -1 for `start` and `end`. A video is said to
be `NAME/1/*.png`, but the release has the pictures in `features/fullFrame-210x260px/SPLIT/NAME`;
kits that were made for PHOENIX-2014 move them into `NAME/1`. Kits also ship
`name|signer|gloss|text|num_frames` with `SPLIT/NAME` for a name. The header decides.

Source: Camgoz et al. 2018, https://www-i6.informatik.rwth-aachen.de/~koller/RWTH-PHOENIX-2014-T/
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from signkit.clip import SPLITS, Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.phoenix14 import FPS, LANGUAGE, broadcast, pictures_of
from signkit.convert.split_tables import (
    find_tables,
    kept_cells,
    kept_columns,
    picture_folder,
    shape_of,
)
from signkit.convert.tables import table_rows
from signkit.dataset import DatasetInfo

_PUBLISHED = ("name", "video", "start", "end", "speaker", "orth", "translation")
_OF_KITS = ("name", "signer", "gloss", "text")
_SHAPES = {"published": _PUBLISHED, "kit": _OF_KITS}
_TABLES = [
    f"{folder}{table}"
    for folder in ("", "annotations/manual/", "PHOENIX-2014-T/annotations/manual/")
    for table in ("PHOENIX-2014-T.{split}.corpus.csv", "phoenix-2014t.{split}.csv")
]
_WINDOW = {"start": "x_start", "end": "x_end"}
_NO_TIME = ("-1", "")


def read_phoenix14t(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sentences of PHOENIX-2014T with their translations.

    Raises:
        FormatError: There is no table, or it has other columns.
    """
    tables = find_tables(source, _TABLES)
    shapes = {path: shape_of(path, "|", _SHAPES) for path in tables}
    extras = kept_columns(shapes, "|", _SHAPES)
    return Corpus(
        info=DatasetInfo(name="phoenix14t", picture_fps=FPS),
        entries=_entries(tables, shapes, extras, options.videos, ledger),
        extra=tuple(dict.fromkeys((*_WINDOW.values(), *extras.values()))),
        names_signers=True,
    )


def _entries(
    tables: dict[Path, str],
    shapes: dict[Path, str],
    extras: dict[str, str],
    videos: Path | None,
    ledger: Ledger,
) -> Iterator[Entry]:
    for path, split in tables.items():
        clip_of = _published if shapes[path] == "published" else _of_kit
        for line, cells in table_rows(path, ledger, delimiter="|"):
            clip = clip_of(cells, split, videos)
            clip.extra.update(kept_cells(cells, extras))
            if clip_of is _published and not clip.extra.keys().isdisjoint(_WINDOW.values()):
                times = " and ".join(cells[column] for column in _WINDOW)
                found = f"has start and end {times} in an unknown unit, expected -1"
                ledger.bad("unreadable", found, file=path.name, line=line, clip_id=clip.clip_id)
            yield Entry(clip, file=path.name, line=line)


def _published(cells: dict[str, str], split: str, videos: Path | None) -> Clip:
    name = cells["name"].strip()
    listed = str(PurePosixPath(split, pictures_of(cells["video"]) or name)).removesuffix("/1")
    has_window = any(cells[column].strip() not in _NO_TIME for column in _WINDOW)
    return Clip(
        clip_id=cells["name"],
        video=picture_folder(videos, listed, is_nested=False),
        glosses=tuple(cells["orth"].split()),
        text=cells["translation"],
        signer=cells["speaker"],
        language=LANGUAGE,
        split=split,
        session=broadcast(name),
        extra={name: cells[column] for column, name in _WINDOW.items()} if has_window else {},
    )


def _of_kit(cells: dict[str, str], split: str, videos: Path | None) -> Clip:
    name = PurePosixPath(cells["name"].strip())
    if len(name.parts) > 1 and name.parts[0] in SPLITS:
        split = name.parts[0]
    folder = str(PurePosixPath(split, name.name))
    return Clip(
        clip_id=name.name,
        video=picture_folder(videos, folder, is_nested=False),
        glosses=tuple(cells["gloss"].split()),
        text=cells["text"],
        signer=cells["signer"],
        language=LANGUAGE,
        split=split,
        session=broadcast(name.name),
    )
