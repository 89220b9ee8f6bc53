"""A lexicon of signs that never were: built from phonology, told apart by it, named by syllables.

A sign is a bundle of parameters (Stokoe 1960): handshape, location, movement and orientation,
whether one or two hands make it, and what the face does. A generated sign belongs to no sign
language. Two signs of a lexicon differ in at least `MIN_DISTANCE` manual parameters, so no pair
hangs on a single detail that a pose estimator may lose.

Places are in metres of a signer with arms of average length, for the dominant hand as the right
hand: x towards the signer's dominant side is negative there and mirrored later, so `out` is always
away from the body's middle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signkit.errors import DatasetError

MIN_DISTANCE = 2
MAX_GLOSSES = 400

# Flexion in degrees: one word per finger is enough. Thumb: abduction, opposition, two joints.
_STRAIGHT, _CURLED, _HOOKED, _ROUND = (
    (0, 2, 3, 2),
    (0, 84, 98, 55),
    (0, 25, 72, 45),
    (0, 42, 38, 26),
)


def _fingers(
    shapes: str, thumb: tuple[float, float, float, float], *, spread: float
) -> NDArray[np.float32]:
    """(5, 4) degrees; `shapes` has s(traight), c(urled), h(ooked) or r(ound) from the index on."""
    kinds = {"s": _STRAIGHT, "c": _CURLED, "h": _HOOKED, "r": _ROUND}
    angles = np.array([thumb, *(kinds[shape] for shape in shapes)], dtype=np.float32)
    angles[1:, 0] = spread * np.array([9, 1, -6, -11])
    return angles


_TUCKED, _OPEN, _BESIDE, _ACROSS = (
    (22, 42, 42, 40),
    (58, 6, 0, 0),
    (30, 14, 12, 10),
    (30, 52, 20, 28),
)
HANDSHAPES: dict[str, NDArray[np.float32]] = {
    "flat": _fingers("ssss", _BESIDE, spread=0.1),
    "five": _fingers("ssss", _OPEN, spread=1.3),
    "fist": _fingers("cccc", _TUCKED, spread=0.0),
    "index": _fingers("sccc", _TUCKED, spread=0.0),
    "vee": _fingers("sscc", _TUCKED, spread=1.3),
    "three": _fingers("sssc", _ACROSS, spread=0.9),
    "thumb": _fingers("cccc", (48, -4, -8, -8), spread=0.0),
    "ell": _fingers("sccc", (72, 2, -4, -4), spread=0.0),
    "little": _fingers("cccs", _TUCKED, spread=0.0),
    "horns": _fingers("sccs", (58, 8, 0, 0), spread=0.6),
    "why": _fingers("cccs", (66, 0, -4, -4), spread=0.6),
    "claw": _fingers("hhhh", (56, 26, 14, 24), spread=1.0),
    "curve": _fingers("rrrr", (52, 46, 14, 18), spread=0.2),
}

LOCATIONS: dict[str, tuple[float, float, float]] = {
    # Out from the middle of the body, below the shoulder line, towards the camera.
    "temple": (0.170, -0.245, 0.20),
    "cheek": (0.165, -0.120, 0.21),
    "high": (0.300, -0.160, 0.22),
    "shoulder": (0.230, 0.010, 0.25),
    "breast": (0.080, 0.085, 0.26),
    "centre": (0.150, 0.170, 0.30),
    "aside": (0.330, 0.110, 0.24),
    "belly": (0.110, 0.270, 0.27),
}

# Directions as (out, down, towards the camera): fingers, then palm.
ORIENTATIONS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "forward": ((-0.05, -1.0, 0.10), (0.0, 0.05, 1.0)),
    "back": ((-0.15, -1.0, 0.05), (-0.1, 0.0, -1.0)),
    "sideways": ((-0.05, -1.0, 0.20), (-0.66, 0.1, 0.75)),
    "down": ((-0.85, -0.30, 0.15), (-0.1, 0.50, 0.86)),
    "inward": ((-0.90, -0.35, 0.15), (0.10, -0.25, -0.95)),
}

MOVEMENTS: tuple[str, ...] = (
    "stay", "up", "down", "out", "in", "arc", "circle", "shake", "tap",
    "twist", "wiggle", "close", "open",
)  # fmt: skip
HANDS: tuple[str, ...] = ("one", "both", "alternate", "base")
FACES: tuple[str, ...] = (
    "neutral",
    "brows_up",
    "brows_down",
    "mouth_open",
    "smile",
    "nod",
    "headshake",
)
_HANDS_ODDS = (0.5, 0.22, 0.1, 0.18)
_FACE_ODDS = (0.46, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09)
# Names are meant to mean nothing: no C, F, H, J, P, Q, W, X or Y, no E at the end.
_CONSONANTS, _VOWELS, _LAST_VOWELS = "BDGKLMNRSTVZ", "AEIOU", "AIOU"
_AVOIDED = frozenset(
    {"DEMO", "KILO", "MENU", "NAZI", "NEGI", "NEGO", "NIGA", "RODA", "SODA", "TABU", "TUNA"}
)


@dataclass(frozen=True)
class Sign:
    """One entry: what the hands and the face do.

    Args:
        gloss: Its name, a meaningless upper-case word.
        handshape: Key of `HANDSHAPES`; for movements close and open, the open hand.
        location: Key of `LOCATIONS`.
        movement: One of `MOVEMENTS`.
        orientation: Key of `ORIENTATIONS`.
        hands: One of `HANDS`: one hand, both alike, both in turn, or one upon the other as a base.
        face: One of `FACES`.
    """

    gloss: str
    handshape: str
    location: str
    movement: str
    orientation: str
    hands: str
    face: str


_MANUAL = ("handshape", "location", "movement", "orientation", "hands")


def distance(first: Sign, second: Sign) -> int:
    """How many manual parameters differ, 0 to 5."""
    return sum(getattr(first, name) != getattr(second, name) for name in _MANUAL)


@dataclass(frozen=True)
class Lexicon:
    """Signs in the order they were drawn; a smaller lexicon of the same seed is its beginning."""

    signs: tuple[Sign, ...]

    @property
    def glosses(self) -> tuple[str, ...]:
        return tuple(sign.gloss for sign in self.signs)


def make_lexicon(n_glosses: int, *, seed: int) -> Lexicon:
    """The first `n_glosses` signs of a seed.

    Each sign is the candidate, out of several, that is furthest from all signs before it.

    Raises:
        DatasetError: `n_glosses` is not between 2 and `MAX_GLOSSES`.
    """
    if not 2 <= n_glosses <= MAX_GLOSSES:
        raise DatasetError(
            f"a lexicon of {n_glosses} glosses was asked for; expected 2 to {MAX_GLOSSES}, "
            "choose a number in between with --glosses"
        )
    rng = np.random.default_rng([seed, 7000])
    signs: list[Sign] = []
    while len(signs) < n_glosses:
        taken = {sign.gloss for sign in signs}
        candidates = [_draw_sign(rng, taken) for _ in range(12)]
        nearest = [min((distance(c, sign) for sign in signs), default=5) for c in candidates]
        best = int(np.argmax(nearest))
        if nearest[best] >= MIN_DISTANCE:
            signs.append(candidates[best])
    return Lexicon(tuple(signs))


def _draw_sign(rng: np.random.Generator, taken: set[str]) -> Sign:
    movement = _one_of(rng, MOVEMENTS)
    hands = str(rng.choice(HANDS, p=_HANDS_ODDS))
    # A hand that opens or closes must have something to open.
    shapes = ("flat", "five", "claw") if movement in ("close", "open") else tuple(HANDSHAPES)
    if movement == "wiggle":
        shapes = ("five", "claw", "curve", "three")
    # A base hand waits before the chest, so its sign is made there.
    places = ("breast", "centre", "belly") if hands == "base" else tuple(LOCATIONS)
    return Sign(
        gloss=_draw_name(rng, taken),
        handshape=_one_of(rng, shapes),
        location=_one_of(rng, places),
        movement=movement,
        orientation=_one_of(rng, tuple(ORIENTATIONS)),
        hands=hands,
        face=str(rng.choice(FACES, p=_FACE_ODDS)),
    )


def _one_of(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _draw_name(rng: np.random.Generator, taken: set[str]) -> str:
    while True:
        kinds = (_CONSONANTS, _VOWELS, _CONSONANTS, _LAST_VOWELS)
        letters = [_one_of(rng, tuple(kind)) for kind in kinds]
        name = "".join(letters)
        if name not in taken and name not in _AVOIDED and letters[0] != letters[2]:
            return name
