import pytest
import torch

from signkit.encode.encoder import RelativeEncoder
from signkit.encode.layout import FeatureLayout
from signkit.errors import TrainingError
from signkit.sections import DataConfig, EncoderConfig
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS
from tests.encode.encoders import (
    BODY,
    EVERYTHING,
    PRESETS,
    QUANTIZED,
    encode,
    make_encoder,
    unfitted,
)
from tests.tensors import padded, random_clips

RELATIVE = tuple(preset for preset in PRESETS if preset != "none")
SCALED = ("parts", "rqe", "rqe-sf", "rqe-adaptive")
ALL_HOW = [("hard", "centres"), ("soft", "codes"), ("straight-through", "centres")]
TRUNK_AND_PALM = ("shoulder", "hand_middle_mcp")


def part_features(encoder: RelativeEncoder, features: torch.Tensor, name: str) -> torch.Tensor:
    layout: FeatureLayout = encoder.layout
    group = next(group for group in layout.groups if group.name == name)
    return features[..., group.start : group.start + group.n_features]


@pytest.mark.parametrize("preset", RELATIVE)
def test_moving_the_whole_clip_changes_nothing(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY)
    moved = encoder.measure(coords + torch.tensor([64.0, -32.0, 16.0]))
    torch.testing.assert_close(moved, encoder.measure(coords), equal_nan=True, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("preset", SCALED)
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


@pytest.mark.parametrize("preset", ["bdslw60", "rqe-adaptive"])
def test_changing_the_elbow_moves_elbow_and_wrist_but_no_finger(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY, hidden=0.0)
    bent = coords.clone()
    bent[:, :, BODY.index("left_elbow")] += 10.0
    changed = (encoder.measure(bent) != encoder.measure(coords)).any(-1).any(0).any(0)
    names = {n for n, c in zip(encoder.skeleton.landmarks, changed, strict=True) if c}
    assert names == {"left_elbow", "left_wrist"}


def test_a_body_that_moves_later_changes_rqe_sf_but_not_rqe():
    coords = random_clips(BODY, hidden=0.0)
    later = coords.clone()
    later[:, 1:] += 25.0
    elbow = BODY.index("right_elbow")
    for preset, is_same in (("rqe", True), ("rqe-sf", False)):
        encoder = make_encoder(preset)
        before, after = (encoder.measure(x)[:, 1:, elbow] for x in (coords, later))
        assert torch.allclose(before, after, atol=1e-4) == is_same


def test_rqe_sf_freezes_the_trunk_of_the_first_frame():
    coords = random_clips(BODY, hidden=0.0)
    later = coords.clone()
    later[:, 1:, BODY.indices(["left_shoulder", "right_shoulder"])] += 25.0
    encoder = make_encoder("rqe-sf")
    elbow = encoder.skeleton.index("right_elbow")
    torch.testing.assert_close(
        encoder.measure(later)[:, :, elbow], encoder.measure(coords)[:, :, elbow]
    )


def test_rqe_takes_hands_in_their_own_length_and_rounds_to_a_twentieth():
    encoder, coords = make_encoder("rqe"), random_clips(BODY, hidden=0.0)
    wrist, knuckle, tip = (
        coords[:, :, BODY.index(f"left_hand_{name}")]
        for name in ("wrist", "middle_mcp", "index_tip")
    )
    length = (knuckle - wrist).norm(dim=-1, keepdim=True)
    expected = ((tip - wrist) / length / 0.05).round().long()
    codes = encoder.codes(coords)[:, :, encoder.skeleton.index("left_hand_index_tip")]
    assert (codes != expected).float().mean() < 0.01  # a tie may be rounded either way


def test_an_unseen_anchor_hides_what_hangs_from_it_and_nothing_else():
    coords = random_clips(BODY, hidden=0.0)
    coords[:, 3, BODY.index("left_elbow")] = torch.nan
    encoder = make_encoder("bdslw60")
    measured, names = encoder.measure(coords), encoder.skeleton
    hidden = {n for i, n in enumerate(names.landmarks) if measured[:, 3, i].isnan().all()}
    assert hidden == {"left_elbow", "left_wrist"}
    assert measured.isnan().sum() == 3 * 2 * 3


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "missing",
    ["left hand for a frame", "left hand", "shoulders", "shoulders in the first frame"],
)
def test_missing_parts_leave_the_rest_as_it_was(preset, missing):
    encoder, coords = make_encoder(preset, **EVERYTHING), random_clips(BODY, hidden=0.0)
    where = BODY.part_indices("left_hand")
    if "shoulders" in missing:
        where = BODY.indices(["left_shoulder", "right_shoulder"])
    frames = {"left hand for a frame": slice(4, 5), "shoulders in the first frame": slice(0, 1)}
    less = coords.clone()
    less[:, frames.get(missing, slice(None)), where] = torch.nan
    features = encode(encoder, less)
    assert features.isfinite().all()
    seen = encoder.layout.of_landmarks(features, "seen")[..., 0] > 0
    assert torch.equal(seen, ~encoder.measure(less)[..., 0].isnan())
    if "hand" in missing:
        others = [i for i, n in enumerate(encoder.skeleton.landmarks) if "left_hand" not in n]
        both = (
            encoder.layout.of_landmarks(encode(encoder, x), "places")[:, :, others]
            for x in (coords, less)
        )
        torch.testing.assert_close(*both)


