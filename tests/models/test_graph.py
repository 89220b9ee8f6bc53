import pytest
import torch
from torch import Tensor

from signkit.models.graph import GraphFrontend, complementary_masks
from signkit.sections import ModelConfig
from signkit.skeletons import SKELETONS
from tests.models.layouts import BODY, HANDS, THREE, frames, make_layout, random_features

LAYOUTS = {
    "body": make_layout(),
    "lips": make_layout(SKELETONS["isharah-86"], n_distances=0),
    "hands without motion": make_layout(HANDS, motion=False),
    "three points": make_layout(THREE, n_distances=1),
    "three points without motion": make_layout(THREE, motion=False, n_distances=0),
}


def make_frontend(name: str = "body", **model: object) -> GraphFrontend:
    """A small frontend whose running statistics have seen a batch."""
    torch.manual_seed(0)
    small = {"width": 8, "n_heads": 2, "graph_widths": (4, 6), "dropout": 0.0}
    frontend = GraphFrontend(LAYOUTS[name], ModelConfig(**{**small, **model}))
    features = random_features(LAYOUTS[name], seed=1)
    frontend(features, frames([13, 9], 13))
    return frontend


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("subsampling", [1, 8])
def test_padding_changes_nothing(name, subsampling):
    frontend = make_frontend(name, subsampling=subsampling).eval()
    features = random_features(LAYOUTS[name], n_frames=21)
    alone = frontend(features[:1, :13], frames([13], 13))
    beside = frontend(features, frames([13, 21], 21))
    n_steps = alone.x.shape[1]
    assert int(beside.is_step[0].sum()) == n_steps
    torch.testing.assert_close(beside.x[:1, :n_steps], alone.x, atol=1e-5, rtol=1e-4)


