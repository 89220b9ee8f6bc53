"""Fitted encoders for tests."""

import torch

from signkit.encode.encoder import RelativeEncoder
from signkit.sections import DataConfig, EncoderConfig
from signkit.skeleton import Skeleton
from signkit.skeletons import SKELETONS
from tests.tensors import random_clips

BODY = SKELETONS["mediapipe-75"]
PRESETS = ("parts", "bdslw60", "rqe", "rqe-sf", "rqe-adaptive", "none")
QUANTIZED = ("bdslw60", "rqe", "rqe-sf", "rqe-adaptive")
EVERYTHING = {
    "motion": 2,
    "distances": True,
    "handshape": True,
    "anchor_trajectory": True,
    "hand_paths": True,
}


def unfitted(preset: str, skeleton: Skeleton = BODY, **changes: object) -> RelativeEncoder:
    """An encoder of all landmarks but legs, at 25 frames per second."""
    config = EncoderConfig.model_validate({"preset": preset, **changes})
    return RelativeEncoder(skeleton, config, DataConfig(), fps=25.0)


def make_encoder(preset: str, skeleton: Skeleton = BODY, **changes: object) -> RelativeEncoder:
    """The same, fitted on four random clips."""
    encoder = unfitted(preset, skeleton, **changes)
    encoder.fit([random_clips(skeleton, n_clips=4, seed=7)])
    return encoder.eval()


def encode(encoder: RelativeEncoder, coords: torch.Tensor) -> torch.Tensor:
    """(B, T, F) of clips that all have full length."""
    return encoder(coords, torch.ones(coords.shape[:2], dtype=torch.bool))
