"""Isharah and the SignEval challenges: tables of glosses, and pickles with 86 landmarks.

A folder has a table for each split, `train.csv` or `train.txt` and its like, joined by pipes in
spite of the name: `id|gloss`, `id|gloss|text`, or only `id` where the glosses are withheld. The
`.stm` and `.json` files of some kits hold the same and are read where there is no table. An id is
`SS_NNNN`, signer and sentence; those of the Isharah-1000 test are numbers that tell neither.

Pickles beside the tables map an id to `{"keypoints": (T, 86, 2)}`: source pixels, and a part that
was not seen is all zeros. They say neither the size of the frame, which differs from phone to
phone, nor the frame rate.

Source: Alyami et al. 2025, arXiv:2506.03615 (Isharah), and the SignEval challenges of 2025 and
2026; shapes as measured in their published files. The rate of 25 is what third parties say.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signkit.clip import EXTRA_PREFIX, SPLITS, Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.safe_pickle import LazyPickle
from signkit.convert.split_tables import header_of, tables_at
from signkit.convert.stm import stm_segments
from signkit.convert.tables import read_json, table_rows
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError
from signkit.pose import PoseSequence
from signkit.skeletons.isharah import ISHARAH_86

FPS = 25.0
LANGUAGE = "sdl"  # Saudi Arabian Sign Language
_ID = re.compile(r"(\d\d)_(\d+)")
_KNOWN = ("id", "gloss", "text")
_JSON_KEYS = ("video_id", "gloss_sequence")
_LEAST_PX = 2.0
_PARTS = [ISHARAH_86.part_indices(part) for part in ISHARAH_86.parts]


def read_signeval(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of a folder of tables, with landmarks where it has pickles.

    Raises:
        FormatError: There is no table; or there are pickles and `options` lacks the frame size.
    """
    tables = _tables(source)
    if not list(_pickles(source)):
        if options.size or options.fps:
            raise FormatError(f"{source} has no pickle, so there is no use for --size and --fps")
        return Corpus(DatasetInfo("signeval"), _clips(tables, ledger), extra=_extra(tables))
    if options.size is None:
        raise FormatError(
            f"the pickles in {source} hold pixels and do not say of what frame; give --size WxH, "
            "the size of the videos"
        )
    poses = _Poses(source, options, ledger)
    info = DatasetInfo(
        "signeval",
        skeleton=ISHARAH_86,
        extractor={"name": "mediapipe", "version": "unknown"},
        note=_note(options),
    )
    return Corpus(info, poses.joined(tables), extra=_extra(tables), close=poses.close)


def _note(options: ImportOptions) -> str:
    given = "was given by the user" if options.fps else "is unconfirmed: third parties say so"
    return (
        f"The frame rate of {options.fps or FPS:g} {given}. The frame size is the same for all "
        "clips and was given by the user. Parts that were all zeros are unseen."
    )


def _tables(source: Path) -> dict[str, Path]:
    """Split to its table: pipes before `.stm` before `.json`."""
    if not source.is_dir():
        raise FormatError(f"no folder at {source}; expected one with train.csv, dev.csv, test.csv")
    csv, txt = tables_at(source, "{split}.csv"), tables_at(source, "{split}.txt")
    both = [split for split in SPLITS if split in csv and split in txt]
    if both:
        first, second = csv[both[0]].name, txt[both[0]].name
        raise FormatError(f"{source} has {first} and {second}; leave one of them there")
    segments, records = tables_at(source, "{split}.stm"), tables_at(source, "{split}.json")
    found = {**records, **segments, **txt, **csv}
    if not found:
        raise FormatError(
            f"{source} has no table; expected train.csv, dev.csv or test.csv with id|gloss"
        )
    return {split: found[split] for split in SPLITS if split in found}


