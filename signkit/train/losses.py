"""Losses: cross-entropy for one gloss a clip, CTC for sequences, consistency between two views.

Consistency: two augmentations of a clip, equal in time, must lead to equal decisions at every step
(Yao et al. 2024, arXiv:2410.05101, for CTC; Liang et al. 2021, arXiv:2106.14448, for
classification).
"""

import torch
from torch import Tensor
from torch.nn import functional

from signkit.batch import Batch
from signkit.models.heads import Logits
from signkit.sections import TrainConfig
from signkit.vocabulary import BLANK


def recognition_loss(logits: Logits, batch: Batch, *, task: str, config: TrainConfig) -> Tensor:
    """Mean loss of a batch, in nats a clip (isolated) or a gloss (continuous)."""
    if task == "isolated":
        return functional.cross_entropy(
            logits.values[:, 0].float(), batch.targets[:, 0], label_smoothing=config.label_smoothing
        )
    log_probs = logits.values.float().log_softmax(dim=-1).transpose(0, 1)  # (T', B, V)
    return functional.ctc_loss(
        log_probs, batch.targets, logits.lengths, batch.target_lengths, blank=BLANK
    )


def consistency_loss(logits: Logits) -> Tensor:
    """Symmetric divergence, in nats a clip, between the two views of each clip.

    Args:
        logits: Of 2 B clips: the first view of each, then the second view of each.

    Each view learns from the other one, which is held fixed.
    """
    first, second = logits.values.float().log_softmax(dim=-1).chunk(2)  # (B, T', V)
    n_clips, n_steps = first.shape[:2]
    steps = torch.arange(n_steps, device=first.device)[None]
    is_step = steps < logits.lengths[:n_clips, None]  # (B, T')
    both = _divergence(first, second.detach()) + _divergence(second, first.detach())
    return (both * is_step).sum() / n_clips


def _divergence(log_probs: Tensor, fixed: Tensor) -> Tensor:
    """(B, T') Kullback-Leibler divergence of `log_probs` from the fixed distribution."""
    return (fixed.exp() * (fixed - log_probs)).sum(dim=-1)
