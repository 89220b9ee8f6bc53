"""Frames of a signer: room, trunk and head as layers, arms and hands as lit solids; H.264.

What is drawn is what is known: the solids stand on the very joints that `truth` projects. Only the
bend of a sleeve is not quite an elbow; `flesh` says by how much and why.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from signkit.synth.body import Body, Floats
from signkit.synth.camera import Camera
from signkit.synth.cones import Hits, intersect
from signkit.synth.flesh import Flesh, put_on_flesh
from signkit.synth.head import BOTTOM_M, HALF_WIDTH_M, HEAD_M, TOP_M, Head, turn
from signkit.synth.light import LIGHT
from signkit.synth.signer import Signer
from signkit.synth.trunk import draw_room, draw_trunk

Image = NDArray[np.uint8]

_SWAY_M = 0.04
"""How far the trunk may sway."""
_STEPS = 256
# How much darker each material is where it turns away from the camera: skin, cloth, cuff.
_RIMS = np.array([0.45, 0.18, 0.30], dtype=np.float32)


class Renderer:
    """Draws one signer before one camera; what hardly moves is drawn once and kept."""

    def __init__(self, signer: Signer, camera: Camera) -> None:
        self.signer = signer
        self.camera = camera
        self._room = cv2.convertScaleAbs(draw_room(signer, camera))
        layer, depth = draw_trunk(signer, camera)
        rows, columns = np.nonzero(layer[..., 3])
        self._sway_px = sway = int(_SWAY_M * camera.pixels_per_metre) + 2
        top, left = max(rows.min() - sway, 0), max(columns.min() - sway, 0)
        self._trunk_box = (slice(top, None), slice(left, columns.max() + sway + 1))
        self._trunk = cv2.convertScaleAbs(layer[self._trunk_box][..., :3])
        clear = 255 * (1 - layer[self._trunk_box][..., 3])
        self._trunk_clear = cv2.merge([cv2.convertScaleAbs(clear)] * 3)
        self._trunk_depth = np.pad(depth, sway, mode="edge")
        self._head = Head(signer, 1.6 * camera.pixels_per_metre * signer.head_m / HEAD_M)
        self._ramps = _ramps(signer)
        self._coverage = np.empty(camera.height_px * camera.width_px, dtype=np.float32)

    def frames(self, body: Body, rooms: Iterable[Image] | None = None) -> Iterator[Image]:
        """(H, W, 3) RGB frames of a whole clip.

        Args:
            body: The signer's, at least one frame.
            rooms: What is behind the signer in each frame, (H, W, 3); None for the signer's room.
        """
        flesh = put_on_flesh(body, self.signer, self.camera)
        for frame, room in zip(range(body.n_frames), rooms or repeat(self._room), strict=False):
            yield self._draw(room, body, flesh, frame)

    def _draw(self, room: Image, body: Body, flesh: Flesh, frame: int) -> Image:
        canvas: Image = room.copy()
        depth = self._draw_trunk(canvas, body.deltoids[frame].mean(axis=0))
        self._draw_head(canvas, body, frame)
        self._draw_flesh(canvas, depth, flesh, frame)
        return canvas

    def _draw_trunk(self, canvas: Image, sway: Floats) -> Floats:
        """Draw the trunk; returns the depth (H * W,) of what there is so far."""
        reach = self._sway_px
        shift = np.clip(sway[:2] * self.camera.pixels_per_metre, 1 - reach, reach - 1)
        matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], dtype=np.float32)
        size = self._trunk.shape[1::-1]
        colour, clear = (
            cv2.warpAffine(layer, matrix, size, borderMode=cv2.BORDER_REPLICATE)
            for layer in (self._trunk, self._trunk_clear)
        )
        patch = canvas[self._trunk_box]
        patch[:] = cv2.add(cv2.multiply(patch, clear, scale=1 / 255), colour)
        left, top = reach - np.rint(shift).astype(int)
        height, width = canvas.shape[:2]
        depth: Floats = self._trunk_depth[top : top + height, left : left + width].flatten()
        return depth

    def _draw_head(self, canvas: Image, body: Body, frame: int) -> None:
        centre = self.camera.project(body.head_centre[frame][None])[0]
        distance_m = self.camera.distance_m + body.head_centre[frame, 2]
        unit = self.signer.head_m / HEAD_M * self.camera.focal_px / distance_m
        reach = unit * np.array([HALF_WIDTH_M, max(-TOP_M, BOTTOM_M)]) * 1.05
        x0, y0 = np.maximum(np.floor(centre[:2] - reach), 0).astype(int)
        x1 = min(int(centre[0] + reach[0]) + 1, self.camera.width_px)
        y1 = min(int(centre[1] + reach[1]) + 1, self.camera.height_px)
        if x1 <= x0 or y1 <= y0:
            return
        # A point (x, y, height) of the relief is (x, y, -height) of the head.
        matrix = body.head_frame[frame][:2] * np.array([1, 1, -1], dtype=np.float32) * unit
        offset = centre[:2] - (x0, y0)
        relief = self._head.relief(body.face[frame])
        seen = turn(relief, self._head.pixels_per_metre, matrix, offset, (x1 - x0, y1 - y0))
        patch = canvas[y0:y1, x0:x1]
        blended = cv2.blendLinear(seen.image, patch.astype(np.float32), seen.alpha, 1 - seen.alpha)
        patch[:] = cv2.convertScaleAbs(blended)

    def _draw_flesh(self, canvas: Image, nearest: Floats, flesh: Flesh, frame: int) -> None:
        """Draw arms and hands before `nearest`, the depth (H * W,) of what is there."""
        hits = intersect(
            flesh.cones(frame),
            flesh.plates(frame),
            width_px=self.camera.width_px,
            height_px=self.camera.height_px,
        )
        np.minimum.at(nearest, hits.pixel, hits.depth)
        self._coverage[hits.pixel] = 0
        np.maximum.at(self._coverage, hits.pixel, hits.coverage)
        front = np.flatnonzero(hits.depth <= nearest[hits.pixel])
        pixel = hits.pixel[front]
        step = np.clip(_light(hits)[front] * (_STEPS / 1.3), 0, _STEPS - 1).astype(np.int32)
        colour = self._ramps[hits.material[front], step]
        flat = canvas.reshape(-1, 3)
        behind, cover = flat[pixel], self._coverage[pixel][:, None]
        flat[pixel] = colour * cover + behind * (1 - cover)


def _light(hits: Hits) -> Floats:
    """Soft key light, with a darker rim where a surface turns away: it parts finger from finger."""
    facing = hits.normal_x * LIGHT[0] + hits.normal_y * LIGHT[1] + hits.normal_z * LIGHT[2]
    turned = 1 - np.minimum(-hits.normal_z * 1.6, 1.0)
    lit: Floats = (0.46 + 0.56 * np.maximum(facing, -0.25)) * (1 - _RIMS[hits.material] * turned)
    return lit


def _ramps(signer: Signer) -> Floats:
    """(materials, steps, 3) colours from dark to light; skin is redder in shadow."""
    light = (np.arange(_STEPS, dtype=np.float32) * (1.3 / _STEPS))[:, None]
    skin = np.array(signer.skin, dtype=np.float32)
    flesh = skin * light ** np.array([0.85, 1.05, 1.12], dtype=np.float32)
    cloth = light * np.array(signer.cloth, dtype=np.float32)
    ramps = np.stack([flesh, cloth, 0.8 * cloth])
    clipped: Floats = np.clip(ramps, 0, 255).astype(np.float32)
    return clipped


def write_video(path: Path, frames: Iterator[Image], *, size: tuple[int, int], fps: float) -> None:
    """H.264 in an .mp4 container, as most cameras write it; `size` is (width, height)."""
    from fractions import Fraction

    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = {"preset": "veryfast", "crf": "20"}
        stream.width, stream.height = size
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