def _extra(tables: dict[str, Path]) -> tuple[str, ...]:
    columns = ["x_sentence"]
    for path in tables.values():
        if path.suffix in (".csv", ".txt"):
            columns += [_own(name) for name in header_of(path, "|") if name not in _KNOWN]
        elif path.suffix == ".json":
            columns.append("x_original_info")
    return tuple(dict.fromkeys(columns))


def _own(name: str) -> str:
    return name if name.startswith(EXTRA_PREFIX) else EXTRA_PREFIX + name


def _clips(tables: dict[str, Path], ledger: Ledger) -> Iterator[Entry]:
    read = {".stm": _stm_entries, ".json": _json_entries}
    for split, path in tables.items():
        yield from read.get(path.suffix, _table_entries)(path, split, ledger)


def _table_entries(path: Path, split: str, ledger: Ledger) -> Iterator[Entry]:
    for line, cells in table_rows(path, ledger, delimiter="|", required=("id",)):
        signer, sentence = _signer_and_sentence(cells["id"].strip(), path, line, ledger)
        own = {_own(name): cell for name, cell in cells.items() if name not in _KNOWN}
        clip = Clip(
            cells["id"],
            glosses=tuple(cells.get("gloss", "").split()),
            text=cells.get("text", ""),
            signer=signer,
            language=LANGUAGE,
            split=split,
            extra={"x_sentence": sentence, **own},
        )
        yield Entry(clip, file=path.name, line=line, is_unlabelled="gloss" not in cells)


def _stm_entries(path: Path, split: str, ledger: Ledger) -> Iterator[Entry]:
    for line, segment in stm_segments(path, ledger):
        _, sentence = _signer_and_sentence(segment.name, path, line, ledger)
        clip = Clip(
            segment.name,
            start_s=segment.start_s,
            end_s=segment.end_s,
            glosses=segment.glosses,
            signer=segment.signer,
            language=LANGUAGE,
            split=split,
            extra={"x_sentence": sentence},
        )
        yield Entry(clip, file=path.name, line=line, is_unlabelled=split == "test")


def _json_entries(path: Path, split: str, ledger: Ledger) -> Iterator[Entry]:
    records = read_json(path)
    if not isinstance(records, list):
        raise FormatError(f"{path} holds a {type(records).__name__}, expected a list of records")
    for number, record in enumerate(records, start=1):
        if not (isinstance(record, dict) and all(key in record for key in _JSON_KEYS)):
            found = f"is no record with {' and '.join(_JSON_KEYS)}"
            ledger.bad("unreadable", found, file=path.name, line=number, action=LEFT_OUT)
            continue
        glosses = record["gloss_sequence"]
        if not isinstance(glosses, str | list | None) or not _is_id(record["video_id"]):
            found = "has a video_id or a gloss_sequence of another type than text"
            ledger.bad("unreadable", found, file=path.name, line=number, action=LEFT_OUT)
            continue
        clip_id = str(record["video_id"])
        info = record.get("original_info", "")
        clip = Clip(
            clip_id,
            glosses=tuple(glosses.split() if isinstance(glosses, str) else map(str, glosses or ())),
            signer=_text(record.get("signer")),
            language=LANGUAGE,
            split=split,
            extra={
                "x_sentence": _text(record.get("sentence_id")),
                "x_original_info": info if isinstance(info, str) else json.dumps(info),
            },
        )
        yield Entry(clip, file=path.name, line=number, is_unlabelled=split == "test")


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or (type(value) is int and abs(value) < 2**63)


def _text(value: Any) -> str:
    """A value as text; nothing for null."""
    return "" if value is None else str(value)


def _signer_and_sentence(clip_id: str, path: Path, line: int, ledger: Ledger) -> tuple[str, str]:
    """What an id tells; nothing where it is a number, as in the test of Isharah-1000."""
    told = _ID.fullmatch(clip_id)
    if told:
        return told[1], told[2]
    if clip_id and not clip_id.isdecimal():
        found = f"has the id {clip_id!r}, expected SS_NNNN, signer and sentence"
        ledger.bad("unknown_signer", found, file=path.name, line=line, clip_id=clip_id)
    return "", ""


