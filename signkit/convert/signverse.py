"""SignVerse-2M: DWPose landmarks of sign language videos from the web, with their captions.

The source is one `.tar` of the publication, a folder of them, or a folder of unpacked videos, each
`VIDEO/npz/poses.npz` (or a file a frame) with `VIDEO/captions`. Every caption becomes a clip, cut
out of the landmarks of its video, which are read and repaired once (`signverse_payload`); a video
without captions is one clip. Clips of a video share its id as their session, since they show the
same people. Sign languages and splits come from `SignVerse-2M-metadata_split.csv`, beside the tars
or one folder up.

In memory are the metadata, the index of one tar and the landmarks of one video at a time.

Source: SignVerse-2M, arXiv:2605.01720, https://huggingface.co/datasets/SignerX/SignVerse-2M.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, floor, isfinite
from pathlib import Path
from typing import Any, NoReturn

from signkit.clip import Clip
from signkit.convert.corpus import Corpus, Entry, ImportOptions
from signkit.convert.ledger import KEPT, LEFT_OUT, Ledger
from signkit.convert.people import check_policy
from signkit.convert.signverse_files import (
    COMPLETE,
    VideoFiles,
    english_first,
    find_videos,
    tars_of,
)
from signkit.convert.signverse_payload import REPAIRED, SKELETON
from signkit.convert.signverse_video import Video
from signkit.convert.tables import read_json, split_name, table_rows
from signkit.convert.webvtt import Cue, parse_vtt
from signkit.dataset import DatasetInfo
from signkit.errors import FormatError

METADATA = "SignVerse-2M-metadata_split.csv"
SHARDS = "runtime_state/archive_upload_progress.json"
EXTRA = ("x_caption_language", "x_caption_source")
EXTRACTOR = {
    "name": "DWPose",
    "version": "unknown",
    "options": {
        "detector": "YOLOX-L 640",
        "pose": "dw-ll_ucoco_384",
        "fps": 24,
        "short_side_px": 512,
        "repaired": list(REPAIRED),
    },
}

_NO_JSON = (
    FormatError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


@dataclass(frozen=True)
class _Captions:
    """The captions of a video.

    Args:
        language: Of the text.
        source: How it came about, where the publication says so.
        cues: In order of time.
        text: All of it, where there are no cues.
    """

    language: str = ""
    source: str = ""
    cues: tuple[Cue, ...] = ()
    text: str = ""

    @property
    def extra(self) -> dict[str, str]:
        return dict(zip(EXTRA, (self.language, self.source), strict=True))


@dataclass(frozen=True)
class _Metadata:
    """Sign language and split of every video; `is_there` where the source has the table."""

    of_video: dict[str, tuple[str, str]]
    is_there: bool


def read_signverse(source: Path, options: ImportOptions, ledger: Ledger) -> Corpus:
    """The clips of a tar, a folder of tars or a folder of unpacked videos.

    Raises:
        FormatError: There are none.
    """
    check_policy(options.signer)
    if not source.exists():
        raise FormatError(f"no tar or folder at {source}")
    return Corpus(
        info=DatasetInfo(
            name="SignVerse-2M",
            skeleton=SKELETON,
            extractor=EXTRACTOR,
            note="Glosses and signers are unknown; the text is that of the platform's captions.",
        ),
        entries=_entries(source, options, ledger),
        extra=EXTRA,
    )


def _entries(source: Path, options: ImportOptions, ledger: Ledger) -> Iterator[Entry]:
    metadata = _read_metadata(source, ledger)
    seen: set[str] = set()
    for files in find_videos(source, ledger):
        seen.add(files.video_id)
        if metadata.is_there and files.video_id not in metadata.of_video:
            ledger.unlisted(files.video_id, f"{METADATA} has no row for it")
        yield from _clips_of(files, metadata, options, ledger)
    if not seen:
        raise FormatError(
            f"{source} has no videos; expected tars, or folders VIDEO/npz/poses.npz with "
            "VIDEO/captions"
        )
    _note_missing(source, metadata, seen, ledger)


def _clips_of(
    files: VideoFiles, metadata: _Metadata, options: ImportOptions, ledger: Ledger
) -> Iterator[Entry]:
    """The clips of one video."""
    language, split = metadata.of_video.get(files.video_id, ("", ""))
    captions = _captions(files, ledger)
    whole = Clip(
        clip_id=files.video_id,
        video=files.video_id,
        text=captions.text,
        language=language,
        split=split,
        session=files.video_id,
        extra=captions.extra,
    )
    entry = partial(Entry, file=files.place, is_unlabelled=True)
    if not files.has_landmarks:
        yield entry(whole, missing="its folder has no npz/poses.npz")
        return
    try:
        video = Video(files, options.signer, ledger)
    except FormatError as error:
        yield entry(whole, read=partial(_fail, str(error)))
        return
    _check_complete(files, video, ledger)
    if not captions.cues:
        yield entry(whole, read=partial(video.pose, 0, video.n_frames))
    for number, cue in enumerate(captions.cues, start=1):
        first, end = _frames_of(cue, video.fps)
        clip = replace(
            whole,
            clip_id=f"{files.video_id}-{number:05d}",
            start_s=first / video.fps,
            end_s=end / video.fps,
            text=cue.text,
        )
        yield entry(clip, read=partial(video.pose, first, end), video_s=video.n_frames / video.fps)


def _frames_of(cue: Cue, fps: float) -> tuple[int, int]:
    """The first frame of a caption, from 0, and the one after its last.

    Times have milliseconds; 0.28 s of 25 frames a second are 7 frames, not 7.000000000000001.
    """
    first = floor(round(cue.start_s * fps, 6))
    return first, max(ceil(round(cue.end_s * fps, 6)), first + 1)


def _fail(reason: str) -> NoReturn:
    raise FormatError(reason)


def _check_complete(files: VideoFiles, video: Video, ledger: Ledger) -> None:
    """Note a video whose making did not come to its end."""
    note = partial(ledger.bad, file=files.place, clip_id=files.video_id, action=KEPT)
    if COMPLETE not in files.members:
        note("missing_value", f"has no {COMPLETE}: frames at its end may not be there")
        return
    try:
        lines = files.members[COMPLETE].text().splitlines()
        told = dict(line.split("=", 1) for line in lines if line.strip())
        n_frames = int(told.get("frames", video.n_frames))
    except (FormatError, ValueError):
        note("unreadable", f"has a {COMPLETE} that is not of key=value lines")
        return
    if n_frames != video.n_frames:
        note("landmark_count", f"has {video.n_frames} frames, {COMPLETE} says {n_frames}")


def _captions(files: VideoFiles, ledger: Ledger) -> _Captions:
    """English captions where there are any, else the first; WebVTT before JSON."""
    found = [c for c in (_from_vtt(files, ledger), _from_json(files, ledger)) if c is not None]
    with_cues = [captions for captions in found if captions.cues]
    best = min(with_cues or found, key=lambda c: english_first(c.language), default=_Captions())
    source = next((c.source for c in found if c.source and c.language == best.language), "")
    return _Captions(best.language, source, best.cues, best.text)


def _from_vtt(files: VideoFiles, ledger: Ledger) -> _Captions | None:
    for language, member in files.captions():
        name = f"{files.video_id}.{language}.vtt"
        try:
            cues = parse_vtt(member.text(), name=name, ledger=ledger)
        except FormatError as error:
            ledger.bad("unreadable", str(error), file=name, action=LEFT_OUT)
            continue
        if cues:
            return _Captions(language, cues=tuple(cues))
    return None


def _from_json(files: VideoFiles, ledger: Ledger) -> _Captions | None:
    """What `{languages: {LANGUAGE: {segments: [{start_sec, end_sec, text}]}}}` says."""
    found = files.caption_json()
    if found is None:
        return None
    name, member = found
    try:
        record = json.loads(member.text())
        languages = {key: _segments(value) for key, value in record["languages"].items()}
        text, source = record.get("subtitle_en", ""), record.get("subtitle_en_source", "")
    except _NO_JSON as error:
        reason = f"is not the captions' JSON ({type(error).__name__}: {error})"
        ledger.bad("unreadable", reason, file=name, clip_id=files.video_id, action=LEFT_OUT)
        return None
    timed = [language for language, cues in languages.items() if cues]
    if not timed:
        return _Captions("en", str(source), text=str(text)) if text else None
    best = min(timed, key=english_first)
    return _Captions(best, str(source) if best == "en" else "", tuple(languages[best]))


def _segments(language: Any) -> list[Cue]:
    """The captions of one language that say something."""
    cues = [
        Cue(float(s["start_sec"]), float(s["end_sec"]), " ".join(str(s["text"] or "").split()))
        for s in language.get("segments") or ()
    ]
    if not all(isfinite(cue.start_s) and isfinite(cue.end_s) for cue in cues):
        raise ValueError("a time is not finite")
    return sorted((cue for cue in cues if cue.text), key=lambda cue: (cue.start_s, cue.end_s))


def _read_metadata(source: Path, ledger: Ledger) -> _Metadata:
    folder = source if source.is_dir() else source.parent
    path = next((p for p in (folder / METADATA, folder.parent / METADATA) if p.is_file()), None)
    if path is None:
        return _Metadata({}, is_there=False)
    columns = ("video_id", "sign_language", "split")
    rows = table_rows(path, ledger, delimiter=",", required=columns, is_quoted=True)
    of_video = {}
    for _, row in rows:
        video_id, language, split = (row[column].strip() for column in columns)
        of_video[video_id] = ("" if "?" in language else language, split_name(split))
    return _Metadata(of_video, is_there=True)


def _note_missing(source: Path, metadata: _Metadata, seen: set[str], ledger: Ledger) -> None:
    """List the videos that should be here.

    The publication has 723 tars and few people have them all. Where its map of videos to tars is
    beside the metadata, only videos of tars that are here are missing. Without it one tar misses
    nothing, and a folder everything that the metadata names.
    """
    folder = source if source.is_dir() else source.parent
    maps = [p for p in (folder / SHARDS, folder.parent / SHARDS) if p.is_file()]
    if maps:
        record = read_json(maps[0])
        places = record.get("uploaded_folders", {}) if isinstance(record, dict) else None
        if not isinstance(places, dict):
            raise FormatError(f"{maps[0]} is no map of 'uploaded_folders' to their tars")
        here = tars_of(source)
        expected = [video for video, tar in places.items() if Path(str(tar)).name in here]
    else:
        expected = [] if source.is_file() else list(metadata.of_video)
    for video_id in expected:
        if video_id not in seen:
            language, split = metadata.of_video.get(video_id, ("", ""))
            clip = Clip(video_id, video=video_id, language=language, split=split)
            ledger.missing(clip, "its tar does not have it" if maps else "no such video")