def test_padding_changes_nothing_in_training_either():
    features = random_features(LAYOUTS["body"], n_frames=21)
    short, long = (make_frontend(subsampling=4) for _ in range(2))
    one = short(features[:, :13], frames([13, 9], 13))
    other = long(features, frames([13, 9], 21))
    for name in ("conv", "static", "motion"):
        a, b = one.auxiliary[name], other.auxiliary[name]
        torch.testing.assert_close(
            b[:, : a.shape[1]][one.is_step], a[one.is_step], atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize("subsampling", [1, 2, 4, 8])
@pytest.mark.parametrize("name", ["three points", "three points without motion"])
def test_there_are_as_many_steps_as_ctc_is_promised(name, subsampling):
    frontend = make_frontend(name, subsampling=subsampling).eval()
    for n_frames in (1, 2, 3, 7, 8, 9, 17):
        features = random_features(LAYOUTS[name], n_clips=1, n_frames=n_frames + 2)
        hidden = frontend(features, frames([n_frames], n_frames + 2))
        assert int(hidden.is_step.sum()) == -(-n_frames // subsampling)
        assert hidden.x.shape[:2] == hidden.is_step.shape


@pytest.mark.parametrize("name", LAYOUTS)
def test_gradients_reach_every_parameter(name):
    frontend = make_frontend(name, part_mask=0.2, subsampling=2)
    hidden = frontend(random_features(LAYOUTS[name]), frames([13, 9], 13), n_views=2)
    sum(x[..., 0].sum() for x in (hidden.x, *hidden.auxiliary.values())).backward()
    assert [name for name, p in frontend.named_parameters() if p.grad is None] == []
    assert all(bool((p.grad != 0).any()) for n, p in frontend.named_parameters() if "mix." in n)


@pytest.mark.parametrize(
    ("name", "heads"),
    [("body", ["conv", "static", "motion"]), ("hands without motion", ["conv", "static"])],
)
def test_heads_are_trained_on_the_convolutions_and_on_each_stream(name, heads):
    frontend = make_frontend(name, subsampling=4)
    hidden = frontend(random_features(LAYOUTS[name]), frames([13, 9], 13))
    assert list(frontend.auxiliary_widths) == list(hidden.auxiliary) == heads
    assert all(x.shape == (2, 4, 8) for x in hidden.auxiliary.values())


@pytest.mark.parametrize("name", ["body", "hands without motion"])
def test_halving_the_pace_looks_at_every_frame(name):
    layout, frontend = LAYOUTS[name], make_frontend(name, subsampling=2).eval()
    features = random_features(layout, n_clips=1, n_frames=12)
    if layout.has("motion_ahead"):  # the frames between are known from the motion beside them
        features[:, 1::2] = torch.nan
        assert frontend(features, frames([12], 12)).x.isfinite().all()
        return
    for frame in range(12):
        changed = features.clone()
        changed[:, frame] += 1
        assert not torch.equal(
            frontend(changed, frames([12], 12)).x, frontend(features, frames([12], 12)).x
        )


def test_features_of_no_landmark_are_seen_by_the_fusion():
    layout, frontend = LAYOUTS["body"], make_frontend().eval()
    features = random_features(layout, n_clips=1)
    [distances] = [group for group in layout.groups if group.name == "distances"]
    changed = features.clone()
    changed[..., distances.start : distances.start + distances.n_features] += 1
    is_frame = frames([13], 13)
    assert not torch.equal(frontend(changed, is_frame).x, frontend(features, is_frame).x)


def test_both_hands_go_through_the_same_weights():
    names = {"left_hand", "right_hand"}
    one = GraphFrontend(make_layout(HANDS), ModelConfig(graph_widths=(4,)))
    n_hands = sum(p.numel() for p in one.graphs.parameters())
    both = GraphFrontend(make_layout(BODY), ModelConfig(graph_widths=(4,)))
    pose = sum(p.numel() for p in both.graphs[0].parameters())
    assert names < set(BODY.parts)
    assert sum(p.numel() for p in both.graphs.parameters()) - pose < 1.1 * n_hands
    assert len(one.graphs) == 1


def test_two_views_never_lack_the_same_part_at_the_same_time():
    torch.manual_seed(0)
    first, second = complementary_masks((200, 60, 4), share=0.2, n_views=2).chunk(2)
    assert not (first & second).any()
    for view in (first, second):
        assert float(view[:, :50].float().mean()) == pytest.approx(0.2, abs=0.03)


def test_a_part_is_hidden_for_a_whole_stretch():
    torch.manual_seed(0)
    hidden = complementary_masks((20, 60, 4), share=0.3, n_views=2)
    for first, end in ((0, 25), (25, 60)):  # the last stretch takes what is left over, as published
        stretch = hidden[:, first:end]
        assert torch.equal(stretch, stretch[:, :1].expand_as(stretch))
    assert hidden.shape == (20, 60, 4)
    assert not torch.equal(hidden[:, 0], hidden[:, 25])


def test_a_clip_shorter_than_a_stretch_is_one_stretch():
    torch.manual_seed(0)
    hidden = complementary_masks((20, 7, 4), share=0.3, n_views=2)
    assert hidden.shape == (20, 7, 4)
    assert torch.equal(hidden, hidden[:, :1].expand_as(hidden))
    assert hidden.any()


def test_a_single_view_lacks_its_share_too():
    torch.manual_seed(0)
    hidden = complementary_masks((400, 25, 4), share=0.3, n_views=1)
    assert float(hidden.float().mean()) == pytest.approx(0.3, abs=0.04)


def fused_parts(frontend: GraphFrontend, features: Tensor) -> Tensor:
    """(B, T, P, D) that the fusion's convolutions are given for two views."""
    seen: list[Tensor] = []
    stage = frontend.stages["fusion"]
    handle = stage.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    frontend(features, torch.ones(features.shape[:2], dtype=torch.bool), n_views=2)
    handle.remove()
    return seen[0]


def test_in_training_what_one_view_lacks_the_other_one_has():
    frontend = make_frontend(part_mask=0.5)
    features = random_features(LAYOUTS["body"], n_clips=3, n_frames=60).repeat(2, 1, 1)
    first, second = (fused_parts(frontend, features) != 0).any(dim=3).chunk(2)  # (B, T, P)
    assert torch.equal(first, ~second)
    assert 0.2 < first.float().mean() < 0.8


def test_when_recognizing_nothing_is_hidden():
    masked, bare = make_frontend(part_mask=0.5).eval(), make_frontend().eval()
    masked.load_state_dict(bare.state_dict())
    features = random_features(LAYOUTS["body"])
    is_frame = frames([13, 9], 13)
    torch.testing.assert_close(masked(features, is_frame).x, bare(features, is_frame).x)


def test_bf16_gives_nearly_the_same_and_can_be_trained():
    frontend = make_frontend(subsampling=2)
    features, is_frame = random_features(LAYOUTS["body"]), frames([13, 9], 13)
    with torch.autocast("cpu", torch.bfloat16):
        low = frontend(features, is_frame).x
    low.float().sum().backward()
    assert all(p.grad.isfinite().all() for p in frontend.parameters() if p.grad is not None)
    high = make_frontend(subsampling=2)(features, is_frame).x.detach()
    difference = (low.detach().float() - high).abs().mean()
    assert float(difference) < 0.05 * float(high.abs().mean())
