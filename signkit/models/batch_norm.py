"""Batch norm for clips of different lengths: padding counts for nothing.

Statistics are taken over the valid frames of all clips of a batch, as published models with batch
norm must have them (Ioffe and Szegedy 2015, arXiv:1502.03167); their code lets padding in. When
recognizing the running statistics are used, so a clip alone gives what it gives in a batch.
Processes that train together measure each its own share of a batch.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from signkit.models.padding import is_full, zero_padding


class MaskedBatchNorm(nn.Module):
    """Zero mean and unit variance of each feature over the valid frames, then scale and shift.

    Args:
        width: D.
        momentum: Share of the newest batch in the running statistics.
        eps: Added to the variance.
    """

    def __init__(self, width: int, *, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum = momentum
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    running_mean: Tensor
    running_var: Tensor

    def forward(self, x: Tensor, is_step: Tensor) -> Tensor:
        """Normalize (B, T, ..., D); `is_step` is (B, T), False on padding. 0 on padding."""
        if not self.training or is_full(is_step):
            return zero_padding(self._normalized(x), is_step)
        if x.device.type == "cpu" and not torch.compiler.is_compiling():
            return self._gathered(x, is_step)
        mean, var = self._measure(x.float(), is_step)
        scale = self.weight * (var + self.eps).rsqrt()
        return zero_padding(((x - mean) * scale + self.bias).to(x.dtype), is_step)

    def _normalized(self, x: Tensor) -> Tensor:
        """PyTorch's own, over all but the last axis; it refuses to train on a single row."""
        rows = x.flatten(0, -2)
        if self.training and len(rows) == 1:
            return self.bias.to(x.dtype).expand_as(x)
        rows = functional.batch_norm(
            rows,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training,
            momentum=self.momentum,
            eps=self.eps,
        )
        return rows.reshape(x.shape)

    def _gathered(self, x: Tensor, is_step: Tensor) -> Tensor:
        """As for a batch without padding, on the valid frames alone: 3 times as fast on a CPU."""
        frames = x.flatten(0, 1)
        valid = is_step.flatten().nonzero()[:, 0]
        normalized = self._normalized(frames.index_select(0, valid))
        nothing = normalized.new_zeros(frames.shape)
        return nothing.index_copy(0, valid, normalized).reshape(x.shape)

    def _measure(self, x: Tensor, is_step: Tensor) -> tuple[Tensor, Tensor]:
        """(D,) mean and variance of the valid frames, which also move the running ones."""
        padding = ~is_step.reshape(*is_step.shape, *(1,) * (x.ndim - 2))
        others = tuple(range(x.ndim - 1))
        n = (is_step.sum() * x.shape[2:-1].numel()).clamp(min=1)
        mean = x.masked_fill(padding, 0.0).sum(dim=others) / n
        var = (x - mean).masked_fill(padding, 0.0).square().sum(dim=others) / n
        with torch.no_grad():
            unbiased = var * n / (n - 1).clamp(min=1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
        return mean, var
