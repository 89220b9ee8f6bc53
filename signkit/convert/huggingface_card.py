"""The card of a dataset for Hugging Face: what it is, whose it is and how to read it.

Front matter for the machine, the rest for people. Licence and consent are repeated word by word:
whoever publishes the folder publishes them with it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signkit.clip import Clip
from signkit.dataset import DatasetInfo

LICENCES = frozenset(
    {"mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "c-uda", "odbl", "odc-by"}
    | {f"cc-by{kind}-{v}" for kind in ("", "-sa", "-nd") for v in ("2.0", "2.5", "3.0", "4.0")}
    | {f"cc-by-nc{kind}-{v}" for kind in ("", "-sa", "-nd") for v in ("2.0", "3.0", "4.0")}
)
"""Licences that Hugging Face has a name for, as far as data of this field has them."""

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
_MEANINGS = {
    "clip_id": "unique name",
    "video": "path of the source video",
    "start_s": "where the clip begins in it, seconds; null for its beginning",
    "end_s": "where it ends, exclusive; null for the end of the video",
    "glosses": "what is signed, in order",
    "text": "translation into a spoken language",
    "signer": "who signs",
    "language": "the sign language, ISO 639-3 where there is one",
    "split": "train, dev, test or empty, as the source has it",
    "session": "recording session; clips of one session should stay in one split",
    "fps": "frames per second",
    "width_px": "width of the source frame",
    "height_px": "height of the source frame",
    "n_frames": "T",
    "time_s": '(T,) seconds in the source; `with_format("numpy")` rounds them to 32 bits',
    "confidence": "(T, L) in [0, 1], 0 where unseen",
    "coords": "(T, L, C) pixels of the source frame, x right, y down, z in the scale of x; "
    "NaN where unseen",
}


@dataclass(frozen=True)
class Contents:
    """How much is in a split."""

    n_clips: int
    n_frames: int
    hours: float


def licence_id(licence: str) -> str:
    """What Hugging Face calls a licence; `other` for one that it has no name for, `unknown` for
    none.
    """
    name = re.sub(r"[\s_-]+", "-", licence.strip().lower())
    if not name:
        return "unknown"
    return name if name in LICENCES else "other"


def dataset_card(
    info: DatasetInfo,
    clips: Sequence[Clip],
    splits: Mapping[str, Contents],
    features: Mapping[str, str],
    *,
    folder: str,
) -> str:
    """The text of `README.md`.

    Args:
        info: What `dataset.json` says.
        clips: All clips of the folder.
        splits: Name of a split to what is in it.
        features: Name of a column to its type, `sequence: KIND` or `array3_d: SHAPE`.
        folder: Name of the folder, for the example.
    """
    front = _front_matter(info, clips, splits, features)
    sections = [
        _intro(info, clips, splits),
        _usage(info, folder, next(iter(splits))),
        _columns(features),
        _landmarks(info),
        _making(info),
        f"## Licence\n\n{_line(info.licence) or 'Not stated.'}",
        f"## Consent\n\n{_line(info.consent) or 'Not stated.'}",
    ]
    return "\n".join(["---", *front, "---", ""]) + "\n\n".join(sections) + "\n"


def _front_matter(
    info: DatasetInfo,
    clips: Sequence[Clip],
    splits: Mapping[str, Contents],
    features: Mapping[str, str],
) -> list[str]:
    """The lines of the YAML; a JSON string is a YAML string."""
    licence = licence_id(info.licence)
    lines = [f"pretty_name: {_quoted(info.name)}", f"license: {licence}"]
    if licence == "other":
        lines.append(f"license_name: {_quoted(_slug(info.licence))}")
    languages = sorted({c.language for c in clips if re.fullmatch("[a-z]{2,3}", c.language)})
    n_clips = sum(split.n_clips for split in splits.values())
    size = next((name for limit, name in _SIZES if n_clips < limit), "1M<n<10M")
    lines += _list("language", languages)
    lines += _list("task_categories", _tasks(clips))
    lines += _list("tags", ["sign-language", "pose", "signkit"])
    lines += _list("size_categories", [size])
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for name in splits:
        lines += [f"  - split: {name}", f"    path: data/{name}-*.parquet"]
    lines += ["dataset_info:", "  features:"]
    for name, kind in features.items():
        lines += [f"  - name: {_quoted(name)}", *_feature(kind)]
    return lines


def _feature(kind: str) -> list[str]:
    """The type of a column in YAML."""
    outer, _, inner = kind.partition(": ")
    if not inner:
        return [f"    dtype: {outer}"]
    if outer == "sequence":
        return [f"    sequence: {inner}"]
    return ["    dtype:", f"      {outer}:", f"        shape: {inner}", "        dtype: float32"]


def _tasks(clips: Sequence[Clip]) -> list[str]:
    """The nearest of Hugging Face's tasks."""
    labelled = [clip for clip in clips if clip.glosses]
    tasks = []
    if labelled and all(len(clip.glosses) == 1 for clip in labelled):
        tasks.append("video-classification")
    if any(clip.text for clip in clips):
        tasks.append("translation")
    return tasks or ["other"]


