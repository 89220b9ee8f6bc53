"""Losses: cross-entropy for one gloss a clip, CTC for sequences, and what is added to them.

All are counted in nats a gloss, mean over the clips of a batch, so a weight means the same for both
tasks and a batch may be cut into passes that are weighted by their clips. Everything is float32.

- CTC (Graves et al. 2006). A clip with fewer steps than its target needs has an infinite loss, on
  purpose: setting it to zero would hide labels that are never learned. `too_short` names such
  clips; the plan and the augmentation see to it that there are none.
- Consistency: two augmentations of a clip, equal in time, must lead to equal decisions at every
  step (Yao et al. 2024, arXiv:2410.05101, for CTC, weight 0.2 there; Liang et al. 2021,
  arXiv:2106.14448, for classification). Departure: the sum over steps is divided by the glosses of
  the clip, as the CTC loss is.
- Distillation: the decisions of a teacher at a temperature (Hinton et al. 2015, arXiv:1503.02531),
  for CTC step by step.
- Smoothing of CTC: the divergence of every step from the uniform distribution (Kim et al. 2018,
  arXiv:1711.02212).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from signkit.batch import Batch
from signkit.models.heads import Logits
from signkit.sections import TrainConfig
from signkit.vocabulary import BLANK


def recognition_loss(logits: Logits, batch: Batch, *, task: str, config: TrainConfig) -> Tensor:
    """Mean loss of the labels, in nats a gloss; infinite where a clip has too few steps for CTC."""
    if task == "isolated":
        return functional.cross_entropy(
            logits.values[:, 0].float(), batch.targets[:, 0], label_smoothing=config.label_smoothing
        )
    log_probs = logits.values.float().log_softmax(dim=-1)  # (B, T', V)
    ctc = functional.ctc_loss(
        log_probs.transpose(0, 1), batch.targets, logits.lengths, batch.target_lengths, blank=BLANK
    )
    share = config.ctc_smoothing
    return (1 - share) * ctc + share * _certainty(log_probs, logits, batch) if share else ctc


def too_short(logits: Logits, batch: Batch) -> tuple[str, ...]:
    """Ids of the clips whose steps cannot hold their target: CTC needs one a gloss, and one between
    equal neighbours.
    """
    same = batch.targets[:, 1:] == batch.targets[:, :-1]  # (B, U - 1)
    position = torch.arange(1, same.shape[1] + 1, device=same.device)
    repeats = (same & (position < batch.target_lengths[:, None])).sum(dim=1)
    short = (logits.lengths < batch.target_lengths + repeats).tolist()
    return tuple(name for name, is_short in zip(batch.clip_ids, short, strict=True) if is_short)


def pooled_loss(logits: Logits, batch: Batch, *, config: TrainConfig) -> Tensor:
    """Cross-entropy of a decision without blank on the clips of a single gloss; other clips count
    as zero.

    Args:
        logits: (B, 1, V - 1): gloss i of the continuous vocabulary is class i - 1.
    """
    classes = (batch.targets[:, 0] - 1).clamp(min=0)
    each = functional.cross_entropy(
        logits.values[:, 0].float(),
        classes,
        reduction="none",
        label_smoothing=config.label_smoothing,
    )
    return torch.where(batch.target_lengths == 1, each, 0.0).mean()


def consistency_loss(logits: Logits, batch: Batch) -> Tensor:
    """Half the symmetric divergence between the two views of each clip.

    Args:
        logits: Of 2 B clips: the first view of each, then the second view of each.

    Each view learns from the other one, which is held fixed.
    """
    log_probs = logits.values.float().log_softmax(dim=-1)  # (2 B, T', V)
    other = log_probs.detach().exp().roll(len(log_probs) // 2, dims=0)
    return _divergence(other, log_probs, logits, batch)


def distillation_loss(
    logits: Logits, batch: Batch, teacher: Tensor, *, temperature: float
) -> Tensor:
    """Divergence from a teacher's decisions, times the squared temperature, which keeps gradients
    as large as without.

    Args:
        teacher: (B, T', V) probabilities at the temperature, step by step those of `logits`.
    """
    log_probs = (logits.values.float() / temperature).log_softmax(dim=-1)
    return temperature**2 * _divergence(teacher.detach(), log_probs, logits, batch)


def _divergence(fixed: Tensor, log_probs: Tensor, logits: Logits, batch: Batch) -> Tensor:
    """Kullback-Leibler divergence of `log_probs` from fixed probabilities, both (B, T', V)."""
    each = functional.kl_div(log_probs, fixed, reduction="none").sum(dim=-1)
    return _per_gloss(each, logits, batch)


def _certainty(log_probs: Tensor, logits: Logits, batch: Batch) -> Tensor:
    """Divergence of every step from the uniform distribution."""
    each = (log_probs.exp() * log_probs).sum(dim=-1) + math.log(log_probs.shape[-1])
    return _per_gloss(each, logits, batch)


def _per_gloss(each: Tensor, logits: Logits, batch: Batch) -> Tensor:
    """Mean over clips of (B, T') nats a step, summed over valid steps and divided by glosses."""
    steps = torch.arange(each.shape[1], device=each.device)
    total = each.masked_fill(steps >= logits.lengths[:, None], 0.0).sum(dim=1)  # (B,)
    return (total / batch.target_lengths.clamp(min=1)).mean()