def test_negative_places_are_places():
    coords = random_clips(BODY, hidden=0.0) - 1000.0
    assert not make_encoder("bdslw60").measure(coords).isnan().any()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("quantization", "output"), ALL_HOW)
def test_features_are_finite_and_padding_changes_none_of_them(preset, quantization, output):
    encoder = make_encoder(
        preset, quantization=quantization, output=output, continuous=True, **EVERYTHING
    )
    coords = random_clips(BODY, hidden=0.3)
    alone = encode(encoder, coords)
    is_frame = torch.arange(18)[None].expand(len(coords), -1) < coords.shape[1]
    beside = encoder(padded(coords, 6), is_frame)
    assert alone.isfinite().all()
    assert alone.shape[-1] == encoder.layout.n_features
    torch.testing.assert_close(beside[:, : coords.shape[1]], alone)
    assert (beside[:, coords.shape[1] :] == 0).all()


def test_whatever_stands_on_padding_is_not_looked_at():
    encoder, coords = make_encoder("parts", **EVERYTHING), random_clips(BODY)
    is_frame = torch.arange(12)[None] < torch.tensor([12, 7, 9])[:, None]
    features = encoder(coords, is_frame)
    other = torch.where(is_frame[..., None, None], coords, 1e6)
    assert torch.equal(encoder(other, is_frame), features)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_clip_in_which_nothing_is_seen_has_no_places(preset):
    coords = torch.full((1, 5, BODY.n_landmarks, 3), torch.nan)
    assert (encode(make_encoder(preset, **EVERYTHING), coords) == 0).all()


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_very_short_clips_are_encoded(n_frames):
    encoder = make_encoder("parts", **EVERYTHING)
    features = encode(encoder, random_clips(BODY, n_frames=n_frames))
    assert features.shape == (3, n_frames, encoder.layout.n_features)
    assert features.isfinite().all()


@pytest.mark.parametrize("preset", PRESETS)
def test_encoding_leaves_its_input_alone(preset):
    coords = random_clips(BODY)
    before = coords.clone()
    encoder = make_encoder(preset, **EVERYTHING)
    encode(encoder, coords)
    encoder.measure(coords)
    torch.testing.assert_close(coords, before, equal_nan=True, rtol=0, atol=0)


def test_encoding_before_fitting_is_refused():
    for encoder in (unfitted("parts"), unfitted("parts").eval()):
        with pytest.raises(TrainingError, match="call fit on train clips first"):
            encode(encoder, random_clips(BODY))
    with pytest.raises(TrainingError, match="call fit on train clips first"):
        unfitted("bdslw60").codes(random_clips(BODY))


def test_fitting_on_nothing_seen_is_refused():
    with pytest.raises(TrainingError, match="no landmark is seen in any train clip"):
        unfitted("parts").fit([torch.full((1, 4, BODY.n_landmarks, 3), torch.nan)])


def test_an_encoder_that_does_not_quantize_has_no_codes():
    with pytest.raises(TrainingError) as error:
        make_encoder("parts").codes(random_clips(BODY))
    assert str(error.value) == (
        "encoder preset 'parts' has no codes without encoder.levels or encoder.step; set one of "
        "them"
    )


@pytest.mark.parametrize("preset", PRESETS)
def test_the_tables_travel_with_the_weights(preset):
    fitted, fresh = make_encoder(preset, **EVERYTHING), unfitted(preset, **EVERYTHING).eval()
    fresh.load_state_dict(fitted.state_dict())
    coords = random_clips(BODY, seed=3)
    assert torch.equal(encode(fresh, coords), encode(fitted, coords))


