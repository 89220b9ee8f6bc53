import torch

from signkit.encode.anchors import anchor_names
from signkit.encode.relative import (
    PartScales,
    Trunk,
    anchor_runs,
    even_slices,
    first_seen,
    masked_median,
    mean_place,
    measure_trunk,
    relative_offsets,
)
from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS
from tests.tensors import random_clips

NAN = float("nan")
BODY = SKELETONS["mediapipe-75"]
ONE = torch.ones(())


def body_at(*shoulders: tuple[float, float]) -> torch.Tensor:
    """(1, T, L, 3): shoulders at the given x of each frame and y = 0, everything else unseen."""
    coords = torch.full((1, len(shoulders), BODY.n_landmarks, 3), NAN)
    for frame, (left, right) in enumerate(shoulders):
        for side, x in (("left", left), ("right", right)):
            place = torch.tensor([x, 0.0, 0.0])
            coords[0, frame, BODY.index(f"{side}_shoulder")] = place + place[0] * 0  # NaN or not
    return coords


def test_the_median_leaves_out_what_was_not_seen():
    rows = [[5.0, NAN, 1.0, 3.0], [8.0, 1.0, NAN, NAN], [4.0, 9.0, 2.0, 7.0], [NAN] * 4]
    median = masked_median(torch.tensor(rows)[..., None]).flatten()
    assert median[:3].tolist() == [3.0, 4.5, 5.5]
    assert median[3].isnan()


def test_the_first_sight_of_each_clip_is_its_own():
    values = torch.tensor([[NAN, 4.0, 5.0], [7.0, NAN, 8.0], [NAN, NAN, NAN]])[..., None]
    first = first_seen(values).flatten()
    assert first[:2].tolist() == [4.0, 7.0]
    assert first[2].isnan()


def test_the_trunk_is_measured_where_the_rule_says():
    clip = body_at((0, 10), (2, 22), (10, 20))  # middles 5, 12, 15; widths 10, 20, 10
    expected = {"frame": [5.0, 12.0, 15.0], "frame0": [5.0], "clip_median": [12.0]}
    expected["past"] = [5.0, 5.0, 5.0]
    widths = {"frame": [10.0, 20.0, 10.0], "frame0": [10.0], "clip_median": [10.0]}
    widths["past"] = [10.0, 10.0, 10.0]
    for rule, middles in expected.items():
        trunk = measure_trunk(clip, BODY, rule=rule, default=ONE)
        assert trunk.origin[0, :, 0, 0].tolist() == middles
        assert trunk.scale[0, :, 0, 0].tolist() == widths[rule]


def test_the_first_frame_in_which_the_trunk_is_seen_stands_for_the_first():
    trunk = measure_trunk(body_at((NAN, NAN), (4, 8)), BODY, rule="frame0", default=ONE)
    assert (trunk.origin[0, 0, 0, 0].item(), trunk.scale.item()) == (6.0, 4.0)


def test_frames_before_the_trunk_is_seen_know_the_mean_of_the_first_frame_alone():
    clip = body_at((NAN, NAN), (4, 8), (40, 80))
    clip[0, 0, BODY.index("nose")] = 7.0
    trunk = measure_trunk(clip, BODY, rule="past", default=ONE)
    assert trunk.origin[0, :, 0, 0].tolist() == [clip[0, 0].nanmean(dim=0)[0].item(), 6.0, 6.0]
    assert trunk.scale[0, :, 0, 0].tolist() == [1.0, 4.0, 4.0]


def test_a_frame_without_shoulders_has_no_origin_but_the_usual_scale():
    trunk = measure_trunk(body_at((0, 10), (NAN, NAN)), BODY, rule="frame", default=ONE)
    assert trunk.origin[0, 1].isnan().all()
    assert trunk.scale[0, :, 0, 0].tolist() == [10.0, 10.0]


def test_a_clip_without_shoulders_is_measured_from_the_mean_of_everything_in_the_default_unit():
    clip = body_at((NAN, NAN), (NAN, NAN))
    clip[0, 0, BODY.index("nose")] = torch.tensor([3.0, 6.0, 9.0])
    clip[0, 1, BODY.index("left_hand_wrist")] = torch.tensor([5.0, 8.0, 11.0])
    trunk = measure_trunk(clip, BODY, rule="clip_median", default=torch.tensor(40.0))
    assert trunk.scale.item() == 40.0
    torch.testing.assert_close(mean_place(clip)[0, 0, 0], trunk.origin[0, 0, 0])
    small = clip[:, :, [BODY.index("nose"), BODY.index("left_hand_wrist")]]
    assert mean_place(small)[0, 0, 0].tolist() == [4.0, 7.0, 10.0]


def test_hands_alone_are_measured_in_four_hand_lengths():
    names = [n for n in BODY.landmarks if n.startswith("left_hand_")]
    hand = skeleton_from_names("hand", names, n_dims=3)
    clip = torch.zeros(1, 2, 21, 3)
    clip[:, :, hand.index("left_hand_middle_mcp")] = torch.tensor([0.0, 3.0, 4.0])
    trunk = measure_trunk(clip, hand, rule="clip_median", default=ONE)
    assert trunk.scale.item() == 20.0


