"""A submission to a SignEval challenge: `dev.csv` or `test.csv` in a zip file.

The table is joined by commas, `id,gloss`, with the ids of the split's table in its order; glosses
are joined by single spaces. The zip file is not compressed and bears no date, so that equal
hypotheses make equal files. Every row of the split is there: a clip that could not be recognized,
because it has no poses, has an empty cell, like one in which nothing was recognized.

`signkit recognize RUN DATASET --split test --out HYPS.jsonl` makes the hypotheses; `signkit score
--predictions test.zip DATASET` scores such a file again where the references are known.

Source: the pages of the SignEval challenges of 2025 and 2026 (CodaLab 22899 and 22900, Codabench
13266 and 13267). What they make of an empty cell is unconfirmed.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from signkit.convert.corpus import ExportOptions
from signkit.convert.summary import ExportSummary
from signkit.dataset import PoseDataset
from signkit.errors import DatasetError, FormatError
from signkit.files import atomic_path
from signkit.hypothesis import Hypothesis, read_hypotheses

SPLITS = ("dev", "test")


def export_submission(
    dataset: Path,
    out: Path,
    options: ExportOptions,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> ExportSummary:
    """A zip file with a hypothesis for each clip of a split, in the order of the clip table.

    Raises:
        FormatError: An option is missing, or the hypotheses are not those of the split.
        DatasetError: There is no dataset, or `out` already exists.
    """
    split, path = _split(options), _hypotheses(options)
    if out.suffix != ".zip":
        raise FormatError(f"{out} is no name of a zip file; call it for instance {split}.zip")
    if out.exists():
        raise DatasetError(f"{out} already exists; choose another place or delete it first")
    opened = PoseDataset.open(dataset)
    ids = [clip.clip_id for clip in opened.clips.where(split=split)]
    if not ids:
        raise FormatError(f"{dataset} has no clip in the split {split!r}")
    without_poses = [clip_id for clip_id in ids if not opened.has_pose(clip_id)]
    if len(without_poses) == len(ids):  # annotations only: others know what was recognized
        without_poses = []
    hypotheses = _of_split(ids, read_hypotheses(path), path, split, without_poses)
    content = _zipped(f"{split}.csv", _table(hypotheses))
    with atomic_path(out) as temporary:
        temporary.write_bytes(content)
    if progress is not None:
        progress(len(ids), len(ids))
    return ExportSummary(
        out=out,
        n_clips=len(ids),
        n_with_poses=0,
        n_frames=0,
        notes=(*_name_note(out, split), *_notes(hypotheses, split, without_poses)),
        sha256=sha256(content).hexdigest(),
    )


def _split(options: ExportOptions) -> str:
    if options.split not in SPLITS:
        given = f"--split is {options.split!r}" if options.split else "there is no --split"
        raise FormatError(f"a submission is of one split and {given}; give --split dev or test")
    return options.split


def _hypotheses(options: ExportOptions) -> Path:
    if options.hypotheses is None:
        raise FormatError(
            "a submission holds what a recognizer said; give --hypotheses FILE.jsonl, made with "
            "'signkit recognize RUN SOURCE --out FILE.jsonl'"
        )
    return options.hypotheses


def _of_split(
    ids: Sequence[str],
    hypotheses: Sequence[Hypothesis],
    path: Path,
    split: str,
    without_poses: Sequence[str],
) -> list[Hypothesis]:
    """One hypothesis a clip, in the order of the clips; neither more nor fewer.

    A clip without poses has an empty one, unless it has one.
    """
    by_id = {clip_id: Hypothesis(clip_id, ()) for clip_id in without_poses}
    by_id |= {hypothesis.clip_id: hypothesis for hypothesis in hypotheses}
    missing = [clip_id for clip_id in ids if clip_id not in by_id]
    if missing:
        raise FormatError(
            f"{path} has no hypothesis for {len(missing)} of {len(ids)} clips of the split "
            f"{split!r} (first: {missing[0]!r}); recognize all of it"
        )
    other = sorted(set(by_id) - set(ids))
    if other:
        raise FormatError(
            f"{path} has hypotheses for {len(other)} clips that are not in the split {split!r} "
            f"(first: {other[0]!r}); recognize this split alone"
        )
    for hypothesis in hypotheses:
        for gloss in hypothesis.glosses:
            if not gloss or gloss.split() != [gloss]:
                raise FormatError(
                    f"{path} has the gloss {gloss!r} for {hypothesis.clip_id!r}; a submission "
                    "separates glosses by spaces, so none may be in one"
                )
    return [by_id[clip_id] for clip_id in ids]


def _table(hypotheses: Sequence[Hypothesis]) -> bytes:
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("id", "gloss"))
    rows.writerows((h.clip_id, " ".join(h.glosses)) for h in hypotheses)
    return table.getvalue().encode()


def _zipped(name: str, content: bytes) -> bytes:
    """A zip file with one member at its root; compression would differ from zlib to zlib."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        member = zipfile.ZipInfo(name)  # dated 1980
        member.create_system = 3
        member.external_attr = 0o644 << 16
        file.writestr(member, content)
    return archive.getvalue()


def _name_note(out: Path, split: str) -> tuple[str, ...]:
    if out.stem == split:
        return ()
    return (f"the platforms expect the name {split}.zip; rename {out.name} before it is sent",)


def _notes(
    hypotheses: Sequence[Hypothesis], split: str, without_poses: Sequence[str]
) -> tuple[str, ...]:
    notes = [f"{split}.csv has {len(hypotheses)} rows; it has no place for licence and consent"]
    n_empty = sum(not h.glosses for h in hypotheses)
    if n_empty:
        notes.append(
            f"{n_empty} hypotheses are empty and so are their cells; what the platform makes of "
            "them is unconfirmed"
        )
    if without_poses:
        notes.append(
            f"{len(without_poses)} clips have no poses and could not be recognized (first: "
            f"{without_poses[0]!r})"
        )
    n_quoted = sum(any(c in gloss for c in ',"') for h in hypotheses for gloss in h.glosses)
    if n_quoted:
        notes.append(f"{n_quoted} glosses have a comma or quotation mark; their cells are quoted")
    return tuple(notes)