def _intro(info: DatasetInfo, clips: Sequence[Clip], splits: Mapping[str, Contents]) -> str:
    n_signers = len({clip.signer for clip in clips if clip.signer})
    n_glosses = len({gloss for clip in clips for gloss in clip.glosses})
    what = "Landmarks of signers" if info.skeleton else "Annotations of sign-language videos"
    lines = [
        f"# {info.name}",
        "",
        f"{what}: {len(clips)} clips, {n_glosses} different glosses, {n_signers or 'no'} named "
        "signers. A row is a clip.",
        "",
        "| split | clips | frames | hours |",
        "| --- | --- | --- | --- |",
    ]
    for name, split in splits.items():
        lines.append(f"| {name} | {split.n_clips} | {split.n_frames} | {split.hours:.2f} |")
    if "unsplit" in splits:
        lines += ["", "`unsplit` holds the clips that the source gives no split."]
    elif not any(clip.split for clip in clips):
        lines += ["", "The source has no splits: all clips are in `train`. Split them by signer."]
    return "\n".join([*lines, *(("", _line(info.note)) if info.note else ())])


def _usage(info: DatasetInfo, folder: str, split: str) -> str:
    lines = [
        "from datasets import load_dataset",
        "",
        f'clips = load_dataset({_quoted(folder)}, split="{split}")  # path of this folder',
        'clip = clips.with_format("numpy")[0]',
        'print(clip["clip_id"], clip["glosses"])',
    ]
    if info.skeleton is not None:
        shape = f"{info.skeleton.n_landmarks}, {info.skeleton.n_dims}"
        lines.append(f'print(clip["coords"].shape)  # (frames, {shape}) in pixels')
    return "\n".join(["## Use", "", "```python", *lines, "```"])


def _columns(features: Mapping[str, str]) -> str:
    lines = ["## Columns", "", "| column | what |", "| --- | --- |"]
    lines += [f"| {name} | {_MEANINGS.get(name, 'as in the source')} |" for name in features]
    return "\n".join(lines)


def _landmarks(info: DatasetInfo) -> str:
    if info.skeleton is None:
        return "## Landmarks\n\nNone: annotations only."
    names = ", ".join(info.skeleton.landmarks)
    return (
        f"## Landmarks\n\nThe L = {info.skeleton.n_landmarks} landmarks of `{info.skeleton.name}`, "
        f"in the order of the axis L; parts, edges and mirror pairs are in the metadata of the "
        f"Parquet files (`signkit.skeleton`).\n\n```\n{names}\n```"
    )


def _making(info: DatasetInfo) -> str:
    extractor = json.dumps(info.extractor, ensure_ascii=False, indent=1)
    return (
        f"## How it was made\n\nSource: {_line(info.source) or 'not stated.'}\n\n"
        f"Extractor of the landmarks, as the dataset has it:\n\n```json\n{extractor}\n```\n\n"
        f"Dataset made by {info.created_by}, folder by `signkit export huggingface`. Pixels are "
        "kept to 1/16, confidences to 1/256."
    )


def _list(key: str, values: Sequence[str]) -> list[str]:
    return [f"{key}:", *(f"- {_quoted(value)}" for value in values)] if values else []


def _quoted(text: str) -> str:
    return json.dumps(_line(text), ensure_ascii=False)


def _line(text: str) -> str:
    """On one line, so that no text can be taken for a heading or the end of the front matter."""
    return " ".join(text.split())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:60].strip("-.") or "other"
