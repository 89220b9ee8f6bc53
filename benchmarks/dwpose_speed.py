"""Speed of the DWPose path: the pose net with 8 crops at once against one by one, and the detector.

    python benchmarks/dwpose_speed.py [DEVICE]

The real nets are used where they are found (`signkit weights path`). Elsewhere plain convolutions
of the same size and cost stand in for them, with random weights: about 10 billion multiplications
for a crop of 288x384, as DWPose-l, and 78 for a picture of 640x640, as YOLOX-l. Needs onnx.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from signkit.extract.person import Crop
from signkit.extract.runtime import Session, onnxruntime_version, open_session
from signkit.extract.simcc import SIMCC_MIN, SimccPoser
from signkit.extract.weights import locate_weights
from signkit.extract.yolox import YoloxDetector

BATCH = 8
WIDTHS = (128, 256, 512, 1024)  # after 4, 8, 16 and 32-fold reduction
STRIDES = (4, 8, 16, 32)


class ConvolutionNet:
    """A stem and four stages of 3x3 convolutions, each after one that halves the picture.

    Args:
        width_px: Of the pictures it takes.
        height_px: Likewise.
        depths: Convolutions in each stage.
    """

    def __init__(self, width_px: int, height_px: int, depths: tuple[int, ...]) -> None:
        self.size = width_px, height_px
        self.n_multiplications = 0
        self._rng = np.random.default_rng(0)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        features = self.convolve("pictures", 3, 64, reduction=2, stride=2)
        self.stages = []
        for before, channels, reduction, depth in zip(
            (64, *WIDTHS), WIDTHS, STRIDES, depths, strict=False
        ):
            features = self.convolve(features, before, channels, reduction=reduction, stride=2)
            for _ in range(depth):
                features = self.convolve(features, channels, channels, reduction=reduction)
            self.stages.append(features)

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"tensor_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values: object, kind: type = np.float32) -> str:
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def convolve(
        self,
        features: str,
        before: int,
        after: int,
        *,
        reduction: int,
        stride: int = 1,
        kernel: int = 3,
    ) -> str:
        shape = (after, before, kernel, kernel)
        scale = np.float32((2 / np.prod(shape[1:])) ** 0.5)  # keeps the size of the values
        weights = self._rng.standard_normal(shape, np.float32) * scale
        self.n_multiplications += weights.size * int(np.prod(self.size)) // reduction**2
        pad = kernel // 2
        out = self.op(
            "Conv", features, self.constant(weights), pads=[pad] * 4, strides=[stride] * 2
        )
        return self.op("Relu", out)

    def save(self, path: Path, outputs: dict[str, tuple[int, int]]) -> Path:
        kind, (width, height) = TensorProto.FLOAT, self.size
        graph = helper.make_graph(
            self._nodes,
            "net",
            [helper.make_tensor_value_info("pictures", kind, ["batch", 3, height, width])],
            [helper.make_tensor_value_info(n, kind, ["batch", *s]) for n, s in outputs.items()],
            self._weights,
        )
        opsets = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
        return path


def pose_net(path: Path) -> Path:
    """As large as DWPose-l: 31 million weights."""
    net = ConvolutionNet(288, 384, depths=(2, 2, 2, 2))
    maps = net.convolve(net.stages[-1], WIDTHS[-1], 133, reduction=32, kernel=1)
    flat = net.op("Reshape", maps, net.constant((0, 133, 9 * 12), np.int64))
    for name, size in (("simcc_x", 576), ("simcc_y", 768)):
        net.op("MatMul", flat, net.constant(np.full((9 * 12, size), 0.01)), name=name)
    print(f"pose net: random weights, {net.n_multiplications / 1e9:.1f} billion multiplications")
    return net.save(path, {"simcc_x": (133, 576), "simcc_y": (133, 768)})


def detector_net(path: Path) -> Path:
    """As large as YOLOX-l: 58 million weights. It finds nobody."""
    net = ConvolutionNet(640, 640, depths=(5, 5, 5, 4))
    answers = []
    for features, channels, reduction in zip(net.stages[1:], WIDTHS[1:], STRIDES[1:], strict=True):
        maps = net.convolve(features, channels, 85, reduction=reduction, kernel=1)
        answers.append(net.op("Reshape", maps, net.constant((0, 85, -1), np.int64)))
    rows = net.op("Transpose", net.op("Concat", *answers, axis=2), perm=[0, 2, 1])
    net.op("Mul", rows, net.constant(1e-3), name="output")
    print(f"detector: random weights, {net.n_multiplications / 1e9:.1f} billion multiplications")
    return net.save(path, {"output": (8400, 85)})


class Instant:
    """A session that has its answers ready, so that only what surrounds a net takes time."""

    def __init__(self, session: Session) -> None:
        self.path, self.max_batch = session.path, session.max_batch
        self.width_px, self.height_px = session.width_px, session.height_px
        self._answers = session.probe()

    def probe(self) -> list[np.ndarray]:
        return self._answers

    def __call__(self, pictures: np.ndarray) -> list[np.ndarray]:
        return [np.repeat(answer, len(pictures), axis=0) for answer in self._answers]


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = perf_counter()
    run()
    return perf_counter() - started


def paired(
    one: Callable[[], object], other: Callable[[], object], n_pairs: int
) -> tuple[float, float, float]:
    """Median seconds of both and median ratio of neighbouring runs, after a first run of each."""
    one(), other()
    times = [(seconds(one), seconds(other)) for _ in range(n_pairs)]
    first, second = (median(column) for column in zip(*times, strict=True))
    return first, second, median(a / b for a, b in times)


def measure_batches(session: Session) -> None:
    """The pose net alone: crops one by one against the same crops at once."""
    if session.max_batch < BATCH:
        print("pose net: takes one crop at a time")
        return
    shape = (BATCH, 3, session.height_px, session.width_px)
    pictures = np.random.default_rng(0).standard_normal(shape, np.float32)
    alone, together, ratio = paired(
        lambda: [session(pictures[n : n + 1]) for n in range(BATCH)],
        lambda: session(pictures),
        n_pairs=5,
    )
    print(
        f"pose net: {1000 * alone / BATCH:.1f} ms a crop one by one, "
        f"{1000 * together / BATCH:.1f} ms in batches of {BATCH}, {ratio:.2f} times as fast"
    )


def measure_whole(what: str, whole: Callable[[], object], rest: Callable[[], object]) -> None:
    """One step of the path with all that surrounds its net, for each picture of a batch."""
    whole_s, rest_s, ratio = paired(whole, rest, n_pairs=3)
    print(
        f"{what}: {1000 * whole_s / BATCH:.1f} ms a picture, of which "
        f"{1000 * rest_s / BATCH:.1f} ms ({100 / ratio:.1f} %) before and after the net"
    )


def main(device: str | None = None) -> None:
    """Open both nets and measure."""
    with TemporaryDirectory() as folder:
        pose_path = locate_weights("dw-ll_ucoco_384.onnx") or pose_net(Path(folder) / "pose.onnx")
        found = locate_weights("yolox_l.onnx")
        detector_path = found or detector_net(Path(folder) / "detector.onnx")
        pose, detector = (open_session(path, device=device) for path in (pose_path, detector_path))
    print(f"onnxruntime {onnxruntime_version()} on {pose.device}")
    measure_batches(pose)
    frames = np.random.default_rng(0).integers(0, 256, (BATCH, 720, 1280, 3), dtype=np.uint8)
    box = np.array((400, 100, 800, 700), np.float32)
    crops = [Crop(frame, box, 0.0) for frame in frames]
    posers = [SimccPoser(net, score=SIMCC_MIN) for net in (pose, Instant(pose))]
    measure_whole("pose of a box", *(lambda poser=poser: poser(crops) for poser in posers))
    detectors = [YoloxDetector(net) for net in (detector, Instant(detector))]
    measure_whole("detector", *(lambda detect=detect: detect(frames) for detect in detectors))


if __name__ == "__main__":
    main(*sys.argv[1:2])
