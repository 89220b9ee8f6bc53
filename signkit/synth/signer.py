"""Signers: bodies, habits, clothes and cameras, drawn from a seed.

Signer `i` of a seed is always the same person, however many signers are asked for. What makes
recognition across signers hard is varied on purpose: proportions, tempo, amplitude of movement,
precision, the dominant hand, the distance and height of the camera, and the colours of skin, hair,
clothes and room.
"""

from dataclasses import dataclass

import numpy as np

Rgb = tuple[int, int, int]

_SKINS: tuple[Rgb, ...] = (
    (236, 196, 170), (216, 168, 136), (190, 138, 104), (160, 110, 80), (126, 84, 60),
    (226, 182, 150), (204, 152, 118), (142, 96, 70),
)  # fmt: skip
# The hair that goes with each skin.
_HAIRS: tuple[Rgb, ...] = (
    (150, 112, 70), (72, 48, 34), (42, 32, 28), (30, 28, 32), (24, 20, 20),
    (120, 84, 52), (58, 40, 32), (34, 26, 24),
)  # fmt: skip
_CLOTHES: tuple[Rgb, ...] = (
    (44, 62, 104), (36, 86, 78), (58, 56, 62), (88, 46, 92), (40, 92, 130),
    (66, 82, 48), (30, 44, 70), (96, 98, 112),
)  # fmt: skip
_ROOMS: tuple[Rgb, ...] = (
    (176, 190, 200), (186, 196, 182), (170, 178, 204), (150, 176, 186),
    (196, 200, 204), (140, 158, 176),
)  # fmt: skip
_IRISES: tuple[Rgb, ...] = ((84, 56, 36), (70, 96, 110), (60, 44, 32), (88, 100, 66))


@dataclass(frozen=True)
class Signer:
    """One person in front of one camera.

    Args:
        name: The value of the clip table's `signer` column.
        left_handed: The left hand is dominant; every sign is mirrored.
        shoulder_width_m: Between the shoulder joints.
        upper_arm_m: Shoulder joint to elbow.
        forearm_m: Elbow to wrist.
        hand_m: Wrist to the tip of the straight middle finger.
        head_m: Chin to crown.
        torso_m: Shoulder line to hip line.
        girth: Thickness of limbs and trunk, 1 is average.
        tempo: Signing speed, 1 is average.
        amplitude: Size of movements, 1 is the lexicon's.
        precision: Spread of locations and orientations from one performance to the next, 1 is
            average.
        undershoot: How far a target is pulled to its neighbours, 0 not at all.
        framing: Shoulder width as a fraction of a 4:3 frame's width.
        distance_m: Camera to shoulders.
        headroom: Crown below the upper edge, as a fraction of the frame's height.
        off_centre: Sideways shift of the body, as a fraction of the frame's width.
        skin, hair, cloth, room, iris: Colours, RGB 0..255.
        long_hair: Hair falls behind the neck to the shoulders.
        look_seed: Seeds textures and the details of the face.
    """

    name: str
    left_handed: bool
    shoulder_width_m: float
    upper_arm_m: float
    forearm_m: float
    hand_m: float
    head_m: float
    torso_m: float
    girth: float
    tempo: float
    amplitude: float
    precision: float
    undershoot: float
    framing: float
    distance_m: float
    headroom: float
    off_centre: float
    skin: Rgb
    hair: Rgb
    cloth: Rgb
    room: Rgb
    iris: Rgb
    long_hair: bool
    look_seed: int


def make_signers(n_signers: int, *, seed: int) -> tuple[Signer, ...]:
    """The first `n_signers` people of a seed; one in five is left-handed."""
    return tuple(_make_signer(i, seed) for i in range(n_signers))


def _make_signer(number: int, seed: int) -> Signer:
    rng = np.random.default_rng([seed, 7001, number])

    def about(middle: float, spread: float) -> float:
        return float(middle * (1 + spread * np.clip(rng.standard_normal(), -2, 2)))

    stature = about(1.0, 0.03)
    start = int(np.random.default_rng([seed, 7002]).integers(0, 840))
    turn = start + number
    return Signer(
        name=f"S{number + 1:02d}",
        left_handed=turn % 5 == 2,
        shoulder_width_m=stature * about(0.338, 0.035),
        upper_arm_m=stature * about(0.285, 0.025),
        forearm_m=stature * about(0.250, 0.025),
        hand_m=stature * about(0.186, 0.025),
        head_m=stature * about(0.222, 0.02),
        torso_m=stature * about(0.49, 0.03),
        girth=about(1.0, 0.06),
        tempo=about(1.0, 0.09),
        amplitude=about(1.0, 0.08),
        precision=about(1.0, 0.2),
        undershoot=float(rng.uniform(0.03, 0.12)),
        framing=float(rng.uniform(0.285, 0.315)),
        distance_m=float(rng.uniform(1.5, 2.4)),
        headroom=float(rng.uniform(0.035, 0.075)),
        off_centre=float(rng.uniform(-0.03, 0.03)),
        skin=_shade(_SKINS[turn % len(_SKINS)], rng),
        hair=_shade(_HAIRS[turn % len(_HAIRS)], rng),
        cloth=_shade(_CLOTHES[(turn * 5 + turn // 8) % len(_CLOTHES)], rng),
        room=_shade(_ROOMS[turn % len(_ROOMS)], rng),
        iris=_IRISES[int(rng.integers(len(_IRISES)))],
        long_hair=bool(turn % 2),
        look_seed=int(rng.integers(2**31)),
    )


def _shade(colour: Rgb, rng: np.random.Generator) -> Rgb:
    red, green, blue = np.clip(np.array(colour) * rng.uniform(0.94, 1.06), 0, 255).astype(int)
    return int(red), int(green), int(blue)