def test_no_gradient_goes_through_the_frame_of_reference():
    coords = random_clips(BODY).requires_grad_()
    trunk = measure_trunk(coords, BODY, rule="clip_median", default=ONE)
    assert not trunk.origin.requires_grad
    assert not trunk.scale.requires_grad


def test_every_landmark_is_measured_from_where_its_anchor_was_before_it_moved():
    anchors = anchor_names(BODY, "chain")
    coords = random_clips(BODY, n_clips=1, n_frames=3, hidden=0.0)
    trunk = Trunk(torch.zeros(1, 1, 1, 3), torch.ones(1, 1, 1, 1))
    offsets = relative_offsets(coords, anchor_runs(anchors, BODY), trunk, BODY)
    for i, anchor in enumerate(anchors):
        place = torch.zeros(3) if anchor == "origin" else None
        if anchor == "mid_shoulder":
            shoulders = BODY.indices(["left_shoulder", "right_shoulder"])
            place = coords[:, :, shoulders].mean(dim=2)
        elif place is None:
            place = coords[:, :, BODY.index(anchor)]
        torch.testing.assert_close(offsets[:, :, i], coords[:, :, i] - place, rtol=0, atol=0)


def test_offsets_keep_the_memory_order_and_leave_their_input_alone():
    planar = random_clips(BODY, hidden=0.0).permute(3, 2, 0, 1).contiguous().permute(2, 3, 1, 0)
    before = planar.clone()
    trunk = measure_trunk(planar, BODY, rule="frame0", default=ONE)
    offsets = relative_offsets(planar, anchor_runs(anchor_names(BODY, "own"), BODY), trunk, BODY)
    assert offsets.stride() == planar.stride()
    assert torch.equal(planar, before)


def test_a_part_is_measured_in_its_own_length_and_its_root_in_the_trunks():
    anchors = anchor_names(BODY, "own")
    coords = torch.zeros(1, 3, BODY.n_landmarks, 3)
    coords[:, :, BODY.index("left_hand_middle_mcp"), 0] = torch.tensor([6.0, 8.0, NAN])
    coords[:, :, BODY.index("right_hand_middle_mcp")] = NAN
    trunk = Trunk(torch.zeros(1, 1, 1, 3), torch.full((1, 1, 1, 1), 100.0))
    scales = PartScales(BODY, anchors)(coords, trunk)[0, :, :, 0]
    tips = [BODY.index(f"{side}_hand_index_tip") for side in ("left", "right")]
    assert scales[:, tips[0]].tolist() == [6.0, 8.0, 7.0]  # unseen: the clip's usual length
    assert scales[:, tips[1]].tolist() == [25.0] * 3  # never seen: a quarter of the trunk's
    for landmark in ("left_hand_wrist", "left_elbow", "nose"):
        assert scales[:, BODY.index(landmark)].tolist() == [100.0] * 3


def test_the_face_is_measured_by_the_eyes():
    face = SKELETONS["coco-wholebody-133"]
    coords = torch.zeros(1, 1, face.n_landmarks, 2)
    coords[0, 0, face.index("face_ibug_45"), 0] = 30.0
    trunk = Trunk(torch.zeros(1, 1, 1, 2), torch.full((1, 1, 1, 1), 100.0))
    scales = PartScales(face, anchor_names(face, "own"))(coords, trunk)[0, 0, :, 0]
    assert scales[face.index("face_ibug_50")] == 30.0
    assert scales[face.index("face_ibug_30")] == 100.0


def test_even_slices_take_the_same_rows_in_the_same_order():
    for indices in ([], [4], [0, 1, 2], [0, 3, 6, 7, 8], [1, 5, 6, 9, 12, 15], [2, 3, 5, 7, 9]):
        taken = [i for run in even_slices(indices) for i in range(20)[run]]
        assert taken == indices
    assert even_slices([0, 1, 2, 5, 7, 9]) == [slice(0, 3, 1), slice(5, 10, 2)]


def test_by_the_rule_of_the_first_frame_hands_alone_are_measured_where_the_first_hand_is_seen():
    """The right hand is seen from the start, the left one, twice as long, only later."""
    hands = skeleton_from_names("hands", [n for n in BODY.landmarks if "_hand_" in n], n_dims=3)
    clip = torch.full((1, 4, 42, 3), NAN)
    for side, first, length in (("right", 1, 5.0), ("left", 3, 10.0)):
        clip[:, first:, hands.part_indices(f"{side}_hand")] = 0.0
        clip[:, first:, hands.index(f"{side}_hand_middle_mcp"), 0] = length
    trunk = measure_trunk(clip, hands, rule="frame0", default=ONE)
    assert trunk.scale.item() == 20.0
    later = clip.clone()
    later[:, 2:] += 50.0
    moved = measure_trunk(later, hands, rule="frame0", default=ONE)
    assert torch.equal(moved.origin, trunk.origin)
    assert trunk.origin[0, 0, 0, 1:].tolist() == [0.0, 0.0]
    torch.testing.assert_close(trunk.origin, mean_place(clip[:, 1:2]))
