"""The camera: a pinhole straight before the signer, framed on the upper body."""

from dataclasses import dataclass, fields

import numpy as np

from signkit.synth.body import Floats
from signkit.synth.signer import Signer

CROWN_M = 1.41
"""From the shoulder line to the crown, in heads."""


@dataclass(frozen=True)
class Camera:
    """Where metres fall in the frame.

    Args:
        width_px, height_px: The frame.
        focal_px: Focal length.
        distance_m: Camera to the plane z = 0.
        centre_x_px, centre_y_px: Where the origin of the body falls.
    """

    width_px: int
    height_px: int
    focal_px: float
    distance_m: float
    centre_x_px: float
    centre_y_px: float

    @classmethod
    def of(cls, signer: Signer, width_px: int, height_px: int) -> "Camera":
        """The camera that frames a signer as `Signer.framing` and `Signer.headroom` say."""
        reference_px = min(width_px, height_px * 4 / 3)
        scale = signer.framing * reference_px / signer.shoulder_width_m  # pixels per metre at z = 0
        return cls(
            width_px=width_px,
            height_px=height_px,
            focal_px=scale * signer.distance_m,
            distance_m=signer.distance_m,
            centre_x_px=width_px * (0.5 + signer.off_centre),
            centre_y_px=height_px * signer.headroom + scale * CROWN_M * signer.head_m,
        )

    @property
    def pixels_per_metre(self) -> float:
        """Scale in the plane z = 0."""
        return self.focal_px / self.distance_m

    def project(self, points: Floats) -> Floats:
        """(..., 3) metres to pixels; the third coordinate is depth in pixels of the plane z = 0."""
        views = Views.of([self], [1])
        result: Floats = views.project(points[None])[0]
        return result

    def radii(self, points: Floats, radius_m: Floats) -> Floats:
        """Radii in pixels of spheres around (..., 3) points in metres."""
        result: Floats = radius_m * (self.focal_px / (self.distance_m + points[..., 2]))
        return result


@dataclass(frozen=True, eq=False)
class Views:
    """The cameras of clips laid end to end, frame by frame; each field is (T,)."""

    width_px: Floats
    height_px: Floats
    focal_px: Floats
    distance_m: Floats
    centre_x_px: Floats
    centre_y_px: Floats

    @classmethod
    def of(cls, cameras: list[Camera], n_frames: list[int]) -> "Views":
        """One camera per clip."""
        columns = {
            f.name: np.repeat([getattr(camera, f.name) for camera in cameras], n_frames).astype(
                np.float32
            )
            for f in fields(Camera)
        }
        return cls(**columns)

    @property
    def pixels_per_metre(self) -> Floats:
        """(T,) scale in the plane z = 0."""
        return self.focal_px / self.distance_m

    def project(self, points: Floats) -> Floats:
        """(T, ..., 3) metres to pixels, as `Camera.project`."""
        shape = (-1,) + (1,) * (points.ndim - 2)
        focal, distance = self.focal_px.reshape(shape), self.distance_m.reshape(shape)
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        scale = focal / (distance + z)
        projected = np.empty_like(points)
        projected[..., 0] = x * scale + self.centre_x_px.reshape(shape)
        projected[..., 1] = y * scale + self.centre_y_px.reshape(shape)
        projected[..., 2] = z * (focal / distance)
        return projected
