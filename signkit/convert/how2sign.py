"""How2Sign: American Sign Language of instruction videos, in English.

Tables joined by tabs and without quoting: `how2sign_realigned_{train,val,test}.csv` with `VIDEO_ID,
VIDEO_NAME, SENTENCE_ID, SENTENCE_NAME, START_REALIGNED, END_REALIGNED, SENTENCE`, and the older
`how2sign_train.csv` and its like with `START, END`. Times are seconds of the raw recording
`VIDEO_NAME.mp4`. The corpus also comes cut into `SENTENCE_NAME.mp4`; a cut clip is all of itself,
so its row has no window. A row names the raw recording, unless the folder of videos has the cut
clip only; what it does not name is kept beside it.

Times that lie behind the end of a recording are known (how2sign-data, issue 9). The tables do not
say how long a recording is, so that shows when the windows meet the video or its landmarks.

Source: Duarte et al. 2021, arXiv:2008.08143; https://how2sign.github.io
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from signkit.clip import SPLITS, Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.split_tables import (
    find_tables,
    kept_cells,
    kept_columns,
    shape_of,
    tables_at,
)
from signkit.convert.tables import table_rows
from signkit.convert.videos import VideoFolder
from signkit.dataset import DatasetInfo

_NAMED = ("VIDEO_NAME", "SENTENCE_NAME", "SENTENCE")
_SHAPES = {
    "realigned": (*_NAMED, "START_REALIGNED", "END_REALIGNED"),
    "original": (*_NAMED, "START", "END"),
}
_FOLDERS = (
    "",
    "{split}/",
    "{split}/text/en/raw_text/re_aligned/",
    "{split}/text/en/raw_text/",
    "sentence_level/{split}/text/en/raw_text/re_aligned/",
    "sentence_level/{split}/text/en/raw_text/",
)
_TABLES = [
    f"{folder}{table}"
    for table in ("how2sign_realigned_{split}.csv", "how2sign_{split}.csv")
    for folder in _FOLDERS
]
_EXTRA = (
    "x_times",
    "x_number_in_name",
    "x_cut_video",
    "x_raw_video",
    "x_raw_start_s",
    "x_raw_end_s",
)
_NUMBER = re.compile(r"-(\d+)-rgb_(front|side)$")


def read_how2sign(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The sentences of How2Sign; of each split the realigned table, or else the original one.

    Raises:
        FormatError: There is no table, or it has other columns.
    """
    tables = _tables(source)
    shapes = {path: shape_of(path, "\t", _SHAPES) for path in tables}
    used = {shape: (*columns, "VIDEO_ID") for shape, columns in _SHAPES.items()}
    extras = kept_columns(shapes, "\t", used)
    videos = VideoFolder(options.videos) if options.videos else None
    return Corpus(
        info=DatasetInfo(name="how2sign"),
        entries=_entries(tables, shapes, extras, videos, ledger),
        extra=(*_EXTRA, *extras.values()),
    )


def _tables(source: Path) -> dict[Path, str]:
    """One table a split: of those that are there, the one that comes first in `_TABLES`."""
    found: dict[str, Path] = {}
    for template in reversed(_TABLES):
        found |= tables_at(source, template)
    if found:
        return {found[split]: split for split in SPLITS if split in found}
    return find_tables(source, _TABLES)


def _entries(
    tables: Mapping[Path, str],
    shapes: Mapping[Path, str],
    extras: Mapping[str, str],
    videos: VideoFolder | None,
    ledger: Ledger,
) -> Iterator[Entry]:
    for path, split in tables.items():
        start, end = _SHAPES[shapes[path]][-2:]
        for line, cells in table_rows(path, ledger, delimiter="\t"):
            try:
                window = float(cells[start]), float(cells[end])
            except ValueError:
                ledger.bad(
                    "unreadable",
                    f"has {start} {cells[start]!r} and {end} {cells[end]!r}, expected seconds",
                    file=path.name,
                    line=line,
                    clip_id=cells["SENTENCE_NAME"].strip(),
                    action=LEFT_OUT,
                )
                continue
            clip = _clip(cells, window, split, videos)
            clip.extra["x_times"] = shapes[path]
            clip.extra.update(kept_cells(cells, extras))
            yield Entry(clip, file=path.name, line=line, is_unlabelled=True)


def _clip(
    cells: Mapping[str, str], window: tuple[float, float], split: str, videos: VideoFolder | None
) -> Clip:
    recording, sentence = cells["VIDEO_NAME"].strip(), cells["SENTENCE_NAME"].strip()
    raw, cut = f"{recording}.mp4", f"{sentence}.mp4"
    is_cut = videos is not None and videos.find(raw) is None and videos.find(cut) is not None
    number = _NUMBER.search(recording)
    start_s, end_s = (None, None) if is_cut else window
    other = {"x_cut_video": cut}
    if is_cut:
        other = {
            "x_raw_video": raw,
            "x_raw_start_s": repr(window[0]),
            "x_raw_end_s": repr(window[1]),
        }
    return Clip(
        clip_id=cells["SENTENCE_NAME"],
        video=cut if is_cut else raw,
        start_s=start_s,
        end_s=end_s,
        text=cells["SENTENCE"],
        language="ase",
        split=split,
        session=cells.get("VIDEO_ID", "").strip(),
        extra={"x_number_in_name": number[1] if number else "", **other},
    )
