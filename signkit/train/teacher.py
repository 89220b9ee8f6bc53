"""Learning from another run (`--teacher`), or from the mean of several.

A teacher reads the same augmented batch as the student and says how probable every gloss is, softly
(at a temperature). Glosses are matched by name, so a teacher may know more than the student; the
others are left out. A teacher of another pace is read at the student's steps: between its steps
linearly, and where it is the finer one by a mean with triangular weights, because picking single
steps would lose the short peaks of CTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from signkit.batch import Batch
from signkit.checkpoint import Checkpoint, load_weights, read_checkpoint
from signkit.errors import TrainingError
from signkit.models.recognizer import Recognizer
from signkit.train.start import check_skeleton, run_record
from signkit.vocabulary import BLANK


@dataclass(frozen=True, eq=False)
class Member:
    """One trained recognizer.

    Args:
        model: In evaluation mode, without gradients.
        ids: (V,) its ids of the student's ids, in the student's order.
        pace: Student steps become teacher steps by this factor.
        record: Which run it is.
    """

    model: Recognizer
    ids: Tensor
    pace: float
    record: dict[str, object]


class Teacher:
    """The mean of what its members decide.

    Args:
        members: At least one.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = tuple(members)

    @property
    def record(self) -> list[dict[str, object]]:
        """Which runs they are."""
        return [member.record for member in self._members]

    @torch.no_grad()
    def __call__(self, batch: Batch, *, n_steps: int, temperature: float) -> Tensor:
        """(B, n_steps, V) float32 probabilities at the student's steps, in its order of ids."""
        decided = [
            _decisions(member, batch, n_steps=n_steps, temperature=temperature)
            for member in self._members
        ]
        return torch.stack(decided).mean(dim=0)


def load_teacher(runs: Sequence[Path], checkpoint: Checkpoint, *, device: torch.device) -> Teacher:
    """The teacher that `runs` make for the recognizer of `checkpoint`.

    Raises:
        CheckpointError: A run is missing, incomplete, damaged or of another version.
        TrainingError: It has another skeleton, task or frame rate, or lacks glosses.
    """
    return Teacher([_load(run, checkpoint, device) for run in runs])


def match_pace(decisions: Tensor, lengths: Tensor, *, n_steps: int, pace: float) -> Tensor:
    """Decisions read at other steps.

    Args:
        decisions: (B, T', V) probabilities.
        lengths: (B,) valid steps of T'.
        n_steps: Steps to come out.
        pace: Steps of `decisions` from one of them to the next.

    Returns:
        (B, n_steps, V); every row of valid probabilities sums to 1, as before.
    """
    if pace == 1 and n_steps == decisions.shape[1]:
        return decisions
    last = (lengths - 1)[:, None]
    wanted = torch.arange(n_steps, device=decisions.device) * pace
    wanted = wanted[None].minimum(last)[..., None]  # (B, n_steps, 1)
    steps = torch.arange(decisions.shape[1], device=decisions.device)
    weights = (1 - (steps - wanted).abs() / max(1.0, pace)).clamp(min=0)  # (B, n_steps, T')
    weights = weights * (steps <= last)[:, None]
    return (weights / weights.sum(dim=-1, keepdim=True)) @ decisions


def _decisions(member: Member, batch: Batch, *, n_steps: int, temperature: float) -> Tensor:
    logits = member.model(batch.coords, batch.is_frame)
    values = logits.values.float()[..., member.ids] / temperature
    return match_pace(values.softmax(dim=-1), logits.lengths, n_steps=n_steps, pace=member.pace)


def _load(run: Path, checkpoint: Checkpoint, device: torch.device) -> Member:
    source = read_checkpoint(run)
    _check(run, source, checkpoint)
    recognizer = Recognizer(source.recipe, source.skeleton, source.vocabulary, fps=source.fps)
    load_weights(recognizer, run)
    ids = source.vocabulary.encode(checkpoint.vocabulary.glosses)
    is_isolated = checkpoint.recipe.task == "isolated"
    return Member(
        model=recognizer.to(device).eval().requires_grad_(False),
        ids=torch.tensor(ids if is_isolated else [BLANK, *ids], device=device),
        pace=1.0 if is_isolated else _subsampling(checkpoint) / _subsampling(source),
        record=run_record(run, source),
    )


def _subsampling(checkpoint: Checkpoint) -> int:
    return checkpoint.recipe.model.subsampling


def _check(run: Path, source: Checkpoint, checkpoint: Checkpoint) -> None:
    check_skeleton(run, source, checkpoint)
    if source.recipe.task != checkpoint.recipe.task:
        raise TrainingError(
            f"{run} was trained on {source.recipe.task} clips, but the recipe is for "
            f"{checkpoint.recipe.task} ones; choose a teacher of the same task"
        )
    if source.fps != checkpoint.fps:
        raise TrainingError(
            f"{run} works at {source.fps:g} frames per second, but this training at "
            f"{checkpoint.fps:g}; set data.fps={source.fps:g} to learn from it"
        )
    glosses = checkpoint.vocabulary.glosses
    unknown = [gloss for gloss in glosses if gloss not in source.vocabulary]
    if unknown:
        raise TrainingError(
            f"{run} does not know {len(unknown)} of the {len(glosses)} glosses of the train "
            f"split, for instance {unknown[0]!r}; choose a teacher that knows all of them"
        )
