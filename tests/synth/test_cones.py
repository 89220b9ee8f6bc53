import numpy as np
import pytest

from signkit.synth.cones import Cones, Plates, intersect_cones, intersect_plates

SIZE = (64, 48)


def cone(start, end, radius_start, radius_end) -> Cones:
    return Cones(
        np.array([start], np.float32),
        np.array([end], np.float32),
        np.array([radius_start], np.float32),
        np.array([radius_end], np.float32),
        np.zeros(1, np.int64),
    )


@pytest.mark.parametrize(
    ("start", "end", "radius_start", "radius_end"),
    [
        ((20, 20, -5), (44, 30, 9), 6, 3),  # slanted and tapered
        ((30, 10, 0), (30, 40, 0), 5, 5),  # upright cylinder
        ((32, 24, 0), (33, 24, 30), 7, 4),  # almost along the ray
        ((32, 24, 0), (34, 25, 1), 9, 2),  # one sphere inside the other
        ((32, 24, 0), (32, 24, 0), 6, 6),  # a point: a sphere
    ],
)
def test_depth_is_that_of_the_hull_of_spheres(start, end, radius_start, radius_end):
    hits = intersect_cones(cone(start, end, radius_start, radius_end), *SIZE)
    expected = march(np.array(start, float), np.array(end, float), radius_start, radius_end)
    assert set(hits.pixel.tolist()) >= set(np.flatnonzero(np.isfinite(expected)).tolist())
    seen = np.isfinite(expected[hits.pixel])
    assert np.abs(hits.depth - expected[hits.pixel])[seen].max() < 0.35


def march(start, end, radius_start, radius_end) -> np.ndarray:
    """Nearest depth of 800 spheres between the two ends, per pixel."""
    x, y = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)
    depth = np.full(x.shape, np.inf)
    for part in np.linspace(0, 1, 800):
        cx, cy, cz = start + part * (end - start)
        radius = radius_start + part * (radius_end - radius_start)
        inside = radius**2 - (x - cx) ** 2 - (y - cy) ** 2
        near = inside > 0.5
        depth[near] = np.minimum(depth[near], cz - np.sqrt(inside[near]))
    return depth.ravel()


def test_normals_are_units_that_face_the_camera():
    hits = intersect_cones(cone((20, 20, -5), (44, 30, 9), 6, 3), *SIZE)
    length = np.sqrt(hits.normal_x**2 + hits.normal_y**2 + hits.normal_z**2)
    assert length == pytest.approx(1, abs=1e-4)
    assert (hits.normal_z <= 1e-3).all()


def test_what_lies_outside_the_frame_is_cut_off():
    hits = intersect_cones(cone((-10, -10, 0), (80, 60, 0), 5, 5), *SIZE)
    assert hits.pixel.min() >= 0
    assert hits.pixel.max() < SIZE[0] * SIZE[1]
    assert not len(intersect_cones(cone((-30, 5, 0), (-20, 5, 0), 4, 4), *SIZE).pixel)


def test_plate_covers_its_triangle_on_the_side_of_the_camera():
    corners = np.array([[[10, 10, 0], [40, 10, 0], [10, 40, 0]]], np.float32)
    plates = Plates(corners, np.array([3], np.float32), np.zeros(1, np.int64))
    hits = intersect_plates(plates, *SIZE)
    assert len(hits.pixel) == pytest.approx(30 * 30 / 2, rel=0.08)
    assert hits.depth == pytest.approx(-3)
    assert hits.normal_z == pytest.approx(-1)
