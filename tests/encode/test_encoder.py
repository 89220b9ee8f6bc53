import pytest
import torch

from signkit.encode.encoder import RelativeEncoder
from signkit.errors import TrainingError
from signkit.sections import DataConfig, EncoderConfig
from signkit.skeleton import Skeleton, skeleton_from_names
from signkit.skeletons import SKELETONS
from tests.tensors import padded, random_clips

BODY = SKELETONS["mediapipe-75"]
PRESETS = ["parts", "bdslw60", "rqe-sf", "none"]


def make_encoder(preset: str, skeleton: Skeleton = BODY, **changes: object) -> RelativeEncoder:
    config = EncoderConfig.model_validate({"preset": preset, **changes})
    encoder = RelativeEncoder(skeleton, config, DataConfig(), fps=25.0)
    encoder.fit([random_clips(skeleton, n_clips=4, seed=7)])
    return encoder.eval()


def encode(encoder: RelativeEncoder, coords: torch.Tensor) -> torch.Tensor:
    return encoder(coords, torch.ones(coords.shape[:2], dtype=torch.bool))


@pytest.mark.parametrize("preset", ["parts", "bdslw60", "rqe-sf"])
def test_moving_the_whole_clip_changes_nothing(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY)
    moved = encoder.measure(coords + torch.tensor([64.0, -32.0, 16.0]))
    torch.testing.assert_close(moved, encoder.measure(coords), equal_nan=True, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("preset", ["parts", "rqe-sf"])
def test_a_camera_twice_as_near_changes_nothing(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY)
    torch.testing.assert_close(
        encoder.measure(2 * coords), encoder.measure(coords), equal_nan=True, atol=1e-4, rtol=1e-4
    )


def test_bdslw60_keeps_the_camera_distance():
    encoder, coords = make_encoder("bdslw60"), random_clips(BODY)
    torch.testing.assert_close(
        encoder.measure(2 * coords), 2 * encoder.measure(coords), equal_nan=True
    )


def test_changing_the_elbow_moves_elbow_and_wrist_but_no_finger():
    encoder, coords = make_encoder("bdslw60"), random_clips(BODY, hidden=0.0)
    bent = coords.clone()
    bent[:, :, BODY.index("left_elbow")] += 10.0
    changed = (encoder.measure(bent) != encoder.measure(coords)).any(-1).any(0).any(0)
    names = {n for n, c in zip(encoder.skeleton.landmarks, changed, strict=True) if c}
    assert names == {"left_elbow", "left_wrist"}


def test_rqe_sf_freezes_the_trunk_of_the_first_frame():
    coords = random_clips(BODY, hidden=0.0)
    shoulders = BODY.indices(["left_shoulder", "right_shoulder"])
    later = coords.clone()
    later[:, 1:, shoulders] += 25.0
    encoder = make_encoder("rqe-sf")
    elbow = encoder.skeleton.index("right_elbow")
    torch.testing.assert_close(
        encoder.measure(later)[:, :, elbow], encoder.measure(coords)[:, :, elbow]
    )


def test_an_unseen_anchor_hides_what_hangs_from_it():
    coords = random_clips(BODY, hidden=0.0)
    coords[:, 3, BODY.index("left_elbow")] = torch.nan
    measured = make_encoder("bdslw60").measure(coords)
    names = make_encoder("bdslw60").skeleton
    assert measured[:, 3, names.index("left_wrist")].isnan().all()
    assert not measured[:, 3, names.index("right_wrist")].isnan().any()
    assert not measured[:, 2, names.index("left_wrist")].isnan().any()


def test_negative_places_are_places():
    coords = random_clips(BODY, hidden=0.0) - 1000.0
    assert not make_encoder("bdslw60").measure(coords).isnan().any()


@pytest.mark.parametrize("preset", PRESETS)
def test_features_are_finite_and_padding_changes_none_of_them(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY, hidden=0.3)
    alone = encode(encoder, coords)
    is_frame = torch.arange(18)[None].expand(len(coords), -1) < coords.shape[1]
    beside = encoder(padded(coords, 6), is_frame)
    assert alone.isfinite().all()
    assert alone.shape[-1] == encoder.layout.n_features
    torch.testing.assert_close(beside[:, : coords.shape[1]], alone)
    assert (beside[:, coords.shape[1] :] == 0).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_clip_in_which_nothing_is_seen_gives_finite_features(preset):
    coords = torch.full((1, 5, BODY.n_landmarks, 3), torch.nan)
    features = encode(make_encoder(preset), coords)
    assert (features == 0).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_encoding_leaves_its_input_alone(preset):
    coords = random_clips(BODY)
    before = coords.clone()
    encode(make_encoder(preset), coords)
    torch.testing.assert_close(coords, before, equal_nan=True, rtol=0, atol=0)


def test_fitting_on_train_fixes_the_tables_for_whatever_comes_later():
    encoder = make_encoder("bdslw60")
    tables = {name: value.clone() for name, value in encoder.state_dict().items()}
    codes = encoder.codes(random_clips(BODY, seed=99) * 50)
    for name, value in encoder.state_dict().items():
        torch.testing.assert_close(value, tables[name])
    assert codes.max() <= 11  # ten levels, the top, and the missing code


def test_encoding_before_fitting_is_refused():
    encoder = RelativeEncoder(BODY, EncoderConfig(), DataConfig(), fps=25.0).eval()
    with pytest.raises(TrainingError, match="call fit on train clips first"):
        encode(encoder, random_clips(BODY))


def test_fitting_on_nothing_seen_is_refused():
    encoder = RelativeEncoder(BODY, EncoderConfig(), DataConfig(), fps=25.0)
    with pytest.raises(TrainingError, match="no landmark is seen in any train clip"):
        encoder.fit([torch.full((1, 4, BODY.n_landmarks, 3), torch.nan)])


def test_three_strange_points_in_a_plane_are_encoded_too():
    points = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)
    coords = random_clips(points, hidden=0.0)
    encoder = make_encoder("parts", points)
    features = encode(encoder, coords)
    assert features.isfinite().all()
    assert features.abs().sum() > 0


@pytest.mark.parametrize("name", SKELETONS)
def test_every_skeleton_can_be_encoded(name):
    skeleton = SKELETONS[name]
    features = encode(make_encoder("parts", skeleton), random_clips(skeleton, n_clips=2))
    assert features.isfinite().all()


def test_a_golden_frame_has_the_codes_worked_out_by_hand():
    """Left elbow 30 px right of its shoulder, train range 0 to 60: half way, code 5 of 10 in x."""
    config = EncoderConfig.model_validate({"preset": "bdslw60"})
    encoder = RelativeEncoder(BODY, config, DataConfig(), fps=25.0)
    train = torch.zeros(1, 2, BODY.n_landmarks, 3)
    train[0, 1, BODY.index("left_elbow")] = torch.tensor([60.0, 40.0, 20.0])
    encoder.fit([train])
    frame = torch.zeros(1, 1, BODY.n_landmarks, 3)
    frame[0, 0, BODY.index("left_elbow")] = torch.tensor([30.0, 12.0, 13.0])
    codes = encoder.codes(frame)[0, 0, encoder.skeleton.index("left_elbow")]
    assert codes.tolist() == [5, 3, 3]  # 0.5 * 10, 0.3 * 10, 0.65 * 5, all cut off


def test_frames_may_be_shuffled_when_the_trunk_is_a_median():
    encoder, coords = make_encoder("parts", gap_fill_s=0.0), random_clips(BODY)
    order = torch.randperm(coords.shape[1], generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        encoder.measure(coords[:, order]), encoder.measure(coords)[:, order], equal_nan=True
    )
