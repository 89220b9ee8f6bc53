"""A small z-buffer renderer for round cones and rounded plates, the flesh of a generated signer.

A round cone is the hull of two spheres: a finger bone, a forearm, a fold of a sleeve. A plate is
the hull of three equal spheres: a palm. Cameras are far away, so every solid is drawn with parallel
rays after its ends were projected.

All solids of a frame are rendered together: their bounding boxes are laid end to end into one flat
list of pixels, and each step of the intersection is one numpy operation over that list. What would
be thousands of small array operations are about eighty, which is what makes a frame take
milliseconds.

Source of the ray and round-cone intersection: Inigo Quilez, "Intersectors" (2018),
iquilezles.org/articles/intersectors.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from signkit.synth.body import Floats

Ints = NDArray[np.int32]
_FLAT = np.float32(1e-3)


@dataclass(frozen=True, eq=False)
class Cones:
    """K round cones, pixels: `start`, `end` (K, 3), the radii there and `material` (K,)."""

    start: Floats
    end: Floats
    radius_start: Floats
    radius_end: Floats
    material: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plates:
    """K rounded triangles in pixels: `corners` (K, 3 corners, 3), `radius`, `material` (K,)."""

    corners: Floats
    radius: Floats
    material: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Hits:
    """Where rays met solids, one entry per pixel and solid; each field is (N,).

    Args:
        pixel: Index into the flattened frame.
        depth: Pixels away from the camera.
        normal_x, normal_y, normal_z: Unit normal; towards the camera is negative z.
        coverage: How much of the pixel the solid covers, less than 1 at a silhouette.
        material: Of the solid.
    """

    pixel: Ints
    depth: Floats
    normal_x: Floats
    normal_y: Floats
    normal_z: Floats
    coverage: Floats
    material: NDArray[np.int64]


def intersect(cones: Cones, plates: Plates, *, width_px: int, height_px: int) -> Hits:
    """First intersections of the rays of a frame with every solid."""
    both = (
        intersect_cones(cones, width_px, height_px),
        intersect_plates(plates, width_px, height_px),
    )
    return Hits(*(np.concatenate([getattr(hits, f.name) for hits in both]) for f in fields(Hits)))


def intersect_cones(cones: Cones, width_px: int, height_px: int) -> Hits:
    """First intersections with round cones: on the side, else on one of the two spheres."""
    r0, r1 = cones.radius_start, cones.radius_end
    low = np.minimum(cones.start - r0[:, None], cones.end - r1[:, None])
    high = np.maximum(cones.start + r0[:, None], cones.end + r1[:, None])
    solid, x, y, pixel = _boxes(low, high, width_px, height_px)
    ax, ay, bx, by, bz, r0_bend, r0_r0, r1_r1, d2, k0_less = _cone_table(cones).take(solid, axis=1)
    dx, dy = x - ax, y - ay
    dot, far = bx * dx + by * dy, dx * dx + dy * dy
    # On the side, k2 t^2 + 2 k1 t + k0 = 0 for depth t behind the start.
    k2 = np.maximum(d2 - bz * bz, _FLAT)
    k1 = bz * (r0_bend - dot)
    k0 = d2 * far - dot * (dot - 2 * r0_bend) - k0_less
    discriminant = k1 * k1 - k0 * k2
    t_side = (-np.sqrt(np.maximum(discriminant, 0)) - k1) / k2
    along = dot - r0_bend + t_side * bz
    on_side = (discriminant > 0) & (along > 0) & (along < d2)
    t_start = _sphere(r0_r0 - far, np.float32(0))
    ex, ey = dx - bx, dy - by
    t_end = _sphere(r1_r1 - ex * ex - ey * ey, bz)
    t = np.where(on_side, t_side, np.minimum(t_start, t_end))
    hit = np.flatnonzero(t < np.inf)
    # Normals point away from a + along / d2 * (b - a) on the side, and from a centre on a sphere.
    on_axis = np.where(on_side, along / np.maximum(d2, _FLAT), t_end < t_start).astype(np.float32)[
        hit
    ]
    solid, t = solid[hit], t[hit]
    nx, ny, nz = dx[hit] - bx[hit] * on_axis, dy[hit] - by[hit] * on_axis, t - bz[hit] * on_axis
    length = np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-6)
    nz /= length
    return Hits(
        pixel=pixel[hit],
        depth=t + cones.start[:, 2][solid],
        normal_x=nx / length,
        normal_y=ny / length,
        normal_z=nz,
        # Near a silhouette of radius r, a point lies about r nz^2 / 2 inside the edge.
        coverage=np.minimum(0.5 * length * nz * nz + 0.15, 1.0),
        material=cones.material[solid],
    )


def _cone_table(cones: Cones) -> Floats:
    """(10, K) what the intersection needs of each cone, in the order it is unpacked."""
    axis = cones.end - cones.start
    r0, taper = cones.radius_start, cones.radius_start - cones.radius_end
    length2 = np.maximum((axis**2).sum(axis=1), 1e-4)
    # Below zero one sphere swallows the other; with d2 = 0 the side is never met.
    d2 = np.maximum(length2 - taper**2, 0)
    table: Floats = np.stack(
        [
            cones.start[:, 0],
            cones.start[:, 1],
            *axis.T,
            taper * r0,
            r0**2,
            cones.radius_end**2,
            d2,
            length2 * r0**2,
        ],
        dtype=np.float32,
    )
    return table


def _sphere(inside: Floats, centre: Floats | np.float32) -> Floats:
    """Depths of a sphere; `inside` is its squared radius less the ray's squared distance."""
    depth: Floats = np.where(
        inside > 0, centre - np.sqrt(np.maximum(inside, 0)), np.float32(np.inf)
    )
    return depth


