"""SignVerse-2M files whose true poses are known, with the two defects of the publication."""

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signkit.skeletons import OPENPOSE_128

WIDTH_PX, HEIGHT_PX = 896, 512
PARTS = {"body": 18, "left_hand": 21, "right_hand": 21, "face": 68}
ORDER = ("body", "left_hand", "right_hand", "face")
Frame = list["Person"]


@dataclass(frozen=True)
class Person:
    """The truth about one person in one frame: part to (L, 2) fractions and (L,) scores."""

    coords: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]

    @property
    def landmarks(self) -> tuple[np.ndarray, np.ndarray]:
        """(128, 2) pixels, NaN where unseen, and confidence, as an import should give them."""
        coords = np.concatenate([self.coords[part] for part in ORDER])
        scores = np.concatenate([self.scores[part] for part in ORDER])
        scores[:18] = scores[:18] > 0.3
        inside = ((coords >= -0.25) & (coords <= 1.25)).all(axis=1) & (scores > 0)
        pixels = (coords * np.array([WIDTH_PX, HEIGHT_PX], np.float32)).astype(np.float32)
        pixels[~inside] = np.nan
        return pixels, np.where(inside, np.minimum(scores, 1), 0).astype(np.float32)


def make_person(middle: float, *, size: float = 0.3, seed: int = 0, shift: float = 0.0) -> Person:
    """Somebody with hands at the wrists; body joint 9 is unseen and a face point is far outside.

    Args:
        middle: Of the body, from left to right, in fractions of the frame.
        size: Height of the body, likewise.
        seed: Makes the shape.
        shift: How far all is moved to the right.
    """
    rng = np.random.default_rng(seed)
    place = np.array([middle + shift, 0.5], np.float32)
    spread = {part: 0.5 if part == "body" else 0.1 for part in PARTS}
    coords = {
        part: (rng.uniform(-spread[part], spread[part], (n, 2)) * size).astype(np.float32) + place
        for part, n in PARTS.items()
    }
    scores = {part: rng.uniform(0.4, 1.08, n).astype(np.float32) for part, n in PARTS.items()}
    for hand, wrist in (("left_hand", 7), ("right_hand", 4)):
        coords[hand] += coords["body"][wrist] - coords[hand][0] + np.float32(0.002)
    coords["face"][5] = (3, 0.5)
    scores["body"][9], scores["face"][7] = 0.1, 0
    coords["body"][9] = (0.77, 0.91)  # garbage, as published
    return Person(coords, scores)


def make_frames(n_frames: int, n_people: int, *, seed: int = 0) -> list[Frame]:
    """People side by side who move a little; the first one is the largest."""
    return [
        [
            make_person(
                (k + 0.5) / max(n_people, 1),
                size=0.5 if k == 0 else 0.3,
                seed=seed + k,
                shift=0.03 * float(np.sin(t / 15)),
            )
            for k in range(n_people)
        ]
        for t in range(n_frames)
    ]


def payload(
    frame: Frame,
    *,
    size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
    has_real_scores: bool = False,
    has_own_hands: bool = False,
) -> dict[str, Any]:
    """The record of a frame as the published program wrote it.

    Args:
        frame: Who is in it.
        size: Width and height in pixels.
        has_real_scores: Without the first defect.
        has_own_hands: Without the second.
    """
    record: dict[str, Any] = {
        "num_persons": np.int32(len(frame)),
        "frame_width": np.int32(size[0]),
        "frame_height": np.int32(size[1]),
    }
    hands = [(p.coords[side], p.scores[side]) for side in ORDER[1:3] for p in frame]
    if has_own_hands:
        hands = [(p.coords[side], p.scores[side]) for p in frame for side in ORDER[1:3]]
    for k, person in enumerate(frame):
        seen = person.scores["body"] > 0.3
        index = np.where(seen, 18 * k + np.arange(18), -1).astype(np.float32)
        scores = np.where(seen, person.scores["body"], -1).astype(np.float32)
        saved = {
            "body": (person.coords["body"], scores if has_real_scores else index),
            "face": (person.coords["face"], person.scores["face"]),
            "left_hand": hands[2 * k],
            "right_hand": hands[2 * k + 1],
        }
        for part, (keypoints, confidence) in saved.items():
            record[f"person_{k:03d}_{part}_keypoints"] = keypoints.astype(np.float32)
            record[f"person_{k:03d}_{part}_scores"] = confidence.astype(np.float32)
    return record


def npz(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def consolidated(payloads: Sequence[Any], *, video_id: str = "video", **changes: Any) -> bytes:
    """`poses.npz`; a change to None leaves a key out."""
    n = len(payloads)
    boxed = np.empty(n, object)
    boxed[:] = payloads
    arrays = {
        "video_id": np.array(video_id),
        "fps": np.int32(24),
        "total_frames": np.int32(n),
        "frame_widths": np.array([p.get("frame_width", WIDTH_PX) for p in payloads], np.int32),
        "frame_heights": np.array([p.get("frame_height", HEIGHT_PX) for p in payloads], np.int32),
        "frame_indices": np.arange(1, n + 1, dtype=np.int32),
        "frame_payloads": boxed,
        **changes,
    }
    return npz({key: value for key, value in arrays.items() if value is not None})


def video(
    video_id: str, payloads: Sequence[Any], *, is_single: bool = False, **captions: str
) -> dict[str, bytes]:
    """The files of a video, by path; captions by language.

    Args:
        video_id: Of the platform.
        payloads: The records of its frames.
        is_single: A file a frame in place of one.
        captions: Language to WebVTT.
    """
    complete = f"fps=24\nframes={len(payloads)}\ndecode_mode=stream\ncompleted_at=2026-01-02 03:04"
    files = {f"{video_id}/npz/.complete": complete.encode()}
    if is_single:
        for number, record in enumerate(payloads, start=1):
            files[f"{video_id}/npz/{number:08d}.npz"] = npz(record)
    else:
        files[f"{video_id}/npz/poses.npz"] = consolidated(payloads, video_id=video_id)
    for language, text in captions.items():
        files[f"{video_id}/captions/{video_id}.{language}.vtt"] = text.encode()
    return files


def write_tar(path: Path, files: Mapping[str, bytes]) -> Path:
    """An uncompressed tar of these files."""
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def write_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    """The same files unpacked."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def truth(frames: Sequence[Frame], person: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(T, 128, 2) pixels and (T, 128) confidence of one of the people."""
    coords = np.full((len(frames), OPENPOSE_128.n_landmarks, 2), np.nan, np.float32)
    confidence = np.zeros(coords.shape[:2], np.float32)
    for t, frame in enumerate(frames):
        if person < len(frame):
            coords[t], confidence[t] = frame[person].landmarks
    return coords, confidence