def _pickles(source: Path) -> Iterator[Path]:
    return (p for p in sorted(source.iterdir()) if p.suffix in (".pkl", ".pickle"))


class _Poses:
    """The landmarks of a folder's pickles, which stay there until they are asked for."""

    def __init__(self, source: Path, options: ImportOptions, ledger: Ledger) -> None:
        assert options.size is not None
        self._size = options.size
        self._fps = options.fps or FPS
        self._ledger = ledger
        self._files = ExitStack()
        self._values: dict[str, Any] = {}
        with ExitStack() as files:
            for path in _pickles(source):
                opened = LazyPickle(path)
                files.callback(opened.close)
                self._take(path, opened.value)
            self._files = files.pop_all()

    def close(self) -> None:
        self._files.close()

    def _take(self, path: Path, values: Any) -> None:
        if not isinstance(values, dict):
            raise FormatError(f"{path} holds a {type(values).__name__}, expected a dict of clips")
        for key, value in values.items():
            if not _is_id(key):
                self._ledger.unlisted(type(key).__name__, f"{path.name} has a key that is no id")
            elif str(key) in self._values:
                self._ledger.unlisted(str(key), f"{path.name} has it again; the first is taken")
            else:
                self._values[str(key)] = value

    def joined(self, tables: dict[str, Path]) -> Iterator[Entry]:
        """Every row of the tables with its landmarks; what no row names is noted."""
        unused = dict.fromkeys(self._values)
        for entry in _clips(tables, self._ledger):
            clip_id = entry.clip.clip_id.strip()
            unused.pop(clip_id, None)
            if clip_id not in self._values:
                yield replace(entry, missing="no pickle has landmarks of it")
            else:
                yield replace(entry, read=partial(self._pose, clip_id))
        for clip_id in unused:
            self._ledger.unlisted(clip_id)

    def _pose(self, clip_id: str) -> PoseSequence:
        coords = isharah_coords(self._values[clip_id])
        seen = ~np.isnan(coords).any(axis=-1)
        return PoseSequence(
            clip_id=clip_id,
            skeleton=ISHARAH_86,
            coords=coords,
            confidence=seen.astype(np.float32),
            fps=self._fps,
            width_px=self._size[0],
            height_px=self._size[1],
        )


def isharah_coords(value: Any) -> NDArray[np.float32]:
    """(T, 86, 2) pixels of a clip in a pickle, NaN where a whole part is zero.

    Values beyond x and y are left out.

    Raises:
        FormatError: It is something else.
    """
    if not (isinstance(value, dict) and "keypoints" in value):
        raise FormatError("is no dict with 'keypoints'")
    try:
        coords = np.asarray(value["keypoints"])
    except (ValueError, TypeError, OverflowError) as error:
        raise FormatError("has keypoints that make no array") from error
    n_landmarks = ISHARAH_86.n_landmarks
    if coords.ndim != 3 or coords.shape[1] != n_landmarks or coords.shape[2] < 2:
        raise FormatError(f"has keypoints of shape {coords.shape}, expected (T, {n_landmarks}, 2)")
    if coords.dtype.kind not in "fiu":
        raise FormatError(f"has keypoints of {coords.dtype}, expected numbers")
    coords = coords[..., :2].astype(np.float32)
    if np.isinf(coords).any():
        raise FormatError("has infinite keypoints")
    for part in _PARTS:
        hidden = (coords[:, part] == 0).all(axis=(1, 2))
        coords[np.ix_(hidden, part)] = np.nan
    greatest = np.nanmax(np.abs(coords), initial=0)
    if 0 < greatest <= _LEAST_PX:
        raise FormatError(f"has keypoints up to {greatest:g}, expected pixels of the source frame")
    return coords