def intersect_plates(plates: Plates, width_px: int, height_px: int) -> Hits:
    """Front faces of the plates; their rims are cones."""
    first, second, third = plates.corners.swapaxes(0, 1)
    normal = np.cross(second - first, third - first)
    normal *= np.where(normal[:, 2:] > 0, -1, 1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
    front = plates.corners + (normal * plates.radius[:, None])[:, None]
    solid, x, y, pixel = _boxes(front.min(axis=1), front.max(axis=1), width_px, height_px)
    origin, u_edge, v_edge = front[:, 0], front[:, 1] - front[:, 0], front[:, 2] - front[:, 0]
    area = u_edge[:, 0] * v_edge[:, 1] - u_edge[:, 1] * v_edge[:, 0]
    area = np.where(np.abs(area) < _FLAT, _FLAT, area)
    dx, dy = x - origin[solid, 0], y - origin[solid, 1]
    u = dx * (v_edge[:, 1] / area)[solid] - dy * (v_edge[:, 0] / area)[solid]
    v = dy * (u_edge[:, 0] / area)[solid] - dx * (u_edge[:, 1] / area)[solid]
    hit = np.flatnonzero((u >= 0) & (v >= 0) & (u + v <= 1))
    solid, u, v = solid[hit], u[hit], v[hit]
    normal_x, normal_y, normal_z = normal[solid].T
    return Hits(
        pixel=pixel[hit],
        depth=origin[solid, 2] + u * u_edge[solid, 2] + v * v_edge[solid, 2],
        normal_x=normal_x,
        normal_y=normal_y,
        normal_z=normal_z,
        coverage=np.ones(len(hit), dtype=np.float32),
        material=plates.material[solid],
    )


def _boxes(low: Floats, high: Floats, width: int, height: int) -> tuple[Ints, Floats, Floats, Ints]:
    """Every pixel of every bounding box: its solid, the x and y of its centre, its flat index."""
    x0 = np.clip(np.floor(low[:, 0]), 0, width).astype(np.int32)
    x1 = np.clip(np.ceil(high[:, 0]) + 1, 0, width).astype(np.int32)
    y0 = np.clip(np.floor(low[:, 1]), 0, height).astype(np.int32)
    y1 = np.clip(np.ceil(high[:, 1]) + 1, 0, height).astype(np.int32)
    columns = np.maximum(x1 - x0, 0)
    sizes = columns * np.maximum(y1 - y0, 0)
    solid = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    first = np.cumsum(sizes, dtype=np.int32) - sizes
    offset = np.arange(len(solid), dtype=np.int32) - first[solid]
    columns_here = columns[solid]
    row = (offset / columns_here.astype(np.float32)).astype(np.int32)
    # Single precision may round a quotient up to the next row; bring those back.
    row -= row * columns_here > offset
    y = row + y0[solid]
    x = offset - row * columns_here + x0[solid]
    flat = y * np.int32(width) + x
    half = np.float32(0.5)
    return solid, x.astype(np.float32) + half, y.astype(np.float32) + half, flat
