import pytest
import torch

from signkit.models.part_graph import GraphBlock, PartGraph, adjacency, part_groups
from signkit.sections import ModelConfig
from signkit.skeleton import skeleton_from_names, swap_side
from signkit.skeletons import SKELETONS
from tests.models.layouts import BODY, HANDS, THREE

ARM = skeleton_from_names("arm", ("left_shoulder", "left_elbow", "left_wrist", "nose"), n_dims=2)


def test_columns_of_the_adjacency_are_means_over_the_landmark_itself_and_its_neighbours():
    itself, near = adjacency(ARM.landmarks, ARM)
    assert torch.equal(itself, torch.eye(4))
    expected = [[0, 0.5, 0, 1 / 3], [1, 0, 1, 1 / 3], [0, 0.5, 0, 1 / 3], [0, 0, 0, 0]]
    torch.testing.assert_close(near, torch.tensor(expected))


def test_a_part_of_one_landmark_hears_only_itself():
    itself, near = adjacency(("nose",), ARM)
    assert itself.tolist() == [[1.0]]
    assert near.tolist() == [[0.0]]


@pytest.mark.parametrize("skeleton", [*SKELETONS.values(), HANDS, THREE], ids=lambda s: s.name)
def test_every_landmark_is_in_one_group(skeleton):
    groups = part_groups(skeleton)
    landmarks = torch.cat([group.landmarks.flatten() for group in groups])
    assert landmarks.sort().values.tolist() == list(range(skeleton.n_landmarks))
    for group in groups:
        n_landmarks = group.landmarks.shape[1]
        assert group.adjacency.shape == (2, n_landmarks, n_landmarks)


@pytest.mark.parametrize("skeleton", [BODY, HANDS, SKELETONS["isharah-86"]], ids=lambda s: s.name)
def test_both_hands_are_one_group_landmark_by_landmark(skeleton):
    [hands] = [group for group in part_groups(skeleton) if len(group.landmarks) == 2]
    left, right = ([skeleton.landmarks[i] for i in row] for row in hands.landmarks.tolist())
    assert [swap_side(name) for name in left] == right
    assert len(left) == 21


def test_hands_with_different_landmarks_are_groups_of_their_own():
    names = ("left_hand_wrist", "left_hand_thumb_tip", "right_hand_wrist")
    groups = part_groups(skeleton_from_names("uneven", names, n_dims=2))
    assert [tuple(group.landmarks.shape) for group in groups] == [(1, 2), (1, 1)]


def test_a_landmark_hears_its_neighbours_and_no_other_one_at_first():
    block = GraphBlock(3, 4, adjacency(ARM.landmarks[:3], ARM), causal=False)
    x = torch.randn(1, 9, 3, 3)
    changed = x.clone()
    changed[:, :, 0] += 1  # the shoulder, two edges from the wrist
    is_frame = torch.ones(1, 9, dtype=torch.bool)
    same = block.eval()(x, is_frame) == block(changed, is_frame)
    assert same.all(dim=(0, 1, 3)).tolist() == [False, False, True]


def test_which_landmarks_listen_to_which_is_learned():
    block = GraphBlock(3, 4, adjacency(ARM.landmarks, ARM), causal=False)
    block(torch.randn(2, 9, 4, 3), torch.ones(2, 9, dtype=torch.bool))[..., 0].sum().backward()
    assert block.adjacency.grad is not None
    assert (block.adjacency.grad != 0).all()


def test_a_run_of_equal_widths_is_one_step_of_the_fusion():
    config = ModelConfig(graph_widths=(4, 4, 8))
    graph = PartGraph([3, 4], adjacency(ARM.landmarks, ARM), config)
    assert len(graph.steps) == 2
    inputs = [torch.randn(2, 9, 4, n) for n in (3, 4)]
    static, motion, fusion = graph(inputs, torch.ones(2, 9, dtype=torch.bool))
    assert static.shape == motion.shape == (2, 9, 8)
    assert fusion.shape == (2, 9, 16)
