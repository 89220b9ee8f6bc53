from dataclasses import replace

import numpy as np
import pytest

from signkit.pose import PoseSequence
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import MEDIAPIPE_75
from signkit.study.perturb import (
    KINDS,
    QUICK,
    SWEEP,
    Disturbance,
    add_noise,
    lose_hands,
    mirror,
    scattered_runs,
    shoulder_width_px,
    shrink,
    turn,
)
from tests.factories import HEIGHT_PX, WIDTH_PX, assert_same_pose, make_pose

FLAT = skeleton_from_names(
    "flat", ["left_shoulder", "right_shoulder", "nose", "left_hand", "right_hand"], n_dims=2
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def standing(n_frames: int = 400, skeleton=MEDIAPIPE_75, width_px: float = 120.0) -> PoseSequence:
    """A pose that does not move, with shoulders that far apart."""
    pose = make_pose(n_frames=1, skeleton=skeleton, hidden=0.0)
    coords = np.repeat(pose.coords, n_frames, axis=0)
    coords[:, skeleton.index("left_shoulder"), :2] = (300 + width_px, 200)
    coords[:, skeleton.index("right_shoulder"), :2] = (300, 200)
    confidence = np.repeat(pose.confidence, n_frames, axis=0)
    return replace(pose, coords=coords, confidence=confidence, time_s=np.arange(n_frames) / 25)


@pytest.mark.parametrize("sigma", [0.01, 0.05])
@pytest.mark.parametrize("width_px", [40.0, 120.0])
def test_noise_has_its_sigma_in_shoulder_widths(sigma: float, width_px: float):
    pose = standing(width_px=width_px)
    noisy = add_noise(pose, rng(), sigma=sigma)
    assert noisy is not None
    moved = (noisy.coords - pose.coords)[..., :2] / width_px
    assert moved.std() == pytest.approx(sigma, rel=0.1)
    assert abs(moved.mean()) < 0.1 * sigma


def test_twice_the_noise_moves_each_landmark_twice_as_far():
    pose = make_pose(n_frames=30)
    one, other = (d for d in SWEEP if d.kind == "noise" and d.level != "sigma 0.05")
    a, b = one.apply(pose), other.apply(pose)
    assert a is not None
    assert b is not None
    np.testing.assert_allclose(b.coords - pose.coords, 2 * (a.coords - pose.coords), atol=1e-3)
    assert (a.seen == pose.seen).all()


def test_without_shoulders_there_is_no_unit_and_no_noise():
    pose = make_pose(n_frames=5, hidden=0.0)
    coords = pose.coords.copy()
    coords[:, pose.skeleton.index("left_shoulder")] = np.nan
    assert shoulder_width_px(replace(pose, coords=coords)) is None
    assert add_noise(replace(pose, coords=coords), rng(), sigma=0.01) is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1.0])
def test_each_hand_is_lost_in_exactly_this_share_of_the_frames(share: float):
    pose = standing(n_frames=50)
    lost = lose_hands(pose, rng(), share=share)
    assert lost is not None
    for hand in ("left_hand", "right_hand"):
        seen = lost.seen[:, pose.skeleton.part_indices(hand)]
        assert (seen.any(axis=1) == seen.all(axis=1)).all()
        assert (~seen.any(axis=1)).sum() == round(share * 50)
    body = pose.skeleton.part_indices("pose")
    assert (lost.coords[:, body] == pose.coords[:, body]).all()


def test_one_hand_can_be_lost_alone_and_no_hands_is_nothing_to_do():
    pose = standing(n_frames=10)
    lost = lose_hands(pose, rng(), share=1.0, hands=("left_hand",))
    assert lost is not None
    assert not lost.seen[:, pose.skeleton.part_indices("left_hand")].any()
    assert lost.seen[:, pose.skeleton.part_indices("right_hand")].all()
    bare = skeleton_from_names("bare", ["nose"], n_dims=2)
    assert lose_hands(make_pose(skeleton=bare), rng(), share=1.0) is None


