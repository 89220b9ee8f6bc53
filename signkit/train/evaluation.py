"""What the recognizer makes of the dev clips: loss, errors, and how often it says nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from signkit.batch import Batch
from signkit.models.heads import Logits
from signkit.models.recognizer import Recognizer
from signkit.recipe import Recipe
from signkit.train.feed import Feed
from signkit.train.loader import Example
from signkit.train.losses import recognition_loss, too_short
from signkit.train.order import budget_batches
from signkit.train.processes import Processes
from signkit.train.word_errors import WordErrors, count_errors, error_rate, standard_error
from signkit.vocabulary import BLANK, Vocabulary


@dataclass(frozen=True)
class DevResult:
    """How well the dev clips are recognized.

    Args:
        loss: Mean over the clips whose loss exists: known glosses, enough frames; None without
            such a clip, or where it is no number.
        wer: Word error rate, a fraction.
        error: Its standard error over clips.
        blank: Share of the steps whose best id is blank; None for isolated signs.
        empty: Share of the clips without any gloss in their hypothesis; None for isolated signs.
    """

    loss: float | None
    wer: float
    error: float
    blank: float | None = None
    empty: float | None = None


@dataclass(frozen=True)
class _Judged:
    """The clips of one batch: their errors, summed loss, and steps."""

    errors: list[WordErrors]
    loss: float
    n_losses: int
    n_steps: int
    n_blank: int
    n_empty: int


@torch.no_grad()
def evaluate(
    model: Recognizer,
    examples: Sequence[Example],
    feed: Feed,
    *,
    recipe: Recipe,
    vocabulary: Vocabulary,
    processes: Processes,
    max_frames: int = 0,
) -> DevResult:
    """Recognize the clips greedily; each process takes its share, and all get the result.

    Args:
        model: Recognizer.
        examples: Clips, at least one.
        feed: Makes batches of them.
        recipe: Task, loss, and budgets of a batch.
        vocabulary: Of the model.
        processes: Devices.
        max_frames: Padded frames that fit into memory when training; 0: as many as there are.
    """
    model.eval()
    config = recipe.train
    ordered = sorted(examples, key=lambda example: example.n_frames)
    limit = min(config.frames_per_batch, max_frames or config.frames_per_batch)
    batches = budget_batches(ordered, max_frames=limit, max_clips=config.clips_per_batch)
    own = batches[processes.rank :: processes.world]
    judged = []
    for clips, batch in zip(own, feed.batches(own), strict=True):
        batch = batch.to(processes.device)
        with processes.autocast():
            logits = model(batch.coords, batch.is_frame)
        decoded = [vocabulary.decode(ids) for ids in model.head.decode(logits)]
        errors = count_errors([example.clip.glosses for example in clips], decoded)
        judged.append(_judge(logits, batch, errors, recipe))
    return _result(processes.gathered(judged), is_continuous=recipe.task == "continuous")


def _judge(logits: Logits, batch: Batch, errors: list[WordErrors], recipe: Recipe) -> _Judged:
    loss, n_losses = _summed_loss(logits, batch, recipe)
    n_steps, n_blank, n_empty = _blanks(logits) if recipe.task == "continuous" else (0, 0, 0)
    return _Judged(errors, loss, n_losses, n_steps, n_blank, n_empty)


def _summed_loss(logits: Logits, batch: Batch, recipe: Recipe) -> tuple[float, int]:
    unfit = set(too_short(logits, batch)) if recipe.task == "continuous" else set()
    known = zip(batch.clip_ids, batch.target_lengths.tolist(), strict=True)
    rows = [row for row, (name, n) in enumerate(known) if n and name not in unfit]
    if not rows:
        return 0.0, 0
    chosen = Logits(logits.values[rows], logits.lengths[rows])
    loss = recognition_loss(chosen, batch.select(rows), task=recipe.task, config=recipe.train)
    return len(rows) * loss.item(), len(rows)


def _blanks(logits: Logits) -> tuple[int, int, int]:
    """Steps, those of them whose best id is blank, and clips where all are."""
    steps = torch.arange(logits.values.shape[1], device=logits.lengths.device)
    is_step: Tensor = steps < logits.lengths[:, None]  # (B, T')
    is_blank = logits.values.argmax(dim=-1) == BLANK
    n_blank, n_empty = (is_blank & is_step).sum(), (is_blank | ~is_step).all(dim=1).sum()
    return int(is_step.sum()), int(n_blank), int(n_empty)


def _result(judged: Sequence[_Judged], *, is_continuous: bool) -> DevResult:
    errors = [one for batch in judged for one in batch.errors]
    n_losses, n_steps = sum(b.n_losses for b in judged), sum(b.n_steps for b in judged)
    loss = sum(b.loss for b in judged) / n_losses if n_losses else math.nan
    return DevResult(
        loss=loss if math.isfinite(loss) else None,
        wer=error_rate(errors),
        error=standard_error(errors),
        blank=sum(b.n_blank for b in judged) / max(1, n_steps) if is_continuous else None,
        empty=sum(b.n_empty for b in judged) / len(errors) if is_continuous else None,
    )
