"""The Greek Sign Language dataset: dialogues in public services, as sentences and as single signs.

Tables without a header, `path|glosses`, joined by a pipe: sentences in `gsl_split_SI_train.csv`
(signers apart) and `gsl_split_SD_train.csv` (sentences apart) and their like, single signs in
`train_greek_iso.csv` and its like. A path is a folder of pictures, and it names the scenario, the
signer and the repetition: `police1/police1_signer3_rep1_sentences/sentences0000`.

SI and SD are two ways of splitting the same sentences, so only one of them makes a dataset.

Source: Adaloglou et al. 2021, arXiv:2007.12530; https://vcl.iti.gr/dataset/gsl
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from signkit.clip import Clip, clip_id_of, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import Ledger
from signkit.convert.split_tables import split_in, tables_at
from signkit.convert.tables import table_rows
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

SIGNERS = frozenset(f"signer{number}" for number in range(1, 8))
FPS = 30.0

_FAMILIES = {
    "gsl_split_SI": "gsl_split_SI_{split}.csv",
    "gsl_split_SD": "gsl_split_SD_{split}.csv",
    "greek_iso": "{split}_greek_iso.csv",
}
_FOLDERS = ("", "GSL_split", "GSL_split/GSL_continuous", "GSL_split/GSL_isolated")
_FOLDER = re.compile(r"^(?P<scenario>.+)_(?P<signer>signer\d+)_rep(?P<take>\d+)_(?P<kind>\w+)$")
_EXTRA = ("x_scenario", "x_repetition", "x_label")


def read_gsl(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sentences or the single signs of GSL.

    Args:
        source: A folder with one way of splitting, `FOLDER/gsl_split_SI` (or `gsl_split_SD`,
            `greek_iso`) to choose one of several, or one table.
        options: As a user gave them.
        ledger: Told about bad rows.

    Raises:
        FormatError: There is no table, or there are several ways of splitting.
    """
    return Corpus(
        info=DatasetInfo(name="gsl", picture_fps=FPS),
        entries=_entries(_tables(source), ledger),
        signers=SIGNERS,
        extra=_EXTRA,
        names_signers=True,
    )


def _tables(source: Path) -> dict[Path, str]:
    if source.is_file():
        return {source: split_in(source.name)}
    is_choice = source.name in _FAMILIES and not source.is_dir()
    folder = source.parent if is_choice else source
    if not folder.is_dir():
        raise FormatError(f"no folder or file at {source}")
    names = [source.name] if is_choice else list(_FAMILIES)
    found = {name: tables for name in names if (tables := _family(folder, name))}
    if len(found) > 1:
        raise FormatError(
            f"{folder} has {' and '.join(found)}, which list the same recordings; give one of "
            f"them, as {folder / next(iter(found))}"
        )
    if not found:
        expected = " or ".join(_FAMILIES[name].format(split="train") for name in names)
        raise FormatError(f"{folder} has no annotation table; expected {expected} (and dev, test)")
    return next(iter(found.values()))


def _family(source: Path, name: str) -> dict[Path, str]:
    """The tables of one way of splitting, in the first folder that has any."""
    for folder in _FOLDERS:
        tables = tables_at(source / folder, _FAMILIES[name])
        if tables:
            return {path: split for split, path in tables.items()}
    return {}


def _entries(tables: Mapping[Path, str], ledger: Ledger) -> Iterator[Entry]:
    for path, split in tables.items():
        rows = table_rows(path, ledger, delimiter="|", columns=("path", "glosses"))
        for line, cells in rows:
            clip = _clip(cells["path"].strip(), cells["glosses"].strip(), split)
            yield Entry(clip, file=path.name, line=line)


def _clip(video: str, label: str, split: str) -> Clip:
    path = PurePosixPath(video)
    match = _FOLDER.match(path.parent.name)
    is_isolated = match is not None and match["kind"] == "glosses"
    glosses = one_gloss(label) if is_isolated else tuple(label.split())
    recording = path.parent.name.removesuffix(f"_{match['kind']}") if match else ""
    values = (
        match["scenario"] if match else "",
        match["take"] if match else "",
        label if is_isolated and glosses != (label,) else "",
    )
    return Clip(
        clip_id=clip_id_of(path),
        video=video,
        glosses=glosses,
        signer=match["signer"] if match else "",
        language="gss",
        split=split,
        session=recording,
        extra=dict(zip(_EXTRA, values, strict=True)),
    )
