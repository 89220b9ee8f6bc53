"""The head: a shaded relief with hair, ears, eyes, nose and lips, drawn once per expression.

A face is a height field over the plane of the face: a skull, sockets, a nose, lips and a chin add
and subtract smooth bumps; its gradient is lit. Expressions move the brows, the eyelids and the lips
before anything is lit. The finished relief is turned in space by shifting every pixel by its height
(`turn`), so a nod costs one image warp.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from signkit.synth.body import Floats
from signkit.synth.light import relief_facing
from signkit.synth.signer import Signer

HALF_WIDTH_M, TOP_M, BOTTOM_M = 0.125, -0.150, 0.150
HEAD_M = 0.222

# Outline of the face without hair: half widths at heights, metres.
_OUTLINE_Y = np.array([-0.112, -0.105, -0.09, -0.06, -0.02, 0.02, 0.05, 0.075, 0.095, 0.106, 0.111])
_OUTLINE_W = np.array(
    [0.004, 0.034, 0.055, 0.071, 0.0755, 0.0725, 0.0655, 0.0555, 0.040, 0.024, 0.003]
)
# How far the middle of the face stands out, metres.
_PROFILE_Y = np.array([-0.112, -0.09, -0.06, -0.03, -0.005, 0.03, 0.05, 0.065, 0.08, 0.095, 0.111])
_PROFILE_H = np.array([0.02, 0.066, 0.083, 0.089, 0.085, 0.088, 0.088, 0.088, 0.084, 0.085, 0.05])


@dataclass(frozen=True)
class Expression:
    """What a face does: brows -1..1, mouth opening 0..1, mouth width -1..1, lids 0..1."""

    brows: float
    opening: float
    width: float
    lids: float


@dataclass(frozen=True, eq=False)
class Relief:
    """A drawn head: colours (H, W, 3) and alpha, height (H, W) metres towards the camera."""

    image: Floats
    alpha: Floats
    height: Floats


@dataclass(frozen=True, eq=False)
class Head:
    """The head of one signer, drawn at `pixels_per_metre` of the relief."""

    signer: Signer
    pixels_per_metre: float
    _cached: object = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cached", lru_cache(maxsize=256)(self._draw))

    def relief(self, face: Floats) -> Relief:
        """The relief of the nearest expression; `face` is (4,) as in `body.Targets`."""
        brows = round(float(face[0]) * 4) / 4
        opening = round(float(face[1]) * 5) / 5
        width = round(float(face[2]) * 3) / 3
        lids = round(float(face[3]) * 2) / 2
        return self._cached(Expression(brows, opening, width, lids))  # type: ignore[operator, no-any-return]

    def _draw(self, expression: Expression) -> Relief:
        return draw_head(self.signer, self.pixels_per_metre, expression)


def draw_head(signer: Signer, pixels_per_metre: float, expression: Expression) -> Relief:
    """The relief of a head with one expression."""
    x, y = _grid(pixels_per_metre)
    rng = np.random.default_rng(signer.look_seed)
    skull = _skull(x, y)
    height = skull + _features(x, y, expression, rng)
    skin = _skin(x, y, signer, expression)
    light = _lit(height, pixels_per_metre)
    face = skin * _tone(light)[..., None]
    face = _paint_eyes(face, x, y, light, signer, expression)
    face = _paint_brows(face, x, y, signer, expression)
    face = _paint_mouth(face, x, y, expression)
    face_alpha = _inside(_half_width(y) - np.abs(x), pixels_per_metre)
    ears, ears_alpha, ears_height = _ears(x, y, signer, pixels_per_metre)
    hair, hair_alpha, hair_height, back_alpha = _hair(x, y, signer, rng, pixels_per_metre)
    image = hair.copy()
    for layer, alpha in ((ears, ears_alpha), (face, face_alpha), (hair, hair_alpha)):
        image += (layer - image) * alpha[..., None]
    alpha = np.maximum.reduce([back_alpha, ears_alpha, face_alpha, hair_alpha])
    relief = np.where(face_alpha > 0.5, np.maximum(height, 0), ears_height)
    relief = np.where(hair_alpha > 0.5, np.maximum(relief, hair_height), relief)
    return Relief(image.astype(np.float32), alpha, cv2.GaussianBlur(relief, (0, 0), 2.0))


@lru_cache(maxsize=16)
def _grid(pixels_per_metre: float) -> tuple[Floats, Floats]:
    columns = round(2 * HALF_WIDTH_M * pixels_per_metre)
    rows = round((BOTTOM_M - TOP_M) * pixels_per_metre)
    x = (np.arange(columns, dtype=np.float32) + 0.5) / pixels_per_metre - HALF_WIDTH_M
    y = (np.arange(rows, dtype=np.float32) + 0.5) / pixels_per_metre + TOP_M
    return np.broadcast_to(x, (rows, columns)).copy(), np.broadcast_to(
        y[:, None], (rows, columns)
    ).copy()


def _half_width(y: Floats) -> Floats:
    return np.interp(y, _OUTLINE_Y, _OUTLINE_W, left=-0.01, right=-0.01).astype(np.float32)


def _inside(distance: Floats, pixels_per_metre: float) -> Floats:
    """Coverage from a signed distance in metres, one pixel wide at the edge."""
    return np.clip(distance * pixels_per_metre * 0.7 + 0.5, 0, 1).astype(np.float32)


def _bump(x: Floats, y: Floats, at: tuple[float, float], size: tuple[float, float]) -> Floats:
    bump: Floats = np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2)
    return bump


def _pair(x: Floats, y: Floats, at: tuple[float, float], size: tuple[float, float]) -> Floats:
    return _bump(np.abs(x), y, at, size)


def _skull(x: Floats, y: Floats) -> Floats:
    across = np.minimum(np.abs(x) / np.maximum(_half_width(y), 1e-3), 1.0)
    middle = np.interp(y, _PROFILE_Y, _PROFILE_H).astype(np.float32)
    skull: Floats = middle * np.sqrt(np.maximum(1 - across**2.3, 0))
    return skull


def _features(x: Floats, y: Floats, expression: Expression, rng: np.random.Generator) -> Floats:
    nose, brow, cheek = rng.uniform(0.85, 1.15, 3)
    jaw = 0.012 * expression.opening
    bridge = np.clip((y + 0.016) / 0.054, 0, 1) * (y < 0.038) + np.exp(
        -(((y - 0.038) / 0.0062) ** 2)
    ) * (y >= 0.038)
    height = 0.024 * nose * bridge * np.exp(-((x / (0.0088 + 0.004 * np.clip(bridge, 0, 1))) ** 2))
    height += 0.008 * _pair(x, y, (0.0135, 0.041), (0.0062, 0.0065))  # wings of the nose
    height -= 0.011 * _pair(x, y, (0.029, -0.002), (0.017, 0.0125))  # sockets
    height += 0.006 * _pair(x, y, (0.031, -0.006), (0.014, 0.0085))  # eyeballs
    height += 0.005 * brow * _pair(x, y, (0.028, -0.027), (0.024, 0.009))
    height += 0.005 * cheek * _pair(x, y, (0.045, 0.028), (0.022, 0.020))
    height -= 0.0022 * _bump(x, y, (0, 0.052), (0.004, 0.007))  # philtrum
    lip_width = 0.021 + 0.004 * expression.width
    height += 0.0055 * _bump(x, y, (0, 0.0605), (lip_width, 0.005))
    height += 0.0065 * _bump(x, y, (0, 0.0725 + jaw), (lip_width * 0.85, 0.0055))
    height -= 0.004 * _bump(x, y, (0, 0.0825 + jaw), (0.02, 0.006))
    height += 0.006 * _bump(x, y, (0, 0.097 + jaw / 2), (0.018, 0.011))
    smooth: Floats = height.astype(np.float32)
    return smooth


def _lit(height: Floats, pixels_per_metre: float) -> Floats:
    """Light on skin, with a little shine."""
    facing, to_camera = relief_facing(height, pixels_per_metre)
    shine = np.clip(facing, 0, 1) ** 14
    light = 0.50 + 0.56 * np.clip(facing, -0.3, 1) * (0.72 + 0.28 * to_camera) + 0.05 * shine
    return light.astype(np.float32)


def _tone(light: Floats) -> Floats:
    return np.clip(light, 0.25, 1.2)


def _skin(x: Floats, y: Floats, signer: Signer, expression: Expression) -> Floats:
    skin = np.empty((*x.shape, 3), dtype=np.float32)
    skin[:] = signer.skin
    flush = 0.5 * _pair(x, y, (0.042, 0.03), (0.022, 0.018)) + 0.5 * _bump(
        x, y, (0, 0.036), (0.014, 0.012)
    )
    skin *= 1 - flush[..., None] * np.array([0.02, 0.10, 0.10], dtype=np.float32)
    shadow = 0.22 * _pair(x, y, (0.0285, -0.013), (0.017, 0.008))
    shadow += 0.12 * _pair(x, y, (0.030, 0.011), (0.017, 0.006))
    shadow += 0.24 * _bump(x, y, (0, 0.0475), (0.014, 0.0035))  # under the nose
    shadow += 0.35 * _pair(x, y, (0.0075, 0.0455), (0.0036, 0.0024))  # nostrils
    shadow += 0.16 * _bump(x, y, (0, 0.081 + 0.010 * expression.opening), (0.017, 0.0035))
    furrow = max(-expression.brows, 0.0)
    shadow += 0.45 * furrow * _pair(x, y, (0.006, -0.022), (0.0018, 0.008))
    ridges = max(expression.brows, 0.0) * (
        _bump(x, y, (0, -0.048), (0.035, 0.0017)) + _bump(x, y, (0, -0.058), (0.032, 0.0017))
    )
    shadow += 0.22 * ridges
    skin *= (1 - np.clip(shadow, 0, 0.7))[..., None]
    return skin


def _blend(image: Floats, colour: tuple[float, ...] | Floats, alpha: Floats) -> Floats:
    result: Floats = image + (np.asarray(colour, dtype=np.float32) - image) * alpha[..., None]
    return result


def _soft(distance: Floats, softness: float = 0.0011) -> Floats:
    """1 where `distance` (metres) is positive, fading over `softness`."""
    return np.clip(distance / softness + 0.5, 0, 1).astype(np.float32)


def _paint_eyes(
    face: Floats, x: Floats, y: Floats, light: Floats, signer: Signer, expression: Expression
) -> Floats:
    side = np.abs(x) - 0.031  # metres from the middle of the eye, positive outwards
    rise = np.clip(1 - (side / 0.0145) ** 2, 0, 1)
    opened = (1 - expression.lids) * (1 + 0.12 * expression.brows)
    upper = -0.0055 - 0.0062 * rise * opened + 0.004 * (1 - opened) + 0.06 * side * 0.2
    lower = -0.0055 + 0.0052 * rise - 0.001
    opening = _soft(np.minimum(y - upper, lower - y)) * (np.abs(side) < 0.0145)
    level = y + 0.0062
    shade = np.clip(0.74 + (y - upper) * 50, 0.6, 1.0) * np.clip(light, 0.7, 1)
    white: Floats = np.multiply.outer(shade, np.array([238, 234, 230], dtype=np.float32))
    radius: Floats = np.hypot(side, level)
    eye = _blend(white, signer.iris, _soft(0.0064 - radius))
    eye = _blend(eye, (12, 10, 10), _soft(0.0028 - radius))
    glint = _soft(0.0012 - np.sqrt((x - np.sign(x) * 0.031 + 0.0018) ** 2 + (level + 0.0022) ** 2))
    eye = _blend(eye, (250, 250, 250), glint)
    face = face + (eye - face) * opening[..., None]
    dark = tuple(0.22 * c for c in signer.skin)
    wide = _soft(0.0155 - np.abs(side), 0.003)
    lash = _soft(0.0011 - np.abs(y - upper + 0.0002)) * wide
    face = _blend(face, dark, 0.92 * lash)
    face = _blend(face, dark, 0.35 * _soft(0.0007 - np.abs(y - lower)) * wide)
    crease = _soft(0.0008 - np.abs(y - upper + 0.0045)) * wide
    return _blend(face, dark, 0.30 * crease * opened)


def _paint_brows(
    face: Floats, x: Floats, y: Floats, signer: Signer, expression: Expression
) -> Floats:
    side = np.abs(x) - 0.031
    lift = 0.0075 * max(expression.brows, 0.0) + 0.0035 * min(expression.brows, 0.0)
    inner = np.clip(-side / 0.02, 0, 1)  # furrowed brows come down and together in the middle
    line = -0.0265 - lift + 0.0045 * inner + 9.0 * np.clip(side, 0, 1) ** 2
    line = line - 0.004 * min(expression.brows, 0.0) * inner
    thick = 0.0037 * np.clip(1.05 - np.clip(side / 0.021, 0, 1), 0.25, 1)
    reach = 0.0195 + 0.003 * max(-expression.brows, 0.0)
    brow = _soft(thick - np.abs(y - line), 0.002) * _soft(
        reach - np.maximum(-side, side * 0.95), 0.004
    )
    return _blend(face, tuple(0.8 * c for c in signer.hair), 0.82 * brow)


def _paint_mouth(face: Floats, x: Floats, y: Floats, expression: Expression) -> Floats:
    half = 0.0245 + 0.005 * expression.width - 0.003 * expression.opening
    across = np.clip(np.abs(x) / half, 0, 1)
    arch = np.sqrt(1 - across**2)
    gap = 0.010 * expression.opening * arch
    middle = 0.0665 - 0.0022 * expression.width * across**2
    top = middle - gap * 0.45
    bottom = middle + gap * 1.55
    cupid = 0.0062 * (1 - across**1.6) - 0.0014 * np.exp(-((x / 0.004) ** 2))
    lower = 0.0088 * (1 - across**2) ** 0.8
    tint = np.array([0.86, 0.52, 0.54], dtype=np.float32)
    is_mouth = (across < 1).astype(np.float32)
    upper_lip = _soft(np.minimum(y - (top - cupid), top - y)) * is_mouth
    lower_lip = _soft(np.minimum(y - bottom, bottom + lower - y)) * is_mouth
    face = _blend(face, face * tint * 0.90, 0.85 * upper_lip)
    face = _blend(face, face * tint * 1.04, 0.85 * lower_lip)
    if expression.opening > 0:
        hole = _soft(np.minimum(y - top, bottom - y)) * is_mouth
        face = _blend(face, (58, 22, 24), hole)
        teeth = hole * _soft(top + 0.0045 * arch - y) * _soft(0.75 - across, 0.1)
        face = _blend(face, (226, 222, 214), 0.9 * teeth)
    line = _soft(0.0009 - np.abs(y - middle), 0.0012) * _soft(1.04 - np.abs(x) / half, 0.08)
    return _blend(face, (72, 34, 34), 0.7 * line * (1 - min(expression.opening * 3, 1.0)))


def _ears(x: Floats, y: Floats, signer: Signer, scale: float) -> tuple[Floats, Floats, Floats]:
    dx, dy = (np.abs(x) - 0.076) / 0.0115, (y - 0.006) / 0.029
    radius = np.sqrt(dx**2 + dy**2)
    alpha = _inside((1 - radius) * 0.011, scale)
    hollow = np.exp(-((radius - 0.55) ** 2) / 0.05)
    tone = 0.80 - 0.20 * hollow
    ear = tone[..., None] * np.array(signer.skin, dtype=np.float32) * np.array([1.0, 0.93, 0.9])
    return ear.astype(np.float32), alpha, np.full_like(x, 0.005)


def _hair(
    x: Floats, y: Floats, signer: Signer, rng: np.random.Generator, scale: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Colour, alpha before the face, height, and alpha behind the face."""
    hairline = (
        rng.uniform(-0.070, -0.060) + 9.0 * x**2 * rng.uniform(0.4, 1.0) - 0.002 * np.cos(x * 160)
    )
    crown = 1 - np.sqrt((x / 0.0815) ** 2 + ((y + 0.028) / 0.0915) ** 2)
    cap = _inside(crown * 0.08, scale)
    temple = 0.0615 + 0.010 * np.clip((y + 0.06) / 0.06, 0, 1)
    front = np.maximum(hairline - y, np.where(y < -0.010, np.abs(x) - temple, -1.0))
    alpha = cap * np.clip(front * scale * 0.35 + 0.5, 0, 1) * (y < 0.004)
    strands = cv2.GaussianBlur(rng.standard_normal(x.shape).astype(np.float32), (0, 0), 0.8)
    angle = np.arctan2(x, 0.12 - (y + 0.03)) * 40
    bands = 0.07 * np.sin(angle * 2.0 + 2.0 * strands) + 0.22 * strands
    dome = np.sqrt(np.clip(1 - np.clip(1 - crown, 0, 1) ** 2, 0, 1))
    gloss = np.exp(-(((y + 0.088 + 3 * x**2) / 0.013) ** 2)) * dome
    tone = 0.55 + 0.45 * dome + bands + 0.55 * gloss
    hair = np.clip(tone, 0.2, 2.0)[..., None] * np.array(signer.hair, dtype=np.float32)
    return hair.astype(np.float32), alpha.astype(np.float32), (0.085 * dome).astype(np.float32), cap


