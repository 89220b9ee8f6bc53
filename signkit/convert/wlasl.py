"""WLASL: single signs of American Sign Language, collected from teaching sites and YouTube.

Two shapes are published. `WLASL_v0.3.json` (and cuts of it as `asl100.json`) is a list of glosses
with their instances, each with a signer, a box and a web address; `nslt_100.json` and its like name
a class, a subset and frames for every video, and `wlasl_class_list.txt` beside it names the
classes. Subsets are the first K glosses: `x_class` below K.

Frames count from 1, the last one belongs to the sign, -1 is the last of the video, and they assume
25 frames a second (README of the corpus). For a video from YouTube they mean the whole video: the
corpus's own script cuts it, and calls what it cuts out `VIDEO_ID.mp4`. Other videos it copies. So a
window holds for `YOUTUBE_ID.mp4`, and not for a `VIDEO_ID.mp4` that was cut; with `--videos` it is
seen which one is there. Without it the window stays and the video is called `VIDEO_ID.mp4`.

Source: Li et al., WACV 2020, https://github.com/dxli94/WLASL
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signkit.clip import Clip, one_gloss
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.tables import (
    is_whole_number,
    read_json,
    split_name,
    table_rows,
    whole_number,
)
from signkit.convert.videos import VideoFolder
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

LANGUAGE = "ase"
FPS = 25.0
CLASS_LIST = "wlasl_class_list.txt"

_WHOLE = (1, -1)
_YOUTUBE = re.compile(r"youtu(?:\.be/|be\.com/\S*v=)([\w-]{11})")
_KEPT = {
    "x_bbox": "bbox",
    "x_instance": "instance_id",
    "x_variation": "variation_id",
    "x_source": "source",
    "x_url": "url",
}
_EXTRA = ("x_label", "x_class", "x_frame_start", "x_frame_end", *_KEPT)


@dataclass(frozen=True)
class _Table:
    """One annotation file: a list of glosses, or a video id to its class and frames."""

    path: Path
    content: list[Any] | dict[str, Any]

    @property
    def is_list(self) -> bool:
        return isinstance(self.content, list)


@dataclass(frozen=True, slots=True)
class _Instance:
    """A sign in a video; `frames` is the first and the last, from 1, -1 for the video's last."""

    video_id: str
    label: str
    class_id: int
    split: str
    frames: tuple[int, int]
    file: str
    line: int
    fps: float = FPS
    signer: str = ""
    url: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def youtube_id(self) -> str:
        found = _YOUTUBE.search(self.url)
        return found[1] if found else ""


