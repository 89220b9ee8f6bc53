"""Several people in one picture, all of them known: two signers side by side, passers-by crossing.

One of the two signs; the other listens, with a small sign now and then. One or two passers-by walk
across, before or behind them. Everybody is drawn by the same renderer as a corpus, from the one
furthest away to the nearest, each over what is drawn already: no figure is pasted, so edges and
landmarks are as exact as they are alone. All eyes are about as high as the camera's, as in a room
where everybody stands: who is nearer is larger.

Who is where and how much of them is hidden is known without drawing a scene.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from signkit.synth.body import Body, Floats, Measures, pose_body
from signkit.synth.camera import Camera, Views
from signkit.synth.choreography import Choreography, choreograph
from signkit.synth.lexicon import make_lexicon
from signkit.synth.motion import Performance, perform
from signkit.synth.outline import find_visible
from signkit.synth.signer import Signer, make_signers
from signkit.synth.truth import project_landmarks

FPS = 25.0
_WIDTH_PX, _HEIGHT_PX, _DURATION_S = 640, 360, 3.0
_SEED = 7200
_N_GLOSSES = 24
_EYES = 0.25
"""Height of everybody's eyes, as a fraction of the frame's height from above."""
_REACH_M = 0.72
"""From the middle of a body to the edge of the piece of the frame it is drawn in."""
_SAME_CLOTHES = 0.25
"""How often a passer-by wears the colours of a signer."""


@dataclass(frozen=True, eq=False)
class Actor:
    """One person of a scene.

    Args:
        signer: Who it is.
        camera: Camera of the piece of the frame that the person is drawn in.
        body: Joints in each of the T frames.
        left_px: (T,) where the piece begins in the frame; it may lie partly outside.
    """

    signer: Signer
    camera: Camera
    body: Body
    left_px: NDArray[np.int64]

    def landmarks(self) -> Floats:
        """(T, 75, 3) of `TRUTH_SKELETON` in pixels of the frame."""
        coords, _ = project_landmarks(self.body, Views.of([self.camera], [self.body.n_frames]))
        coords[..., 0] += self.left_px[:, None]
        return coords


@dataclass(frozen=True, eq=False)
class Scene:
    """A clip with several people.

    Args:
        seed: What it was made from.
        actors: Everybody, from the furthest to the nearest.
        who_signs: Position of the one who signs most.
        coords: (P, T, 75, 3) landmarks of `TRUTH_SKELETON` in pixels, in the frame or not.
        boxes: (P, T, 4) x0, y0, x1, y1 around what lies in the frame; NaN where nothing does.
        hidden: (P, T) how much of a person is behind others or outside the frame, 0 to 1.
        fps, width_px, height_px: Of the frames.
    """

    seed: int
    actors: tuple[Actor, ...]
    who_signs: int
    coords: Floats
    boxes: Floats
    hidden: Floats
    fps: float
    width_px: int
    height_px: int

    @property
    def n_frames(self) -> int:
        return int(self.coords.shape[1])

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """(H, W, 3) RGB frames, drawn one after another."""
        from signkit.synth.render import Renderer
        from signkit.synth.trunk import draw_room

        first = self.actors[0]
        size = {"width_px": self.width_px, "height_px": self.height_px}
        room = cv2.convertScaleAbs(draw_room(first.signer, replace(first.camera, **size)))
        canvas = _Canvas(room, margin_px=max(actor.camera.width_px for actor in self.actors))
        layers = [
            Renderer(actor.signer, actor.camera).frames(actor.body, canvas.pieces(actor))
            for actor in self.actors
        ]
        for frame in range(self.n_frames):
            canvas.clear()
            for actor, layer in zip(self.actors, layers, strict=True):
                canvas.piece(actor, frame)[:] = next(layer)
            yield canvas.frame.copy()


class _Canvas:
    """A frame with a margin on both sides, so that a piece of it may lie partly outside."""

    def __init__(self, room: NDArray[np.uint8], margin_px: int) -> None:
        self._room = room
        self._margin_px = margin_px
        self._wide = cv2.copyMakeBorder(room, 0, 0, margin_px, margin_px, cv2.BORDER_REPLICATE)

    @property
    def frame(self) -> NDArray[np.uint8]:
        frame: NDArray[np.uint8] = self._wide[:, self._margin_px : -self._margin_px]
        return frame

    def clear(self) -> None:
        self.frame[:] = self._room

    def piece(self, actor: Actor, frame: int) -> NDArray[np.uint8]:
        """The part of the canvas in which an actor is drawn; somebody far outside is left there."""
        width = actor.camera.width_px
        left = np.clip(actor.left_px[frame] + self._margin_px, 0, self._wide.shape[1] - width)
        piece: NDArray[np.uint8] = self._wide[:, left : left + width]
        return piece

    def pieces(self, actor: Actor) -> Iterator[NDArray[np.uint8]]:
        """That part frame by frame, as it is when it is asked for."""
        return (self.piece(actor, frame) for frame in range(actor.body.n_frames))


def scenes(n_scenes: int, *, seed: int) -> Iterator[Scene]:
    """The first `n_scenes` scenes of a seed."""
    return (make_scene(seed * 10_000 + number) for number in range(n_scenes))


def make_scene(
    seed: int,
    *,
    width_px: int = _WIDTH_PX,
    height_px: int = _HEIGHT_PX,
    duration_s: float = _DURATION_S,
    fps: float = FPS,
) -> Scene:
    """Two signers and one or two passers-by; the seed decides everything."""
    rng = np.random.default_rng([_SEED, seed])
    stage = _Stage(rng, width_px, height_px, round(duration_s * fps), fps)
    people = make_signers(4, seed=seed)
    actors = [stage.signs(people[0], 0), stage.listens(people[1], 1)]
    if rng.random() < 0.5:
        actors = [stage.listens(people[1], 0), stage.signs(people[0], 1)]
    for passer_by in people[2 : 3 + int(rng.random() < 0.5)]:
        if rng.random() < _SAME_CLOTHES:
            passer_by = replace(passer_by, cloth=people[0].cloth)
        actors.append(stage.walks(passer_by, actors[:2]))
    actors.sort(key=lambda actor: actor.camera.pixels_per_metre)
    coords = np.stack([actor.landmarks() for actor in actors])
    per_metre = [actor.camera.pixels_per_metre for actor in actors]
    boxes, hidden = find_visible(coords, per_metre, width_px=width_px, height_px=height_px)
    who_signs = [actor.signer.name for actor in actors].index(people[0].name)
    return Scene(seed, tuple(actors), who_signs, coords, boxes, hidden, fps, width_px, height_px)


@dataclass(frozen=True)
class _Stage:
    """Where and when the people of one scene stand, sign and walk."""

    rng: np.random.Generator
    width_px: int
    height_px: int
    n_frames: int
    fps: float

    def signs(self, signer: Signer, place: int) -> Actor:
        sign_ids = tuple(self.rng.permutation(_N_GLOSSES)[:8].tolist())
        return self._stands(signer, sign_ids, place, delay=int(self.rng.integers(-12, 3)))

    def listens(self, signer: Signer, place: int) -> Actor:
        quiet = replace(signer, amplitude=self.rng.uniform(0.3, 0.6) * signer.amplitude)
        sign_ids = (int(self.rng.integers(_N_GLOSSES)),)
        return self._stands(quiet, sign_ids, place, delay=int(self.rng.integers(self.n_frames)))

    def walks(self, signer: Signer, others: list[Actor]) -> Actor:
        """Somebody who passes one of the others some time in the middle of the scene."""
        nearer = self.rng.random() < 0.6
        scale = self.rng.uniform(0.9, 1.2) if nearer else self.rng.uniform(0.5, 0.68)
        other = others[int(self.rng.integers(len(others)))]
        meets_px = other.left_px[0] + other.camera.centre_x_px
        meets_at = self.rng.uniform(0.3, 0.7) * self.n_frames
        speed_px = self.rng.uniform(90, 320) / self.fps * self.rng.choice([-1, 1])
        frames = np.arange(self.n_frames)
        x_px = meets_px + (frames - meets_at) * speed_px
        body = _body(signer, (), self.n_frames, self._seed(), delay=0, fps=self.fps)
        return self._place(signer, body, scale, x_px)

    def _stands(
        self, signer: Signer, sign_ids: tuple[int, ...], place: int, *, delay: int
    ) -> Actor:
        body = _body(signer, sign_ids, self.n_frames, self._seed(), delay=delay, fps=self.fps)
        x_px = np.full(self.n_frames, self.width_px * (0.27 + 0.46 * place))
        x_px += self.rng.uniform(-0.03, 0.03) * self.width_px
        return self._place(signer, body, self.rng.uniform(0.7, 0.85), x_px)

    def _place(self, signer: Signer, body: Body, scale: float, x_px: NDArray[np.float64]) -> Actor:
        """The person before a camera of its own, `scale` times as large as in a corpus."""
        alone = Camera.of(signer, self.height_px * 4 // 3, self.height_px)
        per_metre = scale * alone.pixels_per_metre
        half_px = int(_REACH_M * per_metre)
        eyes_m = 0.91 * signer.head_m  # above the middle of the shoulders
        camera = replace(
            alone,
            width_px=2 * half_px,
            focal_px=alone.focal_px * scale,
            centre_x_px=half_px,
            centre_y_px=_EYES * self.height_px + eyes_m * per_metre,
        )
        return Actor(signer, camera, body, np.rint(x_px - half_px).astype(np.int64))

    def _seed(self) -> int:
        return int(self.rng.integers(2**31))


def _body(
    signer: Signer, sign_ids: tuple[int, ...], n_frames: int, seed: int, *, delay: int, fps: float
) -> Body:
    """A performance that begins after `delay` frames, at rest before and after."""
    performance = Performance(signer, sign_ids, (seed,))
    targets, lengths = perform([performance], _choreography(), fps=fps)
    body = pose_body(targets, Measures.of([signer], lengths))
    when = np.clip(np.arange(n_frames) - delay, 0, lengths[0] - 1)
    return Body(**{f.name: getattr(body, f.name)[when] for f in fields(Body)})


@lru_cache(maxsize=1)
def _choreography() -> Choreography:
    return choreograph(make_lexicon(_N_GLOSSES, seed=0))
