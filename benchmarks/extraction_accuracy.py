"""How exact the real extractor is on generated videos, whose landmarks are known. Run with:

    python benchmarks/extraction_accuracy.py [CLIPS] [MODE] [SEED]

Draws CLIPS videos of six signers (default: 48 isolated signs, seed 0), extracts them, and prints
how often each part was found and how far landmarks are from the truth.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from signkit.dataset import PoseDataset
from signkit.extract import extract
from signkit.synth import extraction_accuracy, synthesize


def main(n_clips: int = 48, mode: str = "isolated", seed: int = 0) -> None:
    """Draw, extract, compare."""
    with TemporaryDirectory() as folder:
        videos, poses = Path(folder) / "videos", Path(folder) / "poses"
        synthesize(
            videos, mode=mode, n_signers=6, n_glosses=24, n_clips=n_clips, seed=seed, workers=2
        )
        summary = extract(videos, poses)
        truth, extracted = PoseDataset.open(videos / "truth"), PoseDataset.open(poses)
        print(f"{mode}, seed {seed}, {extracted.info.extractor['version']}")
        print(extraction_accuracy(truth, extracted))
        print(f"{summary.n_failed} failed, {summary.frames_per_s:.1f} frames/s extracted")


if __name__ == "__main__":
    given = sys.argv[1:4]
    main(*(kind(value) for kind, value in zip((int, str, int), given, strict=False)))