def read_wlasl(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The instances of WLASL; a JSON file is read whole.

    A folder may hold several files: lists of glosses count before `nslt` files and large files
    before small ones, and a clip that one has is not taken again from the next.

    Raises:
        FormatError: There is no annotation file, or it has neither of the published shapes.
    """
    tables = _tables(source)
    names = {t.path: {} if t.is_list else _class_names(t.path, ledger) for t in tables}
    folder = VideoFolder(options.videos) if options.videos else None
    return Corpus(
        info=DatasetInfo(name="wlasl", note=f"frame numbers are read at {FPS:g} frames a second"),
        entries=_entries(tables, names, folder, ledger),
        extra=_EXTRA,
        names_signers=all(table.is_list for table in tables),
    )


def _tables(source: Path) -> list[_Table]:
    """The annotation files, those that say most first."""
    if not source.exists():
        raise FormatError(f"no folder or file at {source}")
    paths = [source] if source.is_file() else sorted(source.glob("*.json"))
    found = [_Table(path, read_json(path)) for path in paths]
    tables = [table for table in found if _is_wlasl(table.content)]
    if not tables:
        raise FormatError(
            f"{source} has no annotations of WLASL; expected WLASL_v0.3.json, a list of glosses "
            "with instances, or nslt_100.json, video ids with subset and action"
        )
    return sorted(tables, key=lambda table: (not table.is_list, -len(table.content)))


def _is_wlasl(content: Any) -> bool:
    if isinstance(content, dict):
        first = next(iter(content.values()), None)
        return isinstance(first, dict) and {"subset", "action"} <= first.keys()
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and {"gloss", "instances"} <= first.keys()


def _class_names(path: Path, ledger: Ledger) -> dict[int, str]:
    """Class number to gloss, where the class list lies beside the annotations."""
    classes = path.with_name(CLASS_LIST)
    if not classes.is_file():
        found = f"has class numbers and no {CLASS_LIST} beside it; the numbers are the glosses"
        ledger.bad("missing_value", found, file=path.name)
        return {}
    rows = table_rows(classes, ledger, delimiter="\t", columns=("class", "gloss"))
    return {int(row["class"]): row["gloss"] for _, row in rows if is_whole_number(row["class"])}


def _entries(
    tables: list[_Table],
    names: dict[Path, dict[int, str]],
    folder: VideoFolder | None,
    ledger: Ledger,
) -> Iterator[Entry]:
    had: dict[str, _Instance] = {}  # by the files before
    for table in tables:
        here: dict[str, _Instance] = {}
        for instance in _instances(table, names[table.path], ledger):
            if instance.video_id in had:
                _note_conflict(instance, had[instance.video_id], ledger)
                continue
            here[instance.video_id] = instance
            yield Entry(_clip(instance, folder), file=instance.file, line=instance.line)
        had |= here


def _note_conflict(instance: _Instance, before: _Instance, ledger: Ledger) -> None:
    """Say where two files contradict each other; class numbers alone are not compared."""
    values = [("split", instance.split, before.split)]
    if not instance.label.isdecimal():
        values.append(("gloss", instance.label, before.label))
    for what, value, other in values:
        if value != other:
            ledger.bad(
                "conflict",
                f"has {what} {value!r}, {before.file} {other!r}, which is taken",
                file=instance.file,
                line=instance.line,
                clip_id=instance.video_id,
            )


def _instances(table: _Table, names: dict[int, str], ledger: Ledger) -> Iterator[_Instance]:
    """Every record that makes sense; the others are noted. Records count from 1."""
    file = table.path.name
    for line, (key, gloss, record) in enumerate(_records(table.content), start=1):
        try:
            if isinstance(key, str):
                yield _from_nslt(key, record, names, file, line)
            else:
                yield _from_list(key, gloss, record, file, line)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            found = f"has a record that cannot be read ({type(error).__name__}: {error})"
            clip_id = key if isinstance(key, str) else ""
            ledger.bad("unreadable", found, file=file, line=line, clip_id=clip_id, action=LEFT_OUT)


def _records(content: list[Any] | dict[str, Any]) -> Iterator[tuple[str | int, str, Any]]:
    """Of a list: class number, gloss, instance; of an `nslt` file: video id, nothing, record."""
    if isinstance(content, dict):
        yield from ((video_id, "", record) for video_id, record in content.items())
        return
    for class_id, entry in enumerate(content):
        if not isinstance(entry, dict) or not isinstance(entry.get("instances"), list):
            yield class_id, "", entry
            continue
        for instance in entry["instances"]:
            yield class_id, _text(entry.get("gloss")), instance


def _from_nslt(
    video_id: str, record: Any, names: dict[int, str], file: str, line: int
) -> _Instance:
    class_id, start, end = (whole_number(value) for value in record["action"])
    return _Instance(
        video_id,
        label=names.get(class_id, str(class_id)),
        class_id=class_id,
        split=split_name(_text(record["subset"])),
        frames=(start, end),
        file=file,
        line=line,
    )


def _from_list(class_id: int, gloss: str, record: Any, file: str, line: int) -> _Instance:
    video_id = _text(record["video_id"])
    frames = record.get("frame_start", 1), record.get("frame_end", -1)
    fps = float(record.get("fps") or FPS)
    if not fps > 0:
        raise ValueError(f"a frame rate of {fps:g}")
    return _Instance(
        video_id,
        label=gloss,
        class_id=class_id,
        split=split_name(_text(record.get("split"))),
        frames=(whole_number(frames[0]), whole_number(frames[1])),
        file=file,
        line=line,
        fps=fps,
        signer=_text(record.get("signer_id")),
        url=_text(record.get("url")),
        extra={name: _text(record.get(key)) for name, key in _KEPT.items()},
    )


def _text(value: Any) -> str:
    """A value as a cell of the clip table; a box is numbers with spaces between."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _clip(instance: _Instance, folder: VideoFolder | None) -> Clip:
    video, is_cut = _video(instance, folder)
    start_s, end_s = (None, None) if is_cut else _window(*instance.frames, instance.fps)
    first, last = instance.frames
    own = {"x_class": str(instance.class_id), "x_frame_start": str(first), "x_frame_end": str(last)}
    glosses = one_gloss(instance.label)
    label = {"x_label": instance.label} if glosses != (instance.label,) else {}
    return Clip(
        instance.video_id,
        video,
        start_s,
        end_s,
        glosses,
        signer=instance.signer,
        language=LANGUAGE,
        split=instance.split,
        session=instance.youtube_id,
        extra={**instance.extra, **own, **label},
    )


def _video(instance: _Instance, folder: VideoFolder | None) -> tuple[str, bool]:
    """What the video is called, and whether the sign was cut out of a longer one already.

    An `nslt` file does not say where a video is from; the corpus's own loader reads all of it.
    """
    own, youtube_id = f"{instance.video_id}.mp4", instance.youtube_id
    if folder is None:
        return own, False
    if folder.find(own) is not None:
        return own, bool(youtube_id or not instance.url)
    whole = youtube_id and folder.find(f"{youtube_id}.mp4")
    return whole or own, False


def _window(first: int, last: int, fps: float) -> tuple[float | None, float | None]:
    """Seconds of the frames `first` to `last`, which count from 1; nothing for a whole video."""
    if (first, last) == _WHOLE:
        return None, None
    return (first - 1) / fps, None if last == -1 else last / fps
