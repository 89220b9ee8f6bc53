"""Losses: cross-entropy for one gloss a clip, CTC for sequences."""

from torch import Tensor
from torch.nn import functional

from signkit.batch import Batch
from signkit.models.recognizer import Logits
from signkit.recipe import TrainConfig
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
