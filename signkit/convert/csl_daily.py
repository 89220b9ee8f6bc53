"""CSL-Daily: Chinese Sign Language of daily life, in glosses and in Chinese.

`video_map.txt` (`index|name|length|gloss|char|word|postag`) and beside it `split_1.txt`
(`name|split`), both joined by pipes and without quoting; rows meet by name, never by order. A name
is `S000020_P0004_T00`: sentence, performer, take; the performer is the signer. The pictures are
`NAME/*.jpg`. Kits also ship `csl-daily.{train,dev,test}.csv` with
`name|signer|gloss|text|num_frames`; the header decides. The pickle of the same annotations
(`csl2020ct_v2.pkl`) is not read: what its keys are is unconfirmed, and the tables lie beside it.

Source: Zhou et al. 2021, arXiv:2105.12397; http://home.ustc.edu.cn/~zhouh156/dataset/csl-daily/
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from signkit.clip import Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.split_tables import find_tables, kept_cells, kept_columns, shape_of
from signkit.convert.tables import split_name, table_rows
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

MAP, SPLIT = "video_map.txt", "split_1.txt"
_FOLDERS = ("", "sentence_label")
_PICKLE_SUFFIXES = (".pkl", ".pickle")
_SHAPES = {"published": ("name", "gloss", "char"), "kit": ("name", "signer", "gloss", "text")}
_USED = {"published": ("index", "name", "gloss"), "kit": _SHAPES["kit"]}
_OF_NAME = ("x_sentence", "x_take")
_NAME = re.compile(r"^(S\d+)_(P\d+)_(T\d+)$")


def read_csl_daily(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sentences of CSL-Daily.

    Raises:
        FormatError: There is no table, or it has other columns.
    """
    tables = _tables(source)
    shapes = {path: shape_of(path, "|", _SHAPES) for path in tables}
    for path, shape in shapes.items():
        if shape == "published" and not path.with_name(SPLIT).is_file():
            raise FormatError(f"{path} has no {SPLIT} beside it; put both into one folder")
    extras = kept_columns(shapes, "|", _USED)
    return Corpus(
        info=DatasetInfo(name="csl-daily"),
        entries=_entries(tables, shapes, extras, ledger),
        extra=(*_OF_NAME, *extras.values()),
        names_signers=True,
    )


def _tables(source: Path) -> dict[Path, str]:
    """The published table where there is one, else those of a kit with their splits."""
    if source.name == SPLIT:
        raise FormatError(f"{source} has the splits only; give its folder, with {MAP} in it")
    if source.suffix in _PICKLE_SUFFIXES:
        raise FormatError(_not_read(source))
    for folder in _FOLDERS:
        if (source / folder / MAP).is_file():
            return {source / folder / MAP: ""}
    try:
        return find_tables(source, (MAP, "csl-daily.{split}.csv"))
    except FormatError as error:
        pickles = [
            path
            for folder in _FOLDERS
            for path in sorted((source / folder).glob("*"))
            if path.suffix in _PICKLE_SUFFIXES
        ]
        raise FormatError(_not_read(pickles[0])) if pickles else error from None


def _not_read(pickle: Path) -> str:
    return (
        f"{pickle} is a pickle, which signkit does not read; give the folder of {MAP} and {SPLIT}"
    )


def _entries(
    tables: Mapping[Path, str],
    shapes: Mapping[Path, str],
    extras: Mapping[str, str],
    ledger: Ledger,
) -> Iterator[Entry]:
    for path, split in tables.items():
        if shapes[path] == "kit":
            for line, cells in table_rows(path, ledger, delimiter="|"):
                clip = _clip(cells, cells["text"], split, extras)
                _compare(clip, cells["signer"].strip(), path, line, ledger)
                yield Entry(clip, file=path.name, line=line)
        else:
            yield from _published(path, extras, ledger)


def _published(path: Path, extras: Mapping[str, str], ledger: Ledger) -> Iterator[Entry]:
    splits = _splits(path.with_name(SPLIT), ledger)
    unmet = dict.fromkeys(splits)
    for line, cells in table_rows(path, ledger, delimiter="|"):
        name = cells["name"].strip()
        if name not in splits:
            found = f"has no row in {SPLIT}; taken as of no split"
            ledger.bad("unknown_split", found, file=path.name, line=line, clip_id=name)
        unmet.pop(name, None)
        text = "".join(cells["char"].split())
        yield Entry(_clip(cells, text, splits.get(name, ""), extras), file=path.name, line=line)
    for name in unmet:
        ledger.unlisted(name, f"{SPLIT} names it, {path.name} does not")


def _splits(path: Path, ledger: Ledger) -> dict[str, str]:
    """Name to split; the first row of a name counts."""
    splits: dict[str, str] = {}
    for line, cells in table_rows(path, ledger, delimiter="|", required=("name", "split")):
        name, split = cells["name"].strip(), split_name(cells["split"].strip())
        if splits.setdefault(name, split) != split:
            found = f"puts {name} into {split}, an earlier row into {splits[name]}"
            ledger.bad("conflict", found, file=path.name, line=line, clip_id=name)
    return splits


def _clip(cells: Mapping[str, str], text: str, split: str, extras: Mapping[str, str]) -> Clip:
    name = cells["name"].strip()
    match = _NAME.match(name)
    sentence, signer, take = match.groups() if match else ("", cells.get("signer", ""), "")
    return Clip(
        clip_id=cells["name"],
        video=name,
        glosses=tuple(cells["gloss"].split()),
        text=text,
        signer=signer,
        language="csl",
        split=split,
        extra=dict(zip(_OF_NAME, (sentence, take), strict=True)) | kept_cells(cells, extras),
    )


def _compare(clip: Clip, signer: str, path: Path, line: int, ledger: Ledger) -> None:
    """Note a signer of a kit's table who is not the performer that the name says."""
    said = clip.signer.removeprefix("P").lstrip("0")
    if signer.removeprefix("P").lstrip("0") != said:
        found = f"has the signer {signer!r}, the name says {clip.signer}"
        ledger.bad("conflict", found, file=path.name, line=line, clip_id=clip.clip_id)