def test_three_strange_points_in_a_plane_are_encoded_too():
    points = skeleton_from_names("points", ["left_hand", "right_hand", "nose"], n_dims=2)
    coords = random_clips(points, hidden=0.0)
    for preset in PRESETS:
        features = encode(make_encoder(preset, points, **EVERYTHING), coords)
        assert features.isfinite().all()
        assert features.abs().sum() > 0


def test_hands_alone_are_encoded_too():
    names = [n for n in BODY.landmarks if "_hand_" in n]
    hands = skeleton_from_names("hands", names, n_dims=3)
    for preset in PRESETS:
        encoder = make_encoder(preset, hands, **EVERYTHING)
        assert encode(encoder, random_clips(hands)).isfinite().all()


@pytest.mark.parametrize("name", SKELETONS)
@pytest.mark.parametrize("preset", ["parts", "rqe-sf", "rqe-adaptive"])
def test_every_skeleton_can_be_encoded(name, preset):
    skeleton = SKELETONS[name]
    encoder = make_encoder(preset, skeleton, **EVERYTHING)
    assert encode(encoder, random_clips(skeleton, n_clips=2)).isfinite().all()


def test_a_recipe_may_use_two_of_three_dimensions():
    config = EncoderConfig.model_validate({"preset": "rqe-adaptive", **EVERYTHING})
    encoder = RelativeEncoder(BODY, config, DataConfig(n_dims=2), fps=25.0)
    encoder.fit([random_clips(BODY)])
    coords = random_clips(BODY, seed=1)
    flat = coords.clone()
    flat[..., 2] *= 3
    assert encoder.measure(coords).shape[-1] == 2
    assert torch.equal(encode(encoder, coords), encode(encoder, flat))


def test_a_golden_frame_has_the_codes_worked_out_by_hand():
    """Left elbow 30 px right of its shoulder, train range 0 to 60: half way, code 5 of 10 in x."""
    encoder = unfitted("bdslw60")
    train = torch.zeros(1, 2, BODY.n_landmarks, 3)
    train[0, 1, BODY.index("left_elbow")] = torch.tensor([60.0, 40.0, 20.0])
    encoder.fit([train])
    frame = torch.zeros(1, 1, BODY.n_landmarks, 3)
    frame[0, 0, BODY.index("left_elbow")] = torch.tensor([30.0, 12.0, 13.0])
    codes = encoder.codes(frame)[0, 0, encoder.skeleton.index("left_elbow")]
    assert codes.tolist() == [5, 3, 3]  # 0.5 * 10, 0.3 * 10, 0.65 * 5, all cut off


@pytest.mark.parametrize("preset", ["parts", "rqe", "rqe-adaptive"])
def test_frames_may_be_shuffled_where_no_frame_is_the_first(preset):
    encoder, coords = make_encoder(preset, gap_fill_s=0.0), random_clips(BODY)
    order = torch.randperm(coords.shape[1], generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        encoder.measure(coords[:, order]), encoder.measure(coords)[:, order], equal_nan=True
    )


def mirrored(coords: torch.Tensor) -> torch.Tensor:
    """Left and right exchanged, x turned around."""
    permutation = torch.as_tensor(BODY.mirror_permutation())
    return coords[:, :, permutation] * torch.tensor([-1.0, 1.0, 1.0])


@pytest.mark.parametrize("preset", RELATIVE)
def test_mirroring_commutes_with_encoding(preset):
    encoder, coords = make_encoder(preset), random_clips(BODY)
    skeleton = encoder.skeleton
    permutation = torch.as_tensor(skeleton.mirror_permutation())
    exchanged = encoder.measure(coords)[:, :, permutation] * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(
        encoder.measure(mirrored(coords)), exchanged, equal_nan=True, atol=2e-4, rtol=1e-4
    )


@pytest.mark.parametrize("preset", QUANTIZED)
def test_half_precision_clips_have_the_codes_of_what_they_hold(preset):
    """Pixels as float16 are up to 1/8 px off; the same pixels as float32 have the same codes."""
    encoder, coords = make_encoder(preset), random_clips(BODY).half()
    assert torch.equal(encoder.codes(coords), encoder.codes(coords.float()))


