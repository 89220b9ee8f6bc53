"""Frontends: from encoded features to model width, and from frames to steps.

A frontend is built from the layout of the features and the model settings. Its `auxiliary_widths`
name the further outputs it trains heads on.
"""

from torch import Tensor, nn

from signkit.encode.layout import FeatureLayout
from signkit.models.hidden import Hidden
from signkit.models.layers import Subsampling
from signkit.sections import ModelConfig


class LinearFrontend(nn.Module):
    """Features to model width, then /2 in time as often as the settings say."""

    def __init__(self, layout: FeatureLayout, config: ModelConfig) -> None:
        super().__init__()
        self.auxiliary_widths: dict[str, int] = {}
        self.dropout = nn.Dropout(config.input_dropout)
        self.project = nn.Linear(layout.n_features, config.width)
        self.norm = nn.LayerNorm(config.width)
        n_halvings = config.subsampling.bit_length() - 1
        self.halvings = nn.ModuleList(Subsampling(config.width) for _ in range(n_halvings))

    def forward(self, features: Tensor, is_frame: Tensor, *, n_views: int = 1) -> Hidden:
        """(B, T, F) and (B, T) mask to steps; the batch holds `n_views` views of B / n_views clips,
        one view after the other.
        """
        x = self.norm(self.project(self.dropout(features)))
        for halving in self.halvings:
            x, is_frame = halving(x, is_frame)
        return Hidden(x, is_frame)
