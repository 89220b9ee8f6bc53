"""Captions of a dataset: a WebVTT file for each video, which every player shows under it.

A clip is a cue with its text or, where it has none, its glosses. What a recognizer made of it is a
file of its own (`NAME.hypotheses.vtt`), so that a player can show either or both.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from signkit.convert.corpus import ExportOptions
from signkit.convert.spans import Recording, hypotheses_of, recognized, recordings, time_notes
from signkit.convert.summary import ExportSummary
from signkit.convert.webvtt import Cue, format_vtt
from signkit.dataset import DatasetInfo, PoseDataset
from signkit.files import atomic_folder, write_text

Progress = Callable[[int, int], None]


def export_vtt(
    dataset: Path, out: Path, options: ExportOptions, *, progress: Progress | None = None
) -> ExportSummary:
    """A folder with a .vtt file for each video that has anything to show.

    Raises:
        DatasetError: There is no dataset, or `out` already exists.
        FormatError: There is no clip.
        ScoreError: The hypotheses cannot be read.
    """
    opened = PoseDataset.open(dataset)
    found = recordings(opened, split=options.split)
    hypotheses, notes = hypotheses_of(options.hypotheses, found)
    spans = [span for recording in found for span in recording.spans]
    comments = _comments(opened.info)
    n_shown = 0
    with atomic_folder(out) as folder:
        for done, recording in enumerate(found, start=1):
            cues = list(_cues(recording))
            n_shown += len(cues)
            machine = [
                Cue(start_ms / 1000, end_ms / 1000, text)
                for span in recording.spans
                if span.clip.clip_id in hypotheses
                for start_ms, end_ms, text in recognized(hypotheses[span.clip.clip_id], span)
            ]
            if cues:
                write_text(folder / f"{recording.name}.vtt", format_vtt(cues, notes=comments))
            if machine:
                said = (*comments, "Recognized by a machine.")
                text = format_vtt(machine, notes=said)
                write_text(folder / f"{recording.name}.hypotheses.vtt", text)
            if progress is not None:
                progress(done, len(found))
    n_silent = len(spans) - n_shown
    silent = [f"{n_silent} clips have neither text nor glosses and are in no file"] * bool(n_silent)
    columns = "captions hold no clip ids, signers, splits or columns of your own"
    return ExportSummary(
        out=out,
        n_clips=n_shown,
        n_with_poses=0,
        n_frames=0,
        unlisted=tuple(name for name in opened.ids_with_poses if name not in opened.clips),
        notes=(columns, *silent, *time_notes(opened, spans), *notes),
    )


def _cues(recording: Recording) -> Iterator[Cue]:
    """A cue for every clip that has something to show."""
    for span in recording.spans:
        text = span.clip.text.strip() or " ".join(span.clip.glosses)
        if text:
            yield Cue(span.start_ms / 1000, span.end_ms / 1000, text)


def _comments(info: DatasetInfo) -> list[str]:
    """What stands above the cues: whose they are and what may be done with them."""
    told = {
        "Corpus": info.name,
        "Source": info.source,
        "Licence": info.licence,
        "Consent": info.consent,
    }
    return [f"{name}: {value}" for name, value in told.items() if value]
