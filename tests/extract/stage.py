"""People drawn as coloured cards, and a detector and a poser that find them by their colours."""

from collections.abc import Callable, Sequence

import numpy as np

from signkit.extract.person import Crop, Image
from signkit.people.track import Landmarks
from signkit.skeleton import Skeleton

WIDTH_PX, HEIGHT_PX = 160, 90
CARD_PX = 24
COLOURS = {"red": (200, 40, 40), "blue": (40, 40, 200), "green": (40, 160, 40)}
CORNERS = Skeleton(
    "corners",
    landmarks=("nose", "left_shoulder", "right_shoulder"),
    parts={"pose": ("nose", "left_shoulder", "right_shoulder")},
    n_dims=2,
)

Way = Callable[[int], float | None]
"""Frame -> left edge of a card in pixels, None while the person is away."""


class Play:
    """Frames in which cards go their ways, the last one before all others."""

    fps = 25.0
    width_px, height_px = WIDTH_PX, HEIGHT_PX

    def __init__(self, n_frames: int, **ways: Way) -> None:
        self._n_frames = n_frames
        self._ways = ways

    def __iter__(self):
        return ((n / self.fps, self._draw(n)) for n in range(self._n_frames))

    def _draw(self, frame: int) -> Image:
        image = np.full((HEIGHT_PX, WIDTH_PX, 3), 128, np.uint8)
        for name, way in self._ways.items():
            left = way(frame)
            if left is not None:
                image[30:, max(int(left), 0) : int(left) + CARD_PX] = COLOURS[name]
        return image


def boxes_of(image: Image) -> dict[str, np.ndarray]:
    """Who is seen, and the box around what is seen of them."""
    found = {}
    for name, colour in COLOURS.items():
        rows, columns = np.nonzero((image == colour).all(axis=-1))
        if len(rows):
            box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            found[name] = np.array(box, np.float32)
    return found


class CardDetector:
    """Finds every card of which anything is seen, and remembers how often it was asked."""

    def __init__(self) -> None:
        self.n_images: list[int] = []

    def __call__(self, images: Sequence[Image]) -> list[np.ndarray]:
        self.n_images.append(len(images))
        return [
            np.array([[*box, 0.9] for box in boxes_of(image).values()], np.float32).reshape(-1, 5)
            for image in images
        ]


class CardPoser:
    """Finds the middle and upper corners of the card that fills most of a crop.

    Attributes:
        calls: Times and people of the crops in each call.
    """

    skeleton = CORNERS

    def __init__(self, *, needs_person: bool = False) -> None:
        self.needs_person = needs_person
        self.calls: list[list[tuple[float, int]]] = []

    def begin_clip(self, fps: float, width_px: int, height_px: int) -> None:
        assert (fps, width_px, height_px) == (Play.fps, WIDTH_PX, HEIGHT_PX)

    def __call__(self, crops: Sequence[Crop]) -> list[Landmarks]:
        self.calls.append([(crop.time_s, crop.person) for crop in crops])
        return [self._find(crop) for crop in crops]

    def _find(self, crop: Crop) -> Landmarks:
        x0, y0, x1, y1 = np.rint(np.clip(crop.box, 0, None)).astype(int)
        view = crop.image[y0:y1, x0:x1]
        shares = {name: (view == colour).all(axis=-1).mean() for name, colour in COLOURS.items()}
        name = max(shares, key=lambda name: shares[name])
        if shares[name] < 0.3:
            return np.full((3, 2), np.nan, np.float32), np.zeros(3, np.float32)
        left, top, right, bottom = boxes_of(crop.image)[name]
        points = [[(left + right) / 2, (top + bottom) / 2], [right, top], [left, top]]
        return np.array(points, np.float32), np.full(3, min(shares[name], 1), np.float32)