@pytest.mark.parametrize(("n", "share", "longest"), [(50, 0.3, 5), (7, 1.0, 3), (9, 0.5, 1)])
def test_runs_are_distinct_frames_and_not_scattered_singly(n: int, share: float, longest: int):
    for seed in range(20):
        frames = scattered_runs(n, share, longest, np.random.default_rng(seed))
        assert len(set(frames.tolist())) == round(share * n)
        assert frames.min() >= 0
        assert frames.max() < n
        n_pieces = 1 + (np.diff(frames) > 1).sum()
        assert n_pieces <= -(-len(frames) // longest)


def test_mirrored_twice_is_the_same_clip():
    pose = make_pose()
    assert_same_pose(mirror(mirror(pose)), pose)


def test_mirrored_left_is_right_at_the_other_side_of_the_picture():
    pose = make_pose(hidden=0.0)
    turned = mirror(pose)
    left, right = (pose.skeleton.index(f"{side}_hand_index_tip") for side in ("left", "right"))
    assert (turned.coords[:, right, 0] == WIDTH_PX - pose.coords[:, left, 0]).all()
    assert (turned.coords[:, right, 1:] == pose.coords[:, left, 1:]).all()
    assert (turned.confidence[:, right] == pose.confidence[:, left]).all()


def test_a_quarter_roll_turns_the_picture_about_its_middle():
    pose = make_pose(skeleton=FLAT, hidden=0.0)
    turned = turn(pose, roll_deg=90)
    middle = pose.coords.reshape(-1, 2).mean(axis=0)
    x, y = (pose.coords - middle).transpose(2, 0, 1)
    np.testing.assert_allclose(turned.coords, middle + np.stack([-y, x], axis=-1), atol=1e-3)


def test_rolled_there_and_back_is_the_same_clip():
    pose = make_pose(hidden=0.0)
    back = turn(turn(pose, roll_deg=20), roll_deg=-20)
    np.testing.assert_allclose(back.coords, pose.coords, atol=1e-2)


@pytest.mark.parametrize(("axis", "narrower"), [("yaw_deg", 0), ("pitch_deg", 1)])
def test_a_flat_figure_is_narrower_from_the_side_and_lower_from_above(axis: str, narrower: int):
    pose = make_pose(skeleton=FLAT, hidden=0.0)
    turned = turn(pose, **{axis: 60})
    before, after = (np.ptp(p.coords, axis=(0, 1)) for p in (pose, turned))
    assert after[narrower] == pytest.approx(0.5 * before[narrower], rel=1e-4)
    assert after[1 - narrower] == pytest.approx(before[1 - narrower], rel=1e-4)


def test_a_hand_turns_in_depth_about_itself_and_stays_as_large_and_on_its_wrist():
    pose = make_pose(n_frames=3, hidden=0.0)
    hand = pose.skeleton.part_indices("left_hand")
    turned = turn(pose, yaw_deg=30)
    own, seen = (p.coords[:, hand] for p in (pose, turned))
    spans = [np.linalg.norm(c - c.mean(axis=1, keepdims=True), axis=-1) for c in (own, seen)]
    np.testing.assert_allclose(spans[0], spans[1], rtol=1e-3)
    assert seen[..., 2].mean() == pytest.approx(own[..., 2].mean(), rel=0.2)
    body = pose.skeleton.part_indices("pose")
    middle = pose.coords[..., 0].mean()
    cosine = (turned.coords[:, body, 0] - middle) / (pose.coords[:, body, 0] - middle)
    np.testing.assert_allclose(cosine, np.cos(np.pi / 6), rtol=1e-2)


def test_a_smaller_picture_has_whole_pixels():
    pose = make_pose(hidden=0.0)
    small = shrink(pose, factor=0.25)
    assert (small.width_px, small.height_px) == (WIDTH_PX // 4, HEIGHT_PX // 4)
    assert (small.coords == np.round(small.coords)).all()
    np.testing.assert_allclose(4 * small.coords, pose.coords, atol=2)


@pytest.mark.parametrize("one", SWEEP, ids=lambda one: f"{one.kind}-{one.level}")
def test_every_row_is_the_same_each_time_and_leaves_the_clip_alone(one: Disturbance):
    pose = make_pose(n_frames=40, hidden=0.1)
    before = pose.coords.tobytes()
    first, again = one.apply(pose), one.apply(pose)
    assert first is not None
    assert again is not None
    assert_same_pose(first, again)
    assert pose.coords.tobytes() == before
    assert first.clip_id == pose.clip_id
    differs = first.coords.shape != pose.coords.shape or (
        first.coords.tobytes() != pose.coords.tobytes()
    )
    assert differs


@pytest.mark.parametrize("kind", ["noise", "hands", "drops"])
def test_what_is_random_depends_on_clip_and_seed(kind: str):
    one = [d for d in SWEEP if d.kind == kind][1]
    pose = make_pose("a", n_frames=100, hidden=0.0)
    results = [
        one.apply(pose, seed=0),
        one.apply(pose, seed=1),
        one.apply(replace(pose, clip_id="b"), seed=0),
    ]
    texts = {r.coords.tobytes() + r.time_s.tobytes() for r in results if r is not None}
    assert len(texts) == 3


def test_a_clip_of_this_frame_rate_has_nothing_to_change():
    rows = [one for one in SWEEP if one.kind == "fps"]
    pose = make_pose(n_frames=20, fps=30.0)
    assert [one.apply(pose) is None for one in rows] == [False, False, True, False]


def test_a_clip_without_frames_has_nothing_to_disturb():
    pose = make_pose(n_frames=1)
    none = replace(
        pose, coords=pose.coords[:0], confidence=pose.confidence[:0], time_s=pose.time_s[:0]
    )
    assert all(one.apply(none) is None for one in SWEEP)


@pytest.mark.parametrize("one", SWEEP, ids=lambda one: f"{one.kind}-{one.level}")
def test_a_clip_of_one_frame_goes_through(one: Disturbance):
    changed = one.apply(make_pose(n_frames=1, hidden=0.0))
    assert changed is not None
    assert changed.n_frames >= 1


def test_a_quick_look_has_rows_of_every_kind():
    assert set(QUICK) == set(KINDS) == {one.kind for one in SWEEP}
    for kind, levels in QUICK.items():
        assert set(levels) <= {one.level for one in SWEEP if one.kind == kind}
