"""Stick figures: what is drawn, where, and what is left out."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from signkit.skeleton import skeleton_from_names
from signkit.skeletons import SKELETONS
from signkit.view.preview import HEIGHT, N_FRAMES, WIDTH, plan_drawing, preview
from tests.factories import make_pose

ARM = ("left_shoulder", "left_elbow", "left_wrist")


def drawn(pose):
    return preview(pose, plan_drawing(pose.skeleton))


def figures(svg):
    return re.findall(r'<g transform="translate\(\d+\)">(.*?)</g>', svg)


def arm(*, n_frames=1, hidden=()):
    """A straight arm 90 pixels long, from (100, 100) to the right, in every frame."""
    skeleton = skeleton_from_names("arm", ARM, n_dims=2)
    pose = make_pose(skeleton=skeleton, n_frames=n_frames, hidden=0)
    coords = np.tile([[100.0, 100.0], [160.0, 100.0], [190.0, 100.0]], (n_frames, 1, 1))
    coords[:, list(hidden)] = np.nan
    return replace(pose, coords=coords.astype(np.float32))


@pytest.mark.parametrize("name", SKELETONS)
@pytest.mark.parametrize("hidden", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n_frames", [0, 1, 30])
def test_any_clip_can_be_drawn(name, hidden, n_frames):
    pose = make_pose(skeleton=SKELETONS[name], n_frames=n_frames, hidden=hidden)
    svg = drawn(pose)
    HTMLParser().feed(svg)
    assert "nan" not in svg
    if n_frames and hidden < 1:
        assert len(figures(svg)) == min(n_frames, N_FRAMES)
    else:
        assert "nothing was seen" in svg


def test_an_arm_is_one_line_of_its_side():
    (figure,) = figures(drawn(arm()))
    (path,) = re.findall(r'<path class="left" d="M(\d+) (\d+)l(\d+) 0l(\d+) 0"/>', figure)
    left, top, upper, lower = map(int, path)
    assert upper == pytest.approx(2 * lower, abs=1)
    assert (left + (upper + lower) / 2, top) == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=2)


def test_lines_break_at_what_was_not_seen():
    (figure,) = figures(drawn(arm(hidden=[1])))
    assert re.fullmatch(r'<path class="left" d="M\d+ \d+M\d+ \d+"/>', figure)


def test_landmarks_on_no_line_are_dots():
    skeleton = skeleton_from_names("three", ("left_hand", "right_hand", "nose"), n_dims=2)
    (figure,) = figures(drawn(make_pose(skeleton=skeleton, n_frames=1, hidden=0)))
    assert re.findall(r'<path class="(\w+) dots" d="M\d+ \d+h0"/>', figure) == [
        "left",
        "right",
        "body",
    ]


def test_the_figure_does_not_depend_on_where_the_signer_stands():
    pose = make_pose(hidden=0)
    moved = replace(pose, coords=pose.coords + np.array([64, 32, 0], np.float32))
    assert figures(drawn(moved)) == figures(drawn(pose))


def test_the_picture_is_where_the_landmarks_are_seen_against_it():
    pose = arm()
    x, y, width, height = map(
        int, re.search(r'class="picture" d="M(-?\d+) (-?\d+)h(\d+)v(\d+)', drawn(pose)).groups()
    )
    scale = width / pose.width_px
    assert height == pytest.approx(pose.height_px * scale, abs=1)
    middle = (WIDTH / 2 - x) / scale, (HEIGHT / 2 - y) / scale
    assert middle == pytest.approx((145, 100), abs=1)


def test_the_timeline_shows_when_a_part_was_seen():
    pose = arm(n_frames=10)
    coords = pose.coords.copy()
    coords[[0, 1, 5]] = np.nan
    svg = drawn(replace(pose, coords=coords))
    runs = re.findall(r"M([\d.]+) [\d.]+H([\d.]+)", re.search(r'"seen body" d="(.*?)"', svg)[1])
    label = float(re.search(r'class="unseen" d="M(\d+) ', svg)[1])
    frame = (WIDTH - label) / 10
    expected = [(label + frame * first, label + frame * end) for first, end in ((2, 5), (6, 10))]
    assert np.array(runs, dtype=float) == pytest.approx(np.array(expected), abs=0.06)
