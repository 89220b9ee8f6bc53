"""What hardly moves, drawn once per signer: the room, and the trunk with neck and collar."""

import cv2
import numpy as np

from signkit.synth.body import Floats
from signkit.synth.camera import Camera
from signkit.synth.light import relief_facing
from signkit.synth.signer import Signer

FAR = np.float32(1e9)
# Half widths of a trunk whose shoulder joints are 0.338 m apart, metres below the shoulder line.
_TRUNK_Y = np.array(
    [-0.088, -0.078, -0.066, -0.056, -0.045, -0.02, 0.05, 0.12, 0.30, 0.42, 0.60, 1.2]
)
_TRUNK_W = np.array(
    [0.040, 0.066, 0.095, 0.124, 0.150, 0.178, 0.186, 0.168, 0.150, 0.158, 0.180, 0.2]
)
# Outline of long hair behind the neck, heads below the shoulder line.
_FALL_Y = np.array([-1.06, -0.91, -0.73, -0.55, -0.41, -0.29, -0.22, -0.17, -0.15])
_FALL_W = np.array([0.366, 0.378, 0.396, 0.403, 0.398, 0.378, 0.340, 0.240, 0.100])


def draw_room(signer: Signer, camera: Camera) -> Floats:
    """(H, W, 3) a wall in soft light with a darker edge, some texture and a panel."""
    rng = np.random.default_rng([signer.look_seed, 1])
    height, width = camera.height_px, camera.width_px
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width, y / height
    light = 1.06 - 0.30 * ((u - rng.uniform(0.2, 0.6)) ** 2 + (v - 0.25) ** 2)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 1.2)
    stains = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 25)
    light += 0.030 * grain + 0.9 * stains
    edge = rng.uniform(0.72, 0.95) * width * (1 if rng.random() < 0.5 else -1) % width
    light *= 1 - 0.10 * np.clip((x - edge) * (1 if edge > width / 2 else -1), 0, 1)
    room: Floats = light[..., None] * np.array(signer.room, dtype=np.float32)
    return np.clip(room, 0, 255).astype(np.float32)


def draw_trunk(signer: Signer, camera: Camera) -> tuple[Floats, Floats]:
    """The resting trunk as the camera sees it.

    Returns:
        (H, W, 4) colours times alpha, and alpha; (H, W) depth of the shirt in pixels, `FAR` beside
        it.
    """
    height, width = camera.height_px, camera.width_px
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    x = (columns + 0.5 - camera.centre_x_px) / camera.pixels_per_metre
    y = (rows + 0.5 - camera.centre_y_px) / camera.pixels_per_metre
    rng = np.random.default_rng([signer.look_seed, 2])
    layer = np.zeros((height, width, 4), dtype=np.float32)
    if signer.long_hair:
        _over(layer, *_hair(x, y, signer, camera, rng))
    _over(layer, *_neck(x, y, signer, camera))
    colour, alpha, relief = _shirt(x, y, signer, camera, rng)
    _over(layer, colour, alpha)
    return layer, np.where(alpha > 0.5, -relief * camera.pixels_per_metre, FAR).astype(np.float32)


def _over(layer: Floats, colour: Floats, alpha: Floats) -> None:
    """Put a colour over a premultiplied layer being built by `draw_trunk`."""
    layer[..., :3] = colour * alpha[..., None] + layer[..., :3] * (1 - alpha[..., None])
    layer[..., 3] = alpha + layer[..., 3] * (1 - alpha)


def _inside(distance_m: Floats, camera: Camera) -> Floats:
    return np.clip(distance_m * camera.pixels_per_metre + 0.5, 0, 1).astype(np.float32)


def _lit(relief: Floats, camera: Camera) -> Floats:
    facing, _ = relief_facing(relief, camera.pixels_per_metre)
    lit: Floats = 0.46 + 0.60 * np.clip(facing, -0.1, 1)
    return lit


def _hair(
    x: Floats, y: Floats, signer: Signer, camera: Camera, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    head_y = y / signer.head_m
    reach = np.interp(head_y, _FALL_Y, _FALL_W, left=-0.1, right=-0.1).astype(np.float32)
    distance = reach * signer.head_m - np.abs(x)
    strands = np.sin(x * 420 + 6 * np.sin(y * 14)) * 0.10 + 0.10 * rng.standard_normal(x.shape)
    tone = 0.62 + strands + 0.25 * np.clip(distance / 0.03, 0, 1)
    colour = np.clip(tone, 0.2, 1.5)[..., None] * np.array(signer.hair, dtype=np.float32)
    return colour.astype(np.float32), _inside(distance, camera)


def _neck(x: Floats, y: Floats, signer: Signer, camera: Camera) -> tuple[Floats, Floats]:
    half = 0.050 * signer.girth + 0.6 * np.clip(y + 0.088, 0, 0.1)
    relief = half * np.sqrt(np.clip(1 - (x / half) ** 2, 0, 1)) * 0.9
    tendons = 0.004 * np.exp(-(((np.abs(x) - 0.022 - 0.25 * (-0.02 - y)) / 0.006) ** 2))
    light = _lit(relief.astype(np.float32) + tendons.astype(np.float32), camera)
    chin_shadow = 1 - 0.42 * np.clip((-0.035 - y) / 0.055, 0, 1)
    warmth = np.array([1.0, 0.95, 0.93], dtype=np.float32)
    colour = (light * chin_shadow)[..., None] * np.array(signer.skin, dtype=np.float32) * warmth
    alpha = _inside(half - np.abs(x), camera) * (y > -0.72 * signer.head_m) * (y < 0.12)
    return np.clip(colour, 0, 255).astype(np.float32), alpha.astype(np.float32)


def _shirt(
    x: Floats, y: Floats, signer: Signer, camera: Camera, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    wide = signer.shoulder_width_m / 0.338
    half = np.interp(y, _TRUNK_Y, _TRUNK_W, left=-0.01, right=0.2).astype(np.float32) * wide
    half = cv2.GaussianBlur(half, (0, 0), 0.008 * camera.pixels_per_metre)
    half *= 1 + (signer.girth - 1) * np.clip((y - 0.02) / 0.2, 0, 1)
    across = np.clip(np.abs(x) / np.maximum(half, 1e-3), 0, 1)
    relief = 0.115 * np.sqrt(1 - across**2.4) * (1 - 0.7 * np.exp(-np.clip(y + 0.09, 0, 1) / 0.06))
    folds = cv2.GaussianBlur(
        rng.standard_normal(x.shape).astype(np.float32),
        (0, 0), sigmaX=0.012 * camera.pixels_per_metre, sigmaY=0.05 * camera.pixels_per_metre,
    )  # fmt: skip
    relief = (relief + 0.0022 * folds / (folds.std() + 1e-6)).astype(np.float32)
    light = _lit(cv2.GaussianBlur(relief, (0, 0), 2.0), camera)
    weave = 0.02 * rng.standard_normal(x.shape).astype(np.float32)
    colour = (light + weave)[..., None] * np.array(signer.cloth, dtype=np.float32)
    opening = 0.105 * np.sqrt(np.clip(1 - (x / 0.058) ** 2, 0, 1)) - 0.075
    collar = y - np.where(np.abs(x) < 0.058, opening, -1.0)  # positive below the collar
    rim = np.exp(-(((collar - 0.006) / 0.005) ** 2))
    colour *= 1 - 0.28 * rim[..., None]
    alpha = _inside(half - np.abs(x), camera) * _inside(collar.astype(np.float32), camera)
    return np.clip(colour, 0, 255).astype(np.float32), alpha, relief
