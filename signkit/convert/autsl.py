"""AUTSL: single signs of Turkish Sign Language.

`train_labels.csv`, `validation_labels.csv` and `test_labels.csv` have no header:
`signer0_sample1000,164`. The video is `signer0_sample1000_color.mp4`. The classes are named by
`SignList_ClassId_TR_EN.csv` (`ClassId,TR,EN`): the Turkish name is the gloss, the English one is
`x_en`, and without that list the class number is the gloss.

Source: Sincan and Keles 2020, IEEE Access 8, arXiv:2008.00932
"""

import re
from collections.abc import Iterator
from pathlib import Path

from signkit.clip import Clip, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, REPAIRED, Ledger
from signkit.convert.split_tables import split_in, tables_named
from signkit.convert.tables import is_whole_number, table_rows
from signkit.dataset import DatasetInfo

LANGUAGE = "tsm"
CLASS_LIST = "SignList_ClassId_TR_EN.csv"
SIGNERS = frozenset(f"signer{number}" for number in range(43))

_NAME = re.compile(r"^((signer\d+)_sample\d+)(?:_color|_depth)?(?:\.mp4)?$")

_Names = dict[int, tuple[str, str]]


def read_autsl(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of AUTSL: its tables of labels, row by row.

    Raises:
        FormatError: There is no table of labels.
    """
    paths = tables_named(
        source,
        "*_labels.csv",
        expected="labels of AUTSL; "
        "expected train_labels.csv, validation_labels.csv or test_labels.csv",
    )
    return Corpus(
        info=DatasetInfo(name="autsl", note="videos of 512x512 pixels, 30 frames a second"),
        entries=_entries(paths, _class_names(paths[0].with_name(CLASS_LIST), ledger), ledger),
        signers=SIGNERS,
        extra=("x_class", "x_en"),
        names_signers=True,
    )


def _class_names(path: Path, ledger: Ledger) -> _Names:
    """Class number to its gloss and its English name; two classes never share a gloss."""
    if not path.is_file():
        found = "is not beside the labels; class numbers are the glosses"
        ledger.bad("missing_value", found, file=path.name)
        return {}
    names: _Names = {}
    taken: dict[str, int] = {}
    required = ("ClassId", "TR", "EN")
    for line, row in table_rows(path, ledger, delimiter=",", required=required, is_quoted=True):
        if not is_whole_number(row["ClassId"].strip()):
            found = f"has the class number {row['ClassId']!r}"
            ledger.bad("unreadable", found, file=path.name, line=line, action=LEFT_OUT)
            continue
        number, gloss = int(row["ClassId"]), "".join(one_gloss(row["TR"]))
        if taken.setdefault(gloss, number) != number:
            found = f"has the name {gloss!r} of class {taken[gloss]}, now '{gloss}-{number}'"
            ledger.bad("conflict", found, file=path.name, line=line, action=REPAIRED)
            gloss = f"{gloss}-{number}"
        names[number] = (gloss, row["EN"].strip())
    return names


def _entries(paths: list[Path], names: _Names, ledger: Ledger) -> Iterator[Entry]:
    for path in paths:
        split = split_in(path.name)
        for line, row in table_rows(path, ledger, delimiter=",", columns=("name", "class")):
            name, label = row["name"].strip(), row["class"].strip()
            if not is_whole_number(label):
                found = f"has the class {label!r}, expected a number"
                ledger.bad("unreadable", found, file=path.name, line=line, action=LEFT_OUT)
                continue
            number = int(label)
            if names and number not in names:
                found = f"has the class {number}, which {CLASS_LIST} does not name"
                ledger.bad("missing_value", found, file=path.name, line=line, clip_id=name)
            yield Entry(_clip(name, number, names, split), file=path.name, line=line)


def _clip(name: str, number: int, names: _Names, split: str) -> Clip:
    found = _NAME.match(name)
    clip_id, signer = (found[1], found[2]) if found else (name, "")
    gloss, english = names.get(number, (str(number), ""))
    return Clip(
        clip_id,
        f"{clip_id}_color.mp4" if clip_id else "",
        glosses=(gloss,) if gloss else (),
        signer=signer,
        language=LANGUAGE,
        split=split,
        extra={"x_class": str(number), "x_en": english},
    )
