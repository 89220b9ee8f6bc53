"""Split a dataset so that the test clips are of later sessions than the train clips. Run with:

    python benchmarks/later_sessions.py DATASET [SIGNER]

For every gloss, the first session of its signer is train and later ones are test; a gloss with one
session is train only. With SIGNER, only this signer's clips are train or test and everybody else's
are unassigned.
"""

import sys
from pathlib import Path

from signkit.dataset import PoseDataset


def main(path: Path, signer: str | None = None) -> None:
    """Write the split column of clips.csv."""
    clips = PoseDataset.open(path).clips
    first: dict[tuple[str, ...], str] = {}
    for clip in clips:
        if signer in (None, clip.signer):
            key = (clip.signer, *clip.glosses)
            first[key] = min(first.get(key, clip.session), clip.session)
    splits = {}
    for clip in clips:
        session = first.get((clip.signer, *clip.glosses))
        splits[clip.clip_id] = (
            "" if session is None else "train" if clip.session == session else "test"
        )
    clips.with_splits(splits).write(path / "clips.csv")
    print(
        {
            split or "unassigned": list(splits.values()).count(split)
            for split in set(splits.values())
        }
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
