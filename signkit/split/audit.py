"""What leaks between the splits of a dataset, and what else a score on them should be read with.

"Signer-independent" splits may share their sentences: 82.7 % of the dev clips of Isharah-2000 SI
have a sentence that is in train. A random split shares signers and sentences, and its scores are
10 to 34 points too good (BdSLW60, AUTSL). So every pair of splits is compared in every respect that
the table or the poses tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from signkit.dataset import PoseDataset
from signkit.errors import DatasetError
from signkit.quality import QUALITY
from signkit.recipe import load_recipe
from signkit.split.copies import Copy, copy_groups, find_copies
from signkit.split.divide import published_as
from signkit.split.facts import SplitFacts, frames_of, split_facts
from signkit.split.labels import Codes, Labels, codes_of
from signkit.split.leaks import Leak, check_claims, find_leaks
from signkit.split.overlap import (
    N_EXAMPLES,
    PAIRS,
    Overlap,
    Overlaps,
    footage_overlap,
    group_overlaps,
    pair_name,
    sentence_overlaps,
    shared,
)

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]

RECIPE = "continuous"


@dataclass(frozen=True)
class CopyFacts:
    """Clips that are copies of each other (`split.copies`), also within one split.

    Args:
        n_compared: Clips with poses.
        n_clips: Clips that have a copy.
        n_groups: Recordings that are there more than once.
        examples: A few pairs.
    """

    n_compared: int
    n_clips: int
    n_groups: int
    examples: tuple[Copy, ...]


@dataclass(frozen=True)
class Audit:
    """What the splits of a dataset hold and share.

    Args:
        name: Of the dataset.
        n_clips: Rows of its clip table.
        splits: Split to what it holds; `none` are the clips in no split.
        overlaps: Pair of splits, such as `train/dev`, to what both have: `signers`, `sentences`,
            `same_glosses` (in any order), `one_gloss_apart`, `whole_sentences` (of several
            glosses), `nothing_new` (neither signer nor sentence), `sessions`, `videos`, `urls`,
            `footage` (moments of one video) and, where poses were compared, `copies`. Pairs
            without clips are left out.
        subsampling: Frames in for one step of CTC.
        fps: Frame rate at which frames were counted; None without poses.
        copies: None where poses were not compared.
        poses_without_clip: Ids of poses that the clip table does not name: how many, and a few.
        claims: What the splits are said to be.
        leaks: What speaks against them.
        published: Name of the split file in `splits` that the split column is; empty if none.
        sha256: Of that split.
    """

    name: str
    n_clips: int
    splits: dict[str, SplitFacts]
    overlaps: dict[str, Overlaps]
    subsampling: int
    fps: float | None
    copies: CopyFacts | None
    poses_without_clip: tuple[int, tuple[str, ...]]
    claims: tuple[str, ...]
    leaks: tuple[Leak, ...]
    published: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """One plain record."""
        return asdict(self)


def audit_dataset(
    path: Path,
    *,
    claims: Sequence[str] = (),
    subsampling: int | None = None,
    poses: bool = True,
    progress: Progress | None = None,
) -> Audit:
    """Compare the splits of a dataset folder.

    Args:
        path: The folder; it may have annotations only.
        claims: What the splits are said to be: names of `split.leaks.CLAIMS`.
        subsampling: Frames in for one step of CTC; by default the shipped continuous recipe's.
        poses: Compare poses to find copies; that reads all of them.
        progress: Called with (done, total) clips while poses are read.

    Raises:
        DatasetError: There is no dataset, one of its files is damaged, or a claim is unknown.
    """
    check_claims(claims)
    dataset = PoseDataset.open(path)
    frame = _with_sources(dataset)
    splits = frame["split"].to_numpy(dtype=object)
    labels = Labels.of(frame["glosses"].tolist())
    signers = _signers(frame)
    if subsampling is None:
        subsampling = load_recipe(RECIPE).model.subsampling
    frames, fps = frames_of(dataset, (splits == "train") & labels.is_labelled)
    ids = dataset.clips.ids
    facts = split_facts(ids, splits, labels, signers, frames, subsampling=subsampling)
    pairs = [pair for pair in PAIRS if set(pair) <= set(facts)]
    overlaps = _overlaps(frame, labels, signers, pairs)
    copies = None
    if poses and fps is not None:
        copies = _compare_poses(dataset, frames > 0, overlaps, pairs, progress)
    unlisted = [clip_id for clip_id in dataset.ids_with_poses if clip_id not in dataset.clips]
    published = published_as(path, dataset.clips.frame())
    return Audit(
        name=dataset.info.name,
        n_clips=len(frame),
        splits=facts,
        overlaps=overlaps,
        subsampling=subsampling,
        fps=fps,
        copies=copies,
        poses_without_clip=(len(unlisted), tuple(unlisted[:N_EXAMPLES])),
        claims=tuple(claims),
        leaks=find_leaks(overlaps, claims),
        published=published.name if published else "",
        sha256=published.sha256 if published else "",
    )


def _overlaps(
    frame: "pd.DataFrame", labels: Labels, signers: Codes, pairs: Sequence[tuple[str, str]]
) -> dict[str, Overlaps]:
    splits = frame["split"].to_numpy(dtype=object)
    videos = frame["video"].to_numpy(dtype=object)
    groups = group_overlaps(frame)
    return {
        pair_name(pair): {
            **groups[pair_name(pair)],
            **sentence_overlaps(labels, signers, splits, pair),
            "footage": footage_overlap(frame, videos, pair),
        }
        for pair in pairs
    }


def _compare_poses(
    dataset: PoseDataset,
    has_pose: NDArray[np.bool_],
    overlaps: dict[str, Overlaps],
    pairs: Sequence[tuple[str, str]],
    progress: Progress | None,
) -> CopyFacts:
    """Find copies, and add those between splits to `overlaps`."""
    ids = np.array(dataset.clips.ids, dtype=object)[has_pose].tolist()
    copies = find_copies(dataset, ids, progress=progress)
    groups = copy_groups(copies, ids)
    splits = np.array(dataset.clips.column("split"), dtype=object)[has_pose]
    names = _group_names(copies, ids, groups)
    for pair in pairs:
        overlaps[pair_name(pair)]["copies"] = _copies_between(groups, names, splits, pair)
    n_groups = len(np.unique(groups[groups >= 0]))
    n_clips = int((groups >= 0).sum())
    return CopyFacts(len(ids), n_clips, n_groups, tuple(copies[:N_EXAMPLES]))


def _copies_between(
    groups: Codes, names: list[str], splits: NDArray[np.object_], pair: tuple[str, str]
) -> Overlap:
    """As for signers, but clips without a copy are known too: to have none."""
    found = shared(groups, names, splits, pair)
    before, after = (int((splits == split).sum()) for split in pair)
    share = found.n_clips / after if before and after else None
    return Overlap(found.n_shared, found.n_clips, after, before, share, found.examples)


def _group_names(copies: Sequence[Copy], ids: Sequence[str], groups: Codes) -> list[str]:
    """A pair of clips for each group of copies."""
    group_of = dict(zip(ids, groups.tolist(), strict=True))
    names = [""] * (int(groups.max(initial=-1)) + 1)
    for copy in copies:
        names[group_of[copy.one]] = f"{copy.one} = {copy.other}"
    return names


def _signers(frame: "pd.DataFrame") -> Codes:
    signers = frame["signer"].to_numpy(dtype=object)
    codes, _ = codes_of(signers)
    return np.where(signers == "", -1, codes)


def _with_sources(dataset: PoseDataset) -> "pd.DataFrame":
    """The clip table; where extraction recorded that two video files are the same, they have one
    name.
    """
    frame = dataset.clips.frame()
    hashes = _source_hashes(dataset.path)
    if not hashes:
        return frame
    first: dict[str, str] = {}
    videos = []
    for clip_id, video in zip(frame["clip_id"], frame["video"], strict=True):
        digest = hashes.get(clip_id, "")
        videos.append(first.setdefault(digest, video or digest) if digest else video)
    return frame.assign(video=np.array(videos, dtype=object))


def _source_hashes(path: Path) -> dict[str, str]:
    """Clip id to the SHA-256 of its video, as far as extraction recorded it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[str, str] = {}
    for file in sorted((path / QUALITY).glob("shard-*.parquet")):
        try:
            if "source_sha256" not in pq.read_schema(file).names:
                continue
            table = pq.read_table(file, columns=["clip_id", "source_sha256"])
        except (pa.ArrowInvalid, OSError) as error:
            raise DatasetError(
                f"{file} is truncated or damaged; delete it: its clips stay"
            ) from error
        found.update(zip(*(table.column(i).to_pylist() for i in (0, 1)), strict=True))
    return {clip_id: digest for clip_id, digest in found.items() if digest}
