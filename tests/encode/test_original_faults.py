"""What was wrong in the published code of relative quantization, one test each.

Fault 11, the best of ten folds as the result, is tested where results are made: in `tests/study`.
"""

import numpy as np
import pytest
import torch

from signkit.encode.bins import QuantileBins
from signkit.errors import VocabularyError
from signkit.pose import PoseSequence, resample_frames
from signkit.skeletons import SKELETONS
from signkit.vocabulary import Vocabulary
from tests.encode.encoders import BODY, QUANTIZED, encode, make_encoder, unfitted
from tests.tensors import padded, random_clips


@pytest.mark.parametrize("preset", QUANTIZED)
def test_fault_1_a_point_up_left_and_in_front_of_its_anchor_is_not_missing(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY, hidden=0.0) - 5000.0
    assert (coords < 0).all()
    seen = encoder.layout.of_landmarks(encode(encoder, coords), "seen")
    assert (seen == 1).all()
    assert (encoder.codes(coords) < encoder.bins.n_codes).all()


@pytest.mark.parametrize("preset", ["bdslw60", "rqe-adaptive"])
def test_fault_2_values_beyond_the_train_range_clip_and_leave_the_tables_alone(preset):
    encoder = make_encoder(preset)
    tables = {name: value.clone() for name, value in encoder.state_dict().items()}
    wild = random_clips(BODY, hidden=0.0, seed=99)
    wild[:, :, BODY.index("left_wrist")] += 1e5
    codes = encoder.codes(wild)[:, :, encoder.skeleton.index("left_wrist")]
    encode(encoder, wild)
    top = encoder.bins.n_codes[encoder.skeleton.index("left_wrist")] - 1
    assert (codes == top).all()
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, tables[name]), name


@pytest.mark.parametrize("name", SKELETONS)
def test_fault_3_mirroring_twice_gives_every_landmark_back(name):
    permutation = SKELETONS[name].mirror_permutation()
    assert sorted(permutation) == list(range(len(permutation)))
    assert (permutation[permutation] == np.arange(len(permutation))).all()
    for finger in ("pinky", "index", "thumb"):  # points 17 to 22, among them 19 and 20
        left, right = f"left_{finger}", f"right_{finger}"
        if left in SKELETONS[name]:
            assert permutation[SKELETONS[name].index(left)] == SKELETONS[name].index(right)


@pytest.mark.parametrize("mode", ["round", "quantile"])
def test_fault_4_one_wild_frame_moves_the_edges_by_less_than_a_bin(mode):
    clips = random_clips(BODY, n_clips=20, n_frames=60, hidden=0.0)
    wild = clips.clone()
    wild[0, 30, BODY.part_indices("left_hand")] += torch.tensor([4000.0, -4000.0, 4000.0])
    calm, shaken = (unfitted("bdslw60", mode=mode, range="quantile") for _ in range(2))
    calm.fit([clips])
    shaken.fit([wild])
    hand = [i for i, n in enumerate(calm.skeleton.landmarks) if n.startswith("left_hand_")]
    width = (calm.bins.high - calm.bins.low)[hand] / calm.bins.n_codes[hand]
    for name in ("low", "high"):
        moved = (getattr(shaken.bins, name) - getattr(calm.bins, name)).abs()[hand]
        assert (moved < width).all()
    if isinstance(calm.bins, QuantileBins) and isinstance(shaken.bins, QuantileBins):
        moved = (shaken.bins.edges - calm.bins.edges).nan_to_num().abs()[:, hand]
        assert (moved < width).all()


@pytest.mark.parametrize("preset", QUANTIZED)
def test_fault_5_the_missing_code_is_no_data_code_and_the_mask_says_so(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY, hidden=0.3)
    codes, unseen = encoder.codes(coords), encoder.measure(coords)[..., 0].isnan()
    missing = encoder.bins.n_codes.clamp(max=2**31).long().expand_as(codes)
    assert torch.equal(codes[unseen], missing[unseen])
    assert (codes < missing)[~unseen].all()
    seen = encoder.layout.of_landmarks(encode(encoder, coords), "seen")[..., 0]
    assert torch.equal(seen == 0, unseen)


@pytest.mark.parametrize("preset", ["rqe", "rqe-sf", "rqe-adaptive"])
def test_fault_6_a_camera_twice_as_near_changes_no_code_where_there_is_a_scale(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY)
    assert torch.equal(encoder.codes(2 * coords), encoder.codes(coords))


def test_fault_6_stays_in_bdslw60_which_has_no_scale():
    encoder, coords = make_encoder("bdslw60"), random_clips(BODY)
    assert not torch.equal(encoder.codes(2 * coords), encoder.codes(coords))


@pytest.mark.parametrize("preset", QUANTIZED)
def test_fault_7_arrays_that_were_loaded_are_not_written_to(preset):
    held = random_clips(BODY, hidden=0.0).numpy()
    before = held.tobytes()
    encoder = unfitted(preset)
    encoder.fit([torch.from_numpy(held)])
    encode(encoder, torch.from_numpy(held))
    encoder.codes(torch.from_numpy(held))
    assert held.tobytes() == before


def test_fault_8_class_ids_come_from_the_train_glosses_alone():
    vocabulary = Vocabulary.of([("TEA",), ("HOME",)], has_blank=False)
    assert vocabulary.encode(("HOME", "TEA")) == [0, 1]
    with pytest.raises(VocabularyError, match="APPLE"):
        vocabulary.encode(("APPLE",))


def test_fault_9_another_frame_rate_keeps_a_straight_line_straight():
    skeleton, frames = SKELETONS["openpose-18"], np.arange(24)
    line = np.broadcast_to(frames[:, None, None] / 24, (24, 18, 2)).astype(np.float32)
    confidence = np.ones((24, 18), np.float32)
    pose = PoseSequence("line", skeleton, line, confidence, 24.0, 640, 480)
    at_30 = resample_frames(pose, 30.0)
    np.testing.assert_allclose(np.diff(at_30[:-1, 0, 0]), 1 / 30, rtol=1e-4)


@pytest.mark.parametrize("preset", ["bdslw60", "rqe-adaptive", "parts"])
def test_fault_10_padding_is_in_no_table(preset):
    clips = random_clips(BODY, n_clips=4, seed=7)
    plain, beside = unfitted(preset), unfitted(preset)
    plain.fit([clips])
    beside.fit([padded(clips, 30)])
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(beside.state_dict()[name], value, msg=name)
