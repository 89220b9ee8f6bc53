"""Standardizing: features in units of their own deviation on the train clips."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

LARGEST = 6.0
"""Standardized features are cut off at this many standard deviations."""


class Standardizer(nn.Module):
    """Mean and deviation of F features; NaN goes through.

    Args:
        n_features: F.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("std", torch.ones(n_features))

    def fit(self, batches: Iterable[Tensor]) -> None:
        """Measure (B, T, F) features of train clips, NaN left out."""
        n_seen, total, squares = torch.zeros(3, len(self.mean), dtype=torch.float64)
        for batch in batches:
            values = batch.flatten(0, 1).double()
            n_seen += (values * 0 + 1).nansum(dim=0)
            total += values.nansum(dim=0)
            squares += values.square().nansum(dim=0)
        mean = total / n_seen.clamp(min=1)
        variance = squares / n_seen.clamp(min=1) - mean.square()
        self.mean.copy_(mean)
        deviation = variance.clamp(min=0).sqrt().clamp(min=1e-3)
        self.std.copy_(torch.where(n_seen > 0, deviation, 1.0))

    def spread_codes(self, n_codes: Tensor) -> None:
        """Lay codes 0 ... n - 1 from -1 to 1, so that n, the missing code, lies beyond.

        Args:
            n_codes: (F,) 0 where a feature is no code, infinite where codes have no end: those keep
                what was fitted.
        """
        is_bounded = n_codes.isfinite() & (n_codes > 0)
        middle = (n_codes - 1) / 2
        self.mean.copy_(torch.where(is_bounded, middle, self.mean))
        self.std.copy_(torch.where(is_bounded, middle.clamp(min=0.5), self.std))

    def missing(self, n_codes: Tensor) -> Tensor:
        """(F,) what stands for unseen: 0, the mean; where there are codes, one that no place has.

        Args:
            n_codes: As in `spread_codes`.
        """
        beyond = ((n_codes - self.mean) / self.std).clamp(max=LARGEST + 1)
        return torch.where(n_codes > 0, beyond, 0.0)

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, F) standardized, cut off at `LARGEST`, NaN where unseen."""
        return torch.addcmul(-self.mean / self.std, values, 1 / self.std).clamp(-LARGEST, LARGEST)
