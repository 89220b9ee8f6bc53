"""The sections of a recipe, one module each: every number has its one default and its unit here."""

from signkit.sections.augment import AugmentConfig
from signkit.sections.base import Section
from signkit.sections.data import DataConfig
from signkit.sections.encoder import PRESETS, EncoderConfig
from signkit.sections.model import ModelConfig
from signkit.sections.train import TrainConfig

__all__ = [
    "PRESETS",
    "AugmentConfig",
    "DataConfig",
    "EncoderConfig",
    "ModelConfig",
    "Section",
    "TrainConfig",
]
