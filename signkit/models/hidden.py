"""What frontends and bodies hand on, and what every one of them must offer."""

from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Hidden:
    """Features of a batch of clips inside a recognizer.

    Args:
        x: (B, T', D).
        is_step: (B, T') False on padding.
        auxiliary: Further (B, T', D_i) at the same pace, by name; a head is trained on each, and
            none is used when recognizing.
    """

    x: Tensor
    is_step: Tensor
    auxiliary: dict[str, Tensor] = field(default_factory=dict)


class Frontend(Protocol):
    """Encoded features to steps of model width; a module."""

    auxiliary_widths: dict[str, int]
    """Width of each auxiliary output, by name."""

    def __call__(self, features: Tensor, is_frame: Tensor, *, n_views: int = 1) -> Hidden:
        """(B, T, F) features and their (B, T) mask to steps; the batch holds `n_views` views of
        B / n_views clips, one view after the other.
        """


class Body(Protocol):
    """Mixes the steps of a clip; a module."""

    auxiliary_widths: dict[str, int]
    """Width of each auxiliary output, by name."""

    def __call__(self, x: Tensor, is_step: Tensor) -> Hidden:
        """(B, T', D) and their (B, T') mask, False on padding, to steps of the same width."""
