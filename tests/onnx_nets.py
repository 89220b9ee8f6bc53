"""Small ONNX nets with the interfaces of the real ones, whose answers are known by construction.

They look for pure red, green and blue; grey, white and black are nothing to them. What a detector
finds are the extents of each colour; where the pose net sees landmarks follows from each colour's
centre of gravity.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper, TensorProto = onnx.helper, onnx.TensorProto

N_LANDMARKS, N_CLASSES = 133, 80
RED, GREEN, BLUE = 0, 1, 2
STRIDES = (8, 16, 32)
MEAN, STD = np.array((123.675, 116.28, 103.53)), np.array((58.395, 57.12, 57.375))  # of RGB

# Where a raw answer reports each colour: stride, cell (x, y), objectness, class and its likelihood.
REPORTS = {
    RED: (8, (3, 5), 0.9, 0, 0.9),
    GREEN: (16, (7, 2), 0.8, 0, 1.0),
    BLUE: (32, (1, 4), 1.0, 1, 1.0),
}
TOP_X, TOP_Y = 0.75, 0.5
"""Highest likelihoods of the pose net along x and y."""
RED_CONFIDENCE, GREEN_CONFIDENCE = 0.9 * 0.9, 0.8  # and blue is no person


class Graph:
    """A graph under construction; its methods return names of tensors."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, values: object, kind: type = np.float32) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(onnx.numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"tensor_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def column(self, tensor: str) -> str:
        """(..., 1) from (...,), which has two axes."""
        return self.op("Unsqueeze", tensor, self.constant([2], np.int64))

    def save(self, path: Path, inputs: dict[str, list], outputs: dict[str, list]) -> Path:
        """Write the model; shapes by name, a string for a free axis."""
        infos = [
            [
                helper.make_tensor_value_info(
                    name, TensorProto.INT64 if name == "labels" else TensorProto.FLOAT, shape
                )
                for name, shape in shapes.items()
            ]
            for shapes in (inputs, outputs)
        ]
        graph = helper.make_graph(self._nodes, "net", *infos, self._constants)
        opsets = [helper.make_opsetid("", 17)]
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
        return path