def test_half_precision_changes_a_code_only_near_an_edge():
    encoder, coords = make_encoder("rqe-adaptive"), random_clips(BODY)
    codes, rounded = encoder.codes(coords), encoder.codes(coords.half())
    positions, beside = (
        encoder.bins.positions(encoder.measure(x)) for x in (coords, coords.half())
    )
    off = (positions - beside).abs().nan_to_num()
    to_edge = ((positions % 1) - 0.5).abs().nan_to_num(1.0)
    changed = codes != rounded
    assert 0 < changed.float().mean() < 0.02
    assert (to_edge[changed] <= off[changed] + 1e-3).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_bf16_autocast_does_not_disturb_the_encoder(preset):
    encoder, coords = make_encoder(preset, **EVERYTHING), random_clips(BODY)
    expected = encode(encoder, coords)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = encode(encoder, coords)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("quantization", ["soft", "straight-through"])
def test_gradients_reach_the_landmarks_and_stay_finite(preset, quantization):
    encoder = make_encoder(preset, quantization=quantization, **EVERYTHING)
    coords = random_clips(BODY, hidden=0.2).requires_grad_()
    (gradient,) = torch.autograd.grad(encode(encoder, coords).square().sum(), coords)
    assert gradient.isfinite().all()
    reached = (gradient.abs().sum(dim=(0, 1, 3)) > 0).nonzero().flatten().tolist()
    assert {BODY.index(n) for n in ("left_elbow", "right_hand_index_tip")} <= set(reached)


def test_hard_quantization_has_no_gradient_but_continuous_channels_beside_it_do():
    coords = random_clips(BODY).requires_grad_()
    hard = make_encoder("bdslw60")
    assert not encode(hard, coords).requires_grad
    beside = make_encoder("bdslw60", continuous=True)
    (gradient,) = torch.autograd.grad(encode(beside, coords).sum(), coords)
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize(
    ("preset", "changes", "names"),
    [
        ("none", {}, ["places", "seen"]),
        (
            "parts",
            {},
            ["places", "motion_back", "motion_ahead", "distances", "handshape", "seen"],
        ),
        ("rqe", {"motion": 1}, ["places", "motion_back", "motion_ahead", "seen"]),
        (
            "parts",
            {"continuous": True, "motion": 0, "handshape": False},
            ["places", "distances", "seen"],
        ),
        ("rqe", {"continuous": True}, ["places", "continuous", "seen"]),
        (
            "bdslw60",
            {"continuous": True, **EVERYTHING},
            [
                "places", "continuous", "motion_back", "motion_ahead", "motion_back_2",
                "motion_ahead_2", "distances", "handshape", "anchor_trajectory", "hand_paths",
                "seen",
            ],
        ),
    ],
)  # fmt: skip
def test_the_layout_says_what_lies_where(preset, changes, names):
    encoder = make_encoder(preset, **changes)
    layout = encoder.layout
    assert [group.name for group in layout.groups] == names
    n_features = [group.n_features for group in layout.groups]
    starts = [sum(n_features[:i]) for i in range(len(names))]
    assert [group.start for group in layout.groups] == starts
    assert encode(encoder, random_clips(BODY)).shape[-1] == layout.n_features
    for group in layout.groups:
        assert group.per_landmark * len(layout.skeleton.landmarks) in (0, group.n_features)


def test_the_layout_finds_a_landmark_in_every_group_that_has_one():
    """A jump of one landmark shows at that landmark alone."""
    encoder, coords = make_encoder("parts", motion=2), random_clips(BODY, hidden=0.0)
    jumped = coords.clone()
    elbow = encoder.skeleton.index("right_elbow")
    jumped[:, 6, BODY.index("right_elbow")] += 40.0
    one, other = encode(encoder, coords), encode(encoder, jumped)
    frames = {"places": [6], "motion_back": [6, 7], "motion_ahead": [5, 6]}
    for name, when in frames.items():
        before, after = (encoder.layout.of_landmarks(features, name) for features in (one, other))
        changed = (before != after).any(-1).any(0).nonzero().tolist()
        assert changed == [[frame, elbow] for frame in when]
    coords[:, 6, BODY.index("right_elbow")] = torch.nan
    encoder = make_encoder("parts", gap_fill_s=0.0)
    seen = encoder.layout.of_landmarks(encode(encoder, coords), "seen")[..., 0]
    assert (seen[0] == 0).nonzero().tolist() == [[6, elbow]]


def test_motion_is_that_of_the_continuous_places_where_there_are_some():
    coords = random_clips(BODY, hidden=0.0)
    for continuous in (False, True):
        encoder = make_encoder("bdslw60", motion=1, continuous=continuous)
        features = encode(encoder, coords)
        name = "continuous" if continuous else "places"
        moving = part_features(encoder, features, name)
        back = part_features(encoder, features, "motion_back")
        torch.testing.assert_close(back[:, 1:], moving[:, 1:] - moving[:, :-1])


