"""One soft key light for everything that is drawn, from above the camera's left."""

import cv2
import numpy as np

from signkit.synth.body import Floats

_TOWARDS = np.array([-0.42, -0.62, -0.66], dtype=np.float32)
LIGHT: Floats = _TOWARDS / np.linalg.norm(_TOWARDS)
"""Unit vector towards the light: x right, y down, z away from the camera."""


def relief_facing(height: Floats, pixels_per_metre: float) -> tuple[Floats, Floats]:
    """How much each point of a height field faces the light and the camera, both -1 to 1.

    Args:
        height: (H, W) metres towards the camera.
        pixels_per_metre: Of the field.
    """
    scale = pixels_per_metre / 8  # a 3 x 3 Sobel kernel sums eight differences
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=scale)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=scale)
    # The normal is (-dh/dx, -dh/dy, 1) with the last component towards the camera.
    to_camera = 1 / np.sqrt(1 + slope_x**2 + slope_y**2)
    to_light = (-slope_x * LIGHT[0] - slope_y * LIGHT[1] - LIGHT[2]) * to_camera
    return to_light, to_camera
