"""AdamW, and the moving average of the weights it makes."""

import torch
from torch import Tensor, nn

from signkit.sections import TrainConfig

_FUSED = ("cpu", "cuda")


def adamw(model: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW of Loshchilov and Hutter 2019: weight decay on matrices and kernels, none on norms and
    biases.
    """
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    is_fused = all(p.device.type in _FUSED for p in model.parameters())
    return torch.optim.AdamW(groups, lr=config.peak_lr, fused=is_fused or None)


class Average:
    """Exponential moving average of weights; its memory grows with the updates.

    Args:
        model: Whose weights.
        decay: Share of the old average that an update keeps, in the end; 0: there is no average.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self.weights = copy_weights(model) if decay else {}

    @torch.no_grad()
    def follow(self, model: nn.Module, *, n_updates: int) -> None:
        """Move towards the weights after `n_updates` updates."""
        if not self.weights:
            return
        decay = min(self._decay, (1 + n_updates) / (10 + n_updates))
        current = model.state_dict()
        smooth = [name for name, value in self.weights.items() if value.is_floating_point()]
        torch._foreach_lerp_(
            [self.weights[name] for name in smooth], [current[name] for name in smooth], 1 - decay
        )
        for name in self.weights.keys() - set(smooth):
            self.weights[name].copy_(current[name])


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights and tables of a model, as they are now."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
