"""The beam search against a plain-Python one over the full vocabulary, and against pyctcdecode in
an environment of its own. Run with:

    python -m venv /tmp/pyctc && /tmp/pyctc/bin/pip install pyctcdecode
    python benchmarks/beam.py [--peer /tmp/pyctc/bin/python] [--clips 32] [--exact-clips 3]

One thread, beam 10, V = 1,101, T' = 64, 128 and 256, on made lattices like those of a trained
recognizer (peaky) and on random ones (flat). Every sequence of the beam must be that of the plain
search, in the same order, with the same score to 1e-9. Speeds are processor seconds a clip: the
best of some turns, which the sides take one after the other. Each decodes one clip a call.
pyctcdecode runs with its default thresholds, which leave out glosses of less than e^-5 and prefixes
far behind the best, and without them; how often its best sequence is that of the exact search is
printed.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402

N_IDS, BEAM, N_STEPS = 1101, 10, (64, 128, 256)
LM_WEIGHT = 0.5
PEER = r"""
import json, logging, sys, time
import numpy as np
logging.disable(logging.CRITICAL)
from pyctcdecode import build_ctcdecoder
lattices = np.load(sys.argv[1])
letters = [chr(0x4E00 + i) for i in range(lattices.shape[2])]
decoder = build_ctcdecoder(["", *letters[1:]])
answer = {}
unpruned = dict(token_min_logp=-1e9, beam_prune_logp=-1e9)
for name, options in (("default", {}), ("unpruned", unpruned)):
    some = lattices if name == "default" else lattices[:1]
    seconds = []
    for _ in range(3 if name == "default" else 1):
        start = time.process_time()
        texts = [decoder.decode_beams(clip, beam_width=10, **options)[0][0] for clip in some]
        seconds.append((time.process_time() - start) / len(some))
    found = [[letters.index(c) for c in text.replace(" ", "")] for text in texts]
    answer[name] = {"seconds": min(seconds), "found": found}
print(json.dumps(answer))
"""


def main() -> None:
    """Print agreement and speeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", help="python of an environment with pyctcdecode")
    parser.add_argument("--clips", type=int, default=32, help="clips to decode")
    parser.add_argument("--exact-clips", type=int, default=3, help="clips for the plain search")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    for kind in ("peaky", "flat"):
        for n_steps in N_STEPS:
            compare(kind, n_steps, arguments.clips, arguments.exact_clips, arguments.peer)
    for n_steps in N_STEPS:
        compare_fused(n_steps, arguments.clips, arguments.exact_clips)


def compare(kind: str, n_steps: int, n_clips: int, n_exact: int, peer: str | None) -> None:
    """One kind of lattice, without language model."""
    from signkit.recognize.beam import beam_search
    from tests.recognize.reference import reference_beam

    lattices = made_lattices(kind, n_clips, n_steps)

    def ours() -> list:
        return [beam_search(clip[None], [n_steps], beam=BEAM, n_best=BEAM)[0] for clip in lattices]

    found = ours()
    plain, exact = timed(lambda: [reference_beam(x, beam=BEAM) for x in lattices[:n_exact]])
    check(found, exact)
    seconds = fastest(ours) / n_clips
    say(f"{kind} T'={n_steps}", plain / n_exact, seconds)
    if peer is None:
        return
    for name, answer in ask(peer, lattices).items():
        same = [tuple(a) == b[0][0] for a, b in zip(answer["found"], found, strict=False)]
        print(
            f"    pyctcdecode {name}: {answer['seconds'] * 1e3:,.2f} ms a clip; ratio "
            f"{answer['seconds'] / seconds:.2f} (wanted at least 0.7, better 2); it finds the "
            f"exact best in {sum(same)} of {len(same)}",
            flush=True,
        )


def compare_fused(n_steps: int, n_clips: int, n_exact: int) -> None:
    """Peaky lattices with a bigram model and a length bonus."""
    from signkit.recognize.beam import beam_search
    from signkit.recognize.fusion import Fusion
    from tests.recognize.reference import reference_beam
    from tests.recognize.table_model import TableModel

    lattices = made_lattices("peaky", n_clips, n_steps)
    model = TableModel(N_IDS - 1)
    rows, end = model.weighted(LM_WEIGHT)
    glosses = [f"G{i:04d}" for i in range(1, N_IDS)]

    def ours() -> list:
        fusion = Fusion(model, glosses, LM_WEIGHT)
        options = {"beam": BEAM, "n_best": BEAM, "fusion": fusion, "length_bonus": 1.0}
        return [beam_search(clip[None], [n_steps], **options)[0] for clip in lattices]

    def plainly() -> list:
        return [
            reference_beam(clip, beam=BEAM, lm=rows, lm_end=end, length_bonus=1.0)
            for clip in lattices[:n_exact]
        ]

    plain, exact = timed(plainly)
    check(ours(), exact)
    say(f"peaky, bigram, T'={n_steps}", plain / n_exact, fastest(ours) / n_clips)


def made_lattices(kind: str, n_clips: int, n_steps: int) -> np.ndarray:
    """(B, T', V) float32 log probabilities."""
    from tests.recognize.reference import flat_lattice, peaky_lattice

    rng = np.random.default_rng(n_steps)
    make = peaky_lattice if kind == "peaky" else flat_lattice
    return np.stack([make(rng, n_steps, N_IDS) for _ in range(n_clips)])


def check(found: list, exact: list) -> None:
    """Every prefix of the beam, its place and its score."""
    for ours, theirs in zip(found, exact, strict=False):
        if [glosses for glosses, _ in ours] != [glosses for glosses, _ in theirs]:
            raise SystemExit("the beams differ")
        gap = max(abs(a[1] - b[1]) for a, b in zip(ours, theirs, strict=True))
        if gap > 1e-9 * max(1.0, abs(theirs[0][1])):
            raise SystemExit(f"the scores differ by {gap}")


def say(title: str, plain: float, seconds: float) -> None:
    print(
        f"{title}: agreement 100 %; plain Python {plain * 1e3:,.0f} ms a clip, signkit "
        f"{seconds * 1e3:,.2f} ms; ratio {plain / seconds:,.0f} (wanted at least 100, better "
        "1,000)",
        flush=True,
    )


def ask(peer: str, lattices: np.ndarray) -> dict:
    """What pyctcdecode finds and how long it takes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lattices.npy"
        np.save(path, lattices)
        done = subprocess.run(
            [peer, "-c", PEER, str(path)], stdout=subprocess.PIPE, check=True, text=True
        )
    return json.loads(done.stdout.splitlines()[-1])


def timed(call):
    start = process_time()
    result = call()
    return process_time() - start, result


def fastest(call, *, repeats: int = 5) -> float:
    """Seconds of the fastest of some calls: whatever else the machine does only adds to them."""
    return min(timed(call)[0] for _ in range(repeats))


if __name__ == "__main__":
    main()