def turn(
    relief: Relief, pixels_per_metre: float, matrix: Floats, centre: Floats, size: tuple[int, int]
) -> Relief:
    """The relief seen turned, over a patch of the frame.

    Args:
        relief: A drawn head.
        pixels_per_metre: Of the relief.
        matrix: (2, 3) maps a point of the head (x, y, height, metres) to pixels from the centre.
        centre: (2,) where the head's centre falls in the patch, pixels.
        size: Width and height of the patch.
    """
    inverse = np.linalg.inv(matrix[:, :2]).astype(np.float32)
    columns, rows = size
    u = np.arange(columns, dtype=np.float32) + np.float32(0.5 - centre[0])
    v = np.arange(rows, dtype=np.float32)[:, None] + np.float32(0.5 - centre[1])
    scale = np.float32(pixels_per_metre)
    flat_x = (inverse[0, 0] * u + inverse[0, 1] * v + HALF_WIDTH_M) * scale - np.float32(0.5)
    flat_y = (inverse[1, 0] * u + inverse[1, 1] * v - TOP_M) * scale - np.float32(0.5)
    shift = inverse @ matrix[:, 2] * scale
    # Where a pixel looks depends on the height it meets there: guess the cheeks, look, look again.
    height: Floats | np.float32 = np.float32(0.07)
    for _ in range(3):
        map_x, map_y = flat_x - shift[0] * height, flat_y - shift[1] * height
        height = cv2.remap(relief.height, map_x, map_y, cv2.INTER_LINEAR)
    image = cv2.remap(relief.image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(relief.alpha, map_x, map_y, cv2.INTER_LINEAR)
    return Relief(image, alpha, np.asarray(height))
