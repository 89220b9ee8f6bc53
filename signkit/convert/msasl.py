"""MS-ASL: single signs of American Sign Language in YouTube videos.

`MSASL_{train,val,test}.json` is a list of records, one a sign: the gloss as `text` (synonyms are
merged; `clean_text` and `org_text` are what stood there before), its class as `label`, the signer,
the web address, the frames `start` to `end` and the same in seconds as `start_time` and `end_time`.
A frame number is the time times `fps`, so `end` does not belong to the sign. Subsets are classes
below K. The corpus has no ids: a clip is called after its video and its frames, so that an id does
not depend on the order of the rows.

Some copies have frames and no frame rate. Rates differ from video to video, so such a row has no
window; each is noted.

Source: Vaezi Joze and Koller, BMVC 2019, arXiv:1812.01053
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signkit.clip import Clip, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.split_tables import split_in, tables_named
from signkit.convert.tables import read_json, whole_number
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

LANGUAGE = "ase"

_YOUTUBE = re.compile(r"(?:[?&]v=|youtu\.be/|/embed/)([\w-]{11})")
_EXTRA = {
    "x_class": "label",
    "x_start": "start",
    "x_end": "end",
    "x_fps": "fps",
    "x_box": "box",
    "x_clean_text": "clean_text",
    "x_org_text": "org_text",
    "x_file": "file",
    "x_url": "url",
    "x_signer": "signer",
    "x_review": "review",
    "x_width": "width",
    "x_height": "height",
}


def read_msasl(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The signs of MS-ASL; one JSON file at a time is read whole.

    Raises:
        FormatError: There is no annotation file, or it is not a list of records with `url`.
    """
    paths = tables_named(
        source,
        "*.json",
        expected="annotations of MS-ASL; "
        "expected MSASL_train.json, MSASL_val.json or MSASL_test.json",
    )
    return Corpus(
        info=DatasetInfo(name="msasl"),
        entries=_entries(paths, ledger),
        extra=("x_label", *_EXTRA),
        names_signers=True,
    )


def _entries(paths: list[Path], ledger: Ledger) -> Iterator[Entry]:
    for path in paths:
        for line, record in enumerate(_records(path), start=1):
            try:
                clip = _clip(record, split_in(path.name))
            except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                found = f"has a record that cannot be read ({type(error).__name__}: {error})"
                ledger.bad("unreadable", found, file=path.name, line=line, action=LEFT_OUT)
                continue
            if clip.end_s is None:
                _note_no_window(clip, path.name, line, ledger)
            yield Entry(clip, file=path.name, line=line)


def _records(path: Path) -> list[Any]:
    content = read_json(path)
    first = content[0] if isinstance(content, list) and content else None
    if not isinstance(first, dict) or "url" not in first:
        raise FormatError(f"{path} has no signs of MS-ASL; expected a list of records with 'url'")
    assert isinstance(content, list)
    return content


def _note_no_window(clip: Clip, file: str, line: int, ledger: Ledger) -> None:
    first, last = clip.extra.get("x_start", ""), clip.extra.get("x_end", "")
    found = (
        f"is from frame {first} to {last} at an unknown frame rate, so it has no time window; the "
        "published files have start_time and end_time"
    )
    ledger.bad("missing_value", found, file=file, line=line, clip_id=clip.clip_id)


def _clip(record: dict[str, Any], split: str) -> Clip:
    """The row of one record.

    Raises:
        KeyError: It lacks what every record needs.
        ValueError: A number or the web address makes no sense.
    """
    video_id = _youtube_id(record["url"])
    start_s, end_s = _window(record)
    label = str(record.get("text") or record.get("clean_text") or "")
    glosses = one_gloss(label)
    extra = {name: _cell(record[key]) for name, key in _EXTRA.items() if key in record}
    return Clip(
        f"{video_id}-{_place(record)}",
        f"{video_id}.mp4",
        start_s,
        end_s,
        glosses,
        signer=_cell(record.get("signer_id")),
        language=LANGUAGE,
        split=split,
        extra=extra | ({"x_label": label} if glosses != (label,) else {}),
    )


def _youtube_id(url: str) -> str:
    found = _YOUTUBE.search(url)
    if found is None:
        raise ValueError(f"no YouTube video in {url!r}")
    return found[1]


def _place(record: dict[str, Any]) -> str:
    """Where in the video the sign is: frames, or milliseconds where there are none."""
    if "start" in record and "end" in record:
        return f"{whole_number(record['start'])}-{whole_number(record['end'])}"
    start_s, end_s = float(record["start_time"]), float(record["end_time"])
    return f"{start_s * 1000:.0f}ms-{end_s * 1000:.0f}ms"


def _window(record: dict[str, Any]) -> tuple[float | None, float | None]:
    """Seconds as the source says them, else from frames and their rate, else nothing."""
    if "start_time" in record and "end_time" in record:
        return float(record["start_time"]), float(record["end_time"])
    if not record.get("fps"):
        return None, None
    fps = float(record["fps"])
    return whole_number(record["start"]) / fps, whole_number(record["end"]) / fps


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
