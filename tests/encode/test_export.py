"""An encoder is exported as it stands: any number of clips, any number of frames."""

import pytest
import torch
from torch.export import Dim

from tests.encode.encoders import BODY, EVERYTHING, encode, make_encoder
from tests.tensors import padded, random_clips


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("parts", EVERYTHING),
        ("rqe", {"continuous": True}),
        ("bdslw60", {"output": "codes", "gap_fill_s": 0.2}),
        ("rqe-adaptive", {"quantization": "soft"}),
    ],
)
def test_an_exported_encoder_gives_the_same_features_for_other_batches(preset, changes):
    encoder = make_encoder(preset, **changes)
    coords = random_clips(BODY, n_clips=2, n_frames=9)
    is_frame = torch.ones(coords.shape[:2], dtype=torch.bool)
    clips, frames = Dim("clips", min=1, max=64), Dim("frames", min=2, max=4096)
    shapes = ({0: clips, 1: frames}, {0: clips, 1: frames})
    exported = torch.export.export(encoder, (coords, is_frame), dynamic_shapes=shapes).module()
    for n_clips, n_frames in ((1, 2), (2, 9), (5, 40)):
        other = random_clips(BODY, n_clips=n_clips, n_frames=n_frames, hidden=0.3, seed=1)
        everywhere = torch.ones(other.shape[:2], dtype=torch.bool)
        torch.testing.assert_close(exported(other, everywhere), encode(encoder, other))
    long = padded(other, 5)
    is_frame = torch.arange(45)[None].expand(5, -1) < 40
    torch.testing.assert_close(exported(long, is_frame), encoder(long, is_frame))
