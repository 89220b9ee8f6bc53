"""YouTube-ASL: American Sign Language on YouTube, as a list of video ids and captions.

Nothing but the ids is published: whoever uses the corpus fetches the videos and their captions. The
source is a folder with the list (a text file, an id a line) and the captions (`ID.vtt`, or with a
language: `ID.en.vtt`, `ID.en-US.vtt`), or one of both. Every cue is a clip with its text; there are
no glosses and no signers.

Source: Uthus, Tanzer and Georg 2023, arXiv:2306.15162; the ids are at
https://github.com/google-research/google-research/tree/master/youtube_asl.
"""

import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from signkit.clip import Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import LEFT_OUT, Ledger
from signkit.convert.tables import text_lines
from signkit.convert.webvtt import parse_vtt
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

LANGUAGE = "ase"
_ID = re.compile(r"[A-Za-z0-9_-]+")
_CAPTIONS = re.compile(rf"({_ID.pattern})(?:\.([A-Za-z]{{2,3}}(?:-\w+)*))?\.(?:vtt|srt)")
_HEADERS = frozenset({"id", "video_id", "videoid", "youtube_id"})


def read_youtube_asl(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The cues of all captions; one file of captions is in memory at a time.

    Args:
        source: A folder with the list, the captions, or both; or the list, beside the captions.
        options: Nothing of it is used.
        ledger: Told about ids without captions, and captions without an id.

    Raises:
        FormatError: There is neither a list of ids nor a file of captions.
    """
    folder, listed = _list_of_ids(source)
    captions = _captions(folder)
    if listed is None and not captions:
        raise FormatError(
            f"{source} has neither a list of video ids (.txt, an id a line) nor captions "
            "(ID.en.vtt); fetch them first, see 'signkit import youtube-asl --card'"
        )
    return Corpus(
        info=DatasetInfo(name="youtube-asl", note="a clip for each cue of the captions"),
        entries=_entries(folder, listed, captions, ledger),
    )


def _list_of_ids(source: Path) -> tuple[Path, Path | None]:
    """The folder of the captions, and the list of ids where there is one."""
    if source.is_file():
        return source.parent, source
    if not source.is_dir():
        raise FormatError(f"no file or folder at {source}")
    lists = sorted(path for path in source.glob("*.txt") if not path.name.startswith("."))
    if len(lists) > 1:
        names = ", ".join(path.name for path in lists)
        raise FormatError(f"{source} has several lists ({names}); give the list itself as SOURCE")
    return source, lists[0] if lists else None


def _captions(folder: Path) -> list[str]:
    """Paths of all files of captions below a folder, in order."""
    paths = [
        PurePosixPath(Path(place).relative_to(folder).as_posix()) / name
        for place, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith((".vtt", ".srt")) and not name.startswith(".")
    ]
    return sorted(map(str, paths))


def _entries(
    folder: Path, listed: Path | None, captions: Sequence[str], ledger: Ledger
) -> Iterator[Entry]:
    of_video = _by_video(captions, ledger)
    ids = list(of_video) if listed is None else _ids(listed, ledger)
    for video_id in ids:
        files = of_video.pop(video_id, [])
        for other in files[1:]:
            ledger.unlisted(other, f"{files[0]} has captions of the same video")
        entries = list(_cues(folder / files[0], video_id, ledger)) if files else []
        if not entries:
            reason = f"{files[0]} has no cue" if files else "no captions"
            clip = Clip(video_id, video=f"{video_id}.mp4", language=LANGUAGE)
            ledger.missing(clip, reason)
        yield from entries
    for files in of_video.values():
        for file in files:
            ledger.unlisted(file)


def _cues(path: Path, video_id: str, ledger: Ledger) -> Iterator[Entry]:
    """A clip for every cue of a file of captions."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        found = f"is not UTF-8 text ({error.reason})"
        ledger.bad("unreadable", found, file=path.name, action=LEFT_OUT)
        return
    for number, cue in enumerate(parse_vtt(text, name=path.name, ledger=ledger), start=1):
        clip = Clip(
            f"{video_id}-{number}",
            video=f"{video_id}.mp4",
            start_s=cue.start_s,
            end_s=cue.end_s,
            text=cue.text,
            language=LANGUAGE,
            session=video_id,
        )
        yield Entry(clip, file=path.name, line=cue.line, is_unlabelled=True)


def _by_video(captions: Sequence[str], ledger: Ledger) -> dict[str, list[str]]:
    """Video id to its English captions, those to be read first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for file in captions:
        match = _CAPTIONS.fullmatch(PurePosixPath(file).name)
        if match is None:
            ledger.unlisted(file, "its name is not a video id, as in ID.vtt or ID.en.vtt")
            continue
        video_id, language = match.group(1), (match.group(2) or "").lower()
        if language and language.split("-")[0] != "en":
            ledger.unlisted(file, f"captions in {match.group(2)!r}, expected English")
            continue
        rank = ("en", "").index(language) if language in ("en", "") else 2
        found.setdefault(video_id, []).append((rank, file))
    return {video_id: [file for _, file in sorted(files)] for video_id, files in found.items()}


def _ids(path: Path, ledger: Ledger) -> Iterator[str]:
    """The ids of a list, each once."""
    seen: set[str] = set()
    for number, line in text_lines(path, ledger):
        video_id = line.strip()
        note = partial(ledger.bad, file=path.name, line=number, action=LEFT_OUT)
        if number == 1 and video_id.lower() in _HEADERS:
            continue
        if not _ID.fullmatch(video_id):
            note("unreadable", f"has {video_id!r}, expected the id of a video")
        elif video_id in seen:
            note("duplicate_id", f"repeats the id {video_id!r}", clip_id=video_id)
        else:
            seen.add(video_id)
            yield video_id
