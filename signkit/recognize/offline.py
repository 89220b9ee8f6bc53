"""Recognition of whole clips: poses in, hypotheses out, in batches of like length.

A run brings its own encoder tables, skeleton and frame rate: clips are read at the rate the run
works at, and landmarks are found by name, so a run trained on 75 landmarks also reads poses that
have those 75 and more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from signkit.batch import Batch, collate, pack
from signkit.checkpoint import Checkpoint, read_checkpoint, read_weights
from signkit.dataset import PoseDataset
from signkit.errors import RecognitionError
from signkit.hypothesis import Hypothesis
from signkit.models.greedy import greedy_path
from signkit.models.recognizer import Recognizer
from signkit.pose import PoseSequence, resample_frames
from signkit.skeleton import Skeleton

N_BEST = 5
FRAMES_PER_BATCH = 8000
CLIPS_PER_WINDOW = 512
"""Clips read ahead and sorted by length; hypotheses still come in the order of the clips."""


@dataclass(frozen=True, eq=False)
class LoadedRecognizer:
    """A trained recognizer that is ready to use."""

    model: Recognizer
    checkpoint: Checkpoint
    device: torch.device

    def recognize(self, poses: Sequence[PoseSequence]) -> list[Hypothesis]:
        """A hypothesis for each pose, in order.

        Raises:
            RecognitionError: A pose lacks landmarks that the recognizer was trained with.
        """
        found: dict[int, Hypothesis] = {}
        lengths = [pose.n_frames for pose in poses]
        shortest_first = sorted(range(len(poses)), key=lambda i: lengths[i])
        for indices in pack(lengths, shortest_first, max_frames=FRAMES_PER_BATCH):
            hypotheses = self._batch([poses[i] for i in indices])
            found.update(zip(indices, hypotheses, strict=True))
        return [found[i] for i in range(len(poses))]

    @torch.inference_mode()
    def _batch(self, poses: Sequence[PoseSequence]) -> list[Hypothesis]:
        batch = self._collate(poses).to(self.device)
        logits = self.model(batch.coords, batch.is_frame)
        log_probs = logits.values.float().log_softmax(dim=-1).cpu()
        decode = self._isolated if self.checkpoint.recipe.task == "isolated" else self._continuous
        return [
            decode(pose, log_probs[row, : int(logits.lengths[row])])
            for row, pose in enumerate(poses)
        ]

    def _collate(self, poses: Sequence[PoseSequence]) -> Batch:
        fps = self.checkpoint.fps
        fitting = [fit_skeleton(pose, self.checkpoint.skeleton) for pose in poses]
        coords = [
            torch.from_numpy(np.array(resample_frames(pose, fps), dtype=np.float32))
            for pose in fitting
        ]
        ids = [pose.clip_id for pose in poses]
        return collate(coords, [()] * len(poses), fps=fps, clip_ids=ids)

    def _isolated(self, pose: PoseSequence, log_probs: Tensor) -> Hypothesis:
        vocabulary = self.checkpoint.vocabulary
        best = log_probs[0].topk(min(N_BEST, vocabulary.n_ids))
        n_best = tuple(
            (vocabulary.decode([i]), score)
            for i, score in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        )
        whole = (float(pose.time_s[0]), float(pose.time_s[0] + pose.duration_s))
        return Hypothesis(pose.clip_id, n_best[0][0], n_best[0][1], n_best, (whole,))

    def _continuous(self, pose: PoseSequence, log_probs: Tensor) -> Hypothesis:
        path = greedy_path(log_probs)
        glosses = self.checkpoint.vocabulary.decode(path.ids)
        step_s = self.checkpoint.recipe.model.subsampling / self.checkpoint.fps
        start_s = float(pose.time_s[0])
        times = tuple((start_s + a * step_s, start_s + b * step_s) for a, b in path.steps)
        return Hypothesis(pose.clip_id, glosses, path.score, ((glosses, path.score),), times)


def load_recognizer(run: Path, *, device: str | None = None) -> LoadedRecognizer:
    """Load a run folder.

    Raises:
        CheckpointError: The folder is missing, incomplete or of another version.
    """
    checkpoint = read_checkpoint(run)
    model = Recognizer(
        checkpoint.recipe, checkpoint.skeleton, checkpoint.vocabulary, fps=checkpoint.fps
    )
    model.load_state_dict(read_weights(run))
    chosen = _device(device)
    return LoadedRecognizer(model.to(chosen).eval(), checkpoint, chosen)


def recognize(
    run: Path,
    dataset: PoseDataset,
    *,
    split: str | None = None,
    device: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Hypothesis]:
    """Hypotheses for the clips of a dataset that have poses.

    Args:
        run: Run folder.
        dataset: Poses; labels are only looked at to see whether they fit the run at all.
        split: Only the clips of this split; by default all.
        progress: Called with (clips done, clips in all).

    Raises:
        RecognitionError: There is nothing to recognize, landmarks are missing, or the labels of the
        clips have no
            gloss in common with the run.
    """
    recognizer = load_recognizer(run, device=device)
    ids = _ids(dataset, split)
    _check_glosses(recognizer.checkpoint, dataset, ids)
    hypotheses: list[Hypothesis] = []
    for window in _windows(ids, CLIPS_PER_WINDOW):
        hypotheses += recognizer.recognize(list(dataset.poses(window)))
        if progress is not None:
            progress(len(hypotheses), len(ids))
    return hypotheses


def fit_skeleton(pose: PoseSequence, skeleton: Skeleton) -> PoseSequence:
    """The pose with exactly the landmarks of `skeleton`, found by name.

    Raises:
        RecognitionError: Landmarks or dimensions are missing.
    """
    if pose.skeleton.landmarks == skeleton.landmarks and pose.skeleton.n_dims == skeleton.n_dims:
        return pose
    missing = [name for name in skeleton.landmarks if name not in pose.skeleton]
    if missing or pose.skeleton.n_dims < skeleton.n_dims:
        lacks = f"{len(missing)} landmarks, for instance {missing[0]!r}" if missing else "depth (z)"
        raise RecognitionError(
            f"clip {pose.clip_id!r} has skeleton {pose.skeleton.name!r}, but the run was "
            f"trained on "
            f"{skeleton.name!r}: it lacks {lacks}; extract with the extractor the run was "
            f"trained with"
        )
    return pose.select(skeleton)


def _ids(dataset: PoseDataset, split: str | None) -> list[str]:
    if split is None:
        ids = dataset.ids_with_poses
    else:
        ids = [c.clip_id for c in dataset.clips.where(split=split) if dataset.has_pose(c.clip_id)]
    if not ids:
        where = f"split {split!r} of {dataset.path}" if split else str(dataset.path)
        raise RecognitionError(
            f"{where} has no clip with poses; extract them, or choose another split"
        )
    return ids


def _check_glosses(checkpoint: Checkpoint, dataset: PoseDataset, ids: Sequence[str]) -> None:
    glosses = {g for i in ids if i in dataset.clips for g in dataset.clips[i].glosses}
    if glosses and not any(gloss in checkpoint.vocabulary for gloss in glosses):
        known = checkpoint.vocabulary.glosses
        raise RecognitionError(
            f"none of the {len(glosses)} glosses of {dataset.path} (for instance "
            f"{min(glosses)!r}) is among "
            f"the {len(known)} the run knows (for instance {known[0]!r}); use a run trained "
            f"on these glosses"
        )


def _windows(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    for first in range(0, len(ids), size):
        yield list(ids[first : first + size])


def _device(name: str | None) -> torch.device:
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise RecognitionError(
            f"--device {name} was asked for, but no CUDA device is here; use cpu"
        )
    return torch.device(name)