def detector_net(
    path: Path, *, width: int = 640, height: int = 640, batch: int | str = 1, answer: str = "raw"
) -> Path:
    """Finds the extents of red, green (persons) and blue (none) in BGR pictures from 0 to 255.

    Args:
        path: File to write.
        width: Of its pictures, a multiple of 32.
        height: Likewise.
        batch: 1, or a name for a free axis.
        answer: raw (N, A, 85); boxes (N, 3, 5), blue being unsure; or labelled, with (N, 3) beside.
    """
    graph = Graph()
    bgr_of_rgb = np.eye(3)[::-1]
    masks = graph.op("Sign", _colours(graph, "images", bgr_of_rgb, offset=np.full(3, -128.0)))
    low_x, high_x = _extent(graph, masks, axis=3, size=width)
    low_y, high_y = _extent(graph, masks, axis=2, size=height)
    seen = graph.op("ReduceMax", masks, axes=[2, 3], keepdims=0)  # (N, 3)
    corners = [graph.column(side) for side in (low_x, low_y, high_x, high_y)]
    outputs: dict[str, list]
    if answer == "raw":
        n_cells = sum((width // stride) * (height // stride) for stride in STRIDES)
        _raw_answer(graph, corners, graph.column(seen), width=width, height=height)
        outputs = {"output": [batch, n_cells, 5 + N_CLASSES]}
    else:
        blue = 1.0 if answer == "labelled" else 0.2
        sure = graph.constant([RED_CONFIDENCE, GREEN_CONFIDENCE, blue])
        confidence = graph.column(graph.op("Mul", seen, sure))
        graph.op("Concat", *corners, confidence, axis=2, name="dets")
        outputs = {"dets": [batch, 3, 5]}
    if answer == "labelled":
        classes = graph.op("Mul", seen, graph.constant([0, 0, 1]))
        graph.op("Cast", classes, to=TensorProto.INT64, name="labels")
        outputs["labels"] = [batch, 3]
    return graph.save(path, {"images": [batch, 3, height, width]}, outputs)


def pose_net(
    path: Path,
    *,
    width: int = 288,
    height: int = 384,
    batch: int | str = "batch",
    colours: Sequence[int] = (RED,) * N_LANDMARKS,
    shifts: np.ndarray | None = None,
    phantoms: bool = False,
) -> Path:
    """Sees landmark k beside the centre of its colour in normalised RGB pictures.

    Args:
        path: File to write.
        width: Of its pictures.
        height: Likewise.
        batch: 1, or a name for a free axis.
        colours: (133,) which colour a landmark belongs to.
        shifts: (133, 2) how far from its colour's centre it lies, in pixels of the net's picture.
        phantoms: See landmarks where the colour is not, at the top left. Else all likelihoods are
            0 there; where it is, the highest are `TOP_X` and `TOP_Y`.
    """
    shifts = np.zeros((N_LANDMARKS, 2)) if shifts is None else shifts
    graph = Graph()
    # Undo the normalisation; half a level less, so that rounding makes no colour out of black.
    masks = _colours(graph, "input", np.diag(STD), offset=_SPLIT @ MEAN - 0.5)
    weight = graph.op("ReduceSum", masks, graph.constant([2, 3], np.int64), keepdims=0)  # (N, 3)
    seen = graph.op("Max", graph.op("Sign", weight), graph.constant(float(phantoms)))
    weight = graph.op("Max", weight, graph.constant(1e-6))
    for name, axis, size, shift, maximum in (
        ("simcc_x", 2, width, shifts[:, 0], TOP_X),
        ("simcc_y", 3, height, shifts[:, 1], TOP_Y),
    ):
        profile = graph.op("ReduceSum", masks, graph.constant([axis], np.int64), keepdims=0)
        moment = graph.op("MatMul", profile, graph.constant(np.arange(size)))  # (N, 3)
        places = _of_landmarks(graph, graph.op("Div", moment, weight), colours)
        heights = _of_landmarks(graph, seen, colours)
        _likelihood(
            graph,
            graph.op("Add", places, graph.constant(shift)),
            graph.op("Mul", heights, graph.constant(maximum)),
            size=size,
            name=name,
        )
    return graph.save(
        path,
        {"input": [batch, 3, height, width]},
        {
            "simcc_x": [batch, N_LANDMARKS, 2 * width],
            "simcc_y": [batch, N_LANDMARKS, 2 * height],
        },
    )


_SPLIT = 2 * np.eye(3) - np.ones((3, 3))
"""A channel minus the others: positive for pure colours, never for grey."""


def _colours(graph: Graph, pictures: str, rgb: np.ndarray, *, offset: np.ndarray) -> str:
    """(N, 3, H, W) how red, green and blue a pixel is; `rgb` makes RGB of its values."""
    kernel = graph.constant((_SPLIT @ rgb)[..., None, None])
    return graph.op("Relu", graph.op("Conv", pictures, kernel, graph.constant(offset)))


def _extent(graph: Graph, masks: str, *, axis: int, size: int) -> tuple[str, str]:
    """(N, 3) first pixel of each colour along an axis, and the one after the last."""
    profile = graph.op("ReduceMax", masks, axes=[5 - axis], keepdims=0)  # (N, 3, size)
    from_end = graph.op("Mul", profile, graph.constant(size - np.arange(size)))
    from_begin = graph.op("Mul", profile, graph.constant(np.arange(size) + 1))
    furthest = graph.op("ReduceMax", from_end, axes=[2], keepdims=0)
    low = graph.op("Sub", graph.constant(size), furthest)
    return low, graph.op("ReduceMax", from_begin, axes=[2], keepdims=0)


def _raw_answer(graph: Graph, corners: list[str], seen: str, *, width: int, height: int) -> None:
    """What YOLOX would say: offsets in cells, logarithms of sizes, objectness, classes."""
    low_x, low_y, high_x, high_y = corners
    strides = graph.constant([[report[0]] for report in REPORTS.values()])  # (3, 1)
    cells = np.array([report[1] for report in REPORTS.values()])[..., None]  # (3, 2, 1)
    values = []
    for axis, (low, high) in enumerate(((low_x, high_x), (low_y, high_y))):
        centre = graph.op("Mul", graph.op("Add", low, high), graph.constant(0.5))
        offset = graph.op("Div", centre, strides)
        values.append(graph.op("Sub", offset, graph.constant(cells[:, axis])))
    for low, high in ((low_x, high_x), (low_y, high_y)):
        size = graph.op("Max", graph.op("Sub", high, low), graph.constant(1.0))
        values.append(graph.op("Log", graph.op("Div", size, strides)))
    likelihoods = np.zeros((3, 1 + N_CLASSES))
    for colour, (_, _, objectness, label, likelihood) in REPORTS.items():
        likelihoods[colour, [0, 1 + label]] = objectness, likelihood
    values.append(graph.op("Mul", seen, graph.constant(likelihoods)))
    rows = graph.op("Concat", *values, axis=2)  # (N, 3, 85)
    graph.op("MatMul", graph.constant(_places(width, height)), rows, name="output")


def _places(width: int, height: int) -> np.ndarray:
    """(A, 3) 1 in the cells where a colour is reported: its own and, for red, the next one too.

    The same offset in the next cell is a box 8 px further to the right, a double to be suppressed.
    """
    sizes = [(width // stride) * (height // stride) for stride in STRIDES]
    begins = dict(zip(STRIDES, np.cumsum([0, *sizes]), strict=False))
    places = np.zeros((sum(sizes), 3))
    for colour, (stride, (x, y), *_) in REPORTS.items():
        cell = begins[stride] + y * (width // stride) + x
        places[cell : cell + (2 if colour == RED else 1), colour] = 1
    return places


def _of_landmarks(graph: Graph, by_colour: str, colours: Sequence[int]) -> str:
    return graph.op("Gather", by_colour, graph.constant(colours, np.int64), axis=1)


def _likelihood(graph: Graph, places: str, maxima: str, *, size: int, name: str) -> None:
    """(N, 133, 2 size) a bell over half pixels, whose top is exactly its maximum."""
    top = graph.op("Round", graph.op("Mul", graph.column(places), graph.constant(2.0)))
    distance = graph.op("Sub", graph.constant(np.arange(2 * size)), top)
    square = graph.op("Mul", distance, distance)
    bell = graph.op("Exp", graph.op("Mul", square, graph.constant(-1 / 72)))
    graph.op("Mul", bell, graph.column(maxima), name=name)