def test_codes_as_features_lie_between_minus_one_and_one_and_the_missing_one_beyond():
    encoder, coords = make_encoder("bdslw60", output="codes"), random_clips(BODY, hidden=0.2)
    places = encoder.layout.of_landmarks(encode(encoder, coords), "places")
    codes, n_codes = encoder.codes(coords), encoder.bins.n_codes
    torch.testing.assert_close(places, 2 * codes / (n_codes - 1) - 1)
    assert (places[codes < n_codes].abs() <= 1).all()
    assert (places[codes == n_codes] > 1).all()


def test_parts_without_levels_stay_continuous_beside_parts_with_some():
    encoder = make_encoder("parts", levels={"left_hand": 3})
    plain, coords = make_encoder("parts"), random_clips(BODY, hidden=0.0)
    one, other = (e.layout.of_landmarks(encode(e, coords), "places") for e in (encoder, plain))
    hand = [i for i, n in enumerate(encoder.skeleton.landmarks) if n.startswith("left_hand")]
    rest = [i for i, n in enumerate(encoder.skeleton.landmarks) if not n.startswith("left_hand")]
    torch.testing.assert_close(one[:, :, rest], other[:, :, rest])
    for landmark in hand[1:]:
        assert len(one[:, :, landmark, 0].unique()) <= 3
    assert len(other[:, :, hand[1], 0].unique()) > 20


@pytest.mark.parametrize("n_hidden", [0, 4, 14])
def test_with_the_trunk_of_the_past_nothing_later_than_motion_is_looked_at(n_hidden):
    changes = {"trunk": "past", "gap_fill_s": 0.0, **EVERYTHING, "hand_paths": False}
    encoder = make_encoder("parts", **changes)
    coords, other = (random_clips(BODY, hidden=0.3, n_frames=20, seed=seed) for seed in (0, 1))
    trunk = [BODY.index(f"{side}_{name}") for side in ("left", "right") for name in TRUNK_AND_PALM]
    coords[:, :n_hidden, trunk] = torch.nan
    changed = torch.cat([coords[:, :12], other[:, 12:]], dim=1)
    torch.testing.assert_close(
        encode(encoder, changed)[:, :10], encode(encoder, coords)[:, :10], rtol=0, atol=0
    )


def test_one_trunk_is_measured_a_forward(monkeypatch):
    import signkit.encode.encoder as module

    calls = []
    measure = module.measure_trunk
    monkeypatch.setattr(
        module, "measure_trunk", lambda *a, **k: calls.append(1) or measure(*a, **k)
    )
    encoder = make_encoder("parts", **EVERYTHING)
    calls.clear()
    encode(encoder, random_clips(BODY))
    assert len(calls) == 1


def test_a_clip_whose_shoulders_are_never_seen_has_the_usual_unit_of_train_clips():
    train, encoder = random_clips(BODY, n_clips=5, hidden=0.0), unfitted("parts")
    encoder.fit([train[:2], train[2:]])
    shoulders = BODY.indices(["left_shoulder", "right_shoulder"])
    less = train[:1].clone()
    less[:, :, shoulders] = torch.nan
    left, right = shoulders
    widths = (train[:, :, left, :2] - train[:, :, right, :2]).norm(dim=-1)
    assert encoder.unit_px(less).item() == pytest.approx(widths.quantile(0.5, dim=1).median())


@pytest.mark.parametrize("rule", ["frame0", "past"])
@pytest.mark.parametrize("preset", ["parts", "none"])
@pytest.mark.parametrize("names", ["_hand_", "_"])
def test_by_the_rule_of_the_first_frame_no_channel_looks_further_than_motion(preset, names, rule):
    skeleton = skeleton_from_names("part", [n for n in BODY.landmarks if names in n], n_dims=3)
    changes = {"trunk": rule, "gap_fill_s": 0.0, **EVERYTHING, "hand_paths": False}
    encoder = make_encoder(preset, skeleton, **changes)
    coords, other = (random_clips(skeleton, hidden=0.0, seed=seed) for seed in (0, 1))
    coords[:, :4, skeleton.part_indices("left_hand")] = torch.nan
    changed = torch.cat([coords[:, :8], other[:, 8:]], dim=1)
    torch.testing.assert_close(
        encode(encoder, changed)[:, :6], encode(encoder, coords)[:, :6], rtol=0, atol=0
    )
